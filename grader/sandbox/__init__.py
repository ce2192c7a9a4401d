"""The confinement of the process that holds a submission."""
