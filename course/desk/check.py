"""`make check`: runs a lesson's tests on the learner's stubs and tells the result exercise by exercise."""

from __future__ import annotations

from collections import defaultdict

import pytest

from course.base import switch
from course.base.manifest import Lesson
from course.base.switch import ROOT
from course.desk import next_step, progress


class Collector:
    """A pytest plugin that keeps, per exercise, how its tests ended."""

    def __init__(self):
        self.exercise_of: dict[str, str] = {}  # test id -> exercise id
        self.passed: dict[str, int] = defaultdict(int)
        self.total: dict[str, int] = defaultdict(int)
        self.not_written: set[str] = set()
        self.broken: list[str] = []  # files that could not even be loaded

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            marker = item.get_closest_marker("exercise")
            self.exercise_of[item.nodeid] = marker.args[0] if marker else "other"

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            lines = getattr(report, "not_loaded", None)
            if lines is None:  # pytest's own text: its end says most
                last = (str(report.longrepr).strip().splitlines() or ["broken"])[-1]
                lines = [f"{report.nodeid.rpartition('/')[2]}: {last.removeprefix('E').strip()}"]
            text = "; ".join(" ".join(line.split()) for line in lines)
            self.broken += [text] if text not in self.broken else []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or (report.when == "setup" and report.failed):
            exercise = self.exercise_of[report.nodeid]
            self.total[exercise] += 1
            self.passed[exercise] += report.passed
            if getattr(report, "not_written", None):
                self.not_written.add(exercise)


def run(lesson: Lesson) -> Collector:
    """The lesson's suites, silently."""
    collector = Collector()
    pytest.main(["-p", "no:terminal", "-p", "no:cacheprovider", str(lesson.folder / "testcases")], plugins=[collector])
    return collector


def check_lessons(lessons: list[Lesson]) -> int:
    """Prints a table per lesson. 0 where every exercise passes, else 1."""
    open_exercises = 0
    for lesson in lessons:
        result = run(lesson)
        reference = switch.finder.tree_of(lesson.name) == "solutions"
        print(f"\nlesson {lesson.number}  {lesson.title}{'  (the reference: SOLUTION says so)' if reference else ''}")
        for line in result.broken:
            print(f"  cannot be loaded: {line}")
        points, still_open = 0, 0
        kept = progress.read(lesson.root)
        for exercise in lesson.exercises:
            passed, total = result.passed[exercise.id], result.total[exercise.id]
            done = total > 0 and passed == total
            said = verdict(passed, total, exercise.id in result.not_written)
            if result.broken and not total and not reference:  # its tests could not even be loaded
                said = remembered(progress.condition(lesson, exercise, kept))
            points += exercise.points if done or said.startswith("passed") else 0
            still_open += not done
            print(f"  {exercise.id:<6} {exercise.place:<58} {passed:>3}/{total:<3} {said}")
        open_exercises += still_open
        whole = sum(e.points for e in lesson.exercises)
        print(f"  {points} of {whole} points;  details: pytest {(lesson.folder / 'testcases').relative_to(ROOT)} -v")
        if not still_open and not reference:
            print(f"  {next_step.closing(lesson)}")
    return 1 if open_exercises else 0


def verdict(passed: int, total: int, unwritten: bool) -> str:
    if 0 < passed == total:
        return "passed"
    if passed:
        return "partly"
    return "not written" if unwritten else "wrong" if total else "no test"


def remembered(condition: str) -> str:
    """What `state` says of an exercise whose tests cannot be loaded now."""
    return {
        "passed": "passed, when last tested", "unreadable": "cannot be read", "not written": "not written",
    }.get(condition, "not tested")  # fmt: skip
