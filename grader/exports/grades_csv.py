"""grades.csv: a row for each submission, points as numbers, and no cell that a spreadsheet would run."""

from __future__ import annotations

import csv
import io

from grader.exports import rows
from grader.exports.text import one_line
from grader.results import Run, StudentResult

# Excel reads a CSV file as UTF-8 only if it begins with this mark, else "Åse" becomes "Ã…se". pandas.read_csv skips it,
# and so does Python's csv if the file is opened as "utf-8-sig".
MARK = "\ufeff"
FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")  # also in the full width that some keyboards make


def grades_csv(run: Run, results: list[StudentResult]) -> str:
    """The columns: student, status, points earned and possible, earned for basic tests and for hardening, the same two
    for each exercise (hardening only if it has points), the number of flags, and the student's number in Canvas or
    Moodle, e-mail address or sid, if the LMS gave one.

    What the grader could not decide is an empty cell, never 0. The heading of an exercise's column has its name after
    the number: a spreadsheet would take "14.10" and "14.1" for the same.
    """
    out = io.StringIO()
    # Numbers are written bare, all text in quotes: the first column, which students choose, then stays one cell even in
    # a spreadsheet that separates by semicolons.
    table = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    ids = [name for name in ("canvas", "moodle", "email", "sid") if any(name in student.ids for student in results)]
    titles = []
    for number in run.points:
        titles.append(text_cell(rows.title(run, number)))
        titles += [f"{titles[-1]}, hardening"] if run.hardening.get(number) else []
    table.writerow(["student", "status", "earned", "points", "basic", "hardening", *titles, "flags", *ids])
    for student in results:
        found = rows.exercises(run, student)
        earned, points = rows.total(run, student)
        row = [text_cell(student.student), text_cell(student.status), _number(earned), points]
        row += ["", ""] if earned is None else [sum(e.earned for e in found), sum(e.hardening_earned for e in found)]
        for e in found:
            row.append(_number(e.earned))
            row += [_number(None if e.earned is None else e.hardening_earned)] if e.hardening else []
        table.writerow([*row, len(student.flags), *(text_cell(student.ids.get(name, "")) for name in ids)])
    return MARK + out.getvalue()


def text_cell(text: str) -> str:
    """The text in one line, after an apostrophe if a spreadsheet would take it for a formula."""
    text = one_line(text)
    return f"'{text}" if text.startswith(FORMULA) else text


def _number(earned: int | None) -> int | str:
    return "" if earned is None else earned
