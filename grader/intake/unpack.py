"""Files of a submission, on disk or in an archive, and what they hold. Archives are unpacked by another process, which
runs unpack_program.py: inside bubblewrap if submissions are confined, and with limits on time, memory and output.

That process sees the system's files and Python, read-only, has no network, can write nothing but its output, and its
output is one file whose size the kernel bounds. Paths are never opened here: they only name what is in that file.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import unicodedata
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

KIB, MIB = 2**10, 2**20
FILE = 256 * KIB  # of a file that is read; the longest file of the course has 14 KiB
FILES = 20_000  # of one student, on disk or in archives
ARCHIVES = 20  # of one student
SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz", ".tar.xz", ".txz")
UNREAD_SUFFIXES = (".rar", ".7z", ".gz", ".bz2", ".xz", ".zst")

# Folders that nothing is handed in from, besides those whose name begins with a dot; they are skipped unseen.
SKIPPED_AT_TOP = ("__MACOSX", "__pycache__", "node_modules", "site-packages")
# More of them, but only within a submission: a student may be called so.
SKIPPED = (
    *SKIPPED_AT_TOP, "dist-packages", "venv", "env", "ENV", "virtualenv", "conda", "miniconda3", "miniforge3",
    "anaconda3", "runs", "wandb", "mlruns",
)  # fmt: skip
# Characters that change the direction of text, or end a line where nobody expects it.
BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029"

SECONDS, MEMORY = 60, 2**30  # of one archive: processor time, address space
OF_STUDENT = {"files": FILES, "bytes": 32 * MIB, "file": FILE, "archive": 32 * MIB, "nested": 2, "skipped": SKIPPED}
# Of an archive that holds the class. The archives in it are unpacked later, one by one.
OF_CLASS = {
    "files": 200_000, "bytes": 4096 * MIB, "file": 64 * MIB, "archive": 32 * MIB, "nested": -1,
    "skipped": SKIPPED_AT_TOP,
}  # fmt: skip
LESS = (
    f"hand in the folder tutorial/ alone (at most {FILES} files and 32 MiB of Python are read; .git, .venv, runs and "
    "the like do not count)"
)
PROGRAM = Path(__file__).with_name("unpack_program.py")
SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache")


class Refused(Exception):
    """A file, a folder or an archive is not read. The message says why, without a name: "is a symbolic link"."""


@dataclass(frozen=True)
class Entry:
    """A file somewhere in a submission. `path` is relative and with slashes; `refused` says why it is not read."""

    path: str
    refused: str = ""
    place: Path | tuple[BinaryIO, int, int] | None = None  # on disk; or in an open file: from which byte, how many

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(self.path.split("/"))

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    def within(self, folder: str) -> Entry:
        return replace(self, path=f"{folder}/{self.path}")

    def open(self) -> BinaryIO:
        """Its content. Raises Refused if it cannot be read, or is not a regular file."""
        if self.refused:
            raise Refused(self.refused)
        if isinstance(self.place, Path):
            return _opened(self.place)
        file, start, size = self.place or (None, 0, 0)
        return io.BytesIO(os.pread(file.fileno(), size, start) if size else b"")

    def read(self, limit: int = FILE) -> bytes:
        """All of it. Raises Refused if it cannot be read, or is larger than `limit` bytes."""
        with self.open() as file:
            try:
                data = file.read(limit + 1)
            except OSError as error:
                raise Refused(f"cannot be read: {error.strerror}") from None
        if len(data) > limit:
            raise Refused(f"is larger than {limit // KIB} KiB")
        return data


def is_archive(name: str) -> bool:
    return name.lower().endswith(SUFFIXES)


def is_unread(name: str) -> bool:
    """Whether it is an archive that is not read."""
    return name.lower().endswith(UNREAD_SUFFIXES) and not is_archive(name)


def is_skipped(folder: str, skipped: tuple[str, ...] = SKIPPED) -> bool:
    return (folder.startswith(".") and folder != "..") or folder in skipped


def unpack(archive: Entry, confined: bool, limits: dict[str, Any], open_files: contextlib.ExitStack) -> list[Entry]:
    """The files in a zip or tar archive, as many as `limits` allow; they can be read until `open_files` are closed.

    `limits`: OF_STUDENT or OF_CLASS. `confined`: in bubblewrap. Raises Refused for the archive as a whole, and
    RuntimeError if the process does not start, which is no archive's fault.
    """
    output = open_files.enter_context(tempfile.TemporaryFile())  # noqa: SIM115
    kernel = {"RLIMIT_CPU": SECONDS, "RLIMIT_AS": MEMORY, "RLIMIT_CORE": 0}
    kernel["RLIMIT_FSIZE"] = limits["bytes"] + limits["files"] * 2 * KIB
    settings = {**limits, "suffixes": SUFFIXES, "read": (".py", ".yml"), "bidi": BIDI, "limits": kernel}
    python = [os.path.realpath(sys.executable), "-I", "-S", "-X", "utf8", "-c", PROGRAM.read_text(encoding="utf-8")]
    command = [*(_walls() if confined else ()), *python, json.dumps(settings)]
    with contextlib.ExitStack() as inner:
        source = inner.enter_context(archive.open())
        errors = inner.enter_context(tempfile.TemporaryFile())
        if isinstance(source, io.BytesIO):  # another process can only read a file
            content, source = source, inner.enter_context(tempfile.TemporaryFile())
            shutil.copyfileobj(content, source)
            source.seek(0)
        with contextlib.suppress(subprocess.TimeoutExpired):  # then the last line is not there, as after any other end
            subprocess.run(command, stdin=source, stdout=output, stderr=errors, env={}, timeout=4 * SECONDS)
        errors.seek(0)
        return _without_doubles(_listed(output, limits, errors.read(2000).decode("utf-8", "replace")))


def _walls() -> list[str]:
    """The part of the command that confines it. Python is the one behind the environment: no package is needed."""
    places = dict.fromkeys([*SYSTEM, sys.base_prefix, str(Path(os.path.realpath(sys.executable)).parent)])
    binds = [part for place in places for part in ("--ro-bind-try", place, place)]
    return ["bwrap", "--die-with-parent", "--new-session", "--unshare-all", "--clearenv", "--cap-drop", "ALL", *binds,
            "--remount-ro", "/", "--chdir", "/", "--"]  # fmt: skip


def _listed(output: BinaryIO, limits: dict[str, Any], errors: str) -> list[Entry]:
    """The entries that the process has written, with nothing believed that is not so."""
    found: list[Entry] = []
    size = output.seek(0, io.SEEK_END)
    output.seek(0)
    if output.readline(3) != b"{}\n":
        raise RuntimeError(f"the sandbox that unpacks archives did not start: {errors.strip()[-200:]}")
    while line := output.readline(16 * KIB):
        try:
            row = json.loads(line)
            if "end" in row:
                if row["end"]:
                    raise Refused(f"{row['end']}; {LESS}" if "too many" in row["end"] else row["end"])
                return found
            start, count = output.tell(), int(row["size"])
            if not 0 <= count <= size - start or len(found) >= limits["files"]:
                break
            found.append(Entry(str(row["path"]), str(row["why"]), (output, start, count)))
            output.seek(count, io.SEEK_CUR)
        except (ValueError, KeyError, TypeError):
            break
    raise Refused(f"takes too much time, memory or space to unpack; {LESS}")


def _without_doubles(entries: list[Entry]) -> list[Entry]:
    """Names that are one file on some disk are all refused: it is not clear which of them was meant."""
    folded = [unicodedata.normalize("NFC", entry.path).casefold() for entry in entries]
    count = Counter(folded)
    return [
        replace(entry, refused=entry.refused or "has a name that is in its archive twice") if count[key] > 1 else entry
        for entry, key in zip(entries, folded, strict=True)
    ]


# --- on disk ---------------------------------------------------------------------------------------------------------


def on_disk(folder: Path, most: int = FILES) -> list[tuple[str, Path, int]]:
    """(name, path, mode) of what is directly in `folder`, sorted. Raises Refused for more than `most`."""
    found = []
    with os.scandir(folder) as listed:
        for one in listed:
            if len(found) >= most:
                raise Refused(f"holds too many files; {LESS}")
            found.append((one.name, folder / one.name, one.stat(follow_symlinks=False).st_mode))
    return sorted(found)


def entry_on_disk(path: Path, name: str, mode: int) -> Entry:
    """A file, or something else that is refused."""
    why = "" if stat.S_ISREG(mode) else "is a symbolic link" if stat.S_ISLNK(mode) else "is not a regular file"
    return Entry(name, why, path)


def walk(folder: Path) -> list[Entry]:
    """All files under `folder`, in a fixed order; links are not followed. Raises Refused if there are too many."""
    entries: list[Entry] = []
    waiting, left = [("", folder, 0)], FILES
    while waiting:
        prefix, place, depth = waiting.pop()
        try:
            listed = on_disk(place, left)
        except OSError:
            entries.append(Entry(prefix.rstrip("/") or ".", "cannot be read"))
            continue
        left -= len(listed)
        for name, path, mode in listed:
            if not stat.S_ISDIR(mode):
                entries.append(entry_on_disk(path, prefix + name, mode))
            elif depth >= 32:
                entries.append(Entry(prefix + name, "is too deep in folders"))
            elif not is_skipped(name):
                waiting.append((f"{prefix}{name}/", path, depth + 1))
    return sorted(entries, key=lambda entry: entry.parts)


def _opened(path: Path) -> BinaryIO:
    try:
        file = open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb")  # noqa: SIM115
    except OSError as error:
        raise Refused(f"cannot be read: {error.strerror}") from None
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise Refused("is not a regular file")
    return file
