"""Whose files are whose: the students of a folder, or of an archive of the class, whatever platform it comes from.

An adapter for each platform says of each thing at the top of the download which student it belongs to:

    canvas      "lovelaceada_LATE_12345_67890_grpo-1.py": the name, perhaps LATE, the user, the upload, the file
    moodle      "Ada Lovelace_12345_assignsubmission_file_/" or "..._file_grpo.py"
    gradescope  "submission_123456/", and submission_metadata.yml beside it, which says whose they are
    plain       a folder or an archive, named after the student; the clones of GitHub Classroom, for one

After that all submissions look the same: a student and a list of files. submission.py decides which of them count.
"""

from __future__ import annotations

import contextlib
import re
import stat
import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import yaml

from course.base.errors import UsageError
from course.base.manifest import Lesson
from grader.exports.text import JOINERS, one_line
from grader.intake import unpack
from grader.intake.unpack import SKIPPED_AT_TOP, Entry, Refused, is_archive, is_skipped, is_unread

METADATA = "submission_metadata.yml"
MOST = 20_000  # students

# Three digits of the upload's number at least: a screenshot's name has a date in it.
_CANVAS = re.compile(r"(?P<name>.+?)_(?P<late>LATE_)?(?P<id>\d{2,})_\d{3,}_(?P<file>.+)", re.S)
_MOODLE = re.compile(r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_(?:file|onlinetext)_?(?P<file>.*)", re.S)


@dataclass
class Item:
    """A file or a folder at the top of the download."""

    name: str
    files: Callable[[], list[Entry]]  # of a folder, all that are in it at any depth; of a file, itself. Raises Refused
    inside: Callable[[], list[Item]] | None = None  # of a folder


@dataclass
class Student:
    """Everything that one student handed in. With more than one submission, it is not clear which of them counts."""

    name: str  # for display
    ids: dict[str, str] = field(default_factory=dict)  # "canvas" or "moodle" -> number; "email", "sid" (Gradescope)
    submissions: list[dict[str, Callable[[], list[Entry]]]] = field(
        default_factory=list
    )  # upload -> what gives its files
    sources: list[str] = field(default_factory=list)  # what each submission is called in the download
    notes: list[str] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)


@dataclass
class Owner:
    """What an adapter says of an item. Items with the same `key` belong to one student."""

    key: tuple[str, ...]
    name: str
    ids: dict[str, str] = field(default_factory=dict)
    file: str = ""  # what the student called it, if the platform put something in front
    joined: bool = False  # the platform gives one submission as several files
    flag: str = ""
    note: str = ""


def students(
    folder: Path, lessons: list[Lesson], confined: bool, open_files: contextlib.ExitStack
) -> tuple[list[Student], list[str]]:
    """Everyone in `folder` (or in the archive of that name), and remarks on what belongs to nobody.

    Raises UsageError if there is no such folder or archive.
    """
    items = _top(folder, confined, open_files)
    if _is_one_submission(items, lessons):
        name = folder.resolve().name
        items = [item for item in items if not (item.inside and is_skipped(item.name))]
        files = lambda: [e.within(item.name) if item.inside else e for item in items for e in item.files()]  # noqa: E731
        return [Student(shown(_stem(name)), {}, [{"": files}], [shown(name)])], []
    items = _unwrapped(items, lessons, in_archive=folder.is_file())
    metadata = _metadata(items)
    found: dict[tuple[str, ...], Student] = {}
    remarks = []
    for item in sorted(items, key=lambda item: _upload(item.name)[1]):  # a later upload takes the place of an earlier
        if is_skipped(item.name, SKIPPED_AT_TOP) or item.name == METADATA:
            continue
        owners = _gradescope(item, metadata) or _moodle(item) or _canvas(item) or _plain(item)
        for owner in owners:
            _add(found, owner, item)
        if item.name.count("_assignsubmission_") > 1:
            remarks.append(f"{shown(item.name)}: belongs to nobody: it is not clear where the student's name ends")
        elif not owners:
            remarks.append(f"{shown(item.name)}: belongs to nobody: not a folder, an archive, or a platform's file")
    there = {item.name for item in items}
    remarks += [f"{shown(n)}: named in {METADATA}, but not there" for n in metadata if n not in there]
    return _named_apart(list(found.values())), sorted(remarks)


def shown(name: str) -> str:
    """A name that a student chose, fit to be shown: one line, no control characters, at most 120 characters."""
    return one_line(unicodedata.normalize("NFC", name), 120) or "(no name)"


# --- the adapters ----------------------------------------------------------------------------------------------------


def _gradescope(item: Item, metadata: dict[str, list[tuple[str, dict[str, str]]]]) -> list[Owner]:
    people = metadata.get(item.name, []) if item.inside else []
    note = f"handed in by {len(people)} people together" if len(people) > 1 else ""
    return [Owner((ids.get("email") or ids.get("sid") or name,), name, ids, note=note) for name, ids in people]


def _moodle(item: Item) -> list[Owner]:
    match = _MOODLE.fullmatch(item.name)
    if not match or item.name.count("_assignsubmission_") > 1:  # somebody's display name contains it
        return []
    key = ("moodle", match["id"], _same(match["name"]))
    return [Owner(key, match["name"], {"moodle": match["id"]}, match["file"], joined=True)]


def _canvas(item: Item) -> list[Owner]:
    match = _CANVAS.fullmatch(item.name)
    if not match or item.inside or "_assignsubmission_" in item.name:
        return []
    key = ("canvas", match["id"], _same(match["name"]))
    late = "marked LATE by Canvas" if match["late"] else ""
    return [Owner(key, match["name"], {"canvas": match["id"]}, match["file"], joined=True, flag=late)]


def _upload(file: str) -> tuple[str, int]:
    """Canvas numbers the uploads of one name, "grpo.py", "grpo-1.py": the name and the number."""
    match = re.fullmatch(r"(.+?)-(\d{1,3})((?:\.tar)?\.\w+)", file)
    return (match[1] + match[3], int(match[2])) if match else (file, 0)


def _plain(item: Item) -> list[Owner]:
    if "_assignsubmission_" in item.name:
        return []
    if not (item.inside or is_archive(item.name) or is_unread(item.name) or item.files()[0].refused):
        return []
    name = item.name if item.inside else _stem(item.name)
    return [Owner(("plain", _same(name)), name)]


def _add(found: dict[tuple[str, ...], Student], owner: Owner, item: Item) -> None:
    student = found.setdefault(owner.key, Student(shown(owner.name), owner.ids))
    files = item.files
    if owner.file and not item.inside:
        files = lambda: [replace(entry, path=owner.file) for entry in item.files()]  # noqa: E731
    if not owner.joined or not student.submissions:
        student.submissions.append({})
        student.sources.append(shown(item.name))
    student.submissions[-1][_upload(owner.file)[0] if "canvas" in owner.ids else item.name] = files
    student.flags += [owner.flag] if owner.flag not in ("", *student.flags) else []
    student.notes += [owner.note] if owner.note else []


def _metadata(items: list[Item]) -> dict[str, list[tuple[str, dict[str, str]]]]:
    """Gradescope's folders -> their submitters' names and ids, as submission_metadata.yml has them.

    Only the part about submitters is parsed: the rest holds what programs of students printed.
    """
    file = next((item for item in items if item.name == METADATA and not item.inside), None)
    try:
        text = file.files()[0].read(64 * unpack.MIB).decode("utf-8", "replace") if file else ""
    except Refused as error:
        raise UsageError(f"{METADATA} {error}; it says whose the submissions are") from None
    found = {}
    for part in re.split(r"\n(?=[^\s#-])", text.replace("\r\n", "\n")):  # one for each folder
        name = part.partition("\n")[0].rstrip().removesuffix(":").strip("\"'")
        lines = re.search(r"\n  ['\"]?:submitters['\"]?:[ \t]*\n((?: {2,}.*\n?|[ \t]*\n)*?)(?= {0,2}[^ \n-]|\Z)", part)
        if lines and (people := _people(lines[1][:200_000])):
            found[name] = people
    return found


def _people(text: str) -> list[tuple[str, dict[str, str]]]:
    try:
        rows = yaml.load(text, yaml.BaseLoader)  # nothing but lists, tables and strings: a number stays as written
    except (yaml.YAMLError, ValueError, RecursionError):
        return []
    found = []
    for row in rows if isinstance(rows, list) else []:
        values = {str(k).strip(":"): v for k, v in row.items() if isinstance(v, str)} if isinstance(row, dict) else {}
        ids = {key: shown(values[key]) for key in ("email", "sid") if values.get(key)}
        if name := values.get("name") or ids.get("email") or ids.get("sid"):
            found.append((name, ids))
    return found


# --- names -----------------------------------------------------------------------------------------------------------


def _same(name: str) -> str:
    """What two names have in common that mean the same student: "Ada", "ada " and, however it is composed, "Åse". Names
    that only look alike stay apart: two students are never made one."""
    return " ".join(unicodedata.normalize("NFC", name).lower().split())


def _named_apart(found: list[Student]) -> list[Student]:
    """Sorted by name. If several have the same name, a platform's number or a count is added to it."""
    count = Counter(_looks(student.name) for student in found)
    taken: set[str] = set()
    for student in sorted(found, key=lambda s: (s.name.casefold(), s.name)):
        number = next(iter(student.ids.values()), "")
        if count[_looks(student.name)] > 1 and number:
            student.name = shown(f"{student.name[:60]} ({number[:50]})")
        plain, copies = student.name, 1
        while _looks(student.name) in taken:
            copies += 1
            student.name = f"{plain} [{copies}]"
        taken.add(_looks(student.name))
    return sorted(found, key=lambda s: (s.name.casefold(), s.name))


def _looks(name: str) -> str:
    """What two names have in common that nobody can tell apart on a page."""
    return "".join(c for c in name.casefold() if c not in JOINERS)


def _stem(name: str) -> str:
    """The name of an archive without its suffix; another name as it is."""
    for suffix in (*sorted(unpack.SUFFIXES, key=len, reverse=True), *unpack.UNREAD_SUFFIXES):
        if name.lower().endswith(suffix) and len(name) > len(suffix):
            return name[: -len(suffix)]
    return name


# --- the top of the download, and the folder around it ----------------------------------------------------------------


def _top(folder: Path, confined: bool, open_files: contextlib.ExitStack) -> list[Item]:
    try:
        folder = folder.resolve()
        if folder.is_dir():
            return _in_folder(folder)
        if folder.is_file() and is_archive(folder.name):
            return _grouped(unpack.unpack(Entry(folder.name, "", folder), confined, unpack.OF_CLASS, open_files))
    except Refused as error:
        raise UsageError(
            f"{folder} {error}{'' if folder.is_dir() else '; or unpack it, and give the folder'}"
        ) from None
    except OSError as error:
        raise UsageError(f"{folder} cannot be read: {error.strerror}") from None
    if not folder.exists():
        raise UsageError(f"{folder} does not exist; give the folder of the submissions, or its zip")
    raise UsageError(f"{folder} is not a folder and not an archive that is read ({', '.join(unpack.SUFFIXES)})")


def _in_folder(folder: Path) -> list[Item]:
    items = []
    for name, path, mode in unpack.on_disk(folder, MOST):
        if stat.S_ISDIR(mode):
            items.append(Item(name, lambda path=path: unpack.walk(path), lambda path=path: _in_folder(path)))
        else:
            entry = unpack.entry_on_disk(path, name, mode)
            items.append(Item(name, lambda entry=entry: [entry]))
    return items


def _grouped(entries: list[Entry]) -> list[Item]:
    """The entries of an archive by the first part of their paths. Those that lead out of it belong to nobody."""
    folders: dict[str, list[Entry]] = {}
    items = []
    for entry in entries:
        first, _, rest = entry.path.partition("/")
        if rest:
            folders.setdefault(first, []).append(replace(entry, path=rest))
        else:
            items.append(Item(first, lambda entry=entry: [entry]))
    for name, inner in folders.items():
        if name != "..":
            items.append(Item(name, lambda inner=inner: _of_one(inner), lambda inner=inner: _grouped(inner)))
    return sorted(items, key=lambda item: item.name)


def _of_one(entries: list[Entry]) -> list[Entry]:
    """One submission's, of the entries of a class's archive."""
    entries = [entry for entry in entries if not any(is_skipped(folder) for folder in entry.parts[:-1])]
    if len(entries) > unpack.FILES:
        raise Refused(f"holds too many files; {unpack.LESS}")
    return entries


def _is_one_submission(items: list[Item], lessons: list[Lesson]) -> bool:
    """Whether this is one student's folder, not the class's: the course's own folders are at its top."""
    own = {"tutorial"} | {e.file.split("/")[0] for lesson in lessons for e in lesson.exercises}
    others = {"course", "grader", "lab", "solutions", "tests", "testcases", "benchmarks", "configs", "docs", "kept"}
    folders = [item.name for item in items if item.inside and not is_skipped(item.name)]
    known = {name for name in folders if name in own or re.fullmatch(r"(lesson|stage)\d\d(_\w+)?", name)}
    of_class = any(not i.inside and (is_archive(i.name) or i.name == METADATA) for i in items)
    return bool(known) and not of_class and set(folders) <= known | others


def _unwrapped(items: list[Item], lessons: list[Lesson], in_archive: bool) -> list[Item]:
    """What is in the one folder around the whole class, if there is one: platforms put it there, and so does zipping a
    folder. A folder on disk is only taken for that if most of what is in it has a platform's names."""
    visible = [item for item in items if not is_skipped(item.name, SKIPPED_AT_TOP)]
    if len(visible) != 1 or not visible[0].inside or _MOODLE.fullmatch(visible[0].name):
        return items
    try:
        inner = visible[0].inside()
    except (OSError, Refused):
        return items
    inner_visible = [item for item in inner if not is_skipped(item.name, SKIPPED_AT_TOP)]
    named = sum(bool(_MOODLE.fullmatch(item.name) or _CANVAS.fullmatch(item.name)) for item in inner_visible)
    several = sum(bool(item.inside or is_archive(item.name)) for item in inner_visible) > 1
    platform = 2 * named > len(inner_visible) or any(item.name == METADATA for item in inner_visible)
    return inner if not _is_one_submission(inner, lessons) and (platform or (in_archive and several)) else items
