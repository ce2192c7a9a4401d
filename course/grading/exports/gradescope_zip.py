"""The zip to upload as a Gradescope autograder: the course with its tests and solutions, and two scripts.

The same tree gives the same bytes: names are sorted, dates fixed. No symbolic link and nothing hidden, built or kept
by a learner goes in. The scripts are in autograder/; what could not be tried without an upload is said in them.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path

from course.grading.exports.gradescope import BEGUN
from course.grading.exports.rows import check_lessons
from lab.errors import UsageError

TREES = ("course", "lab", "solutions", "tutorial")
FILES = ("conftest.py", "pyproject.toml", "requirements.txt")
SCRIPTS = ("run_autograder", "setup.sh")
LEFT_OUT = {"runs", "kept", "__pycache__", "node_modules"}
DATE = (1980, 1, 1, 0, 0, 0)  # the first that a zip can hold


def autograder_zip(root: Path, lessons: str = "", torch_index: str = "", unsafe: bool = False) -> bytes:
    """The zip of the course at `root`, to be written with lab.files.write_bytes.

    `lessons`: those of the assignment, such as "13,14"; all unless given. `torch_index`: the address of PyTorch's CPU
    builds, which keeps gigabytes out of the image. `unsafe`: grade even where the image can confine nothing. Raises
    UsageError where `root` lacks something that grading needs.
    """
    missing = [name for name in (*TREES, *FILES) if not (root / name).exists()]
    if missing:
        raise UsageError(f"{', '.join(missing)} missing in {root}: the autograder needs the whole course")
    if not re.fullmatch(r"(https://[A-Za-z0-9./_-]+)?", torch_index):
        raise UsageError(f"the address of PyTorch's CPU builds must begin with https://, not {torch_index!r}")
    check_lessons(lessons)
    contents = {name: _bytes(root / name) for name in FILES}
    for tree in TREES:
        contents |= {path.relative_to(root).as_posix(): _bytes(path) for path in _files(root / tree)}
    scripts = {name: _bytes(Path(__file__).with_name("autograder") / name).decode() for name in SCRIPTS}
    scripts["setup.sh"] = _set(scripts["setup.sh"], "TORCH_INDEX", torch_index)
    scripts["run_autograder"] = _set(scripts["run_autograder"], "UNSAFE", "--unsafe" if unsafe else "")
    scripts["run_autograder"] = _set(scripts["run_autograder"], "LESSONS", f"--lessons={lessons}" if lessons else "")
    contents |= {name: text.encode() for name, text in scripts.items()}
    contents["begun.json"] = (json.dumps(BEGUN, indent=1) + "\n").encode()

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(contents):
            entry = zipfile.ZipInfo(name, DATE)
            entry.create_system = 3  # Unix, wherever it is made: the modes below count
            entry.external_attr = (0o100755 if contents[name].startswith(b"#!") else 0o100644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, contents[name], compresslevel=9)
    return out.getvalue()


def _files(tree: Path) -> list[Path]:
    """Every plain file of a tree that is the course's; links are not followed."""
    found = []
    for path in sorted(tree.iterdir()):
        hidden = path.name.startswith(".") or path.name in LEFT_OUT or path.suffix in (".pyc", ".tmp")
        if hidden or path.is_symlink():
            continue
        found += _files(path) if path.is_dir() else [path] if path.is_file() else []
    return found


def _bytes(path: Path) -> bytes:
    """A file, with plain line feeds where it is text: a script with Windows' line ends does not start."""
    data = path.read_bytes()
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return data
    return data if "\0" in text else data.replace(b"\r\n", b"\n")


def _set(script: str, name: str, value: str) -> str:
    """The script with its line NAME="" filled."""
    assert f'\n{name}=""\n' in script, name
    return script.replace(f'\n{name}=""\n', f'\n{name}="{value}"\n')
