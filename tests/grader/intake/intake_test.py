"""What was handed in, taken apart: whose it is, which files count, and what is refused."""

import contextlib
import gzip
import io
import os
import shutil
import socket
import struct
import sys
import tarfile
import zipfile

import pytest

from course.authoring import stubs
from course.base import manifest, python_source
from course.base.errors import UsageError
from grader.exports.text import one_line, slug
from grader.intake import other_files, parsing, submission, unpack
from grader.intake.unpack import FILE, KIB, MIB, Entry, Refused

A, B, C = "lesson01_one/loss/a.py", "lesson01_one/data/same.py", "lesson02_two/loss/b.py"
SAME = "lesson02_two/data/same.py"
ALL = [A, B, C, SAME]
DEEP = "tutorial/stage01_x/"
SOLUTION = "def f():\n    # > Do it.\n    return 1\n\n\ndef g():\n    return 2\n"


@pytest.fixture
def lessons(tmp_path, write_files, manifest_text):
    """Two lessons; `data/same.py` is in both, `a.py` and `b.py` in one each."""
    root = write_files(tmp_path / "course", {
        f"{DEEP}lesson01_one/lesson.toml": manifest_text("01.1 loss/a.py:f", "01.2 loss/a.py:g", "01.3 data/same.py:h"),
        f"{DEEP}lesson02_two/lesson.toml": manifest_text("02.1 loss/b.py:f", "02.2 data/same.py:h"),
        "solutions/stage01_x/lesson01_one/loss/a.py": SOLUTION,
    })  # fmt: skip
    return manifest.read_all(root)


@pytest.fixture
def survey(tmp_path, lessons):
    """`survey({"ada/loss/a.py": b"x = 1"})` makes a class of these files, and gives what intake finds in it."""

    def survey(files, confined=False, name="class"):
        for path, data in files.items():
            place = tmp_path / "class" / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        return submission.survey(tmp_path / name, lessons, confined)

    return survey


@pytest.fixture
def hand_in(survey):
    """The same, as the submissions by name."""
    return lambda files, **more: {s.student: s for s in survey(files, **more).submissions}


@pytest.fixture
def stub(lessons):
    """A's, as it was handed out."""
    return stubs.stub_of(lessons[0], "loss/a.py").encode()


def zipped(files, packing=zipfile.ZIP_DEFLATED):
    """A zip of {name or ZipInfo: bytes}."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", packing) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def tarred(files, mode="w:gz", **more):
    """A tar of {name or TarInfo: bytes}, or of such pairs."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode, **more) as archive:
        for name, data in files.items() if isinstance(files, dict) else files:
            info = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def member(name, kind, link=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


def linked(name, mode=0o120777):
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, mode << 16
    return info


# --- which files count -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [
    DEEP + A, "work/" + DEEP + A, A, "x/y/" + A, "loss/a.py", "a.py", "lesson01/loss/a.py",
    "loss/a (1).py", "a(2).py", "a-1.py", DEEP + "lesson01_one/loss/a (12).py", "lesson01_one (1)/loss/a.py",
])  # fmt: skip
def test_a_file_is_found_by_the_end_of_its_path(hand_in, path):
    ada = hand_in({f"ada/{path}": b"x = 1\n", "bob/readme.txt": b""})["ada"]
    assert ada.files == {A: b"x = 1\n"} and not ada.flags
    assert ada.problems == dict.fromkeys([B, C, SAME], "missing")
    assert f"{B}: missing" in ada.notes and "lesson02_two: nothing was handed in" in ada.notes
    copied = any("without the number of a copy" in note for note in ada.notes)
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


# --- archives --------------------------------------------------------------------------------------------------------

FAR = "f" * 60 + "/" + "g" * 60 + "/" + A  # longer than a plain tar header holds
FILES = {FAR: b"x = 1\n", C: b"x = 2\n"}
READ = {
    "a.zip": zipped(FILES), "b.tar": tarred(FILES, "w:"), "c.tar.gz": tarred(FILES),
    "d.tar.bz2": tarred(FILES, "w:bz2"), "e.tgz": tarred(FILES, format=tarfile.GNU_FORMAT),
    "f.TAR": tarred(FILES, "w:", format=tarfile.USTAR_FORMAT),
    "g/homework.zip": zipped(FILES), "h/all.zip": zipped({"in/x.zip": zipped(FILES)}), "i.zip": tarred(FILES),
    "j.zip": zipped({name.replace("/", "\\"): data for name, data in FILES.items()}),
    "k.zip": zipped({**FILES, "__MACOSX/lesson01_one/loss/._a.py": b"\0", "lesson01_one/loss/._a.py": b"\0"}),
    "l.zip": zipped({**FILES, "course/pristine.zip": zipped({"x/" + A: b"# a stub"})}),
    "m/" + A: b"x = 1\n", "m/w.zip": zipped({C: b"x = 2\n"}),
}  # fmt: skip


@pytest.mark.parametrize("confined", [False, True])
def test_archives_are_read(hand_in, confined, request):
    if confined:
        request.getfixturevalue("bubblewrap")
    found = hand_in(READ, confined=confined)
    assert list(found) == list("abcdefghijklm")
    for one in found.values():
        assert one.files == {A: b"x = 1\n", C: b"x = 2\n"} and not one.flags and not one.fault


ATTEMPTS = """
import json, os, socket, sys
found = []
for name, attempt in {
    "reads the course": lambda: open(COURSE), "reads passwords": lambda: open("/etc/passwd"),
    "writes": lambda: open("/usr/x", "w"), "writes to tmp": lambda: open("/tmp/x", "w"),
    "connects": lambda: socket.create_connection(("127.0.0.1", PORT), 5), "sees processes": lambda: os.kill(PARENT, 0),
    "environment": lambda: os.environ["HOME"], "writes to root": lambda: os.mkdir("/x"),
}.items():
    try:
        attempt()
        found.append(name)
    except (OSError, KeyError):
        pass
print("{}")
print(json.dumps({"path": "found", "why": ", ".join(found), "size": 0}))
print(json.dumps({"end": ""}))
"""


def unpacked(data, tmp_path, limits=unpack.OF_STUDENT, confined=False):
    (tmp_path / "x.zip").write_bytes(data)
    with contextlib.ExitStack() as open_files:
        entries = unpack.unpack(Entry("x.zip", "", tmp_path / "x.zip"), confined, limits, open_files)
        return {e.path: e.refused or e.read() for e in entries}


def test_what_unpacks_sees_no_files_no_network_and_no_processes(bubblewrap, tmp_path, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server:
        names = {"COURSE": repr(__file__), "PORT": str(server.getsockname()[1]), "PARENT": str(os.getpid())}
        program = ATTEMPTS
        for name, value in names.items():
            program = program.replace(name, value)
        (tmp_path / "program.py").write_text(program)
        monkeypatch.setattr(unpack, "PROGRAM", tmp_path / "program.py")
        assert unpacked(b"", tmp_path, confined=True)["found"] == b""
        assert "reads the course, reads passwords" in unpacked(b"", tmp_path)["found"]


@pytest.mark.parametrize("program", [
    "print('{}'); print('x' * 10**6)",
    "print('{}'); print('{\"path\": \"a\", \"why\": \"\", \"size\": 9}')",
    "print('{}'); raise SystemExit(1)",
])  # fmt: skip
def test_what_the_process_says_is_not_believed(tmp_path, monkeypatch, program):
    (tmp_path / "program.py").write_text(program)
    monkeypatch.setattr(unpack, "PROGRAM", tmp_path / "program.py")
    with pytest.raises(Refused, match="too much time, memory or space"):
        unpacked(b"", tmp_path)


@pytest.mark.skipif(not os.path.exists("/proc/self"), reason="needs a limit on processor time")
def test_what_takes_too_long_to_unpack_is_ended(tmp_path, monkeypatch):
    monkeypatch.setattr(unpack, "SECONDS", 1)
    large = tarfile.TarInfo(".git/x")
    large.size = 2**33 - 1
    zeros = gzip.compress(bytes(64 * MIB), 1)
    with pytest.raises(Refused, match="too much time"):
        unpacked(gzip.compress(large.tobuf()) + zeros * 128, tmp_path)


def test_a_sandbox_that_does_not_start_is_no_students_fault(hand_in, monkeypatch):
    monkeypatch.setattr(unpack, "_walls", lambda: ["false"])
    ada = hand_in({"ada.zip": zipped(FILES), "bob/a.py": b"x = 1"}, confined=True)["ada"]
    assert "did not start" in ada.fault


def test_a_class_in_one_archive_is_as_a_folder(tmp_path, hand_in):
    files = {"all/ada/" + A: b"x = 1", "all/bob.zip": zipped({C: b"x = 2"}), "all/cy.tgz": tarred({A: b"x = 3"}),
             "all/env/" + A: b"x = 4", "all/dd.zip": b"PK\3\4 cut"}  # fmt: skip
    (tmp_path / "all.zip").write_bytes(zipped(files))
    (tmp_path / "all.tar.gz").write_bytes(tarred(files))
    shutil.unpack_archive(tmp_path / "all.zip", tmp_path / "here")
    found = [hand_in({}, name=name) for name in ("all.zip", "all.tar.gz", "here/all")]
    assert found[0] == found[1] == found[2] and "is damaged" in found[0]["dd"].flags[0]
    assert {name: list(one.files.values()) for name, one in found[0].items()} == {
        "ada": [b"x = 1"], "bob": [b"x = 2"], "cy": [b"x = 3"], "dd": [], "env": [b"x = 4"],
    }  # fmt: skip


def test_one_students_folder_or_archive_may_be_given(tmp_path, hand_in, write_files):
    own = {DEEP + A: "x = 1\n", "lab/rl/rewards.py": "", "README.md": "", "venv/lib/x.py": "", "runs/x.py": ""}
    write_files(tmp_path / "ada", own)
    (tmp_path / "bob.zip").write_bytes(zipped({A: b"x = 2"}))
    for name, student in (("ada", "ada"), ("bob.zip", "bob")):
        ((found, one),) = hand_in({}, name=name).items()
        assert found == student and list(one.files) == [A] and not one.flags


def test_what_is_no_class_is_said_in_one_sentence(tmp_path, survey):
    (tmp_path / "a.txt").write_text("")
    (tmp_path / "b.zip").write_text("no zip")
    for name, says in (("gone", "does not exist"), ("a.txt", "not a folder and no"), ("b.zip", "is damaged")):
        with pytest.raises(UsageError, match=says):
            survey({}, name=name)
    (tmp_path / "empty").mkdir()
    assert survey({}, name="empty").submissions == []


def test_a_member_that_is_no_regular_file_is_refused(hand_in):
    encrypted = bytearray(zipped({A: b"x = 1"}))
    encrypted[6] |= 1
    encrypted[encrypted.index(b"PK\1\2") + 8] |= 1
    wrong_size = bytearray(zipped({A: b" " * 5_000_000}))  # says 5 bytes and has 5 million
    for mark, at in ((b"PK\3\4", 22), (b"PK\1\2", 24)):
        struct.pack_into("<L", wrong_size, wrong_size.index(mark) + at, 5)
    cases = [
        (zipped({linked(A): b"/etc/passwd"}), "is a symbolic link"),
        (zipped({linked(A, 0o010644): b""}), "is not a regular file"),
        (zipped({"../" * 3 + A: b"x = 1"}), "has a path that leaves its folder"),
        (zipped({"/tmp/" + A: b"x = 1"}), "has an absolute path"),
        (zipped({"C:\\x\\" + A: b"x = 1"}), "has an absolute path"),
        (zipped({"\u202e/" + A: b"x = 1"}), "has control characters in its name"),
        (zipped({"a\n/" + A: b"x = 1"}), "has control characters in its name"),
        (zipped({A: b"x = 1", A.replace("loss", "LOSS"): b""}), "twice"),
        (zipped({"x/" * 40 + A: b"x = 1"}), "too deep"),
        (bytes(encrypted), "is encrypted"),
        (bytes(wrong_size), "is damaged"),
        (zipped({A: b"#" * (FILE + 1)}), "is larger than 256 KiB"),
        (tarred({member(A, tarfile.SYMTYPE, "/etc/passwd"): b""}), "is a symbolic link"),
        (tarred({"x.py": b"x = 1", member(A, tarfile.LNKTYPE, "x.py"): b""}), "is a hard link"),
        (tarred({member(A, tarfile.FIFOTYPE): b""}), "is not a regular file"),
        (tarred({member(A, tarfile.CHRTYPE): b""}), "is not a regular file"),
        (tarred({"../" + A: b"x = 1"}), "has a path that leaves its folder"),
        (tarred([(A, b"x = 1"), (A, b"x = 2")]), "twice"),
    ]
    found = hand_in({f"s{number:02}/w.zip": data for number, (data, _) in enumerate(cases)})
    for one, (_, says) in zip(found.values(), cases, strict=True):
        assert one.files == {} and says in one.problems[A], (one, says)
        assert any(says in flag for flag in one.flags)
    nul = zipped({"lesson01_one/loss/a.pyX.txt": b"x = 1"}).replace(b"a.pyX.txt", b"a.py\0.txt")
    ada = hand_in({"ada.zip": nul})["ada"]
    assert ada.files == {} and "control characters" in ada.flags[0]


def test_a_member_that_is_damaged_is_one_problem(hand_in):
    data = bytearray(zipped({A: b"x = 1", C: b"x = 2"}))
    data[data.index(b"PK\1\2") + 16] ^= 1  # the checksum
    ada = hand_in({"ada.zip": bytes(data), "bob.zip": zipped({"x.zip": b"PK\3\4", A: b"x = 1"})})
    assert ada["ada"].files == {C: b"x = 2"} and ada["ada"].problems[A] == f"ada.zip/{A} is damaged within its archive"
    assert ada["bob"].files == {A: b"x = 1"} and ada["bob"].flags[0].startswith("bob.zip/x.zip is damaged")


def test_an_archive_that_is_a_bomb_or_broken_is_refused_whole_and_alone(hand_in, monkeypatch):
    monkeypatch.setattr(unpack, "OF_STUDENT", {**unpack.OF_STUDENT, "files": 500, "bytes": MIB})
    deep = zipped({A: b"x = 1"})
    for _ in range(4):
        deep = zipped({"x.zip": deep})
    cases = [
        (zipped({A: b"x = 1"} | {f"{i}.txt": b"" for i in range(500)}), "too many files"),
        (tarred({f"{i}.txt": b"" for i in range(501)}), "too many files"),
        (zipped({A: b"x = 1"} | {f"{i}.py": bytes(FILE) for i in range(5)}), "too many bytes"),
        (tarred({f"{i}.py": bytes(FILE) for i in range(5)}), "too many bytes"),
        (zipped({f"{i}.zip": zipped({f"{j}.py": bytes(FILE) for j in range(3)}) for i in range(3)}), "too many bytes"),
        (deep, "is an archive in an archive"),
        (gzip.compress(b""), "is damaged"),
        (tarred({A: b"x = 1"})[:-20], "is damaged"),
        (tarred({A: b"x = 1"}, "w:")[:512], "is damaged"),
        (b"", "is damaged"),
        (b"Rar!\x1a\x07", "is damaged"),
        (b"PK\3\4" + b"x" * 500, "is damaged"),
        (zipped({A: b"x = 1"})[:-30], "is damaged"),
    ]
    files = {f"s{number:02}.zip": data for number, (data, _) in enumerate(cases)}
    *found, last = hand_in({**files, "well/" + A: b"x = 1"}).values()
    for one, (_, says) in zip(found, cases, strict=True):
        assert one.files == {} and set(one.problems) == set(ALL) and not one.fault
        assert says in one.notes[0] and says in one.flags[0], (one, says)
        assert ("hand in the folder tutorial/ alone" in one.notes[0]) == ("too many" in says)
    assert last.files == {A: b"x = 1"}


def test_skipped_folders_count_nothing(hand_in, monkeypatch):
    monkeypatch.setattr(unpack, "OF_STUDENT", {**unpack.OF_STUDENT, "files": 3, "bytes": KIB})
    monkeypatch.setattr(unpack, "FILES", 30)
    skipped = [".venv", ".git", "venv", "env", "node_modules", "lib/site-packages", "runs", "x/__pycache__", "wandb"]
    files = {f"course/{folder}/{i}.py": bytes(KIB) for folder in skipped for i in range(30)}
    files |= {DEEP + A: b"x = 1", "b.py": b"x = 2", "model.bin": bytes(2 * KIB)}
    found = hand_in({"ada.zip": zipped(files), "bob.tgz": tarred(files)} | {f"cy/{p}": d for p, d in files.items()})
    for one in found.values():
        assert one.files == {A: b"x = 1", C: b"x = 2"} and not one.flags


def test_a_students_archives_and_folders_share_their_limits(hand_in, monkeypatch):
    monkeypatch.setattr(unpack, "OF_STUDENT", {**unpack.OF_STUDENT, "files": 3})
    monkeypatch.setattr(unpack, "ARCHIVES", 4)
    monkeypatch.setattr(unpack, "FILES", 5)
    two = zipped({"x.txt": b"", "y.txt": b""})
    found = hand_in({"ada/1.zip": two, "ada/2.zip": two} | {f"bob/{i}.txt": b"" for i in range(6)}
                    | {f"cy/{i}.zip": zipped({}) for i in range(5)})  # fmt: skip
    assert found["ada"].flags[0].startswith("2.zip holds too many files; hand in the folder tutorial/ alone")
    assert found["bob"].flags[0].startswith("what was handed in holds too many files; hand in")
    assert found["cy"].flags[0] == "4.zip is one archive too many: 4 are read"


def test_a_large_archive_on_disk_is_read_where_it_lies(hand_in, tmp_path, monkeypatch):
    monkeypatch.setattr(unpack, "OF_CLASS", {**unpack.OF_CLASS, "archive": 64 * KIB})
    large = zipped({"runs/model.bin": os.urandom(65 * KIB), A: b"x = 1"}, zipfile.ZIP_STORED)
    (tmp_path / "all.zip").write_bytes(zipped({"ada.zip": large, "bob.zip": zipped({A: b"x = 1"})}))
    assert hand_in({"ada.zip": large})["ada"].files == {A: b"x = 1"}
    found = hand_in({}, name="all.zip")
    assert "ada.zip is larger than 64 KiB" in found["ada"].flags and found["bob"].files


def test_a_form_that_is_not_read_is_said(hand_in):
    found = hand_in({"ada.rar": b"Rar!", "bob/w.7z": b"7z", "bob/" + A: b"x = 1"})
    assert found["ada"].files == {} and found["ada"].notes[0] == "ada.rar: not read; hand in a .zip or a .tar.gz"
    assert found["bob"].files == {A: b"x = 1"} and found["bob"].notes[0].startswith("w.7z: not read")


# --- on disk ---------------------------------------------------------------------------------------------------------


def test_links_and_pipes_on_disk_are_not_opened(tmp_path, hand_in, write_files):
    other = write_files(tmp_path / "other", {"loss/a.py": "x = 1\n"})
    folder = write_files(tmp_path / "class", {"ada/loss/b.py": "x = 1\n", "bob/loss/b.py": "", "cy/d/b.py": ""})
    (folder / "ada/loss/a.py").symlink_to(other / "loss/a.py")
    os.mkfifo(folder / "bob/loss/a.py")
    (folder / "cy/loop").symlink_to(folder)
    (folder / "dd").symlink_to(other)
    found = hand_in({})
    assert {name: one.flags[0] for name, one in found.items()} == {
        "ada": "loss/a.py is a symbolic link", "bob": "loss/a.py is not a regular file",
        "cy": "loop is a symbolic link",
        "dd": "dd is a symbolic link",
    }  # fmt: skip
    assert not any(A in one.files for one in found.values()) and "symbolic link" in found["ada"].problems[A]


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


@pytest.mark.parametrize("around", ["", "assignment_5_export/"])
@pytest.mark.parametrize("packed", [False, True])
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


# --- what is no Python -----------------------------------------------------------------------------------------------


def test_what_is_no_python_is_not_gradable_and_says_why(hand_in):
    cases = [
        ("x = 1\n".encode("utf-16"), "it starts with the mark of UTF-16, at byte 0; save it as UTF-8"),
        (b"x = 1\nname = '\xe9'\n", "not UTF-8 at byte 14 (line 2); save it as UTF-8"),
        (b"\xef\xbb\xbfname = '\xe9'\n", "not UTF-8 at byte 11 (line 1)"),
        (b"x = 1\r\n\0", "not a text: there is a NUL byte at byte 7 (line 2)"),
        (b"# -*- coding: latin-1 -*-\n", "line 1 names the encoding 'latin-1', at byte 14; take the name out"),
        (b"#!/usr/bin/python\r# vim: set fileencoding=utf-7 :\r", "line 2 names the encoding 'utf-7', at byte 42"),
        (b"# coding: ascii\nx = '\xc3\xa9'", "line 1 names the encoding 'ascii'"),
        (b"x = (\n", "syntax error, line 1: '(' was never closed"),
        (b"x = 1\n\ty = 2\n", "syntax error, line 2: unexpected indent"),
        (b"-" * 100_000 + b"1", "not parsed: it is nested too deeply, or too large"),
        (b"9" * 5000, "syntax error, line 1: Exceeds the limit"),
        (b"#" * (FILE + 1), f"loss/a.py is larger than {FILE // KIB} KiB"),
    ]
    files = {f"s{number:02}/loss/{name}": data for number, (bad, _) in enumerate(cases)
             for name, data in (("a.py", bad), ("b.py", b"x = 1"))}  # fmt: skip
    for one, (_, says) in zip(hand_in(files).values(), cases, strict=True):
        assert one.files == {C: b"x = 1"}
        assert says in one.problems[A] and f"{A}: {one.problems[A]}" in one.notes


def test_odd_but_right_files_are_taken_as_they_are(hand_in):
    cases = [
        b"x = 1\r\n", b"", b"# coding: utf-8\n", b"# coding: ascii\n", b"x = 1\n# coding: latin-1\n",
        b"\n\n# coding: latin-1\n", b"#" * FILE, "größe = '\\d'\n".encode(), b"\xef\xbb\xbfx = 1\n",
    ]  # fmt: skip
    *found, marked = hand_in({f"s{number}/loss/a.py": data for number, data in enumerate(cases)}).values()
    assert [one.files[A] for one in found] == cases[:-1] and not any(A in note for one in found for note in one.notes)
    assert marked.files == {A: b"x = 1\n"} and f"{A} starts with a byte order mark, which was taken off" in marked.notes


@pytest.mark.skipif(not os.path.exists("/proc/self"), reason="needs a limit on address space")
@pytest.mark.parametrize("bad", [
    b"import a" + b".a" * (100 * KIB),  # takes all memory
    b"f'{" * 60 + b"1" + b"}'" * 60,  # no syntax of this Python, or takes long
    b"\n".join(b'f"' + b"{f'{x}'}" * 90 + b'"' for _ in range(300)),
    b"f'''{" + b"(" * 150 + b"1" + b")" * 150 + b"}'''",
    b"x = " + b"-" * 90_000 + b"1",
])  # fmt: skip
def test_a_file_that_takes_long_to_parse_costs_nobody_else_anything(monkeypatch, bad):
    monkeypatch.setattr(python_source, "parsed", None)  # nothing is parsed here
    used = processor_time_of_children()
    found = parsing.parse({"bad": bad, "good": b"import gc\nx = 1", "wrong": b"x = ("})
    assert processor_time_of_children() - used < 2 * parsing.OF_FILE + 1
    assert not found["good"].problem and found["good"].flags == ["1: imports gc (other code)"]
    assert "never closed" in found["wrong"].problem


def test_many_files_that_take_long_cost_a_submission_two_seconds():
    bad = b"import a" + b".a" * (100 * KIB)
    used = processor_time_of_children()
    found = parsing.parse({"good": b"x = 1", **{f"bad{number}": bad for number in range(30)}})
    assert processor_time_of_children() - used < 2 * parsing.SECONDS
    assert [name for name, one in found.items() if not one.problem] == ["good"] and len(found) == 31


def processor_time_of_children():
    return os.times().children_user + os.times().children_system


def test_what_grading_treats_otherwise_is_named(hand_in):
    cases = {
        "from tutorial.stage04_alignment.lesson13_grpo.loss.grpo import f": "import lesson13_grpo.loss.grpo, as the",
        "import torch\ntorch.set_default_dtype(torch.float64)": "line 2 calls set_default_dtype, which changes all",
        "from torch import set_default_device\nset_default_device('cpu')": "line 2 calls set_default_device",
        "import torch\n@torch.compile\ndef f(): ...": "line 2 uses torch.compile, which takes longer",
        "def f():\n    breakpoint()": "line 2 calls breakpoint, and grading has no debugger",
        "import pdb\npdb.set_trace()": "line 2 calls set_trace, and grading has no debugger",
    }
    handed = hand_in({f"s{number}/a.py": code.encode() for number, code in enumerate(cases)})
    for one, says in zip(handed.values(), cases.values(), strict=True):
        assert any(says in note for note in one.notes), one.notes


@pytest.mark.parametrize("code", ["type X = int", "def f[T](x: T): ...", "class A[T]: ...", "x = f'{d['a']}'"])
def test_syntax_that_is_too_new_is_called_so(code):
    tree, problem = python_source.parsed(f"y = 1\n{code}\n")
    if tree is None or sys.version_info < (3, 12):  # a newer Python may read it, and grades it then
        assert "line 2" in problem and "perhaps it needs a newer Python: grading reads it with 3.11" in problem
    assert "newer" not in python_source.parsed("x = (")[1]


@pytest.mark.parametrize(("code", "what"), [
    ("!pip install x", "a command of notebooks"),
    ("%matplotlib inline", "a command of notebooks"),
    ("<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> theirs", "a merge conflict in git"),
])  # fmt: skip
def test_a_line_of_a_notebook_or_of_a_merge_is_called_so(code, what):
    says = python_source.parsed(f"y = 1\n{code}\n")[1]
    assert "line 2" in says and what in says
    assert "notebook" not in python_source.parsed("x = (1\n     % 2 3)")[1]


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
                    | {f"cy/{i:02}.{kind}": b"" for i in range(40) for kind in ("zip", "rar")}
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


@pytest.mark.parametrize("lesson", [0, 1])
def test_files_of_lessons_that_are_not_graded_are_close_to_nothing(tmp_path, lessons, write_files, lesson):
    files = {A: "from lesson02_two.data.same import x\n", C: "from lesson01_one.data.same import x\n", B: "", SAME: ""}
    kept = {name: text for name, text in files.items() if name != (B, SAME)[lesson]}
    write_files(tmp_path / "class" / "ada", {DEEP + name: text for name, text in kept.items()})
    (ada,) = submission.survey(tmp_path / "class", lessons[lesson : lesson + 1], False).submissions
    assert ada.notes == [f"{(B, SAME)[lesson]}: missing"] and not ada.flags


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
