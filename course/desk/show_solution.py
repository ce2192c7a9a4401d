"""`make solution EX=13.2`: the reference under what you wrote, once your tests pass."""

from __future__ import annotations

import ast
import contextlib
import textwrap
from pathlib import Path

from rich.console import Console
from rich.syntax import Syntax

from course.authoring import stubs
from course.base import manifest
from course.base.manifest import Exercise, Lesson
from course.base.switch import ROOT
from course.desk import exercise_code, progress, watch


def show(exercise_id: str, force: bool = False, root: Path = ROOT, console: Console | None = None) -> int:
    """Prints both. 1, and a sentence, where the exercise's tests do not pass and `force` is not set."""
    console = console or Console(highlight=False)
    lesson, exercise = manifest.find_exercise(exercise_id, root)
    if not force and not _passes(lesson, exercise, console):
        console.print(
            f"exercise {exercise.id} does not pass yet; make hint EX={exercise.id} helps, "
            "and FORCE=1 shows the reference all the same", soft_wrap=True,
        )  # fmt: skip
        return 1
    texts = [source(folder / exercise.file, exercise) for folder in (lesson.folder, lesson.solution)]
    texts[1] = without_repetition(texts[1], texts[0])
    console.print(f"exercise {exercise.id}  {exercise.object}   {exercise.file}")
    for title, text in zip(("yours", "the reference"), texts, strict=True):
        console.rule(title)
        console.print(Syntax(text, "python") if console.is_terminal else text, soft_wrap=True, markup=False)
    return 0


def _passes(lesson: Lesson, exercise: Exercise, console: Console) -> bool:
    """Whether its basic tests pass: by what is remembered; else by running its tests."""
    if progress.condition(lesson, exercise, progress.read(lesson.root)) in progress.PASSED:
        return True
    if not exercise_code.is_written(lesson, exercise):
        return False
    console.print(f"exercise {exercise.id} is tested first, since its code has changed or its tests have not run")
    console.file.flush()
    return bool(watch.run_tests(lesson, exercise))


def without_repetition(reference: str, yours: str) -> str:
    """The reference without what both sides say: docstrings that are the same, and the steps, which are marked there
    for the stubs to be made of them."""
    lines = reference.splitlines()
    with contextlib.suppress(SyntaxError):
        said = {ast.get_docstring(node) for node in _documented(yours)}
        for node in _documented(reference):
            if ast.get_docstring(node) in said and len(node.body) > 1:
                text = node.body[0]
                lines[text.lineno - 1 : text.end_lineno] = [None] * (text.end_lineno - text.lineno + 1)
    return "\n".join(line for line in lines if line is not None and not line.lstrip().startswith(stubs.STEP))


def _documented(text: str) -> list[ast.AST]:
    tree = ast.parse(textwrap.dedent(text))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return [n for n in ast.walk(tree) if isinstance(n, kinds) and ast.get_docstring(n)]


def source(path: Path, exercise: Exercise) -> str:
    """The lines that define the exercise's object, decorators included."""
    try:
        text = path.read_text(encoding="utf-8")
        node = exercise_code.definition(ast.parse(text), exercise)
    except (OSError, SyntaxError, ValueError, StopIteration):
        return f"({exercise.object} is not to be found in {path.name})"
    first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
    return "\n".join(text.splitlines()[first - 1 : node.end_lineno])
