"""Keeps the exercise tables of the lessons' README files equal to their manifests. Standard library only."""

from __future__ import annotations

from pathlib import Path

from course.base.errors import UsageError
from course.base.manifest import Lesson

START, END = "<!-- exercises: made from lesson.toml -->", "<!-- end of exercises -->"


def table(lesson: Lesson) -> str:
    """The table of a lesson's exercises, as Markdown."""
    lines = ["| exercise | what to write | points | minutes | difficulty |", "|---|---|---|---|---|"]
    for e in lesson.exercises:
        stars = "●" * e.difficulty + "○" * (5 - e.difficulty)
        lines.append(f"| {e.id} | [`{e.object}`]({e.file}) in `{e.file}` | {e.points} | {e.minutes} | {stars} |")
    lines.append(
        f"| | | **{sum(e.points for e in lesson.exercises)}** | **{sum(e.minutes for e in lesson.exercises)}** | |"
    )
    return "\n".join(lines)


def refreshed(lesson: Lesson) -> tuple[Path, str, str]:
    """The README's path, its text as it is, and its text with the table as it should be."""
    path = lesson.folder / "README.md"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    head, start, rest = text.partition(START)
    _, end, tail = rest.partition(END)
    if not start or not end:
        raise UsageError(f"{lesson.name}/README.md lacks the lines {START!r} and {END!r} around its exercise table")
    return path, text, f"{head}{START}\n{table(lesson)}\n{END}{tail}"
