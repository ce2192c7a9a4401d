"""`make` alone, or `make next`: how far you are, and what to do now."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from course import state
from course.manifest import Lesson

MARKS = {"passed": "[green]●[/]", "failed": "[red]×[/]", "basic passed": "[yellow]◐[/]", "not tested": "[yellow]?[/]",
         "not written": "[dim]·[/]"}  # fmt: skip
WIDTH = 80


def show(lessons: list[Lesson], console: Console | None = None) -> None:
    """Prints the table of lessons, and the next thing to do."""
    console = console or Console(highlight=False)
    if not console.is_terminal:
        console = Console(file=console.file, width=WIDTH, highlight=False)
    if not lessons:
        console.print("There are no lessons here.")
        return
    kept = state.read(lessons[0].root)
    conditions = {e.id: state.condition(lesson, e, kept) for lesson in lessons for e in lesson.exercises}
    stage = None
    table = Table(box=None, pad_edge=False)
    for name, justify in (
        ("lesson", "left"),
        ("", "left"),
        ("passed", "right"),
        ("points", "right"),
        ("left", "right"),
    ):
        table.add_column(name, justify=justify, no_wrap=True)
    for lesson in lessons:
        if lesson.folder.parent.name != stage:
            stage = lesson.folder.parent.name
            table.add_row(f"[bold]{_spoken(stage)}[/]")
        done = [e for e in lesson.exercises if conditions[e.id] == "passed"]
        left = sum(e.minutes for e in lesson.exercises if e not in done)
        table.add_row(
            f"  {lesson.number} {_cut(lesson.title)}",
            "".join(MARKS[conditions[e.id]] for e in lesson.exercises),
            f"{len(done)}/{len(lesson.exercises)}",
            f"{sum(e.points for e in done)}/{sum(e.points for e in lesson.exercises)}",
            _time(left),
        )
    console.print(table)
    seen = [c for c in MARKS if c in conditions.values()]
    console.print("  ".join(f"{MARKS[c]} {c}" for c in seen))
    console.print()
    _next(console, lessons, conditions)


def _next(console: Console, lessons: list[Lesson], conditions: dict[str, str]) -> None:
    """What is begun comes before what is not; then the order of the course."""
    todo = [(lesson, e) for lesson in lessons for e in lesson.exercises if conditions[e.id] != "passed"]
    if not todo:
        console.print(
            "All exercises pass. `python -m lab.train --config configs/demo.yaml name=mine` trains on your code."
        )
        return
    lesson, exercise = next((pair for pair in todo if conditions[pair[1].id] != "not written"), todo[0])
    suite = "advanced_test.py" if conditions[exercise.id] == "basic passed" else "basic_test.py"
    what = {
        "failed": "go on with", "basic passed": "its basic tests pass; now the advanced ones:",
        "not tested": "written, not yet tested:", "not written": "next:",
    }[conditions[exercise.id]]  # fmt: skip
    if exercise is lesson.exercises[0] and conditions[exercise.id] == "not written":
        page = (lesson.folder / "README.md").relative_to(lesson.root).as_posix()
        console.print(f"read     {page}", soft_wrap=True)
    console.print(f"{what} exercise [bold]{exercise.id}[/]  {exercise.object}, about {_time(exercise.minutes)}")
    console.print(f"edit     {state.place(lesson, exercise)}", soft_wrap=True)
    folder = (lesson.folder / "testcases" / suite).relative_to(lesson.root).as_posix()
    console.print(f"test     pytest {folder} --exercise {exercise.id}", soft_wrap=True)
    console.print("         or leave `make watch` running: it tests what you save")
    console.print(f"stuck    make hint EX={exercise.id}")


def _spoken(stage: str) -> str:
    """stage04_alignment -> "stage 4  alignment"."""
    number, _, name = stage.partition("_")
    return f"stage {int(number.removeprefix('stage'))}  {name.replace('_', ' ')}"


def _cut(title: str, width: int = 30) -> str:
    return title if len(title) <= width else f"{title[: width - 3].rstrip()}..."


def _time(minutes: int) -> str:
    return f"{minutes} min" if minutes < 60 else f"{minutes / 60:.1f} h"
