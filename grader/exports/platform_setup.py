"""The commands for platforms that grade by themselves: they write Gradescope's autograder and Classroom's workflow."""

from __future__ import annotations

from pathlib import Path

from course.base.atomic_files import write_bytes
from course.base.errors import UsageError, UsageParser
from course.base.switch import ROOT
from grader.exports.classroom import workflow
from grader.exports.gradescope_zip import autograder_zip
from grader.options import extra_files


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


def _parser(usage: str, out: str) -> UsageParser:
    parser = UsageParser(usage)
    parser.add_argument("--lessons", default="")
    parser.add_argument("--out", type=Path, default=Path(out))
    return parser


def _write(path: Path, data: bytes) -> None:
    try:
        write_bytes(path, data)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from None
