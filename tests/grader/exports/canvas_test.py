"""The gradebook that Canvas exported, filled."""

import csv
import io
import re

import pytest

from course.base.errors import UsageError
from grader.exports.canvas import canvas_gradebook
from grader.results import GRADER_ERROR, NOT_GRADABLE, PASSED
from tests.grader.example_results import student

GRADEBOOK = """\
Student,ID,SIS User ID,SIS Login ID,Section,Essay (77),GRPO (101),Final Score
,,,,,Manual Posting,,(read only)
    Points Possible,,,,,10.00,7.00,(read only)
"Doe, Jane",501,s1,jdoe,A,9,,80
"Doe, John",502,s2,jdoe2,A,8,3,70
"Smith, Ann",503,s3,asmith,B,,,60
"Smith, Ann",504,s4,asmith4,B,,,60
"Test, =1",505,s5,,B,7,,60
"Student, Test",999,,feed,,,,
"""


def filled(results, assignment="GRPO (101)", exported=GRADEBOOK):
    made, lines = canvas_gradebook(exported, assignment, results)
    return list(csv.reader(io.StringIO(made, newline=""))), lines


@pytest.mark.parametrize("assignment", ["GRPO (101)", "GRPO", "101", " GRPO "])
def test_one_column_is_filled_and_all_rows_stay(assignment):
    cells, lines = filled([student("JDOE"), student("502", (PASSED,) * 3)], assignment)
    assert cells[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "GRPO (101)"]
    assert cells[1] == [""] * 6 and cells[2][0] == "    Points Possible" and cells[2][5] == "7.00"
    assert [row[5] for row in cells[3:]] == ["1", "7", "", "", "", ""]
    assert [row[0] for row in cells[3:]] == [
        "Doe, Jane", "Doe, John", "Smith, Ann", "Smith, Ann", "Test, =1", "Student, Test"
    ]  # fmt: skip
    assert len(lines) == 3 and all("without a submission" in line for line in lines)


@pytest.mark.parametrize("name", ["jdoe", "501", "s1", "Doe, Jane", "jane_doe", "DOE JANE", "doejane"])
def test_whoever_is_known_by_one_thing_is_found(name):
    cells, lines = filled([student(name)])
    assert cells[3][5] == "1" and not any(line.startswith(f"{name}:") for line in lines)


def test_the_number_in_what_canvas_hands_over_settles_who_it_is():
    # "smithann_504_67890_grpo.py" as Canvas names a download: last and first name together, and its own number.
    ids = {"smithann": "504", "smithann (503)": "503"}
    cells, lines = filled([student(name, ids={"canvas": number}) for name, number in ids.items()])
    assert [row[5] for row in cells[3:7]] == ["", "3", "1", "1"]
    assert len(lines) == 3 and all("without a submission" in line for line in lines)
    cells, lines = filled([student("jdoe", ids={"canvas": "4711"})])  # a display name that is somebody else's login
    assert cells[3][5] == "" and lines[0] == "jdoe: is in no row of the gradebook"


def test_between_two_nobody_is_chosen():
    cells, lines = filled([student("Ann Smith"), student("jdoe"), student("501"), student("nobody")])
    assert [row[5] for row in cells[3:7]] == ["", "3", "", ""]
    message = "\n".join(lines)
    assert "Ann Smith: fits 2 rows" in message and "Doe, Jane: 2 submissions fit this row (jdoe; 501)" in message
    assert "nobody: is in no row" in message and message.count("Smith, Ann: a row of the gradebook without") == 2
    both = GRADEBOOK.replace("503,s3", "jdoe,s3")  # one's id is another's login
    cells, lines = filled([student("jdoe")], exported=both)
    assert [row[5] for row in cells[3:6]] == ["", "3", ""] and "jdoe: fits 2 rows" in lines[0]


def test_our_fault_changes_no_cell():
    cells, lines = filled([student("jdoe2", (GRADER_ERROR,)), student("jdoe", (), NOT_GRADABLE)])
    assert cells[4][5] == "3" and any("jdoe2: the grader failed" in line for line in lines)
    assert cells[3][5] == "0" and any("jdoe: nothing usable" in line for line in lines)


def test_other_points_in_canvas_are_reported():
    _, lines = filled([student("jdoe")], exported=GRADEBOOK.replace("7.00", "100"))
    assert "Canvas counts 100 points for this assignment, and the grading 7" in lines
    assert not any("Canvas counts" in line for line in filled([student("jdoe")])[1])


def test_a_gradebook_of_another_country_or_of_excel():
    other = "\ufeff" + GRADEBOOK.replace(",", ";").replace('"Doe; Jane"', '"Doe, Jane"')
    made, _ = canvas_gradebook(other, "GRPO", [student("jdoe")])
    assert made.startswith("\ufeffStudent;ID;") and "Doe, Jane;501;s1;jdoe;A;1\n" in made


@pytest.mark.parametrize(("exported", "assignment", "message"), [
    ("", "GRPO", "no gradebook as Canvas exports it"),
    ("name,points\na,1\n", "GRPO", "no gradebook as Canvas exports it"),
    (GRADEBOOK, "Quiz", "no assignment 'Quiz'; its assignments are: 'Essay (77)', 'GRPO (101)'"),
    (GRADEBOOK, "Section", "no assignment"),
    (GRADEBOOK.replace("Essay (77)", "GRPO (77)"), "GRPO", "fits 2 columns"),
])  # fmt: skip
def test_what_does_not_fit_is_reported(exported, assignment, message):
    with pytest.raises(UsageError, match=re.escape(message)):
        canvas_gradebook(exported, assignment, [])
