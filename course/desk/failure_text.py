"""The few lines under a failed test: the exercise, the call, what came back, and where to look. At a desk pytest shows
them (`course.desk.pytest_plugin`), in grading they go into a student's feedback."""

from __future__ import annotations

import os
import re
import textwrap
import traceback
from pathlib import Path

import pytest

from course.base import switch, time_limit
from course.observe import report
from course.observe.observer import Observation, describe, explained


def lines(
    item: pytest.Item, lesson: Path, error: BaseException, log: list[Observation], why: str | None, line: int | None
) -> list[str]:
    """lesson: its folder under tutorial/. log: what the test has observed. line: where the exercise's object begins."""
    marker = item.get_closest_marker("exercise")
    exercise = report.exercise_by_id(lesson, marker.args[0]) if marker else None
    found = [report.headline(exercise, exercise.file if exercise else item.path.name, line)]
    if isinstance(error, report.Mismatch):
        found += str(error).splitlines()
    else:
        if log and not isinstance(error, time_limit.TooLate):  # what was broken off is not in the log
            found += report.Problem(describe(log[-1].request), explained(log[-1].request)).lines()
        first = str(error).splitlines()[0] if str(error) else ""
        if isinstance(error, AssertionError) and not getattr(error, "came_through_observe", False):
            found.append(f"  {'says':<9}{first or 'an assertion failed'}")
        else:
            raised = ("raised", f"{type(error).__name__}{': ' if first else ''}{first}")
            label, text = ("stopped", first) if isinstance(error, time_limit.TooLate) else raised
            found.append(f"  {label:<9}{text}")
            found += [f"  {'at':<9}{place}" for place in places_in_lesson(error)]
    found.append(f"  {'test':<9}{_place_in_test(item, error)}")
    if why:
        found += why_lines(why)
    if exercise:
        found.append(f"  {'next':<9}make hint EX={(why and exercise_of(why)) or exercise.id}")
    return found


def why_lines(why: str) -> list[str]:
    return textwrap.wrap(why, report.WIDTH, initial_indent=f"  {'why':<9}", subsequent_indent=" " * 11)


def places_in_lesson(error: BaseException) -> list[str]:
    """Where in the lesson's files an exception passed, from the outermost call to the line that raised."""
    if (told := getattr(error, "places", None)) is not None:  # it was raised in another process
        return told
    folders = [str(folder) for tree in ("tutorial", "solutions") for folder in switch.finder.folders(tree).values()]
    places = []
    for frame in traceback.extract_tb(error.__traceback__):
        folder = next((f for f in folders if frame.filename.startswith(f + os.sep)), None)
        if folder and f"{os.sep}testcases{os.sep}" not in frame.filename:
            places.append(f"{os.path.relpath(frame.filename, folder)}:{frame.lineno}  {frame.line}")
    return list(dict.fromkeys(places))  # a comprehension is a call of its own, on the same line


def _place_in_test(item: pytest.Item, error: BaseException) -> str:
    line, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(item.path):
            line = trace.tb_lineno
        trace = trace.tb_next
    return f"{item.path.name}:{line}  {item.name}" if line else item.name


def exercise_of(sentence: str) -> str | None:
    """The exercise that a sentence of `course.diagnosis.other_exercise` puts the blame on; None for another sentence."""
    found = re.match(r"Not the fault of your .*\(exercise (\d\d\.\d+)\) in its place", sentence)
    return found[1] if found else None
