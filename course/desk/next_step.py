"""`make` alone, or `make next`: how far you are, and what to do now."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from course.base import manifest
from course.base.manifest import Exercise, Lesson
from course.desk import exercise_code, progress

MARKS = {"passed": "[green]●[/]", "failed": "[red]×[/]", "unreadable": "[red]×[/]",
         "basic passed": "[yellow]◐[/]", "not tested": "[yellow]?[/]",
         "not written": "[dim]·[/]"}  # fmt: skip
WIDTH = 80


def show(lessons: list[Lesson], console: Console | None = None, watched: bool = False) -> None:
    """Prints the table of lessons, and the next thing to do. watched: what is saved is tested as it is."""
    console = console or Console(highlight=False)
    if not console.is_terminal:
        console = Console(file=console.file, width=WIDTH, highlight=False)
    if not lessons:
        console.print("There are no lessons here.")
        return
    kept = progress.read(lessons[0].root)
    conditions = {e.id: progress.condition(lesson, e, kept) for lesson in lessons for e in lesson.exercises}
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
    _next(console, lessons, conditions, kept.last, watched)


def show_briefly(lessons: list[Lesson], lesson: Lesson, console: Console | None = None) -> None:
    """The same in a few lines, about one lesson: for after each run of `make watch`."""
    console = console or Console(highlight=False)
    kept = progress.read(lesson.root)
    conditions = {e.id: progress.condition(one, e, kept) for one in lessons for e in one.exercises}
    done = [e for e in lesson.exercises if conditions[e.id] == "passed"]
    marks = "".join(MARKS[conditions[e.id]] for e in lesson.exercises)
    console.print(f"lesson {lesson.number}  {marks}  {len(done)}/{len(lesson.exercises)}")
    if chosen := choice(lessons, conditions, kept.last):
        where, exercise = chosen
        if exercise is where.in_order[0] and where is not lesson and len(done) == len(lesson.exercises):
            console.print(closing(lesson), soft_wrap=True)
        console.print(f"{WHAT[conditions[exercise.id]]} exercise [bold]{exercise.id}[/]  {exercise.object}")
        problem = exercise_code.syntax_error(where, exercise)
        console.print(f"edit     {problem or exercise_code.place(where, exercise)}", soft_wrap=True)
        console.print(f"stuck    make hint EX={exercise.id}")
    else:
        _all_done(console, lessons)


WHAT = {
    "failed": "go on with", "basic passed": "its basic tests pass; now the advanced ones:", "not written": "next:",
    "not tested": "written, not yet tested:", "unreadable": "cannot be read:",
}  # fmt: skip


def choice(lessons: list[Lesson], conditions: dict[str, str], last: str) -> tuple[Lesson, Exercise] | None:
    """What to do next: what was tested last, then what else is begun, then the order of the course."""
    todo = [(lesson, e) for lesson in lessons for e in lesson.in_order if conditions[e.id] != "passed"]
    begun = [pair for pair in todo if conditions[pair[1].id] != "not written"]
    return next((pair for pair in begun if pair[1].id == last), next(iter(begun + todo), None))


def closing(lesson: Lesson) -> str:
    """What to say where a lesson passes."""
    page, drawn = (lesson.folder / name for name in ("README.md", "walkthrough.ipynb"))
    try_it = [p.relative_to(lesson.root).as_posix() for p in (page, drawn) if p.exists()]
    found = [one for one in manifest.read_all(lesson.root) if one.number > lesson.number]
    return (
        f"Lesson {lesson.number} passes."
        + (f" Run and draw with your code: {', '.join(try_it)}." if try_it else "")
        + (f" Next: lesson {found[0].number}." if found else "")
    )


def _all_done(console: Console, lessons: list[Lesson]) -> None:
    if len(lessons) < len(manifest.read_all(lessons[0].root)):  # `make watch LESSON=13`
        for lesson in lessons:
            console.print(closing(lesson), soft_wrap=True)
        return
    console.print("All exercises pass. `python -m lab.train --config configs/demo.yaml name=mine` trains on your code.")


def _next(console: Console, lessons: list[Lesson], conditions: dict[str, str], last: str, watched: bool) -> None:
    chosen = choice(lessons, conditions, last)
    if chosen is None:
        _all_done(console, lessons)
        return
    lesson, exercise = chosen
    suite = "advanced_test.py" if conditions[exercise.id] == "basic passed" else "basic_test.py"
    what = WHAT[conditions[exercise.id]]
    before = lessons[lessons.index(lesson) - 1] if lesson is not lessons[0] else None
    if exercise is lesson.in_order[0] and conditions[exercise.id] == "not written":
        if before and all(conditions[e.id] == "passed" for e in before.exercises):
            console.print(closing(before), soft_wrap=True)
        page = (lesson.folder / "README.md").relative_to(lesson.root).as_posix()
        console.print(f"read     {page}", soft_wrap=True)
    console.print(f"{what} exercise [bold]{exercise.id}[/]  {exercise.object}, about {_time(exercise.minutes)}")
    problem = exercise_code.syntax_error(lesson, exercise)
    console.print(f"edit     {problem or exercise_code.place(lesson, exercise)}", soft_wrap=True)
    folder = (lesson.folder / "testcases" / suite).relative_to(lesson.root).as_posix()
    console.print(f"test     pytest {folder} --exercise {exercise.id}", soft_wrap=True)
    if not watched:
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
