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

It starts a few judges (`course.grading.judge`), each with its own sandbox, and hands out submissions. Each finished
one is appended to DIR/results.jsonl and on the disk before the next is begun: whatever ends this process loses none.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import fcntl
import hashlib
import json
import os
import queue
import secrets
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

from course import manifest, plain
from course.grading import exports, flags, intake, results, sandbox, similar, wire
from course.grading.intake import Submission
from course.grading.results import ExerciseResult, Run, StudentResult
from course.manifest import Lesson
from lab.errors import UsageError
from lab.files import write_text
from lab.switch import ROOT

PATIENCE = 1800.0  # seconds that a judge may take for a submission, besides those that its calls may take together
LOG = "results.jsonl"
REMARKS = 20  # about files that belong to nobody


class JudgeFault(Exception):
    """A judge ended, or said something that it never should."""


class NotStarted(JudgeFault):
    """A judge ended before it had seen any submission."""


class Stopped(Exception):
    """Somebody wants this to end; what was begun is not finished."""


class JudgeProcess:
    """A judge, as the command sees it."""

    running: ClassVar[set[JudgeProcess]] = set()

    def __init__(self, settings: dict[str, Any]):
        self.patience = PATIENCE + len(settings["lessons"]) * sandbox.WAIT[settings["full"]]
        self.control, theirs = socket.socketpair()
        self.log = tempfile.TemporaryFile()  # noqa: SIM115
        with theirs:
            command = [sys.executable, "-m", "course.grading.judge", str(theirs.fileno())]
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
            self.told(plain.encode(settings))
            ready = self.heard()
            problem, complaint = ready["problem"], ready["complaint"]
        except JudgeFault as error:
            problem, complaint = str(error), ""
        if problem or complaint:
            self.kill()
            raise UsageError(complaint) if complaint else NotStarted(problem)

    def grade(self, submission: Submission) -> list[ExerciseResult]:
        self.told(plain.encode({"files": submission.files, "problems": submission.problems}))
        return [ExerciseResult(**row) for row in self.heard()]

    def told(self, data: bytes) -> None:
        try:
            wire.send(self.control, data)
        except wire.Closed:
            raise JudgeFault(self.last_words()) from None

    def heard(self) -> Any:
        try:
            return plain.decode(wire.receive(self.control, wire.REQUEST_LIMIT, time.monotonic() + self.patience))
        except (wire.Closed, wire.TooLate, wire.TooLarge, plain.BadBytes):
            raise JudgeFault(self.last_words()) from None

    def last_words(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(5)
        with contextlib.suppress(OSError, ValueError):
            self.log.seek(0)
            lines = self.log.read()[-4000:].decode("utf-8", "replace").strip().splitlines()
            if lines:
                return lines[-1]
        status = self.process.poll()
        return f"the judge does not answer within {PATIENCE:.0f} s" if status is None else f"the judge ended ({status})"

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
    tier = sandbox.chosen_tier(options.unsafe)
    handed = intake.survey(options.folder, options.lessons)
    submissions = handed.submissions
    for remark in handed.remarks[:REMARKS]:
        say(f"note: {remark}")
    if more := handed.remarks[REMARKS:]:
        say(f"note: {len(more)} more that belong to nobody")
    if options.gradescope and len(submissions) != 1:
        raise UsageError(f"--gradescope is for one submission, and {options.folder} holds {len(submissions)}")
    if not submissions:
        raise UsageError(f"there is no submission in {options.folder}; it holds a folder or an archive per student")
    text = read_gradebook(options) if options.gradebook else ""
    compare50 = similar.tool() if options.similar else None
    with written_to(options.out):
        run, done = resumed(options, tier, say)
        log = Log(options.out / LOG, run)
        digests = {s.student: digest(s, run) for s in submissions}
        found = {s.student: done[s.student] for s in submissions if _known(done.get(s.student), digests[s.student])}
        for submission in submissions:
            if submission.student in found:
                _remarked(found[submission.student], submission)
        if found:
            say(f"{len(found)} of {len(submissions)} were graded before and are kept")
        try:
            if len(found) < len(submissions):
                _grade_rest(options, run, found, submissions, digests, log, say)
        finally:
            log.close()
        code = finish(options, run, [found[s.student] for s in submissions], text, say)
        if compare50:
            say(similar.write(submissions, options.lessons, options.out, compare50))
        return code


def _grade_rest(options: Options, run: Run, found: dict[str, StudentResult], submissions, digests, log, say) -> None:
    """Grades those who are not in `found` yet, and adds them."""
    with tempfile.TemporaryDirectory(prefix="grade-tree-") as folder:
        tree = Path(folder)
        extra = extra_files(options.extra)
        sandbox.make_tree(tree, options.lessons, extra)
        settings = {"tier": run.tier, "tree": str(tree), "seed": run.seed, "full": run.full, "lessons": run.lessons}
        settings["extra"] = [str(path) for path in extra]
        _hand_out(options, run, settings, found, submissions, digests, log, say)


def _hand_out(options: Options, run: Run, settings: dict[str, Any], found, submissions, digests, log, say) -> None:
    """To one thread for each judge, until nothing is left, or something is wrong that concerns all."""
    waiting: queue.SimpleQueue[Submission] = queue.SimpleQueue()
    rest = [s for s in submissions if s.student not in found]
    for submission in rest:
        waiting.put(submission)
    jobs = max(1, min(options.jobs or os.cpu_count() or 1, len(rest)))
    lock, started, faults = threading.Lock(), time.monotonic(), []
    over, ended = threading.Event(), []  # not Thread.join: a Ctrl-C makes it take a thread that runs for one that ended

    def work(number: int) -> None:
        judge = None
        try:
            while not faults:
                try:
                    submission = waiting.get_nowait()
                except queue.Empty:
                    break
                judge, result = _graded(submission, judge, {**settings, "number": number}, run, faults)
                result.digest = digests[submission.student]
                with lock:
                    log.append(result)
                    found[submission.student] = result
                    say(progress(result, len(found), len(submissions), len(rest), time.monotonic() - started))
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
    submission: Submission, judge: JudgeProcess | None, settings: dict[str, Any], run: Run, faults: list
) -> tuple[JudgeProcess | None, StudentResult]:
    """One submission, tried twice where it is our fault. The judge that is still well is given back. Raises Stopped
    once there is something in `faults`, and UsageError where no judge can be started: that concerns everybody."""
    started = time.monotonic()
    result = StudentResult(submission.student, results.GRADER_ERROR)
    problem = submission.fault
    for last in () if submission.fault else (False, True):
        try:
            if faults:
                raise Stopped
            judge = judge or JudgeProcess(settings)
            result.exercises = judge.grade(submission)
            result.status = results.GRADED if submission.files else results.NOT_GRADABLE
            break
        except (JudgeFault, TypeError, OSError) as error:
            if judge is not None:
                judge.kill()
            judge, problem = None, str(error)
            if faults:
                raise Stopped from None
            if last and isinstance(error, (NotStarted, OSError)):
                raise UsageError(f"no judge can be started: {problem}; what was graded is kept") from None
    if result.status == results.GRADER_ERROR:
        result.exercises = [ExerciseResult(i, p, None, results.GRADER_ERROR) for i, p in run.points.items()]
    _remarked(result, submission)
    if result.status == results.GRADER_ERROR:
        result.flags.append(f"the grader failed: {problem}")
    result.seconds = round(time.monotonic() - started, 2)
    return judge, result


def _remarked(result: StudentResult, submission: Submission) -> None:
    """What there is to say besides the points; said anew of a kept result, since it is about more than its files."""
    try:
        seen = flags.look(submission.files)
    except Exception as error:  # of whatever depth and form the code is, it must not end the grading of the others
        seen = [f"its files could not be looked at for flags ({type(error).__name__})"]
    result.notes, result.flags = list(submission.notes), [*submission.flags, *seen]


# --- what is remembered --------------------------------------------------------------------------------------------


class Log:
    """results.jsonl: the run, then a line for each submission. A line is on the disk before the next is begun.

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

    def append(self, result: StudentResult) -> None:
        self.write({"student": asdict(result)})

    def write(self, row: dict[str, Any]) -> None:
        self.put(json.dumps({**row, "sum": _sum(row)}, sort_keys=True).encode() + b"\n")

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


def resumed(options: Options, tier: str, say: Callable[[str], None]) -> tuple[Run, dict[str, StudentResult]]:
    """The run that DIR/results.jsonl belongs to and what it has, if it is this one; else a new run, and the old file is
    put aside."""
    run = new_run(options, tier)
    path = options.out / LOG
    if not path.exists():
        return run, {}
    old, done = read(path)
    same = old is not None and all(getattr(old, n) == getattr(run, n) for n in ("tier", "lessons", "full", "version"))
    if same and options.seed in (None, old.seed):
        return old, done
    number = 1
    while (aside := path.with_name(f"results-{number}.jsonl")).exists():
        number += 1
    path.rename(aside)
    say(f"note: {path} is of another run (seed, lessons, options or version of the course); it is {aside.name} now")
    if options.seed is None and old is not None and old.version == run.version:
        run.seed = old.seed
    return run, {}


def new_run(options: Options, tier: str) -> Run:
    exercises = [e for lesson in options.lessons for e in lesson.exercises]
    return Run(
        tier=tier,
        warning=sandbox.WARNING if tier == sandbox.UNSAFE else "",
        seed=secrets.randbelow(2**31) if options.seed is None else options.seed,
        lessons=[lesson.name for lesson in options.lessons],
        titles={e.id: e.object for e in exercises},
        full=options.full,
        version=version(options.extra),
        extra=len(extra_files(options.extra)),
        points={e.id: e.points for e in exercises},
        created=time.strftime("%Y-%m-%dT%H:%M:%S%z"),
    )


def read(path: Path) -> tuple[Run | None, dict[str, StudentResult]]:
    """The run and the results in a results.jsonl. A line that cannot be read (cut short, say) is left out."""
    run, done = None, {}
    for line in path.read_bytes().split(b"\n"):
        try:
            row = json.loads(line)
            if row.pop("sum") != _sum(row):
                continue
            if "run" in row:
                run = Run(**row["run"])
            elif "student" in row:
                made = StudentResult(**row["student"])
                made.exercises = [ExerciseResult(**e) for e in made.exercises]
                done[made.student] = made
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


def version(extra: Path | None = None, root: Path = ROOT) -> str:
    """A digest of whatever decides about a grade: tests, references, the given files and the grader."""
    folders = [root / name for name in ("course", "lab", "solutions", "tutorial")] + ([extra] if extra else [])
    paths = [p for f in folders for p in sorted(f.rglob("*")) if p.suffix in (".py", ".toml") and p.is_file()]
    learners = {lesson.folder / e.file for lesson in manifest.read_all(root) for e in lesson.exercises}
    made = hashlib.sha256((root / "requirements.txt").read_bytes())
    for path in paths:
        if path not in learners:
            made.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return made.hexdigest()[:16]


def digest(submission: Submission, run: Run) -> str:
    made = hashlib.sha256(f"{run.version} {run.seed} {run.full} {run.tier} {run.lessons}".encode())
    for name, text in sorted(submission.files.items()):
        made.update(f"{name} {len(text)}\0".encode() + text)
    for name, problem in sorted(submission.problems.items()):
        made.update(f"{name}\0{problem}\0".encode())
    return made.hexdigest()[:16]


def _known(result: StudentResult | None, wanted: str) -> bool:
    return result is not None and result.digest == wanted and result.earned is not None


# --- what is said and written --------------------------------------------------------------------------------------


def progress(result: StudentResult, done: int, total: int, begun: int, seconds: float) -> str:
    """ "  7 of 100  ada  41 of 60 points   about 2 min left"."""
    score = f"{result.earned} of {result.points} points" if result.earned is not None else result.status
    here = begun - (total - done)
    left = seconds / max(here, 1) * (total - done)
    rest = (
        "" if done == total else f"   about {left / 60:.0f} min left" if left >= 90 else f"   about {left:.0f} s left"
    )
    return f"{done:>4} of {total}  {result.student:<28.28} {score}{rest}"


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
