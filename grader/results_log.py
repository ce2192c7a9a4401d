"""results.jsonl, in which a grading run keeps what it has finished, and what decides whether a result is still good."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from course.base import manifest
from course.base.errors import UsageError
from course.base.manifest import Lesson
from course.base.switch import ROOT
from grader import exports
from grader.intake.submission import Submission
from grader.judge_process import files_of
from grader.options import Options, extra_files
from grader.results import ExerciseResult, Part, Run
from grader.sandbox import tier as tiers

LOG = "results.jsonl"
Parts = dict[tuple[str, str], Part]  # by student and lesson


class Log:
    """results.jsonl: the run, then a line for each part. A line is on the disk before the next is begun.

    Raises UsageError if it cannot be written. Each line has a checksum, so that half a line is not
    taken for a whole one; nothing is kept in memory to be written later."""

    def __init__(self, path: Path, run: Run):
        self.path = path
        try:
            self.file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        except OSError as error:
            raise self.unwritable(error) from None
        try:
            end = os.fstat(self.file).st_size
            if end == 0:
                self.write({"run": asdict(run)})
            elif os.pread(self.file, 1, end - 1) != b"\n":
                self.put(b"\n")  # the last line was cut short; what comes now begins another
        except UsageError:
            self.close()
            raise

    def append(self, part: Part) -> None:
        self.write({"part": asdict(part)})

    def write(self, row: dict[str, Any]) -> None:
        self.put(json.dumps({**row, "sum": checksum(row)}).encode() + b"\n")  # in the order of the exercises

    def put(self, line: bytes) -> None:
        at = os.fstat(self.file).st_size
        try:
            while line:
                line = line[os.write(self.file, line) :]
            os.fsync(self.file)
        except OSError as error:
            with contextlib.suppress(OSError):
                os.ftruncate(self.file, at)  # no half of a line
            raise self.unwritable(error) from None

    def unwritable(self, error: OSError) -> UsageError:
        return UsageError(
            f"{self.path} cannot be written ({error.strerror}); what was graded is kept: make room and give the same "
            "command again"
        )

    def close(self) -> None:
        with contextlib.suppress(OSError):
            os.close(self.file)


def checksum(row: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(row, sort_keys=True).encode()).hexdigest()[:12]


@contextlib.contextmanager
def locked_folder(out: Path) -> Iterator[None]:
    """Makes the folder, and holds it while inside: two commands at a time would mix their results."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        handle = os.open(out, os.O_RDONLY)
    except OSError as error:
        raise UsageError(f"--out {out} cannot be written to ({error.strerror})") from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise UsageError(f"another grading is writing to {out}; wait for it, or name another --out") from None
    except OSError:
        pass  # a file system without locks
    try:
        yield
    finally:
        os.close(handle)


def resume(options: Options, tier: str, say: Callable[[str], None]) -> tuple[Run, Parts]:
    """The run that DIR/results.jsonl belongs to and what it has, if it is this one; else a new run, and all that the
    old one has left is put aside."""
    run = new_run(options, tier)
    path = options.out / LOG
    if not path.exists():
        return run, {}
    old, done = read(path)
    same = old is not None and all(getattr(old, n) == getattr(run, n) for n in ("tier", "lessons", "full", "version"))
    if same and options.seed in (None, old.seed):
        # What is graded now gets new draws: from the feedback of before, nobody knows what they will be.
        return replace(run, created=old.created), done
    number = 1
    while (aside := path.with_name(f"before-{number}")).exists():
        number += 1
    aside.mkdir()
    for name in (*exports.WRITTEN, "gradebook.csv", LOG):  # the log goes last: without it the rest is not moved again
        if (there := path.with_name(name)).exists():
            there.rename(aside / name)
    about = "seed, lessons, options or version of the course"
    say(f"note: {options.out} held another run ({about}), which is in its folder {aside.name} now")
    return run, {}


def new_run(options: Options, tier: str) -> Run:
    exercises = [e for lesson in options.lessons for e in lesson.exercises]
    return Run(
        tier=tier,
        warning=tiers.WARNING if tier == tiers.UNSAFE else "",
        seed=secrets.randbelow(2**31) if options.seed is None else options.seed,
        lessons=[lesson.name for lesson in options.lessons],
        titles={e.id: e.object for e in exercises},
        full=options.full,
        version=version(options.extra),
        extra=len(extra_files(options.extra)),
        points={e.id: e.points for e in exercises},
        hardening={e.id: e.hardening for e in exercises},
        created=time.strftime("%Y-%m-%dT%H:%M:%S%z"),
    )


def read(path: Path) -> tuple[Run | None, Parts]:
    """The run and the parts, by student and lesson, in a results.jsonl. A line that cannot be read (cut short, say) is
    left out; of several of one part the last counts."""
    run, done = None, {}
    for line in path.read_bytes().split(b"\n"):
        try:
            row = json.loads(line)
            if row.pop("sum") != checksum(row):
                continue
            if "run" in row:
                run = Run(**row["run"])
            elif "part" in row:
                made = Part(**row["part"])
                made.exercises = [ExerciseResult(**e) for e in made.exercises]
                done[made.student, made.lesson] = made
        except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
            continue
    return run, done


def version(extra: Path | None = None, root: Path = ROOT) -> str:
    """A digest of whatever decides about a grade: tests, references, the given files and the grader."""
    folders = [root / name for name in ("course", "grader", "lab", "solutions", "tutorial")] + (
        [extra] if extra else []
    )
    paths = [p for f in folders for p in sorted(f.rglob("*")) if p.suffix in (".py", ".toml") and p.is_file()]
    learners = {lesson.folder / e.file for lesson in manifest.read_all(root) for e in lesson.exercises}
    made = hashlib.sha256((root / "requirements.txt").read_bytes())
    for path in paths:
        if path not in learners:
            made.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return made.hexdigest()[:16]


def digest(submission: Submission, lesson: Lesson, run: Run) -> str:
    """Of whatever decides about a part, except the seed, which nobody should be able to find from it: a part that is
    kept is not graded again while its digest is the same."""
    files, problems = files_of(submission, lesson)
    made = hashlib.sha256(f"{run.version} {run.full} {run.tier} {lesson.name}".encode())
    for name, text in sorted(files.items()):
        made.update(f"{name} {len(text)}\0".encode() + text)
    for name, problem in sorted(problems.items()):
        made.update(f"{name}\0{problem}\0".encode())
    return made.hexdigest()[:16]
