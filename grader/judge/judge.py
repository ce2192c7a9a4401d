"""The judge: a pytest session that holds the tests and the reference and grades one lesson of a submission at a time.

    python -m grader.judge.judge FD

FD is the socket of the command that started it (`grader.grade`). The tests are collected once, with handles for
whatever they import from a lesson; each lesson of each submission then gets a worker.

A test is a function of what it is shown. So it is judged once for every sequence of answers: `Memory` knows what a test
asks next after the answers so far, and how it ended. Most of a class's answers are the same, to the last bit.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import gc
import hashlib
import os
import socket
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from _pytest.runner import runtestprotocol

from course.authoring import stubs
from course.base import manifest, not_written, switch, time_limit
from course.base.manifest import Exercise, Lesson
from course.base.switch import ROOT
from course.desk import exercise_code
from course.diagnosis import known_mistakes
from course.diagnosis.known_mistakes import Case
from course.observe import codec, make_report
from course.observe.format_call import describe_call
from course.observe.observer import Observation
from course.observe.report import ObservationFailed, Reason, Report, render
from grader import results
from grader.intake import submission
from grader.judge import follow_on_failures, remote_observer, without_pytest
from grader.judge.remote_observer import HandleFinder, RemoteObserver, Unanswered
from grader.results import EXAMPLES, ExerciseResult
from grader.sandbox import confinement, frames, precompiled, selftest
from grader.sandbox.walls import UNSAFE, WAIT, Job, Slot, WorkerFault

CALL = 10.0  # seconds that one call may take; the slowest honest one takes a third of a second
TRAINS = 120.0  # the same in a test that trains
# Seconds that this process itself may take over what one test is shown, and over a whole lesson of a submission: a
# thousand times what it takes over honest answers. And bytes that it may take besides.
OWN, OWN_LESSON, OWN_MEMORY = (20.0, 120.0), (120.0, 600.0), 2 * 2**30
ANSWERS = 48 * 2**20  # bytes of all answers of a lesson together; honest ones take under 6 MiB
PROCESSOR = (120, 900)  # seconds of processor time that one lesson may take, without and with such tests
LOOK = 5.0  # seconds of diagnosis: here it is to be decided, on however busy a machine
SPEAKERS = 5  # failed tests that are asked for the mistake behind them, one after the other
CANARY = [{"changed": [], "problem": None}, torch.tensor(1.0), {}]
FURTHER = "a further test of the instructor's does not pass"


JUDGE = pytest.StashKey["Judge"]()


class JudgeFault(Exception):
    """A test did what no test may do: the submission has nothing to do with it."""


@dataclass
class Verdict:
    """How a test ended."""

    passed: bool
    report: Report | None = None  # without the known mistake
    not_written: str = ""  # the exercise whose stub the test ended in
    ours: str = ""  # why it did not pass, where no answer is to blame: no points are lost by that
    first: int = 0  # which observations the report is about: the last example's
    matches: list[str | None] = field(default_factory=list)  # the messages that it awaited of their errors


@dataclass
class Ended:
    """How the run of a test ended."""

    error: BaseException | None  # None: it passed
    run: bool = True  # not skipped, nor expected to fail
    in_call: bool = True  # not before or after the test itself


@dataclass
class Record:
    """A test of one submission: what was asked, what was answered, what came of it.

    `test` says which test it is. Outside the course's folder, pytest's own ids of two files may be the same."""

    item: pytest.Item
    test: str
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
            request = remote_observer.request_in(asked)
            try:
                outcome: Any = remote_observer.outcome(request, answered)
            except Exception as error:
                outcome = error
            found.append(Observation(remote_observer.local(request), outcome, match))
        return found


class Memory:
    """(test, answers so far) -> what the test asks next, or how it ended."""

    def __init__(self):
        self.next: dict[tuple[str, bytes], bytes | Verdict] = {}

    def replay(self, record: Record, ask) -> None:
        """Goes on as far as is known; the record has a verdict then, or the test has to be run."""
        while isinstance(known := self.next.get((record.test, record.history)), bytes):
            record.add(known, ask(known))
        record.verdict = known


class Judge:
    """The pytest plugin."""

    def __init__(self, control: socket.socket, settings: dict[str, Any]):
        self.control, self.settings = control, settings
        self.lessons = [manifest.find(name) for name in settings["lessons"]]
        self.memory, self.reasons = Memory(), {}
        self.graded: dict[bytes, list[ExerciseResult]] = {}
        self.cases: dict[str, Case] = {}
        self.lasts = False  # the process is this judge's alone
        self.settled: set[str] = set()  # lessons graded before
        self.call, self.wait = settings.get("call", CALL), settings.get("wait", WAIT[settings["full"]])
        self.look, self.own = settings.get("look", LOOK), settings.get("own", OWN[settings["full"]])
        self.slot = Slot(settings["tier"], Path(settings["tree"]), settings["number"])
        self.finder = HandleFinder()
        self.record: Record | None = None
        self.channel: socket.socket | None = None
        self.broken: list[tuple[Path, str]] = []  # test files, and what is wrong with them
        self.fault: Exception | None = None  # our own, in the middle of a test: no verdict on anybody
        self.rest = 0.0  # seconds that the lesson's calls may still take together
        self.own_rest, self.heard = OWN_LESSON[settings["full"]], 0  # and this process itself; bytes of its answers

    # --- pytest's hooks -----------------------------------------------------------------------------------------

    @pytest.fixture(scope="session")
    @staticmethod  # a fixture of the session cannot be an instance's method
    def observe(request: pytest.FixtureRequest) -> RemoteObserver:
        judge = request.config.stash[JUDGE]
        judge.observer = RemoteObserver(judge.ask)
        return judge.observer

    def pytest_configure(self, config: pytest.Config) -> None:
        config.option.tbstyle = "native"
        config.stash[JUDGE] = self

    def pytest_sessionstart(self) -> None:
        self.finder.install()

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector: pytest.Collector):
        report = yield
        if report.failed:
            said = str(report.longrepr).strip().splitlines()[-1].removeprefix("E").strip()
            self.broken.append((collector.path, f"{collector.path.name}: {said}"))
        return report

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
        torch.set_num_threads(1)
        os.environ["SOLUTION"] = "1"
        known_mistakes.SECONDS = self.look
        self.items: dict[str, list[pytest.Item]] = {}
        self.further: dict[str, list[pytest.Item]] = {}  # the instructor's own
        self.birds = [item for item in session.items if item.path.name == "canary_test.py"]
        for item in session.items:
            item.repr_failure = _nothing  # pytest's own text of a failure takes milliseconds, and nobody reads it
            marker = item.get_closest_marker("exercise")
            if marker is not None and self.counts(item):
                items = self.further if str(item.path) in self.settings["extra"] else self.items
                items.setdefault(marker.args[0], []).append(item)
        self.complaint = self.complaint_about(session.items)
        if self.broken and not self.complaint:
            raise RuntimeError(f"a test file of the course cannot be read: {self.broken[0][1]}")
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
        """Grades what the command sends, a lesson of a submission at a time, until it closes the socket."""
        problem, complaint = self.checked()
        frames.send(self.control, frames.packed({"ready": True, "problem": problem, "complaint": complaint}))
        if problem or complaint:
            return
        lessons = {lesson.name: lesson for lesson in self.lessons}
        while True:
            try:
                asked = frames.unpacked(frames.receive(self.control, frames.REQUEST_LIMIT))
            except frames.Closed:
                return
            found = self.once(lessons[asked["lesson"]], asked["files"], asked["problems"])
            frames.send(self.control, frames.packed([asdict(e) for e in found]))

    def checked(self) -> tuple[str, str]:
        """Starts the sandbox and looks at everything before anything is graded: what is wrong with this judge, in whose
        place another may do better, and what is wrong for all."""
        if self.complaint:
            return "", self.complaint
        try:
            self.slot.open()
            broken = selftest.prove(self.slot) if self.slot.tier != UNSAFE else ""
        except WorkerFault as error:
            problem = (
                f"the sandbox cannot be started here ({error}); grade on a machine where bubblewrap works, or, only if "
                "you trust every submission with everything on this one: --unsafe"
            )
            return problem, ""
        if broken:
            return "", broken
        canaries = self.canaries()
        return canaries, "" if canaries else self.rehearsed()

    def once(self, lesson: Lesson, files: dict[str, bytes], problems: dict[str, str]) -> list[ExerciseResult]:
        """What was handed in before for this lesson, to the last byte, is not graded again: untouched stubs, mostly."""
        names = [f"{lesson.name}/{file}" for file in stubs.files(lesson)]
        made = hashlib.sha256(codec.encode([lesson.name, *((files.get(n), problems.get(n)) for n in names)])).digest()
        if made not in self.graded:
            self.graded[made] = self.grade(lesson, files, problems)
        return self.graded[made]

    def grade(self, lesson: Lesson, files: dict[str, bytes], problems: dict[str, str]) -> list[ExerciseResult]:
        """files: of the submission, by "lesson/file"; problems: why others of them cannot be graded."""
        own = {file: files.get(f"{lesson.name}/{file}") for file in stubs.files(lesson)}
        told = {file: problems.get(f"{lesson.name}/{file}", "") for file in own}
        troubles: dict[str, Unanswered] = {}
        self.answers: dict[bytes, tuple[str, bytes]] = {}
        self.rest, self.own_rest, self.heard = self.wait, OWN_LESSON[self.settings["full"]], 0
        try:
            if any(text is not None for text in own.values()):
                troubles = self.begin(lesson, own)
            self.files = own
            self.aside = {file for file, text in own.items() if text is None}  # stubs stand in their place
            self.records: dict[str, list[Record]] = {}
            self.recognised: list[tuple[Exercise, Candidate]] = []
            self.following: set[str] = set()  # exercises that fail because of another's mistake
            found = [self.exercise(lesson, e, own, told, troubles) for e in lesson.exercises]
            # Last of all: what a submission learns from these calls can get into no report any more.
            for exercise, result in zip(lesson.exercises, found, strict=True):
                if result.status == results.PASSED:
                    self.look_further(lesson, exercise, result, own[exercise.file])
        finally:
            self.stop()
        self.blame(lesson, found)
        if self.lasts and lesson.name not in self.settled:
            self.settled.add(lesson.name)
            gc.collect()
            gc.freeze()  # all that is loaded by now stays; to look through it again and again takes a tenth of the time
        return found

    def blame(self, lesson: Lesson, found: list[ExerciseResult]) -> None:
        """Says of failures without a mistake of their own whose consequence they are."""
        for result in found:
            if result.status != results.FAILED or result.why or result.id in self.following:
                continue
            failed = [r for r in self.records[result.id] if r.verdict is not None and not r.verdict.passed]
            if cause := self.cause(lesson, result.id, failed):
                result.follows = cause.exercise
                result.report.next, result.report.why = cause

    def cause(self, lesson: Lesson, number: str, failed: list[Record]) -> Reason | None:
        """Which of the recognised mistakes of other exercises explains all that these tests of one observed."""
        key = (number, *(r.history for r in failed), *(c.attempt.says for _, c in self.recognised))
        if key not in self.reasons:
            log = [seen for record in failed for seen in record.log()] if self.recognised else []
            self.reasons[key] = _looked(follow_on_failures.cause_of, lesson, log, self.recognised)
        return self.reasons[key]

    def begin(self, lesson: Lesson, own: dict[str, bytes | None]) -> dict[str, Unanswered]:
        """Starts a worker in which every file of the submission can be imported; stubs stand in for the others.

        Gives what went wrong, by file. Where several cannot be imported, one may fail only because of another: all of
        them are put aside, and each is tried again with stubs in the place of those that are still aside."""
        troubles: dict[str, Unanswered] = {}
        self.job = job_of(lesson, own, self.settings["full"])
        self.channel = None
        for file in [file for file, text in own.items() if text is not None]:
            if (error := self.imported(lesson, file)) is not None:
                troubles[file] = error
                self.stop()  # what is left of the attempt is no place to try the next in
        given = {file: own[file] for file in troubles}
        own.update(dict.fromkeys(troubles))
        for file in given if len(given) > 1 else ():
            own[file] = given[file]
            self.stop()
            self.job = job_of(lesson, own, self.settings["full"])
            if self.imported(lesson, file) is None:
                del troubles[file]
            else:
                own[file] = None
        if given:
            self.stop()
            self.job = job_of(lesson, own, self.settings["full"])
        return troubles

    def imported(self, lesson: Lesson, file: str) -> Unanswered | None:
        """None where the worker can import the file; else what happened."""
        module = f"{lesson.name}.{file.removesuffix('.py').replace('/', '.')}"
        try:
            request = frames.pack(codec.encode({"import": module}), b"")
            told = codec.decode(frames.unpack(self.ask_worker(request, self.call), 3)[0])
        except Unanswered as error:
            return error
        except ValueError:
            return Unanswered(results.DIED, "the answer cannot be read")
        error = remote_observer.rebuilt_error(told)
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
        if own.get(exercise.file) is None:
            trouble = troubles.get(exercise.file)
            found.status = trouble.status if trouble else results.NOT_GRADABLE
            why = str(trouble) if trouble else told[exercise.file]
            if found.status in (results.TIMEOUT, results.DIED):
                why = f"while the file was imported: {why}"
            if why in ("", submission.MISSING):
                why = "the file was not handed in"
            places = getattr(trouble, "places", [])
            found.report = replace(make_report.of_exercise(exercise), message=why, places=places)
            return found
        records = self.records[exercise.id] = []
        for item in items:
            records.append(self.run(item, lesson))
            if records[-1].trouble is not None:
                break  # no points any more; the rest might hang, too
        failed = [r for r in records if r.verdict is None or not r.verdict.passed]
        found.passed = len(records) - len(failed)
        ours = [r.verdict.ours for r in failed if r.verdict is not None and r.verdict.ours]
        if not items or (ours and len(ours) == len(failed)):
            found.status, found.earned = results.GRADER_ERROR, None
            found.report = Report(message=ours[0] if ours else "no test of the course looks at this exercise")
        elif not failed and len(records) == len(items):
            found.status, found.earned = results.PASSED, exercise.points
        else:
            self.explain(lesson, exercise, found, records, failed, own[exercise.file])
        return found

    def look_further(self, lesson: Lesson, exercise: Exercise, found: ExerciseResult, text: bytes) -> None:
        """The instructor's own tests of an exercise that passes all of the course's. Of one that fails nothing is
        told, neither its name nor its calls, nor a mistake that they point to."""
        for item in self.further.get(exercise.id, []):
            record = self.run(item, lesson)
            if record.verdict is not None and record.verdict.passed:
                continue
            found.extra.append(name_of(item))
            if record.verdict is not None and record.verdict.ours:
                found.status, found.earned = results.GRADER_ERROR, None
                found.report = Report(message=record.verdict.ours)
                break
            if not found.report:  # always the same, however it failed: a submission could tell by it what it was asked
                found.status, found.earned = results.FAILED, 0
                found.report = make_report.of_exercise(exercise, _line_of(text, exercise))
                found.report.message, found.report.next = FURTHER, exercise.id
            if record.trouble is not None:
                break

    def explain(self, lesson: Lesson, exercise: Exercise, found: ExerciseResult, records, failed, text: bytes) -> None:
        """Fills in status, report and reason of an exercise that has not passed. `text`: of its file."""
        line = _line_of(text, exercise)
        failed = [r for r in failed if r.verdict is None or not r.verdict.ours]
        wrong = [r for r in failed if r.verdict is not None and not r.verdict.not_written]
        last = failed[-1]  # after a trouble no test was run any more
        if last.trouble is not None and not wrong:
            found.status = last.trouble.status
            found.report = make_report.of_exercise(exercise, line)
            if last.asked_last:
                found.report.call = describe_call(remote_observer.request_in(last.asked_last))
            found.report.message = str(last.trouble)
            found.report.test = f"{last.item.path.name}  {last.item.name}"
            return
        if not wrong:
            self.explain_unwritten(lesson, exercise, found, failed, text)
            return
        number, says, cause = 0, None, self.cause(lesson, exercise.id, [r for r in failed if r.verdict is not None])
        if cause:  # first, since it is quick: all of the exercise's own known mistakes would be tried in vain
            self.following.add(exercise.id)
            found.follows, says = cause
        else:
            key = (exercise.id, wrong[0].item.nodeid, *(r.history for r in records))
            if key not in self.reasons:
                self.reasons[key] = _looked(self.reason, lesson, exercise, wrong[:SPEAKERS], records) or (0, None)
            number, says = self.reasons[key]
            found.why = says
            if says:
                known = self.cases[exercise.id].candidates
                self.recognised += [(exercise, c) for c in known if c.attempt.says == says]
        first = wrong[number]  # the one that tells the mistake from others, as at a desk one of the reports does
        where = make_report.of_exercise(exercise, line).where
        found.report = replace(first.verdict.report, where=where, why=says or "", next=found.follows or exercise.id)

    def explain_unwritten(
        self, lesson: Lesson, exercise: Exercise, found: ExerciseResult, failed: list[Record], text: bytes
    ) -> None:
        """Its tests end in a stub: its own, or that of another exercise that it calls."""
        other = next((e for e in lesson.exercises if e.id == failed[0].verdict.not_written), exercise)
        missing = other.file in self.aside or _has_stub(self.files[other.file] or b"", other)
        if other is exercise or _has_stub(text, exercise) or not missing:
            found.status, found.report = results.NOT_WRITTEN, make_report.of_exercise(exercise)
            return
        found.status, found.follows = results.BLOCKED, other.id
        why = "could not be graded" if other.file in self.aside else "is not written"
        found.report = make_report.of_exercise(exercise)
        found.report.message = (
            f"it calls {other.object} (exercise {other.id}), which {why}: there is nothing to test this one with"
        )

    def reason(
        self, lesson: Lesson, exercise: Exercise, wrong: list[Record], records: list[Record]
    ) -> tuple[int, str] | None:
        """The known mistake, and in which of the failed tests it is found: as at a desk, except that nothing of the
        submission is run again."""
        if exercise.id not in self.cases:
            self.cases[exercise.id] = Case(lesson, exercise)
        case = self.cases[exercise.id]
        deadline = time.monotonic() + self.look
        for number, one in enumerate(wrong):
            others = [r for r in records if r is not one and known_mistakes.belongs(r.item, one.item)]
            case.others_are(record.log() for record in others if record.verdict is not None)
            if why := known_mistakes.named(case, one.item, one.log(), deadline):
                return number, why
        return None

    # --- tests ---------------------------------------------------------------------------------------------------

    def run(self, item: pytest.Item, lesson: Lesson) -> Record:
        """One test, from memory as far as that goes."""
        self.record = record = _new_record(item)
        self.patience = TRAINS if _trains(item) else self.call
        try:
            self.memory.replay(record, self.ask_of)
        except Unanswered as error:
            record.trouble = error
            return record
        if record.verdict is None:
            self.really_run(record, lesson)
        return record

    def really_run(self, record: Record, lesson: Lesson) -> None:
        started, limit = time.process_time(), min(self.own, self.own_rest)
        try:
            with time_limit.own_work(limit):
                ended = self.ended(record)
        except time_limit.TooLate:
            ended = Ended(time_limit.TooLate())
        self.own_rest -= time.process_time() - started
        if isinstance(ended.error, time_limit.TooLate) and self.fault is None and record.trouble is None:
            record.trouble = Unanswered(results.TIMEOUT, "to look at what it has answered took too long")
            self.stop()  # it may have been broken off between a question and its answer
        if self.fault is not None:
            raise self.fault
        if record.trouble is not None:
            return
        error = ended.error
        verdict = Verdict(error is None)
        if error is not None:
            verdict.ours = _ours(record.item, ended)
            if isinstance(error, NotImplementedError):
                verdict.not_written = not_written.exercise_in(str(error)) or ""
            verdict.report = _clean(make_report.of_failed_test(record.item, lesson.folder, error, self.observer.log))
        verdict.first = self.observer.examples
        verdict.matches = [seen.match for seen in self.observer.log]
        record.verdict = self.memory.next[record.test, record.history] = verdict

    def ended(self, record: Record) -> Ended:
        """Runs the test's function alone; where that does not tell, pytest, which is answered the same."""
        self.start_over(record)
        if str(record.item.path) not in self.settings["extra"]:
            with contextlib.suppress(without_pytest.InFull):
                return Ended(without_pytest.run(record.item, self.observer))
        if self.fault is not None or record.trouble is not None:
            return Ended(self.fault or record.trouble)
        self.start_over(record)
        reports = runtestprotocol(record.item, log=False, nextitem=None)
        bad = next((r for r in reports if r.failed or r.skipped or hasattr(r, "wasxfail")), None)
        if bad is None and [r.when for r in reports if r.passed].count("call") == 1:
            return Ended(None)
        error = getattr(bad, "error", None) or AssertionError("the test was not run")
        if bad is None or bad.skipped or hasattr(bad, "wasxfail"):
            return Ended(error, run=False)
        return Ended(error, in_call=bad.when == "call")

    def start_over(self, record: Record) -> None:
        self.played, self.known = 0, len(record.asked)
        self.observer = RemoteObserver(self.ask)

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
        self.memory.next[record.test, record.history] = request
        answer = self.ask_of(request)
        record.add(request, answer)
        self.played = self.known = len(record.asked)
        return answer

    def ask_of(self, request: bytes) -> bytes:
        """The worker's answer; what another test of the same lesson has asked already is not asked again."""
        name, answer = self.answers.get(request, ("", b""))
        if name and name != self.record.test:
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
        self.heard += len(answer)
        if self.heard > ANSWERS:
            self.record.trouble = Unanswered(
                results.DIED, f"the answers of this lesson are larger than {ANSWERS} bytes"
            )
            self.record.asked_last = request
            raise self.record.trouble
        self.answers.setdefault(request, (self.record.test, answer))
        return answer

    # --- the worker ----------------------------------------------------------------------------------------------

    def ask_worker(self, request: bytes, seconds: float) -> bytes:
        """Raises Unanswered; the worker is gone then, and the next question gets a new one."""
        if self.channel is None:
            with time_limit.quiet():
                self.channel = self.slot.start(self.job)
        began = time.monotonic()
        deadline = began + min(seconds, self.rest)
        try:
            with time_limit.quiet():
                frames.send(self.channel, request, deadline)
                answer = frames.receive(self.channel, frames.ANSWER_LIMIT, deadline)
        except frames.TooLate:
            self.stop()
            if seconds > self.rest:
                text = f"the calls of this lesson took more than {self.wait:.0f} seconds together"
                raise Unanswered(results.TIMEOUT, text) from None
            raise Unanswered(results.TIMEOUT, f"no end after {seconds:.0f} seconds") from None
        except frames.TooLarge:
            self.stop()
            raise Unanswered(results.DIED, f"the answer is larger than {frames.ANSWER_LIMIT} bytes") from None
        except frames.Closed:
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

    # --- the instructor's own tests ------------------------------------------------------------------------------

    def complaint_about(self, items: list[pytest.Item]) -> str:
        """What is wrong with the instructor's own tests, before they are run. "" where nothing is."""
        known = {e.id for lesson in manifest.read_all() for e in lesson.exercises}
        for path, text in self.broken:
            if str(path) in self.settings["extra"]:
                return f"--extra: {text}"
        for item in items:
            marker, name = item.get_closest_marker("exercise"), name_of(item)
            if str(item.path) not in self.settings["extra"]:
                continue
            if marker is None or not marker.args:
                return f'--extra: {name} says of no exercise that it is its test: @pytest.mark.exercise("13.2")'
            if marker.args[0] not in known:
                return f"--extra: {name} is marked as a test of exercise {marker.args[0]!r}, which there is not"
        return ""

    def rehearsed(self) -> str:
        """The same, with the reference in the place of a submission: a test that it fails is no student's fault."""
        for lesson in self.lessons:
            items = [item for e in lesson.exercises for item in self.further.get(e.id, [])]
            own = {file: (lesson.solution / file).read_bytes() for file in stubs.files(lesson)}
            self.job, self.channel, self.answers = job_of(lesson, own, self.settings["full"]), None, {}
            self.rest, self.own_rest, self.heard = self.wait, OWN_LESSON[self.settings["full"]], 0
            try:
                for item in items:
                    record = self.run(item, lesson)
                    if record.verdict is None or not record.verdict.passed:
                        why = str(record.trouble)
                        if record.verdict is not None:
                            body = render(replace(record.verdict.report, where="", next=""))
                            why = "; ".join(" ".join(part.split()) for part in body)
                        return f"--extra: the reference itself fails {name_of(item)}: {why}"
            finally:
                self.stop()
        return ""

    # --- the judge's own health ----------------------------------------------------------------------------------

    def canaries(self) -> str:
        """Runs tests that must fail, and one that must pass. Says which one did not; "" where all is well."""
        one = frames.pack(*map(codec.encode, CANARY))
        self.answers = {}
        self.ask_worker, real = lambda request, seconds: one, self.ask_worker
        try:
            for item in self.birds:
                record = _new_record(item)
                self.record, self.patience = record, self.call
                self.really_run(record, self.lessons[0])
                if record.verdict is None or record.verdict.passed != ("passes" in item.name):
                    print(record.verdict or record.trouble)
                    return f"the canary {item.name} did not do what it must: the judge itself is broken"
        finally:
            self.ask_worker = real
            self.memory = Memory()
        return "" if self.birds else "the canaries are missing"


@functools.cache
def _test(item: pytest.Item) -> str:
    return f"{item.path} {item.nodeid}"


def _new_record(item: pytest.Item) -> Record:
    return Record(item, _test(item))


@functools.cache
def _trains(item: pytest.Item) -> bool:
    return item.get_closest_marker("trains") is not None


def job_of(lesson: Lesson, own: dict[str, bytes | None], full: bool) -> Job:
    """What the worker of one lesson holds: the submission's files (a stub for each that is missing), the lesson's
    given files and scenarios, and the references of earlier lessons."""
    place = f"tutorial/{lesson.folder.parent.name}/{lesson.name}"
    files, earlier = _given(lesson.folder)
    files = {name: text for name, text in files.items() if name.removeprefix(f"{place}/") not in own}
    files |= precompiled.beside(files)
    for file, text in own.items():
        files[f"{place}/{file}"] = stubs.stub_of(lesson, file).encode() if text is None else text
    return Job(files, earlier, seconds=PROCESSOR[full])


@functools.cache
def _given(folder: Path) -> tuple[dict[str, bytes], str]:
    """What the worker of a lesson holds besides a submission's files, and the lessons that come before it."""
    lesson = manifest.read(folder)
    place = f"tutorial/{folder.parent.name}/{lesson.name}"
    files = {}
    for path in lesson.reference_files():
        files[f"{place}/{path.relative_to(lesson.solution).as_posix()}"] = path.read_bytes()
    scenarios = folder / "testcases" / "scenarios.py"
    if scenarios.exists():
        files[f"{place}/testcases/scenarios.py"] = scenarios.read_bytes()
    earlier = [other for other in manifest.read_all(lesson.root) if other.number < lesson.number]
    for other in earlier:
        for path in other.reference_files():
            files[path.relative_to(lesson.root).as_posix()] = path.read_bytes()
    return files, ",".join(other.name for other in earlier) or "0"


def _nothing(error: pytest.ExceptionInfo) -> str:
    return ""


def _has_stub(source: bytes, exercise: Exercise) -> bool:
    return not_written.has_stub(source.decode("utf-8", "replace"), exercise)


def _clean(report: Report) -> Report:
    """Without what a terminal or a page could take for a command; of bounded length."""
    texts = {f.name: text for f in fields(report) if isinstance(text := getattr(report, f.name), str)}
    cleaned = {name: remote_observer.clean(text, 1000) for name, text in texts.items()}
    return replace(report, **cleaned, places=[remote_observer.clean(place, 1000) for place in report.places])


def name_of(item: pytest.Item) -> str:
    """ "my_test.py::TestLoss::test_one[3]"."""
    return f"{item.path.name}::{item.nodeid.partition('::')[2]}"


def _ours(item: pytest.Item, ended: Ended) -> str:
    """Why a test that did not pass says nothing about the submission; "" where it does."""
    error = ended.error
    if isinstance(error, remote_observer.PastTheDoor):
        return f"{item.name}: {error}"
    if not ended.run:
        return f"{item.name} is not run, or expected to fail: {error}"
    of_answers = isinstance(error, ObservationFailed) or getattr(error, "came_through_observe", False)
    if not ended.in_call and not of_answers:
        return f"{item.name} breaks off before or after the test itself: {type(error).__name__}: {error}"
    return ""


def _looked(look: Callable[..., Any], *arguments: Any) -> Any:
    """What a look for reasons finds. Known mistakes are run in it, on arguments that no audit has tried: whatever they
    do, no reason is better than no grade."""
    if not known_mistakes.SECONDS:
        return None
    try:
        with time_limit.until(time.monotonic() + known_mistakes.SECONDS):
            return look(*arguments)
    except (Exception, SystemExit, time_limit.TooLate):
        return None


def _line_of(text: bytes | None, exercise: Exercise) -> int | None:
    with contextlib.suppress(SyntaxError, ValueError, StopIteration, RecursionError, MemoryError):
        return exercise_code.definition(_parsed(text or b""), exercise).lineno
    return None


@functools.lru_cache(maxsize=16)
def _parsed(text: bytes) -> ast.Module:
    return ast.parse(text)


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
    if sys.platform == "linux":
        confinement.bound(OWN_MEMORY)  # what is shown to a test may make it take as much as it likes
        confinement.die_with_parent()  # or it would go on to the end of a submission that nobody waits for
    settings = frames.unpacked(frames.receive(control, frames.REQUEST_LIMIT))
    os.environ["PROPERTY_SEED"] = str(settings["seed"])
    os.environ["PROPERTY_EXAMPLES"] = "" if settings["full"] else str(EXAMPLES)
    os.environ["SOLUTION"] = "1"
    switch.install()
    judge = Judge(control, settings)
    judge.lasts = True
    return int(session(judge, settings["extra"]) not in (0, 1, 5))


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
    status = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # to take torch apart takes a second, for which the command would wait
