"""Keeps what is made from something else as it would be made: stubs, the tables in READMEs, the Makefile.

The stubs come from solutions/, a lesson's table of exercises and its row on the map from its lesson.toml, the table of
commands and the Makefile from course/commands.py. Standard library only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from course import commands
from course.authoring import stubs
from course.base import manifest
from course.base.atomic_files import write_text
from course.base.errors import UsageError
from course.base.manifest import Lesson
from course.base.switch import ROOT

EXERCISES = ("<!-- exercises: made from lesson.toml -->", "<!-- end of exercises -->")
MAP = ("<!-- map: made from the lessons' lesson.toml -->", "<!-- end of map -->")
COMMANDS = ("<!-- commands: made from course/commands.py -->", "<!-- end of commands -->")

MAKEFILE = """\
# Made from course/commands.py by `make stubs`. Each target is a thin name for `python -m course COMMAND`, which also
# sets up .venv if needed. Another Python for the set-up: make PYTHON=python3.12 demo
# (`check` and `solution` end well whatever they find: open exercises are no error of make's.)
PYTHON ?= python3
COURSE = $(PYTHON) -m course
.DEFAULT_GOAL := next

.PHONY: {names}

{targets}
"""


def check(root: Path = ROOT) -> int:
    """Prints which files are not as they would be made. 1 if there are any."""
    changed = [*stubs.changed(root), *(path for path, text in _texts(root) if path.read_text("utf-8") != text)]
    for path in changed:
        print(f"not as it would be made: {path.relative_to(root)}")
    return 1 if changed else 0


def write(root: Path = ROOT) -> int:
    """Makes them all anew. Stubs that were not pristine are kept aside."""
    for path, text in list(_texts(root)):
        if path.read_text("utf-8") != text:
            print(f"not as it would be made: {path.relative_to(root)}")
            write_text(path, text)
    for lesson in manifest.read_all(root):
        restored, kept = stubs.reset(lesson)
        print(f"{lesson.name}: {len(restored)} written" + (f", old ones in {kept.relative_to(root)}" if kept else ""))
    return 0


def with_exercises(lesson: Lesson) -> tuple[Path, str]:
    """A lesson's page, and its text with the table of exercises as it should be."""
    page = lesson.folder / "README.md"
    return page, _with_table(page, EXERCISES, exercise_table(lesson))


def _texts(root: Path) -> Iterator[tuple[Path, str]]:
    """The files beside the stubs, each with the text that it should have."""
    for lesson in manifest.read_all(root):
        yield with_exercises(lesson)
    if (root / "Makefile").exists():  # else it is a small course that a test made up
        yield root / "Makefile", makefile()
        readme = root / "README.md"
        text = _with_table(readme, MAP, lesson_map(root))
        yield readme, _with_table(readme, COMMANDS, command_table(), text)


def _with_table(page: Path, marks: tuple[str, str], table: str, text: str | None = None) -> str:
    """The text of `page` (or `text`, if it was changed already) with `table` between the two marks."""
    if text is None:
        text = page.read_text(encoding="utf-8") if page.exists() else ""
    head, start, rest = text.partition(marks[0])
    _, end, tail = rest.partition(marks[1])
    if not start or not end:
        raise UsageError(
            f"{page.parent.name}/{page.name} lacks the lines {marks[0]!r} and {marks[1]!r} around its table"
        )
    return f"{head}{marks[0]}\n{table}\n{marks[1]}{tail}"


def exercise_table(lesson: Lesson) -> str:
    """The table of a lesson's exercises, as Markdown. It has a column for hardening if advanced tests earn points, and
    stars if there is a fast path."""
    exercises = lesson.exercises
    hardening, core = sum(e.hardening for e in exercises), [e for e in exercises if e.core]
    extra = [" hardening |", "---|"] if hardening else ["", ""]
    lines = [
        f"| exercise | what to write | points |{extra[0]} minutes | difficulty |",
        f"|---|---|---|{extra[1]}---|---|",
    ]
    for e in exercises:
        points = f"{e.points} | {e.hardening}" if hardening else f"{e.points}"
        difficulty = "●" * e.difficulty + "○" * (5 - e.difficulty)
        place = f"[`{e.object}`]({e.file}) in `{e.file}`"
        lines.append(f"| {e.id}{' ★' if e.core else ''} | {place} | {points} | {e.minutes} | {difficulty} |")
    total = f"**{sum(e.points for e in exercises)}** | " + (f"**{hardening}** | " if hardening else "")
    lines.append(f"| | | {total}**{sum(e.minutes for e in exercises)}** | |")
    if hardening:
        lines += ["", "`basic_test.py` earns the points; `advanced_test.py` earns the hardening, which is optional."]
    if core:
        lines += ["", f"★ The fast path: {len(core)} exercises, about {sum(e.minutes for e in core)} minutes."]
    return "\n".join(lines)


def lesson_map(root: Path) -> str:
    """The table of all lessons, as Markdown: what one writes in each, how long it takes, and its fast path."""
    lessons = manifest.read_all(root)
    lines = ["| stage | lesson | what you write | minutes | fast path |", "|---|---|---|---|---|"]
    total = quick = 0
    for lesson in lessons:
        stage, name = re.fullmatch(r"stage0?(\d+)_(\w+)", lesson.folder.parent.name).groups()
        page = (lesson.folder / "README.md").relative_to(root).as_posix()
        core = sum(e.minutes for e in lesson.exercises if e.core)
        total, quick = total + lesson.minutes, quick + core
        lines.append(
            f"| {stage} · {name.replace('_', ' ')} | [{lesson.number} · {lesson.title}]({page}) | {lesson.writes} "
            f"| {lesson.minutes} | {core or '–'} |"
        )
    lines.append(f"| | | | **{total / 60:.0f} hours** | **{quick / 60:.0f} hours** |")
    return "\n".join(lines)


def command_table() -> str:
    """The table of all commands, as Markdown."""
    lines = ["| make | without make | |", "|---|---|---|"]
    for name, one in commands.TABLE.items():
        target = "make" if name == "next" else f"make {name} {one.make}".rstrip()
        lines.append(f"| `{target}` | `{f'python -m course {name} {one.arguments}'.rstrip()}` | {one.line} |")
    return "\n".join(lines)


def makefile() -> str:
    """The text of the Makefile."""
    targets = [f"{n}:\n\t@{f'$(COURSE) {n} {one.variables}'.rstrip()}" for n, one in commands.TABLE.items()]
    return MAKEFILE.format(names=" ".join(commands.TABLE), targets="\n".join(targets))
