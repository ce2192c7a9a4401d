"""`make check`: runs a lesson's tests on the learner's stubs and prints the result of each exercise."""

from __future__ import annotations

from collections import Counter

import pytest

from course.base import python_source, switch
from course.base.manifest import Exercise, Lesson
from course.base.switch import ROOT
from course.desk import next_step, progress


class Collector:
    """A pytest plugin that counts, per exercise and suite, how its tests ended."""

    def __init__(self):
        self.key_of: dict[str, tuple[str, str]] = {}  # test id -> exercise id, suite
        self.passed: Counter[tuple[str, str]] = Counter()
        self.total: Counter[tuple[str, str]] = Counter()
        self.not_written: set[str] = set()  # exercise ids
        self.broken: list[str] = []  # files that could not even be loaded

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            marker = item.get_closest_marker("exercise")
            self.key_of[item.nodeid] = (marker.args[0] if marker else "other", item.path.name)

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
            key = self.key_of[report.nodeid]
            self.total[key] += 1
            self.passed[key] += report.passed
            if getattr(report, "not_written", None):
                self.not_written.add(key[0])

    def all_pass(self, exercise: Exercise, suite: str) -> bool:
        """Whether there are tests of the exercise in this suite, and all of them pass."""
        key = (exercise.id, suite)
        return 0 < self.passed[key] == self.total[key]

    def condition(self, exercise: Exercise) -> str:
        """As `progress.condition` calls it, "partly" (some of its basic tests pass), or "no test"."""
        if self.all_pass(exercise, progress.BASIC):
            return "hardened" if exercise.hardening and self.all_pass(exercise, progress.ADVANCED) else "passed"
        key = (exercise.id, progress.BASIC)
        if self.passed[key]:
            return "partly"
        return "not written" if exercise.id in self.not_written else "failed" if self.total[key] else "no test"


def run(lesson: Lesson) -> Collector:
    """The lesson's suites, silently."""
    collector = Collector()
    pytest.main(["-p", "no:terminal", "-p", "no:cacheprovider", str(lesson.folder / "testcases")], plugins=[collector])
    return collector


def notes(lesson: Lesson) -> list[str]:
    """What grading would refuse or treat otherwise in the learner's own files, though it may work here."""
    found = []
    for file in dict.fromkeys(e.file for e in lesson.exercises):
        data = (lesson.folder / file).read_bytes() if (lesson.folder / file).is_file() else b""
        text, _, problem = python_source.check(data)
        tree, problem = (None, problem) if problem else python_source.parsed(text.decode("utf-8"))
        found += [f"{file}: {problem}; it could not be graded"] if problem else []
        found += [f"{file}, {note}" for note in python_source.differs(tree)] if tree else []
    return found


def check_lessons(lessons: list[Lesson]) -> int:
    """Prints a table per lesson. 0 if the basic tests of every exercise pass, else 1."""
    all_pass = True
    for lesson in lessons:
        result = run(lesson)
        print(f"\nlesson {lesson.number}  {lesson.title}")
        for line in result.broken:
            print(f"  cannot be loaded: {line}")
        state = progress.read(lesson.root)
        conditions, passes, own = {}, True, True
        print(f"  {'':<58} {'basic':>7} {'advanced':>9}")
        for e in lesson.exercises:
            found = verdict = result.condition(e)
            passes = passes and found in progress.PASSED
            if switch.finder.is_reference(lesson.name, e.id):  # it earns nothing
                found, verdict, own = "not written", f"{verdict} (the reference: SOLUTION says so)", False
            elif result.broken and found == "no test":  # its tests could not even be loaded
                found = progress.condition(lesson, e, state)
                verdict = f"{found}, when last tested" if found in progress.PASSED else found
            conditions[e.id] = found
            counts = [f"{result.passed[e.id, s]}/{result.total[e.id, s]}" for s in progress.SUITES]
            print(f"  {e.id:<6} {e.place:<51} {counts[0]:>7} {counts[1]:>9}  {verdict}")
        all_pass = all_pass and passes
        suites = (lesson.folder / "testcases").relative_to(ROOT)
        for note in notes(lesson):
            print(f"  note: {note}")
        print(f"  {progress.points(lesson.exercises, conditions)};  details: pytest {suites} -v")
        if passes and own:
            print(f"  {next_step.closing(lesson)}")
    return 0 if all_pass else 1
