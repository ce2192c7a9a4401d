"""What the rest stands on: manifests, the switch, errors, files, the environment. Imports nothing else of the course."""
