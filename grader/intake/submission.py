"""What a class handed in, taken apart: for every student the bytes of the files that manifests name, and nothing else.

Everything that is read here is untrusted. classroom.py says whose a file is, archives.py opens zip and tar,
sources.py says whether bytes are Python, nearby.py what may be meant for a file that is missing; here it is decided
which file counts, and what else there is to say. A file that counts is never guessed: where two could be meant, none
counts and the student is told.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path, PurePath, PurePosixPath

from course.authoring import stubs
from course.base import manifest, student_bundle
from course.base.errors import UsageError
from course.base.manifest import Lesson
from grader.intake import near_misses, python_source
from grader.intake.archives import (
    ASIDE,
    UNREAD_SUFFIXES,
    UNSEEN_WITHIN,
    Entry,
    Limits,
    Refused,
    TooMuch,
    is_archive,
    is_unseen,
    unpack,
)
from grader.intake.class_folder import Handed, clean, students, without_copy
from grader.intake.ignored_files import strange

MISSING = "missing"  # the problem of a file that is not there at all

MOST_LINES = 60  # notes of one student, and flags
MOST_READ = 10  # of the files that may be one
LESS = "hand in the folder tutorial/ alone"

PRISTINE = PurePath(student_bundle.PRISTINE).parts  # a bundle's own untouched stubs
# A file without its folder ("grpo.py") is not looked for in these: other files there have the same names.
COURSE_FOLDERS = {"tutorial", "course", "grader", "lab", "tests", "benchmarks", "docs", "configs"}
_LESSON = re.compile(r"lesson\d\d(_\w+)?")


@dataclass
class Submission:
    """What one student handed in. Every file that the manifests name is in `files` or in `problems`."""

    student: str  # for display, and unique; `slug` makes a file name of it
    files: dict[str, bytes] = field(default_factory=dict)  # "lesson13_grpo/loss/grpo.py" -> Python in UTF-8, no mark
    notes: list[str] = field(default_factory=list)  # for the student
    flags: list[str] = field(default_factory=list)  # for the instructor: things to look at
    problems: dict[str, str] = field(default_factory=dict)  # such a file -> why it is not gradable
    ids: dict[str, str] = field(default_factory=dict)  # "canvas", "moodle", "email", "sid", where an LMS gives them
    fault: str = ""  # the intake itself failed on this submission: our fault, never the student's


@dataclass
class Class:
    """All of them, by name, and what belongs to nobody."""

    submissions: list[Submission]
    remarks: list[str]


def collect(folder: Path, lessons: list[Lesson]) -> list[Submission]:
    """The submissions in `folder`, or in an archive of the class, sorted by the students' names.

    Raises UsageError where there is no such folder or archive; nothing within it raises.
    """
    return survey(folder, lessons).submissions


def survey(folder: Path, lessons: list[Lesson]) -> Class:
    """The same, with remarks on what belongs to nobody."""
    handed, remarks = students(folder, lessons)
    asked = _Asked(lessons)
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:  # each waits for a process, which may take 1 GiB
        return Class(list(pool.map(lambda one: _submission(one, asked), handed)), remarks)


def slug(student: str) -> str:
    """A file name for reports: ASCII, good on every system, and another one for every name."""
    plain = re.sub(r"[^A-Za-z0-9]+", "_", student).strip("_")[:60]
    reserved = re.fullmatch(r"con|prn|aux|nul|com\d|lpt\d", plain, re.IGNORECASE)
    # Only names that no other name can turn into stay as they are.
    if plain == student and plain.islower() and not reserved and not re.search(r"_[0-9a-f]{10}$", plain):
        return plain
    return f"{plain or 'student'}_{hashlib.sha256(student.encode('utf-8', 'surrogatepass')).hexdigest()[:10]}"


class _Asked:
    """What the lessons ask for."""

    def __init__(self, lessons: list[Lesson]):
        self.lessons = lessons
        self.wanted = _wanted(lessons)
        everything = manifest.read_all(lessons[0].root) if lessons else []
        self.named = set(_wanted(everything))  # files of lessons that are not graded now, too
        self.stubs: dict[str, bytes | None] = {}

    def stub(self, key: str) -> bytes | None:
        """A file as it was handed out; None where the course cannot make it."""
        if key not in self.stubs:
            lesson = next(x for x in self.lessons if x.name == key.partition("/")[0])
            try:
                self.stubs[key] = stubs.stub_of(lesson, key.partition("/")[2]).encode()
            except (UsageError, SyntaxError):
                self.stubs[key] = None
        return self.stubs[key]


def _wanted(lessons: list[Lesson]) -> dict[str, tuple[str, ...]]:
    """Every file that counts -> the parts of its whole path: "tutorial", the stage, the lesson, and the file's own."""
    return {
        f"{lesson.name}/{file}": ("tutorial", lesson.folder.parent.name, lesson.name, *PurePosixPath(file).parts)
        for lesson in lessons
        for file in stubs.files(lesson)
    }


# --- one student -----------------------------------------------------------------------------------------------------

_READING = threading.Lock()  # several submissions may be in the same archive, and stubs are made one at a time


def _submission(handed: Handed, asked: _Asked) -> Submission:
    try:
        takes = [_taken(parts, handed, asked) for parts in handed.submissions]
        done = takes[0] if len(takes) == 1 else _several(takes, handed, asked.wanted)
    except Exception as error:  # whatever it is, the others are graded
        done = Submission(handed.student, fault=f"{type(error).__name__}: {clean(str(error))}")
        done.problems = dict.fromkeys(asked.wanted, "the grader could not read the submission")
    done.student, done.ids = handed.student, handed.ids
    done.notes = _bounded(handed.notes + done.notes)
    done.flags = _bounded(handed.flags + done.flags)
    return done


def _bounded(lines: list[str]) -> list[str]:
    lines = list(dict.fromkeys(lines))
    return lines if len(lines) <= MOST_LINES else [*lines[: MOST_LINES - 1], f"{len(lines) - MOST_LINES + 1} more"]


def _several(takes: list[Submission], handed: Handed, wanted: dict[str, tuple[str, ...]]) -> Submission:
    """More than one submission of one student: it does not matter which where they are the same, else none counts."""
    names = ", ".join(sorted(handed.sources))
    if all((t.files, t.problems) == (takes[0].files, takes[0].problems) for t in takes):
        takes[0].notes.append(f"handed in {len(takes)} times, each the same: {names}")
        return takes[0]
    said = f"handed in {len(takes)} times, and it is not clear which counts: {names}"
    flags = list(dict.fromkeys(flag for take in takes for flag in take.flags))
    return Submission(handed.student, {}, [said], [said, *flags], dict.fromkeys(wanted, said))


def _taken(parts: list, handed: Handed, asked: _Asked) -> Submission:
    taken = Submission(handed.student)
    limits = Limits()
    entries: list[Entry] = []
    with _READING:
        for part in parts:
            try:
                entries += _opened(part(), limits, taken)
            except Refused as error:
                less = f": {LESS}" if isinstance(error, TooMuch) else ""
                taken.notes.append(f"what was handed in {error}, and was not looked at{less}")
                taken.flags.append(f"what was handed in {error}")
        choices, doubts = _choices(entries, asked.wanted, uploads="canvas" in handed.ids)
        together: dict[str, list[str]] = {}
        for key in asked.wanted:
            if key in choices:
                _choose(key, choices[key], asked, taken, together)
            else:
                taken.problems[key] = doubts.get(key, MISSING)
    taken.notes += [f"{what}: {near_misses.some(paths, ', ')}" for what, paths in together.items()]
    _check(taken)
    _tell(taken, asked.wanted)
    answers = {id(choice.entry) for found in choices.values() for choice in found}
    others = [e for e in entries if not e.refused and id(e) not in answers and not e.name.startswith(".")]
    with _READING:
        taken.flags += strange([e for e in entries if e.refused or id(e) not in answers], asked.lessons)
    _tell_of_others(taken, others, asked)
    return taken


def _opened(entries: list[Entry], limits: Limits, taken: Submission, depth: int = 0) -> list[Entry]:
    """The entries, with those of the archives among them in place of these."""
    found = []
    for entry in entries:
        hidden = _is_hidden(entry.parts) or entry.parts[-2:] == PRISTINE
        if hidden or entry.refused or not is_archive(entry.name):
            found.append(entry)
            if not hidden and entry.name.lower().endswith(UNREAD_SUFFIXES) and "data" not in entry.parts:
                taken.notes.append(f"{clean(entry.path)}: not read; hand in a .zip or a .tar.gz")
            continue
        try:
            if depth >= limits.nested:
                raise Refused("is an archive in an archive in an archive")
            inner = unpack(entry, limits)
        except Refused as error:
            less = f"; {LESS}" if isinstance(error, TooMuch) else ""
            taken.notes.append(f"{clean(entry.path)} {error}: not read{less}")
            taken.flags.append(f"{clean(entry.path)} {error}")
            continue
        found += _opened([e.within(entry.path) for e in inner], limits, taken, depth + 1)
    return found


def _is_hidden(parts: tuple[str, ...]) -> bool:
    """Whether a path leads through a folder that no answer is in, or is one that systems hide."""
    return any(is_unseen(part, UNSEEN_WITHIN | ASIDE) for part in parts[:-1]) or is_unseen(parts[-1], frozenset())


# --- which file counts -----------------------------------------------------------------------------------------------


COPY = 1000  # more than the parts of any path


@dataclass
class _Choice:
    """A file that may be the one: how many parts of its path fit, and which upload of its name it is."""

    entry: Entry
    fits: int  # less by COPY where its name has a copy's number
    upload: str = ""
    number: int = 0  # the first has none


def _choices(
    entries: list[Entry], wanted: dict[str, tuple[str, ...]], uploads: bool
) -> tuple[dict[str, list[_Choice]], dict[str, str]]:
    """For every wanted file those that may be meant, and for some why a file that looks like it was not taken."""
    choices: dict[str, list[_Choice]] = {}
    doubts: dict[str, str] = {}
    for entry in entries:
        parts, upload, number = entry.parts, "", 0
        if uploads and (match := re.fullmatch(r"(.+?)-(\d{1,3})((?:\.tar)?\.\w+)", parts[0])):
            upload, number = match[1] + match[3], int(match[2])
            parts = (upload,) if len(parts) == 1 else parts
        elif uploads:
            upload = parts[0]
        plain = without_copy(parts)
        if _is_hidden(parts) or _is_hidden(plain):
            continue
        fits = _fits(parts, wanted)
        if plain != parts and (len(fits) != 1 or _lesson_at(plain) != _lesson_at(parts)):
            fits = {key: count - COPY for key, count in _fits(plain, wanted).items()}
        if len(fits) == 1:
            ((key, count),) = fits.items()
            choices.setdefault(key, []).append(_Choice(entry, count, upload, number))
        for key in fits if len(fits) > 1 else ():
            doubts[key] = f"missing: {clean(entry.path)} could be {' or '.join(fits)}; hand it in within its folder"
        for key in () if fits else _fits(tuple(part.lower() for part in parts), wanted):
            doubts[key] = f"missing: {clean(entry.path)} is not written as the course writes it"
    return choices, doubts


def _fits(parts: tuple[str, ...], wanted: dict[str, tuple[str, ...]]) -> dict[str, int]:
    """The wanted files that a path may mean, and how many parts of it, from its end, fit. A lesson's folder anywhere
    in the path settles the lesson. A bare name only fits where nothing fits better."""
    at = _lesson_at(parts)
    if at >= 0:
        wanted = {k: full for k, full in wanted.items() if parts[at] in (full[2], full[2].split("_")[0])}
        parts = (*parts[:at], *(full[2] for full in list(wanted.values())[:1]), *parts[at + 1 :])
    around = set(parts[at + 1 : -1])
    own = {folder for full in wanted.values() for folder in full[3:-1]}
    fits, bare = {}, {}
    for key, full in wanted.items():
        count = 0
        while count < min(len(parts), len(full)) and parts[-1 - count] == full[-1 - count]:
            count += 1
        if count >= len(full) - 3:
            fits[key] = count
        elif count and not around & (COURSE_FOLDERS | own):
            bare[key] = count
    return fits or bare


def _lesson_at(parts: tuple[str, ...]) -> int:
    """Where in a path the last folder of a lesson is; -1 for none."""
    return max((i for i, part in enumerate(parts[:-1]) if _LESSON.fullmatch(part)), default=-1)


def _choose(key: str, choices: list[_Choice], asked: _Asked, taken: Submission, together: dict[str, list[str]]) -> None:
    """Takes one of them, or says why not. `together`: what is said of many files in one note."""
    choices = sorted(choices, key=lambda c: c.entry.path)
    newest = {c.upload: max(d.number for d in choices if d.upload == c.upload) for c in choices}
    left = [c for c in choices if c.number == newest[c.upload]]
    best = max(c.fits for c in left)
    best_ones = [c for c in left if c.fits == best]
    written = _written(left, asked.stub(key)) if 1 < len(left) <= MOST_READ else []
    if not written and len(left) < len(choices) <= MOST_READ:  # the newest uploads are stubs, earlier ones are not
        earlier = _written(choices, asked.stub(key))
        written = [] if any(choice in left for choice in earlier) else earlier
    best_ones = written or best_ones
    names = [clean(c.entry.path) for c in best_ones]
    contents: set[bytes] = set()
    for choice in best_ones[:MOST_READ]:
        try:
            contents.add(choice.entry.read())
        except Refused as error:
            less = "; an answer takes a few KiB" if isinstance(error, TooMuch) else ""
            taken.problems[key] = f"{clean(choice.entry.path)} {error}{less}"
            return
    if len(contents) > 1 or len(best_ones) > MOST_READ:
        taken.problems[key] = f"missing: it is not clear which file counts: {', '.join(names[:5])}"
        return
    (taken.files[key],) = contents
    unused = [clean(c.entry.path) for c in choices if c not in best_ones]
    if written and len(left) == len(choices):
        together.setdefault("taken in place of untouched stubs", []).append(near_misses.shown(best_ones[0].entry))
    elif unused:
        taken.notes.append(f"{key}: {names[0]} counts, not {', '.join(unused[:5])}")
    elif best < 0:
        together.setdefault("taken without the number of a copy", []).append(near_misses.shown(best_ones[0].entry))


def _written(choices: list[_Choice], stub: bytes | None) -> list[_Choice]:
    """Those that are not the untouched stub, where all others are, and these are the same. It is no guess: the stub
    earns no points, so that nobody can have meant it, or lose by this."""
    if stub is None:
        return []
    try:
        contents = [choice.entry.read() for choice in choices]
    except Refused:
        return []
    plain = [content.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n") for content in contents]
    other = [content != stub for content in plain]
    same = len(set(itertools.compress(contents, other))) == 1
    return list(itertools.compress(choices, other)) if same and not all(other) else []


# --- what is to be said about it --------------------------------------------------------------------------------------


def _check(taken: Submission) -> None:
    """Moves what is no Python from the files to the problems."""
    for key, data in taken.files.items():
        taken.files[key], note, problem = python_source.check(data)
        if problem:
            taken.problems[key] = problem
        elif note:
            taken.notes.append(f"{key} {note}")
    good = {key: data for key, data in taken.files.items() if key not in taken.problems}
    taken.problems |= {key: clean(problem) for key, problem in python_source.syntax(good).items()}
    taken.files = {key: data for key, data in good.items() if key not in taken.problems}


def _tell(taken: Submission, wanted: dict[str, tuple[str, ...]]) -> None:
    """Notes on the problems; a lesson of which nothing is there takes one line."""
    taken.problems = {key: taken.problems[key] for key in wanted if key in taken.problems}
    away = {key for key, why in taken.problems.items() if why == MISSING}
    if away == set(wanted):
        taken.notes.append(f"nothing was found that a lesson asks for, such as {next(iter(wanted), 'a file')}")
        return
    whole = {full[2] for full in wanted.values()} - {full[2] for key, full in wanted.items() if key not in away}
    taken.notes += [f"{lesson}: nothing was handed in" for lesson in sorted(whole)]
    taken.notes += [f"{key}: {why}" for key, why in taken.problems.items() if wanted[key][2] not in whole]


def _tell_of_others(taken: Submission, others: list[Entry], asked: _Asked) -> None:
    """Notes and flags on what was handed in beside the files that count, and may be meant for one of them."""
    seen = [e for e in others if not _is_hidden(e.parts)]
    missing = {key: asked.wanted[key] for key, why in taken.problems.items() if why == MISSING}
    nothing = len(missing) == len(asked.wanted)
    others = [e for e in others if not _is_ours(e.parts, asked.named - missing.keys())]
    found = near_misses.near(others, missing) or (near_misses.notebooks(others) if nothing else [])
    if found:
        taken.notes.append(f"found {near_misses.some(found)}")
        taken.flags.append(f"close to what is missing: {near_misses.some(found)}")
    unclear = [f"{key}: {why}" for key, why in taken.problems.items() if why.startswith(f"{MISSING}: ")]
    taken.flags += unclear[: near_misses.MOST]
    if nothing and seen:
        more = f" and {len(seen) - 1} more" if len(seen) > 1 else ""
        taken.flags.append(f"nothing was found that a lesson asks for; handed in: {near_misses.shown(seen[0])}{more}")
    unread = [near_misses.shown(e) for e in seen if e.name.lower().endswith(UNREAD_SUFFIXES) and "data" not in e.parts]
    if missing and unread:
        taken.flags.append(f"not read: {near_misses.some(unread, ', ')}")
    modules = near_misses.unused(others, taken.files)
    for path, by in modules[: near_misses.MOST]:
        taken.notes.append(
            f"{path} is none of the files that the lesson names, and is not used: put what is in it into {by}"
        )
    if modules:
        taken.flags.append(f"imported, and not used: {near_misses.some([path for path, _ in modules], ', ')}")


def _is_ours(parts: tuple[str, ...], named: set[str]) -> bool:
    """Whether a path is of the course's own files, or of a lesson's that is not looked at now."""
    at = _lesson_at(parts)
    ours = COURSE_FOLDERS - {"tutorial"} | {"testcases"}
    return not ours.isdisjoint(parts[at + 1 : -1]) or (at >= 0 and "/".join(parts[at:]) in named)
