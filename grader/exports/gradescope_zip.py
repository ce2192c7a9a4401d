"""The command that sets up Gradescope: it writes an autograder, a zip of the course with its tests and solutions.

The two scripts in autograder/ name what could not be tried without an upload. The same tree gives the same bytes
(course/release/fixed_zip.py).
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from course.base.atomic_files import write_bytes
from course.base.errors import UsageError, UsageParser
from course.base.switch import ROOT
from course.release import fixed_zip
from grader.exports.gradescope import BEGUN
from grader.options import extra_files

TREES = ("course", "grader", "lab", "solutions", "tutorial")
FILES = ("conftest.py", "pyproject.toml", "requirements.txt")
SCRIPTS = Path(__file__).with_name("autograder")


def gradescope_zip(arguments: list[str], root: Path = ROOT) -> int:
    """python -m course gradescope-zip [--lessons 13,14] [--extra DIR] [--torch-index ADDRESS] [--unsafe]
    [--out FILE]"""
    parser = UsageParser("gradescope-zip")
    parser.add_argument("--lessons", default="")
    parser.add_argument("--extra", type=Path)
    parser.add_argument("--torch-index", default="")
    parser.add_argument("--unsafe", action="store_true")
    parser.add_argument("--out", type=Path, default=Path("gradescope.zip"))
    options = parser.parse_args(arguments)
    data = autograder_zip(root, options.lessons, options.torch_index, options.unsafe, extra_files(options.extra))
    try:
        write_bytes(options.out, data)
    except OSError as error:
        raise UsageError(f"{options.out} cannot be written: {error.strerror}") from None
    print(f"{options.out}: {len(data) / 1e6:.0f} MB; upload it as the autograder of a programming assignment")
    return 0


def autograder_zip(
    root: Path, lessons: str = "", torch_index: str = "", unsafe: bool = False, extra: Sequence[Path] = ()
) -> bytes:
    """The zip of the course at `root`.

    `lessons`: those of the assignment, such as "13,14"; all by default. `torch_index`: the address of PyTorch's CPU
    builds, which keeps gigabytes out of the image. `unsafe`: grade even if the image allows no sandbox. `extra`: the
    instructor's own test files. Raises UsageError for what may not become a word of a shell script.
    """
    if not re.fullmatch(r"(https://[A-Za-z0-9./_-]+)?", torch_index):
        raise UsageError(f"the address of PyTorch's CPU builds must begin with https://, not {torch_index!r}")
    if not re.fullmatch(r"(\d\d(,\d\d)*)?", lessons):
        raise UsageError(f"name lessons by their numbers, such as 13,14, not {lessons!r}")
    paths = [root / name for name in FILES] + [path for tree in TREES for path in fixed_zip.files(root / tree)]
    contents = {path.relative_to(root).as_posix(): fixed_zip.content(path) for path in paths}
    contents |= {f"extra/{number}/{path.name}": fixed_zip.content(path) for number, path in enumerate(extra)}
    settings = {
        "TORCH_INDEX": torch_index,
        "UNSAFE": "--unsafe" if unsafe else "",
        "LESSONS": f"--lessons={lessons}" if lessons else "",
        "EXTRA": "--extra=extra" if extra else "",
    }
    for name in ("run_autograder", "setup.sh"):
        text = fixed_zip.content(SCRIPTS / name).decode()
        for setting, value in settings.items():
            text = text.replace(f'\n{setting}=""\n', f'\n{setting}="{value}"\n')
        contents[name] = text.encode()
    contents["begun.json"] = (json.dumps(BEGUN, indent=1) + "\n").encode()
    return fixed_zip.packed(contents)
