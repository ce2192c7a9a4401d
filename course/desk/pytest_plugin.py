"""The course's side of pytest: it checks SOLUTION, gives `observe` to tests, and shows failures briefly.

A test whose exercise is not written yet is counted as "not written"; each such exercise gets one line. A failed test of
a lesson gets the short report of `course.observe.report` instead of a traceback; `--full-trace` brings the traceback
back. What is found out about a test travels on pytest's own report, as plain data: `not_written` (an exercise's id),
`why`, and `exercise_test` (for `course.desk.progress`).
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections import Counter

import pytest

from course.base import manifest, not_written, property_tests, switch, time_limit
from course.base.errors import UsageError
from course.desk import failure_text, progress, test_time_limit


def pytest_configure(config: pytest.Config) -> None:
    try:
        switch.check()
        property_tests.chosen_seed()
    except UsageError as error:
        raise pytest.UsageError(str(error)) from None
    if not hasattr(config, "workerinput"):  # xdist's workers have no terminal
        with contextlib.suppress(OSError):
            config.stash[TERMINAL] = os.dup(1)  # pytest catches what is written to 1 itself


TERMINAL = pytest.StashKey[int]()  # a file descriptor


def pytest_unconfigure(config: pytest.Config) -> None:
    if TERMINAL in config.stash:
        os.close(config.stash[TERMINAL])
        del config.stash[TERMINAL]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--exercise", action="append", metavar="ID", help="only the tests of this exercise, such as 13.2")
    parser.addoption(
        "--limit", type=float, default=test_time_limit.LIMIT, metavar="SECONDS",
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


_observers: list = []  # one for each session; a list so that pytest sessions inside a test do not mix them up


# --- which tests are run -------------------------------------------------------------------------------------------


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, items: list[pytest.Item]) -> None:
    session.collected = list(items)  # what -k leaves out may still help to tell mistakes apart
    if wanted := session.config.getoption("--exercise", None):
        # A broken file is reported first; raised in one of xdist's workers, the error would be a crash.
        may_complain = not session.testsfailed and not hasattr(session.config, "workerinput")
        if may_complain and (problem := _not_here(wanted, items)):
            raise pytest.UsageError(problem)
        chosen = [i for i in items if (m := i.get_closest_marker("exercise")) and m.args[0] in wanted]
        session.config.hook.pytest_deselected(items=[i for i in items if i not in chosen])
        items[:] = chosen


def _not_here(wanted: list[str], items: list[pytest.Item]) -> str | None:
    """What is wrong with the first exercise that belongs to no lesson whose tests were collected."""
    folders = dict.fromkeys(folder for item in items if (folder := failure_text.lesson_folder(item.path)))
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


# --- running one ---------------------------------------------------------------------------------------------------


def pytest_runtest_setup(item: pytest.Item) -> None:
    for observer in _observers:
        observer.start()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item):
    for observer in _observers:  # not in setup, before which there may be none
        observer.strict = item.path.name == progress.ADVANCED
    limit, test = item.config.getoption("--limit"), progress.exercise_test(item)
    debugged = item.config.getoption("usepdb", False) or "debugpy" in sys.modules or "pydevd" in sys.modules
    if test is None or not limit or debugged:
        return (yield)
    stopped = item.session.stash.setdefault(STOPPED, set())
    if test["exercise"] in stopped:  # the exercise's other tests meet the same loop, most likely
        limit /= 4
    try:
        with test_time_limit.limited(limit, item.config.stash.get(TERMINAL, None)):
            return (yield)
    except time_limit.TooLate:
        stopped.add(test["exercise"])
        raise


def pytest_enter_pdb() -> None:
    time_limit.silence()


STOPPED = pytest.StashKey[set]()  # exercises


# --- what failed ---------------------------------------------------------------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector):
    """A learner's file that cannot be loaded is reported by its own line, not by those of the files that import it."""
    report = yield
    call = getattr(report, "call", None)
    lesson = failure_text.lesson_folder(collector.path) if report.failed and call and call.excinfo else None
    if lesson is None or collector.config.getoption("fulltrace", False):
        return report
    if switch.finder.tree_of(lesson.name) == "tutorial" and (lines := failure_text.not_loaded(call.excinfo.value)):
        report.longrepr = failure_text.ShortText(lines, collector)
        report.not_loaded = lines
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    report = yield
    if (test := progress.exercise_test(item)) is not None:
        report.exercise_test = test | {"tests": _tests_of_same_exercise(item)}
    if not report.failed or call.excinfo is None or item.config.getoption("fulltrace", False):
        return report
    error, lesson = call.excinfo.value, failure_text.lesson_folder(item.path)
    if isinstance(error, NotImplementedError) and (number := not_written.exercise_in(str(error))):
        report.not_written = number
        report.longrepr = failure_text.ShortText([failure_text.not_written_line(error, number, lesson)], item)
        return report
    if lesson is None:
        return report
    log, reason = _observers[-1].log if _observers else [], None
    if isinstance(error, AssertionError) or getattr(error, "came_through_observe", False):
        reason = failure_text.reason(item, log)
        report.why = reason and reason.sentence
    elif not isinstance(error, time_limit.TooLate):  # an error of the test itself: the traceback helps its author
        return report
    report.longrepr = failure_text.ShortText(failure_text.lines(item, lesson, error, log, reason), item)
    return report


def _tests_of_same_exercise(item: pytest.Item) -> int:
    """How many tests of the item's file are of its exercise; among all that were collected, not only those that run."""
    if COUNTS not in item.session.stash:
        collected = getattr(item.session, "collected", item.session.items)
        marked = [(other.path, m.args[0]) for other in collected if (m := other.get_closest_marker("exercise"))]
        item.session.stash[COUNTS] = Counter(marked)
    return item.session.stash[COUNTS][item.path, item.get_closest_marker("exercise").args[0]]


COUNTS = pytest.StashKey[Counter]()  # (file, exercise) -> tests


# --- what is remembered and summed up ------------------------------------------------------------------------------

_recorders: list[progress.Recorder] = []  # one for each session, as above


def pytest_sessionstart(session: pytest.Session) -> None:
    _recorders.append(progress.Recorder())


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if _recorders:
        _recorders[-1].note(report)


def pytest_sessionfinish(session: pytest.Session) -> None:
    recorder = _recorders.pop() if _recorders else None
    if recorder and not hasattr(session.config, "workerinput"):  # xdist's controller gets the reports of all tests
        session.config.stash[TESTED] = recorder.keep()


def pytest_report_teststatus(report: pytest.TestReport):
    if getattr(report, "not_written", None):
        return "not written", "n", ("NOT WRITTEN", {"yellow": True})
    return None


TESTED = pytest.StashKey[list]()  # the lessons of which something was tested, from tutorial/


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = terminalreporter.stats.get("not written", [])
    if reports:
        terminalreporter.section("not written yet", yellow=True)
        for line, tests in Counter(str(report.longrepr) for report in reports).items():
            terminalreporter.write_line(f"{line}   {tests} test{'s' if tests > 1 else ''}")
    config = terminalreporter.config
    for lesson in (
        config.stash.get(TESTED, []) if config.get_verbosity() >= 0 else ()
    ):  # `make watch` says it its own way
        conditions = progress.conditions_of([lesson], progress.read(lesson.root))
        points = progress.points(lesson.exercises, conditions)
        terminalreporter.write_line(f"lesson {lesson.number}: {points}; `make` says what to do next")
