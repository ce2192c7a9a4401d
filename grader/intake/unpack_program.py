"""Lists and unpacks one zip or tar archive that nobody can trust. unpack.py runs this file's text in a process of its
own, inside the sandbox where there is one; so it needs the standard library alone.

The archive is standard input. For each file in it, one line of JSON goes to standard output, {"path", "why", "size"},
followed by `size` bytes; `why` says why a file is refused, and only files that somebody reads have bytes. Nothing is
written to disk. The last line is {"end": ""}, or says why all of the archive is refused.
"""

import contextlib
import io
import json
import re
import resource
import stat
import sys
import tarfile
import unicodedata
import zipfile

SETTINGS = json.loads(sys.argv[1])
SUFFIXES = tuple(SETTINGS["suffixes"])  # of archives
DAMAGED = "is damaged, or not a zip or tar archive"
DEEP = 32  # folders within folders


class Refused(Exception):
    """The archive is refused as a whole; the message says why."""


class TooMuch(Refused):
    """So is the archive around it: both share their limits."""


def main():
    out = sys.stdout.buffer
    try:
        for path, why, data in unpacked(sys.stdin.buffer, "", SETTINGS["nested"]):
            out.write(json.dumps({"path": path, "why": why, "size": len(data)}).encode() + b"\n" + data)
        end = ""
    except Refused as error:
        end = str(error)
    out.write(json.dumps({"end": end}).encode() + b"\n")
    out.flush()


def unpacked(archive, folder, nested):
    """(path, why it is refused, bytes) of every file. Archives within it are unpacked too, `nested` deep; a negative
    `nested` gives their bytes instead."""
    for name, why, opened in members(archive):
        path, wrong = checked(name)
        why = wrong or why
        if not why and any(part.startswith(".") or part in SETTINGS["skipped"] for part in path.split("/")[:-1]):
            continue
        SETTINGS["files"] -= 1
        if SETTINGS["files"] < 0:
            raise TooMuch("holds too many files")
        path, data = folder + path, b""
        is_archive = path.lower().endswith(SUFFIXES)
        if not why and (is_archive or path.endswith(tuple(SETTINGS["read"]))):
            data, why = content(opened, SETTINGS["archive" if is_archive else "file"])
        if not is_archive or nested < 0 or why:
            yield path, why, data
        elif nested == 0:
            yield path, "is an archive in an archive in an archive", b""
        else:
            try:
                yield from list(unpacked(io.BytesIO(data), path + "/", nested - 1))
            except TooMuch:
                raise
            except Refused as error:
                yield path, str(error), b""


def members(file):
    """(name, why it is refused, what opens it) of every file of an archive; folders are left out."""
    try:
        start = file.read(4)
        file.seek(0)
        if start in (b"PK\3\4", b"PK\5\6"):
            archive = zipfile.ZipFile(file)
            for info in archive.infolist():
                if not info.orig_filename.endswith(("/", "\\")):
                    yield info.orig_filename, odd_in_zip(info), lambda info=info: archive.open(info)
        else:
            archive = tarfile.open(fileobj=file, mode="r:*")  # noqa: SIM115
            for info in archive:
                if not info.isdir():
                    yield info.name, odd_in_tar(info), lambda info=info: archive.extractfile(info)
            while archive.fileobj.read(2**20):
                pass  # to the end, where the checksum of a .tar.gz is
    except Exception:  # zipfile, tarfile and their decoders raise nearly everything on bytes that were made to harm
        raise Refused(DAMAGED) from None


def odd_in_zip(info):
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind == stat.S_IFLNK:
        return "is a symbolic link"
    if kind not in (0, stat.S_IFREG):
        return "is not a regular file"
    return "is encrypted" if info.flag_bits & 0x41 else ""


def odd_in_tar(info):
    if info.isreg():
        return ""
    return "is a symbolic link" if info.issym() else "is a hard link" if info.islnk() else "is not a regular file"


def content(opened, limit):
    """A member's bytes, and why it is refused. What headers say about sizes is not believed."""
    try:
        with opened() as file:
            data = file.read(limit + 1)
    except Exception:  # see members
        return b"", "is damaged within its archive"
    if len(data) > limit:
        return b"", f"is larger than {limit // 1024} KiB"
    SETTINGS["bytes"] -= len(data)
    if SETTINGS["bytes"] < 0:
        raise TooMuch("holds too many bytes in files that would be read")
    return data, ""


def checked(name):
    """A member's name as a path with slashes, and why it is refused."""
    path = name.replace("\\", "/")  # what old Windows tools write
    parts = [part for part in path.split("/") if part not in ("", ".")]
    shown = "/".join(parts) or "(no name)"
    if any(unicodedata.category(c) in ("Cc", "Cs") or c in SETTINGS["bidi"] for c in name):
        return shown, "has control characters in its name"
    if path.startswith("/") or re.match(r"[A-Za-z]:", path):
        return shown, "has an absolute path"
    if ".." in parts:
        return shown, "has a path that leaves its folder"
    if not parts or len(parts) > DEEP or len(path) > 1024 or max(map(len, parts)) > 255:
        return shown, "has a path that is empty, too long or too deep"
    return shown, ""


if __name__ == "__main__":
    for what, limit in SETTINGS["limits"].items():
        with contextlib.suppress(OSError, ValueError):  # macOS lacks some; the time limit from outside remains
            resource.setrlimit(getattr(resource, what), (limit, limit))
    sys.stdout.buffer.write(b"{}\n")  # it has started: what goes wrong from here on is the archive's fault
    sys.stdout.buffer.flush()
    main()
