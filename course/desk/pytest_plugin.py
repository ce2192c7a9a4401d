"""The course's side of pytest: the switch is checked, `observe` is given, and failures are told briefly.

A test whose exercise is not written yet is counted as "not written"; each such exercise gets one line. A failed
observation gets the short report of `course.observe.report` instead of a traceback; `--full-trace` brings the traceback back.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from _pytest._code.code import ReprFileLocation, TerminalRepr

from course.base import manifest, property_tests, student_bundle, switch, time_limit
from course.base.errors import UsageError
from course.base.manifest import Exercise
from course.desk import progress, record_results, test_timeout

UNWRITTEN = "not written yet: exercise "


def pytest_configure(config: pytest.Config) -> None:
    try:
        switch.check()
        property_tests.chosen_seed()
    except UsageError as error:
        raise pytest.UsageError(str(error)) from None
    if not hasattr(config, "workerinput"):  # xdist's workers have nobody to tell
        with contextlib.suppress(OSError):
            config.stash[OUT] = os.dup(1)  # pytest catches what is written to 1 itself


OUT = pytest.StashKey[int]()


def pytest_unconfigure(config: pytest.Config) -> None:
    if OUT in config.stash:
        os.close(config.stash[OUT])
        del config.stash[OUT]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--exercise", action="append", metavar="ID", help="only the tests of this exercise, such as 13.2")
    parser.addoption(
        "--limit", type=float, default=test_timeout.LIMIT, metavar="SECONDS",
        help="how long a test of your own code may take (0: as long as it likes)",
    )  # fmt: skip


def pytest_report_header() -> str:
    return f"properties: the draws of seed {property_tests.chosen_seed()} (PROPERTY_SEED=n for others)"


@pytest.fixture(scope="session")
def observe():
    """The door to the code under test (see course/observe/observer.py)."""
    import torch

    from course.observe.observer import Observer

    torch.set_num_threads(1)  # the tests' tensors are tiny: a second thread would only spin
    observer = Observer()
    _observers.append(observer)
    yield observer
    _observers.remove(observer)


_observers: list = []  # one a session; a list so that pytest's own tests of tests do not mix them up


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, items: list[pytest.Item]) -> None:
    session.collected = list(items)  # what -k leaves out may still help to tell mistakes apart
    if wanted := session.config.getoption("--exercise", None):
        ours = not session.testsfailed and not hasattr(session.config, "workerinput")  # a broken file is told first
        if ours and (problem := _not_here(wanted, items)):  # raised in one of xdist's workers it would be a crash
            raise pytest.UsageError(problem)
        chosen = [i for i in items if (m := i.get_closest_marker("exercise")) and m.args[0] in wanted]
        session.config.hook.pytest_deselected(items=[i for i in items if i not in chosen])
        items[:] = chosen


def _not_here(wanted: list[str], items: list[pytest.Item]) -> str | None:
    """What is wrong with the first exercise that is of no lesson whose tests were collected."""
    folders = dict.fromkeys(folder for item in items if (folder := _lesson_folder(item.path)))
    try:
        here = [exercise.id for folder in folders for exercise in manifest.read(folder).exercises]
        elsewhere = {e.id: lesson.name for lesson in manifest.read_all(switch.finder.root) for e in lesson.exercises}
    except UsageError:  # a manifest that cannot be read is the audit's affair
        return None
    for one in wanted:
        if one not in here:
            why = f"it is of {elsewhere[one]}" if one in elsewhere else "there is no such exercise"
            return f"--exercise {one}: {why}; the tests given are of {', '.join(here) or 'none'}"
    return None


def pytest_runtest_setup(item: pytest.Item) -> None:
    for observer in _observers:
        observer.start()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item):
    limit, about = item.config.getoption("--limit"), record_results.about(item)
    debugged = item.config.getoption("usepdb", False) or "debugpy" in sys.modules or "pydevd" in sys.modules
    if about is None or not limit or debugged:
        return (yield)
    stopped = item.session.stash.setdefault(STOPPED, set())
    if about[1] in stopped:  # the exercise's other tests meet the same loop, most likely
        limit /= 4
    try:
        with test_timeout.limited(limit, item.config.stash.get(OUT, None)):
            return (yield)
    except time_limit.TooLate:
        stopped.add(about[1])
        raise


def pytest_enter_pdb() -> None:
    time_limit.silence()


STOPPED = pytest.StashKey[set]()  # exercises
RAISED = pytest.StashKey[dict]()  # (exercise, error, places) -> (the first test that met it, why)
_recorders: list[record_results.Recorder] = []  # likewise


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector):
    """A learner's file that cannot be loaded is told by its own line, not by those of whoever imports it."""
    report = yield
    call = getattr(report, "call", None)
    lesson = _lesson_folder(collector.path) if report.failed and call and call.excinfo else None
    if lesson is None or collector.config.getoption("fulltrace", False):
        return report
    if switch.finder.tree_of(lesson.name) == "tutorial" and (lines := _not_loaded(call.excinfo.value)):
        report.longrepr = _Short(lines, collector)
    return report


def _not_loaded(error: BaseException) -> list[str]:
    from course.desk import failure_text

    error = error.__cause__ or error
    if isinstance(error, SyntaxError) and error.filename:
        path = Path(error.filename)
        path = path.relative_to(switch.finder.root) if path.is_relative_to(switch.finder.root) else path
        return [f"{path.as_posix()}:{error.lineno}: {error.msg}"]
    places = failure_text.places_in_lesson(error)
    return [f"{type(error).__name__}: {error}", *(f"  {'at':<9}{place}" for place in places)] if places else []


def pytest_sessionstart(session: pytest.Session) -> None:
    _recorders.append(record_results.Recorder())


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if _recorders:
        _recorders[-1].note(report)


def pytest_sessionfinish(session: pytest.Session) -> None:
    recorder = _recorders.pop() if _recorders else None
    if recorder and not hasattr(session.config, "workerinput"):  # xdist's controller hears of all tests
        recorder.keep()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    report = yield
    report.about = record_results.about(item)
    if not report.failed or call.excinfo is None or item.config.getoption("fulltrace", False):
        return report
    error = call.excinfo.value
    lesson = _lesson_folder(item.path)
    if isinstance(error, NotImplementedError) and str(error).startswith(UNWRITTEN):
        report.unwritten = _unwritten_line(str(error), lesson)
        report.longrepr = _Short([report.unwritten], item)
    elif lesson is not None and isinstance(error, time_limit.TooLate):
        report.longrepr = _Short(_report_lines(item, lesson, error, None), item)
    elif lesson is not None and (isinstance(error, AssertionError) or getattr(error, "came_through_observe", False)):
        started = time.perf_counter()
        report.why = _why(item)
        report.looked = time.perf_counter() - started
        lines = _report_lines(item, lesson, error, report.why)
        report.longrepr = _Short(_known_already(item, error, lines, report.why) or lines, item)
    return report


def _known_already(item: pytest.Item, error: BaseException, lines: list[str], why: str | None) -> list[str]:
    """Two lines for an error that an earlier test of the exercise has met at the same place; else none."""
    from course.desk import failure_text

    places = () if isinstance(error, AssertionError) else tuple(failure_text.places_in_lesson(error))
    marker = item.get_closest_marker("exercise")
    if not places or marker is None:
        return []
    raised = next((line for line in lines if line.startswith("  raised")), "")
    met = item.session.stash.setdefault(RAISED, {})
    first, told = met.setdefault((marker.args[0], raised, places), (item.name, why))
    if first == item.name or why not in (None, told):
        return []
    return [lines[0], f"{raised}, as in {first}"]


def _why(item: pytest.Item) -> str | None:
    """The known mistake behind the failure, where one is found within a second. A bundle for students holds none."""
    if not _observers or student_bundle.is_bundle():
        return None
    from course.diagnosis import known_mistakes

    return known_mistakes.why(item, _observers[-1].log)


def _report_lines(item: pytest.Item, lesson: Path, error: BaseException, why: str | None) -> list[str]:
    from course.desk import failure_text
    from course.observe import report

    marker = item.get_closest_marker("exercise")
    exercise = report.exercise_by_id(lesson, marker.args[0]) if marker else None
    line = _line_of(lesson, exercise) if exercise else None
    return failure_text.lines(item, lesson, error, _observers[-1].log if _observers else [], why, line)


def _line_of(lesson: Path, exercise: Exercise) -> int | None:
    """The line where the exercise's object is defined, in the tree that SOLUTION chooses."""
    tree = switch.finder.tree_of(lesson.name)
    return progress.line_of(switch.finder.folders(tree).get(lesson.name, lesson) / exercise.file, exercise)


def _unwritten_line(message: str, lesson: Path | None) -> str:
    """The stub's message, and the way past it where the stub is an earlier lesson's."""
    message = message.splitlines()[0]
    number = re.search(r"exercise (\d\d)\.", message)
    own = lesson.name[len("lesson") :][:2] if lesson else None
    if own and number and number[1] != own:
        if student_bundle.is_bundle():
            return f"{message} (lesson {own} builds on it)"
        chosen = os.environ.get("SOLUTION", "").strip()
        given = ",".join([*([chosen] if chosen not in ("", "0") else []), f"lesson{number[1]}"])
        return f"{message} (lesson {own} builds on it; SOLUTION={given} uses the reference for it)"
    return message


def _lesson_folder(path: Path) -> Path | None:
    """The lesson that a test file belongs to, or None for a test of the course itself."""
    folder = path.parent.parent
    return folder if path.parent.name == "testcases" and switch.LESSON.fullmatch(folder.name) else None


class _Short(TerminalRepr):
    """A failure in a few lines; the first is what pytest's summary shows."""

    def __init__(self, lines: list[str], node: pytest.Item | pytest.Collector):
        self.lines = lines
        line = node.location[1] if isinstance(node, pytest.Item) else 0
        self.reprcrash = ReprFileLocation(str(node.path), line or 0, " ".join(lines[0].split()))

    def toterminal(self, tw) -> None:
        for line in self.lines:
            tw.line(line)

    def __str__(self) -> str:
        return "\n".join(self.lines)


def pytest_report_teststatus(report: pytest.TestReport):
    if getattr(report, "unwritten", None):
        return "not written", "n", ("NOT WRITTEN", {"yellow": True})
    return None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = terminalreporter.stats.get("not written", [])
    if reports:
        terminalreporter.section("not written yet", yellow=True)
        for line, tests in Counter(report.unwritten for report in reports).items():
            terminalreporter.write_line(f"{line}   {tests} test{'s' if tests > 1 else ''}")
