"""The bundle for students."""
