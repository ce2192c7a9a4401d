"""What a learner has typed for one exercise: where it stands, whether it is written, and a digest of it.

Standard library only.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
from pathlib import Path

from course.base import not_written
from course.base.manifest import Exercise, Lesson


def definition(tree: ast.Module, exercise: Exercise) -> ast.AST:
    """The node that defines the exercise's object. Raises StopIteration if there is none."""
    body: list[ast.stmt] = tree.body
    for name in exercise.object.split("."):
        node = next(n for n in body if getattr(n, "name", None) == name)
        body = node.body
    return node


def line_of(path: Path, exercise: Exercise) -> int | None:
    """The line where `path`, a version of the exercise's file, defines it; None if that cannot be read."""
    with contextlib.suppress(OSError, SyntaxError, ValueError, StopIteration):
        return definition(ast.parse(path.read_text(encoding="utf-8")), exercise).lineno
    return None


def place(lesson: Lesson, exercise: Exercise) -> str:
    """ "tutorial/.../loss/grpo.py:57", without the line if the file cannot be read."""
    path = lesson.folder / exercise.file
    line = line_of(path, exercise)
    return path.relative_to(lesson.root).as_posix() + (f":{line}" if line else "")


def syntax_error(lesson: Lesson, exercise: Exercise) -> str | None:
    """ "tutorial/.../loss/grpo.py:59: expected ':'" if the exercise's file is not Python."""
    path = lesson.folder / exercise.file
    try:
        ast.parse(path.read_bytes(), filename=path.name)
    except OSError:
        return None
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        return f"{path.relative_to(lesson.root).as_posix()}:{line or 1}: {getattr(error, 'msg', None) or error}"
    return None


def is_written(lesson: Lesson, exercise: Exercise) -> bool:
    """Whether the stub's line that says "not written yet" is gone from the learner's file."""
    text = _text(lesson, exercise)
    return text is not None and not not_written.has_stub(text, exercise)


def digest(lesson: Lesson, exercise: Exercise) -> str:
    """A digest of the exercise's code without comments; empty if there is no file. The file's imports, constants and
    helpers are part of it; the other exercises in the file are not."""
    text = _text(lesson, exercise)
    if text is None:
        return ""
    with contextlib.suppress(SyntaxError, ValueError, StopIteration):
        tree = ast.parse(text)
        definition(tree, exercise)  # if it is missing, the whole text counts
        for other in lesson.exercises:
            if other.file == exercise.file and other.id != exercise.id:
                with contextlib.suppress(StopIteration):
                    definition(tree, other).body = [ast.Pass()]
        text = ast.unparse(tree)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _text(lesson: Lesson, exercise: Exercise) -> str | None:
    try:
        return (lesson.folder / exercise.file).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
