"""The zip to upload as a Gradescope autograder: the course with its tests and solutions, and two scripts.

The same tree gives the same bytes (course/release/fixed_zip.py). The scripts are in autograder/; they name what could
not be tried without an upload.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from course.base.errors import UsageError
from course.release import fixed_zip
from grader.exports.gradescope import BEGUN
from grader.exports.rows import check_lessons

TREES = ("course", "grader", "lab", "solutions", "tutorial")
FILES = ("conftest.py", "pyproject.toml", "requirements.txt")
SCRIPTS = ("run_autograder", "setup.sh")


def autograder_zip(
    root: Path, lessons: str = "", torch_index: str = "", unsafe: bool = False, extra: Sequence[Path] = ()
) -> bytes:
    """The zip of the course at `root`, to be written with course.base.atomic_files.write_bytes.

    `lessons`: those of the assignment, such as "13,14"; all by default. `torch_index`: the address of PyTorch's CPU
    builds, which keeps gigabytes out of the image. `unsafe`: grade even if the image allows no sandbox. `extra`: the
    instructor's own test files. Raises UsageError if `root` lacks something that grading needs.
    """
    missing = [name for name in (*TREES, *FILES) if not (root / name).exists()]
    if missing:
        raise UsageError(f"{', '.join(missing)} missing in {root}: the autograder needs the whole course")
    if not re.fullmatch(r"(https://[A-Za-z0-9./_-]+)?", torch_index):
        raise UsageError(f"the address of PyTorch's CPU builds must begin with https://, not {torch_index!r}")
    check_lessons(lessons)
    contents = {name: fixed_zip.content(root / name) for name in FILES}
    for tree in TREES:
        contents |= {
            path.relative_to(root).as_posix(): fixed_zip.content(path) for path in fixed_zip.files(root / tree)
        }
    scripts = {name: fixed_zip.content(Path(__file__).with_name("autograder") / name).decode() for name in SCRIPTS}
    scripts["setup.sh"] = _set(scripts["setup.sh"], "TORCH_INDEX", torch_index)
    scripts["run_autograder"] = _set(scripts["run_autograder"], "UNSAFE", "--unsafe" if unsafe else "")
    scripts["run_autograder"] = _set(scripts["run_autograder"], "LESSONS", f"--lessons={lessons}" if lessons else "")
    scripts["run_autograder"] = _set(scripts["run_autograder"], "EXTRA", "--extra=extra" if extra else "")
    contents |= {f"extra/{number}/{path.name}": fixed_zip.content(path) for number, path in enumerate(extra)}
    contents |= {name: text.encode() for name, text in scripts.items()}
    contents["begun.json"] = (json.dumps(BEGUN, indent=1) + "\n").encode()
    return fixed_zip.packed(contents)


def _set(script: str, name: str, value: str) -> str:
    """The script with its line NAME="" filled."""
    assert f'\n{name}=""\n' in script, name
    return script.replace(f'\n{name}=""\n', f'\n{name}="{value}"\n')
