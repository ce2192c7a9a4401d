"""overview.html: the class on one page. Which exercises, which mistakes, who needs a look.

What is counted is here; how it looks is in overview.html and overview.css. The page has no script and loads nothing (a
policy in its head forbids both, should an escape ever be forgotten); it is light or dark, and can be printed. Every
text that the template writes is cleaned and escaped, since students choose names, notes, flags and what a report says.
The colour-blind can tell the colours apart, and every status has its own sign besides.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from statistics import median
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from grader.exports import rows
from grader.exports.text import block, one_line
from grader.results import (
    BASIC,
    BLOCKED,
    DIED,
    FAILED,
    GRADED,
    GRADER_ERROR,
    NOT_GRADABLE,
    NOT_WRITTEN,
    PASSED,
    TIMEOUT,
    Run,
    StudentResult,
)

CLASSES = {
    PASSED: "p", BASIC: "h", FAILED: "f", NOT_WRITTEN: "w", BLOCKED: "b", TIMEOUT: "t", DIED: "d", NOT_GRADABLE: "g",
    GRADER_ERROR: "e",
}  # fmt: skip
SHOWN = 25  # mistakes at once; the rest folds away
WIDTH = 600  # characters of any text

PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    finalize=lambda value: value if isinstance(value, Markup | int) else one_line(str(value), WIDTH),
)
PAGES.filters["lines"] = lambda text: escape("\n".join(block(text.splitlines())))


def overview(run: Run, results: list[StudentResult], names: list[str] | None = None) -> str:
    """The page. `names`: the students' files under feedback/, without ending, in order, to link to them."""
    students: list[dict[str, Any]] = [
        {
            "name": student.student,
            "page": names[i] if names else "",
            "exercises": rows.exercises(run, student),
            "earned": rows.total(run, student)[0],
            "hardening": sum(e.hardening_earned for e in rows.exercises(run, student)),
            "status": student.status,
            "flags": student.flags,
            "notes": student.notes,
        }
        for i, student in enumerate(results)
    ]
    every = [(one, e) for one in students for e in one["exercises"]]
    gradable = [one for one in students if one["status"] != NOT_GRADABLE]  # the others would blur every share
    failed = [e for _, e in every if e.status == FAILED and not e.why]
    counts = {number: Counter(passed=0, right=0, failed=0, named=0, follow=0) for number in run.points}
    for e in (e for one in gradable for e in one["exercises"]):
        wrong = e.status == FAILED
        counts[e.id] += Counter(
            {
                e.status: 1,
                "right": e.status in (PASSED, BASIC),
                "named": wrong and bool(e.why),
                "follow": wrong and bool(e.follows),
            }
        )
    rare = (BLOCKED, DIED, NOT_GRADABLE, GRADER_ERROR)  # columns only if there are any
    ranked, in_hardening = _mistakes(run, every, FAILED), _mistakes(run, every, BASIC)
    lessons: dict[str, list[str]] = {}
    for number in run.points:
        lessons.setdefault(_lesson(run, number), []).append(number)
    return PAGES.get_template("overview.html").render(
        run=run,
        students=students,
        figures=_figures(run, students),
        errors=any(one["earned"] is None for one in students),
        mistakes=ranked,
        in_hardening=in_hardening,
        most=max(len(names) for _, names in ranked + in_hardening) if ranked + in_hardening else 1,
        hardening=any(run.hardening.values()),
        shown=SHOWN,
        following=sum(bool(e.follows) for e in failed),
        unnamed=sum(not e.follows for e in failed),
        gradable=len(gradable),
        counts=counts,
        other={number: sum(of[status] for status in (TIMEOUT, *rare)) for number, of in counts.items()},
        columns=[NOT_WRITTEN, TIMEOUT, *(status for status in rare if any(of[status] for of in counts.values()))],
        lessons=lessons,
        lesson_number=rows.lesson,
        starts={numbers[0] for numbers in lessons.values()},
        used={e.status for _, e in every},
        marks=rows.MARKS,
        classes=CLASSES,
        further=_people_by(every, lambda e: e.extra) if run.extra else {},
        faults=[(one["name"], e) for one, e in every if e.status == GRADER_ERROR],
        seeds=sorted({seed for student in results for seed in student.seeds.values()}) or [run.seed],
        title=lambda number: rows.title(run, number),
        count=lambda number, noun: f"{number} {noun}{'' if number == 1 else 's'}",
    )


def _figures(run: Run, students: list[dict[str, Any]]) -> list[tuple[object, str, str, bool]]:
    """The figures on top: each number, what follows it in small print, its label, and whether it asks for attention."""
    known = [one["earned"] for one in students if one["status"] == GRADED and one["earned"] is not None]
    points = sum(run.points.values()) + sum(run.hardening.values())
    errors = sum(one["earned"] is None for one in students)
    return [
        (len(students), "", "submissions", False),
        (f"{median(known):g}" if known else "–", f"of {points}", "median total of the graded", False),
        (known.count(points), "", "with full marks", False),
        (sum(one["status"] == NOT_GRADABLE for one in students), "", "not gradable", False),
        (errors, "", "grader errors", errors > 0),
        (sum(bool(one["flags"]) for one in students), "", "with flags", False),
    ]


def _mistakes(run: Run, every: list, status: str) -> list[tuple[tuple[str, str], list[str]]]:
    """((exercise, mistake), the names of the students) of all exercises that ended so, the most frequent first."""
    found = _people_by(every, lambda e: [one_line(e.why, WIDTH)] if e.why and e.status == status else [])
    order = list(run.points)
    return sorted(found.items(), key=lambda item: (-len(item[1]), order.index(item[0][0]), item[0][1]))


def _people_by(every: list, keys) -> dict[tuple[str, str], list[str]]:
    """Exercise and one of `keys(its result)` -> the names of the students who have it."""
    found: dict[tuple[str, str], list[str]] = {}
    for one, e in every:
        for key in keys(e):
            found.setdefault((e.id, key), []).append(one["name"])
    return found


def _lesson(run: Run, number: str) -> str:
    lesson = rows.lesson(number)
    return next((name for name in run.lessons if name.startswith(f"lesson{lesson}_")), f"lesson {lesson}")
