"""`make watch`: tests each exercise whose code was just saved, and shows the short report.

Files are looked at twice a second (no library for it, and it works on every file system). An exercise's basic tests run
first; if they pass, so does the exercise, and the advanced ones follow. Each run is a process of its own, with the code
as it is now; it is stopped when what it tests is saved again.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.rule import Rule

from course.base.manifest import Exercise, Lesson
from course.desk import exercise_code, next_step, progress

INTERVAL = 0.5  # seconds

Changed = list[tuple[Lesson, Exercise]]


class SavedCode:
    """The exercises' code as it was when last looked at."""

    def __init__(self, lessons: list[Lesson]):
        self.lessons = lessons
        self.digests, self.times = self._digests(), self._times()

    def changed(self) -> Changed:
        """The exercises whose code has changed since it was last asked."""
        if (times := self._times()) == self.times:
            return []
        self.times, digests = times, self._digests()
        changed = [(one, e) for one in self.lessons for e in one.exercises if digests[e.id] != self.digests[e.id]]
        if any(digests[e.id] == "" for _, e in changed):
            return []  # an editor is about to put the new file in place of the old one
        self.digests = digests
        return changed

    def _digests(self) -> dict[str, str]:
        return {e.id: exercise_code.digest(lesson, e) for lesson in self.lessons for e in lesson.exercises}

    def _times(self) -> dict[Path, int]:
        found = {}
        for path in {lesson.folder / e.file for lesson in self.lessons for e in lesson.exercises}:
            with contextlib.suppress(OSError):
                found[path] = path.stat().st_mtime_ns
        return found


def watch(lessons: list[Lesson], console: Console | None = None) -> None:
    """Tests what is saved, until Ctrl-C."""
    console = console or Console(highlight=False)
    code = SavedCode(lessons)
    next_step.show(lessons, watched=True)
    console.print("\nwatching: save a file, and its exercise is tested; Ctrl-C ends")
    left: Changed = []  # what a save kept from being tested
    while True:
        time.sleep(INTERVAL)
        if changed := code.changed():
            left = run_changed(lessons, changed + [pair for pair in left if pair not in changed], console)
            console.print(Rule())
            next_step.show_briefly(lessons, changed[0][0])


def run_changed(lessons: list[Lesson], changed: Changed, console: Console) -> Changed:
    """Tests those that changed. Gives those that a new save left untested."""
    code = SavedCode(lessons)
    kept = progress.read(lessons[0].root)
    conditions = {e.id: progress.condition(lesson, e, kept) for lesson, e in changed}
    tested = ("not written", *progress.PASSED)
    todo = [pair for pair in changed if conditions[pair[1].id] not in tested] or changed[:1]
    for done, (lesson, exercise) in enumerate(todo):
        console.print(Rule(f"{time.strftime('%H:%M:%S')}  exercise {exercise.id}  {exercise.object}"))
        if problem := exercise_code.syntax_error(lesson, exercise):
            console.print(problem, soft_wrap=True, markup=False)
            break  # the file's other exercises cannot be read either
        if (condition := conditions.get(exercise.id)) in tested:
            console.print("not written yet" if condition == "not written" else "passes, as before")
            continue
        if run_tests(lesson, exercise, stop=lambda: bool(code.changed())) is None:
            return todo[done:]
    kept = progress.read(lessons[0].root)
    kept.last = changed[0][1].id  # it is what the learner works on
    with contextlib.suppress(OSError):
        progress.write(kept, lessons[0].root)
    return []


def run_tests(lesson: Lesson, exercise: Exercise, stop: Callable[[], bool] = lambda: False) -> bool | None:
    """Runs both suites, each up to the first failed test, and shows them. Whether the basic one passes; None if `stop`
    said so. The advanced one is left out if it fails, or if an exercise earns nothing by it. A test that does not end
    is stopped by its own limit (test_time_limit.py), and an import that does not end by the next save."""
    others = []
    if os.environ.get("SOLUTION", "") in ("", "0"):
        conditions = progress.conditions_of([lesson], progress.read(lesson.root))
        others = next_step.unwritten_others(lesson, exercise, conditions)
    for suite in progress.SUITES if exercise.hardening else (progress.BASIC,):
        if suite == progress.ADVANCED:
            print("\nThe basic tests pass. Hardening, optional:", flush=True)
        path = lesson.folder / "testcases" / suite
        options = ["-q", "-x", "-rN", "--no-header", "-p", "no:cacheprovider", "--exercise", exercise.id]
        environment = {**os.environ, "SOLUTION": ",".join(others)} if others else None
        command = [sys.executable, "-m", "pytest", *options, str(path)]
        process = subprocess.Popen(command, cwd=lesson.root, env=environment)
        try:
            while True:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(INTERVAL)
                    break
                if stop():
                    print("\nstopped: saved again", flush=True)
                    return None
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        if process.returncode != 0:
            return suite == progress.ADVANCED
    return True
