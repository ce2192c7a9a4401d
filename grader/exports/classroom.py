"""GitHub Classroom: what its grading reporter takes. The workflow that hands it over is in classroom.yml.

The reporter adds up `score` and divides by `max_score`; it leaves a runner whose max_score is 0 out of the points. We
use that if the grader failed: the job goes red, and nobody gets a zero. The reporter prints each message to the job's
log, so messages are cleaned of what Actions would take for a command. It gets everything, in base64, in one environment
variable, which Linux limits to 128 KiB: messages are shortened until it fits.
"""

from __future__ import annotations

import json
from typing import Any

from grader.exports import rows
from grader.exports.gradescope import tests_of
from grader.exports.text import one_line
from grader.results import GRADER_ERROR, NOT_GRADABLE, Run, StudentResult

LIMIT = 120_000  # bytes of the base64 form


def classroom_result(run: Run, student: StudentResult, width: int = 4000) -> dict[str, Any]:
    """Version 1 of the reporter's format. `width`: characters of a message at most.

    "test_code", "filename" and "line_no" are empty: they would show the tests, and the grading's own are hidden.
    """
    earned, points = rows.total(run, student)
    warning = f"WARNING: {one_line(run.warning)}\n" if run.warning else ""
    tests = [
        {
            "name": rows.title(run, e.id) + ("" if test["number"] == e.id else ", hardening"),
            "status": _status(e.status, test["status"]),
            "score": test["score"] or 0,
            "message": test["output"],
            "test_code": "",
            "filename": "",
            "line_no": 0,
            "duration": 0,
        }
        for e in rows.exercises(run, student)
        for test in tests_of(run, e, width)
    ]
    tests[0]["message"] = warning + tests[0]["message"]
    states = {test["status"] for test in tests}
    status = "error" if earned is None else next((s for s in ("fail", "error") if s in states), "pass")
    return {"version": 1, "status": status, "max_score": 0 if earned is None else points, "tests": tests}


def classroom_json(run: Run, student: StudentResult) -> str:
    """The result in one line, short enough that its base64 form fits into LIMIT."""
    for width in (4000, 1000, 250, 60):
        text = json.dumps(classroom_result(run, student, width), separators=(",", ":"), ensure_ascii=False)
        if 4 * len(text.encode()) // 3 + 4 <= LIMIT:
            break
    return text


def _status(exercise: str, test: str) -> str:
    if test == "passed":
        return "pass"
    return "error" if exercise in (NOT_GRADABLE, GRADER_ERROR) else "fail"
