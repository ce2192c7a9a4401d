"""overview.html: the class on one page. Which exercises, which mistakes, who needs a look.

No script, nothing from elsewhere (a policy in the head forbids both, should an escape ever be forgotten); light and
dark, on paper too. Whatever a student can choose, names, notes, flags and what a report says, is cleaned and escaped.
The colours are told apart by the colour-blind, and every status has its own sign besides.
"""

from __future__ import annotations

import html
from collections import Counter
from pathlib import Path
from statistics import median
from urllib.parse import quote

from grader.exports import rows
from grader.exports.text import block, one_line
from grader.results import (
    BLOCKED,
    DIED,
    FAILED,
    GRADED,
    GRADER_ERROR,
    NOT_GRADABLE,
    NOT_WRITTEN,
    PASSED,
    TIMEOUT,
    ExerciseResult,
    Run,
    StudentResult,
)

STYLE = Path(__file__).with_name("overview.css")
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
CLASSES = {
    PASSED: "p", FAILED: "f", NOT_WRITTEN: "w", BLOCKED: "b", TIMEOUT: "t", DIED: "d", NOT_GRADABLE: "g",
    GRADER_ERROR: "e",
}  # fmt: skip
SHOWN = 25  # mistakes at once; the rest folds away
WHY = 600  # characters of a mistake's sentence

Found = list[tuple[StudentResult, list[ExerciseResult]]]


def overview(run: Run, results: list[StudentResult], names: list[str] | None = None) -> str:
    """The page. `names`: the students' files under feedback/, without ending, in order, to link to them."""
    found = [(student, rows.exercises(run, student)) for student in results]
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>Grading: {_count(len(results), 'submission')}</title>",
        f"<style>\n{STYLE.read_text(encoding='utf-8')}</style></head><body>",
        "<h1>The class at a glance</h1>",
        f'<p class="quiet">{_text(", ".join(run.lessons))}{" · " if run.created else ""}{_text(run.created)}</p>',
        f'<p class="warning">WARNING: {_text(run.warning)}</p>' if run.warning else "",
        *_figures(run, found),
        *_mistakes(run, found),
        *_exercises(run, found),
        *_grid(run, found, names),
        *_further(run, found),
        *_errors(run, found),
        *_people("Flags", "Things for a person to look at. Nobody has lost a point by one.", results, "flags"),
        *_people("Notes", "What the students read about their files.", results, "notes"),
        *_about(run),
        "</body></html>",
    ]
    return "\n".join(part for part in parts if part) + "\n"


def _figures(run: Run, found: Found) -> list[str]:
    totals = [rows.total(run, student)[0] for student, _ in found if student.status == GRADED]
    known = [earned for earned in totals if earned is not None]
    points = sum(run.points.values())
    errors = sum(rows.total(run, student)[0] is None for student, _ in found)
    figures = [
        (len(found), "", "submissions", False),
        (f"{median(known):g}" if known else "–", f"of {points}", "median total of the graded", False),
        (sum(earned == points for earned in known), "", "with full marks", False),
        (sum(student.status == NOT_GRADABLE for student, _ in found), "", "not gradable", False),
        (errors, "", "grader errors", errors > 0),
        (sum(bool(student.flags) for student, _ in found), "", "with flags", False),
    ]
    items = [
        f"<li{' class=attention' if loud else ''}><b>{value} <small>{small}</small></b>{label}</li>"
        for value, small, label, loud in figures
    ]
    note = (
        '<p class="warning">Where the grader failed there is no score, and no zero: grade those again.</p>'
        if errors
        else ""
    )
    return ['<ul class="figures">', *items, "</ul>", note]


def _mistakes(run: Run, found: Found) -> list[str]:
    """What to teach again: the mistakes that were recognised, most frequent first."""
    who: dict[tuple[str, str], list[str]] = {}
    unnamed = following = 0
    for student, results in found:
        for e in results:
            if e.why:
                who.setdefault((e.id, one_line(e.why, WHY)), []).append(student.student)
            elif e.status == FAILED:
                following += bool(e.follows)
                unnamed += not e.follows
    lines = ["<h2>What to teach again</h2>"]
    if not who:
        return [*lines, "<p>No known mistake was recognised in this class.</p>"]
    lines.append("<p>The mistakes that were recognised, most frequent first.")
    lines.append(f"{_count(following, 'more failed exercise')} only followed from one of these in another exercise;")
    lines.append(f"{_count(unnamed, 'failed exercise')} had a mistake that is not among the known ones.</p>")
    order = {number: i for i, number in enumerate(run.points)}
    ranked = sorted(who.items(), key=lambda item: (-len(item[1]), order.get(item[0][0], len(order)), item[0][1]))
    most = len(ranked[0][1])
    head = '<table class="mistakes"><thead><tr><th>students<th>exercise<th>mistake</tr></thead><tbody>'
    table = [_mistake(run, number, why, students, most) for (number, why), students in ranked]
    lines += ['<div class="scroll">', head, *table[:SHOWN], "</tbody></table>", "</div>"]
    if table[SHOWN:]:
        left = _count(len(table) - SHOWN, "rarer mistake")
        lines += [f'<details><summary>{left}</summary><div class="scroll">', head, *table[SHOWN:]]
        lines.append("</tbody></table></div></details>")
    return lines


def _mistake(run: Run, number: str, why: str, students: list[str], most: int) -> str:
    share = 100 * len(students) / most
    names = ", ".join(f"<bdi>{_text(name)}</bdi>" for name in students)
    bar = f'<span class="bar"><i class="b1" style="width:{share:.0f}%"></i></span>'
    who = f"<details><summary><b>{len(students)}</b>{bar}</summary><p>{names}</p></details>"
    return f'<tr><td>{who}<td class="name"><code>{_text(rows.title(run, number))}</code><td>{_text(why, WHY)}</tr>'


def _exercises(run: Run, found: Found) -> list[str]:
    """Of the submissions that held anything to grade: the others would blur every share."""
    graded = [results for student, results in found if student.status != NOT_GRADABLE]
    counts = {number: Counter() for number in run.points}
    named, follow = Counter(), Counter()
    for e in (e for results in graded for e in results):
        counts[e.id][e.status] += 1
        named[e.id] += bool(e.why)
        follow[e.id] += bool(e.follows) and e.status == FAILED
    rare = (BLOCKED, DIED, NOT_GRADABLE, GRADER_ERROR)  # columns only where there are any
    columns = [NOT_WRITTEN, TIMEOUT, *(c for c in rare if any(of[c] for of in counts.values()))]
    lines = [
        "<h2>Exercises</h2>",
        f"<p>Of {_count(len(graded), 'gradable submission')}. In the bar: passed, then failed (striped), then what "
        "came to no end or could not be tested; the rest is not written. Named: how many of the failed ones had a "
        "mistake that was recognised. Follow: how many only follow from another exercise's.</p>",
        '<div class="scroll"><table class="exercises"><thead><tr><th>exercise<th class="n">points',
        '<th class="n" colspan="2">passed<th><th class="n">failed<th class="n">named<th class="n">follow',
        *(f'<th class="n">{status}' for status in columns),
        "</tr></thead><tbody>",
    ]
    last = None
    for number, points in run.points.items():
        if (lesson := rows.lesson(number)) != last:
            last = lesson
            lines.append(f'<tr class="lesson"><th colspan="{8 + len(columns)}">{_text(_lesson(run, lesson))}</tr>')
        of = counts[number]
        parts = (of[PASSED], of[FAILED], sum(of[c] for c in (TIMEOUT, *rare)))
        share = [100 * part / max(1, len(graded)) for part in parts]
        bar = "".join(f'<i class="b{i}" style="width:{part:.2f}%"></i>' for i, part in enumerate(share) if part)
        lines.append(
            f'<tr><td class="name"><code>{_text(rows.title(run, number))}</code><td class="n">{points}'
            f'<td class="n">{of[PASSED]}<td class="n">{share[0]:.0f} %<td><div class="bar">{bar}</div>'
            f"{_cell(of[FAILED])}{_cell(named[number])}{_cell(follow[number])}"
            f"{''.join(_cell(of[c]) for c in columns)}</tr>"
        )
    return [*lines, "</tbody></table></div>"]


def _grid(run: Run, found: Found, names: list[str] | None) -> list[str]:
    numbers = list(run.points)
    lessons = [rows.lesson(number) for number in numbers]
    starts = {number for number, a, b in zip(numbers, ["", *lessons], lessons, strict=False) if a != b}
    used = {e.status for _, results in found for e in results}
    legend = [
        f'<li><span class="{CLASSES[status]}">{mark}</span>{status}</li>'
        for status, mark in rows.MARKS.items()
        if status in used
    ]
    groups = "".join(
        f'<th colspan="{lessons.count(lesson)}" class="first">{_text(lesson)}' for lesson in dict.fromkeys(lessons)
    )
    heads = "".join(
        f'<th class="s{" first" if number in starts else ""}" title="{_text(rows.title(run, number))}">'
        f"{_text(number.partition('.')[2])}"
        for number in numbers
    )
    lines = [
        "<h2>Students and exercises</h2>",
        f'<ul class="legend">{"".join(legend)}<li><span>⚑</span>has flags</li></ul>',
        '<div class="scroll gridbox" tabindex="0"><table class="grid"><thead>',
        '<tr><th rowspan="2" class="who">student<th rowspan="2" class="n">points'
        f'<th rowspan="2" aria-label="flags">{groups}</tr>',
        f"<tr>{heads}</tr></thead><tbody>",
    ]
    for i, (student, results) in enumerate(found):
        earned, _ = rows.total(run, student)
        name = f"<bdi>{_text(student.student)}</bdi>"
        if names:
            name = f'<a href="feedback/{quote(names[i])}.md">{name}</a>'
        cells = "".join(_status(run, e, e.id in starts) for e in results)
        flags = f'<td class="n" title="{_count(len(student.flags), "flag")}">⚑' if student.flags else "<td>"
        lines.append(f'<tr><th>{name}<td class="n">{"–" if earned is None else earned}{flags}{cells}</tr>')
    return [*lines, "</tbody></table></div>"]


def _status(run: Run, e: ExerciseResult, first: bool) -> str:
    mark, kind = rows.MARKS.get(e.status, "?"), CLASSES.get(e.status, "e")
    said = f"{e.id}: {e.status}" + (f". {one_line(e.why, WHY)}" if e.why else "")
    said += f", following from {e.follows}" if e.follows else ""
    shown = "" if e.status in (PASSED, NOT_WRITTEN) else f' title="{_text(said, WHY)}"'  # what the sign alone says
    return f'<td class="s {kind}{" first" if first else ""}"{shown}>{mark}'


def _further(run: Run, found: Found) -> list[str]:
    """The instructor's own tests that failed, which no student is shown."""
    if not run.extra:
        return []
    who: dict[tuple[str, str], list[str]] = {}
    for student, results in found:
        for e in results:
            for test in e.extra:
                who.setdefault((e.id, test), []).append(student.student)
    head = "<h2>Your own tests</h2>"
    if not who:
        return [head, "<p>Whoever passes the course's tests of an exercise passes yours, too.</p>"]
    about = "<p>Who fails them and passes all of the course's for the exercise. Students are not shown their names.</p>"
    lines = [head, about, '<div class="scroll"><table class="people"><tbody>']
    for (number, test), students in who.items():
        names = ", ".join(f"<bdi>{_text(name)}</bdi>" for name in students)
        lines.append(
            f"<tr><th><code>{_text(test)}</code><br><code>{_text(rows.title(run, number))}</code><td>{names}</tr>"
        )
    return [*lines, "</tbody></table></div>"]


def _errors(run: Run, found: Found) -> list[str]:
    """Where the grader failed, and what it said: for whoever mends it."""
    lines = []
    for student, results in found:
        for e in results:
            if e.status == GRADER_ERROR:
                said = html.escape("\n".join(block(e.report.message.splitlines() if e.report else [])) or "(it left no message)")
                head = f"<bdi>{_text(student.student)}</bdi><br><code>{_text(rows.title(run, e.id))}</code>"
                lines.append(f"<tr><th>{head}<td><pre>{said}</pre></tr>")
    if not lines:
        return []
    about = "<p>These have no score. The students are told that it is not their fault, and not what is here.</p>"
    head = ["<h2>Grader errors</h2>", about, '<div class="scroll"><table class="people"><tbody>']
    return [*head, *lines, "</tbody></table></div>"]


def _people(title: str, about: str, results: list[StudentResult], field: str) -> list[str]:
    """The students who have some of `field`, flags or notes, each with all of them."""
    having = [(student.student, getattr(student, field)) for student in results if getattr(student, field)]
    if not having:
        return []
    lines = [f"<h2>{title}</h2>", f"<p>{about}</p>", '<div class="scroll"><table class="people"><tbody>']
    for name, texts in having:
        items = "".join(f"<li>{_text(text)}" for text in texts)
        lines.append(f"<tr><th><bdi>{_text(name)}</bdi><td><ul>{items}</ul></tr>")
    return [*lines, "</tbody></table></div>"]


def _about(run: Run) -> list[str]:
    command, others = rows.repeat(run)
    rest = [
        ("confinement", _text(run.tier)),
        ("seed", f"{run.seed}; to see the same at a desk: <code>{_text(command)}</code> {_text(others)}"),
        ("tests that train", "were run" if run.full else "were not run, and count neither way"),
        *([("your own tests", f"{_count(run.extra, 'file')}; they count where all of the course's tests pass")]
          if run.extra else []),
        ("course", f"version <code>{_text(run.version)}</code>"),
        ("differs from the desk", "random inputs come from this seed, not from seed 0; earlier lessons that a lesson "
         "builds on are the course's own"),
    ]  # fmt: skip
    return ["<h2>How this was graded</h2>", "<dl>", *(f"<dt>{name}<dd>{text}" for name, text in rest), "</dl>"]


def _cell(count: int) -> str:
    return f'<td class="n">{count}' if count else '<td class="n zero">0'


def _lesson(run: Run, number: str) -> str:
    return next((name for name in run.lessons if name.startswith(f"lesson{number}_")), f"lesson {number}")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _text(text: str, width: int = 400) -> str:
    return html.escape(one_line(text, width), quote=True)
