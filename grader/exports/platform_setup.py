"""The commands that set up platforms which grade by themselves: they write Gradescope's autograder and Classroom's
workflow.

The autograder is a zip of the course with its tests and solutions, and the two scripts in autograder/, which name what
could not be tried without an upload. The same tree gives the same bytes (course/release/fixed_zip.py).
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
WORKFLOW = Path(__file__).with_name("classroom.yml")


def gradescope_zip(arguments: list[str], root: Path = ROOT) -> int:
    """python -m course gradescope-zip [--lessons 13,14] [--extra DIR] [--torch-index ADDRESS] [--unsafe]
    [--out FILE]"""
    parser = _parser("gradescope-zip", "gradescope.zip")
    parser.add_argument("--extra", type=Path)
    parser.add_argument("--torch-index", default="")
    parser.add_argument("--unsafe", action="store_true")
    options = parser.parse_args(arguments)
    data = autograder_zip(root, options.lessons, options.torch_index, options.unsafe, extra_files(options.extra))
    _write(options.out, data)
    print(f"{options.out}: {len(data) / 1e6:.0f} MB; upload it as the autograder of a programming assignment")
    return 0


def classroom_workflow(arguments: list[str]) -> int:
    """python -m course classroom-workflow OWNER/NAME COMMIT [--lessons 13,14] [--out FILE]"""
    parser = _parser("classroom-workflow OWNER/NAME COMMIT", "classroom.yml")
    parser.add_argument("course")
    parser.add_argument("commit")
    options = parser.parse_args(arguments)
    _write(options.out, workflow(options.course, options.commit, options.lessons).encode())
    print(f"{options.out}: put it into the assignment's template repository, as .github/workflows/classroom.yml")
    return 0


def autograder_zip(
    root: Path, lessons: str = "", torch_index: str = "", unsafe: bool = False, extra: Sequence[Path] = ()
) -> bytes:
    """The zip of the course at `root`.

    `lessons`: those of the assignment, such as "13,14"; all by default. `torch_index`: the address of PyTorch's CPU
    builds, which keeps gigabytes out of the image. `unsafe`: grade even if the image allows no sandbox. `extra`: the
    instructor's own test files. Raises UsageError if `root` lacks something that grading needs.
    """
    missing = [name for name in (*TREES, *FILES) if not (root / name).exists()]
    if missing:
        raise UsageError(f"{', '.join(missing)} missing in {root}: the autograder needs the whole course")
    if not re.fullmatch(r"(https://[A-Za-z0-9./_-]+)?", torch_index):
        raise UsageError(f"the address of PyTorch's CPU builds must begin with https://, not {torch_index!r}")
    _check_lessons(lessons)
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


def workflow(course: str, commit: str, lessons: str = "") -> str:
    """The text of .github/workflows/classroom.yml for the students' repositories.

    `course`: "owner/name" of the whole course, with its solutions; `commit`: the 40 digits of the commit to grade
    with, so that a later change of the course changes no grade; `lessons`: such as "13,14", all unless given.
    """
    if not re.fullmatch(r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+", course):
        raise UsageError(f"the course's repository must look like owner/name, not {course!r}")
    if not re.fullmatch(r"[0-9a-f]{40}", commit):
        raise UsageError(f"name the course's commit by all its 40 digits (git rev-parse HEAD), not {commit!r}")
    _check_lessons(lessons)
    text = WORKFLOW.read_text(encoding="utf-8").replace("COURSE_REPOSITORY", course).replace("COURSE_COMMIT", commit)
    return text.replace(" COURSE_LESSONS", f" --lessons={lessons}" if lessons else "")


def _parser(usage: str, out: str) -> UsageParser:
    parser = UsageParser(usage)
    parser.add_argument("--lessons", default="")
    parser.add_argument("--out", type=Path, default=Path(out))
    return parser


def _check_lessons(lessons: str) -> None:
    """Raises UsageError unless `lessons` is "" or like "13,14": it becomes a word of a shell script."""
    if not re.fullmatch(r"(\d\d(,\d\d)*)?", lessons):
        raise UsageError(f"name lessons by their numbers, such as 13,14, not {lessons!r}")


def _write(path: Path, data: bytes) -> None:
    try:
        write_bytes(path, data)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from None
