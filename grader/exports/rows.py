"""What all exports share: a submission's exercises, complete and in order, its total, and the sentences about them."""

from __future__ import annotations

from dataclasses import replace

from course.observe.report import render
from grader.exports.text import block, one_line
from grader.results import (
    BASIC,
    BLOCKED,
    DIED,
    FAILED,
    GRADER_ERROR,
    NOT_GRADABLE,
    NOT_WRITTEN,
    PASSED,
    TIMEOUT,
    ExerciseResult,
    Run,
    StudentResult,
    earned_in_all,
)

# Every status has a sign of its own: colour is never the only difference.
MARKS = {
    PASSED: "●", BASIC: "◐", FAILED: "×", NOT_WRITTEN: "·", BLOCKED: "…", NOT_GRADABLE: "–", TIMEOUT: "∞", DIED: "†",
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
    "If an exercise has earned its points by the course's tests, further tests of your instructor must pass, too. They "
    "stay hidden: if one fails, you learn only that."
)

DRAWS = "Random inputs were drawn anew here, and will be each time; at your desk they come from seed 0."


def exercises(run: Run, student: StudentResult) -> list[ExerciseResult]:
    """One result for each exercise of the run, in its order. If one is missing, nothing usable was handed in, or
    else the grader has lost it."""
    known = {e.id: e for e in student.exercises}
    empty = (0, NOT_GRADABLE) if student.status == NOT_GRADABLE else (None, GRADER_ERROR)
    return [
        known.get(number) or ExerciseResult(number, points, *empty, hardening=run.hardening.get(number, 0))
        for number, points in run.points.items()
    ]


def total(run: Run, student: StudentResult) -> tuple[int | None, int]:
    """Points earned (None if the grader failed anywhere), and the points that can be earned."""
    earned = None if student.status == GRADER_ERROR else earned_in_all(exercises(run, student))
    return earned, sum(run.points.values()) + sum(run.hardening.values())


def split(run: Run, student: StudentResult) -> str:
    """ "14 of 18 for basic tests, 3 of 6 for hardening"; "" if no exercise has hardening points."""
    if not any(run.hardening.values()):
        return ""
    found = exercises(run, student)
    return (
        f"{sum(e.earned or 0 for e in found)} of {sum(run.points.values())} for basic tests, "
        f"{sum(e.hardening_earned for e in found)} of {sum(run.hardening.values())} for hardening"
    )


def rule(run: Run) -> str:
    """When an exercise earns its points, in one sentence."""
    if any(run.hardening.values()):
        return (
            "An exercise earns its points if all basic tests pass, and its hardening if all advanced tests pass, too."
        )
    return "An exercise earns its points if all of its tests pass."


def lost(found: list[ExerciseResult]) -> str:
    """A sentence on the points that are missing only because of other exercises, or ""."""
    follow = [e for e in found if e.follows]
    causes = ", ".join(dict.fromkeys(e.follows for e in follow))
    points = sum(e.points_in_all - (e.earned_in_all or 0) for e in follow)
    return f"{points} of the missing points only follow from {causes}: correct that first." if follow else ""


def title(run: Run, exercise: str) -> str:
    """ "13.2 compute_grpo_loss"."""
    return f"{exercise} {run.titles.get(exercise, '')}".strip()


def lesson(exercise: str) -> str:
    """ "13.2" -> "13"."""
    return exercise.partition(".")[0]


def sentence(e: ExerciseResult) -> str:
    """What the status means, for the student; "" if the exercise passes."""
    if e.status not in (FAILED, BASIC):
        return MEANS.get(e.status, "")
    basic = "basic tests" if e.hardening else "tests"
    if e.status == FAILED and e.tests and e.passed == e.tests:
        return f"All of the course's {basic} pass, but:"
    if e.status == BASIC:
        share = f"All of its basic tests pass, and {e.hardening_passed} of its {e.hardening_tests} advanced ones"
    else:
        share = f"{e.passed} of its {e.tests} {basic} pass" if e.tests else "At least one of its tests fails"
    return f"{share}. The first that does not:" if e.report else f"{share}; there is no report to show."


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


def at_desk(run: Run) -> str:
    """The commands with which a student sees more at a desk."""
    return "; ".join(f"make check LESSON={int(name[6:8])}" for name in run.lessons)


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
