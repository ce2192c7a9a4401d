"""Archives of students and of whole classes: they are unpacked in a process with limits, and what is odd in them is
refused. Also what is refused on disk."""

import contextlib
import gzip
import os
import shutil
import socket
import struct
import tarfile
import zipfile

import pytest

from course.base.errors import UsageError
from grader.intake import unpack
from grader.intake.unpack import FILE, KIB, MIB, Entry, Refused
from tests.grader import needs_sandbox
from tests.grader.intake.handed_in import ALL, DEEP, A, C, tarred, zipped

pytest_plugins = ["tests.grader.intake.class_fixtures"]


def member(name, kind, link=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


def linked(name, mode=0o120777):
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, mode << 16
    return info


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


def test_archives_are_read(hand_in):
    found = hand_in(READ, confined=not needs_sandbox.missing())
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


@pytest.mark.skipif(bool(needs_sandbox.missing()), reason=needs_sandbox.missing())
def test_what_unpacks_sees_no_files_no_network_and_no_processes(tmp_path, monkeypatch):
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
        (zipped({"C:\\x\\" + A: b"x = 1"}), "has an absolute path"),
        (zipped({"\u202e/" + A: b"x = 1"}), "has control characters in its name"),
        (zipped({A: b"x = 1", A.replace("loss", "LOSS"): b""}), "twice"),
        (zipped({"x/" * 40 + A: b"x = 1"}), "too deep"),
        (bytes(encrypted), "is encrypted"),
        (bytes(wrong_size), "is damaged"),
        (zipped({A: b"#" * (FILE + 1)}), "is larger than 256 KiB"),
        (tarred({member(A, tarfile.SYMTYPE, "/etc/passwd"): b""}), "is a symbolic link"),
        (tarred({"x.py": b"x = 1", member(A, tarfile.LNKTYPE, "x.py"): b""}), "is a hard link"),
        (tarred({member(A, tarfile.FIFOTYPE): b""}), "is not a regular file"),
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
        (zipped({f"{i}.zip": zipped({f"{j}.py": bytes(FILE) for j in range(3)}) for i in range(3)}), "too many bytes"),
        (deep, "is an archive in an archive"),
        (gzip.compress(b""), "is damaged"),
        (tarred({A: b"x = 1"})[:-20], "is damaged"),
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
