"""Registers the course's side of pytest: the switch, `observe` and the short reports."""

pytest_plugins = ["course.desk.pytest_plugin"]
