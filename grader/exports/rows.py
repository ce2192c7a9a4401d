"""What all exports share: a submission's exercises, complete and in order, its total, and the sentences about them."""

from __future__ import annotations

import re
from dataclasses import replace

from course.base.errors import UsageError
from course.observe.report import render
from grader.exports.text import block, one_line
from grader.results import (
    BLOCKED,
    DIED,
    EXAMPLES,
    FAILED,
    GRADER_ERROR,
    NOT_GRADABLE,
    NOT_WRITTEN,
    PASSED,
    TIMEOUT,
    ExerciseResult,
    Run,
    StudentResult,
)

# The first three as `make` shows them. Every status has a sign of its own: colour is never the only difference.
MARKS = {
    PASSED: "●", FAILED: "×", NOT_WRITTEN: "·", BLOCKED: "…", NOT_GRADABLE: "–", TIMEOUT: "∞", DIED: "†",
    GRADER_ERROR: "!",
}  # fmt: skip

MEANS = {
    NOT_WRITTEN: "This one is not written yet.",
    BLOCKED: "It could not be tested, because of another exercise that it needs.",
    NOT_GRADABLE: "No test could run.",
    TIMEOUT: "It did not end within its time limit; the usual reason is an endless loop.",
    DIED: "The process that ran this code ended in the middle of it: it was killed, exited, or crashed.",
    GRADER_ERROR: "The grading itself failed here. That is not your fault: there is no score yet, which is not a zero.",
}

FURTHER = (
    "If all of the course's tests of an exercise pass, further tests of your instructor's count, too. They stay "
    "hidden: if one fails, that is all you are told."
)


def exercises(run: Run, student: StudentResult) -> list[ExerciseResult]:
    """One result for each exercise of the run, in its order. If one is missing, nothing usable was handed in, or
    else the grader has lost it."""
    known = {e.id: e for e in student.exercises}
    empty = (0, NOT_GRADABLE) if student.status == NOT_GRADABLE else (None, GRADER_ERROR)
    return [known.get(number) or ExerciseResult(number, points, *empty) for number, points in run.points.items()]


def total(run: Run, student: StudentResult) -> tuple[int | None, int]:
    """Points earned (None if the grader failed anywhere), and the points that can be earned."""
    found = [e.earned for e in exercises(run, student)]
    unknown = student.status == GRADER_ERROR or None in found
    return None if unknown else sum(found), sum(run.points.values())


def lost(found: list[ExerciseResult]) -> str:
    """A sentence on the points that are missing only because of other exercises, or ""."""
    follow = [e for e in found if e.follows]
    causes = ", ".join(dict.fromkeys(e.follows for e in follow))
    points = sum(e.points for e in follow)
    return f"{points} of the missing points only follow from {causes}: correct that first." if follow else ""


def title(run: Run, exercise: str) -> str:
    """ "13.2 compute_grpo_loss"."""
    return f"{exercise} {run.titles.get(exercise, '')}".strip()


def lesson(exercise: str) -> str:
    """ "13.2" -> "13"."""
    return exercise.partition(".")[0]


def sentence(e: ExerciseResult) -> str:
    """What the status means, for the student; "" if the exercise passes."""
    if e.status == FAILED:
        if e.tests and e.passed == e.tests:
            return "All of the course's tests pass, but:"
        share = f"{e.passed} of its {e.tests} tests pass" if e.tests else "At least one of its tests fails"
        return f"{share}. The first that does not:" if e.report else f"{share}; there is no report to show."
    return MEANS.get(e.status, "")


def report(e: ExerciseResult) -> list[str]:
    """The desk's report without its last lines, `why` and `next`, which every export says in its own way.

    Nothing where the grader failed: what it has to say then is about the machine, and for the instructor.
    """
    if e.status == GRADER_ERROR or e.report is None:
        return []
    return render(replace(e.report, why="" if e.why else e.report.why, next=""))


def hint(e: ExerciseResult) -> str:
    return f"make hint EX={e.follows or e.id}"


def step(e: ExerciseResult) -> str:
    """The command to run next, or ""."""
    if e.status in (NOT_GRADABLE, BLOCKED):  # no hint helps with a missing file; `make check` says what is wrong
        return f"make check LESSON={lesson(e.id)}"
    return "" if e.status in (PASSED, GRADER_ERROR) else hint(e)


def repeat(run: Run) -> tuple[str, str]:
    """The command that makes the grading's draws again at a desk, and a few words for the other lessons."""
    first, *others = dict.fromkeys(map(lesson, run.points)) or [""]
    draws = "" if run.full else f"PROPERTY_EXAMPLES={EXAMPLES} "
    command = f"{draws}PROPERTY_SEED={run.seed} make check LESSON={first}"
    return command, f" (and so for {', '.join(others)})" if others else ""


def plain(e: ExerciseResult, width: int) -> str:
    """Everything about one exercise, as plain text of at most `width` characters; "" if it passes."""
    if e.status == PASSED:
        return ""
    parts = [sentence(e), *(block(report(e)) if report(e) else [])]
    parts += [f"why: {one_line(e.why)}"] if e.why else []
    text = "\n".join(parts)
    last = f"\nnext: {step(e)}" if step(e) else ""
    room = width - len(last)
    return (text if len(text) <= room else f"{text[: room - 4].rstrip()}\n...") + last


def check_lessons(lessons: str) -> None:
    """Raises UsageError unless `lessons` is "" or like "13,14": it becomes a word of a shell script."""
    if not re.fullmatch(r"(\d\d(,\d\d)*)?", lessons):
        raise UsageError(f"name lessons by their numbers, such as 13,14, not {lessons!r}")
