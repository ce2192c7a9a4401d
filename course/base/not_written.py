"""The sentence with which a stub says that its exercise is not written yet. Standard library only."""

from __future__ import annotations

import re

from course.base.manifest import Exercise

_START = "not written yet: exercise "


def message(exercise: Exercise) -> str:
    """The stub's sentence."""
    return f"{_START}{exercise.id}, {exercise.place}"


def exercise_in(text: str) -> str | None:
    """The id of the exercise, if `text` is such a sentence."""
    found = re.match(rf"{_START}(\d\d\.\d+),", text)
    return found[1] if found else None


def has_stub(source: str, exercise: Exercise) -> bool:
    """Whether a file's text still holds the stub of this exercise."""
    return f"{_START}{exercise.id}," in source
