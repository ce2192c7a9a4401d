"""`make release`: the bundle for students, as a zip. The same course gives the same bytes.

What goes in is listed here, so nothing new is handed out by accident: a file that is added to the root, to course/, to
grader/ or to a lesson's folder stays at home until somebody lists it. The exceptions are whole folders: lab/ and
configs/, which learners read, run and change; and a lesson's given/, which is made for learners. So the bundle holds
nothing of solutions/, no known mistakes, no grading, no audit and none of the machinery's tests. One file of lab/
answers exercises all the same, because training needs it: lab/rl/final_answer.py is lesson 09's reference.
docs/INSTRUCTORS.md says so.

A table of fingerprints lets it name known mistakes all the same (make_answer_table.py). Making it takes two minutes the
first time; `--no-why` leaves it out.
"""

from __future__ import annotations

import json
from pathlib import Path

from course.authoring import stubs
from course.base import manifest, student_bundle
from course.base.atomic_files import write_bytes
from course.base.errors import UsageError, UsageParser
from course.base.manifest import Lesson
from course.base.switch import ROOT
from course.release import fixed_zip, make_answer_table

TOP = "grpo-course"  # the one folder in the zip
FILES = (
    *("Makefile", "requirements.txt", "conftest.py", "pyproject.toml", "AGENTS.md", ".gitignore"),
    *(".vscode/settings.json", ".devcontainer/devcontainer.json", "docs/TRAINING.md", "docs/SCALING.md", "docs/JAX.md"),
)
FOLDERS = ("lab", "configs")
COURSE = {  # folder -> its modules that the students' commands need
    "course": ("__init__", "__main__", "commands"),
    "course/base": (
        *("__init__", "atomic_files", "environment", "errors", "manifest", "not_written", "object_spec"),
        *("property_tests", "python_source", "student_bundle", "switch", "time_limit"),
    ),
    "course/observe": (
        *("__init__", "call", "codec", "difference", "format_call", "format_value", "jax_arrays", "make_report"),
        *("observer", "report", "shape_check"),
    ),
    "course/diagnosis": ("__init__", "answer_table", "repeat_tests", "substitute"),
    "course/desk": (
        *("__init__", "check", "exercise_code", "failure_text", "hints", "next_step", "progress", "pytest_plugin"),
        *("test_time_limit", "watch"),
    ),
    "course/authoring": ("__init__", "stubs"),  # for `reset`
}
ANSWERS = "course/diagnosis/known_answers.json"
README = "docs/STUDENTS.md"  # becomes the bundle's README.md
LESSON_TABLE = "<!-- lessons: made from the manifests -->"
LESSON_FILES = (
    *("README.md", "lesson.toml", "walkthrough.ipynb"),
    *("testcases/basic_test.py", "testcases/advanced_test.py", "testcases/scenarios.py"),
)

DONE = """\
{out}: {count} files, {size:.0f} MB, no solutions. Unpacked, it is the folder {top}/.
{why}

Hand it out: upload it where your students find it, or push what is in the folder as a template repository (GitHub
Classroom). They need Python 3.11 to 3.14 and a network for the first `make`.
Collect: the folder tutorial/, zipped, or only the files that were written, in their folders. One folder or zip for
each student, or a download of Canvas, Moodle or Gradescope just as it is.
Grade: make grade SUBMISSIONS=that-folder, here and not in the bundle. docs/INSTRUCTORS.md explains all of this.
"""


def release(arguments: list[str], root: Path = ROOT) -> int:
    """Writes the zip and says what to do with it."""
    parser = UsageParser("release [--out FILE] [--no-why]")
    parser.add_argument("--out", type=Path, default=Path(f"{TOP}.zip"))
    parser.add_argument("--no-why", action="store_true")
    chosen = parser.parse_args(arguments)
    out, contents, why = chosen.out, files(root), "Its reports show no `why`, as you asked."
    if not chosen.no_why:
        table = make_answer_table.make(root)
        contents[ANSWERS] = json.dumps(table, sort_keys=True).encode()
        caught, named = (sum(numbers) for numbers in zip(*map(make_answer_table.named, table.values()), strict=True))
        why = f"Its reports name {named} of the {caught} known mistakes that the basic tests catch."
    data = fixed_zip.packed({f"{TOP}/{name}": data for name, data in contents.items()})
    try:
        write_bytes(out, data)
    except OSError as error:
        raise UsageError(f"{out} cannot be written: {error.strerror}") from None
    print(DONE.format(out=out, count=len(contents), size=len(data) / 1e6, top=TOP, why=why), end="")
    return 0


def files(root: Path = ROOT) -> dict[str, bytes]:
    """All that the bundle holds, by path. Raises UsageError if something that is listed is missing."""
    lessons = manifest.read_all(root)
    listed = [root / name for name in FILES]
    listed += [root / folder / f"{name}.py" for folder, names in COURSE.items() for name in names]
    needed = [*listed, *(root / name for name in FOLDERS), root / README]
    if missing := [path.relative_to(root).as_posix() for path in needed if not path.exists()]:
        raise UsageError(f"{', '.join(missing)} missing in {root}: a release is made from the whole course")
    paths = listed + [path for folder in FOLDERS for path in fixed_zip.files(root / folder)]
    for lesson in lessons:
        paths += [path for path in fixed_zip.files(lesson.folder) if _is_for_students(lesson, path)]
    found = {path.relative_to(root).as_posix(): fixed_zip.content(path) for path in paths}
    pristine = {}
    for lesson in lessons:
        for file in stubs.files(lesson):
            text = stubs.stub_of(lesson, file).encode()
            found[(lesson.folder / file).relative_to(root).as_posix()] = pristine[f"{lesson.name}/{file}"] = text
    found[Path(student_bundle.PRISTINE).as_posix()] = fixed_zip.packed(pristine)
    found["README.md"] = readme(lessons, root).encode()
    return found


def _is_for_students(lesson: Lesson, path: Path) -> bool:
    """Whether a file in a lesson's folder is a page, a picture of the page, a test, one of given/, or code without
    exercises, of which the reference has the same. The stubs are made, not copied."""
    name = path.relative_to(lesson.folder).as_posix()
    if name in LESSON_FILES or name.startswith("given/"):
        return True
    if path.suffix in (".png", ".svg"):
        page = lesson.folder / "README.md"
        return page.exists() and f"({name})" in page.read_text(encoding="utf-8")
    if name in stubs.files(lesson) or lesson.solution / name not in lesson.reference_files():
        return False
    return fixed_zip.content(path) == fixed_zip.content(lesson.solution / name)


def readme(lessons: list[Lesson], root: Path = ROOT) -> str:
    """The bundle's README.md: docs/STUDENTS.md with the lessons' table."""
    rows = ["| lesson | exercises | points | hours |", "|---|---|---|---|"]
    for lesson in lessons:
        page = (lesson.folder / "README.md").relative_to(root).as_posix()
        points = sum(e.points for e in lesson.exercises)
        hours = f"{lesson.minutes / 60:.1f}"
        rows.append(f"| [{lesson.number} · {lesson.title}]({page}) | {len(lesson.exercises)} | {points} | {hours} |")
    text = fixed_zip.content(root / README).decode()
    if text.count(LESSON_TABLE) != 1:
        raise UsageError(f"{README} lacks the line {LESSON_TABLE!r}, where the table of lessons goes")
    return text.replace(LESSON_TABLE, "\n".join(rows))
