"""Reads zip and tar archives that nobody can trust: what is in them, and the bytes of single members. Nothing is ever
written to disk.

An archive that claims too much (members, size, ratio) is refused whole; a member that is no plain file, is encrypted,
or has a name that could mean something else is refused alone, with a reason. What headers say about sizes only
serves to refuse early: every read is bounded by itself. Left out on purpose: bzip2, xz, rar, 7z (more decoders, more
surface), zip members that are packed by anything but deflate, sparse tar members. Standard library only.
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
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

KIB, MIB = 2**10, 2**20
FILE = 256 * KIB  # of a file that is read; the longest file of the course has 14 KiB
SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz")
UNREAD_SUFFIXES = (".rar", ".7z", ".gz", ".bz2", ".xz", ".zst", ".tbz", ".txz")
DEEP = 32  # folders within folders

# Characters that turn the direction of text, or end a line where nobody expects it.
TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029")


class Refused(Exception):
    """What is not read. The message says why, without a name: "is a symbolic link"."""


@dataclass
class Limits:
    """What one submission may still hold, over all of its archives together."""

    members: int = 2_000
    unpacked: int = 32 * MIB
    packed: int = 32 * MIB  # of one archive
    ratio: int = 200  # unpacked to packed, of an archive that claims more than a MiB
    nested: int = 2  # archives within archives
    archives: int = 20


@dataclass(frozen=True)
class Entry:
    """A file somewhere in a submission. `path` is relative and with slashes; `refused` says why it is not read."""

    path: str
    refused: str = ""
    content: Callable[[int], bytes] = field(default=lambda limit: b"", compare=False)  # up to `limit` bytes

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
            raise Refused(f"is larger than {limit // KIB} KiB")
        return data

    def within(self, *folders: str) -> Entry:
        """The same entry, further down."""
        return Entry("/".join((*folders, self.path)), self.refused, self.content)


def is_archive(name: str) -> bool:
    return name.lower().endswith(SUFFIXES)


def unpack(data: bytes, limits: Limits) -> list[Entry]:
    """The files of a zip or tar archive; what it claims is taken off `limits`. Raises Refused for the whole of it."""
    if limits.archives < 1:
        raise Refused("is one archive too many")
    limits.archives -= 1
    if len(data) > limits.packed:
        raise Refused(f"is larger than {limits.packed // MIB} MiB")
    try:
        if data[:4] in (b"PK\3\4", b"PK\5\6"):
            return _without_doubles(list(_zip_entries(data, limits)))
        if data[:2] == b"\x1f\x8b":
            data = _gunzipped(data, limits)
        return _without_doubles(list(_tar_entries(data, limits)))
    except (*_BROKEN, Refused) as error:
        raise error if isinstance(error, Refused) else Refused("is damaged, or no zip or tar archive") from None


# What zipfile and zlib raise on bytes that are no archive, or one made to trip them.
_BROKEN = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, OverflowError, NotImplementedError,
    RuntimeError, MemoryError, IndexError, KeyError,
)  # fmt: skip


def _claim(limits: Limits, members: int, unpacked: int, packed: int) -> None:
    if members > limits.members:
        raise Refused(f"holds more than the {limits.members} files that are left to a submission")
    if unpacked > limits.unpacked:
        raise Refused(f"holds more than the {limits.unpacked // MIB} MiB that are left to a submission, unpacked")
    if unpacked > MIB and unpacked > limits.ratio * packed:
        raise Refused(f"claims to unpack to {unpacked // max(packed, 1)} times its size")
    limits.members -= members
    limits.unpacked -= unpacked


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


def _zip_entries(data: bytes, limits: Limits) -> Iterator[Entry]:
    if _directory_size(data) > 300 * max(limits.members, 1):  # before zipfile makes an object of every member
        _claim(limits, limits.members + 1, 0, 1)
    archive = zipfile.ZipFile(io.BytesIO(data))
    files = [info for info in archive.infolist() if not info.orig_filename.endswith(("/", "\\"))]
    _claim(limits, len(files), sum(info.file_size for info in files), len(data))
    for info in files:
        path, why = checked(info.orig_filename)
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind == stat.S_IFLNK:
            why = "is a symbolic link"
        elif kind not in (0, stat.S_IFREG):
            why = "is no plain file"
        elif info.flag_bits & 0x2041:
            why = "is encrypted"
        elif info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            why = why or "is packed in a way that is not read"
        yield Entry(path, why, _member_reader(archive, info))


def _member_reader(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[int], bytes]:
    def read(limit: int) -> bytes:
        try:
            with archive.open(info) as file:
                return file.read(limit)
        except _BROKEN:
            raise Refused("is damaged within its archive") from None

    return read


def _directory_size(data: bytes) -> int:
    """Bytes of the list of members, as zipfile will read it: the larger one where there are two ends (zip64)."""
    end = data.rfind(b"PK\5\6", max(0, len(data) - 65_557))
    if end < 0 or end + 22 > len(data):
        raise Refused("is damaged, or no zip or tar archive")
    (size,) = struct.unpack_from("<L", data, end + 12)
    at = end - 76
    if at >= 0 and data[at : at + 4] == b"PK\6\6":
        size = struct.unpack_from("<Q", data, at + 40)[0]
    elif size == 0xFFFFFFFF:
        raise Refused("is damaged, or no zip or tar archive")
    return size


# --- tar ---------------------------------------------------------------------------------------------------------
# Read by hand rather than by tarfile, which follows what headers say about sizes and, in some versions that this
# course runs on, takes quadratic time over made-up ones.

_BLOCK = 512
_KINDS = {b"1": "is a hard link", b"2": "is a symbolic link", b"S": "is a sparse file"}
_HEADER_ONLY = 64 * KIB  # of a header that stands before a member's own


def _gunzipped(data: bytes, limits: Limits) -> bytes:
    most = limits.unpacked + limits.members * 3 * _BLOCK + 20 * _BLOCK
    found, rest = b"", data
    for _ in range(16):  # pieces, one after the other; usual is one
        decoder = zlib.decompressobj(31)
        found += decoder.decompress(rest, most + 1 - len(found))
        if len(found) > most:
            raise Refused(f"holds more than the {limits.unpacked // MIB} MiB that are left to a submission, unpacked")
        if not decoder.eof:
            raise Refused("is damaged: it is cut short")
        rest = decoder.unused_data.lstrip(b"\0")
        if not rest:
            if len(found) > MIB and len(found) > limits.ratio * len(data):
                raise Refused(f"unpacks to {len(found) // len(data)} times its size")
            return found
    raise Refused("is damaged: it is in too many pieces")


def _tar_entries(data: bytes, limits: Limits) -> Iterator[Entry]:
    members, long_name = [], None
    at = 0
    while at + _BLOCK <= len(data) and (header := data[at : at + _BLOCK]).strip(b"\0"):
        if sum(header[:148]) + 8 * 32 + sum(header[156:]) != _octal(header[148:156]):
            raise Refused("is damaged, or no zip or tar archive")
        size, kind = _octal(header[124:136]), header[156:157]
        start, at = at + _BLOCK, at + _BLOCK + -(-size // _BLOCK) * _BLOCK
        if start + size > len(data):
            raise Refused("is damaged: it is cut short")
        if kind in b"xLgK":
            if size > _HEADER_ONLY:
                raise Refused("has a header that is too long")
            if kind in b"xL":
                body = data[start : start + size]
                long_name = body.rstrip(b"\0") if kind == b"L" else _pax_path(body) or long_name
            continue
        name, long_name = long_name or _ustar_name(header), None
        if kind == b"5":
            continue
        path, why = checked(name.decode("utf-8", "surrogateescape"))
        if kind not in (b"0", b"\0", b"7"):
            why = _KINDS.get(kind, "is no plain file")
        members.append((path, why, start, size))
        if len(members) > limits.members:
            break
    if not members and at == 0:
        raise Refused("is damaged, or no zip or tar archive")
    _claim(limits, len(members), sum(size for *_, size in members), len(data))
    for path, why, start, size in members:
        yield Entry(path, why, lambda limit, start=start, size=size: data[start : start + min(size, limit)])


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
