"""Makes the learner's stubs from the reference: `solutions/` is the single source.

In every file that a manifest names, the body of each exercise is replaced by its steps (the comments that
start with `# >` in the reference) and a NotImplementedError; signature and docstring stay. The reference's own
helpers (functions, methods and constants whose name starts with one underscore) are left out; all the rest is
given as it is. Standard library only.
"""

from __future__ import annotations

import ast
import shutil
import time
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from course.base import manifest, not_written, student_bundle
from course.base.atomic_files import write_text
from course.base.errors import UsageError
from course.base.manifest import Lesson
from course.base.switch import ROOT

STEP = "# >"
Function = (ast.FunctionDef, ast.AsyncFunctionDef)


def files(lesson: Lesson) -> list[str]:
    """The stub files of a lesson, in the order of its exercises."""
    return list(dict.fromkeys(e.file for e in lesson.exercises))


def stub_of(lesson: Lesson, file: str) -> str:
    """The text of the pristine stub `file`. Raises UsageError where the reference lacks the object.

    A bundle for students has no reference; there it is the text that was handed out.
    """
    if student_bundle.is_bundle():
        return _handed_out(lesson, file)
    path = lesson.solution / file
    try:
        source = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UsageError(
            f"{lesson.name}/lesson.toml names {file}, but there is no {path.relative_to(lesson.root)}"
        ) from None
    lines = source.split("\n")  # not splitlines, which knows more line ends than Python does
    tree = ast.parse(source)
    edits: list[tuple[int, int, list[str]]] = []  # first line, last line (from 1, both included), replacement
    for exercise in (e for e in lesson.exercises if e.file == file):
        raises = f'raise NotImplementedError("{not_written.message(exercise)}")'
        found = list(functions(tree, exercise.object))
        if not found:
            raise UsageError(f"{lesson.name}/lesson.toml, exercise {exercise.id}: {file} has no {exercise.object}")
        edits += [_emptied(function, lines, raises) for function in found]
    edits += [(*_extent(node, lines), []) for node in _private(tree)]
    for first, last, replacement in sorted(edits, reverse=True):
        lines[first - 1 : last] = replacement
    return _squeezed(lines)


def _handed_out(lesson: Lesson, file: str) -> str:
    try:
        with zipfile.ZipFile(lesson.root / student_bundle.PRISTINE) as archive:
            return archive.read(f"{lesson.name}/{file}").decode()
    except (OSError, KeyError, ValueError, zipfile.BadZipFile, zlib.error):
        raise UsageError(
            f"{student_bundle.PRISTINE} cannot give {lesson.name}/{file}; unpack the bundle again, in another folder"
        ) from None


def functions(tree: ast.Module, name: str) -> Iterator[ast.AST]:
    """The function, method or all public methods of the class called `name`."""
    owner, _, method = name.partition(".")
    node = next((n for n in tree.body if getattr(n, "name", None) == owner), None)
    if isinstance(node, Function):
        yield node
    elif isinstance(node, ast.ClassDef):
        wanted = (n for n in node.body if isinstance(n, Function) and not _is_private(n.name))
        yield from (n for n in wanted if not method or n.name == method)


def _emptied(function: ast.AST, lines: list[str], raises: str) -> tuple[int, int, list[str]]:
    head, last = function.body[0], function.end_lineno
    documented = isinstance(head, ast.Expr) and isinstance(getattr(head.value, "value", None), str)
    indent = " " * (function.col_offset + 4)
    if documented:
        first = head.end_lineno + 1
    else:
        first = _first_line(head)
        while lines[first - 2].strip().startswith("#") or not lines[first - 2].strip():
            first -= 1  # comments above the first statement belong to the body
    steps = [line.strip() for line in lines[first - 1 : last] if line.strip().startswith(STEP)]
    return first, last, [*(f"{indent}#{step[len(STEP) :]}" for step in steps), indent + raises]


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def _private(tree: ast.Module) -> Iterator[ast.AST]:
    for node in tree.body:
        if defines_private(node):
            yield node
        elif isinstance(node, ast.ClassDef):
            yield from (member for member in node.body if defines_private(member))


def defines_private(node: ast.AST) -> bool:
    names = [node.name] if isinstance(node, (*Function, ast.ClassDef)) else []
    if isinstance(node, (ast.Assign, ast.AnnAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        parts = [part for target in targets for part in getattr(target, "elts", [target])]
        names = [part.id if isinstance(part, ast.Name) else "" for part in parts]
    return bool(names) and all(map(_is_private, names))


def _first_line(node: ast.AST) -> int:
    """The first line of a statement, its decorators included."""
    return min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])


def _extent(node: ast.AST, lines: list[str]) -> tuple[int, int]:
    """First and last line of a definition, decorators and the comments right above it included."""
    first = _first_line(node)
    while first > 1 and lines[first - 2].strip().startswith("#"):
        first -= 1
    return first, node.end_lineno


def _squeezed(lines: list[str]) -> str:
    """No more than two blank lines in a row, one at most inside a class, none at the end."""
    kept: list[str] = []
    for i, line in enumerate(lines):
        following = next((rest for rest in lines[i:] if rest.strip()), "")
        allowed = 1 if following.startswith(" ") else 2
        blanks = next((n for n, back in enumerate(reversed(kept)) if back.strip()), 0)
        if line.strip() or (following and blanks < allowed):
            kept.append(line)
    return "\n".join(kept) + "\n"


def write_all(target: Path, root: Path = ROOT) -> list[Path]:
    """Writes pristine stubs of every lesson under `target`/tutorial; for tests and releases."""
    written = []
    for lesson in manifest.read_all(root):
        for file in files(lesson):
            path = target / lesson.folder.relative_to(root) / file
            path.parent.mkdir(parents=True, exist_ok=True)
            write_text(path, stub_of(lesson, file))
            written.append(path)
    return written


def changed(root: Path = ROOT) -> list[Path]:
    """The stub files under `root`/tutorial that are not pristine (or are missing)."""
    return [
        path
        for lesson in manifest.read_all(root)
        for file in files(lesson)
        if _text(path := lesson.folder / file) != stub_of(lesson, file)
    ]


def reset(lesson: Lesson) -> tuple[list[Path], Path | None]:
    """Restores a lesson's stubs. What stood there and was not pristine goes to kept/ first.

    Returns the files restored, and the folder with what was kept (None where nothing had to be).
    """
    stamp = time.strftime("%Y%m%d-%H%M%S")
    kept = lesson.root / "kept" / f"{lesson.name}-{stamp}"
    n = 1
    while kept.exists():
        n += 1
        kept = lesson.root / "kept" / f"{lesson.name}-{stamp}-{n}"
    fresh = {file: stub_of(lesson, file) for file in files(lesson)}
    restored = []
    for file, text in fresh.items():
        path = lesson.folder / file
        if _text(path) == text:
            continue
        if path.exists():
            (kept / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, kept / file)
        write_text(path, text)
        restored.append(path)
    return restored, kept if kept.exists() else None


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, UnicodeDecodeError):
        return None
