"""Remembers which exercises pass, from whatever tests a learner runs, however they are started.

A suite's verdict on an exercise is kept where all of its tests of that exercise have run; of a part of them (-k, -x)
only a failure is. The reference's results are not kept.
"""

from __future__ import annotations

import contextlib
import functools
from collections import defaultdict
from pathlib import Path

import pytest

from course.base import manifest, switch
from course.base.errors import UsageError
from course.desk import progress


class Recorder:
    """The part of the pytest plugin that does it. One a session, in xdist's controller alone."""

    def __init__(self):
        self.failed: set[tuple[Path, str, str]] = set()  # (lesson folder, exercise, suite)
        self.passed: dict[tuple[Path, str, str], set[str]] = defaultdict(set)  # ids of tests
        self.wanted: dict[tuple[Path, str, str], int] = {}  # how many tests the suite has of the exercise
        self.not_written: set[str] = set()  # exercises

    def note(self, report: pytest.TestReport) -> None:
        about = getattr(report, "exercise_test", None)
        if about is None:
            return
        folder, exercise, suite, tests = about
        key = (Path(folder), exercise, suite)
        self.wanted[key] = tests
        if getattr(report, "not_written", None):
            self.not_written.add(exercise)
        if report.failed:
            self.failed.add(key)
        elif report.when == "call" and report.passed:
            self.passed[key].add(report.nodeid)

    def keep(self) -> None:
        """Writes what was found. Never an error: a learner's tests must not fail for it."""
        read, states = functools.cache(manifest.read), functools.cache(progress.read)
        roots: dict[Path, progress.State] = {}
        tested = {number for _, number, _ in self.wanted} - self.not_written
        for key, tests in self.wanted.items():
            folder, number, suite = key
            passed = key not in self.failed
            if passed and len(self.passed[key]) < tests:
                continue
            try:
                lesson = read(folder)
                exercise = next(e for e in lesson.exercises if e.id == number)
            except (UsageError, StopIteration):
                continue
            kept = roots[lesson.root] = states(lesson.root)
            code = progress.digest(lesson, exercise)
            kept.results.setdefault(number, {})[suite] = {"passed": passed, "code": code}
        for root, kept in roots.items():
            if len(tested) == 1:  # of a whole suite's run nobody can say which exercise it was for
                kept.last = min(tested)
            with contextlib.suppress(OSError):  # a folder that may not be written to
                progress.write(kept, root)


def about(item: pytest.Item) -> tuple[str, str, str, int] | None:
    """(lesson folder, exercise, suite, how many tests the suite has of it) for a test of a learner's own code."""
    marker = item.get_closest_marker("exercise")
    folder = item.path.parent.parent
    if marker is None or item.path.name not in progress.SUITES or not switch.LESSON.fullmatch(folder.name):
        return None
    if switch.finder.tree_of(folder.name) != "tutorial":
        return None
    counts = item.session.stash.setdefault(COUNTS, {})
    if not counts:
        for other in getattr(item.session, "collected", item.session.items):
            of = other.get_closest_marker("exercise")
            key = (other.path, of.args[0] if of else "")
            counts[key] = counts.get(key, 0) + 1
    return str(folder), marker.args[0], item.path.name, counts.get((item.path, marker.args[0]), 0)


COUNTS = pytest.StashKey[dict]()
