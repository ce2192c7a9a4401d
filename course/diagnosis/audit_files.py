"""Reads solutions/STAGE/LESSON/audit/exNN.py (known mistakes, right variants and the core variant of one exercise) and
builds the code of what stands there."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from course.base.attempt import Attempt, Attempts
from course.base.errors import UsageError
from course.base.manifest import Exercise, Lesson
from course.diagnosis import patch, substitute

MISTAKES, VARIANTS, CORE = "wrong", "right", "core"  # the lists in a file


def file_of(lesson: Lesson, exercise: Exercise) -> Path:
    """13.2 -> solutions/.../lesson13_grpo/audit/ex02.py"""
    return lesson.solution / "audit" / f"ex{int(exercise.id.partition('.')[2]):02}.py"


def read(lesson: Lesson, kind: str, exercise: Exercise) -> list[Attempt]:
    """The known mistakes, variants or core variants of an exercise; none if there is no file. Raises UsageError if an
    entry has neither changes nor code."""
    path = file_of(lesson, exercise)
    if not path.exists():
        return []
    spec = importlib.util.spec_from_file_location(f"audit_of_{lesson.name}_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found = list(getattr(module, kind, Attempts()))
    for attempt in found:
        attempt.exercise, attempt.file = exercise.id, f"{lesson.name}/audit/{path.name}"
        if (attempt.code is None) == (not attempt.changes):
            raise UsageError(f"{attempt.place}: give either changes of the reference, or a function under the call")
    return found


def build(attempt: Attempt, lesson: Lesson) -> Any:
    """The function or class that the attempt puts in the place of its exercise's."""
    if attempt.code is not None:
        return attempt.code
    exercise = next(e for e in lesson.exercises if e.id == attempt.exercise)
    text = (lesson.solution / exercise.file).read_text(encoding="utf-8")
    try:
        tree = patch.changed(text, exercise.object, attempt.changes)
    except patch.DoesNotFit as error:
        raise UsageError(f"{attempt.place}: {error} in {exercise.place}") from None
    return substitute.from_source(tree, exercise, lesson)
