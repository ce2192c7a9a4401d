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
    """The columns: student, status, earned, points, the points earned in each exercise, the number of flags, and the
    student's number in Canvas or Moodle, e-mail address or sid, if the LMS gave one.

    What the grader could not decide is an empty cell, never 0. The heading of an exercise's column has its name after
    the number: a spreadsheet would take "14.10" and "14.1" for the same.
    """
    out = io.StringIO()
    # Numbers are written bare, all text in quotes: the first column, which students choose, then stays one cell even in
    # a spreadsheet that separates by semicolons.
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
    """The text in one line, after an apostrophe if a spreadsheet would take it for a formula."""
    text = one_line(text)
    return f"'{text}" if text.startswith(FORMULA) else text


def _number(earned: int | None) -> int | str:
    return "" if earned is None else earned
