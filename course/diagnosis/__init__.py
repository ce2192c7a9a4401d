"""Which known mistake a failed test shows."""
