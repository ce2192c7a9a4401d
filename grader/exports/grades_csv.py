"""grades.csv: a row for each submission, points as numbers, and no cell that a spreadsheet would run."""

from __future__ import annotations

import csv
import io

from grader.exports import rows
from grader.exports.text import one_line
from grader.results import Run, StudentResult

# Excel takes a CSV file for UTF-8 only where it begins with this mark, and "Åse" for "Ã…se" elsewhere; pandas.read_csv
# passes over it, and Python's csv does where the file is opened as "utf-8-sig".
MARK = "\ufeff"
FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")  # also in the full width that some keyboards make


def grades_csv(run: Run, results: list[StudentResult]) -> str:
    """The columns: student, status, earned, points, then the points earned in each exercise, flags (how many), and
    what an LMS calls the student, where it does: the number in Canvas or Moodle, the e-mail address, the sid.

    What the grader could not settle is an empty cell, never 0. An exercise's column has its name behind the number:
    a spreadsheet would take "14.10" and "14.1" for the same.
    """
    out = io.StringIO()
    # Numbers are written bare, all text in quotes: also where a spreadsheet takes semicolons for separators, the
    # first column, the one that strangers choose, stays one cell.
    table = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    ids = [name for name in ("canvas", "moodle", "email", "sid") if any(name in student.ids for student in results)]
    titles = [text_cell(rows.title(run, i)) for i in run.points]
    table.writerow(["student", "status", "earned", "points", *titles, "flags", *ids])
    for student in results:
        each = [_number(e.earned) for e in rows.exercises(run, student)]
        earned, points = rows.total(run, student)
        who = [text_cell(student.ids.get(name, "")) for name in ids]
        row = [text_cell(student.student), text_cell(student.status), _number(earned), points, *each]
        table.writerow([*row, len(student.flags), *who])
    return MARK + out.getvalue()


def text_cell(text: str) -> str:
    """With an apostrophe in front where a spreadsheet would take it for a formula. White space is made plain first."""
    text = one_line(text)
    return f"'{text}" if text.startswith(FORMULA) else text


def _number(earned: int | None) -> int | str:
    return "" if earned is None else earned
