"""Makes the report of a failed test: at a desk and in grading alike."""

from __future__ import annotations

import os
import traceback
from dataclasses import replace
from pathlib import Path

import pytest

from course.base import manifest, switch, time_limit
from course.base.manifest import Exercise
from course.observe.format_call import describe_call, describe_scenario
from course.observe.observer import Observation
from course.observe.report import ObservationFailed, Report


def of_failed_test(
    item: pytest.Item, lesson: Path, error: BaseException, log: list[Observation], line: int | None = None
) -> Report:
    """The report, without the reason. lesson: its folder under tutorial/. log: what the test has observed. line: where
    the exercise's object begins."""
    exercise = exercise_of(item, lesson)
    found = of_exercise(exercise, line) if exercise else Report(where=item.path.name)
    found.test, found.next = _place_in_test(item, error), found.exercise
    if isinstance(error, ObservationFailed):
        body = error.report
        return replace(body, **{name: getattr(found, name) for name in ("exercise", "object", "where", "test", "next")})
    if log and not isinstance(error, time_limit.TooLate):  # a call that was broken off is not in the log
        found.call, found.scenario = describe_call(log[-1].request), describe_scenario(log[-1].request)
    text = first_line(error)
    if isinstance(error, AssertionError) and not getattr(error, "came_through_observe", False):
        found.message = text or "an assertion failed"
        return found
    if isinstance(error, time_limit.TooLate):
        found.stopped = text
    else:
        found.raised = f"{type(error).__name__}: {text}" if text else type(error).__name__
    found.places = places_in_lesson(error)
    return found


def of_exercise(exercise: Exercise, line: int | None = None) -> Report:
    """A report that says only which exercise it is about. line: where the exercise's object begins."""
    return Report(exercise.id, exercise.object, f"{exercise.file}:{line}" if line else exercise.file)


def exercise_of(item: pytest.Item, lesson: Path) -> Exercise | None:
    """The exercise that a test belongs to, by its marker."""
    marker = item.get_closest_marker("exercise")
    return next((e for e in manifest.read(lesson).exercises if marker and e.id == marker.args[0]), None)


def first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [""])[0]


def places_in_lesson(error: BaseException) -> list[str]:
    """Where in the lesson's files an exception passed, from the outermost call to the line that raised."""
    if (places := getattr(error, "places", None)) is not None:  # it was raised in another process
        return places
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
