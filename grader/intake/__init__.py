"""What was handed in, taken apart: whose it is, and the bytes of the files that count."""
