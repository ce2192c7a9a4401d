"""Who handed in what: the students of a folder or a class's archive, and every file that is theirs, by name only.

A student is a folder, an archive, or the files that an LMS names after them:

    Canvas      "lovelaceada_LATE_12345_67890_grpo-1.py": the name, perhaps LATE, the user, the upload, the file
    Moodle      "Ada Lovelace_12345_assignsubmission_file_/" or "..._file_grpo.py"
    Gradescope  "submission_123456/", and submission_metadata.yml beside it, which says whose they are

Which of the files count is decided in intake.py. Symbolic links are never followed.
"""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

import yaml

from course.base.errors import UsageError
from course.base.manifest import Lesson
from grader.exports.text import JOINERS
from grader.intake.archives import (
    DEEP,
    FILE,
    MEMBERS,
    MIB,
    NOT_COUNTED,
    SUFFIXES,
    UNREAD_SUFFIXES,
    UNSEEN,
    UNSEEN_WITHIN,
    Entry,
    Limits,
    Refused,
    TooMuch,
    is_archive,
    is_unseen,
    unpack,
)

METADATA = "submission_metadata.yml"
WALKED = MEMBERS  # files and folders of one student on disk
STUDENTS = 20_000  # entries of the folder that is graded
# Of an archive that holds the class: it was made by an LMS or an instructor, but students named what is in it.
CLASS = {
    "members": 200_000, "aside": 200_000, "listed": 500_000, "unpacked": 4096 * MIB, "file": 64 * MIB, "ratio": 1000,
    "streamed": 16_384 * MIB, "unseen": UNSEEN,
}  # fmt: skip


# Three digits of the upload's number at least: a screenshot's name has a date in it.
_CANVAS = re.compile(r"(?P<name>.+?)_(?P<late>LATE_)?(?P<id>\d{2,})_\d{3,}_(?P<file>.+)", re.S)
_MOODLE = re.compile(r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_(?:file|onlinetext)_?(?P<file>.*)", re.S)

# What a browser or an LMS appends where a name is taken: "grpo (1).py", "grpo-1.py".
_COPY = re.compile(r"(.+?)(?: ?\(\d{1,3}\)|-\d{1,3})((?:\.\w{1,8})?)")

Part = Callable[[], list[Entry]]  # raises Refused for the whole submission


@dataclass
class Handed:
    """All that one student handed in. More than one separate submission is one too many."""

    student: str  # for display
    ids: dict[str, str] = field(default_factory=dict)  # "canvas" or "moodle" -> number; "email", "sid" (Gradescope)
    submissions: list[list[Part]] = field(default_factory=list)  # each: what gives its entries, one list after another
    sources: list[str] = field(default_factory=list)  # what each submission is called where it lies
    notes: list[str] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)


@dataclass
class Node:
    """Something at the top of what is graded: a folder, a file, or something that is not read."""

    name: str
    entry: Entry | None = None  # of a file, or of what is refused
    inside: Callable[[], list[Node]] | None = None  # of a folder
    entries: Part | None = None  # of a folder, all of them, at any depth


def students(folder: Path, lessons: list[Lesson]) -> tuple[list[Handed], list[str]]:
    """Everyone in `folder` (or the archive of that name), and remarks on what belongs to nobody.

    Raises UsageError where there is no such folder or archive.
    """
    nodes = _top(folder)
    if _is_one_submission(nodes, lessons):
        name = folder.resolve().name
        return [Handed(clean(_stem(name)), {}, [[lambda: _all(nodes)]], [clean(name)])], []
    nodes = _unwrapped(nodes, lessons, deep=folder.is_file())
    owners = _gradescope(nodes)
    found: dict[tuple[str, str], Handed] = {}
    remarks = []
    for node in nodes:
        if is_unseen(node.name) or node.name == METADATA:
            continue
        if node.inside and node.name in owners:
            for name, ids in owners[node.name]:
                key = ("gradescope", ids.get("email") or ids.get("sid") or name)
                handed = _separate(found, key, name, ids, node, node.entries)
                if len(owners[node.name]) > 1:
                    handed.notes.append(f"handed in by {len(owners[node.name])} people together")
        elif node.name.count("_assignsubmission_") > 1:  # somebody's display name has it, too
            remarks.append(f"{clean(node.name)}: belongs to nobody: it is not clear where the name ends")
        elif match := _MOODLE.fullmatch(node.name):
            _together(found, "moodle", match, node)
        elif not node.inside and (match := _CANVAS.fullmatch(node.name)):
            handed = _together(found, "canvas", match, node)
            if match["late"] and "marked LATE by Canvas" not in handed.flags:
                handed.flags.append("marked LATE by Canvas")
        elif node.inside or is_archive(node.name) or node.name.lower().endswith(UNREAD_SUFFIXES) or node.entry.refused:
            entries = node.entries or (lambda node=node: [node.entry])
            name = node.name if node.inside else _stem(node.name)
            _separate(found, ("name", _same(name)), name, {}, node, entries)
        else:
            remarks.append(f"{clean(node.name)}: belongs to nobody: no folder, no archive, no name that an LMS gives")
    remarks += [f"{clean(n)}: named in {METADATA}, but not there" for n in owners if n not in {x.name for x in nodes}]
    return _named_apart(found), remarks


def clean(text: str) -> str:
    """`text` to be shown: on one line, without characters that control or turn it, no longer than a line."""
    text = unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode())
    text = "".join(" " if c.isspace() else c for c in text if c.isspace() or not _controls(c))
    text = " ".join(text.split())
    return (text if len(text) <= 120 else text[:117] + "...") or "(no name)"


def _controls(c: str) -> bool:
    return unicodedata.category(c) in ("Cc", "Cs", "Cf") and c not in JOINERS


def _same(name: str) -> str:
    """What two names have in common that mean the same student: "Ada", "ada " and, however it is composed, "Åse". Not
    what only looks alike: two students are never made one."""
    return " ".join(unicodedata.normalize("NFC", name).lower().split())


def _look(name: str) -> str:
    """What two names have in common that nobody can tell apart on a page."""
    return "".join(c for c in name.casefold() if c not in JOINERS)


def without_copy(parts: tuple[str, ...]) -> tuple[str, ...]:
    """A path without the numbers of copies."""
    return tuple(match[1] + match[2] if (match := _COPY.fullmatch(part)) else part for part in parts)


# --- grouping ------------------------------------------------------------------------------------------------------


def _separate(found: dict, key: tuple[str, str], name: str, ids: dict[str, str], node: Node, entries: Part) -> Handed:
    """Adds a submission of its own."""
    handed = found.setdefault(key, Handed(clean(name), ids))
    handed.submissions.append([entries])
    handed.sources.append(clean(node.name))
    return handed


def _together(found: dict, lms: str, match: re.Match, node: Node) -> Handed:
    """Adds to what the LMS has from the same student: one upload may be many files."""
    # With its name, which is the same in all that an LMS has of somebody: "ada_13_2024_x.zip" may be no LMS's.
    key = (lms, f"{match['id']} {_same(match['name'])}")
    handed = found.setdefault(key, Handed(clean(match["name"]), {lms: match["id"]}))
    if not handed.submissions:
        handed.submissions.append([])
        handed.sources.append(clean(node.name))
    if node.inside:
        handed.submissions[0].append(node.entries)
    else:
        one = replace(node.entry, path=match["file"] or node.name)
        handed.submissions[0].append(lambda: [one])
    return handed


def _named_apart(found: dict[tuple[str, str], Handed]) -> list[Handed]:
    """Sorted by name. Those of one name: two students where an LMS numbers them apart, or where their names were not
    the same before they were made fit to be shown; else two submissions of one."""
    by_name: dict[str, list[tuple[tuple[str, str], Handed]]] = {}
    for key, handed in found.items():
        by_name.setdefault(handed.student.lower(), []).append((key, handed))
    result = []
    for same in by_name.values():
        numbered = [key for key, _ in same if key[0] != "name"]
        if len(numbered) > 1:
            for (kind, number), handed in same:
                number = handed.ids.get(kind, number)
                handed.student = clean(f"{handed.student[:60]} ({number[:50]})") if kind != "name" else handed.student
            result += [handed for _, handed in same]
        elif not numbered:
            result += [handed for _, handed in same]
        else:
            first = same[0][1]
            for _, other in same[1:]:
                first.submissions += other.submissions
                first.sources += other.sources
                first.notes += other.notes
                first.flags += other.flags
                first.ids |= other.ids
            result.append(first)
    result.sort(key=lambda h: (h.student.casefold(), h.student))
    taken: set[str] = set()
    for handed in result:  # a name may look like another one with its number
        plain, count = handed.student, 1
        while _look(handed.student) in taken:
            count += 1
            handed.student = f"{plain} [{count}]"
        taken.add(_look(handed.student))
    return sorted(result, key=lambda h: (h.student.casefold(), h.student))


def _gradescope(nodes: list[Node]) -> dict[str, list[tuple[str, dict[str, str]]]]:
    """Folder -> its submitters' names and ids, as submission_metadata.yml has them; {} where there is none.

    Of that file only the part about submitters is parsed: the rest holds what programs of students printed.
    """
    entry = next((n.entry for n in nodes if n.name == METADATA and n.entry), None)
    if entry is None:
        return {}
    try:
        lines = entry.read(64 * MIB).decode("utf-8", "replace").split("\n")
    except Refused as error:
        raise UsageError(f"{METADATA} {error}; it says whose the submissions are") from None
    chunks: dict[str, list[str]] = {}
    name, inside = None, False
    for line in lines:
        if line[:1] not in (" ", "", "-", "#"):
            name, inside = line.rstrip().removesuffix(":").strip("\"'"), False
        elif name and re.fullmatch(r"  ['\"]?:submitters['\"]?:\s*", line):
            inside = True
            chunks[name] = []
        elif re.match(r" {0,2}[^ -]", line):
            inside = False
        elif inside and len(chunks[name]) < 1000:
            chunks[name].append(line)
    return {name: people for name, chunk in chunks.items() if (people := _people("\n".join(chunk)))}


def _people(text: str) -> list[tuple[str, dict[str, str]]]:
    try:
        rows = yaml.load(text, yaml.BaseLoader)  # nothing but lists, tables and strings: a number stays as written
    except (yaml.YAMLError, ValueError, RecursionError):
        return []
    found = []
    for row in rows if isinstance(rows, list) else []:
        values = {str(k).strip(":"): str(v) for k, v in row.items() if type(v) is str} if type(row) is dict else {}
        ids = {key: clean(values[key]) for key in ("email", "sid") if values.get(key)}
        if name := values.get("name") or ids.get("email") or ids.get("sid"):
            found.append((clean(name), ids))
    return found


# --- the top, and what is around it -----------------------------------------------------------------------------------


def _stem(name: str) -> str:
    """The name of an archive without its suffixes; another name as it is."""
    for suffix in (".tar.gz", ".tar.bz2", ".tar.xz", *SUFFIXES, *UNREAD_SUFFIXES):
        if name.lower().endswith(suffix) and len(name) > len(suffix):
            return name[: -len(suffix)]
    return name


def _is_one_submission(nodes: list[Node], lessons: list[Lesson]) -> bool:
    """Whether this is one student's folder and not the class's: the course's own folders are at its top."""
    theirs = {"tutorial"} | {e.file.split("/")[0] for lesson in lessons for e in lesson.exercises}
    others = {
        "course",
        "grader",
        "lab",
        "solutions",
        "tests",
        "testcases",
        "benchmarks",
        "configs",
        "docs",
        "runs",
        "kept",
    }
    lesson = re.compile(r"(lesson|stage)\d\d(_\w+)?")
    folders = [n.name for n in nodes if n.inside and not is_unseen(n.name, UNSEEN_WITHIN)]
    known = [name for name in folders if name in theirs or lesson.fullmatch(name)]
    archives = [n for n in nodes if n.entry and (is_archive(n.name) or n.name == METADATA)]
    return bool(known) and not archives and set(folders) <= set(known) | others


def _unwrapped(nodes: list[Node], lessons: list[Lesson], deep: bool) -> list[Node]:
    """What is in the one folder around the whole class, where there is one: an LMS puts it there, and so does zipping
    a folder. On disk it is only taken for that if most of what is in it has an LMS's names."""
    seen = [n for n in nodes if not is_unseen(n.name)]
    if len(seen) != 1 or not seen[0].inside or _MOODLE.fullmatch(seen[0].name):
        return nodes
    try:
        inner = seen[0].inside()
    except (OSError, Refused):
        return nodes
    if _is_one_submission(inner, lessons):
        return nodes
    names = [n.name for n in inner if not is_unseen(n.name)]
    named = sum(bool(_MOODLE.fullmatch(name) or _CANVAS.fullmatch(name)) for name in names)
    lms = METADATA in names or 2 * named > len(names)
    several = sum(bool(n.inside or is_archive(n.name)) for n in inner if not is_unseen(n.name)) > 1
    return inner if lms or (deep and several) else nodes


def _top(folder: Path) -> list[Node]:
    try:
        folder = folder.resolve()
        if folder.is_dir():
            return _disk_nodes(folder, STUDENTS)
        if folder.is_file() and is_archive(folder.name):
            return _grouped(unpack(_disk_entry(folder, folder.name, folder.stat().st_mode), Limits(**CLASS)))
    except TooMuch as error:
        raise UsageError(
            f"{folder} {error}" + ("" if folder.is_dir() else "; unpack it, and give the folder")
        ) from None
    except Refused as error:
        raise UsageError(f"{folder}: {error}") from None
    except OSError as error:
        raise UsageError(f"{folder} cannot be read: {error.strerror}") from None
    if not folder.exists():
        raise UsageError(f"{folder} does not exist; give the folder of the submissions, or its zip")
    raise UsageError(f"{folder} is no folder and no archive that is read (.zip, .tar, .tar.gz)")


def _all(nodes: Iterable[Node]) -> list[Entry]:
    """All entries of one submission."""
    found = [n.entry for n in nodes if n.entry]
    folders = [n for n in nodes if not n.entry and not is_unseen(n.name, UNSEEN_WITHIN)]
    return found + [entry.within(n.name) for n in folders for entry in n.entries()]


def _grouped(entries: list[Entry]) -> list[Node]:
    """Entries of an archive by the first part of their paths. Those refused for their path have no place."""
    folders: dict[str, list[Entry]] = {}
    nodes = []
    for entry in entries:
        first, _, rest = entry.path.partition("/")
        if first == "..":
            continue
        if rest:
            folders.setdefault(first, []).append(replace(entry, path=rest))
        else:
            nodes.append(Node(first, entry))
    for name, inner in folders.items():
        nodes.append(Node(name, None, lambda inner=inner: _grouped(inner), lambda inner=inner: _of_one(inner)))
    return sorted(nodes, key=lambda n: n.name)


def _of_one(entries: list[Entry]) -> list[Entry]:
    """Those of one submission that are to be seen. Raises TooMuch where there are too many."""
    entries = [e for e in entries if not any(is_unseen(folder, UNSEEN_WITHIN) for folder in e.parts[:-1])]
    if len(entries) > WALKED:
        raise TooMuch(f"holds more than {WALKED} files, {NOT_COUNTED}")
    return entries


# --- on disk ---------------------------------------------------------------------------------------------------------


def _disk_nodes(folder: Path, most: int) -> list[Node]:
    nodes = []
    for name, mode in _listed(folder, most):
        path = folder / name
        if stat.S_ISDIR(mode):
            inside = lambda path=path: _disk_nodes(path, STUDENTS)  # noqa: E731
            nodes.append(Node(name, None, inside, lambda path=path: _walked(path)))
        else:
            nodes.append(Node(name, _disk_entry(path, name, mode)))
    return nodes


def _walked(folder: Path) -> list[Entry]:
    """All files under `folder`, in a fixed order. Raises TooMuch where there are too many."""
    entries: list[Entry] = []
    todo = [("", folder, 0)]
    left = WALKED
    while todo:
        prefix, place, depth = todo.pop()
        try:
            listed = _listed(place, left)
        except OSError:
            entries.append(Entry(prefix.rstrip("/") or ".", "cannot be read"))
            continue
        left -= len(listed)
        for name, mode in listed:
            path = prefix + name
            if not stat.S_ISDIR(mode):
                entries.append(_disk_entry(place / name, path, mode))
            elif depth >= DEEP:
                entries.append(Entry(path, "is too deep in folders"))
            elif not is_unseen(name, UNSEEN_WITHIN):
                todo.append((path + "/", place / name, depth + 1))
    return sorted(entries, key=lambda e: e.parts)


def _listed(folder: Path, most: int) -> list[tuple[str, int]]:
    """Names and modes of what is directly in `folder`, sorted. Raises TooMuch for more than `most`."""
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if len(found) >= most:
                raise TooMuch(f"holds more than {WALKED} files and folders, {NOT_COUNTED}")
            found.append((entry.name, entry.stat(follow_symlinks=False).st_mode))
    return sorted(found)


def _disk_entry(path: Path, name: str, mode: int) -> Entry:
    if stat.S_ISREG(mode):
        return Entry(name, "", lambda limit=FILE: _disk_read(path, limit), lambda: _disk_opened(path))
    return Entry(name, "is a symbolic link" if stat.S_ISLNK(mode) else "is no plain file")


def _disk_read(path: Path, limit: int) -> bytes:
    with _disk_opened(path) as file:
        try:
            return file.read(limit)
        except OSError as error:
            raise Refused(f"cannot be read: {error.strerror}") from None


def _disk_opened(path: Path) -> BinaryIO:
    """The file, if it is a plain one. Raises Refused where it is not, or cannot be read."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        file = open(os.open(path, flags), "rb")  # noqa: SIM115
    except OSError as error:
        raise Refused(f"cannot be read: {error.strerror}") from None
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise Refused("is no plain file")
    return file
