"""Reads zip and tar archives that nobody can trust: what is in them, and the bytes of single members. Nothing is ever
written to disk.

Members in folders that nobody looks into (an environment, .git, runs) are passed over, so that a zip of everything is
as good as the folder. Of the others, an archive that claims too much (members, size, ratio) is refused whole; a member
that is no plain file, is encrypted, or has a name that could mean something else is refused alone, with a reason. What
headers say about sizes only serves to refuse early: every read is bounded by itself, and an archive on disk is never
in memory as a whole. Left out on purpose: bzip2, xz, rar, 7z (more decoders, more surface), zip members that are packed
by anything but deflate, sparse tar members. Standard library only.
"""

from __future__ import annotations

import io
import re
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import BinaryIO

KIB, MIB = 2**10, 2**20
FILE = 256 * KIB  # of a file that is read; the longest file of the course has 14 KiB
MEMBERS = 20_000  # files of one student that are listed, whether on disk or in archives
SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz")
UNREAD_SUFFIXES = (".rar", ".7z", ".gz", ".bz2", ".xz", ".zst", ".tbz", ".txz")
READ_SUFFIXES = (".py", ".toml", ".yml")  # of all else, the names are enough
DEEP = 32  # folders within folders

# Folders that nothing is handed in from, besides those whose name begins with a dot; they are not even looked into.
UNSEEN = frozenset({"__MACOSX", "__pycache__", "node_modules", "site-packages"})
# More of them, but only within a submission: a student may be called so.
UNSEEN_WITHIN = UNSEEN | {
    "dist-packages", "venv", "env", "ENV", "virtualenv", "conda", "miniconda3", "miniforge3", "anaconda3", "runs",
    "wandb", "mlruns",
}  # fmt: skip
# Folders whose files are nobody's answer and yet worth a word: the reference, what the course keeps, its tests.
ASIDE = frozenset({"solutions", "kept", "testcases"})

# Characters that turn the direction of text, or end a line where nobody expects it.
TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029")


class Refused(Exception):
    """What is not read. The message says why, without a name: "is a symbolic link"."""


class TooMuch(Refused):
    """It is more than is read of anybody: handing in less helps."""


@dataclass
class Limits:
    """What one submission may still hold, over all of its archives together."""

    members: int = MEMBERS
    unpacked: int = 32 * MIB  # those of them that may be read
    file: int = FILE  # a larger one is not read
    packed: int = 32 * MIB  # likewise an archive within another
    aside: int = 1_000  # files in folders of ASIDE; further ones are passed over
    listed: int = 200_000  # all that is listed, passed over or not
    streamed: int = 1024 * MIB  # what a .tar.gz unpacks to, where nothing can be passed over unread
    ratio: int = 200  # unpacked to packed, of an archive that claims more than a MiB
    nested: int = 2  # archives within archives
    archives: int = 20
    unseen: frozenset[str] = UNSEEN_WITHIN

    def __post_init__(self) -> None:
        self.at_first = dict(vars(self))

    def take(self, what: str, count: int, says: str) -> None:
        """Takes `count` off the limit `what`. Raises TooMuch where less is left; `says` has {} for the limit."""
        self.check(what, count, says)
        setattr(self, what, getattr(self, what) - count)

    def check(self, what: str, count: int, says: str) -> None:
        """The same, and takes nothing."""
        if count > getattr(self, what):
            most = self.at_first[what]
            others = self.at_first["archives"] - self.archives > 1
            said = says.format(size(most) if most >= MIB else most)
            raise TooMuch(said + (" (together with the other archives)" if others else ""))


@dataclass(frozen=True)
class Entry:
    """A file somewhere in a submission. `path` is relative and with slashes; `refused` says why it is not read."""

    path: str
    refused: str = ""
    content: Callable[[int], bytes] = field(default=lambda limit: b"", compare=False)  # up to `limit` bytes
    opened: Callable[[], BinaryIO] | None = field(default=None, compare=False)  # of one on disk: the file itself

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(self.path.split("/"))

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    def read(self, limit: int = FILE) -> bytes:
        """All of it. Raises Refused where it may not be read, cannot be, or is larger than `limit` bytes."""
        if self.refused:
            raise Refused(self.refused)
        data = self.content(limit + 1)
        if len(data) > limit:
            raise TooMuch(f"is larger than {size(limit)}")
        return data

    def within(self, *folders: str) -> Entry:
        """The same entry, further down."""
        return replace(self, path="/".join((*folders, self.path)))


def size(count: int) -> str:
    """ "32 MiB", "256 KiB"."""
    return f"{count // MIB} MiB" if count >= MIB else f"{count // KIB} KiB"


def is_unseen(name: str, names: frozenset[str] = UNSEEN) -> bool:
    """Whether a folder is none that anything is handed in from."""
    return (name.startswith(".") and name != "..") or name in names


def is_archive(name: str) -> bool:
    return name.lower().endswith(SUFFIXES)


def unpack(source: bytes | Entry, limits: Limits) -> list[Entry]:
    """The files of a zip or tar archive; what it claims is taken off `limits`. Raises Refused for the whole of it."""
    if limits.archives < 1:
        raise TooMuch(f"is one archive too many: {limits.at_first['archives']} are read")
    limits.archives -= 1
    if isinstance(source, Entry):
        source = source.opened() if source.opened else _within_another(source, limits)
    file = io.BytesIO(source) if isinstance(source, bytes) else source
    try:
        start, packed = file.read(4), file.seek(0, io.SEEK_END)
        file.seek(0)
        before = limits.unpacked
        if start in (b"PK\3\4", b"PK\5\6"):
            found = _zip_entries(file, packed, limits)  # it stays open for as long as one of them is there
        else:
            with file:
                found = _tar_entries(file, packed, limits, start[:2] == b"\x1f\x8b")
    except (*_BROKEN, Refused) as error:
        raise error if isinstance(error, Refused) else Refused("is damaged, or no zip or tar archive") from None
    claimed = before - limits.unpacked
    if claimed > MIB and claimed > limits.ratio * packed:
        raise Refused(f"claims to unpack to {claimed // packed} times its size")
    return _without_doubles(found)


def _within_another(entry: Entry, limits: Limits) -> bytes:
    try:
        return entry.read(limits.packed)
    except TooMuch as error:
        raise TooMuch(f"{error}, within another archive") from None


# What zipfile and zlib raise on bytes that are no archive, or one made to trip them.
_BROKEN = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, OverflowError, NotImplementedError,
    RuntimeError, MemoryError, IndexError, KeyError,
)  # fmt: skip


def _admitted(path: str, count: int, limits: Limits) -> bool:
    """Whether a member of `count` bytes could matter; what it takes is taken off `limits`."""
    folders = path.split("/")[:-1]
    if ".." not in folders and any(is_unseen(folder, limits.unseen) for folder in folders):
        return False
    if not ASIDE.isdisjoint(folders):
        limits.aside -= 1
        return limits.aside >= 0 and count <= limits.file
    limits.take("members", 1, "holds more than {} files, " + NOT_COUNTED)
    if count <= _most(path, limits):
        limits.take("unpacked", count, "holds more than {} in files, " + NOT_COUNTED)
    return True


NOT_COUNTED = "those in .venv, .git, runs and the like not counted"


def _most(path: str, limits: Limits) -> int:
    """How large a member of that name may be to be read; 0 where it is not read at all."""
    return limits.packed if is_archive(path) else limits.file if path.lower().endswith(READ_SUFFIXES) else 0


def _too_large(limit: int) -> bytes:
    raise TooMuch(f"is larger than {size(limit - 1)}")


def _not_read(limit: int) -> bytes:
    raise Refused("is of a kind that is not read")


def _without_doubles(entries: list[Entry]) -> list[Entry]:
    """Names that are one file on some disk, and which of them came last there, are refused all."""
    folded = [unicodedata.normalize("NFC", e.path).casefold() for e in entries]
    count = Counter(folded)
    return [
        Entry(e.path, e.refused or "has a name that is in its archive twice") if count[key] > 1 else e
        for e, key in zip(entries, folded, strict=True)
    ]


def checked(name: str) -> tuple[str, str]:
    """A member's name as a path that can be shown and compared, and why it is refused ("" where it is not)."""
    path = name.replace("\\", "/")  # what old Windows tools write
    parts = [part for part in path.split("/") if part not in ("", ".")]
    shown = "/".join(parts) or "(no name)"
    if any(unicodedata.category(c) in ("Cc", "Cs") or c in TURNING for c in name):
        return shown, "has control characters in its name"
    if path.startswith("/") or re.match(r"[A-Za-z]:", path):
        return shown, "has an absolute path"
    if ".." in parts:
        return shown, "has a path that leaves its folder"
    if not parts or len(parts) > DEEP or len(path) > 1024 or max(map(len, parts)) > 255:
        return shown, "has a path that is empty, too long or too deep"
    return shown, ""


# --- zip ---------------------------------------------------------------------------------------------------------


def _zip_entries(file: BinaryIO, packed: int, limits: Limits) -> list[Entry]:
    _look_at_directory(file, packed, limits)  # before zipfile makes an object of every member
    archive = zipfile.ZipFile(file)
    limits.take("listed", len(archive.filelist), LISTED)
    found, kept = [], []
    for info in archive.filelist:
        path, why = checked(info.orig_filename)
        if info.orig_filename.endswith(("/", "\\")) or not _admitted(path, info.file_size, limits):
            continue
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind == stat.S_IFLNK:
            why = "is a symbolic link"
        elif kind not in (0, stat.S_IFREG):
            why = "is no plain file"
        elif info.flag_bits & 0x2041:
            why = "is encrypted"
        elif info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            why = why or "is packed in a way that is not read"
        found.append(Entry(path, why, _member_reader(archive, info)))
        kept.append(info)
    archive.filelist, archive.NameToInfo = kept, {}  # what was passed over takes no memory from here on
    return found


def _member_reader(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[int], bytes]:
    def read(limit: int) -> bytes:
        if info.file_size >= limit:
            _too_large(limit)
        try:
            with archive.open(info) as file:
                return file.read(limit)
        except _BROKEN:
            raise Refused("is damaged within its archive") from None

    return read


def _look_at_directory(file: BinaryIO, packed: int, limits: Limits) -> None:
    """Refuses a list of members that is too long. There may be two ends that say where it is (zip64), and which of
    them zipfile takes is not for us to know."""
    begins = file.seek(max(0, packed - 65_557 - 76))
    data = file.read()
    end = data.rfind(b"PK\5\6", max(0, len(data) - 65_557))
    if end < 0 or end + 22 > len(data):
        raise Refused("is damaged, or no zip or tar archive")
    ends = [(end, struct.unpack_from("<L", data, end + 12)[0])]
    leads = struct.unpack_from("<Q", data, end - 12)[0] if data[max(0, end - 20) : end - 16] == b"PK\6\7" else None
    if leads not in (None, begins + end - 76):  # elsewhere than to what stands before it
        raise Refused("is damaged, or no zip or tar archive")
    if end >= 76 and data[end - 76 : end - 72] == b"PK\6\6" and data[end - 20 : end - 16] == b"PK\6\7":
        ends = [end for end in ends if end[1] != 0xFFFFFFFF]
        ends.append((end - 76, struct.unpack_from("<Q", data, end - 36)[0]))
    for end, length in ends:
        if length > begins + end:
            raise Refused("is damaged, or no zip or tar archive")
        limits.check("listed", length // 300, LISTED)  # of one member there are 46 bytes at least, usually 150
        file.seek(begins + end - length)
        limits.check("listed", file.read(length).count(b"PK\1\2"), LISTED)
    file.seek(0)


LISTED = "lists more than {} files and folders"


# --- tar ---------------------------------------------------------------------------------------------------------
# Read by hand rather than by tarfile, which follows what headers say about sizes and, in some versions that this
# course runs on, takes quadratic time over made-up ones.

_BLOCK = 512
_KINDS = {b"1": "is a hard link", b"2": "is a symbolic link", b"S": "is a sparse file"}
_HEADER_ONLY = 64 * KIB  # of a header that stands before a member's own
_HEADERS_ONLY = 8  # of these, before one member


class _Gunzipped(io.RawIOBase):
    """What a gzip file holds, to be read forwards. Raises Refused for more than there may be."""

    def __init__(self, file: BinaryIO, packed: int, limits: Limits):
        self.file, self.packed, self.limits = file, packed, limits
        self.decoder, self.pieces = zlib.decompressobj(31), 1
        self.next = b""  # packed bytes that were read and are no part of this piece
        self.count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:
        while not self.decoder.eof or self._another_piece():
            data = self.decoder.unconsumed_tail or self.next or self.file.read(64 * KIB)
            if not data:
                raise Refused("is damaged: it is cut short")
            self.next = b""
            if found := self.decoder.decompress(data, len(buffer)):
                self._take(len(found))
                buffer[: len(found)] = found
                return len(found)
        return 0

    def _another_piece(self) -> bool:
        """Whether another one follows, after zeros or none; usual is one in all."""
        data = self.decoder.unused_data.lstrip(b"\0")
        while not data:
            if not (data := self.file.read(64 * KIB)):
                return False
            data = data.lstrip(b"\0")
        if self.pieces == 16:
            raise Refused("is damaged: it is in too many pieces")
        self.decoder, self.pieces, self.next = zlib.decompressobj(31), self.pieces + 1, data
        return True

    def _take(self, count: int) -> None:
        self.limits.take("streamed", count, "unpacks to more than {}")
        self.count += count
        if self.count > MIB and self.count > self.limits.ratio * self.packed:
            raise Refused(f"unpacks to more than {self.limits.ratio} times its size")


def _tar_entries(file: BinaryIO, packed: int, limits: Limits, gzipped: bool) -> list[Entry]:
    if gzipped:
        limits.check("streamed", packed, "is larger than {}")
        file = io.BufferedReader(_Gunzipped(file, packed, limits), 64 * KIB)
    found, long_name, before, any_there = [], None, 0, False
    while len(header := file.read(_BLOCK)) == _BLOCK and header.strip(b"\0"):
        if sum(header[:148]) + 8 * 32 + sum(header[156:]) != _octal(header[148:156]):
            raise Refused("is damaged, or no zip or tar archive")
        count, kind, any_there = _octal(header[124:136]), header[156:157], True
        if kind in b"xLgK":
            before += 1
            if count > _HEADER_ONLY or before > _HEADERS_ONLY:
                raise Refused("has a header that is too long")
            body = _exactly(file, count)
            if kind in b"xL":
                long_name = body.rstrip(b"\0") if kind == b"L" else _pax_path(body) or long_name
        else:
            limits.take("listed", 1, LISTED)
            name, long_name, before = long_name or _ustar_name(header), None, 0
            path, why = checked(name.decode("utf-8", "surrogateescape"))
            if kind not in (b"0", b"\0", b"7"):
                why = _KINDS.get(kind, "is no plain file")
            if kind == b"5" or not _admitted(path, count, limits):
                _pass_over(file, count)
            elif count > (most := _most(path, limits)):
                _pass_over(file, count)
                found.append(Entry(path, why, _too_large if most else _not_read))
            else:
                body = _exactly(file, count)
                found.append(Entry(path, why, lambda limit, body=body: body[:limit]))
        file.read(-count % _BLOCK)
    if not any_there:
        raise Refused("is damaged, or no zip or tar archive")
    while gzipped and file.read(MIB):
        pass  # to its end, where the checksum is
    return found


def _exactly(file: BinaryIO, count: int) -> bytes:
    data = file.read(count)
    if len(data) < count:
        raise Refused("is damaged: it is cut short")
    return data


def _pass_over(file: BinaryIO, count: int) -> None:
    if file.seekable():
        at, end = file.tell(), file.seek(0, io.SEEK_END)
        if at + count > end:
            raise Refused("is damaged: it is cut short")
        file.seek(at + count)
    else:
        while count:
            count -= len(_exactly(file, min(count, MIB)))


def _octal(digits: bytes) -> int:
    """A number of a header. Raises ValueError on any other form: a sign, and the one for files over 8 GiB."""
    digits = digits.strip(b" \0")
    if digits.strip(b"01234567"):
        raise ValueError("no octal number")
    return int(digits or b"0", 8)


def _ustar_name(header: bytes) -> bytes:
    name, prefix = header[:100].split(b"\0")[0], header[345:500].split(b"\0")[0]
    return prefix + b"/" + name if prefix and header[257:263] == b"ustar\0" else name


def _pax_path(body: bytes) -> bytes | None:
    """The name in an extended header, a list of "LENGTH KEY=VALUE" lines. Raises Refused on a size or a sparse map,
    which would move the members that follow, ValueError where it is none."""
    found, at = None, 0
    while at < len(body):
        digits = body[at : at + 8].partition(b" ")[0]
        count = int(digits) if digits.isdigit() else 0
        key, equals, value = body[at + len(digits) + 1 : at + count].partition(b"=")
        if not equals or not value.endswith(b"\n"):
            raise ValueError("no pax header")
        if key == b"size" or key.startswith(b"GNU.sparse"):
            raise Refused("holds a sparse or very large file")
        if key == b"path":
            found = value[:-1]
        at += count
    return found
