"""Makes a class of submissions out of the course's own right and wrong answers, for benchmarks and tests.

Each student's file is the reference's with a few changes: a comment of their own, variants of some exercises, and the
known mistakes of others, chosen by the student's number. All are different.
"""

from __future__ import annotations

import ast
import contextlib
import random
from pathlib import Path

from course.authoring import stubs
from course.base.atomic_files import write_text
from course.base.attempt import Attempt
from course.base.manifest import Lesson
from course.diagnosis import patch
from course.diagnosis.audit_files import MISTAKES, read


def write(folder: Path, students: int, lessons: list[Lesson], mistakes: int = 4, seed: int = 0) -> None:
    """Writes a folder for each of `students`; each has `mistakes` known mistakes on the average, over all lessons."""
    known = {lesson.name: mistakes_of(lesson) for lesson in lessons}
    for number in range(students):
        draws = random.Random(seed * 100_003 + number)
        for lesson in lessons:
            share = mistakes / len(lessons)
            count = int(share) + (draws.random() < share % 1)
            chosen = draws.sample(known[lesson.name], min(count, len(known[lesson.name])))
            for file, text in files(lesson, chosen).items():
                mark = f"# written by student {number:03}\n"
                write_text(folder / f"student{number:03}" / lesson.name / file, mark + text)


def mistakes_of(lesson: Lesson) -> list[Attempt]:
    """The known mistakes of all its exercises that change the reference."""
    return [a for exercise in lesson.exercises for a in read(lesson, MISTAKES, exercise) if a.changes]


def files(lesson: Lesson, chosen: list[Attempt]) -> dict[str, str]:
    """The reference's files with the changes of some attempts; those that no longer fit are left out."""
    made = {file: (lesson.solution / file).read_text(encoding="utf-8") for file in stubs.files(lesson)}
    place = {e.id: e for e in lesson.exercises}
    for attempt in chosen:
        exercise = place[attempt.exercise]
        with contextlib.suppress(patch.DoesNotFit):
            made[exercise.file] = ast.unparse(patch.changed(made[exercise.file], exercise.object, attempt.changes))
    return made
