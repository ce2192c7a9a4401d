"""The instructor's own tests (`grade --extra`): checks them, tries them on the reference, and runs them on submissions.

Students learn no more than that one of them fails: neither its name nor its calls, nor a mistake that it points to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from course.base import manifest
from course.base.manifest import Exercise
from course.observe import make_report
from course.observe.report import Report, render
from grader import results
from grader.judge.lesson_grading import line_of
from grader.judge.test_run import TestRunner
from grader.results import ExerciseResult

FAILS = "a further test of the instructor's does not pass"


def problem_with(items: Sequence[pytest.Item]) -> str:
    """What is wrong with the marks of these extra tests; "" if nothing is."""
    known = {e.id for lesson in manifest.read_all() for e in lesson.exercises}
    for item in items:
        marker, name = item.get_closest_marker("exercise"), name_of(item)
        if marker is None or not marker.args:
            return f'--extra: {name} does not say which exercise it tests: @pytest.mark.exercise("13.2")'
        if marker.args[0] not in known:
            return f"--extra: {name} is marked as a test of exercise {marker.args[0]!r}, which does not exist"
    return ""


def rehearse(runner: TestRunner, items: Sequence[pytest.Item]) -> str:
    """Runs extra tests on the reference: a test that it fails is no student's fault. Gives what is wrong, or ""."""
    for item in items:
        run = runner.run(item)
        if not run.passed:
            why = str(run.trouble)
            if run.verdict is not None:
                lines = render(replace(run.verdict.report, where="", next=""))
                why = "; ".join(" ".join(part.split()) for part in lines)
            return f"--extra: the reference itself fails {name_of(item)}: {why}"
    return ""


def run(
    runner: TestRunner, items: Sequence[pytest.Item], exercise: Exercise, found: ExerciseResult, text: bytes
) -> None:
    """Runs the extra tests of an exercise that has earned its points, and changes what was `found`."""
    for item in items:
        one = runner.run(item)
        if one.passed:
            continue
        found.extra.append(name_of(item))
        found.hardening_earned, found.why, found.follows = 0, None, ""
        if one.grader_fault:
            found.status, found.earned, found.report = results.GRADER_ERROR, None, Report(message=one.grader_fault)
            break
        # Always the same, however it failed: a submission could tell by it what it was asked.
        found.status, found.earned = results.FAILED, 0
        found.report = make_report.of_exercise(exercise, line_of(text, exercise))
        found.report.message, found.report.next = FAILS, exercise.id
        if one.trouble is not None:
            break


def name_of(item: pytest.Item) -> str:
    """ "my_test.py::TestLoss::test_one[3]"."""
    return f"{item.path.name}::{item.nodeid.partition('::')[2]}"
