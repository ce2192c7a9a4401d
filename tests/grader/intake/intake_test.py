"""What was handed in, taken apart: whose it is, which files count, and what is refused."""

import functools
import gzip
import io
import os
import shutil
import struct
import tarfile
import time
import zipfile

import pytest

from course.authoring import stubs
from course.base import manifest
from course.base.errors import UsageError
from grader.exports import text as exports_text
from grader.intake import archives, class_folder, python_source, submission
from grader.intake.archives import FILE, KIB, MIB, Limits, Refused, unpack
from grader.intake.submission import collect, slug, survey

A, B, C = "lesson01_one/loss/a.py", "lesson01_one/data/same.py", "lesson02_two/loss/b.py"
SAME = "lesson02_two/data/same.py"
ALL = [A, B, C, SAME]
DEEP = "tutorial/stage01_x/"
SOLUTION = "def f():\n    # > Do it.\n    return 1\n\n\ndef g():\n    return 2\n"


@pytest.fixture
def lessons(tmp_path, write_files, manifest_text):
    """Two lessons; `data/same.py` is in both, `a.py` and `b.py` in one each."""
    root = tmp_path / "course"
    write_files(root, {
        f"{DEEP}lesson01_one/lesson.toml": manifest_text("01.1 loss/a.py:f", "01.2 loss/a.py:g", "01.3 data/same.py:h"),
        f"{DEEP}lesson02_two/lesson.toml": manifest_text("02.1 loss/b.py:f", "02.2 data/same.py:h"),
        f"{DEEP}lesson01_one/testcases/basic_test.py": "def test_f():\n    assert False\n",
        "conftest.py": "# the course's\n",
        "lab/rl/rewards.py": "# the course's\n",
        "solutions/stage01_x/lesson01_one/loss/a.py": SOLUTION,
    })  # fmt: skip
    return manifest.read_all(root)


@pytest.fixture
def hand_in(tmp_path, lessons):
    """`hand_in({"ada/loss/a.py": b"x = 1"})` gives the submissions by name; a bytes value is a file's content."""

    def hand_in(files):
        folder = tmp_path / "class"
        for name, data in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return {s.student: s for s in collect(folder, lessons)}

    return hand_in


def zipped(files, **more):
    """A zip of {name: bytes}; a ZipInfo may stand for a name."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, **more) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def tarred(members, mode="w:gz", **more):
    """A tar of (name or TarInfo, bytes) pairs."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode, **more) as archive:
        for name, data in members:
            info = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def member(name, kind=None, link="", mode=0):
    info = tarfile.TarInfo(name)
    if kind:
        info.type, info.linkname = kind, link
    info.mode = mode or info.mode
    return info


def linked(name, mode=0o120777):
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, mode << 16
    return info


# --- forms of a submission -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", [DEEP + A, "work/" + DEEP + A, A, "x/y/" + A, "loss/a.py", "a.py", "lesson01/loss/a.py"]
)
def test_a_file_is_found_by_the_end_of_its_path(hand_in, path):
    ada = hand_in({f"ada/{path}": b"x = 1\n", "bob/readme.txt": b""})["ada"]
    assert ada.files == {A: b"x = 1\n"}
    assert ada.problems == dict.fromkeys([B, C, SAME], "missing")
    assert ada.notes == ["lesson02_two: nothing was handed in", f"{B}: missing"]


@pytest.mark.parametrize("path", ["data/same.py", "same.py", "x/data/same.py"])
def test_a_name_that_two_lessons_have_is_not_guessed(hand_in, path):
    ada = hand_in({f"ada/{path}": b"x = 1\n"})["ada"]
    assert ada.files == {}
    assert all(f"{path} could be {B} or {SAME}" in ada.problems[key] for key in (B, SAME))


@pytest.mark.parametrize(
    "path",
    [
        ".git/" + A, "__MACOSX/" + A, "runs/" + A, "env/" + A, "lab/a.py", "lesson02_two/loss/a.py",
        "lesson01_one/loss/._a.py", "lesson01_one/testcases/a.py", "lesson01_one/a.png", "lesson01_one/test_a.py",
        "lesson01_one/README.md", "lesson01_one/walkthrough.ipynb",
    ],
)  # fmt: skip
def test_other_files_are_not_taken(hand_in, path):
    ada = hand_in({f"ada/{path}": b"x = 1\n"})["ada"]
    assert ada.files == {} and ada.problems[A] == "missing"
    assert ada.notes == [f"nothing was found that a lesson asks for, such as {A}"]


def test_another_way_to_write_a_name_is_said(hand_in):
    assert "loss/A.py is not written as" in hand_in({"ada/loss/A.py": b""})["ada"].problems[A]


def test_the_longest_end_counts(hand_in):
    ada = hand_in({"ada/" + DEEP + A: b"x = 1", "ada/loss/a.py": b"x = 2", "ada/a.py": b"x = 3"})["ada"]
    assert ada.files[A] == b"x = 1"
    assert f"{A}: {DEEP}{A} counts, not a.py, loss/a.py" in ada.notes


def test_a_tie_is_not_guessed_unless_it_makes_no_difference(hand_in):
    files = {"ada/old/" + A: b"x = 1", "ada/new/" + A: b"x = 2", "ada/old/" + C: b"x = 3", "ada/new/" + C: b"x = 3"}
    ada = hand_in(files)["ada"]
    assert ada.problems[A] == f"missing: it is not clear which file counts: new/{A}, old/{A}"
    assert ada.files == {C: b"x = 3"}


@pytest.fixture
def stub(lessons):
    """A's, as it was handed out."""
    return stubs.stub_of(lessons[0], "loss/a.py").encode()


@pytest.mark.parametrize("folder", ["", "grpo-course/", "a/b/"])
@pytest.mark.parametrize("packed", [False, True])
def test_a_bundles_own_stubs_are_not_opened(hand_in, stub, folder, packed):
    files = {"course/pristine.zip": zipped({A: stub, C: b"# a stub"}), DEEP + A: b"x = 1", "answers/" + C: b"x = 2"}
    files = {folder + name: data for name, data in files.items()}
    ada = hand_in({"ada.zip": zipped(files)} if packed else {f"ada/{k}": v for k, v in files.items()})["ada"]
    assert ada.files == {A: b"x = 1", C: b"x = 2"} and not ada.flags
    assert ada.notes == ["lesson01_one/data/same.py: missing", "lesson02_two/data/same.py: missing"]


@pytest.mark.parametrize(
    ("at", "other", "end"),
    [
        (DEEP + A, "answers/" + A, b"\n"),
        (DEEP + A, "answers/" + A, b"\r\n"),
        (DEEP + A, "a.py", b"\n"),
        (DEEP + A, "loss/a (1).py", b"\n"),
        ("backup/" + A, "answers/" + A, b"\n"),
        ("a.py", "answers/" + A, b"\n"),
    ],
)
def test_an_untouched_stub_gives_way_to_what_was_written_elsewhere(hand_in, stub, at, other, end):
    ada = hand_in({f"ada/{at}": stub.replace(b"\n", end), f"ada/{other}": b"x = 1"})["ada"]
    assert ada.files == {A: b"x = 1"} and f"taken in place of untouched stubs: {other}" in ada.notes


def test_a_stub_gives_way_to_nothing_that_is_unclear(hand_in, stub):
    found = hand_in({
        f"ada/{DEEP}{A}": stub, "ada/one/" + A: b"x = 1", "ada/two/" + A: b"x = 2",  # the longest end counts, as ever
        f"bob/{DEEP}{A}": stub, "bob/old/" + A: stub,
        f"cy/{DEEP}{A}": stub, "cy/old/" + A: b"x = 1" * FILE,  # is larger than what is read
        f"dd/{DEEP}{A}": stub + b"# mine", "dd/old/" + A: b"x = 1",
        f"ee/{DEEP}{A}": stub, "ee/kept/" + A: b"x = 1", "ee/solutions/" + A: b"x = 1",
        f"ff/{DEEP}{A}": stub, **{f"ff/{i}/{A}": b"x = 1" for i in range(10)},  # too many to be looked at
        "gg_12345_991_a.py": b"x = 0", "gg_12345_992_a-1.py": b"x = 1", "gg_12345_993_a-2.py": stub,  # the last counts
        f"hh/{DEEP}{A}": stub, "hh/old/" + A: b"x = 1", "hh/a.py": b"x = 1",
        f"ii/{DEEP}{A}": b"x = 1\n", "ii/old/" + A: b"x = 1\r\n", "ii/a.py": stub,
    })  # fmt: skip
    mine = {"dd": stub + b"# mine", "hh": b"x = 1", "ii": b"x = 1\n"}
    assert {name: s.files[A] for name, s in found.items()} == {name: mine.get(name, stub) for name in found}


def test_many_untouched_stubs_take_one_note(tmp_path):
    lessons = manifest.read_all()
    for lesson in lessons:
        for file in stubs.files(lesson):
            for folder, data in (("tutorial/s", stubs.stub_of(lesson, file).encode()), ("answers", b"x = 1")):
                path = tmp_path / "class" / "ada" / folder / lesson.name / file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
    (ada,) = collect(tmp_path / "class", lessons)
    assert set(ada.files.values()) == {b"x = 1"} and not ada.problems and not ada.flags
    (note,) = ada.notes
    assert note.startswith("taken in place of untouched stubs: answers/") and len(note) < 400


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("ada.zip", lambda files: zipped(dict(files))),
        ("ada.tar", lambda files: tarred(files, "w:")),
        ("ada.tar.gz", tarred),
        ("ada.tgz", lambda files: tarred(files, format=tarfile.GNU_FORMAT)),
        ("ada.TAR", lambda files: tarred(files, "w:", format=tarfile.USTAR_FORMAT)),
        ("ada/homework.zip", lambda files: zipped(dict(files))),
        ("ada/all.zip", lambda files: zipped({"in/x.zip": zipped(dict(files))})),
        ("ada.zip", lambda files: zipped({name.replace("/", "\\"): data for name, data in files})),
    ],
)
def test_archives_are_read(hand_in, name, pack):
    far = "f" * 60 + "/" + "g" * 60 + "/" + A  # longer than a plain tar header holds
    found = hand_in({name: pack([(far, b"x = 1\n"), (C, b"x = 2\n")]), "bob/readme.txt": b""})
    assert found["ada"].files == {A: b"x = 1\n", C: b"x = 2\n"}
    assert not found["ada"].flags


def test_a_class_in_one_archive_is_as_a_folder(tmp_path, lessons):
    files = {"all/ada/" + A: b"x = 1", "all/bob.zip": zipped({C: b"x = 2"}), "all/cy.tgz": tarred([(A, b"x = 3")])}
    (tmp_path / "all.zip").write_bytes(zipped(files))
    (tmp_path / "all.tar.gz").write_bytes(tarred(list(files.items())))
    shutil.unpack_archive(tmp_path / "all.zip", tmp_path / "here")
    found = [collect(tmp_path / name, lessons) for name in ("all.zip", "all.tar.gz", "here/all")]
    assert found[0] == found[1] == found[2]
    assert [(s.student, s.files) for s in found[0]] == [
        ("ada", {A: b"x = 1"}), ("bob", {C: b"x = 2"}), ("cy", {A: b"x = 3"}),
    ]  # fmt: skip


def test_one_students_folder_or_archive_may_be_given(tmp_path, lessons, write_files):
    write_files(tmp_path / "ada", {DEEP + A: "x = 1\n", "lab/rl/rewards.py": "# the course's\n", "README.md": ""})
    (tmp_path / "bob.zip").write_bytes(zipped({A: b"x = 2"}))
    for name, student in (("ada", "ada"), ("bob.zip", "bob")):
        (found,) = collect(tmp_path / name, lessons)
        assert found.student == student and list(found.files) == [A] and not found.flags


def test_what_is_no_class_is_said_in_one_sentence(tmp_path, lessons):
    (tmp_path / "a.txt").write_text("")
    (tmp_path / "b.zip").write_text("no zip")
    for name, says in (("gone", "does not exist"), ("a.txt", "no folder and no archive"), ("b.zip", "is damaged")):
        with pytest.raises(UsageError, match=says):
            collect(tmp_path / name, lessons)


def test_an_empty_folder_has_no_submissions(tmp_path, lessons):
    (tmp_path / "class").mkdir()
    assert collect(tmp_path / "class", lessons) == []


# --- the LMS -------------------------------------------------------------------------------------------------------


def test_canvas_files_are_brought_together_by_the_user(hand_in):
    found = hand_in({
        "lovelaceada_12345_111_a.py": b"x = 1", "lovelaceada_12345_112_b.py": b"x = 2",
        "turingalan_LATE_777_113_work.zip": zipped({A: b"x = 3", SAME: b"x = 4"}),
    })  # fmt: skip
    assert found["lovelaceada"].files == {A: b"x = 1", C: b"x = 2"} and found["lovelaceada"].ids == {"canvas": "12345"}
    assert found["turingalan"].files == {A: b"x = 3", SAME: b"x = 4"}
    assert found["turingalan"].flags == ["marked LATE by Canvas"] and not found["lovelaceada"].flags


def test_of_canvas_uploads_the_last_one_counts(hand_in):
    found = hand_in({
        "adal_12345_991_a.py": b"x = 0", "adal_12345_992_a-2.py": b"x = 2", "adal_12345_993_a-1.py": b"x = 1",
        "bob_222_971_w.tar.gz": tarred([(A, b"x = 0"), (C, b"x = 0")]),
        "bob_222_973_w-10.tar.gz": tarred([(A, b"x = 10")]),
        "bob_222_972_w-9.tar.gz": tarred([(A, b"x = 9")]),
    })  # fmt: skip
    assert found["adal"].files[A] == b"x = 2"
    assert f"{A}: a-2.py counts, not a-1.py, a.py" in found["adal"].notes
    assert found["bob"].files == {A: b"x = 10", C: b"x = 0"}


def test_moodle_folders_and_flat_files(hand_in):
    found = hand_in({
        f"Ada Lovelace_301_assignsubmission_file_/{A}": b"x = 1",
        "Ada Lovelace_301_assignsubmission_onlinetext_/onlinetext.html": b"<p>",
        "Alan Turing_302_assignsubmission_file_a.py": b"x = 2",
        "José_303_assignsubmission_file_/w.zip": zipped({C: b"x = 3"}),
    })  # fmt: skip
    assert {name: s.files for name, s in found.items()} == {
        "Ada Lovelace": {A: b"x = 1"}, "Alan Turing": {A: b"x = 2"}, "José": {C: b"x = 3"},
    }  # fmt: skip
    assert found["José"].ids == {"moodle": "303"}


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


@pytest.mark.parametrize("around", ["", "assignment_5_export/"])
def test_gradescope_says_whose_a_folder_is(tmp_path, lessons, around):
    folder = tmp_path / "class"
    for name, data in {
        "submission_metadata.yml": METADATA, f"submission_11/{A}": b"x = 1", "submission_12/a.py": b"x = 2",
        "submission_14/a.py": b"x = 3",
    }.items():  # fmt: skip
        path = folder / around / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    found = survey(folder, lessons)
    assert [(s.student, s.files, s.ids) for s in found.submissions] == [
        ("Ada Lovelace", {A: b"x = 1"}, {"email": "ada@example.org", "sid": "007"}),
        ('Bob: "B"', {A: b"x = 2"}, {"email": "bob@example.org"}),
        ("Cy", {A: b"x = 2"}, {"email": "cy@example.org"}),
        ("submission_14", {A: b"x = 3"}, {}),
    ]
    assert found.submissions[1].notes[0] == "handed in by 2 people together"
    assert found.remarks == ["submission_13: named in submission_metadata.yml, but not there"]


def test_metadata_that_is_no_yaml_leaves_the_folders_names(hand_in):
    bad = b"submission_1:\n  :submitters:\n  - [{: \n"
    assert list(hand_in({"submission_metadata.yml": bad, f"submission_1/{A}": b""})) == ["submission_1"]


# --- whose it is ---------------------------------------------------------------------------------------------------


def test_two_submissions_of_one_student_are_reported(hand_in):
    ada = hand_in({"Ada/" + A: b"x = 1", "ada.zip": zipped({A: b"x = 2"})})["Ada"]
    said = "handed in 2 times, and it is not clear which counts: Ada, ada.zip"
    assert ada.files == {} and ada.problems == dict.fromkeys(ALL, said)
    assert said in ada.notes and said in ada.flags


def test_two_equal_submissions_need_no_guess(hand_in):
    ada = hand_in({"ada/" + A: b"x = 1", "ada.zip": zipped({"x/" + A: b"x = 1"})})["ada"]
    assert ada.files == {A: b"x = 1"} and "handed in 2 times, each the same: ada, ada.zip" in ada.notes


def test_two_students_of_one_name_are_told_apart_by_their_numbers(hand_in):
    found = hand_in({"Jo_5_assignsubmission_file_a.py": b"x = 1", "Jo_6_assignsubmission_file_a.py": b"x = 2"})
    assert {name: s.files[A] for name, s in found.items()} == {"Jo (5)": b"x = 1", "Jo (6)": b"x = 2"}


def test_a_file_of_nobody_is_a_remark(tmp_path, lessons, write_files):
    write_files(tmp_path / "class", {"grades.csv": "", "a.py": "x = 1\n", "ada/a.py": "x = 2\n", ".DS_Store": ""})
    found = survey(tmp_path / "class", lessons)
    assert [s.student for s in found.submissions] == ["ada"]
    assert [r.split(":")[0] for r in found.remarks] == ["a.py", "grades.csv"]


def test_names_are_clean_unique_and_in_order(hand_in):
    names = ["b\u202egnp", "Zoë", "=1+1", "a,b", "ada\tx", "<b>", "o" * 200]
    found = list(hand_in({f"{name}/a.py": b"" for name in names}))
    assert found == ["<b>", "=1+1", "a,b", "ada x", "bgnp", "o" * 117 + "...", "Zoë"]


def test_a_slug_is_a_safe_name_and_a_different_one_for_every_student():
    names = ["ada", "Ada", "ada_l", "ada l", "ada-l", "..", "", "/", "con", "nul", "COM1", "Ωmega", "Ω", "a" * 300,
             "a" * 301, "=1", "ada_0123456789", "lpt9", "a.b", "a\ud800", "x\n"]  # fmt: skip
    names += [slug(name) for name in names]  # what looks like a slug has another one
    found = [slug(name) for name in dict.fromkeys(names)]
    assert len({s.lower() for s in found}) == len(found)
    assert all(s.isascii() and s.replace("_", "").isalnum() and len(s) <= 80 for s in found)
    assert not {s.lower() for s in found} & {"con", "nul", "com1", "lpt9"}
    assert slug("ada") == "ada" and slug("Ada Lovelace").startswith("Ada_Lovelace_")


# --- what is refused -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (zipped({linked(A): b"/etc/passwd"}), "is a symbolic link"),
        (zipped({linked(A, 0o010644): b""}), "is no plain file"),
        (zipped({"../" * 3 + A: b"x = 1"}), "has a path that leaves its folder"),
        (zipped({"/tmp/" + A: b"x = 1"}), "has an absolute path"),
        (zipped({"C:\\x\\" + A: b"x = 1"}), "has an absolute path"),
        (zipped({"\u202e/" + A: b"x = 1"}), "has control characters in its name"),
        (zipped({"a\n/" + A: b"x = 1"}), "has control characters in its name"),
        (zipped({A: b"x = 1", A.replace("one", "one").upper().replace("LESSON01_ONE", "lesson01_one"): b""}), "twice"),
        (zipped({"x/" * 40 + A: b"x = 1"}), "too deep"),
        (tarred([(member(A, tarfile.SYMTYPE, "/etc/passwd"), b"")]), "is a symbolic link"),
        (tarred([("x.py", b"x = 1"), (member(A, tarfile.LNKTYPE, "x.py"), b"")]), "is a hard link"),
        (tarred([(member(A, tarfile.FIFOTYPE), b"")]), "is no plain file"),
        (tarred([(member(A, tarfile.CHRTYPE), b"")]), "is no plain file"),
        (tarred([("../" + A, b"x = 1")]), "has a path that leaves its folder"),
        (tarred([("/" + A, b"x = 1")], format=tarfile.PAX_FORMAT), "has an absolute path"),
        (tarred([(A, b"x = 1"), (A, b"x = 2")]), "twice"),
    ],
)
def test_a_member_that_is_no_plain_file_is_refused(hand_in, data, says):
    ada = hand_in({"ada/w.zip": data})["ada"]
    assert A not in ada.files and says in ada.problems[A]
    assert any(says in flag for flag in ada.flags)


def test_a_nul_in_a_name_is_refused(hand_in):
    data = zipped({"lesson01_one/loss/a.pyX.txt": b"x = 1"}).replace(b"a.pyX.txt", b"a.py\0.txt")
    ada = hand_in({"ada.zip": data})["ada"]
    assert ada.files == {} and "control characters" in ada.flags[0]


def test_an_encrypted_member_is_refused(hand_in):
    data = bytearray(zipped({A: b"x = 1"}))
    data[6] |= 1
    data[data.index(b"PK\1\2") + 8] |= 1
    ada = hand_in({"ada.zip": bytes(data)})["ada"]
    assert ada.problems[A] == f"ada.zip/{A} is encrypted"


def test_a_member_that_is_damaged_is_one_problem(hand_in):
    data = bytearray(zipped({A: b"x = 1", C: b"x = 2"}))
    at = data.index(b"PK\1\2") + 16
    data[at] ^= 1  # the checksum
    ada = hand_in({"ada.zip": bytes(data)})["ada"]
    assert ada.files == {C: b"x = 2"} and ada.problems[A] == f"ada.zip/{A} is damaged within its archive"


def huge(count=20_000):
    return zipped({f"{i}.txt": b"" for i in range(count)} | {A: b"x = 1"})


def bomb(count=129):
    return zipped({A: b"x = 1"} | {f"{i}.py": bytes(FILE) for i in range(count)})


def wrong_size():
    """A member that says it has 5 bytes and has 5 million."""
    data = bytearray(zipped({A: b" " * 5_000_000}))
    for mark, at in ((b"PK\3\4", 22), (b"PK\1\2", 24)):
        struct.pack_into("<L", data, data.index(mark) + at, 5)
    return bytes(data)


def backwards():
    """A tar member of a negative size, which would be read for ever."""
    data = bytearray(tarred([(A, b"x = 1")], "w:", format=tarfile.USTAR_FORMAT))
    data[124:136] = b"-0000001000\0"
    data[148:156] = b" " * 8
    data[148:156] = b"%06o\0 " % sum(data[:512])
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (huge(), "more than 20000 files"),
        (tarred([(f"{i}.txt", b"") for i in range(20_001)]), "more than 20000 files"),
        (bomb(), "more than 32 MiB"),
        (bomb(80), "times its size"),
        (tarred([(f"{i}.py", bytes(FILE)) for i in range(129)], "w:"), "more than 32 MiB"),
        (tarred([("zeros", bytes(20 * MIB))]), "times its size"),
        (gzip.compress(b""), "is damaged"),
        (tarred([(A, b"x = 1")])[:-20], "cut short"),
        (tarred([(A, b"x = 1")], "w:")[:512], "cut short"),
        (backwards(), "is damaged"),
        (b"", "is damaged"),
        (b"Rar!\x1a\x07", "is damaged"),
        (b"PK\3\4" + b"x" * 500, "is damaged"),
        (zipped({A: b"x = 1"})[:-30], "is damaged"),
    ],
    ids=[
        "a huge file", "files", "bomb", "ratio", "tar bomb", "tar ratio", "gzip alone", "gzip cut", "tar cut",
        "backwards", "empty", "rar", "no zip", "zip cut",
    ],
)  # fmt: skip
def test_an_archive_that_is_a_bomb_or_broken_is_refused_whole_and_alone(hand_in, data, says):
    found = hand_in({"ada.zip": data, "bob/" + A: b"x = 1"})
    assert found["ada"].files == {} and set(found["ada"].problems) == set(ALL)
    assert any(says in note for note in found["ada"].notes) and any(says in flag for flag in found["ada"].flags)
    assert found["bob"].files == {A: b"x = 1"}


@pytest.mark.parametrize("kind", ["zip", "tar.gz", "folder"])
def test_folders_that_nobody_looks_into_count_nothing(hand_in, monkeypatch, kind):
    monkeypatch.setattr(submission, "Limits", functools.partial(Limits, members=3, unpacked=KIB))
    monkeypatch.setattr(class_folder, "WALKED", 30)
    unseen = [".venv", ".git", "venv", "env", "node_modules", "lib/site-packages", "runs", "x/__pycache__", "wandb"]
    files = {f"{folder}/{i}.py": bytes(KIB) for folder in unseen for i in range(30)}
    files |= {f"{folder}/{i}.py": bytes(100) for folder in ("kept", "testcases") for i in range(3)}
    files = {f"course/{name}": data for name, data in files.items()} | {DEEP + A: b"x = 1", "b.py": b"x = 2"}
    name = {"zip": "ada.zip", "tar.gz": "ada.tar.gz"}.get(kind)
    handed = {name: zipped(files) if kind == "zip" else tarred(list(files.items()))} if name else {}
    ada = hand_in(handed or {f"ada/{path}": data for path, data in files.items()})["ada"]
    assert ada.files == {A: b"x = 1", C: b"x = 2"} and not ada.flags


def test_a_student_may_be_called_like_a_folder_that_nobody_looks_into(tmp_path, lessons):
    (tmp_path / "all.zip").write_bytes(zipped({"env/" + A: b"x = 1", "bob/" + A: b"x = 2"}))
    shutil.unpack_archive(tmp_path / "all.zip", tmp_path / "class")
    for name in ("all.zip", "class"):
        assert [(s.student, list(s.files)) for s in collect(tmp_path / name, lessons)] == [("bob", [A]), ("env", [A])]


def test_the_courses_files_lie_in_no_folder_that_nobody_looks_into():
    folders = {p for lesson in manifest.read_all() for file in stubs.files(lesson) for p in file.split("/")[:-1]}
    assert folders and not folders & (archives.UNSEEN_WITHIN | archives.ASIDE)


def test_a_students_folder_with_an_environment_may_be_given(tmp_path, lessons, write_files):
    write_files(tmp_path / "ada", {DEEP + A: "x = 1\n", "lab/rl/rewards.py": "", "venv/lib/x.py": "", "runs/x.py": ""})
    (found,) = collect(tmp_path / "ada", lessons)
    assert found.student == "ada" and list(found.files) == [A]


def test_a_large_archive_on_disk_is_read_where_it_lies(hand_in, tmp_path, lessons, monkeypatch):
    monkeypatch.setattr(submission, "Limits", functools.partial(Limits, packed=64 * KIB))
    files = [("runs/model.bin", os.urandom(65 * KIB)), (A, b"x = 1")]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in files:
            archive.writestr(name, data)
    packed = {"ada.zip": buffer.getvalue(), "bob.tar": tarred(files, "w:")}
    packed["cy.tgz"] = gzip.compress(packed["bob.tar"], 1)
    assert [list(s.files) for s in hand_in(packed).values()] == [[A]] * 3
    (tmp_path / "all.zip").write_bytes(zipped({"ada.zip": packed["ada.zip"], "bob.zip": zipped({A: b"x = 1"})}))
    ada, bob = collect(tmp_path / "all.zip", lessons)
    says = "ada.zip is larger than 64 KiB, within another archive"
    assert ada.notes[0] == f"{says}: not read; hand in the folder tutorial/ alone" and ada.flags == [says] and bob.files


@pytest.mark.parametrize("pack", [lambda files: zipped(dict(files)), tarred], ids=["zip", "tar.gz"])
def test_what_is_not_read_is_not_counted_in_bytes(hand_in, monkeypatch, pack):
    monkeypatch.setattr(submission, "Limits", functools.partial(Limits, unpacked=KIB))
    ada = hand_in({"ada.zip": pack([("a.png", bytes(2 * KIB)), ("b.py", bytes(2 * FILE)), (A, b"x = 1")])})["ada"]
    assert ada.files == {A: b"x = 1"} and ada.problems[C].endswith(
        "b.py is larger than 256 KiB; an answer takes a few KiB"
    )


def test_a_limit_comes_with_what_to_do(hand_in, monkeypatch):
    monkeypatch.setattr(submission, "Limits", functools.partial(Limits, members=5))
    monkeypatch.setattr(class_folder, "WALKED", 5)
    many = {f"{i}.txt": b"" for i in range(6)}
    found = hand_in({"ada.zip": zipped(many)} | {f"bob/{name}": data for name, data in many.items()})
    not_counted = "those in .venv, .git, runs and the like not counted"
    assert found["ada"].notes[0] == (
        f"ada.zip holds more than 5 files, {not_counted}: not read; hand in the folder tutorial/ alone"
    )
    assert found["bob"].notes[0] == (
        f"what was handed in holds more than 5 files and folders, {not_counted}, and was not looked at: "
        "hand in the folder tutorial/ alone"
    )


def test_a_stream_has_an_end(hand_in, monkeypatch):
    monkeypatch.setattr(submission, "Limits", functools.partial(Limits, streamed=MIB))
    ada = hand_in({"ada.tgz": tarred([(A, b"x = 1"), (".git/x", os.urandom(MIB))])})["ada"]
    assert ada.files == {} and ada.flags == ["ada.tgz is larger than 1 MiB"]
    ada = hand_in({"ada.tgz": tarred([(A, b"x = 1"), (".git/x", os.urandom(9 * KIB) * 120)])})["ada"]
    assert ada.files == {} and ada.flags == ["ada.tgz unpacks to more than 1 MiB"]


def test_gzip_in_pieces_with_zeros_between_is_one_file():
    data = tarred([(A, b"x = 1"), (C, os.urandom(200 * KIB))], "w:")
    pieces = [gzip.compress(data[i : i + 70_000]) + bytes(100_000) for i in range(0, len(data), 70_000)]
    assert [e.path for e in unpack(b"".join(pieces), Limits())] == [A, C]
    with pytest.raises(Refused, match="too many pieces"):
        unpack(gzip.compress(b"") * 17, Limits())


def test_sizes_in_headers_are_not_believed(hand_in):
    ada = hand_in({"ada.zip": wrong_size()})["ada"]
    assert A not in ada.files and A in ada.problems


@pytest.mark.parametrize("mode", ["zip", "w:", "w:gz"])
def test_no_single_wrong_byte_does_more_than_be_refused(mode):
    files = {A: b"x = 1\n", "ä" * 60: b"y"}
    data = zipped(files) if mode == "zip" else tarred(list(files.items()), mode)
    read = 0
    for at in range(0, len(data), 1 if len(data) < 2000 else 7):
        for value in (0, 0x7F, 0xFF):
            try:
                for entry in unpack(data[:at] + bytes([value]) + data[at + 1 :], Limits()):
                    assert len(entry.read()) < 20 * KIB
                    read += 1
            except Refused:
                pass
    assert read


def test_archives_in_archives_end_somewhere(hand_in):
    data = zipped({A: b"x = 1"})
    for _ in range(4):
        data = zipped({"x.zip": data})
    ada = hand_in({"ada.zip": data})["ada"]
    assert ada.files == {} and "archive in an archive" in ada.notes[0]


def test_all_archives_of_a_student_share_one_allowance():
    limits = Limits(members=3)
    assert len(unpack(zipped({"a": b"", "b": b""}), limits)) == 2
    with pytest.raises(Refused, match=r"more than 3 files, .* \(together with the other archives\)"):
        unpack(zipped({"a": b"", "b": b""}), limits)
    limits = Limits(archives=1)
    unpack(zipped({"a": b""}), limits)
    with pytest.raises(Refused, match="one archive too many"):
        unpack(zipped({"a": b""}), limits)


ONE = b"PK\1\2" + bytes(24) + struct.pack("<H", 1) + bytes(16) + b"a"  # in the list of a zip


def directory(length, zip64=None):
    """The end of a zip whose list has that many bytes; with a second end, for large ones, that says another number."""
    leads = struct.pack("<QL", 4 + 3000 * len(ONE), 1)  # to the second end
    other = (
        b"" if zip64 is None else b"PK\6\6" + bytes(36) + struct.pack("<QQ", zip64, 4) + b"PK\6\7" + bytes(4) + leads
    )
    return other + b"PK\5\6" + bytes(8) + struct.pack("<LLH", length, 4, 0)


@pytest.mark.parametrize(
    "data",
    [
        zipped({f"{i:0300d}": b"" for i in range(3000)}),
        b"PK\3\4" + ONE * 3000 + directory(3000 * len(ONE)),
        b"PK\3\4" + ONE * 3000 + directory(0xFFFFFFFF, 3000 * len(ONE)),
        b"PK\3\4" + ONE * 3000 + directory(3000 * len(ONE), len(ONE)),
        b"PK\3\4" + ONE * 3000 + directory(len(ONE), 3000 * len(ONE)),
    ],
    ids=["long", "many", "zip64", "a short one for zip64", "a long one for zip64"],
)
def test_a_long_list_of_members_is_refused_before_it_is_read(monkeypatch, data):
    monkeypatch.setattr(zipfile, "ZipFile", None)
    with pytest.raises(Refused, match="lists more than 2000 files"):
        unpack(data, Limits(listed=2000))


def test_a_million_members_are_refused_at_once(monkeypatch):
    monkeypatch.setattr(zipfile, "ZipFile", None)
    with pytest.raises(Refused, match="lists more than 200000 files and folders"):
        unpack(b"PK\3\4" + ONE * 10**6 + directory(10**6 * len(ONE)), Limits())
    with pytest.raises(Refused, match="lists more than 1000 files and folders"):
        unpack(tarred([(f".git/{i}", b"") for i in range(1001)]), Limits(listed=1000))


def test_a_form_that_is_not_read_is_said(hand_in):
    found = hand_in({"ada.rar": b"Rar!", "bob/w.7z": b"7z", "bob/" + A: b"x = 1"})
    assert found["ada"].files == {} and found["ada"].notes[0] == "ada.rar: not read; hand in a .zip or a .tar.gz"
    assert found["bob"].files == {A: b"x = 1"} and found["bob"].notes[0].startswith("w.7z: not read")


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "class"
    (path / "ada" / "loss").mkdir(parents=True)
    return path


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs links and pipes")
@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path, other: path.symlink_to(other), "is a symbolic link"),
        (lambda path, other: os.mkfifo(path), "is no plain file"),
    ],
)
def test_links_and_pipes_on_disk_are_not_opened(folder, lessons, tmp_path, make, says):
    (tmp_path / "secret.py").write_text("x = 1\n")
    make(folder / "ada" / "loss" / "a.py", tmp_path / "secret.py")
    (ada,) = collect(folder, lessons)
    assert ada.files == {} and ada.problems[A] == f"loss/a.py {says}" and ada.flags == [f"loss/a.py {says}"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs links")
def test_linked_folders_are_not_entered(folder, lessons, tmp_path):
    (tmp_path / "other" / "loss").mkdir(parents=True)
    (tmp_path / "other" / "loss" / "a.py").write_text("x = 1\n")
    (folder / "bob").symlink_to(tmp_path / "other")
    (folder / "ada" / "loop").symlink_to(folder)
    (folder / "ada" / "more").symlink_to(tmp_path / "other")
    ada, bob = collect(folder, lessons)
    assert ada.files == bob.files == {}
    assert ada.flags == ["loop is a symbolic link", "more is a symbolic link"]
    assert bob.flags == ["bob is a symbolic link"]


def test_a_folder_named_like_the_file_is_not_the_file(folder, lessons):
    (folder / "ada" / "loss" / "a.py").mkdir()
    (ada,) = collect(folder, lessons)
    assert ada.problems[A] == "missing"


def test_walking_has_an_end(folder, lessons, monkeypatch):
    deep = folder / "ada"
    for _ in range(archives.DEEP + 3):
        deep = deep / "d"
    (deep / "loss").mkdir(parents=True)
    (deep / "loss" / "a.py").write_text("x = 1\n")
    (folder / "bob").mkdir()
    (folder / "bob" / "a.py").write_text("x = 1\n")
    ada, bob = collect(folder, lessons)
    assert ada.files == {} and "too deep" in ada.flags[0] and bob.files
    monkeypatch.setattr(class_folder, "WALKED", 10)
    ada, bob = collect(folder, lessons)
    assert ada.files == {} and "holds more than 10 files and folders" in ada.notes[0] and bob.files


def test_a_failure_of_our_own_stops_nobody_else_and_is_no_zero(hand_in, monkeypatch):
    right = python_source.check
    monkeypatch.setattr(python_source, "check", lambda data: right(data) if data != b"bad" else 1 / 0)
    found = hand_in({"ada/a.py": b"bad", "bob/a.py": b"x = 1"})
    assert found["ada"].fault == "ZeroDivisionError: division by zero" and set(found["ada"].problems) == set(ALL)
    assert found["bob"].fault == "" and found["bob"].files == {A: b"x = 1"}


# --- what is no Python ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("x = 1\n".encode("utf-16"), "not UTF-8: it starts with the mark of UTF-16, at byte 0"),
        (b"x = 1\nname = '\xe9'\n", "not UTF-8 at byte 14 (line 2)"),
        (b"\xef\xbb\xbfname = '\xe9'\n", "not UTF-8 at byte 11 (line 1)"),
        (b"x = 1\r\n\0", "not a text: there is a NUL byte at byte 7 (line 2)"),
        (b"# -*- coding: latin-1 -*-\n", "not UTF-8: line 1 names the encoding 'latin-1', at byte 14"),
        (b"#!/usr/bin/python\r# vim: set fileencoding=utf-7 :\r", "line 2 names the encoding 'utf-7', at byte 42"),
        (b"# coding: ascii\nx = '\xc3\xa9'", "line 1 names the encoding 'ascii'"),
        (b"x = (\n", "syntax error, line 1: '(' was never closed"),
        (
            b"def f():\nreturn 1\n",
            "syntax error, line 2: expected an indented block after function definition on line 1",
        ),
        (b"x = 1\n\ty = 2\n", "syntax error, line 2: unexpected indent"),
        (b"-" * 100_000 + b"1", "not parsed: it is nested too deeply, or too large"),
        (b"a" + b"()" * 100_000, "not parsed: it is nested too deeply, or too large"),
        (b"9" * 5000, "syntax error, line 1: Exceeds the limit"),
        (b"#" * (FILE + 1), f"loss/a.py is larger than {FILE // KIB} KiB"),
    ],
)
def test_what_is_no_python_is_not_gradable_and_says_why(hand_in, data, says):
    ada = hand_in({"ada/loss/a.py": data, "ada/loss/b.py": b"x = 1"})["ada"]
    assert ada.files == {C: b"x = 1"}
    assert says in ada.problems[A] and f"{A}: {ada.problems[A]}" in ada.notes


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("x = 1\n".encode("utf-16"), "byte 0; save it as UTF-8"),
        (b"x = 1\nname = '\xe9'\n", "byte 14 (line 2); save it as UTF-8"),
        ("x = 1\n".encode("utf-16-le"), "byte 1 (line 1); save it as UTF-8"),
        (b"# coding: latin-1\n", "byte 10; take the name out, and save it as UTF-8"),
    ],
)
def test_what_is_no_utf_8_says_what_to_do(hand_in, data, says):
    assert hand_in({"ada/loss/a.py": data})["ada"].problems[A].endswith(says)


@pytest.mark.parametrize(
    ("data", "kept"),
    [
        (b"x = 1\r\n", b"x = 1\r\n"),
        (b"", b""),
        (b"# coding: utf-8\n", b"# coding: utf-8\n"),
        (b"# coding: ascii\n", b"# coding: ascii\n"),
        (b"x = 1\n# coding: latin-1\n", b"x = 1\n# coding: latin-1\n"),
        (b"\n\n# coding: latin-1\n", b"\n\n# coding: latin-1\n"),
        (b"#" * FILE, b"#" * FILE),
        ("größe = '\\d'\n".encode(), "größe = '\\d'\n".encode()),
    ],
)
def test_odd_but_right_files_are_taken_as_they_are(hand_in, data, kept):
    ada = hand_in({"ada/loss/a.py": data})["ada"]
    assert ada.files == {A: kept} and not any(A in note for note in ada.notes)


def test_a_byte_order_mark_is_taken_off_with_a_note(hand_in):
    ada = hand_in({"ada/loss/a.py": b"\xef\xbb\xbfx = 1\n"})["ada"]
    assert ada.files == {A: b"x = 1\n"}
    assert f"{A} starts with a byte order mark, which was taken off" in ada.notes


@pytest.mark.skipif(not os.path.exists("/proc/self"), reason="needs a limit on address space")
def test_a_file_that_would_take_all_memory_to_parse_is_found_out_in_another_process(monkeypatch):
    monkeypatch.setattr(python_source, "_problem", None)  # nothing is parsed here
    data = b"import a" + b".a" * (100 * KIB)
    found = python_source.syntax({"bad": data, "good": b"x = 1", "wrong": b"x = ("})
    assert set(found) == {"bad", "wrong"} and "not parsed" in found["bad"]


def test_a_parser_that_dies_is_one_files_problem(monkeypatch):
    ask = python_source._ask
    monkeypatch.setattr(python_source, "_ask", lambda files: None if "bad" in files else ask(files))
    found = python_source.syntax({"bad": b"", "good": b"x = 1", "wrong": b"x = ("})
    assert set(found) == {"bad", "wrong"} and "takes more than" in found["bad"]


# --- what is strange among the rest -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("conftest.py", "conftest.py is not as in this course"),
        ("x/lesson01_one/conftest.py", "is not as in this course"),
        ("pytest.ini", "steers pytest"),
        ("loss/pyproject.toml", "steers pytest"),
        ("sitecustomize.py", "is run when Python starts"),
        ("x.pth", "adds to what Python imports"),
        ("loss/torch.py", "has the name of a module, torch"),
        ("torch/__init__.py", "has the name of a module, torch"),
        ("random.py", "has the name of a module, random"),
        ("loss/a.cpython-311-x86_64-linux-gnu.so", "is compiled code"),
        ("a.pyc", "is compiled code"),
        ("solutions/stage01_x/lesson01_one/loss/a.py", "solutions/ is a folder like the reference's"),
        ("lesson01_one/testcases/basic_test.py", "is not as in this course: edited, or of another version"),
        ("lab/rl/rewards.py", "is not as in this course"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_strange_files_are_flagged_and_not_taken(hand_in, path, says, packed):
    files = {path: b"x = 9\n", A: b"x = 1\n"}
    ada = hand_in({"ada.zip": zipped(files)} if packed else {f"ada/{k}": v for k, v in files.items()})["ada"]
    assert ada.files == {A: b"x = 1\n"}
    assert len(ada.flags) == 1 and says in ada.flags[0]


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("conftest.py", b"# the course's\r\n"),
        (DEEP + "lesson01_one/testcases/basic_test.py", b"def test_f():\n    assert False\n"),
        ("lab/rl/rewards.py", b"# the course's\n"),
        ("loss/__pycache__/a.cpython-311.pyc", b""),
        (".git/hooks/conftest.py", b""),
        ("my_notes.py", b""),
        ("loss/helper_test.py", b""),
    ],
)
def test_what_everybody_has_is_no_flag(hand_in, path, data):
    assert hand_in({f"ada/{path}": data, "ada/" + A: b"x = 1"})["ada"].flags == []


def test_flags_are_bounded(hand_in):
    ada = hand_in({f"ada/{i:02}.pth": b"" for i in range(30)} | {"ada/" + A: b"x = 1"})["ada"]
    assert len(ada.flags) == 20 and ada.flags[-1] == "11 more files of this kind"


def test_notes_are_bounded(hand_in):
    ada = hand_in({f"ada/{i:02}.{kind}": b"" for i in range(40) for kind in ("zip", "rar")})["ada"]
    assert len(ada.notes) == submission.MOST_LINES and ada.notes[-1].endswith(" more")


# --- the real course -------------------------------------------------------------------------------------------------


def test_the_courses_own_reference_is_taken_whole(tmp_path):
    lessons = manifest.read_all()
    for lesson in lessons:
        for file in stubs.files(lesson):
            path = tmp_path / "class" / "ada" / "tutorial" / lesson.folder.parent.name / lesson.name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(lesson.solution / file, path)
    (ada,) = collect(tmp_path / "class", lessons)
    assert ada == submission.Submission(
        "ada", {f"{x.name}/{f}": (x.solution / f).read_bytes() for x in lessons for f in stubs.files(x)}
    )


# --- what is close to what is missing ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["loss/a (1).py", "a(2).py", "a-1.py", DEEP + "lesson01_one/loss/a (12).py", "lesson01_one (1)/loss/a.py"]
)
def test_a_copys_number_is_taken_off_where_there_is_no_other(hand_in, path):
    ada = hand_in({f"ada/{path}": b"x = 1"})["ada"]
    assert ada.files == {A: b"x = 1"} and not ada.flags
    assert f"taken without the number of a copy: {path}" in ada.notes


def test_a_lessons_folder_may_have_a_copys_number(hand_in, tmp_path, lessons):
    ada = hand_in({"ada/lesson02_two (1)/data/same.py": b"x = 1", "ada/lesson01_one-2/data/same.py": b"x = 2"})["ada"]
    assert ada.files == {SAME: b"x = 1", B: b"x = 2"}
    (ada,) = collect(tmp_path / "class", lessons[:1])
    assert ada.files == {B: b"x = 2"}


def test_a_copy_does_not_count_beside_the_file_itself(hand_in):
    found = hand_in({
        "ada/a.py": b"x = 1", "ada/loss/a (1).py": b"x = 2",
        "bob/loss/a (1).py": b"x = 1", "bob/loss/a (2).py": b"x = 2",
        "cy/same (1).py": b"",
        "dd/loss/a (1) (1).py": b"", "dd/loss/a (1).txt": b"", "dd/loss/a (1234).py": b"", "dd/loss/a_1.py": b"",
    })  # fmt: skip
    assert found["ada"].files == {A: b"x = 1"} and f"{A}: a.py counts, not loss/a (1).py" in found["ada"].notes
    assert "not clear which file counts: loss/a (1).py, loss/a (2).py" in found["bob"].problems[A]
    assert f"same (1).py could be {B} or {SAME}" in found["cy"].problems[B]
    assert found["dd"].files == {} and any("loss/a" in note for note in found["dd"].notes)


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("lesson01_one/data/a.py", "lesson01_one/data/a.py, which belongs into lesson01_one/loss/"),
        ("lesson01_one_old/loss/a.py", "lesson01_one_old/loss/a.py, which belongs into lesson01_one/loss/"),
        ("tutorial/a.py", "tutorial/a.py, which belongs into lesson01_one/loss/"),
        ("solutions/stage01_x/" + A, f"solutions/stage01_x/{A} (nothing in solutions/ counts)"),
        ("kept/update-1/" + A, f"kept/update-1/{A} (nothing in kept/ counts)"),
        ("lesson01_one/loss/a.ipynb", "lesson01_one/loss/a.ipynb (hand in the .py file)"),
        ("work.ipynb", "work.ipynb (hand in the .py files)"),
        ("Copy of a.py", f"Copy of a.py (only {A} counts)"),
        ("loss/a - Copy.py", f"loss/a - Copy.py (only {A} counts)"),
        ("a_final.py", f"a_final.py (only {A} counts)"),
        ("a.py.txt", f"a.py.txt (only {A} counts)"),
        ("loss/a.txt", f"loss/a.txt (only {A} counts)"),
        ("lesson01_one/loss/a.py.bak", f"lesson01_one/loss/a.py.bak (only {A} counts)"),
        ("lesson01_one/loss/a", f"lesson01_one/loss/a (only {A} counts)"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_what_is_close_to_a_missing_file_is_told_to_both(hand_in, path, says, packed):
    handed = {"ada/w.zip": zipped({path: b"x = 1"})} if packed else {f"ada/{path}": b"x = 1"}
    ada = hand_in(handed)["ada"]
    says = f"w.zip/{says}" if packed else says
    assert ada.files == {} and ada.problems[A] == "missing"
    assert ada.notes == [f"nothing was found that a lesson asks for, such as {A}", f"found {says}"]
    assert f"close to what is missing: {says}" in ada.flags


def test_all_that_is_close_takes_one_note(hand_in):
    files = ["lesson01_one/data/a.py", "lesson01_one/loss/a.ipynb", "lesson02_two/loss/b.ipynb", "loss/b_old.py"]
    ada = hand_in({f"ada/{name}": b"x = 1" for name in files} | {"ada/lesson01_one/data/same.py": b""})["ada"]
    assert list(ada.files) == [B]
    assert ada.notes[-1] == (
        "found lesson01_one/data/a.py, which belongs into lesson01_one/loss/; "
        "lesson02_two/loss/b.ipynb (hand in the .py file)"
    )


@pytest.mark.parametrize("lesson", [0, 1])
def test_files_of_lessons_that_are_not_graded_are_close_to_nothing(tmp_path, lessons, write_files, lesson):
    files = {A: "from lesson02_two.data.same import x\n", C: "from lesson01_one.data.same import x\n", B: "", SAME: ""}
    kept = {name: text for name, text in files.items() if name != (B, SAME)[lesson]}
    write_files(tmp_path / "class" / "ada", {DEEP + name: text for name, text in kept.items()})
    (ada,) = collect(tmp_path / "class", lessons[lesson : lesson + 1])
    assert ada.notes == [f"{(B, SAME)[lesson]}: missing"] and not ada.flags


def test_nothing_found_is_a_flag_where_something_was_handed_in(hand_in, tmp_path):
    (tmp_path / "class" / "cy").mkdir(parents=True)
    found = hand_in({"ada/main.py": b"", "ada/report.pdf": b"", "bob/.DS_Store": b"", "dd.rar": b"Rar!"})
    says = "nothing was found that a lesson asks for; handed in: "
    assert {name: s.flags for name, s in found.items()} == {
        "ada": [f"{says}main.py and 1 more"], "bob": [], "cy": [], "dd": [f"{says}dd.rar", "not read: dd.rar"],
    }  # fmt: skip


def test_a_file_that_may_be_two_is_a_flag(hand_in):
    found = hand_in({"ada/same.py": b"", "bob/x/" + A: b"x = 1", "bob/y/" + A: b"x = 2"})
    assert [flag.split(": ")[:2] for flag in found["ada"].flags] == [[B, "missing"], [SAME, "missing"]]
    assert found["bob"].flags == [f"{A}: missing: it is not clear which file counts: x/{A}, y/{A}"]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("lesson01_one/loss/helpers.py", "from .helpers import mean"),
        ("lesson01_one/helpers.py", "from lesson01_one.helpers import mean"),
        ("lesson01_one/helpers.py", "import os, lesson01_one.helpers as h"),
        ("lesson01_one/helpers.py", "def f():\n    from lesson01_one import helpers"),
        ("lesson01_one/loss/helpers.py", "from . import helpers"),
        ("lesson01_one/helpers/__init__.py", "from ..helpers import mean"),
        ("helpers.py", "import helpers"),
    ],
)
def test_a_module_that_an_answer_imports_and_nobody_takes_is_told(hand_in, path, code):
    ada = hand_in({"ada/" + A: code.encode(), f"ada/{path}": b"def mean(): pass"})["ada"]
    says = f"{path} is none of the files that the lesson names, and is not used: put what is in it into loss/a.py"
    assert list(ada.files) == [A] and says in ada.notes
    assert ada.flags == [f"imported, and not used: {path}"]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("helpers.py", "x = 'import helpers'"),
        ("helpers.py", "import other.helpers"),
        ("lab/rl/rewards.py", "from lab.rl.rewards import x"),
        ("kept/helpers.py", "import helpers"),
        ("random.py", "import random"),
        ("lesson01_one/data/same.py", "from lesson01_one.data.same import x"),
        ("lesson01_one/testcases/scenarios.py", "from .scenarios import x"),
    ],
)
def test_other_modules_are_not(hand_in, path, code):
    ada = hand_in({"ada/" + A: code.encode(), f"ada/{path}": b""})["ada"]
    assert A in ada.files and not any("not used" in line for line in ada.notes + ada.flags)


def test_notes_on_what_is_close_are_short_few_and_clean(hand_in):
    odd = "x\u202e\n\t<b>" + "y" * 100
    names = [f"{odd}{i}/{name}" for i in range(20) for name in ("m_a.py", "a.ipynb", "helpers.py", "tools.py")]
    names += [f"{odd}/{odd}/data/a.py", *(f"h{i}.py" for i in range(60))]
    code = "\n".join(["import helpers, tools", *(f"import h{i}" for i in range(60))])
    ada = hand_in({f"ada/{name}": b"" for name in names} | {"ada/" + C: code.encode()})["ada"]
    assert list(ada.files) == [C] and len(ada.notes) < 10 and len(ada.flags) < 10
    assert sum(note.startswith("found ") for note in ada.notes) == 1
    assert sum("is not used" in note for note in ada.notes) == 3
    assert all(len(line) < 400 and line.isprintable() for line in ada.notes + ada.flags)


def test_thousands_of_files_take_little_time(hand_in):
    names = [f"{i}/{'-1' * 60}{'~' * 60}{kind}" for i in range(1500) for kind in (".py", ".ipynb", "~x", "a.py")]
    started = time.process_time()
    ada = hand_in({"ada.zip": zipped(dict.fromkeys(names, b""))})["ada"]
    assert ada.files == {} and time.process_time() - started < 10


def test_a_display_name_cannot_take_over_somebody_else(tmp_path):
    mine = "Bob Good_77_assignsubmission_file__12345_assignsubmission_file_"
    for name, text in (("Bob Good_77_assignsubmission_file_", b"x = 1"), (mine, b"x = 2")):
        handed(tmp_path / name, text)
    found = survey(tmp_path, [THIRTEEN])
    assert [s.student for s in found.submissions] == ["Bob Good"]
    assert found.submissions[0].files[GRPO] == b"x = 1"
    assert any("not clear where the name ends" in remark for remark in found.remarks)


@pytest.mark.parametrize("other", ["bob\u2061", "b\u00adob", "bob\U000e0061", "bob\u200d", "BOB "])
def test_names_that_look_alike_are_told_apart(tmp_path, other):
    """Or, where they are the same, it is one student."""
    for name in ("bob", other):
        handed(tmp_path / name, b"x = 1")
    shown = [exports_text.one_line(s.student).replace("\u200d", "") for s in collect(tmp_path, [THIRTEEN])]
    assert shown in (["BOB"], ["bob"]) if other == "BOB " else shown == ["bob", "bob [2]"]


@pytest.mark.parametrize(
    "names", [("Strasse", "Straße"), (b"M\xfcller", b"M\xf6ller"), ("x" * 118 + "a", "x" * 118 + "b")]
)
def test_two_students_are_never_made_one(tmp_path, names):
    for name in names:
        handed(tmp_path / os.fsdecode(name), b"x = 1")
    found = collect(tmp_path, [THIRTEEN])
    assert len({s.student for s in found}) == 2 and all(s.files for s in found)


def test_a_screenshot_is_no_upload_of_canvas(tmp_path):
    """A folder with one student's files, and a picture whose name has a date in it."""
    handed(tmp_path / "submission", b"x = 1")
    (tmp_path / "submission" / "Screenshot_2024_05_12.png").write_bytes(b"png")
    (one,) = collect(tmp_path, [THIRTEEN])
    assert one.student == "submission" and one.files[GRPO] == b"x = 1"


def test_dates_and_lessons_in_names_are_no_numbers_of_canvas(tmp_path):
    for name in ("hw_2024_05_ada.zip", "hw_2024_05_bob.zip", "lesson_13_14_cyd.zip"):
        with zipfile.ZipFile(tmp_path / name, "w") as made:
            made.writestr(GRPO, f"x = {name!r}")
    assert [s.student for s in collect(tmp_path, [THIRTEEN])] == [
        "hw_2024_05_ada",
        "hw_2024_05_bob",
        "lesson_13_14_cyd",
    ]


def test_names_with_two_numbers_are_not_one_student_for_it(tmp_path):
    for name in ("ada_13_2024_final.zip", "bob_13_2024_final.zip"):
        with zipfile.ZipFile(tmp_path / name, "w") as made:
            made.writestr(GRPO, f"x = {name!r}")
    found = collect(tmp_path, [THIRTEEN])
    assert [(s.student, s.files[GRPO]) for s in found] == [
        ("ada", b"x = 'ada_13_2024_final.zip'"), ("bob", b"x = 'bob_13_2024_final.zip'"),
    ]  # fmt: skip


def test_two_of_one_name_and_a_folder_stay_three(tmp_path):
    for name in ("adal_111_9001_grpo.py", "adal_222_9002_grpo.py"):
        (tmp_path / name).write_bytes(f"x = {name!r}".encode())
    handed(tmp_path / "adal", b"x = 1")
    found = collect(tmp_path, [THIRTEEN])
    assert sorted(s.student for s in found) == ["adal", "adal (111)", "adal (222)"]
    assert len({s.files[GRPO] for s in found}) == 3


def test_a_newer_upload_that_is_a_stub_does_not_take_away_what_was_written(tmp_path):
    stub = stubs.stub_of(THIRTEEN, "loss/grpo.py").encode()
    for number, (name, text) in enumerate([("lesson-13.zip", b"x = 1"), ("lesson-14.zip", b"\xef\xbb\xbf" + stub)]):
        with zipfile.ZipFile(tmp_path / f"ada_12_{345 + number}_{name}", "w") as made:
            made.writestr(GRPO, text)
    (ada,) = collect(tmp_path, [THIRTEEN])
    assert ada.files[GRPO] == b"x = 1"


def test_a_copy_of_the_references_folder_is_no_answer(tmp_path):
    stub = stubs.stub_of(THIRTEEN, "loss/grpo.py").encode()
    for place, text in (
        (f"tutorial/{GRPO}", stub),
        (f"solutions-1/{GRPO}", b"x = 1"),
        (f"solutions (2)/{GRPO}", b"x = 1"),
    ):
        (tmp_path / "ada" / place).parent.mkdir(parents=True)
        (tmp_path / "ada" / place).write_bytes(text)
    (ada,) = collect(tmp_path, [THIRTEEN])
    assert ada.files[GRPO] == stub and any("like the reference's" in flag for flag in ada.flags)


def test_an_end_that_leads_past_what_is_before_it_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as made:
        made.writestr(GRPO, "x = 1")
    whole = (tmp_path / "a.zip").read_bytes()
    end = whole.rfind(b"PK\5\6")
    record = struct.pack("<4sQHHLLQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, 50, 0)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, end, 1)
    (tmp_path / "a.zip").write_bytes(whole[:end] + record + b"x" * 100 + locator + whole[end:])
    (a,) = collect(tmp_path, [THIRTEEN])
    assert not a.files and any("damaged" in note for note in a.notes)


THIRTEEN = manifest.find("13")
GRPO = f"{THIRTEEN.name}/loss/grpo.py"


def handed(folder, text):
    """A student's folder with one file."""
    (folder / GRPO).parent.mkdir(parents=True)
    (folder / GRPO).write_bytes(text)
