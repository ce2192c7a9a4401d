"""What a class handed in: for every student the bytes of the files that the manifests name, and nothing else.

Everything that is read here is untrusted. platforms.py says whose a file is, unpack.py opens archives, parsing.py
says whether they are Python, other_files.py what else is worth a word. Here it is decided which file counts. That is
never guessed: if two files could be meant, none counts and the student is told.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from course.authoring import stubs
from course.base import manifest, python_source
from course.base.errors import UsageError
from course.base.manifest import Lesson
from grader.exports.text import one_line
from grader.intake import other_files, parsing, suspicious_calls, unpack
from grader.intake.other_files import MOST, NO_ANSWERS, short, some, without_copy
from grader.intake.platforms import Student, shown, students
from grader.intake.unpack import Entry, Refused, is_archive, is_skipped, is_unread

MISSING = "missing"  # the problem of a file that is not there at all
MOST_LINES = 60  # notes of one student, and flags
MOST_READ = 10  # of the files that may be one
# A file without its folder ("grpo.py") is not looked for in these: other files there have the same names.
COURSE_FOLDERS = {"tutorial", "course", "grader", "lab", "tests", "benchmarks", "docs", "configs"}
_LESSON = re.compile(r"lesson\d\d(_\w+)?")


@dataclass
class Submission:
    """What one student handed in. Every file that the manifests name is in `files` or in `problems`."""

    student: str  # for display, and unique; grader.exports.text.slug makes a file name of it
    files: dict[str, bytes] = field(default_factory=dict)  # "lesson13_grpo/loss/grpo.py" -> Python in UTF-8, no mark
    notes: list[str] = field(default_factory=list)  # for the student
    flags: list[str] = field(default_factory=list)  # for the instructor: things to look at
    problems: dict[str, str] = field(default_factory=dict)  # such a file -> why it is not gradable
    ids: dict[str, str] = field(default_factory=dict)  # "canvas", "moodle", "email", "sid", if a platform gives them
    flags_in_code: list[str] = field(default_factory=list)  # more flags, of the files that are graded
    fault: str = ""  # the intake itself failed on this submission: our fault, never the student's


@dataclass
class Class:
    """All of them, by name, and what belongs to nobody."""

    submissions: list[Submission]
    remarks: list[str]


def survey(folder: Path, lessons: list[Lesson], confined: bool) -> Class:
    """The submissions in `folder`, or in an archive of the class, sorted by the students' names.

    `confined`: archives are unpacked inside bubblewrap. Raises UsageError if there is no such folder or archive; what
    is in it raises nothing.
    """
    wanted = _Wanted(lessons)
    with contextlib.ExitStack() as open_files, ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        found, remarks = students(folder, lessons, confined, open_files)
        return Class(list(pool.map(lambda student: _submission(student, wanted, confined), found)), remarks)


class _Wanted:
    """The files that the lessons ask for: "lesson13_grpo/loss/grpo.py" -> the parts of the whole path, and the stub."""

    def __init__(self, lessons: list[Lesson]):
        self.paths = _paths(lessons)
        self.of_all_lessons = set(_paths(manifest.read_all(lessons[0].root))) if lessons else set()
        self.needs = {lesson.name: [*lesson.needs, *lessons_used(lesson)] for lesson in lessons}
        self.stubs: dict[str, bytes] = {}
        for lesson, file in ((one, file) for one in lessons for file in stubs.files(one)):
            with contextlib.suppress(UsageError, SyntaxError):  # no stub, no comparison with it
                self.stubs[f"{lesson.name}/{file}"] = stubs.stub_of(lesson, file).encode()


def _paths(lessons: list[Lesson]) -> dict[str, tuple[str, ...]]:
    return {
        f"{lesson.name}/{file}": ("tutorial", lesson.folder.parent.name, lesson.name, *PurePosixPath(file).parts)
        for lesson in lessons
        for file in stubs.files(lesson)
    }


# --- one student -----------------------------------------------------------------------------------------------------


def _submission(student: Student, wanted: _Wanted, confined: bool) -> Submission:
    try:
        results = [_taken(list(uploads.values()), student, wanted, confined) for uploads in student.submissions]
        done = results[0] if len(results) == 1 else _several(results, student, wanted)
    except Exception as error:  # whatever it is, the others are graded
        done = Submission(student.name, fault=f"{type(error).__name__}: {one_line(str(error))}")
        done.problems = dict.fromkeys(wanted.paths, "the grader could not read the submission")
    done.student, done.ids = student.name, student.ids
    done.notes, done.flags = _bounded(student.notes + done.notes), _bounded(student.flags + done.flags)
    return done


def _bounded(lines: list[str]) -> list[str]:
    lines = list(dict.fromkeys(lines))
    return lines if len(lines) <= MOST_LINES else [*lines[: MOST_LINES - 1], f"{len(lines) - MOST_LINES + 1} more"]


def _several(results: list[Submission], student: Student, wanted: _Wanted) -> Submission:
    """Of more than one submission of one student: the first, if they are the same; else none counts."""
    names = ", ".join(sorted(student.sources))
    if all((r.files, r.problems) == (results[0].files, results[0].problems) for r in results):
        results[0].notes.append(f"handed in {len(results)} times, each the same: {names}")
        return results[0]
    why = f"handed in {len(results)} times, and it is not clear which counts: {names}"
    flags = [flag for result in results for flag in result.flags]
    return Submission(student.name, {}, [why], [why, *flags], dict.fromkeys(wanted.paths, why))


def _taken(parts: list, student: Student, wanted: _Wanted, confined: bool) -> Submission:
    taken = Submission(student.name)
    with contextlib.ExitStack() as open_files:
        entries = _entries(parts, taken, confined, open_files)
        choices, doubts = _choices(entries, wanted.paths)
        grouped_notes: dict[str, list[str]] = {}  # one note for many files
        for key in wanted.paths:
            if key in choices:
                _choose(key, choices[key], wanted.stubs.get(key), taken, grouped_notes)
            else:
                taken.problems[key] = doubts.get(key, MISSING)
    taken.notes += [f"{what}: {some(paths, ', ')}" for what, paths in grouped_notes.items()]
    _check(taken, wanted.needs)
    answers = {entry.path for found in choices.values() for entry, _ in found}
    others = [e for e in entries if e.refused or e.path not in answers]
    taken.flags += other_files.odd(others)
    _note_problems(taken, wanted.paths)
    _note_other_files(taken, [e for e in others if not e.refused and not e.name.startswith(".")], wanted)
    return taken


def _entries(parts: list, taken: Submission, confined: bool, open_files: contextlib.ExitStack) -> list[Entry]:
    """All files of one submission; those in archives in the place of the archives."""
    limits = dict(unpack.OF_STUDENT)
    archives, found = unpack.ARCHIVES, []
    for part in parts:
        try:
            entries = part()
        except Refused as error:
            _refuse(taken, "what was handed in", error)
            continue
        for entry in entries:
            hidden = _is_hidden(entry.parts) or entry.name in NO_ANSWERS
            if hidden or entry.refused or not is_archive(entry.name):
                found.append(entry)
                if not hidden and is_unread(entry.name) and "data" not in entry.parts:
                    taken.notes.append(f"{shown(entry.path)}: not read; hand in a .zip or a .tar.gz")
                continue
            archives -= 1
            try:
                if archives < 0:
                    raise Refused(f"is one archive too many: {unpack.ARCHIVES} are read")
                inner = unpack.unpack(entry, confined, limits, open_files)
            except Refused as error:
                _refuse(taken, shown(entry.path), error)
                continue
            limits["files"] -= len(inner)
            limits["bytes"] -= sum(e.place[2] for e in inner)
            inner = [e.within(entry.path) for e in inner]
            found += inner
            archives_refused = [e for e in inner if e.refused and is_archive(e.name)]
            taken.notes += [f"{shown(e.path)} {e.refused}; it was not read" for e in archives_refused]
    return found


def _refuse(taken: Submission, what: str, error: Refused) -> None:
    taken.notes.append(f"{what} {error}; it was not read")
    taken.flags.append(f"{what} {error}")


def _is_hidden(parts: tuple[str, ...]) -> bool:
    """Whether a path leads through a folder that no answer is in, or is a file that systems hide."""
    return parts[-1].startswith(".") or any(is_skipped(part) or part in NO_ANSWERS for part in parts[:-1])


# --- which file counts -----------------------------------------------------------------------------------------------


# How well a path fits: whether its name is right without taking off a copy's number, and how many parts of it fit.
Fits = tuple[bool, int]


def _choices(
    entries: list[Entry], wanted: dict[str, tuple[str, ...]]
) -> tuple[dict[str, list[tuple[Entry, Fits]]], dict[str, str]]:
    """For every wanted file those that may be meant, and for some why a file that looks like it was not taken."""
    choices: dict[str, list[tuple[Entry, Fits]]] = {}
    doubts: dict[str, str] = {}
    for entry in entries:
        parts = entry.parts
        plain = without_copy(parts)
        if _is_hidden(parts) or _is_hidden(plain):
            continue
        fits, right = _fits(parts, wanted), True
        if plain != parts and (len(fits) != 1 or _lesson_at(plain) != _lesson_at(parts)):
            fits, right = _fits(plain, wanted), False
        for key, count in fits.items():
            if len(fits) == 1:
                choices.setdefault(key, []).append((entry, (right, count)))
            else:
                doubts[key] = f"missing: {shown(entry.path)} could be {' or '.join(fits)}; hand it in within its folder"
    return choices, doubts


def _fits(parts: tuple[str, ...], wanted: dict[str, tuple[str, ...]]) -> dict[str, int]:
    """The wanted files that a path may mean, and how many parts of it, from its end, fit. A lesson's folder anywhere
    in the path settles the lesson. A bare name only fits if nothing fits better."""
    at = _lesson_at(parts)
    if at >= 0:
        wanted = {k: full for k, full in wanted.items() if parts[at] in (full[2], full[2].split("_")[0])}
        parts = (*parts[:at], *(full[2] for full in list(wanted.values())[:1]), *parts[at + 1 :])
    around = set(parts[at + 1 : -1])
    own = {folder for full in wanted.values() for folder in full[3:-1]}
    fits, bare = {}, {}
    for key, full in wanted.items():
        pairs = zip(reversed(parts), reversed(full), strict=False)
        count = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))
        if count >= len(full) - 3:
            fits[key] = count
        elif count and not around & (COURSE_FOLDERS | own):
            bare[key] = count
    return fits or bare


def _lesson_at(parts: tuple[str, ...]) -> int:
    """Where in a path the last folder of a lesson is; -1 for none."""
    return max((i for i, part in enumerate(parts[:-1]) if _LESSON.fullmatch(part)), default=-1)


def _choose(
    key: str, choices: list, stub: bytes | None, taken: Submission, grouped_notes: dict[str, list[str]]
) -> None:
    """Takes the one with the longest fitting path, or says why not. Untouched stubs are left out if there is anything
    else: nobody can have meant them, since they earn no points. `grouped_notes`: notes on several files."""
    choices = sorted(choices, key=lambda choice: choice[0].path)
    written = [choice for choice in choices if 1 < len(choices) <= MOST_READ and not _is_stub(choice[0], stub)]
    best = max(fits for _, fits in written or choices)
    chosen = [entry for entry, fits in written or choices if fits == best]
    contents: set[bytes] = set()
    for entry in chosen[:MOST_READ]:
        try:
            contents.add(entry.read())
        except Refused as error:
            taken.problems[key] = f"{shown(entry.path)} {error}"
            return
    if len(contents) > 1 or len(chosen) > MOST_READ:
        names = ", ".join(shown(entry.path) for entry in chosen[:5])
        taken.problems[key] = f"missing: it is not clear which file counts: {names}"
        return
    (taken.files[key],) = contents
    unused = [shown(entry.path) for entry, _ in written or choices if entry not in chosen]
    if unused:
        taken.notes.append(f"{key}: {shown(chosen[0].path)} counts, not {', '.join(unused[:5])}")
    elif 0 < len(written) < len(choices):
        grouped_notes.setdefault("taken in place of untouched stubs", []).append(short(chosen[0]))
    elif not best[0]:
        grouped_notes.setdefault("taken without the number of a copy", []).append(short(chosen[0]))


def _is_stub(entry: Entry, stub: bytes | None) -> bool:
    try:
        return entry.read().removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n") == stub
    except Refused:
        return False


# --- what is to be said about it --------------------------------------------------------------------------------------


def lessons_used(lesson: Lesson) -> list[str]:
    """The lessons from which its reference imports: itself, and those before it on which it builds."""
    texts = [path.read_text(encoding="utf-8") for path in lesson.reference_files()]
    found = re.findall(r"^(?:from|import) (lesson\d+_\w+)", "\n".join(texts), re.MULTILINE)
    return sorted({lesson.name, *found})


def _check(taken: Submission, needs: dict[str, list[str]]) -> None:
    """Moves what is no Python from the files to the problems."""
    for key, data in taken.files.items():
        taken.files[key], note, problem = python_source.check(data)
        if problem:
            taken.problems[key] = problem
        elif note:
            taken.notes.append(f"{key} {note}")
    good = {key: data for key, data in taken.files.items() if key not in taken.problems}
    seen = []
    for key, found in sorted(parsing.parse(good, needs).items()):
        if found.problem:
            taken.problems[key] = one_line(found.problem)
        seen += [f"{key}:{flag}" for flag in found.flags]
        taken.notes += [one_line(f"{key}, {note}") for note in found.notes[:MOST]]
    taken.flags_in_code = suspicious_calls.bounded(seen)
    taken.files = {key: data for key, data in good.items() if key not in taken.problems}


def _note_problems(taken: Submission, wanted: dict[str, tuple[str, ...]]) -> None:
    """Adds notes on the problems; a lesson of which nothing is there results one line."""
    taken.problems = {key: taken.problems[key] for key in wanted if key in taken.problems}
    missing = {key for key, why in taken.problems.items() if why == MISSING}
    if missing == set(wanted):
        taken.notes.append(f"nothing was found that a lesson asks for, such as {next(iter(wanted), 'a file')}")
        return
    whole = {full[2] for full in wanted.values()} - {full[2] for key, full in wanted.items() if key not in missing}
    taken.notes += [f"{lesson}: nothing was handed in" for lesson in sorted(whole)]
    taken.notes += [f"{key}: {why}" for key, why in taken.problems.items() if wanted[key][2] not in whole]


def _note_other_files(taken: Submission, others: list[Entry], wanted: _Wanted) -> None:
    """Adds notes and flags on what was handed in beside the files that count, and may be meant for one of them."""
    missing = {key: wanted.paths[key] for key, why in taken.problems.items() if why == MISSING}
    nothing = len(missing) == len(wanted.paths)
    visible = [e for e in others if not _is_hidden(e.parts)]
    others = [e for e in others if not _is_the_courses(e.parts, wanted.of_all_lessons - missing.keys())]
    if found := other_files.near(others, missing) or (other_files.notebooks(others) if nothing else []):
        taken.notes.append(f"found {some(found)}")
        taken.flags.append(f"close to what is missing: {some(found)}")
    taken.flags += [f"{key}: {why}" for key, why in taken.problems.items() if why.startswith(f"{MISSING}: ")][:MOST]
    if nothing and visible:
        more = f" and {len(visible) - 1} more" if len(visible) > 1 else ""
        taken.flags.append(f"nothing was found that a lesson asks for; handed in: {short(visible[0])}{more}")
    modules = other_files.imported(others, taken.files)
    for path, by in modules[:MOST]:
        taken.notes.append(f"{path} is not used: only files that the lesson names are. Put what is in it into {by}")
    if modules:
        taken.flags.append(f"imported, and not used: {some([path for path, _ in modules], ', ')}")


def _is_the_courses(parts: tuple[str, ...], named: set[str]) -> bool:
    """Whether a path is of the course's own files, or of a lesson's that is not looked at now."""
    at = _lesson_at(parts)
    own = COURSE_FOLDERS - {"tutorial"} | {"testcases"}
    return not own.isdisjoint(parts[at + 1 : -1]) or (at >= 0 and "/".join(parts[at:]) in named)
