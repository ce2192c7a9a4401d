"""What is remembered between commands: hints given and exercises passed, in one small file.

`.progress.json` may be deleted at any time; then hints begin again, and exercises pass again when their tests run.
Standard library only.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from course.base import not_written
from course.base.atomic_files import write_text
from course.base.manifest import Exercise, Lesson

FILE = ".progress.json"
SUITES = ("basic_test.py", "advanced_test.py")


@dataclass
class State:
    """hints: exercise -> how many were given. results: exercise -> suite -> {"passed": bool, "code": digest}.
    last: the exercise that was tested last, or nothing."""

    hints: dict[str, int] = field(default_factory=dict)
    results: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    last: str = ""
    other: dict[str, Any] = field(default_factory=dict)  # what a newer course may have put there


def read(root: Path) -> State:
    """The kept state; whatever of it is away or not of our form counts as never written."""
    try:
        kept = json.loads((root / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return State()
    if not isinstance(kept, dict):
        return State()
    hints = kept.get("hints")
    results = kept.get("results")
    last = kept.get("last")
    return State(
        {k: v for k, v in hints.items() if type(v) is int and v >= 0} if isinstance(hints, dict) else {},
        {k: of for k, v in results.items() if (of := _suites(v))} if isinstance(results, dict) else {},
        last if isinstance(last, str) else "",
        {k: v for k, v in kept.items() if k not in ("hints", "results", "last")},
    )


def _suites(value: Any) -> dict[str, dict[str, Any]]:
    if not isinstance(value, dict):
        return {}
    return {
        suite: found
        for suite, found in value.items()
        if suite in SUITES and isinstance(found, dict) and type(found.get("passed")) is bool
        and isinstance(found.get("code"), str)
    }  # fmt: skip


def write(state: State, root: Path) -> None:
    kept = {**state.other, "hints": state.hints, "results": state.results}
    kept |= {"last": state.last} if state.last else {}
    write_text(root / FILE, json.dumps(kept, indent=1) + "\n")


def digest(lesson: Lesson, exercise: Exercise) -> str:
    """Of the learner's code of the exercise, comments apart: a result is about the code that was tested. The file's
    imports, constants and helpers are part of it, the other exercises in the file are not."""
    try:
        text = (lesson.folder / exercise.file).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    with contextlib.suppress(SyntaxError, ValueError, StopIteration):
        tree = ast.parse(text)
        node_of(tree, exercise)  # where it is missing, the whole text counts
        for other in lesson.exercises:
            if other.file == exercise.file and other.id != exercise.id:
                with contextlib.suppress(StopIteration):
                    node_of(tree, other).body = [ast.Pass()]
        text = ast.unparse(tree)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def node_of(tree: ast.Module, exercise: Exercise) -> ast.AST:
    """Where the exercise's object is defined. Raises StopIteration where it is not."""
    body: list[ast.stmt] = tree.body
    for name in exercise.object.split("."):
        node = next(n for n in body if getattr(n, "name", None) == name)
        body = node.body
    return node


def place(lesson: Lesson, exercise: Exercise) -> str:
    """ "tutorial/.../loss/grpo.py:57", without the line where the file cannot be read."""
    path = lesson.folder / exercise.file
    line = line_of(path, exercise)
    return path.relative_to(lesson.root).as_posix() + (f":{line}" if line else "")


def line_of(path: Path, exercise: Exercise) -> int | None:
    """Where `path`, a version of the exercise's file, defines it; None where that cannot be read."""
    with contextlib.suppress(OSError, SyntaxError, ValueError, StopIteration):
        return node_of(ast.parse(path.read_text(encoding="utf-8")), exercise).lineno
    return None


def unreadable(lesson: Lesson, exercise: Exercise) -> str | None:
    """ "tutorial/.../loss/grpo.py:59: expected ':'" where the exercise's file is no Python."""
    path = lesson.folder / exercise.file
    try:
        ast.parse(path.read_bytes(), filename=path.name)
    except OSError:
        return None
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        return f"{path.relative_to(lesson.root).as_posix()}:{line or 1}: {getattr(error, 'msg', None) or error}"
    return None


def condition(lesson: Lesson, exercise: Exercise, state: State) -> str:
    """ "passed", "failed" (the basic tests), "basic passed" (the advanced ones failed or have not run),
    "not written", "not tested" (since the code was last changed), or "unreadable" (its file is no Python)."""
    if not written(lesson, exercise):
        return "not written"
    if unreadable(lesson, exercise):
        return "unreadable"
    code = digest(lesson, exercise)
    found = {s: r["passed"] for s, r in state.results.get(exercise.id, {}).items() if r["code"] == code}
    if not found:
        return "not tested"
    if not found.get(SUITES[0], True):
        return "failed"
    if all(found.get(suite) for suite in SUITES):
        return "passed"
    return "basic passed" if SUITES[0] in found else "not tested"


def written(lesson: Lesson, exercise: Exercise) -> bool:
    """Whether the stub's line that says "not written yet" is gone from the learner's file."""
    try:
        text = (lesson.folder / exercise.file).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return not not_written.has_stub(text, exercise)
