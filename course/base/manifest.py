"""Reads `lesson.toml`. The one place that knows what a manifest looks like.

Standard library only (no pydantic): `hint`, `reset` and `release` read manifests before the environment exists.
"""

from __future__ import annotations

import difflib
import functools
import re
import tomllib
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any

from course.base.errors import UsageError
from course.base.switch import LESSON, ROOT


@dataclass(frozen=True)
class Exercise:
    """One [[exercise]] table."""

    id: str  # "13.2": the lesson's number, a dot, a running number
    file: str  # relative to the lesson's folder
    object: str  # "function", "Class.method", or "Class" for all methods of a class
    points: int  # for its tests in basic_test.py
    difficulty: int  # 1 to 5
    minutes: int
    hints: list[str]  # three, from a nudge to almost the answer
    hardening: int = 0  # points for its tests in advanced_test.py
    core: bool = False  # whether the fast path leads through it

    @property
    def place(self) -> str:
        return f"{self.file}:{self.object}"


@dataclass(frozen=True)
class Lesson:
    """A whole manifest, and where it was found."""

    title: str
    minutes: int  # for the whole lesson: reading, all exercises, looking around
    prerequisites: list[str]
    out_of_scope: list[str]
    exercises: list[Exercise]
    folder: Path
    start: str = ""  # the exercise to begin with, if that is not the first
    writes: str = ""  # what the learner writes, in one line of the README's map
    needs: list[str] = field(default_factory=list)  # modules and names that grading flags, and its exercises need

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def number(self) -> str:
        return self.name[len("lesson") :].split("_")[0]

    @property
    def root(self) -> Path:
        """The course that the lesson is part of."""
        return self.folder.parents[2]

    @property
    def solution(self) -> Path:
        """Its folder under solutions/."""
        return self.root / "solutions" / self.folder.parent.name / self.name

    def reference_files(self) -> list[Path]:
        """The Python files of its reference, without audit/, which proves the lesson."""
        files = sorted(self.solution.rglob("*.py"))
        return [p for p in files if p.relative_to(self.solution).parts[0] != "audit"]

    @property
    def in_order(self) -> list[Exercise]:
        """The exercises as one may write them: the one to start with, then the others as they are listed."""
        return sorted(self.exercises, key=lambda e: e.id != self.start)


def read(folder: Path) -> Lesson:
    """Reads and checks `folder`/lesson.toml. Raises UsageError that names the file, the key and the remedy."""
    try:
        text = (folder / "lesson.toml").read_bytes()
    except FileNotFoundError:
        raise UsageError(f"{folder.name}/lesson.toml is missing: every lesson folder has a manifest") from None
    return _lesson(folder, text)


@functools.lru_cache(maxsize=64)  # asked for with every failed test
def _lesson(folder: Path, text: bytes) -> Lesson:
    where = f"{folder.name}/lesson.toml"
    try:
        table = tomllib.loads(text.decode("utf-8").replace("\r\n", "\n"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{where} is not valid TOML: {error}") from None
    rows = table.pop("exercise", [])
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise UsageError(f"{where}: expected at least one [[exercise]] table")
    number = re.sub(r"lesson(\d\d).*", r"\1", folder.name)
    exercises = [_exercise(row, f"{where}, exercise {i}", number) for i, row in enumerate(rows, 1)]
    for i, exercise in enumerate(exercises, 1):
        if exercise.id in [e.id for e in exercises[: i - 1]]:
            raise UsageError(f"{where}, exercise {i}: key 'id': {exercise.id!r} is used twice")
    header = _typed(Lesson, table, where, given={"folder": folder, "exercises": exercises})
    lesson = Lesson(**header)
    if lesson.start and lesson.start not in [e.id for e in exercises]:
        raise UsageError(f"{where}: key 'start' must be the id of an exercise, not {lesson.start!r}")
    return lesson


def read_all(root: Path = ROOT) -> list[Lesson]:
    """Every lesson under `root`/tutorial, in order."""
    folders = [p for p in (root / "tutorial").glob("stage*/lesson*") if LESSON.fullmatch(p.name)]
    return [read(p) for p in sorted(folders, key=lambda p: p.name)]


def find(number: str, root: Path = ROOT) -> Lesson:
    """The lesson called "13", "lesson13" or by its full name. Raises UsageError that lists what there is."""
    lessons = read_all(root)
    for lesson in lessons:
        if number in (lesson.number, f"lesson{lesson.number}", lesson.name):
            return lesson
    known = ", ".join(lesson.number for lesson in lessons)
    raise UsageError(f"there is no lesson {number!r}; use one of: {known}")


def find_exercise(exercise_id: str, root: Path = ROOT) -> tuple[Lesson, Exercise]:
    """The exercise called "13.2", and its lesson. Raises UsageError that lists those of the lesson, or all."""
    exercises = {e.id: (lesson, e) for lesson in read_all(root) for e in lesson.exercises}
    if exercise_id not in exercises:
        near = [i for i in exercises if i.split(".")[0] == exercise_id.split(".")[0]] or list(exercises)
        raise UsageError(f"there is no exercise {exercise_id!r}; say one of: {', '.join(near)}")
    return exercises[exercise_id]


def _exercise(row: dict[str, Any], where: str, number: str) -> Exercise:
    exercise = Exercise(**_typed(Exercise, row, where))
    if not re.fullmatch(rf"{number}\.\d+", exercise.id):
        raise UsageError(f"{where}: key 'id' must look like '{number}.1', not {exercise.id!r}")
    if not 1 <= exercise.difficulty <= 5:
        raise UsageError(f"{where}: key 'difficulty' must be 1 to 5, not {exercise.difficulty}")
    if exercise.points < 1 or exercise.minutes < 1 or exercise.hardening < 0:
        raise UsageError(f"{where}: keys 'points' and 'minutes' must be at least 1, 'hardening' at least 0")
    if len(exercise.hints) != 3:
        raise UsageError(f"{where}: key 'hints' must hold three hints, not {len(exercise.hints)}")
    return exercise


def _typed(cls: type, table: dict[str, Any], where: str, given: dict[str, Any] | None = None) -> dict[str, Any]:
    """`table` with its keys and their types checked against the fields of the dataclass `cls`."""
    given = given or {}
    types = {"str": str, "int": int, "bool": bool, "list[str]": list}
    expected = {f.name: f for f in fields(cls) if f.name not in given}
    for key, value in table.items():
        if key not in expected:
            near = difflib.get_close_matches(key, expected, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"the keys are {', '.join(expected)}"
            raise UsageError(f"{where}: unknown key {key!r}; {hint}")
        kind = expected[key].type
        right = isinstance(value, types[kind]) and isinstance(value, bool) == (kind == "bool")
        if not right or (kind == "list[str]" and not all(isinstance(v, str) for v in value)):
            raise UsageError(f"{where}: key {key!r} must be {kind}, not {value!r}")
    for key, f in expected.items():
        if key not in table and f.default is MISSING and f.default_factory is MISSING:
            raise UsageError(f"{where}: key {key!r} is missing")
    return {**table, **given}
