"""How submissions are confined, named in every report: behind bubblewrap's walls, or, only if asked for, not at all."""

from __future__ import annotations

from course.base.errors import UsageError
from lab.sandbox import bubblewrap
from lab.sandbox.sandbox import BUBBLEWRAP, UNSAFE

WARNING = (
    "graded with --unsafe. Nothing kept the submissions from reading the reference solutions, from using the "
    "network or from doing harm to this machine: these points prove nothing."
)


def chosen(unsafe: bool) -> str:
    """Raises UsageError if bubblewrap cannot be used and --unsafe was not given."""
    if unsafe:
        return UNSAFE
    if not bubblewrap.is_installed():
        raise UsageError(
            "grading runs code that nobody has read, and bubblewrap, which confines it, is not installed here "
            "(Debian, Ubuntu: apt install bubblewrap; elsewhere: use a Linux machine). Only if you trust every "
            "submission with everything on this machine: --unsafe"
        )
    if folder := bubblewrap.python_in_tmp():
        raise UsageError(
            f"grading cannot work from within /tmp, which is another, empty folder for each submission, and the "
            f"course's Python is in {folder}; clone the course in another place and grade there"
        )
    return BUBBLEWRAP
