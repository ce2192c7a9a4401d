"""Keeps what expensive checks found, so that `make test` does not repeat them while what they depend on is unchanged.

A result is a JSON file in .cache/, under a digest of every file that the check reads, requirements.txt and Python's
version. Only good results are kept: what failed runs again.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from course.authoring import stubs
from course.base.atomic_files import write_text
from course.base.manifest import Lesson
from course.base.switch import ROOT

FOLDER = ".cache"
MACHINERY = ("course", "lab", "conftest.py", "pyproject.toml", "requirements.txt")
NOT_READ = {"__pycache__", ".hypothesis", ".ipynb_checkpoints"}
OF_ONE_EXERCISE = re.compile(r"ex(\d+)\.py")  # a file in a lesson's audit/, such as ex02.py


@dataclass
class Outcome:
    """What a part of `make test` found. It is good if there are no problems."""

    problems: list[str] = field(default_factory=list)
    counts: str = ""  # for the summary
    unchanged: str = ""  # what was not run again


@dataclass
class Kept:
    """A result, and the day and time at which it was found."""

    result: Any
    when: str


def digest(root: Path, paths: Iterable[Path | str]) -> str:
    """The digest of these files, of all files in these folders, and of Python's version."""
    found = hashlib.sha256(sys.version.encode())
    for path in sorted({p for given in paths for p in _files(root / given)}):
        content = path.read_bytes()
        found.update(f"{path.relative_to(root).as_posix()} {len(content)}\n".encode())
        found.update(content)
    return found.hexdigest()


def _files(path: Path) -> Iterable[Path]:
    if path.is_dir():
        return [p for p in path.rglob("*") if p.is_file() and not NOT_READ & set(p.parts)]
    return [path] if path.is_file() else []


def audit_digests(root: Path, lessons: list[Lesson], chosen: Iterable[str]) -> dict[str, str]:
    """For each of the chosen exercises the digest of everything that its audit depends on."""
    machinery, wanted = digest(root, MACHINERY), set(chosen)
    return {
        e.id: machinery + digest(root, audit_inputs(lesson, lessons, e.id))
        for lesson in lessons
        for e in lesson.exercises
        if e.id in wanted
    }


def page_digests(root: Path, lessons: list[Lesson], chosen: Iterable[str]) -> dict[str, str]:
    """The same for the pages of the exercises' lessons, by the lessons' numbers."""
    machinery, wanted = digest(root, MACHINERY), set(chosen)
    return {
        lesson.number: machinery + digest(root, [*notebook_inputs(lesson, lessons), lesson.folder / "README.md"])
        for lesson in lessons
        if any(e.id in wanted for e in lesson.exercises)
    }


def audit_inputs(lesson: Lesson, lessons: Iterable[Lesson], exercise: str) -> list[Path]:
    """What the audit of one exercise depends on beside the machinery. Not the stubs, which are made from the
    reference, and not the known mistakes and variants of other exercises."""
    other_audits = {p for p in _files(lesson.solution / "audit") if _is_of_another(p, exercise)}
    left_out = {lesson.folder / file for file in [*stubs.files(lesson), "walkthrough.ipynb", "README.md"]}
    own = {*_files(lesson.folder), *_files(lesson.solution)} - other_audits - left_out
    return [*own, *_earlier(lesson, lessons)]


def notebook_inputs(lesson: Lesson, lessons: Iterable[Lesson]) -> list[Path]:
    """What a lesson's walkthrough depends on beside the machinery: not the tests, known mistakes and variants."""
    left_out = {lesson.folder / file for file in [*stubs.files(lesson), "README.md"]}
    own = {*_files(lesson.folder), *_files(lesson.solution)} - left_out
    own = {p for p in own if not {"testcases", "audit"} & set(p.relative_to(lesson.root).parts)}
    return [*own, *_earlier(lesson, lessons)]


def _earlier(lesson: Lesson, lessons: Iterable[Lesson]) -> list[Path]:
    """The references of earlier lessons, and their given/."""
    found: list[Path] = []
    for other in lessons:
        if other.name < lesson.name:
            found += [*other.reference_files(), *_files(other.folder / "given")]
    return found


def _is_of_another(path: Path, exercise: str) -> bool:
    named = OF_ONE_EXERCISE.fullmatch(path.name)
    return named is not None and int(named[1]) != int(exercise.partition(".")[2])


def read(name: str, wanted: str, root: Path = ROOT) -> Kept | None:
    """What was kept under `name`, if it was found with the digest `wanted`."""
    try:
        kept = json.loads((root / FOLDER / f"{name}.json").read_text(encoding="utf-8"))
        return Kept(kept["result"], kept["when"]) if kept["digest"] == wanted else None
    except (OSError, ValueError, KeyError):
        return None


def write(name: str, found_with: str, result: Any, root: Path = ROOT) -> None:
    """Keeps a good result. Digest and result are one file, which is written whole or not at all."""
    path = root / FOLDER / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = {"digest": found_with, "when": time.strftime("%Y-%m-%d %H:%M"), "result": result}
    write_text(path, json.dumps(kept))


def unchanged_since(kept: Iterable[Kept]) -> str:
    """The sentence for a summary: how long these results have held."""
    return f"unchanged since {min(one.when for one in kept)}, not run again (make test OPTIONS=--fresh does)"
