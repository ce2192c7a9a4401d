"""`python -m course grade FOLDER`: grades a class. One line at the end says where everything was written.

    --out DIR        where to write (grades/); an interrupted run is taken up again there
    --lessons 13,14  only these
    --full           also the tests that train
    --seed N         the hidden variation's; drawn anew for each run otherwise, and recorded
    --jobs N         judges at a time; as many as there are processors by default
    --extra DIR      the instructor's own tests, in files called *_test.py
    --gradebook CSV --assignment NAME   the gradebook that Canvas exported; a filled copy is written
    --gradescope FILE  the results.json of the only submission, written besides
    --similar        a list of similar submissions, for a person to look at
    --unsafe         without walls, where bubblewrap is missing

It starts a few judges (`grader.judge.judge`), each with its own sandbox, and hands out parts: one lesson of one
submission each. A judge keeps to a lesson while there is work for it, since what it finds out about a lesson's tests
and mistakes serves the next submission, too. Each finished part is appended to DIR/results.jsonl and on the disk before
the next is begun: whatever ends this process loses none.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import fcntl
import hashlib
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

from course.authoring import stubs
from course.base import manifest
from course.base.atomic_files import write_text
from course.base.errors import UsageError
from course.base.manifest import Lesson
from course.base.switch import ROOT
from grader import exports, results
from grader.exports import similarity
from grader.intake import submission as intake
from grader.intake import suspicious_calls
from grader.intake.submission import Submission
from grader.results import ExerciseResult, Part, Run, StudentResult
from grader.sandbox import frames, walls

PATIENCE = 600.0  # seconds that a judge may take for a part, besides those that its calls may take together
LOG = "results.jsonl"
TREE = "grade-tree-"  # and the command's number: a folder of the files that every worker may read
REMARKS = 20  # about files that belong to nobody


class JudgeFault(Exception):
    """A judge ended, or said something that it never should."""


class NotStarted(JudgeFault):
    """A judge ended before it was handed anything."""


class Stopped(Exception):
    """Somebody wants this to end; what was begun is not finished."""


class JudgeProcess:
    """A judge, as the command sees it. `seconds`: how long it has taken to get ready."""

    running: ClassVar[set[JudgeProcess]] = set()

    def __init__(self, settings: dict[str, Any]):
        started = time.monotonic()
        self.patience = PATIENCE + len(settings["lessons"]) * walls.WAIT[settings["full"]]  # it rehearses them all
        self.control, theirs = socket.socketpair()
        self.log = tempfile.TemporaryFile()  # noqa: SIM115
        with theirs:
            command = [sys.executable, "-m", "grader.judge.judge", str(theirs.fileno())]
            surroundings = {**os.environ, "PYTHONHASHSEED": "0", "SOLUTION": "1", "OMP_NUM_THREADS": "1"}
            surroundings.pop("PYTEST_ADDOPTS", None)
            surroundings["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=surroundings,
                stdin=subprocess.DEVNULL,
                stdout=self.log,
                stderr=self.log,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # a Ctrl-C is for this process to decide about
            )
        self.running.add(self)
        try:
            self.told(settings)
            ready = self.heard()
            problem, complaint = ready["problem"], ready["complaint"]
        except JudgeFault as error:
            problem, complaint = str(error), ""
        if problem or complaint:
            self.kill()
            raise UsageError(complaint) if complaint else NotStarted(problem)
        self.seconds = time.monotonic() - started
        self.patience = PATIENCE + walls.WAIT[settings["full"]]

    def grade(self, submission: Submission, lesson: Lesson) -> list[ExerciseResult]:
        files, problems = handed_in(submission, lesson)
        self.told({"lesson": lesson.name, "files": files, "problems": problems})
        return [ExerciseResult(**row) for row in self.heard()]

    def told(self, value: Any) -> None:
        try:
            frames.send(self.control, frames.packed(value))
        except frames.Closed:
            raise JudgeFault(self.last_words()) from None

    def heard(self) -> Any:
        try:
            return frames.unpacked(frames.receive(self.control, frames.REQUEST_LIMIT, time.monotonic() + self.patience))
        except (frames.Closed, frames.TooLate, frames.TooLarge, ValueError):
            raise JudgeFault(self.last_words()) from None

    def last_words(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(5)
        if self.process.poll() is None:
            return f"the judge does not answer within {self.patience:.0f} s"
        with contextlib.suppress(OSError, ValueError):
            self.log.seek(0)
            lines = self.log.read()[-4000:].decode("utf-8", "replace").strip().splitlines()
            if lines:
                return lines[-1]
        return f"the judge ended ({self.process.poll()})"

    def kill(self) -> None:
        self.process.kill()
        self.close()

    def close(self) -> None:
        self.control.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        self.running.discard(self)


@dataclass
class Options:
    """What the command line says."""

    folder: Path
    out: Path
    lessons: list[Lesson]
    full: bool = False
    seed: int | None = None
    jobs: int = 0
    extra: Path | None = None
    gradebook: Path | None = None
    assignment: str = ""
    gradescope: Path | None = None
    similar: bool = False
    unsafe: bool = False


def parse(arguments: list[str]) -> Options:
    parser = argparse.ArgumentParser(prog="python -m course grade", add_help=False, allow_abbrev=False)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, default=Path("grades"))
    parser.add_argument("--lessons", default="")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--jobs", type=int, default=0)
    parser.add_argument("--assignment", default="")
    for name in ("extra", "gradebook", "gradescope"):
        parser.add_argument(f"--{name}", type=Path)
    for name in ("full", "unsafe", "similar"):
        parser.add_argument(f"--{name}", action="store_true")
    parser.error = _usage  # one sentence, as everywhere
    found = vars(parser.parse_args(arguments))
    chosen = [part.strip() for part in found.pop("lessons").split(",") if part.strip()]
    wanted = {manifest.find(name).name for name in chosen}
    options = Options(lessons=[one for one in manifest.read_all() if not chosen or one.name in wanted], **found)
    if options.seed is not None and not 0 <= options.seed < 2**31:
        raise UsageError(f"--seed {options.seed}: say a whole number from 0 to {2**31 - 1}")
    if not options.folder.exists():
        raise UsageError(f"there is no {options.folder}; name the folder (or the zip) of submissions")
    if (options.gradebook is None) != (not options.assignment):
        raise UsageError("--gradebook and --assignment go together: the file that Canvas exported, and its column")
    if options.jobs < 0:
        raise UsageError(f"--jobs {options.jobs}: say how many judges may run at a time")
    if options.out.resolve() == options.folder.resolve() or options.folder.resolve() in options.out.resolve().parents:
        raise UsageError(f"--out {options.out} is within {options.folder}: it would be graded the next time")
    return options


def _usage(message: str) -> None:
    raise UsageError(
        f"{message}; it is `python -m course grade FOLDER`, and docs/INSTRUCTORS.md lists what else may be said"
    )


def printed(line: str) -> None:
    """At once, on any terminal; where nobody listens any more, the grading goes on."""
    try:
        print(line, flush=True)
    except UnicodeEncodeError:
        print(line.encode("ascii", "backslashreplace").decode(), flush=True)
    except OSError:
        pass


def grade(options: Options, say: Callable[[str], None] = printed) -> int:
    """Grades, or goes on where an earlier run with the same --out ended. 1 where our own fault kept a grade back."""
    tier = walls.chosen_tier(options.unsafe)
    handed = intake.survey(options.folder, options.lessons, confined=tier == walls.BUBBLEWRAP)
    submissions = handed.submissions
    for remark in handed.remarks[:REMARKS]:
        say(f"note: {remark}")
    if more := handed.remarks[REMARKS:]:
        say(f"note: {len(more)} more that belong to nobody")
    if options.gradescope and len(submissions) != 1:
        raise UsageError(f"--gradescope is for one submission, and {options.folder} holds {len(submissions)}")
    if not submissions:
        raise UsageError(f"there is no submission in {options.folder}; it holds a folder or an archive per student")
    for remark in beside_the_point(options):
        say(f"note: {remark}")
    text = read_gradebook(options) if options.gradebook else ""
    compare50 = similarity.tool() if options.similar else None
    with written_to(options.out):
        run, done = resumed(options, tier, say)
        log = Log(options.out / LOG, run)
        grades = Grades(submissions, options.lessons, run, done)
        if grades.parts:
            say(f"{len(grades.parts)} of {len(grades.digests)} were graded before and are kept")
        try:
            if grades.missing():
                _grade_rest(options, run, grades, log, say)
        finally:
            log.close()
        code = finish(options, run, [grades.results[s.student] for s in submissions], text, say)
        if compare50:
            say(similarity.write(submissions, options.lessons, options.out, compare50))
        return code


class Grades:
    """The parts that are there, and each submission's result as soon as all of its parts are."""

    def __init__(
        self, submissions: list[Submission], lessons: list[Lesson], run: Run, done: dict[tuple[str, str], Part]
    ):
        self.submissions, self.lessons = submissions, lessons
        self.digests = {(s.student, one.name): digest(s, one, run) for s in submissions for one in lessons}
        self.parts = {key: done[key] for key, wanted in self.digests.items() if _known(done.get(key), wanted)}
        self.results: dict[str, StudentResult] = {}
        for submission in submissions:
            self.settle(submission)

    def missing(self) -> list[tuple[Submission, Lesson]]:
        return [(s, one) for one in self.lessons for s in self.submissions if (s.student, one.name) not in self.parts]

    def settle(self, submission: Submission) -> None:
        parts = [self.parts.get((submission.student, one.name)) for one in self.lessons]
        if all(parts):
            self.results[submission.student] = whole(submission, parts)


def _grade_rest(options: Options, run: Run, grades: Grades, log: Log, say: Callable[[str], None]) -> None:
    """Grades what is missing, and adds it."""
    clear_away()
    with tempfile.TemporaryDirectory(prefix=f"{TREE}{os.getpid()}-") as folder:
        tree = Path(folder)
        extra = extra_files(options.extra)
        walls.make_tree(tree, options.lessons, extra)
        settings = {"tier": run.tier, "tree": str(tree), "seed": run.seed, "full": run.full, "lessons": run.lessons}
        settings["extra"] = [str(path) for path in extra]
        _hand_out(options, settings, grades, log, say)


def clear_away() -> None:
    """Removes the folders that commands which were killed have left."""
    for folder in Path(tempfile.gettempdir()).glob(f"{TREE}*-*"):
        number = folder.name.removeprefix(TREE).partition("-")[0]
        try:
            os.kill(int(number), 0)
        except ProcessLookupError:
            shutil.rmtree(folder, ignore_errors=True)
        except (OSError, ValueError, OverflowError):
            continue  # somebody else's, or none of ours


class Waiting:
    """The parts that nobody has begun, and the lesson that each judge is at."""

    def __init__(self, parts: list[tuple[Submission, Lesson]]):
        self.parts: dict[str, deque[tuple[Submission, Lesson]]] = {}
        for submission, lesson in parts:
            self.parts.setdefault(lesson.name, deque()).append((submission, lesson))
        self.at: dict[int, str] = {}

    def take(self, number: int) -> tuple[Submission, Lesson] | None:
        """What the judge of that number does next; None where nothing is left."""
        left = {name: _work(parts) for name, parts in self.parts.items()}
        others = [lesson for judge, lesson in self.at.items() if judge != number]
        self.at[number] = next_lesson(self.at.get(number, ""), left, others)
        return self.parts[self.at[number]].popleft() if self.at[number] else None


def next_lesson(at: str, left: dict[str, int], others: Sequence[str]) -> str:
    """The lesson that a judge goes on with: the one that it is at, while there is work for it; then the one with the
    most work `left` for each judge that would be at it, of equals the first. "" where nothing is left.

    `others`: the lessons that the other judges are at."""
    if left.get(at):
        return at
    return max(left, key=lambda name: left[name] / (1 + others.count(name))) if any(left.values()) else ""


def _work(parts: Iterable[tuple[Submission, Lesson]]) -> int:
    """How much there is to do, roughly: the exercises."""
    return sum(len(lesson.exercises) for _, lesson in parts)


def _hand_out(options: Options, settings: dict[str, Any], grades: Grades, log: Log, say: Callable[[str], None]) -> None:
    """To one thread for each judge, until nothing is left, or something is wrong that concerns all."""
    rest = grades.missing()
    waiting, work_done, seconds = Waiting(rest), 0, 0.0
    jobs = max(1, min(options.jobs or os.cpu_count() or 1, len(rest)))
    lock, faults = threading.Lock(), []
    over, ended = threading.Event(), []  # not Thread.join: a Ctrl-C makes it take a thread that runs for one that ended

    def work(number: int) -> None:
        nonlocal work_done, seconds
        judge = None
        try:
            while not faults:
                with lock:
                    taken = waiting.take(number)
                if taken is None:
                    break
                submission, lesson = taken
                judge, part = _graded(submission, lesson, judge, {**settings, "number": number}, faults)
                key = (part.student, part.lesson)
                part.digest = grades.digests[key]
                with lock:
                    log.append(part)
                    grades.parts[key] = part
                    work_done, seconds = work_done + _work([taken]), seconds + part.seconds
                    left = seconds / jobs * (_work(rest) / work_done - 1)
                    known = 20 * work_done >= _work(rest)  # a judge's first parts take much longer than all others
                    say(progress(part, lesson, len(grades.parts), len(grades.digests), left if known else None))
                grades.settle(submission)
        except BaseException as error:  # a full disk, say: every thread stops, what is written stays
            faults.append(error)
        finally:
            if judge is not None:
                judge.close()
            with lock:
                ended.append(number)
                if len(ended) == jobs:
                    over.set()

    threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(jobs)]
    try:
        for thread in threads:
            thread.start()
        over.wait()
    except KeyboardInterrupt as error:
        faults.insert(0, error)
        say("stopping; what is graded is kept, and the same command goes on from there")
        while len(ended) < sum(thread.ident is not None for thread in threads):
            for judge in list(JudgeProcess.running):
                judge.process.kill()
            over.wait(0.1)
    if faults:
        raise faults[0]


def _graded(
    submission: Submission, lesson: Lesson, judge: JudgeProcess | None, settings: dict[str, Any], faults: list
) -> tuple[JudgeProcess | None, Part]:
    """One part, tried twice where it is our fault. The judge that is still well is given back. Raises Stopped once
    there is something in `faults`, and UsageError where no judge can be started: that concerns everybody."""
    started = time.monotonic()
    unknown = [ExerciseResult(e.id, e.points, None, results.GRADER_ERROR) for e in lesson.exercises]
    part = Part(submission.student, lesson.name, unknown, submission.fault)
    for last in () if submission.fault else (False, True):
        try:
            if faults:
                raise Stopped
            if judge is None:
                judge = JudgeProcess(settings)
                started += judge.seconds
            part.exercises, part.fault = judge.grade(submission, lesson), ""
            break
        except (JudgeFault, TypeError, OSError) as error:
            if judge is not None:
                judge.kill()
            judge, part.fault = None, str(error) or type(error).__name__
            if faults:
                raise Stopped from None
            if last and isinstance(error, (NotStarted, OSError)):
                raise UsageError(f"no judge can be started: {part.fault}; what was graded is kept") from None
    part.seconds = round(time.monotonic() - started, 2)
    return judge, part


def whole(submission: Submission, parts: list[Part]) -> StudentResult:
    """What there is to say of a submission: its parts, and what is in its files and around them. The latter is looked
    at anew for kept parts, too, since it is about more than the files that are graded."""
    faults = list(dict.fromkeys(part.fault for part in parts if part.fault))
    status = results.GRADER_ERROR if faults else results.GRADED if submission.files else results.NOT_GRADABLE
    try:
        seen = suspicious_calls.look(submission.files)
    except Exception as error:  # of whatever depth and form the code is, it must not end the grading of the others
        seen = [f"its files could not be looked at for flags ({type(error).__name__})"]
    return StudentResult(
        submission.student,
        status,
        [exercise for part in parts for exercise in part.exercises],
        notes=list(submission.notes),
        flags=[*submission.flags, *seen, *(f"the grader failed: {fault}" for fault in faults)],
        digest=hashlib.sha256(" ".join(part.digest for part in parts).encode()).hexdigest()[:16],
        seconds=round(sum(part.seconds for part in parts), 2),
        ids=dict(submission.ids),
    )


# --- what is remembered --------------------------------------------------------------------------------------------


class Log:
    """results.jsonl: the run, then a line for each part. A line is on the disk before the next is begun.

    Raises UsageError where it cannot be written. Each line has a sum of its own, so that a half is not taken for
    a whole; nothing is kept in memory to be written later."""

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
        self.put(json.dumps({**row, "sum": _sum(row)}).encode() + b"\n")  # in the order of the exercises

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


def _sum(row: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(row, sort_keys=True).encode()).hexdigest()[:12]


@contextlib.contextmanager
def written_to(out: Path) -> Iterator[None]:
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
        pass  # a file system that knows no locks
    try:
        yield
    finally:
        os.close(handle)


def resumed(options: Options, tier: str, say: Callable[[str], None]) -> tuple[Run, dict[tuple[str, str], Part]]:
    """The run that DIR/results.jsonl belongs to and what it has, if it is this one; else a new run, and all that the
    old one has left is put aside."""
    run = new_run(options, tier)
    path = options.out / LOG
    if not path.exists():
        return run, {}
    old, done = read(path)
    same = old is not None and all(getattr(old, n) == getattr(run, n) for n in ("tier", "lessons", "full", "version"))
    if same and options.seed in (None, old.seed):
        return old, done
    number = 1
    while (aside := path.with_name(f"before-{number}")).exists():
        number += 1
    aside.mkdir()
    for name in (*exports.WRITTEN, "gradebook.csv", "similar.csv", "similar.md", LOG):  # what it hangs on goes last
        if (there := path.with_name(name)).exists():
            there.rename(aside / name)
    about = "seed, lessons, options or version of the course"
    say(f"note: {options.out} held another run ({about}), which is in its folder {aside.name} now")
    if options.seed is None and old is not None and old.version == run.version:
        run.seed = old.seed
    return run, {}


def new_run(options: Options, tier: str) -> Run:
    exercises = [e for lesson in options.lessons for e in lesson.exercises]
    return Run(
        tier=tier,
        warning=walls.WARNING if tier == walls.UNSAFE else "",
        seed=secrets.randbelow(2**31) if options.seed is None else options.seed,
        lessons=[lesson.name for lesson in options.lessons],
        titles={e.id: e.object for e in exercises},
        full=options.full,
        version=version(options.extra),
        extra=len(extra_files(options.extra)),
        points={e.id: e.points for e in exercises},
        created=time.strftime("%Y-%m-%dT%H:%M:%S%z"),
    )


def read(path: Path) -> tuple[Run | None, dict[tuple[str, str], Part]]:
    """The run and the parts, by student and lesson, in a results.jsonl. A line that cannot be read (cut short, say) is
    left out; of several of one part the last counts."""
    run, done = None, {}
    for line in path.read_bytes().split(b"\n"):
        try:
            row = json.loads(line)
            if row.pop("sum") != _sum(row):
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


def extra_files(folder: Path | None) -> list[Path]:
    """The instructor's own test files. Raises UsageError where there is none, or one is no Python."""
    if folder is None:
        return []
    found = sorted(path.resolve() for path in folder.rglob("*_test.py") if path.is_file())
    if not found:
        raise UsageError(f"--extra {folder}: there is no file called *_test.py in that folder")
    for path in found:
        try:
            ast.parse(path.read_text(encoding="utf-8"))
        except (SyntaxError, ValueError) as error:
            raise UsageError(f"--extra: {path.name} is not valid Python: {error}") from None
    return found


def beside_the_point(options: Options) -> list[str]:
    """What is said of extra tests whose exercises are not graded this time."""
    graded = {e.id for lesson in options.lessons for e in lesson.exercises}
    told = []
    for path in extra_files(options.extra):
        named = set(re.findall(r"""exercise\(\s*["'](\d\d\.\d+)["']""", path.read_text(encoding="utf-8")))
        if away := sorted(named - graded):
            told.append(f"--extra: {path.name} also has tests of {', '.join(away)}, which are not graded this time")
    return told


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


def handed_in(submission: Submission, lesson: Lesson) -> tuple[dict[str, bytes], dict[str, str]]:
    """A submission's files of one lesson, and what is wrong with the others of it: all that its part depends on."""
    names = [f"{lesson.name}/{file}" for file in stubs.files(lesson)]
    return tuple({n: all_of[n] for n in names if n in all_of} for all_of in (submission.files, submission.problems))


def digest(submission: Submission, lesson: Lesson, run: Run) -> str:
    """Of whatever decides about a part. One that is kept is not graded again while it is the same."""
    files, problems = handed_in(submission, lesson)
    made = hashlib.sha256(f"{run.version} {run.seed} {run.full} {run.tier} {lesson.name}".encode())
    for name, text in sorted(files.items()):
        made.update(f"{name} {len(text)}\0".encode() + text)
    for name, problem in sorted(problems.items()):
        made.update(f"{name}\0{problem}\0".encode())
    return made.hexdigest()[:16]


def _known(part: Part | None, wanted: str) -> bool:
    return part is not None and part.digest == wanted and part.earned is not None


# --- what is said and written --------------------------------------------------------------------------------------


def progress(part: Part, lesson: Lesson, done: int, total: int, left: float | None) -> str:
    """ "  57 of 400  ada   lesson 14: 21 of 40 points   about 2 min left"; `left`: seconds, None where unknown."""
    score = f"{part.earned} of {part.points} points" if part.earned is not None else results.GRADER_ERROR
    line = f"{done:>4} of {total}  {part.student:<28.28} lesson {lesson.number}: {score}"
    if done == total or left is None:
        return line
    return f"{line}   about {left / 60:.0f} min left" if left >= 90 else f"{line}   about {left:.0f} s left"


def read_gradebook(options: Options) -> str:
    """Raises UsageError where it is none: before hours of grading, not after."""
    try:
        text = options.gradebook.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        said = getattr(error, "strerror", None) or "it is not UTF-8"
        raise UsageError(f"--gradebook {options.gradebook} cannot be read ({said})") from None
    exports.canvas_gradebook(text, options.assignment, [])
    return text


def finish(options: Options, run: Run, found: list[StudentResult], gradebook: str, say: Callable[[str], None]) -> int:
    """Writes what is made from the results, says what there is to say, and gives the exit status."""
    try:
        exports.write_all(run, found, options.out)
        if options.gradebook:
            filled, unmatched = exports.canvas_gradebook(gradebook, options.assignment, found)
            write_text(options.out / "gradebook.csv", filled)
            for line in unmatched:
                say(f"note: {line}")
        if options.gradescope:
            write_text(options.gradescope, exports.gradescope_json(run, found[0]))
    except OSError as error:
        raise UsageError(
            f"all is graded, but {error.filename or options.out} cannot be written ({error.strerror}); make room and "
            "give the same command again: nothing is graded anew"
        ) from None
    if run.warning:
        say(f"WARNING: {run.warning}")
    failed = [r.student for r in found if r.earned is None]
    if failed:
        say(f"the grader itself failed for {len(failed)}: {', '.join(failed[:5])}; give the same command again")
    say(f"{len(found)} graded, seed {run.seed}; see {options.out / 'overview.html'}, and grades.csv beside it")
    return 1 if failed else 0
