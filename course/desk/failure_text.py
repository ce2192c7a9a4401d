"""The text of a failure: a short report in place of a traceback, one line for an exercise that is not written yet."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from _pytest._code.code import ReprFileLocation, TerminalRepr

from course.base import student_bundle, switch
from course.base.manifest import Exercise
from course.desk import exercise_code
from course.observe.report import Reason, Report, render


def not_loaded(error: BaseException) -> list[str]:
    """The lines about a learner's file that cannot be loaded; none if the error is elsewhere."""
    from course.observe import make_report

    error = error.__cause__ or error
    if isinstance(error, SyntaxError) and error.filename:
        path = Path(error.filename)
        path = path.relative_to(switch.finder.root) if path.is_relative_to(switch.finder.root) else path
        return [f"{path.as_posix()}:{error.lineno}: {error.msg}"]
    places = make_report.places_in_lesson(error)
    return [f"{type(error).__name__}: {error}", *render(Report(places=places))] if places else []


def lines(item: pytest.Item, lesson: Path, error: BaseException, log: list, reason: Reason | None) -> list[str]:
    """The lines about a failed test. log: what it observed."""
    from course.observe import make_report

    exercise = make_report.exercise_of(item, lesson)
    line = line_of(lesson, exercise) if exercise else None
    found = make_report.of_failed_test(item, lesson, error, log, line)
    if reason:
        found.next, found.why = reason
    return render(_shortened(item, found))


def _shortened(item: pytest.Item, found: Report) -> Report:
    """If an earlier test of the exercise has met the same error at the same place, only that is said."""
    if not found.raised or not found.places or not found.exercise:
        return found
    known = item.session.stash.setdefault(RAISED, {})
    first, why = known.setdefault((found.exercise, found.raised, *found.places), (item.name, found.why))
    if first == item.name or found.why not in ("", why):
        return found
    return Report(found.exercise, found.object, found.where, raised=f"{found.raised}, as in {first}")


RAISED = pytest.StashKey[dict]()  # (exercise, error, places) -> (the first test that met it, why)


def reason(item: pytest.Item, log: list) -> Reason | None:
    """The known mistake behind the failure, if one is found within a second of computing. A bundle has a table."""
    if student_bundle.is_bundle():
        from course.diagnosis import answer_table

        return answer_table.why(item, log)
    from course.diagnosis import known_mistakes

    return known_mistakes.why(item, log)


def line_of(lesson: Path, exercise: Exercise) -> int | None:
    """The line where the exercise's object is defined, in the tree that SOLUTION chooses."""
    tree = "solutions" if switch.finder.is_reference(lesson.name, exercise.id) else "tutorial"
    return exercise_code.line_of(switch.finder.folders(tree).get(lesson.name, lesson) / exercise.file, exercise)


def not_written_line(error: NotImplementedError, number: str, lesson: Path | None) -> str:
    """The stub's message, and the way past it if the stub is an earlier lesson's."""
    message = str(error).splitlines()[0]
    other, own = f"lesson{number.partition('.')[0]}", lesson.name[: len("lesson00")] if lesson else None
    if own in (None, other):
        return message
    builds_on_it = f"lesson {own.removeprefix('lesson')} builds on it"
    if student_bundle.is_bundle():
        return f"{message} ({builds_on_it})"
    chosen = os.environ.get("SOLUTION", "").strip()
    solution = other if chosen in ("", "0") else f"{chosen},{other}"
    return f"{message} ({builds_on_it}; SOLUTION={solution} uses the reference for it)"


def lesson_folder(path: Path) -> Path | None:
    """The lesson that a test file belongs to, or None for a test of the course itself."""
    folder = path.parent.parent
    return folder if path.parent.name == "testcases" and switch.LESSON.fullmatch(folder.name) else None


class ShortText(TerminalRepr):
    """A failure in a few lines; the first is what pytest's summary shows."""

    def __init__(self, lines: list[str], node: pytest.Item | pytest.Collector):
        self.lines = lines
        line = node.location[1] if isinstance(node, pytest.Item) else 0
        self.reprcrash = ReprFileLocation(str(node.path), line or 0, " ".join(lines[0].split()))

    def toterminal(self, tw) -> None:
        for line in self.lines:
            tw.line(line)

    def __str__(self) -> str:
        return "\n".join(self.lines)
