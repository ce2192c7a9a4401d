"""What the other rooms stand on: manifests, switch, errors, files, environment. Imports none of them."""
