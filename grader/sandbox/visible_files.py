"""The trusted files that every worker may read: a part of course/ and grader/, and what the lessons use of lab/."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from pathlib import Path

from course.base.atomic_files import write_bytes
from course.base.manifest import Lesson
from course.base.switch import ROOT

WORKER_FILES = (  # what a worker needs besides lab/; nothing that knows an answer
    *("course/__init__.py", "course/base/__init__.py", "course/observe/__init__.py"),
    *(f"course/observe/{name}.py" for name in ("call", "codec", "format_value", "jax_arrays", "shape_check")),
    *("grader/__init__.py", "grader/sandbox/__init__.py"),
    *(f"grader/sandbox/{name}.py" for name in ("submission_server", "worker", "replaced")),
    *(f"lab/sandbox/{name}.py" for name in ("__init__", "fork_server", "confinement", "frames")),
)


def write_tree(folder: Path, lessons: list[Lesson], extra: Sequence[Path] = (), root: Path = ROOT) -> None:
    """Writes the files; of lab/ only what the lessons and the instructor's `extra` tests use."""
    for name in WORKER_FILES:
        write_bytes(folder / name, (root / name).read_bytes())
    for path in lab_files(lessons, extra, root):
        write_bytes(folder / path.relative_to(root), path.read_bytes())
    for path in (folder, *folder.rglob("*")):  # a worker is another user, whatever the umask here says
        path.chmod(0o755 if path.is_dir() else 0o644)


def lab_files(lessons: list[Lesson], extra: Sequence[Path] = (), root: Path = ROOT) -> list[Path]:
    """The modules of lab/ that a lesson's files, scenarios or tests name, those that these need, and the switch."""
    texts = [path for lesson in lessons for path in (*lesson.reference_files(), *lesson.folder.rglob("*_test.py"))]
    texts += [path for lesson in lessons for path in given_files(lesson)]
    texts += [*(path for lesson in lessons for path in lesson.folder.glob("testcases/scenarios.py")), *extra]
    waiting = {name for path in texts for name in _lab_names(path)}
    waiting |= {"lab", "course.base.errors", "course.base.switch", "course.base.object_spec"}
    found: dict[str, Path] = {}
    while waiting:
        name = waiting.pop()
        inside = root.joinpath(*name.split("."))
        path = next((p for p in (inside.with_suffix(".py"), inside / "__init__.py") if p.exists()), None)
        if path is None or name in found or not name:
            continue  # the name of something within a module
        found[name] = path
        waiting |= _lab_names(path) | {name.rpartition(".")[0]}
    return sorted(found.values())


def given_files(lesson: Lesson) -> list[Path]:
    """The modules of a lesson's given/ that its reference or its scenarios import, and those that these import."""
    found: list[Path] = []
    waiting = [*lesson.reference_files(), *lesson.folder.glob("testcases/scenarios.py")]
    while waiting:
        for node in ast.walk(ast.parse(waiting.pop().read_text(encoding="utf-8"))):
            if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith(f"{lesson.name}.given"):
                continue
            for name in (node.module, *(f"{node.module}.{alias.name}" for alias in node.names)):
                path = lesson.folder.joinpath(*name.split(".")[1:]).with_suffix(".py")
                if path.exists() and path not in found:
                    found.append(path)
                    waiting.append(path)
    return sorted(found)


def _lab_names(path: Path) -> set[str]:
    """Every module of lab/ that a file may mean: by import, or by a Spec's "lab.module:name"."""
    text = path.read_text(encoding="utf-8")
    names = set(re.findall(r"[\"'](lab\.[\w.]+):", text))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {name for name in names if name.split(".")[0] == "lab" or name.startswith("course.base.")}
