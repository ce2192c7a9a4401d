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
import contextlib
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
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from course import manifest, plain
from course.grading import exports, flags, intake, results, sandbox, selftest, wire
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


class JudgeProcess:
    """A judge, as the command sees it."""

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
            )
        self.told(plain.encode(settings))
        ready = self.heard()
        if ready.get("problem"):
            self.close()
            raise JudgeFault(ready["problem"])

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
        except (wire.Closed, wire.TooLate, wire.TooLarge):
            raise JudgeFault(self.last_words()) from None

    def last_words(self) -> str:
        with contextlib.suppress(OSError, ValueError):
            self.process.wait(5) if self.process.poll() is None else None
        with contextlib.suppress(OSError, ValueError):
            self.log.seek(0)
            lines = self.log.read()[-4000:].decode("utf-8", "replace").strip().splitlines()
            if lines:
                return lines[-1]
        return f"the judge ended (status {self.process.poll()})"

    def close(self) -> None:
        self.control.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


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
    parser = argparse.ArgumentParser(prog="python -m course grade", add_help=False, exit_on_error=False)
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
    options = Options(lessons=[manifest.find(n) for n in chosen] if chosen else manifest.read_all(), **found)
    if options.seed is not None and not 0 <= options.seed < 2**31:
        raise UsageError(f"--seed {options.seed}: say a whole number from 0 to {2**31 - 1}")
    if not options.folder.exists():
        raise UsageError(f"there is no {options.folder}; name the folder (or the zip) of submissions")
    if (options.gradebook is None) != (not options.assignment):
        raise UsageError("--gradebook and --assignment go together: the file that Canvas exported, and its column")
    return options


def _usage(message: str) -> None:
    raise UsageError(f"{message}; it is `python -m course grade FOLDER`, and the README lists what else may be said")


def grade(options: Options, say: Callable[[str], None] = print) -> int:
    """Grades, or goes on where an earlier run with the same --out ended. 1 where our own fault kept a grade back."""
    tier = sandbox.chosen_tier(options.unsafe)
    handed = intake.survey(options.folder, options.lessons)
    submissions = handed.submissions
    for remark in handed.remarks[:REMARKS]:
        say(f"note: {remark}")
    if options.gradescope and len(submissions) != 1:
        raise UsageError(f"--gradescope is for one submission, and {options.folder} holds {len(submissions)}")
    if not submissions:
        raise UsageError(f"there is no submission in {options.folder}; it holds a folder or an archive per student")
    run, done = resumed(options, tier)
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="grade-tree-") as folder:
        tree = Path(folder)
        sandbox.make_tree(tree, options.lessons)
        if tier != sandbox.UNSAFE:
            selftest.prove(tree)
        found = _grade_all(options, run, done, submissions, tree, say)
    return finish(options, run, found, say)


def _grade_all(options: Options, run: Run, done, submissions, tree: Path, say) -> list[StudentResult]:
    """Everybody's result, in the order of the submissions; those that are known already are not graded again."""
    log = Log(options.out / LOG, run)
    digests = {s.student: digest(s, run) for s in submissions}
    found = {s.student: done[s.student] for s in submissions if _known(done.get(s.student), digests[s.student])}
    waiting: queue.SimpleQueue[Submission] = queue.SimpleQueue()
    rest = [s for s in submissions if s.student not in found]
    for submission in rest:
        waiting.put(submission)
    if found:
        say(f"{len(found)} of {len(submissions)} were graded before and are kept")
    jobs = max(1, min(options.jobs or os.cpu_count() or 1, len(rest)))
    settings = {"tier": run.tier, "tree": str(tree), "seed": run.seed, "full": run.full, "lessons": run.lessons}
    settings["extra"] = sorted(str(p.resolve()) for p in options.extra.rglob("*_test.py")) if options.extra else []
    lock, started, faults = threading.Lock(), time.monotonic(), []

    def work(number: int) -> None:
        judge = None
        try:
            while not faults:
                try:
                    submission = waiting.get_nowait()
                except queue.Empty:
                    break
                judge, result = _graded(submission, judge, {**settings, "number": number}, run)
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

    threads = [threading.Thread(target=work, args=(number,)) for number in range(jobs if rest else 0)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    except KeyboardInterrupt:
        faults.append(KeyboardInterrupt())
        for thread in threads:
            thread.join()
    finally:
        log.close()
    if faults:
        if isinstance(faults[0], OSError):
            raise UsageError(
                f"{options.out / LOG} cannot be written ({faults[0].strerror}); what was graded is kept: make room and "
                "give the same command again"
            )
        raise faults[0]
    return [found[s.student] for s in submissions]


def _graded(
    submission: Submission, judge: JudgeProcess | None, settings: dict[str, Any], run: Run
) -> tuple[JudgeProcess | None, StudentResult]:
    """One submission, tried twice where it is our fault. The judge that is still well is given back."""
    started = time.monotonic()
    status, exercises, problem = results.GRADER_ERROR, [], submission.fault
    for _ in range(0 if submission.fault else 2):
        try:
            judge = judge or JudgeProcess(settings)
            exercises = judge.grade(submission)
            status = results.GRADED if submission.files else results.NOT_GRADABLE
            break
        except (JudgeFault, plain.BadBytes, TypeError) as error:
            problem = str(error)
            if judge is not None:
                judge.process.kill()
                judge.close()
            judge = None
    result = StudentResult(submission.student, status, exercises, list(submission.notes))
    result.flags = [*submission.flags, *flags.look(submission.files)]
    if status == results.GRADER_ERROR:
        result.exercises = [ExerciseResult(i, p, None, results.GRADER_ERROR) for i, p in run.points.items()]
        result.flags.append(f"the grader failed: {problem}")
    result.seconds = round(time.monotonic() - started, 2)
    return judge, result


# --- what is remembered --------------------------------------------------------------------------------------------


class Log:
    """results.jsonl: the run, then a line for each submission. A line is on the disk before the next is begun."""

    def __init__(self, path: Path, run: Run):
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = not path.exists()
        self.file = path.open("ab")
        if fresh or path.stat().st_size == 0:
            self.write({"run": asdict(run)})

    def append(self, result: StudentResult) -> None:
        self.write({"student": asdict(result)})

    def write(self, row: dict[str, Any]) -> None:
        at = os.fstat(self.file.fileno()).st_size
        try:
            self.file.write(json.dumps(row, ensure_ascii=False, sort_keys=True).encode("utf-8", "replace") + b"\n")
            self.file.flush()
            os.fsync(self.file.fileno())
        except OSError:
            with contextlib.suppress(OSError):
                os.truncate(self.file.fileno(), at)  # no half of a line
            raise

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.file.close()


def resumed(options: Options, tier: str) -> tuple[Run, dict[str, StudentResult]]:
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
        points={e.id: e.points for e in exercises},
        created=time.strftime("%Y-%m-%dT%H:%M:%S%z"),
    )


def read(path: Path) -> tuple[Run | None, dict[str, StudentResult]]:
    """The run and the results in a results.jsonl. A line that cannot be read (cut short, say) is left out."""
    run, done = None, {}
    for line in path.read_bytes().split(b"\n"):
        try:
            row = json.loads(line)
            if "run" in row:
                run = Run(**row["run"])
            elif "student" in row:
                made = StudentResult(**row["student"])
                made.exercises = [ExerciseResult(**e) for e in made.exercises]
                done[made.student] = made
        except (ValueError, TypeError):
            continue
    return run, done


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
    return result is not None and result.digest == wanted and result.status != results.GRADER_ERROR


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


def finish(options: Options, run: Run, found: list[StudentResult], say: Callable[[str], None]) -> int:
    exports.write_all(run, found, options.out)
    if options.gradebook:
        text = options.gradebook.read_text(encoding="utf-8-sig")
        filled, unmatched = exports.canvas_gradebook(text, options.assignment, found)
        write_text(options.out / "gradebook.csv", filled)
        for line in unmatched:
            say(f"note: {line}")
    if options.gradescope:
        write_text(options.gradescope, exports.gradescope_json(run, found[0]))
    if run.warning:
        say(run.warning)
    failed = [r.student for r in found if r.earned is None]
    if failed:
        say(f"the grader itself failed for {len(failed)}: {', '.join(failed[:5])}; give the same command again")
    say(f"{len(found)} graded, seed {run.seed}; see {options.out / 'overview.html'}, and grades.csv beside it")
    return 1 if failed else 0
