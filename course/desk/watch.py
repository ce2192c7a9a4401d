"""`make watch`: tests each exercise whose code was just saved, and shows the short report.

Files are looked at twice a second (no library for it, and it works on every file system). An exercise's basic tests run
first; where they pass, the advanced ones follow. Each run is a process of its own, with the code as it is now; it is
ended when what it tests is saved again.
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

from course.base.manifest import Exercise, Lesson
from course.desk import next_step, progress

INTERVAL = 0.5  # seconds
LIMIT = 120  # seconds that a suite may take for one exercise; course.desk.test_timeout ends most tests before

Digests = dict[str, str]  # exercise -> state.digest
Changed = list[tuple[Lesson, Exercise]]


def digests(lessons: list[Lesson]) -> Digests:
    return {e.id: progress.digest(lesson, e) for lesson in lessons for e in lesson.exercises}


def saved(lessons: list[Lesson], sleep: Callable[[float], None] = time.sleep) -> Iterator[Changed]:
    """Waits, and gives the exercises whose code has changed since it was last asked; first, since this call."""
    return _saved(lessons, sleep, digests(lessons), _times(lessons))  # no generator: those are of now


def _saved(
    lessons: list[Lesson], sleep: Callable[[float], None], before: Digests, times: dict[Path, int]
) -> Iterator[Changed]:
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


def saved_again(lessons: list[Lesson]) -> Callable[[], bool]:
    """A function that says whether the code of an exercise has changed since now."""
    times, before = _times(lessons), digests(lessons)

    def asked() -> bool:
        nonlocal times
        if (now := _times(lessons)) == times:
            return False
        times, after = now, digests(lessons)
        return any(after[i] not in ("", before[i]) for i in before)

    return asked


def watch(lessons: list[Lesson], console: Console | None = None) -> None:
    """Until Ctrl-C."""
    console = console or Console(highlight=False)
    changes = saved(lessons)
    next_step.show(lessons, watched=True)
    console.print("\nwatching: save a file, and its exercise is tested; Ctrl-C ends")
    left: Changed = []  # what a save kept from being tested
    for changed in changes:
        left = look(lessons, changed + [pair for pair in left if pair not in changed], console)
        console.print(Rule())
        next_step.show_briefly(lessons, changed[0][0])


def look(lessons: list[Lesson], changed: Changed, console: Console) -> Changed:
    """Tests those that changed, and what failed and uses one that passes now. Gives those that a new save left
    untested."""
    again = saved_again(lessons)
    kept = progress.read(lessons[0].root)
    conditions = {e.id: progress.condition(lesson, e, kept) for lesson, e in changed}
    todo = [pair for pair in changed if conditions[pair[1].id] not in ("not written", "passed")] or changed[:1]
    for done, (lesson, exercise) in enumerate(todo):
        console.print(Rule(f"{time.strftime('%H:%M:%S')}  exercise {exercise.id}  {exercise.object}"))
        if problem := progress.unreadable(lesson, exercise):
            console.print(problem, soft_wrap=True, markup=False)
            break  # the file's other exercises cannot be read either
        if (condition := conditions.get(exercise.id)) in ("not written", "passed"):
            console.print("not written yet" if condition == "not written" else "passes, as before")
            continue
        passed = test(lesson, exercise, stop=again)
        if passed is None:
            return todo[done:]
        if passed:
            todo += [(lesson, e) for e in failed_users(lesson, exercise) if (lesson, e) not in todo[done:]]
    remember(lessons[0].root, changed[0][1])
    return []


def failed_users(lesson: Lesson, exercise: Exercise) -> list[Exercise]:
    """The exercises of the lesson that failed when they were last tested, and whose code uses this one's."""
    kept = progress.read(lesson.root)
    failed = [e for e in lesson.exercises if not all(r["passed"] for r in kept.results.get(e.id, {}).values())]
    names = {e.id: _names(lesson, e) for e in lesson.exercises}
    users, new = {exercise.id}, True
    while new:
        own = {e.object.rpartition(".")[2] for e in lesson.exercises if e.id in users}
        new = {i for i in names if i not in users and names[i] & own}
        users |= new
    return [e for e in failed if e.id in users and e.id != exercise.id]


def _names(lesson: Lesson, exercise: Exercise) -> set[str]:
    """All names that the exercise's code mentions."""
    try:
        node = progress.node_of(ast.parse((lesson.folder / exercise.file).read_bytes()), exercise)
    except (OSError, SyntaxError, ValueError, StopIteration):
        return set()
    return {getattr(n, "id", None) or getattr(n, "attr", "") for n in ast.walk(node)}


def remember(root: Path, exercise: Exercise) -> None:
    """It is what the learner works on."""
    kept = progress.read(root)
    kept.last = exercise.id
    with contextlib.suppress(OSError):
        progress.write(kept, root)


def test(
    lesson: Lesson, exercise: Exercise, limit: float = LIMIT, stop: Callable[[], bool] = lambda: False
) -> bool | None:
    """Both suites, up to the first failed test; shown as they run. Whether all passed; None where `stop` said so."""
    for suite in progress.SUITES:
        path = lesson.folder / "testcases" / suite
        options = ["-q", "-x", "-rN", "--no-header", "-p", "no:cacheprovider", "--exercise", exercise.id]
        code = progress.digest(lesson, exercise)
        started = time.monotonic()
        process = subprocess.Popen([sys.executable, "-m", "pytest", *options, str(path)], cwd=lesson.root)
        try:
            while True:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(INTERVAL)
                    break
                if stop():
                    print("\nstopped: saved again", flush=True)
                    return None
                if time.monotonic() - started > limit:
                    print(f"\nstopped: no end after {limit} seconds; is there a loop that never ends?", flush=True)
                    kept = progress.read(lesson.root)
                    kept.results.setdefault(exercise.id, {})[suite] = {"passed": False, "code": code}
                    with contextlib.suppress(OSError):
                        progress.write(kept, lesson.root)
                    return False
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        if process.returncode != 0:
            return False
    return True


test.__test__ = False  # not a test of pytest's
