"""The command line of `python -m course grade`, and everything that can be checked before anything is graded."""

from __future__ import annotations

import argparse
import ast
from dataclasses import dataclass
from pathlib import Path

from course.base import manifest
from course.base.errors import UsageError
from course.base.manifest import Lesson
from grader import exports


@dataclass
class Options:
    """What the command line says."""

    folder: Path
    out: Path
    lessons: list[Lesson]
    full: bool = False
    seed: int | None = None
    jobs: int = 0
    extra: Path | None = None
    gradebook: Path | None = None
    assignment: str = ""
    gradescope: Path | None = None
    unsafe: bool = False


def parse(arguments: list[str]) -> Options:
    parser = argparse.ArgumentParser(prog="python -m course grade", add_help=False, allow_abbrev=False)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, default=Path("grades"))
    parser.add_argument("--lessons", default="")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--jobs", type=int, default=0)
    parser.add_argument("--assignment", default="")
    for name in ("extra", "gradebook", "gradescope"):
        parser.add_argument(f"--{name}", type=Path)
    for name in ("full", "unsafe"):
        parser.add_argument(f"--{name}", action="store_true")
    parser.error = _usage_error  # one sentence, as everywhere
    found = vars(parser.parse_args(arguments))
    chosen = [part.strip() for part in found.pop("lessons").split(",") if part.strip()]
    wanted = {manifest.find(name).name for name in chosen}
    options = Options(lessons=[one for one in manifest.read_all() if not chosen or one.name in wanted], **found)
    if options.seed is not None and not 0 <= options.seed < 2**31:
        raise UsageError(f"--seed {options.seed}: say a whole number from 0 to {2**31 - 1}")
    if not options.folder.exists():
        raise UsageError(f"there is no {options.folder}; name the folder (or the zip) of submissions")
    if (options.gradebook is None) != (not options.assignment):
        raise UsageError("--gradebook and --assignment go together: the file that Canvas exported, and its column")
    if options.jobs < 0:
        raise UsageError(f"--jobs {options.jobs}: say how many judges may run at a time")
    if options.out.resolve() == options.folder.resolve() or options.folder.resolve() in options.out.resolve().parents:
        raise UsageError(f"--out {options.out} is within {options.folder}: it would be graded the next time")
    return options


def _usage_error(message: str) -> None:
    raise UsageError(f"{message}; it is `python -m course grade FOLDER`, and docs/INSTRUCTORS.md lists the options")


def extra_files(folder: Path | None) -> list[Path]:
    """The instructor's own test files. Raises UsageError if there is none, or if one is not valid Python."""
    if folder is None:
        return []
    found = sorted(path.resolve() for path in folder.rglob("*_test.py") if path.is_file())
    if not found:
        raise UsageError(f"--extra {folder}: there is no file called *_test.py in that folder")
    for path in found:
        try:
            ast.parse(path.read_text(encoding="utf-8"))
        except (SyntaxError, ValueError) as error:
            raise UsageError(f"--extra: {path.name} is not valid Python: {error}") from None
    return found


def read_gradebook(options: Options) -> str:
    """The gradebook's text. Raises UsageError if it is none: before hours of grading, not after."""
    try:
        text = options.gradebook.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        raise UsageError(f"--gradebook {options.gradebook} cannot be read ({why})") from None
    exports.canvas_gradebook(text, options.assignment, [])
    return text
