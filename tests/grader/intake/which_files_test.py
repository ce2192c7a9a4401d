"""What was handed in, taken apart: whose it is, which files count, and what is said about the others."""

import os

import pytest

from course.authoring import stubs
from course.base import manifest, python_source
from grader.exports.text import one_line, slug
from grader.intake import other_files, submission, unpack
from grader.intake.unpack import FILE
from tests.grader.intake.handed_in import ALL, DEEP, SAME, A, B, C, tarred, zipped

pytest_plugins = ["tests.grader.intake.class_fixtures"]


def test_a_file_is_found_by_the_end_of_its_path(hand_in):
    paths = [
        DEEP + A, "work/" + DEEP + A, A, "x/y/" + A, "loss/a.py", "a.py", "lesson01/loss/a.py",
        "loss/a (1).py", "a(2).py", "a-1.py", DEEP + "lesson01_one/loss/a (12).py", "lesson01_one (1)/loss/a.py",
    ]  # fmt: skip
    found = hand_in({f"s{number:02}/{path}": b"x = 1\n" for number, path in enumerate(paths)})
    for path, one in zip(paths, found.values(), strict=True):
        assert one.files == {A: b"x = 1\n"} and not one.flags
        assert one.problems == dict.fromkeys([B, C, SAME], "missing")
        assert f"{B}: missing" in one.notes and "lesson02_two: nothing was handed in" in one.notes
        copied = any("without the number of a copy" in note for note in one.notes)
        assert copied == any(mark in path for mark in ("(", "-1"))


def test_other_files_are_not_taken(hand_in):
    paths = [
        ".git/" + A, "__MACOSX/" + A, "runs/" + A, "env/" + A, "lab/a.py", "lesson02_two/loss/a.py",
        "lesson01_one/loss/._a.py", "lesson01_one/testcases/a.py", "lesson01_one/a.png", "lesson01_one/test_a.py",
        "lesson01_one/README.md", "lesson01_one/walkthrough.ipynb", "loss/a (1) (1).py", "loss/a (1234).py",
        "loss/a.py/x", "solutions-1/" + A, "kept/" + A,
    ]  # fmt: skip
    found = hand_in({f"s{number:02}/{path}": b"x = 1\n" for number, path in enumerate(paths)})
    assert len(found) == len(paths)
    for one in found.values():
        assert one.files == {} and one.problems[A] == "missing"
        assert one.notes[0] == f"nothing was found that a lesson asks for, such as {A}"


def test_what_is_unclear_is_not_guessed(hand_in, stub):
    found = hand_in({
        "ada/data/same.py": b"x = 1", "bob/same (1).py": b"", "cy/x/" + A: b"x = 1", "cy/y/" + A: b"x = 2",
        "dd/loss/a (1).py": b"x = 1", "dd/loss/a (2).py": b"x = 2",
    })  # fmt: skip
    for name, path in (("ada", "data/same.py"), ("bob", "same (1).py")):
        assert all(f"{path} could be {B} or {SAME}" in found[name].problems[key] for key in (B, SAME))
    for name, paths in (("cy", f"x/{A}, y/{A}"), ("dd", "loss/a (1).py, loss/a (2).py")):
        assert found[name].problems[A] == f"missing: it is not clear which file counts: {paths}"
        assert found[name].flags == [f"{A}: {found[name].problems[A]}"]
    assert not any(one.files for one in found.values())


def test_of_several_the_longest_path_counts_and_a_copy_does_not(hand_in):
    found = hand_in({
        "ada/" + DEEP + A: b"x = 1", "ada/loss/a.py": b"x = 2", "ada/a.py": b"x = 3",
        "bob/a.py": b"x = 1", "bob/loss/a (1).py": b"x = 2",
        "cy/old/" + C: b"x = 3", "cy/new/" + C: b"x = 3",
        "dd/lesson02_two (1)/data/same.py": b"x = 1", "dd/lesson01_one-2/data/same.py": b"x = 2",
    })  # fmt: skip
    assert {name: one.files for name, one in found.items()} == {
        "ada": {A: b"x = 1"}, "bob": {A: b"x = 1"}, "cy": {C: b"x = 3"}, "dd": {SAME: b"x = 1", B: b"x = 2"},
    }  # fmt: skip
    assert f"{A}: {DEEP}{A} counts, not a.py, loss/a.py" in found["ada"].notes


def test_an_untouched_stub_gives_way_to_what_was_written_elsewhere(hand_in, stub):
    places = [(DEEP + A, "answers/" + A), (DEEP + A, "a.py"), (DEEP + A, "loss/a (1).py"), ("a.py", "answers/" + A)]
    files = {}
    for number, (at, other) in enumerate(places):
        files |= {f"s{number}/{at}": stub.replace(b"\n", b"\r\n") if number else stub, f"s{number}/{other}": b"x = 1"}
    for one, (_, other) in zip(hand_in(files).values(), places, strict=True):
        assert one.files == {A: b"x = 1"} and f"taken in place of untouched stubs: {other}" in one.notes


def test_a_stub_gives_way_to_nothing_that_is_unclear(hand_in, stub):
    found = hand_in({
        f"ada/{DEEP}{A}": stub, "ada/one/" + A: b"x = 1", "ada/two/" + A: b"x = 2",
        f"bob/{DEEP}{A}": stub, "bob/old/" + A: stub,
        f"cy/{DEEP}{A}": stub, "cy/old/" + A: b"x = 1" * FILE,
        f"dd/{DEEP}{A}": stub + b"# mine", "dd/old/" + A: b"x = 1",
        f"ee/{DEEP}{A}": stub, "ee/kept/" + A: b"x = 1", "ee/solutions (2)/" + A: b"x = 1",
        f"ff/{DEEP}{A}": stub, **{f"ff/{i:02}/{A}": b"x = 1" for i in range(11)},  # too many to be looked at
    })  # fmt: skip
    assert {name: one.files.get(A) for name, one in found.items()} == {
        "ada": None, "bob": stub, "cy": None, "dd": stub + b"# mine", "ee": stub, "ff": stub,
    }  # fmt: skip
    assert f"not clear which file counts: one/{A}, two/{A}" in found["ada"].problems[A]
    assert "larger than" in found["cy"].problems[A]


def test_the_courses_own_reference_is_taken_whole_with_one_note_on_many_stubs(tmp_path):
    lessons = manifest.read_all()
    wanted = {f"{x.name}/{f}": (x.solution / f).read_bytes() for x in lessons for f in stubs.files(x)}
    for lesson in lessons:
        for file in stubs.files(lesson):
            for place in ("ada/tutorial", "bob/answers", "bob/tutorial"):
                path = tmp_path / "class" / place / lesson.folder.parent.name / lesson.name / file
                path.parent.mkdir(parents=True, exist_ok=True)
                untouched = place == "bob/tutorial"
                path.write_bytes(stubs.stub_of(lesson, file).encode() if untouched else wanted[f"{lesson.name}/{file}"])
    ada, bob = submission.survey(tmp_path / "class", lessons, False).submissions
    assert ada == submission.Submission("ada", wanted)
    assert bob.files == wanted and len(bob.notes) == 1 and len(bob.notes[0]) < 400
    folders = {part for key in wanted for part in key.split("/")[1:-1]}
    assert not folders & {*unpack.SKIPPED, *other_files.NO_ANSWERS}


# --- whose it is -----------------------------------------------------------------------------------------------------


def test_canvas_files_are_brought_together_and_of_uploads_the_last_counts(hand_in):
    found = hand_in({
        "lovelaceada_12345_111_a.py": b"x = 1", "lovelaceada_12345_112_b.py": b"x = 2",
        "turingalan_LATE_777_113_work.zip": zipped({A: b"x = 3", SAME: b"x = 4"}),
        "adal_12346_991_a.py": b"x = 0", "adal_12346_992_a-2.py": b"x = 2", "adal_12346_993_a-1.py": b"x = 1",
        "bob_222_971_w.tar.gz": tarred({A: b"x = 0", C: b"x = 0"}), "bob_222_973_w-10.tar.gz": tarred({A: b"x = 10"}),
        "bob_222_972_w-9.tar.gz": tarred({A: b"x = 9"}),
    })  # fmt: skip
    assert {name: one.files for name, one in found.items()} == {
        "lovelaceada": {A: b"x = 1", C: b"x = 2"}, "turingalan": {A: b"x = 3", SAME: b"x = 4"},
        "adal": {A: b"x = 2"}, "bob": {A: b"x = 10"},
    }  # fmt: skip
    assert found["lovelaceada"].ids == {"canvas": "12345"} and not found["lovelaceada"].flags
    assert found["turingalan"].flags == ["marked LATE by Canvas"]


def test_moodle_folders_and_flat_files(survey):
    found = survey({
        f"Ada Lovelace_301_assignsubmission_file_/{A}": b"x = 1",
        "Ada Lovelace_301_assignsubmission_onlinetext_/onlinetext.html": b"<p>",
        "Alan Turing_302_assignsubmission_file_a.py": b"x = 2",
        "José_303_assignsubmission_file_/w.zip": zipped({C: b"x = 3"}),
        f"Alan Turing_302_assignsubmission_file__12345_assignsubmission_file_/{A}": b"x = 4",  # somebody's display name
    })  # fmt: skip
    assert {one.student: (one.files, one.ids) for one in found.submissions} == {
        "Ada Lovelace": ({A: b"x = 1"}, {"moodle": "301"}), "Alan Turing": ({A: b"x = 2"}, {"moodle": "302"}),
        "José": ({C: b"x = 3"}, {"moodle": "303"}),
    }  # fmt: skip
    assert "not clear where the student's name ends" in found.remarks[0]


METADATA = b"""---
submission_11:
  :submitters:
  - :name: Ada Lovelace
    :email: ada@example.org
    :sid: '007'
  :created_at: 2026-01-01 10:00:00.000000000 Z
  :results:
    output: |
      submission_99:
        :submitters:
        - :name: Forged
  :history: []
submission_12:
  :submitters:
  - :name: 'Bob: "B"'
    :email: bob@example.org
    :sid:
  - :name: Cy
    :email: cy@example.org
  :score: 1.0
submission_13:
  :submitters:
  - :name: Gone
    :email: gone@example.org
"""


@pytest.mark.parametrize(("around", "packed"), [("", False), ("assignment_5_export/", True)])
def test_gradescope_says_whose_a_folder_is(survey, tmp_path, around, packed):
    files = {
        "submission_metadata.yml": METADATA, f"submission_11/{A}": b"x = 1", "submission_12/a.py": b"x = 2",
        "submission_14/a.py": b"x = 3",
    }  # fmt: skip
    files = {around + path: data for path, data in files.items()}
    (tmp_path / "all.zip").write_bytes(zipped(files))
    found = survey({}, name="all.zip") if packed else survey(files)
    assert [(s.student, s.files, s.ids) for s in found.submissions] == [
        ("Ada Lovelace", {A: b"x = 1"}, {"email": "ada@example.org", "sid": "007"}),
        ('Bob: "B"', {A: b"x = 2"}, {"email": "bob@example.org"}),
        ("Cy", {A: b"x = 2"}, {"email": "cy@example.org"}),
        ("submission_14", {A: b"x = 3"}, {}),
    ]
    assert found.submissions[1].notes[0] == "handed in by 2 people together"
    assert found.remarks == ["submission_13: named in submission_metadata.yml, but not there"]


def test_two_submissions_of_one_student_count_if_they_are_the_same(hand_in):
    found = hand_in({"Ada/" + A: b"x = 1", "ada.zip": zipped({A: b"x = 2"}),
                     "bob/" + A: b"x = 1", "bob.zip": zipped({"x/" + A: b"x = 1"})})  # fmt: skip
    why = "handed in 2 times, and it is not clear which counts: Ada, ada.zip"
    ada, bob = found["Ada"], found["bob"]
    assert ada.files == {} and ada.problems == dict.fromkeys(ALL, why) and why in ada.notes and why in ada.flags
    assert bob.files == {A: b"x = 1"} and "handed in 2 times, each the same: bob, bob.zip" in bob.notes


@pytest.mark.parametrize(("names", "students"), [
    (["Jo_5_assignsubmission_file_a.py", "Jo_6_assignsubmission_file_a.py"], ["Jo (5)", "Jo (6)"]),
    (["al_111_9001_a.py", "al_222_9002_a.py", "al/a.py"], ["al", "al (111)", "al (222)"]),
    (["bob/a.py", "bob\u2061/a.py"], ["bob", "bob [2]"]),  # they look alike, and so they do
    (["bob/a.py", "bob\u200d/a.py"], ["bob", "bob\u200d [2]"]),
    (["Strasse/a.py", "Straße/a.py"], ["Strasse", "Straße [2]"]),
    (["x" * 130 + "a/a.py", "x" * 130 + "b/a.py"], ["x" * 117 + "...", "x" * 117 + "... [2]"]),
    ([os.fsdecode(b"M\xfcl/a.py"), os.fsdecode(b"M\xf6l/a.py")], ["M\ufffdl", "M\ufffdl [2]"]),
    (["hw_2024_05_ada.zip/a.py", "lesson_13_14_cy.zip/a.py"], ["hw_2024_05_ada.zip", "lesson_13_14_cy.zip"]),
    (["submission/a.py", "submission/Screenshot_2024_05_12.png"], ["submission"]),
])  # fmt: skip
def test_two_students_are_never_made_one(hand_in, names, students):
    found = hand_in({name: f"x = {number}".encode() for number, name in enumerate(names)})
    assert sorted(found) == students and len({one.files[A] for one in found.values()}) == len(students)


def test_names_are_clean_and_in_order_and_a_file_of_nobody_is_a_remark(survey):
    names = ["b\u202egnp", "Zoë", "=1+1", "a,b", "ada\tx", "<b>", "o" * 200]
    found = survey({f"{name}/a.py": b"" for name in names} | {"grades.csv": b"", "a.py": b"x = 1", ".DS_Store": b""})
    assert [s.student for s in found.submissions] == ["<b>", "=1+1", "a,b", "ada x", "bgnp", "o" * 117 + "...", "Zoë"]
    assert [remark.split(":")[0] for remark in found.remarks] == ["a.py", "grades.csv"]
    assert all(one_line(s.student) == s.student for s in found.submissions)


def test_a_slug_is_a_safe_name_and_a_different_one_for_every_student():
    names = ["ada", "Ada", "ada_l", "ada l", "ada-l", "..", "", "/", "con", "nul", "COM1", "Ωmega", "Ω", "a" * 300,
             "a" * 301, "=1", "ada_0123456789", "lpt9", "a.b", "a\ud800", "x\n"]  # fmt: skip
    names += [slug(name) for name in names]  # what looks like a slug has another one
    found = [slug(name) for name in dict.fromkeys(names)]
    assert len({s.lower() for s in found}) == len(found)
    assert all(s.isascii() and s.replace("_", "").isalnum() and len(s) <= 80 for s in found)
    assert not {s.lower() for s in found} & {"con", "nul", "com1", "lpt9"}
    assert slug("ada") == "ada" and slug("Ada Lovelace").startswith("Ada_Lovelace_")


def test_a_failure_of_our_own_stops_nobody_else_and_is_no_zero(hand_in, monkeypatch):
    right = python_source.check
    monkeypatch.setattr(python_source, "check", lambda data: right(data) if data != b"bad" else 1 / 0)
    found = hand_in({"ada/a.py": b"bad", "bob/a.py": b"x = 1"})
    assert found["ada"].fault == "ZeroDivisionError: division by zero" and set(found["ada"].problems) == set(ALL)
    assert found["bob"].fault == "" and found["bob"].files == {A: b"x = 1"}


# --- what is beside the answers ---------------------------------------------------------------------------------------


def test_odd_files_are_flagged_and_not_taken(hand_in):
    cases = {"sitecustomize.py": "sitecustomize.py is code that runs", "x.pth": "x.pth is code that runs",
             "loss/a.cpython-311-x86_64-linux-gnu.so": "compiled code",
             "solutions/stage01_x/" + A: "solutions/ is a folder like the reference's"}  # fmt: skip
    files = {f"s{number}": {path: b"x = 9\n", A: b"x = 1\n"} for number, path in enumerate(cases)}
    found = hand_in({f"{name}/{path}": data for name, inner in files.items() for path, data in inner.items()})
    for one, says in zip(found.values(), cases.values(), strict=True):
        assert one.files == {A: b"x = 1\n"} and len(one.flags) == 1 and says in one.flags[0]


def test_what_everybody_has_is_no_flag_and_lists_are_bounded(hand_in):
    common = ["conftest.py", DEEP + "lesson01_one/testcases/basic_test.py", "lab/rl/rewards.py", ".git/hooks/x.pth",
              "loss/__pycache__/a.cpython-311.pyc", "my_notes.py", "loss/helper_test.py"]  # fmt: skip
    found = hand_in({f"ada/{path}": b"" for path in [*common, A]} | {f"bob/{i:02}.pth": b"" for i in range(30)}
                    | {f"cy/{i:02}.rar": b"" for i in range(80)}
                    | {"bob/" + A: b"x = 1"})  # fmt: skip
    assert found["ada"].flags == []
    assert len(found["bob"].flags) == 20 and found["bob"].flags[-1] == "11 more odd files"
    assert len(found["cy"].notes) == submission.MOST_LINES and found["cy"].notes[-1].endswith(" more")


def test_what_is_close_to_a_missing_file_is_told_to_both(hand_in):
    cases = [
        ("lesson01_one/data/a.py", "lesson01_one/data/a.py, which belongs into lesson01_one/loss/"),
        ("lesson01_one_old/loss/a.py", "lesson01_one_old/loss/a.py, which belongs into lesson01_one/loss/"),
        ("tutorial/a.py", "tutorial/a.py, which belongs into lesson01_one/loss/"),
        ("kept/update-1/" + A, f"kept/update-1/{A} (nothing in kept/ counts)"),
        ("lesson01_one/loss/a.ipynb", "lesson01_one/loss/a.ipynb (hand in the .py file)"),
        ("work.ipynb", "work.ipynb (hand in the .py files)"),
        ("Copy of a.py", f"Copy of a.py (only {A} counts)"),
        ("loss/A.py", f"loss/A.py (only {A} counts)"),
        ("a_final.py", f"a_final.py (only {A} counts)"),
        ("a.py.txt", f"a.py.txt (only {A} counts)"),
        ("lesson01_one/loss/a", f"lesson01_one/loss/a (only {A} counts)"),
    ]
    found = hand_in({f"s{number:02}/{path}": b"x = 1" for number, (path, _) in enumerate(cases)}
                    | {"zip/w.zip": zipped({"a_final.py": b""})})  # fmt: skip
    cases.append(("w.zip", f"w.zip/a_final.py (only {A} counts)"))
    for one, (_, says) in zip(found.values(), cases, strict=True):
        assert one.files == {} and one.problems[A] == "missing"
        assert one.notes == [f"nothing was found that a lesson asks for, such as {A}", f"found {says}"]
        assert f"close to what is missing: {says}" in one.flags


def test_files_of_lessons_that_are_not_graded_are_close_to_nothing(tmp_path, lessons, write_files):
    files = {A: "from lesson02_two.data.same import x\n", C: "from lesson01_one.data.same import x\n", B: "", SAME: ""}
    kept = {name: text for name, text in files.items() if name != SAME}
    write_files(tmp_path / "class" / "ada", {DEEP + name: text for name, text in kept.items()})
    (ada,) = submission.survey(tmp_path / "class", lessons[1:], False).submissions
    assert ada.notes == [f"{SAME}: missing"] and not ada.flags


def test_nothing_found_is_a_flag_where_something_was_handed_in(hand_in, tmp_path):
    (tmp_path / "class" / "cy").mkdir(parents=True)
    found = hand_in({"ada/main.py": b"", "ada/report.pdf": b"", "bob/.DS_Store": b"", "dd.rar": b"Rar!"})
    says = "nothing was found that a lesson asks for; handed in: "
    assert {name: s.flags for name, s in found.items()} == {
        "ada": [f"{says}main.py and 1 more"], "bob": [], "cy": [], "dd": [f"{says}dd.rar"],
    }  # fmt: skip


def test_a_module_that_an_answer_imports_and_nobody_takes_is_told(hand_in):
    reported = [
        ("lesson01_one/loss/helpers.py", "from .helpers import mean"),
        ("lesson01_one/helpers.py", "import os, lesson01_one.helpers as h"),
        ("lesson01_one/helpers.py", "def f():\n    from lesson01_one import helpers"),
        ("helpers.py", "import helpers"),
    ]
    not_reported = [
        ("helpers.py", "x = 'import helpers'"), ("random.py", "import random"),
        ("lab/rl/rewards.py", "from lab.rl.rewards import x"), ("kept/helpers.py", "import helpers"),
        ("lesson01_one/data/same.py", "from lesson01_one.data.same import x"),
    ]  # fmt: skip
    files = {}
    for number, (path, code) in enumerate([*reported, *not_reported]):
        files |= {f"s{number:02}/{A}": code.encode(), f"s{number:02}/{path}": b""}
    found = list(hand_in(files).values())
    for one, (path, _) in zip(found, reported, strict=False):
        assert one.flags == [f"imported, and not used: {path}"]
        assert any(note.startswith(f"{path} is not used") and note.endswith("into loss/a.py") for note in one.notes)
    assert not any("not used" in line for one in found[len(reported) :] for line in one.notes + one.flags)
