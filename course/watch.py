"""`make watch`: tests each exercise whose code was just saved, and shows the short report.

Files are looked at twice a second (no library for it, and it works on every file system). An exercise's basic tests run
first; where they pass, the advanced ones follow. Each run is a process of its own, with the code as it is now.
"""

from __future__ import annotations

import ast
import contextlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from rich.console import Console
from rich.rule import Rule

from course import desk, state
from course.manifest import Exercise, Lesson

INTERVAL = 0.5  # seconds
LIMIT = 120  # seconds that a suite may take for one exercise: code with an endless loop is stopped then

Digests = dict[str, str]  # exercise -> state.digest


def digests(lessons: list[Lesson]) -> Digests:
    return {e.id: state.digest(lesson, e) for lesson in lessons for e in lesson.exercises}


def saved(
    lessons: list[Lesson], sleep: Callable[[float], None] = time.sleep
) -> Iterator[list[tuple[Lesson, Exercise]]]:
    """Waits, and gives the exercises whose code has changed since it was last asked; first, since this call."""
    return _saved(lessons, sleep, digests(lessons), _times(lessons))  # no generator: those are of now


def _saved(
    lessons: list[Lesson], sleep: Callable[[float], None], before: Digests, times: dict[Path, int]
) -> Iterator[list[tuple[Lesson, Exercise]]]:
    while True:
        sleep(INTERVAL)
        if (now := _times(lessons)) == times:
            continue
        times, after = now, digests(lessons)
        changed = [(one, e) for one in lessons for e in one.exercises if after[e.id] != before[e.id]]
        if any(after[e.id] == "" for _, e in changed):
            continue  # an editor is about to put the new file where the old one was
        before = after
        if changed:
            yield changed


def _times(lessons: list[Lesson]) -> dict[Path, int]:
    found = {}
    for path in {lesson.folder / e.file for lesson in lessons for e in lesson.exercises}:
        with contextlib.suppress(OSError):
            found[path] = path.stat().st_mtime_ns
    return found


def watch(lessons: list[Lesson], console: Console | None = None) -> None:
    """Until Ctrl-C."""
    console = console or Console(highlight=False)
    changes = saved(lessons)
    desk.show(lessons)
    console.print("\nwatching: save a file, and its exercise is tested; Ctrl-C ends")
    for changed in changes:
        for lesson, exercise in changed:
            console.print(Rule(f"{time.strftime('%H:%M:%S')}  exercise {exercise.id}  {exercise.object}"))
            if problem := unreadable(lesson, exercise):
                console.print(problem, soft_wrap=True)
                break  # the file's other exercises cannot be read either
            if state.written(lesson, exercise):
                test(lesson, exercise)
            else:
                console.print("not written yet")
        console.print(Rule())
        desk.show(lessons)


def unreadable(lesson: Lesson, exercise: Exercise) -> str | None:
    path = lesson.folder / exercise.file
    try:
        ast.parse(path.read_bytes(), filename=path.name)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        return f"{path.relative_to(lesson.root).as_posix()}:{line or 1}: {getattr(error, 'msg', None) or error}"
    return None


def test(lesson: Lesson, exercise: Exercise, limit: float = LIMIT) -> bool:
    """Both suites, up to the first failed test; shown as they run. Whether all passed."""
    for suite in state.SUITES:
        path = lesson.folder / "testcases" / suite
        options = ["-q", "-x", "-rN", "--no-header", "-p", "no:cacheprovider", "--exercise", exercise.id]
        try:
            code = subprocess.call(
                [sys.executable, "-m", "pytest", *options, str(path)], cwd=lesson.root, timeout=limit
            )
        except subprocess.TimeoutExpired:  # subprocess has ended it
            print(f"stopped: no end after {limit} seconds; is there a loop that never ends?", flush=True)
            return False
        if code != 0:
            return False
    return True


test.__test__ = False  # not a test of pytest's
