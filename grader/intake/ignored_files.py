"""Files of a submission that are ignored and yet worth a look: what steers pytest or Python, what stands in for a
module, compiled code, the reference, tests that are not the course's. They have no effect here; each is a flag for a
person.
"""

from __future__ import annotations

import functools
import re
import sys
from pathlib import Path

from course.base.manifest import Lesson
from grader.intake.archives import Entry, Refused
from grader.intake.class_folder import clean, without_copy

MOST = 20  # flags of one submission

_STEER = {
    "conftest.py": "steers pytest", "pytest.ini": "steers pytest", ".pytest.ini": "steers pytest",
    "pyproject.toml": "steers pytest", "tox.ini": "steers pytest", "setup.cfg": "steers pytest",
    "setup.py": "is run when a folder is installed", "sitecustomize.py": "is run when Python starts",
    "usercustomize.py": "is run when Python starts", ".env": "sets environment variables",
    "lesson.toml": "is the lesson's manifest",
}  # fmt: skip
_LIBRARIES = {
    "torch", "transformers", "tokenizers", "safetensors", "numpy", "jaxtyping", "yaml", "rich", "matplotlib",
    "pytest", "_pytest", "xdist", "hypothesis", "pluggy",
}  # fmt: skip
MODULES = (_LIBRARIES | set(sys.stdlib_module_names)) - {"test", "this", "__future__", "__main__"}


def strange(entries: list[Entry], lessons: list[Lesson]) -> list[str]:
    """One line each, sorted, `MOST` at most."""
    own = _course_files(lessons[0].root) if lessons else {}
    found = []
    for entry in sorted(entries, key=lambda e: e.parts):
        if why := _why(entry, own):
            found.append(why)
    found = list(dict.fromkeys(found))
    return found if len(found) <= MOST else [*found[: MOST - 1], f"{len(found) - MOST + 1} more files of this kind"]


def _why(entry: Entry, own: dict[str, Path]) -> str:
    path, name = clean(entry.path), entry.name
    if entry.refused:
        return f"{path} {entry.refused}"
    if "solutions" in (folders := without_copy(entry.parts[:-1])):
        upto = entry.parts[: folders.index("solutions") + 1]
        return f"{clean('/'.join(upto))}/ is a folder like the reference's"
    if (same := _is_the_courses(entry, own)) is not None:
        return "" if same else f"{path} is not as in this course: edited, or of another version"
    if name in _STEER:
        return f"{path} {_STEER[name]}"
    if name.endswith(".pth"):
        return f"{path} adds to what Python imports when it starts"
    if re.search(r"\.(so|pyd|dll|dylib|pyc|pyo)(\.\d+)*$", name):
        return f"{path} is compiled code"
    module = entry.parts[-2] if name == "__init__.py" and len(entry.parts) > 1 else name.removesuffix(".py")
    if name.endswith(".py") and module in MODULES:
        return f"{path} has the name of a module, {module}, and would stand in for it"
    return ""


def _is_the_courses(entry: Entry, own: dict[str, Path]) -> bool | None:
    """Whether a file that has the path of one of the course's own is the same; None where it has no such path."""
    tails = ("/".join(entry.parts[i:]) for i in range(len(entry.parts)))
    ours = next((own[tail] for tail in tails if tail in own), None)
    if ours is None:
        return None
    try:
        return entry.read().replace(b"\r\n", b"\n") == ours.read_bytes().replace(b"\r\n", b"\n")
    except Refused:
        return False


@functools.lru_cache(maxsize=4)
def _course_files(root: Path) -> dict[str, Path]:
    """The end of a path -> the course's file: what a learner has but does not write."""
    found = {name: root / name for name in ("conftest.py", "pyproject.toml") if (root / name).is_file()}
    for folder in ("course", "grader", "lab", "tests", "benchmarks"):
        found |= {p.relative_to(root).as_posix(): p for p in (root / folder).rglob("*.py")}
    for path in (root / "tutorial").glob("stage*/lesson*/testcases/*.py"):
        found["/".join(path.parts[-3:])] = path
    found |= {"/".join(path.parts[-2:]): path for path in (root / "tutorial").glob("stage*/lesson*/lesson.toml")}
    return found
