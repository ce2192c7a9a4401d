"""The process that holds tests and reference, and asks a worker for every observation."""
