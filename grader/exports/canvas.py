"""Canvas: the gradebook that the instructor exported, with one column filled, to be imported again.

Only the columns that identify students and the filled column are returned: other assignments may have been graded
since the export, and importing old cells would undo that. A cell without new points keeps its content. Cells are not
made safe for spreadsheets: they are Canvas's own, and one more apostrophe would be another name.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata

from course.base.errors import UsageError
from grader.exports.text import one_line
from grader.results import NOT_GRADABLE, StudentResult

IDS = ("SIS Login ID", "ID", "SIS User ID")
WHO = ("Student", *IDS, "Integration ID", "Root Account", "Section")
NOT_STUDENTS = ("points possible", "manual posting", "student, test", "test student", "")


def canvas_gradebook(exported_csv: str, assignment: str, results: list[StudentResult]) -> tuple[str, list[str]]:
    """The CSV to import, and a line for everything that was not matched or not filled, on both sides.

    `assignment` is the column's whole heading, its name without Canvas's "(12345)", or that number. A student is found
    by an id, else by the name; if two rows or two submissions fit, neither is taken. Raises UsageError if the file is
    not a gradebook or the assignment is not one of its columns.
    """
    mark, text = ("\ufeff", exported_csv[1:]) if exported_csv.startswith("\ufeff") else ("", exported_csv)
    separator = ";" if text.splitlines()[:1] and text.splitlines()[0].startswith(("Student;", '"Student";')) else ","
    table = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    header = [cell.strip() for cell in table[0]] if table else []
    if not header or header[0] != "Student" or not any(name in header for name in IDS):
        raise UsageError(
            "this is no gradebook as Canvas exports it: its first column must be 'Student', "
            f"and one of {', '.join(IDS)} must follow"
        )
    column = _column(header, assignment)
    width = len(header)
    body = [row + [""] * (width - len(row)) for row in table[1:] if row]
    people = [row for row in body if _name(row[0]) not in NOT_STUDENTS]

    lines: list[str] = []
    claims: dict[int, list[StudentResult]] = {}
    for student in results:
        candidates = _candidates(student, people, header)
        if len(candidates) == 1:
            claims.setdefault(candidates[0], []).append(student)
        elif candidates:
            names = "; ".join(one_line(people[i][0]) for i in candidates)
            lines.append(
                f"{one_line(student.student)}: fits {len(candidates)} rows of the gradebook ({names}); none taken"
            )
        else:
            lines.append(f"{one_line(student.student)}: is in no row of the gradebook")
    for i, students in sorted(claims.items()):
        if len(students) > 1:
            names = "; ".join(one_line(s.student) for s in students)
            lines.append(f"{one_line(people[i][0])}: {len(students)} submissions fit this row ({names}); none taken")
            continue
        (student,) = students
        if student.earned is None:
            lines.append(f"{one_line(student.student)}: the grader failed; the cell is as it was")
            continue
        if student.status == NOT_GRADABLE:
            lines.append(f"{one_line(student.student)}: nothing usable was handed in; 0 is entered")
        people[i][column] = str(student.earned)
    for i, row in enumerate(people):
        if i not in claims:
            lines.append(f"{one_line(row[0])}: a row of the gradebook without a submission; the cell is as it was")
    lines += _points(body, column, results)

    kept = [i for i, name in enumerate(header) if name in WHO or i == column]
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator="\n")
    writer.writerows([row[i] for i in kept] for row in [table[0] + [""] * (width - len(table[0])), *body])
    return mark + out.getvalue(), lines


def _column(header: list[str], assignment: str) -> int:
    wanted = assignment.strip()
    choices = [i for i, name in enumerate(header) if name not in WHO and re.search(r"\(\d+\)$", name)]
    rules = (  # the first that fits anything decides
        lambda name: name == wanted,
        lambda name: name.endswith(f"({wanted})"),
        lambda name: re.sub(r"\s*\(\d+\)$", "", name) == wanted,
    )
    for fits in rules:
        found = [i for i in choices if fits(header[i])]
        if len(found) == 1:
            return found[0]
        if found:
            raise UsageError(f"{assignment!r} fits {len(found)} columns of the gradebook; give the number in brackets")
    known = ", ".join(repr(header[i]) for i in choices) or "none"
    raise UsageError(f"the gradebook has no assignment {assignment!r}; its assignments are: {known}")


def _candidates(student: StudentResult, people: list[list[str]], header: list[str]) -> list[int]:
    """The rows that may be `student`'s. If Canvas wrote its number into the name of the submission, only that counts,
    since students choose their names; else any id, and if no id fits, the name."""
    if "canvas" in student.ids and "ID" in header:
        column = header.index("ID")
        return [i for i, row in enumerate(people) if row[column].strip() == student.ids["canvas"]]
    wanted = student.student.strip().casefold()
    ids = [header.index(name) for name in IDS if name in header]
    found = [i for i, row in enumerate(people) if any(row[k].strip().casefold() == wanted for k in ids)]
    return found or [i for i, row in enumerate(people) if _name(student.student) in _names(row[0])]


def _names(cell: str) -> set[str]:
    """ "Doe, Jane" may be a folder called "Doe, Jane", "Jane Doe", "jane_doe", "Doe Jane" or, by Canvas, "doejane"."""
    last, comma, first = cell.partition(",")
    both = {_name(cell)}
    if comma:
        both |= {_name(f"{first} {last}"), _name(f"{last} {first}"), _name(f"{last}{first}").replace(" ", "")}
    return both


def _name(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).casefold().replace("_", " ")
    return " ".join(text.split())


def _points(body: list[list[str]], column: int, results: list[StudentResult]) -> list[str]:
    """A line if Canvas counts other points than the grading: it would take 12 of 20 for 12 of 100."""
    possible = next((row[column].strip() for row in body if _name(row[0]) == "points possible"), "")
    points = max((student.points for student in results), default=0)
    try:
        differs = bool(possible) and points > 0 and float(possible.replace(",", ".")) != points
    except ValueError:  # "(read only)"
        return []
    return [f"Canvas counts {possible} points for this assignment, and the grading {points}"] if differs else []
