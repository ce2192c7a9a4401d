"""Gradescope's results.json for one submission, as its autograder specification describes it.

Without a score, at the top or in the tests, Gradescope records nothing. We use that: if the grader failed, there is no
score, the text says whose fault it is, and `run_autograder` ends with an error. Whether Gradescope then shows our text
or its own "failed to execute correctly" is not documented; it is not a zero.

Left out: execution_time (the same input gives the same file) and the leaderboard.
"""

from __future__ import annotations

import json
from typing import Any

from grader.exports import rows
from grader.exports.text import one_line
from grader.results import BASIC, FAILED, NOT_GRADABLE, PASSED, ExerciseResult, Run, StudentResult

LIMIT = 100_000  # characters of an `output`; Gradescope cuts what is longer
TEST_LIMIT = 10_000

# The content of results.json until the grading has ended: a time limit then leaves an explanation, not a zero.
BEGUN = {
    "output": "The grading of this submission has not finished. There is no score, which is not a zero; "
    "please tell your instructor if you still see this text after some minutes.",
    "output_format": "text",
    "stdout_visibility": "hidden",
}


def gradescope_results(run: Run, student: StudentResult) -> dict[str, Any]:
    """The file's content. Flags never appear; what the student's code printed stays hidden."""
    earned, _ = rows.total(run, student)
    found = {
        "output": _cut(_output(run, student)),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "extra_data": {"version": run.version, "digest": student.digest},
    }
    if earned is None:
        return found
    tests = [test for e in rows.exercises(run, student) for test in tests_of(run, e)]
    return {"score": earned, **found, "tests": tests}


def tests_of(run: Run, e: ExerciseResult, width: int = TEST_LIMIT) -> list[dict[str, Any]]:
    """An exercise as one test for its points, and another for its hardening if that has points.

    `width`: characters of an output at most.
    """
    right, title = e.status in (PASSED, BASIC), rows.title(run, e.id)
    text = rows.plain(e, width)
    made = [_test(e.id, title, PASSED if right else e.status, e.earned, e.points, "" if right else text)]
    if e.hardening:
        text = text if right else "Hardening needs the basic tests of this exercise."
        status = FAILED if e.status == BASIC else e.status
        made.append(_test(f"{e.id} hardening", f"{title}, hardening", status, e.hardening_earned, e.hardening, text))
    return made


def _test(number: str, name: str, status: str, earned: int | None, points: int, text: str) -> dict[str, Any]:
    passed = status == PASSED
    return {
        "score": earned,
        "max_score": points,
        "status": "passed" if passed else "failed",
        "name": name if passed else f"{name} ({status})",
        "number": number,
        "output": text,
        "visibility": "visible",
    }


def gradescope_json(run: Run, student: StudentResult) -> str:
    """The same as the file's text."""
    return json.dumps(gradescope_results(run, student), indent=1, ensure_ascii=False) + "\n"


def _output(run: Run, student: StudentResult) -> str:
    earned, points = rows.total(run, student)
    lines = [f"WARNING: {one_line(run.warning)}", ""] if run.warning else []
    if earned is None:
        lines += [
            "The grading itself failed. That is not your fault: there is no score yet, which is not a zero. "
            "Your instructor can run it again."
        ]
        for e in rows.exercises(run, student):
            lines.append(f"  {rows.title(run, e.id)}: {e.status}")
    elif student.status == NOT_GRADABLE:
        lines.append("Nothing that could be graded was found in what you handed in.")
    else:
        shares = f" ({rows.split(run, student)})" if rows.split(run, student) else ""
        lines.append(f"{earned} of {points} points{shares}. {rows.rule(run)}")
    lines += [f"note: {one_line(note)}" for note in student.notes[:200]]
    lines += [
        "",
        f"To see more at your desk: {rows.at_desk(run)}",
        f"Your own `make check` may differ. {rows.DRAWS} Earlier lessons are your own code there, not the course's.",
        *([rows.FURTHER] if run.extra else []),
        f"Confinement: {one_line(run.tier)}. Course {one_line(run.version)}.",
    ]
    return "\n".join(lines)


def _cut(text: str) -> str:
    return text if len(text) <= LIMIT else text[: LIMIT - 4] + "\n..."
