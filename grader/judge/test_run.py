"""Runs one test against a worker with pytest, and says how it ended."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, fields, replace
from typing import Any, Protocol

import pytest
from _pytest.runner import runtestprotocol

from course.base import not_written, time_limit
from course.base.manifest import Lesson
from course.desk.progress import ADVANCED
from course.observe import make_report
from course.observe.observer import Observation
from course.observe.report import ObservationFailed, Report
from grader import results
from grader.judge import remote_observer
from grader.judge.placeholders import NotObserved
from grader.judge.remote_observer import RemoteObserver, Unanswered
from grader.judge.settings import Limits
from lab.sandbox.sandbox import WorkerFault


class Worker(Protocol):
    def ask(self, request: bytes, seconds: float) -> bytes: ...

    def stop(self) -> Any: ...


@dataclass
class Verdict:
    """How a test ended."""

    passed: bool
    report: Report | None = None  # without the known mistake
    not_written: str = ""  # the exercise whose stub the test ended in
    grader_fault: str = ""  # why it did not pass, if no answer is to blame: no points are lost by that
    first: int = 0  # index of the first observation that the report is about: the last example's
    matches: list[str | None] = field(default_factory=list)  # the messages that it awaited of their errors


@dataclass
class TestRun:
    """A test of one submission: what was asked, what was answered, and the verdict or what kept it from one."""

    __test__ = False  # no test class of pytest's

    item: pytest.Item
    asked: list[bytes] = field(default_factory=list)
    answered: list[bytes] = field(default_factory=list)
    verdict: Verdict | None = None
    trouble: Unanswered | None = None  # instead of a verdict
    unanswered_request: bytes = b""

    @property
    def passed(self) -> bool:
        return self.verdict is not None and self.verdict.passed

    @property
    def grader_fault(self) -> str:
        return self.verdict.grader_fault if self.verdict is not None else ""

    def observations(self) -> list[Observation]:
        """What the report is about, with the reference's functions in the place of the placeholders."""
        found = []
        pairs = list(zip(self.asked, self.answered, strict=True))[self.verdict.first :]
        for (asked, answered), match in zip(pairs, self.verdict.matches, strict=False):
            request = remote_observer.request_in(asked)
            try:
                outcome: Any = remote_observer.outcome(request, answered)
            except Exception as error:
                outcome = error
            found.append(Observation(remote_observer.local(request), outcome, match))
        return found


class TestRunner:
    """Runs the tests of one lesson against one worker."""

    __test__ = False

    def __init__(self, worker: Worker, lesson: Lesson, limits: Limits):
        self.worker, self.lesson, self.limits = worker, lesson, limits
        self.seconds_left = limits.judge_lesson
        self.current: TestRun | None = None
        self.fault: WorkerFault | None = None  # the grader's own: no verdict on anybody
        self.observer = RemoteObserver(self.ask)

    def new_observer(self, strict: bool = False) -> RemoteObserver:
        """For the fixture `observe`."""
        self.observer = RemoteObserver(self.ask, strict)
        return self.observer

    def run(self, item: pytest.Item) -> TestRun:
        """Raises WorkerFault if no worker can be started."""
        self.current = run = TestRun(item)
        self.new_observer(strict=item.path.name == ADVANCED)
        started = time.process_time()
        try:
            with time_limit.own_work(min(self.limits.judge_test, self.seconds_left)):
                error, grader_fault = run_with_pytest(item)
        except time_limit.TooLate as too_late:
            error, grader_fault = too_late, ""
        self.seconds_left -= time.process_time() - started
        if isinstance(error, time_limit.TooLate) and self.fault is None and run.trouble is None:
            run.trouble = Unanswered(results.TIMEOUT, "to look at what it has answered took too long")
            self.worker.stop()  # it may have been broken off between a question and its answer
        if self.fault is not None:
            raise self.fault
        if run.trouble is None:
            run.verdict = self.verdict(item, error, grader_fault)
        return run

    def verdict(self, item: pytest.Item, error: BaseException | None, grader_fault: str) -> Verdict:
        matches = [seen.match for seen in self.observer.log]
        made = Verdict(error is None, grader_fault=grader_fault, first=self.observer.examples, matches=matches)
        if isinstance(error, NotImplementedError):
            made.not_written = not_written.exercise_in(str(error)) or ""
        if error is not None:
            made.report = cleaned(make_report.of_failed_test(item, self.lesson.folder, error, self.observer.log))
        return made

    def ask(self, request: bytes) -> bytes:
        """The worker's answer to what the running test asks."""
        run = self.current
        if self.fault or run.trouble:
            raise self.fault or run.trouble  # the test went on after all
        trains = run.item.get_closest_marker("trains") is not None
        try:
            answer = self.worker.ask(request, self.limits.training_call if trains else self.limits.call)
        except Unanswered as error:
            run.trouble, run.unanswered_request = error, request
            raise
        except WorkerFault as error:
            self.fault = error
            raise
        run.asked.append(request)
        run.answered.append(answer)
        return answer


def run_with_pytest(item: pytest.Item) -> tuple[BaseException | None, str]:
    """The error that a test ended with (None: it passed), and why that says nothing about the submission ("": it
    does). The judge's hook has left the error in each report."""
    reports = runtestprotocol(item, log=False, nextitem=None)
    bad = next((r for r in reports if r.failed or r.skipped or hasattr(r, "wasxfail")), None)
    if bad is None and [r.when for r in reports if r.passed].count("call") == 1:
        return None, ""
    error = getattr(bad, "error", None) or AssertionError("the test was not run")
    if isinstance(error, NotObserved):
        return error, f"{item.name}: {error}"
    if bad is None or bad.skipped or hasattr(bad, "wasxfail"):
        return error, f"{item.name} is not run, or expected to fail: {error}"
    of_answers = isinstance(error, ObservationFailed) or getattr(error, "came_through_observe", False)
    if bad.when != "call" and not of_answers:
        return error, f"{item.name} breaks off before or after the test itself: {type(error).__name__}: {error}"
    return error, ""


def cleaned(report: Report) -> Report:
    """Without what a terminal or a page could take for a command; of bounded length."""
    texts = {f.name: text for f in fields(report) if isinstance(text := getattr(report, f.name), str)}
    clean = {name: remote_observer.clean(text, 1000) for name, text in texts.items()}
    return replace(report, **clean, places=[remote_observer.clean(place, 1000) for place in report.places])
