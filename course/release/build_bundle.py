"""`make release`: the bundle for students, as a zip. The same course gives the same bytes.

It holds pristine stubs (whatever stands in tutorial/), the lessons' pages and tests, lab/, and of course/ what the
students' commands need. It holds no solutions, no known mistakes (the sentences of `why`), no grading, no audit, none
of the machinery's own tests. Of a lesson's folder only what is named here goes in: notes, drafts and tests that
somebody keeps there stay at home.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from course.authoring import stubs
from course.base import manifest, student_bundle
from course.base.atomic_files import write_bytes
from course.base.errors import UsageError
from course.base.manifest import Lesson
from course.base.switch import ROOT
from course.release import fixed_zip

TOP = "grpo-course"  # the one folder in the zip
FILES = (
    *("Makefile", "requirements.txt", "conftest.py", "pyproject.toml", "AGENTS.md", ".gitignore"),
    *(".vscode/settings.json", ".devcontainer/devcontainer.json", "docs/TRAINING.md", "docs/SCALING.md"),
)
TREES = ("lab", "configs")
README = "docs/STUDENTS.md"  # becomes the bundle's README.md
MAP = "<!-- lessons: made from the manifests -->"
PAGES, PICTURES = ("README.md", "lesson.toml", "walkthrough.ipynb"), (".png", ".svg", ".jpg", ".gif")  # of a lesson
TESTS = ("basic_test.py", "advanced_test.py", "scenarios.py")
THEIRS = (  # of course/: an allow-list, so that nothing new is handed out by accident
    *("__init__.py", "__main__.py", "commands.py"),
    *(
        f"base/{name}.py"
        for name in ("__init__", "atomic_files", "environment", "errors", "manifest", "not_written", "object_spec")
    ),
    *(f"base/{name}.py" for name in ("property_tests", "student_bundle", "switch", "time_limit")),
    *(f"observe/{name}.py" for name in ("__init__", "call", "codec", "difference", "format_call", "format_value")),
    *(f"observe/{name}.py" for name in ("make_report", "observer", "report", "shape_check")),
    *(f"diagnosis/{name}.py" for name in ("__init__", "substitute")),
    *(f"desk/{name}.py" for name in ("__init__", "check", "hints", "next_step", "progress")),
    *(f"desk/{name}.py" for name in ("pytest_plugin", "record_results", "test_timeout", "watch")),
    *("authoring/__init__.py", "authoring/stubs.py"),
)

SAID = """\
{out}: {count} files, {size:.0f} MB, no solutions. Unpacked, it is the folder {top}/.

Hand it out: upload it where your students find it, or push what is in the folder as a template repository (GitHub
Classroom). They need Python 3.11 to 3.14 and a network for the first `make`.
Collect: the folder tutorial/, zipped, or only the files that were written, in their folders. One folder or zip for
each student, or a download of Canvas, Moodle or Gradescope just as it is.
Grade: make grade SUBMISSIONS=that-folder, here and not in the bundle. docs/INSTRUCTORS.md says it all.
"""


def release(arguments: list[str], root: Path = ROOT) -> int:
    """Writes the zip and says what to do with it."""
    out = _parsed(arguments)
    contents = files(root)
    data = fixed_zip.packed({f"{TOP}/{name}": data for name, data in contents.items()})
    try:
        write_bytes(out, data)
    except OSError as error:
        raise UsageError(f"{out} cannot be written: {error.strerror}") from None
    print(SAID.format(out=out, count=len(contents), size=len(data) / 1e6, top=TOP), end="")
    return 0


def _parsed(arguments: list[str]) -> Path:
    parser = argparse.ArgumentParser(prog="release", add_help=False, allow_abbrev=False)
    parser.add_argument("--out", type=Path, default=Path(f"{TOP}.zip"))

    def error(message: str) -> None:
        raise UsageError(f"{message}; it is `python -m course release [--out FILE]`")

    parser.error = error
    return parser.parse_args(arguments).out


def files(root: Path = ROOT) -> dict[str, bytes]:
    """All that the bundle holds, by path. Raises UsageError where the course is not whole."""
    lessons = manifest.read_all(root)
    needed = [root / name for name in (*FILES, *TREES, README, "course")]
    if missing := [str(path.relative_to(root)) for path in needed if not path.exists()]:
        raise UsageError(f"{', '.join(missing)} missing in {root}: a release is made from the whole course")
    paths = [root / name for name in FILES]
    paths += [path for tree in TREES for path in fixed_zip.files(root / tree)]
    paths += [root / "course" / name for name in THEIRS]
    for lesson in lessons:
        paths += [path for path in fixed_zip.files(lesson.folder) if _is_given(lesson, path)]
    found = {path.relative_to(root).as_posix(): fixed_zip.content(path) for path in paths}
    pristine = {}
    for lesson in lessons:
        for file in stubs.files(lesson):
            text = stubs.stub_of(lesson, file).encode()
            found[(lesson.folder / file).relative_to(root).as_posix()] = pristine[f"{lesson.name}/{file}"] = text
    found[Path(student_bundle.PRISTINE).as_posix()] = fixed_zip.packed(pristine)
    found["README.md"] = readme(lessons, root).encode()
    return found


def _is_given(lesson: Lesson, path: Path) -> bool:
    """Whether a file in a lesson's folder is a page, a picture, a test, or code that everybody is given: the reference
    has the same."""
    name = path.relative_to(lesson.folder).as_posix()
    if name.startswith("testcases/"):
        return name.removeprefix("testcases/") in TESTS
    if name.startswith("given/"):
        return True
    if name in PAGES or path.suffix in PICTURES:
        return True
    twin = lesson.solution / name
    return (
        name not in stubs.files(lesson)
        and twin in lesson.reference_files()
        and fixed_zip.content(path) == fixed_zip.content(twin)
    )


def readme(lessons: list[Lesson], root: Path = ROOT) -> str:
    """The bundle's README.md: docs/STUDENTS.md with the lessons' table."""
    rows = ["| lesson | exercises | points | hours |", "|---|---|---|---|"]
    for lesson in lessons:
        page = (lesson.folder / "README.md").relative_to(root).as_posix()
        points = sum(e.points for e in lesson.exercises)
        hours = f"{lesson.minutes / 60:.1f}"
        rows.append(f"| [{lesson.number} · {lesson.title}]({page}) | {len(lesson.exercises)} | {points} | {hours} |")
    text = fixed_zip.content(root / README).decode()
    if text.count(MAP) != 1:
        raise UsageError(f"{README} lacks the line {MAP!r}, where the lessons are listed")
    return text.replace(MAP, "\n".join(rows))
