"""`make check`: runs a lesson's tests on the learner's stubs and tells the result exercise by exercise."""

from __future__ import annotations

from collections import defaultdict

import pytest

from course.manifest import Lesson
from lab import switch
from lab.switch import ROOT


class Collector:
    """A pytest plugin that keeps, per exercise, how its tests ended."""

    def __init__(self):
        self.exercise_of: dict[str, str] = {}  # test id -> exercise id
        self.passed: dict[str, int] = defaultdict(int)
        self.total: dict[str, int] = defaultdict(int)
        self.unwritten: set[str] = set()
        self.broken: list[str] = []  # files that could not even be loaded

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            marker = item.get_closest_marker("exercise")
            self.exercise_of[item.nodeid] = marker.args[0] if marker else "other"

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            last = str(report.longrepr).strip().splitlines()
            self.broken.append(
                f"{report.nodeid.rpartition('/')[2]}: {last[-1].removeprefix('E').strip() if last else 'broken'}"
            )

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or (report.when == "setup" and report.failed):
            exercise = self.exercise_of[report.nodeid]
            self.total[exercise] += 1
            self.passed[exercise] += report.passed
            if getattr(report, "unwritten", None):
                self.unwritten.add(exercise)


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
        points = 0
        for exercise in lesson.exercises:
            passed, total = result.passed[exercise.id], result.total[exercise.id]
            done = total > 0 and passed == total
            points += exercise.points if done else 0
            open_exercises += not done
            state = "passed" if done else "not written" if exercise.id in result.unwritten and not passed else "open"
            print(f"  {exercise.id:<6} {exercise.place:<58} {passed:>3}/{total:<3} {state}")
        whole = sum(e.points for e in lesson.exercises)
        print(f"  {points} of {whole} points;  details: pytest {(lesson.folder / 'testcases').relative_to(ROOT)} -v")
    return 1 if open_exercises else 0
