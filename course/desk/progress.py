"""What is remembered between commands: hints given and exercises passed, in one small file.

`.progress.json` may be deleted at any time; then hints begin again, and exercises pass again when their tests run.
Whatever tests a learner runs, however they are started, count: a suite's result on an exercise is kept if all of its
tests of that exercise have run; of a part of them (-k, -x) only a failure is. The reference's results are not kept.
Standard library only.
"""

from __future__ import annotations

import contextlib
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from course.base import manifest, switch
from course.base.atomic_files import write_text
from course.base.errors import UsageError
from course.base.manifest import Exercise, Lesson
from course.desk import exercise_code

if TYPE_CHECKING:
    import pytest

FILE = ".progress.json"
SUITES = BASIC, ADVANCED = ("basic_test.py", "advanced_test.py")
PASSED = ("passed", "hardened")  # conditions of an exercise whose basic tests pass


@dataclass
class State:
    """hints: exercise -> how many were given. results: exercise -> suite -> {"passed": bool, "code": digest}.
    last: the exercise that was tested last, or nothing."""

    hints: dict[str, int] = field(default_factory=dict)
    results: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    last: str = ""


def read(root: Path) -> State:
    """The kept state. A file that is missing or broken counts as never written."""
    try:
        return State(**json.loads((root / FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return State()


def write(state: State, root: Path) -> None:
    write_text(root / FILE, json.dumps(asdict(state), indent=1) + "\n")


def condition(lesson: Lesson, exercise: Exercise, state: State) -> str:
    """ "not written", "unreadable" (its file is not Python), "not tested" (since the code was last changed), "failed"
    (a basic test), "passed" (the basic tests), or "hardened" (the advanced ones too, if they earn points)."""
    if not exercise_code.is_written(lesson, exercise):
        return "not written"
    if exercise_code.syntax_error(lesson, exercise):
        return "unreadable"
    code = exercise_code.digest(lesson, exercise)
    found = {s: r["passed"] for s, r in state.results.get(exercise.id, {}).items() if r["code"] == code}
    if BASIC not in found:
        return "not tested"
    if not found[BASIC]:
        return "failed"
    return "hardened" if exercise.hardening and found.get(ADVANCED) else "passed"


def conditions_of(lessons: Iterable[Lesson], state: State) -> dict[str, str]:
    """The condition of every exercise, by id."""
    return {e.id: condition(lesson, e, state) for lesson in lessons for e in lesson.exercises}


def points(exercises: Iterable[Exercise], conditions: dict[str, str]) -> str:
    """ "11 of 16 points", and ", hardening 2 of 5" if advanced tests earn points."""
    exercises = list(exercises)
    earned = sum(e.points for e in exercises if conditions[e.id] in PASSED)
    text = f"{earned} of {sum(e.points for e in exercises)} points"
    if most := sum(e.hardening for e in exercises):
        text += f", hardening {sum(e.hardening for e in exercises if conditions[e.id] == 'hardened')} of {most}"
    return text


# --- what a run of pytest says ---------------------------------------------------------------------------------------


def exercise_test(item: pytest.Item) -> dict[str, str] | None:
    """The lesson's folder, the exercise and the suite of a test of a learner's own code; None for other tests."""
    marker = item.get_closest_marker("exercise")
    folder = item.path.parent.parent
    if marker is None or item.path.name not in SUITES or not switch.LESSON.fullmatch(folder.name):
        return None
    if switch.finder.is_reference(folder.name, marker.args[0]):
        return None
    return {"folder": str(folder), "exercise": marker.args[0], "suite": item.path.name}


class Recorder:
    """Remembers the results of one pytest session; under xdist, the controller's."""

    def __init__(self):
        self.failed: set[tuple[Path, str, str]] = set()  # (lesson folder, exercise, suite)
        self.passed: dict[tuple[Path, str, str], set[str]] = defaultdict(set)  # ids of tests
        self.tests: dict[tuple[Path, str, str], int] = {}  # how many tests the suite has of the exercise
        self.not_written: set[str] = set()  # exercises

    def note(self, report: pytest.TestReport) -> None:
        test = getattr(report, "exercise_test", None)
        if test is None:
            return
        key = (Path(test["folder"]), test["exercise"], test["suite"])
        self.tests[key] = test["tests"]
        if getattr(report, "not_written", None):
            self.not_written.add(test["exercise"])
        if getattr(report, "not_written", None) not in (None, test["exercise"]):
            return  # another exercise is not written: this says nothing about the one that is tested
        if report.failed:
            self.failed.add(key)
        elif report.when == "call" and report.passed:
            self.passed[key].add(report.nodeid)

    def keep(self) -> list[Lesson]:
        """Writes what was found; gives the lessons that were tested. Never an error: a learner's tests must not fail
        because of it."""
        states: dict[Path, State] = {}
        lessons: dict[str, Lesson] = {}
        for key, tests in self.tests.items():
            folder, number, suite = key
            passed = key not in self.failed
            if passed and len(self.passed[key]) < tests:
                continue
            try:
                lesson = manifest.read(folder)
                exercise = next(e for e in lesson.exercises if e.id == number)
            except (UsageError, StopIteration):
                continue
            lessons[lesson.name] = lesson
            state = states.setdefault(lesson.root, read(lesson.root))
            code = exercise_code.digest(lesson, exercise)
            state.results.setdefault(number, {})[suite] = {"passed": passed, "code": code}
        tested = {number for _, number, _ in self.tests} - self.not_written
        for root, state in states.items():
            if len(tested) == 1:  # of a whole suite's run nobody can say which exercise it was for
                state.last = min(tested)
            with contextlib.suppress(OSError):  # a folder that may not be written to
                write(state, root)
        return [lessons[name] for name in sorted(lessons)]
