"""The judge: a pytest session that holds the tests and the reference and grades one submission after the other.

    python -m course.grading.judge FD

FD is the socket of the command that started it (`course.grading.grade`). The tests are collected once, with handles for
whatever they import from a lesson; each submission then gets its workers, one for each lesson.

A test is a function of what it is shown. So it is judged once for every sequence of answers: `Memory` knows what a test
asks next after the answers so far, and how it ended. Most of a class's answers are the same, to the last bit.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import os
import socket
import sys
import time
import traceback
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pytest
import torch
from _pytest.runner import runtestprotocol

from course import diagnosis, failure, manifest, plain, report, state, stubs
from course.diagnosis import Case
from course.grading import intake, remote, results, wire
from course.grading.remote import HandleFinder, RemoteObserver, Unanswered
from course.grading.results import ExerciseResult
from course.grading.sandbox import WAIT, Job, Slot, WorkerFault
from course.manifest import Exercise, Lesson
from course.observe import Observation
from lab import switch
from lab.switch import ROOT

CALL = 10.0  # seconds that one call may take; the slowest honest one takes a third of a second
TRAINS = 120.0  # the same in a test that trains
PROCESSOR = (120, 900)  # seconds of processor time that one lesson may take, without and with such tests
EXAMPLES = 8  # draws of a property, unless everything is run: new for each run, and the same for all submissions
LOOK = 5.0  # seconds of diagnosis: here it is to be decided, on however busy a machine
CANARY = [{"changed": [], "problem": None}, torch.tensor(1.0), {}]
UNWRITTEN = "not written yet: exercise "


class JudgeFault(Exception):
    """A test did what no test may do: the submission has nothing to do with it."""


@dataclass
class Verdict:
    """How a test ended."""

    passed: bool
    lines: list[str] = field(default_factory=list)  # the report, without the known mistake
    unwritten: bool = False
    first: int = 0  # which observations the report is about: the last example's
    matches: list[str | None] = field(default_factory=list)  # the messages that it awaited of their errors


@dataclass
class Record:
    """A test of one submission: what was asked, what was answered, what came of it."""

    item: pytest.Item
    asked: list[bytes] = field(default_factory=list)
    answered: list[bytes] = field(default_factory=list)
    history: bytes = b""
    verdict: Verdict | None = None
    trouble: Unanswered | None = None
    asked_last: bytes = b""  # what was not answered

    def add(self, asked: bytes, answered: bytes) -> None:
        self.asked.append(asked)
        self.answered.append(answered)
        self.history = hashlib.sha256(self.history + answered).digest()

    def log(self) -> list[Observation]:
        """What the report is about, with the reference's functions in the place of handles."""
        pairs = list(zip(self.asked, self.answered, strict=True))[self.verdict.first :]
        found = []
        for (asked, answered), match in zip(pairs, self.verdict.matches, strict=False):
            request = remote.request_in(asked)
            try:
                outcome: Any = remote.outcome(request, answered)
            except Exception as error:
                outcome = error
            found.append(Observation(remote.local(request), outcome, match))
        return found


class Memory:
    """(test, answers so far) -> what the test asks next, or how it ended."""

    def __init__(self):
        self.next: dict[tuple[str, bytes], bytes | Verdict] = {}

    def replay(self, record: Record, ask) -> None:
        """Goes on as far as is known; the record has a verdict then, or the test has to be run."""
        while isinstance(known := self.next.get((record.item.nodeid, record.history)), bytes):
            record.add(known, ask(known))
        record.verdict = known


class Judge:
    """The pytest plugin."""

    def __init__(self, control: socket.socket, settings: dict[str, Any]):
        self.control, self.settings = control, settings
        self.lessons = [manifest.find(name) for name in settings["lessons"]]
        self.memory, self.reasons = Memory(), {}
        self.cases: dict[str, Case] = {}
        self.call, self.wait = settings.get("call", CALL), settings.get("wait", WAIT[settings["full"]])
        self.look = settings.get("look", LOOK)
        self.slot = Slot(settings["tier"], Path(settings["tree"]), settings["number"])
        self.finder = HandleFinder()
        self.record: Record | None = None
        self.channel: socket.socket | None = None
        self.broken: list[str] = []
        self.fault: Exception | None = None  # our own, in the middle of a test: no verdict on anybody
        self.rest = 0.0  # seconds that the lesson's calls may still take together

    # --- pytest's hooks -----------------------------------------------------------------------------------------

    @pytest.fixture(scope="session")
    def observe(self):
        import torch

        torch.set_num_threads(1)
        self.observer = RemoteObserver(self.ask)
        return self.observer

    def pytest_configure(self, config: pytest.Config) -> None:
        config.option.tbstyle = "native"

    def pytest_sessionstart(self) -> None:
        self.finder.install()

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.broken.append(f"{report.nodeid}: {str(report.longrepr).strip().splitlines()[-1]}")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo):
        report = yield
        report.error = call.excinfo.value if call.excinfo else None
        return report

    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo) -> bool:
        traceback.print_exception(excinfo.value)
        return True

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.finder.remove()
        os.environ["SOLUTION"] = "1"
        diagnosis.SECONDS = self.look
        self.items: dict[str, list[pytest.Item]] = {}
        self.birds = [item for item in session.items if item.path.name == "canary_test.py"]
        for item in session.items:
            marker = item.get_closest_marker("exercise")
            if marker is not None and self.counts(item):
                self.items.setdefault(marker.args[0], []).append(item)
        if self.broken:
            raise RuntimeError(f"a test file of the course cannot be read: {self.broken[0]}")
        self.slot.open()
        try:
            self.serve()
        finally:
            self.slot.close()
        return True

    def counts(self, item: pytest.Item) -> bool:
        """Whether a test earns points here: one that trains only with --full, one for the desk never."""
        if item.get_closest_marker("desk"):
            return False
        return self.settings["full"] or not item.get_closest_marker("trains")

    # --- submissions ---------------------------------------------------------------------------------------------

    def serve(self) -> None:
        """Grades what the command sends until it closes the socket."""
        canaries = self.canaries()
        wire.send(self.control, plain.encode({"ready": True, "problem": canaries}))
        while True:
            try:
                asked = plain.decode(wire.receive(self.control, wire.REQUEST_LIMIT))
            except wire.Closed:
                return
            found = [e for lesson in self.lessons for e in self.grade(lesson, asked["files"], asked["problems"])]
            wire.send(self.control, plain.encode([asdict(e) for e in found]))

    def grade(self, lesson: Lesson, files: dict[str, bytes], problems: dict[str, str]) -> list[ExerciseResult]:
        """files: of the submission, by "lesson/file"; problems: why others of them cannot be graded."""
        own = {file: files.get(f"{lesson.name}/{file}") for file in stubs.files(lesson)}
        told = {file: problems.get(f"{lesson.name}/{file}", "") for file in own}
        troubles: dict[str, Unanswered] = {}
        self.answers: dict[bytes, tuple[str, bytes]] = {}
        self.rest = self.wait
        try:
            if any(text is not None for text in own.values()):
                troubles = self.begin(lesson, own)
            found = [self.exercise(lesson, e, own, told, troubles) for e in lesson.exercises]
        finally:
            self.stop()
        return found

    def begin(self, lesson: Lesson, own: dict[str, bytes | None]) -> dict[str, Unanswered]:
        """Starts a worker in which every file of the submission can be imported; stubs stand in for the others.

        Gives what went wrong, by file. A file that fails only because of another one is tried again without that."""
        troubles: dict[str, Unanswered] = {}
        waiting = [file for file, text in own.items() if text is not None]
        self.job = job_of(lesson, own, self.settings["full"])
        self.channel = None
        for file in waiting:
            module = f"{lesson.name}.{file.removesuffix('.py').replace('/', '.')}"
            error = self.imported(module)
            if error is None:
                continue
            guilty = _file_of(error, own) or file
            for bad in {guilty} if guilty not in troubles else {file}:
                troubles[bad] = error
                own[bad] = None
            self.stop()
            self.job = job_of(lesson, own, self.settings["full"])
            waiting.append(file) if own[file] is not None else None
        return troubles

    def imported(self, module: str) -> Unanswered | None:
        """None where the worker can import the module; else what happened."""
        try:
            request = wire.pack(plain.encode({"import": module}), b"")
            told = plain.decode(wire.unpack(self.ask_worker(request, self.call), 3)[0])
        except Unanswered as error:
            return error
        except ValueError:
            return Unanswered(results.DIED, "the answer cannot be read")
        error = remote.rebuilt_error(told)
        if error is None:
            return None
        trouble = Unanswered(results.NOT_GRADABLE, f"{type(error).__name__}: {error}")
        trouble.places = error.places
        return trouble

    # --- exercises -----------------------------------------------------------------------------------------------

    def exercise(
        self, lesson: Lesson, exercise: Exercise, own: dict, told: dict[str, str], troubles: dict[str, Unanswered]
    ) -> ExerciseResult:
        items = self.items.get(exercise.id, [])
        found = ExerciseResult(exercise.id, exercise.points, 0, results.FAILED, len(items))
        line = _line_of(own.get(exercise.file), exercise)
        if own.get(exercise.file) is None:
            trouble = troubles.get(exercise.file)
            found.status = trouble.status if trouble else results.NOT_GRADABLE
            why = str(trouble) if trouble else told[exercise.file]
            if why in ("", intake.MISSING):
                why = "the file was not handed in"
            found.report = [report.headline(exercise, exercise.file, None), f"  {'says':<9}{why}"]
            found.report += [f"  {'at':<9}{place}" for place in getattr(trouble, "places", [])]
            return found
        records = []
        for item in items:
            records.append(self.run(item, lesson, line))
            if records[-1].trouble is not None:
                break  # no points any more; the rest might hang, too
        failed = [r for r in records if r.verdict is None or not r.verdict.passed]
        found.passed = len(records) - len(failed)
        if not items:
            found.status, found.earned = results.GRADER_ERROR, None
            found.report = ["no test of the course looks at this exercise"]
        elif not failed and len(records) == len(items):
            found.status, found.earned = results.PASSED, exercise.points
        else:
            self.explain(lesson, exercise, found, records, failed, line)
        return found

    def explain(self, lesson: Lesson, exercise: Exercise, found: ExerciseResult, records, failed, line) -> None:
        """Fills in status, report and reason of an exercise that has not passed."""
        first = failed[0]
        if first.trouble is not None:
            found.status = first.trouble.status
            found.report = [report.headline(exercise, exercise.file, line)]
            if first.asked_last:
                found.report.append(f"  {'called':<9}{_called(first.asked_last)}")
            found.report += [f"  {'says':<9}{first.trouble}", f"  {'test':<9}{first.item.name}"]
            return
        if all(r.verdict.unwritten for r in failed):
            found.status = results.NOT_WRITTEN
            found.report = first.verdict.lines
            return
        first = next(r for r in failed if not r.verdict.unwritten)
        key = (exercise.id, first.item.nodeid, *(r.history for r in records))
        if key not in self.reasons:
            self.reasons[key] = self.reason(lesson, exercise, first, records)
        found.why = self.reasons[key]
        *lines, last = first.verdict.lines
        found.report = [report.headline(exercise, exercise.file, line), *lines[1:]]
        found.report += [*(failure.why_lines(found.why) if found.why else []), last]

    def reason(self, lesson: Lesson, exercise: Exercise, first: Record, records: list[Record]) -> str | None:
        """The known mistake, found as at a desk, except that nothing of the submission is run again."""
        if exercise.id not in self.cases:
            self.cases[exercise.id] = Case(lesson, exercise)
        case = self.cases[exercise.id]
        try:
            others = [r for r in records if r is not first and diagnosis.belongs(r.item, first.item)]
            case.elsewhere = [[(s, case.outcome(case.reference, s)) for s in _written(r)] for r in others]
            case.elsewhere = [further for further in case.elsewhere if further]
            case.nothing_more()
            return diagnosis.named(case, first.item, first.log(), time.monotonic() + self.look)
        except Exception:  # no reason is better than no grade
            return None

    # --- tests ---------------------------------------------------------------------------------------------------

    def run(self, item: pytest.Item, lesson: Lesson, line: int | None) -> Record:
        """One test, from memory as far as that goes."""
        self.record = record = Record(item)
        self.patience = TRAINS if item.get_closest_marker("trains") else self.call
        try:
            self.memory.replay(record, self.ask_of)
        except Unanswered as error:
            record.trouble = error
            return record
        if record.verdict is None:
            self.really_run(record, lesson, line)
        return record

    def really_run(self, record: Record, lesson: Lesson, line: int | None) -> None:
        self.played, self.known = 0, len(record.asked)
        self.observer_start()
        reports = runtestprotocol(record.item, log=False, nextitem=None)
        if self.fault is not None:
            raise self.fault
        if record.trouble is not None:
            return
        bad = next((r for r in reports if r.failed or r.skipped or hasattr(r, "wasxfail")), None)
        passed = bad is None and [r.when for r in reports if r.passed].count("call") == 1
        verdict = Verdict(passed)
        if not passed:
            error = getattr(bad, "error", None) or AssertionError("the test was not run")
            log = self.observer.log
            verdict.unwritten = isinstance(error, NotImplementedError) and str(error).startswith(UNWRITTEN)
            verdict.lines = (
                [str(error).splitlines()[0]]
                if verdict.unwritten
                else [
                    remote.clean(text, 1000)
                    for text in failure.lines(record.item, lesson.folder, error, log, None, line)
                ]
            )
        verdict.first = self.observer.examples
        verdict.matches = [seen.match for seen in self.observer.log]
        record.verdict = self.memory.next[record.item.nodeid, record.history] = verdict

    def observer_start(self) -> None:
        if hasattr(self, "observer"):
            self.observer.log.clear()
            self.observer.examples = 0

    def ask(self, request: bytes) -> bytes:
        """What the running test asks: known already up to where the memory ended, else the worker's answer."""
        record = self.record
        if self.fault or record.trouble:
            raise self.fault or record.trouble  # the test went on after all
        if self.played < self.known:
            if record.asked[self.played] != request:
                self.fault = JudgeFault(f"{record.item.nodeid} does not ask the same after the same answers")
                raise self.fault
            self.played += 1
            return record.answered[self.played - 1]
        self.memory.next[record.item.nodeid, record.history] = request
        answer = self.ask_of(request)
        record.add(request, answer)
        self.played = self.known = len(record.asked)
        return answer

    def ask_of(self, request: bytes) -> bytes:
        """The worker's answer; what another test of the same lesson has asked already is not asked again."""
        name, answer = self.answers.get(request, ("", b""))
        if name and name != self.record.item.nodeid:
            return answer
        try:
            answer = self.ask_worker(request, self.patience)
        except Unanswered as error:
            self.record.trouble = error
            self.record.asked_last = request
            raise
        except WorkerFault as error:
            self.fault = error
            raise
        self.answers.setdefault(request, (self.record.item.nodeid, answer))
        return answer

    # --- the worker ----------------------------------------------------------------------------------------------

    def ask_worker(self, request: bytes, seconds: float) -> bytes:
        """Raises Unanswered; the worker is gone then, and the next question gets a new one."""
        if self.channel is None:
            self.channel = self.slot.start(self.job)
        began = time.monotonic()
        deadline = began + min(seconds, self.rest)
        try:
            wire.send(self.channel, request, deadline)
            answer = wire.receive(self.channel, wire.ANSWER_LIMIT, deadline)
        except wire.TooLate:
            self.stop()
            if seconds > self.rest:
                text = f"the calls of this lesson took more than {self.wait:.0f} seconds together"
                raise Unanswered(results.TIMEOUT, text) from None
            raise Unanswered(results.TIMEOUT, f"no end after {seconds:.0f} seconds") from None
        except wire.TooLarge:
            self.stop()
            raise Unanswered(results.DIED, f"the answer is larger than {wire.ANSWER_LIMIT} bytes") from None
        except wire.Closed:
            raise Unanswered(results.DIED, _death(self.stop()["signal"])) from None
        finally:
            self.rest -= time.monotonic() - began
        return answer

    def stop(self) -> dict[str, Any]:
        if self.channel is None:
            return {"signal": 0, "peak": 0, "seconds": 0.0}
        self.channel.close()
        self.channel = None
        return self.slot.end()

    # --- the judge's own health ----------------------------------------------------------------------------------

    def canaries(self) -> str:
        """Runs tests that must fail, and one that must pass. Says which one did not; "" where all is well."""
        one = wire.pack(*map(plain.encode, CANARY))
        self.answers = {}
        self.ask_worker, real = lambda request, seconds: one, self.ask_worker
        try:
            for item in self.birds:
                record = Record(item)
                self.record, self.patience = record, self.call
                self.really_run(record, self.lessons[0], None)
                if record.verdict is None or record.verdict.passed != ("passes" in item.name):
                    print(*(record.verdict.lines if record.verdict else [record.trouble]), sep="\n")
                    return f"the canary {item.name} did not do what it must: the judge itself is broken"
        finally:
            self.ask_worker = real
            self.memory = Memory()
        return "" if self.birds else "the canaries are missing"


def job_of(lesson: Lesson, own: dict[str, bytes | None], full: bool) -> Job:
    """What the worker of one lesson holds: the submission's files (a stub for each that is missing), the lesson's
    given files and scenarios, and the references of earlier lessons."""
    files = {}
    place = f"tutorial/{lesson.folder.parent.name}/{lesson.name}"
    for path in lesson.solution.rglob("*.py"):
        name = path.relative_to(lesson.solution).as_posix()
        if name not in own and name not in ("mistakes.py", "variants.py"):
            files[f"{place}/{name}"] = path.read_bytes()
    for file, text in own.items():
        files[f"{place}/{file}"] = stubs.stub_of(lesson, file).encode() if text is None else text
    scenarios = lesson.folder / "testcases" / "scenarios.py"
    if scenarios.exists():
        files[f"{place}/testcases/scenarios.py"] = scenarios.read_bytes()
    earlier = [other for other in manifest.read_all(lesson.root) if other.number < lesson.number]
    for other in earlier:
        for path in other.solution.rglob("*.py"):
            if path.name not in ("mistakes.py", "variants.py"):
                files[path.relative_to(lesson.root).as_posix()] = path.read_bytes()
    return Job(files, ",".join(other.name for other in earlier) or "0", seconds=PROCESSOR[full])


def _file_of(error: Unanswered, own: dict[str, bytes | None]) -> str | None:
    """The submitted file in which an import failed: the last place that was told, if it is one of them."""
    for place in reversed(getattr(error, "places", [])):
        file = place.partition(":")[0]
        if own.get(file) is not None:
            return file
    return None


def _line_of(text: bytes | None, exercise: Exercise) -> int | None:
    with contextlib.suppress(SyntaxError, ValueError, StopIteration, RecursionError, MemoryError):
        return state.node_of(ast.parse(text or b""), exercise).lineno
    return None


def _written(record: Record) -> Iterator[Observation]:
    for seen in record.log() if record.verdict is not None else ():
        if not isinstance(seen.outcome, NotImplementedError):
            yield seen


def _called(request: bytes) -> str:
    from course.observe import describe

    return describe(remote.request_in(request))


def _death(number: int) -> str:
    reasons = {
        9: "killed, most likely for taking too much memory or processor time",
        6: "aborted",
        11: "a segmentation fault",
        24: "out of processor time",
        25: "a file grew too large",
    }
    reason = reasons.get(number, f"signal {number}" if number else "it left")
    return f"its process ended in the middle of the call: {reason}"


def main(arguments: list[str]) -> int:
    control = socket.socket(fileno=int(arguments[0]))
    settings = plain.decode(wire.receive(control, wire.REQUEST_LIMIT))
    os.environ["PROPERTY_SEED"] = str(settings["seed"])
    os.environ["PROPERTY_EXAMPLES"] = "" if settings["full"] else str(EXAMPLES)
    os.environ["SOLUTION"] = "1"
    switch.install()
    return int(session(Judge(control, settings), settings["extra"]) not in (0, 1, 5))


def session(judge: Judge, extra: list[str]) -> int:
    """Collects the tests of the judge's lessons, the canaries and the `extra` ones, and runs it. Gives pytest's
    status."""
    suites = [
        str(lesson.folder / "testcases" / f"{n}_test.py") for lesson in judge.lessons for n in ("basic", "advanced")
    ]
    suites += [str(Path(__file__).with_name("canary_test.py")), *extra]
    options = ["-p", "no:terminal", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:logging", "--noconftest"]
    options += ["-c", str(ROOT / "pyproject.toml"), "--rootdir", str(ROOT)]
    return pytest.main([*options, *suites], plugins=[judge])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
