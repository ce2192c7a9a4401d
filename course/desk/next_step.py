"""`make` alone, or `make next`: how far you are, and what to do now.

An exercise is done when its basic tests pass; its advanced ones are optional. The exercises of the fast path come
first. When those of a lesson are done, the command that trains with them is shown.
"""

from __future__ import annotations

import re

from rich.console import Console
from rich.table import Table

from course.base import manifest, student_bundle
from course.base.manifest import Exercise, Lesson
from course.desk import exercise_code, progress
from course.desk.progress import PASSED

MARKS = {"hardened": "[green]★[/]", "passed": "[green]●[/]", "failed": "[red]×[/]", "unreadable": "[red]×[/]",
         "not tested": "[yellow]?[/]", "not written": "[dim]·[/]"}  # fmt: skip
WHAT = {"failed": "go on with", "not written": "next:", "not tested": "written, not yet tested:",
        "unreadable": "cannot be read:"}  # fmt: skip
WIDTH = 80


def show(lessons: list[Lesson], console: Console | None = None, watched: bool = False) -> None:
    """Prints the table of lessons, and the next thing to do. watched: what is saved is tested as it is."""
    console = console or Console(highlight=False)
    if not console.is_terminal:
        console = Console(file=console.file, width=WIDTH, highlight=False)
    if not lessons:
        console.print("There are no lessons here.")
        return
    state = progress.read(lessons[0].root)
    conditions = progress.conditions_of(lessons, state)
    console.print(_table(lessons, conditions))
    console.print("  ".join(f"{MARKS[c]} {c}" for c in MARKS if c in conditions.values()))
    console.print()
    _what_to_do(console, lessons, conditions, state.last, watched)


def show_briefly(lessons: list[Lesson], lesson: Lesson, console: Console | None = None) -> None:
    """The same in a few lines, about one lesson: for after each run of `make watch`."""
    console = console or Console(highlight=False)
    state = progress.read(lesson.root)
    conditions = progress.conditions_of(lessons, state)
    done = [e for e in lesson.exercises if conditions[e.id] in PASSED]
    marks = "".join(MARKS[conditions[e.id]] for e in lesson.exercises)
    console.print(f"lesson {lesson.number}  {marks}  {len(done)}/{len(lesson.exercises)}")
    _what_to_do(console, lessons, conditions, state.last, watched=True, brief=True)


def _what_to_do(
    console: Console, lessons: list[Lesson], conditions: dict[str, str], last: str, watched: bool, brief: bool = False
) -> None:
    if offer := hardening_offer(lessons, conditions, last):
        console.print(offer, soft_wrap=True)
    chosen = choice(lessons, conditions, last)
    if chosen is None:
        _all_done(console, lessons)
        return
    lesson, exercise = chosen
    for line in on_the_way(lessons, conditions, *chosen):
        console.print(line, soft_wrap=True)
    about = f", about {_time(exercise.minutes)}{', on the fast path' if exercise.core else ''}" if not brief else ""
    console.print(f"{WHAT[conditions[exercise.id]]} exercise [bold]{exercise.id}[/]  {exercise.object}{about}")
    problem = exercise_code.syntax_error(lesson, exercise)
    console.print(f"edit     {problem or exercise_code.place(lesson, exercise)}", soft_wrap=True)
    if not brief:
        others = unwritten_others(lesson, exercise, conditions)
        prefix = f"SOLUTION={','.join(others)} " if others else ""
        console.print(f"test     {prefix}{_pytest(lesson, exercise, progress.BASIC)}", soft_wrap=True)
    if not watched:
        console.print("         or leave `make watch` running: it tests what you save")
    console.print(f"stuck    make hint EX={exercise.id}")


def _table(lessons: list[Lesson], conditions: dict[str, str]) -> Table:
    hardening = any(e.hardening for lesson in lessons for e in lesson.exercises)
    table = Table(box=None, pad_edge=False)
    for name in ("lesson", "", "passed", "points", *(["hardening"] if hardening else []), "left"):
        table.add_column(name, justify="left" if name in ("lesson", "") else "right", no_wrap=True)
    stage = None
    for lesson in lessons:
        if lesson.folder.parent.name != stage:
            stage = lesson.folder.parent.name
            table.add_row(f"[bold]{_spoken(stage)}[/]")
        exercises = lesson.exercises
        done = [e for e in exercises if conditions[e.id] in PASSED]
        hardened = [e for e in exercises if conditions[e.id] == "hardened"]
        cells = [f"{len(done)}/{len(exercises)}", f"{sum(e.points for e in done)}/{sum(e.points for e in exercises)}"]
        if hardening:
            cells.append(f"{sum(e.hardening for e in hardened)}/{sum(e.hardening for e in exercises)}")
        title = _cut(lesson.title, 22 if hardening else 30)
        marks = "".join(MARKS[conditions[e.id]] for e in exercises)
        left = _time(sum(e.minutes for e in exercises if e not in done))
        table.add_row(f"  {lesson.number} {title}", marks, *cells, left)
    return table


def choice(lessons: list[Lesson], conditions: dict[str, str], last: str) -> tuple[Lesson, Exercise] | None:
    """What to do next: what was tested last, then what else is begun, then the fast path, then the other exercises. Of
    these, earlier lessons than the one that was tested last come at the end: one may begin with lesson 13."""
    todo = [(lesson, e) for lesson in lessons for e in lesson.in_order if conditions[e.id] not in PASSED]
    todo.sort(key=lambda pair: (not pair[1].core, pair[0].number < last.split(".")[0]))
    begun = [pair for pair in todo if conditions[pair[1].id] != "not written"]
    return next((pair for pair in begun if pair[1].id == last), next(iter(begun + todo), None))


def on_the_way(lessons: list[Lesson], conditions: dict[str, str], lesson: Lesson, exercise: Exercise) -> list[str]:
    """What to say before an exercise that begins something: what has just been finished, and which page to read."""
    if conditions[exercise.id] != "not written":
        return []
    untouched = all(conditions[e.id] == "not written" for e in lesson.exercises)
    before = lessons[lessons.index(lesson) - 1] if untouched and lesson is not lessons[0] else lesson
    lines = []
    if all(conditions[e.id] in PASSED for e in before.exercises):
        lines.append(closing(before))
    elif not exercise.core and (walked := [n for n in lessons if fast_path_passes(n, conditions)]):
        last = next((n for n in reversed(walked) if training_command(n)), walked[-1])
        lines += fast_path_done(last, [e for e in last.exercises if conditions[e.id] not in PASSED])
    elif before is not lesson and fast_path_passes(before, conditions):
        lines += fast_path_done(before, [e for e in before.exercises if conditions[e.id] not in PASSED])
    if untouched:
        lines.append(f"read     {_relative(lesson, 'README.md')}")
    return lines


def fast_path_passes(lesson: Lesson, conditions: dict[str, str]) -> bool:
    """Whether the exercises of the lesson's fast path pass, and others do not yet."""
    core = [conditions[e.id] in PASSED for e in lesson.exercises if e.core]
    return bool(core) and all(core) and not all(conditions[e.id] in PASSED for e in lesson.exercises)


def unwritten_others(lesson: Lesson, exercise: Exercise, conditions: dict[str, str]) -> list[str]:
    """The exercises that the fast path leaves out and that are not written yet: the reference stands in for them while
    one on the fast path is tested. A bundle has no reference."""
    if not exercise.core or student_bundle.is_bundle():
        return []
    return [e.id for e in lesson.exercises if not e.core and conditions[e.id] == "not written"]


def fast_path_done(lesson: Lesson, others: list[Exercise]) -> list[str]:
    """How to train with the fast path of a lesson; the reference does its `others`."""
    done = f"The fast path of lesson {lesson.number} passes."
    ids = ",".join(e.id for e in others)
    if student_bundle.is_bundle():
        return [f"{done} To train on your code, write the others as well: {ids}."]
    if command := training_command(lesson):
        return [f"{done} It trains the demo, with the reference for the others:", f"train    SOLUTION={ids} {command}"]
    page = _relative(lesson, "README.md")
    return [f"{done} {page} shows how it trains; SOLUTION={ids} uses the reference for the others."]


def training_command(lesson: Lesson) -> str:
    """What trains with the lesson's code: the first run of configs/ that names its trainer. Empty if there is none."""
    for path in sorted((lesson.root / "configs").glob("*.yaml")):
        if re.search(rf"^trainer: {lesson.name}\.", path.read_text(encoding="utf-8"), re.MULTILINE):
            return f"python -m lab.train --config configs/{path.name} name=mine"
    return ""


def hardening_offer(lessons: list[Lesson], conditions: dict[str, str], last: str) -> str:
    """The sentence on the hardening of the exercise that was tested last, or of another that only passes."""
    found = [(n, e) for n in lessons for e in n.exercises if e.hardening and conditions[e.id] == "passed"]
    if not found:
        return ""
    lesson, exercise = next((pair for pair in found if pair[1].id == last), found[-1])
    return f"Exercise {exercise.id} passes; its hardening is optional: {_pytest(lesson, exercise, progress.ADVANCED)}"


def closing(lesson: Lesson) -> str:
    """What to say when a lesson passes."""
    pages = [_relative(lesson, name) for name in ("README.md", "walkthrough.ipynb") if (lesson.folder / name).exists()]
    following = [one for one in manifest.read_all(lesson.root) if one.number > lesson.number]
    return (
        f"Lesson {lesson.number} passes."
        + (f" Run and draw with your code: {', '.join(pages)}." if pages else "")
        + (f" Next: lesson {following[0].number}." if following else "")
    )


def _all_done(console: Console, lessons: list[Lesson]) -> None:
    if len(lessons) < len(manifest.read_all(lessons[0].root)):  # `make watch LESSON=13`
        for lesson in lessons:
            console.print(closing(lesson), soft_wrap=True)
        return
    console.print("All exercises pass. `python -m lab.train --config configs/demo.yaml name=mine` trains on your code.")


def _pytest(lesson: Lesson, exercise: Exercise, suite: str) -> str:
    return f"pytest {_relative(lesson, f'testcases/{suite}')} --exercise {exercise.id}"


def _relative(lesson: Lesson, name: str) -> str:
    return (lesson.folder / name).relative_to(lesson.root).as_posix()


def _spoken(stage: str) -> str:
    """stage04_alignment -> "stage 4  alignment"."""
    number, _, name = stage.partition("_")
    return f"stage {int(number.removeprefix('stage'))}  {name.replace('_', ' ')}"


def _cut(title: str, width: int) -> str:
    return title if len(title) <= width else f"{title[: width - 3].rstrip()}..."


def _time(minutes: int) -> str:
    return f"{minutes} min" if minutes < 60 else f"{minutes / 60:.1f} h"
