"""The judge: a pytest session that holds the tests and the reference and grades one lesson of a submission at a time.

    python -m grader.judge.judge FD

FD is the socket of the command that started it (`grader.grade`). The tests are collected once, with placeholders for
whatever they import from a lesson; each lesson of each submission then gets a worker. Nothing that one submission
answers is remembered for another.
"""

from __future__ import annotations

import os
import socket
import sys
import traceback
from dataclasses import asdict
from pathlib import Path

import pytest
import torch

from course.authoring import stubs
from course.base import manifest, switch
from course.base.manifest import Lesson
from course.base.switch import ROOT
from course.diagnosis.known_mistakes import Case
from grader.judge import canaries, extra_tests
from grader.judge.diagnosis import Diagnosis
from grader.judge.lesson_grading import LessonGrading
from grader.judge.placeholders import PlaceholderFinder
from grader.judge.remote_observer import RemoteObserver
from grader.judge.settings import JudgeSettings
from grader.judge.submission_worker import SubmissionWorker, earlier_lessons
from grader.judge.test_run import TestRunner
from grader.judge.withhold import withhold
from grader.results import EXAMPLES, ExerciseResult
from grader.sandbox import selftest, submission_server
from lab.sandbox import confinement, frames
from lab.sandbox.sandbox import UNSAFE, Sandbox, WorkerFault

MEMORY = 2 * 2**30  # bytes that this process may take besides what it has when it starts
JUDGE = pytest.StashKey["Judge"]()


class Judge:
    """The pytest plugin."""

    def __init__(self, control: socket.socket, settings: JudgeSettings):
        self.control, self.settings, self.limits = control, settings, settings.limits
        self.lessons = [manifest.find(name) for name in settings.lessons]
        self.sandbox = Sandbox(settings.tier, Path(settings.tree), submission_server.__name__, settings.number)
        self.placeholders = PlaceholderFinder()
        self.cases: dict[str, Case] = {}
        self.unreadable: list[tuple[Path, str]] = []  # test files, and what is wrong with them
        self.runner: TestRunner | None = None

    # --- pytest's hooks ------------------------------------------------------------------------------------------

    @pytest.fixture(scope="session")
    @staticmethod  # a fixture of the session cannot be an instance's method
    def observe(request: pytest.FixtureRequest) -> RemoteObserver:
        return request.config.stash[JUDGE].runner.observer

    def pytest_configure(self, config: pytest.Config) -> None:
        config.option.tbstyle = "native"
        config.stash[JUDGE] = self

    def pytest_sessionstart(self) -> None:
        self.placeholders.install()

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector: pytest.Collector):
        report = yield
        if report.failed:
            says = str(report.longrepr).strip().splitlines()[-1].removeprefix("E").strip()
            self.unreadable.append((collector.path, f"{collector.path.name}: {says}"))
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
        self.placeholders.remove()
        torch.set_num_threads(1)
        self.sort(session.items)
        try:
            self.serve()
        finally:
            self.sandbox.close()
        return True

    def sort(self, items: list[pytest.Item]) -> None:
        """By what they are: canaries, the course's tests and the instructor's that count, both by exercise."""
        extra = [item for item in items if self.is_extra(item.path)]
        self.canaries = [item for item in items if item.path.name == "canary_test.py"]
        self.tests: dict[str, list[pytest.Item]] = {}
        self.extra: dict[str, list[pytest.Item]] = {}
        unreadable = [f"--extra: {text}" for path, text in self.unreadable if self.is_extra(path)]
        self.usage_problem = unreadable[0] if unreadable else extra_tests.problem_with(extra)
        if self.unreadable and not self.usage_problem:
            raise RuntimeError(f"a test file of the course cannot be read: {self.unreadable[0][1]}")
        for item in items:
            item.repr_failure = lambda excinfo: ""  # pytest's own text of a failure, which nobody reads
            marker = item.get_closest_marker("exercise")
            if marker is not None and marker.args and self.counts(item):
                group = self.extra if self.is_extra(item.path) else self.tests
                group.setdefault(marker.args[0], []).append(item)

    def is_extra(self, path: Path) -> bool:
        return str(path) in self.settings.extra

    def counts(self, item: pytest.Item) -> bool:
        """Whether a test earns points here: one that trains only with --full."""
        return self.settings.full or not item.get_closest_marker("trains")

    # --- submissions ---------------------------------------------------------------------------------------------

    def serve(self) -> None:
        """Grades what the command sends, a lesson of a submission at a time, until it closes the socket."""
        problem, usage_problem = self.check()
        frames.send(self.control, frames.to_json({"problem": problem, "usage problem": usage_problem}))
        if problem or usage_problem:
            return
        lessons = {lesson.name: lesson for lesson in self.lessons}
        while True:
            try:
                asked = frames.from_json(frames.receive(self.control, frames.REQUEST_LIMIT))
            except frames.Closed:
                return
            found = self.grade(lessons[asked["lesson"]], asked["files"], asked["problems"])
            frames.send(self.control, frames.to_json([asdict(e) for e in found]))

    def check(self) -> tuple[str, str]:
        """Starts the sandbox and tries everything before anything is graded. Gives what is wrong with this judge, in
        whose place another may do better, and what is wrong for all."""
        if self.usage_problem:
            return "", self.usage_problem
        try:
            self.sandbox.open()
            no_wall = selftest.prove(self.sandbox) if self.sandbox.tier != UNSAFE else ""
        except WorkerFault as error:
            problem = (
                f"the sandbox cannot be started here ({error}); grade on a machine where bubblewrap works, or, only if "
                "you trust every submission with everything on this one: --unsafe"
            )
            return problem, ""
        if no_wall:
            return "", no_wall
        if problem := canaries.broken(lambda worker: self.new_runner(worker, self.lessons[0]), self.canaries):
            return problem, ""
        return "", self.rehearse()

    def rehearse(self) -> str:
        """What is wrong with an extra test, by the reference; "" if nothing is."""
        for lesson in self.lessons:
            items = [item for e in lesson.exercises for item in self.extra.get(e.id, [])]
            worker = self.worker(lesson, {f: (lesson.solution / f).read_bytes() for f in stubs.files(lesson)})
            try:
                if problem := extra_tests.rehearse(self.new_runner(worker, lesson), items):
                    return problem
            finally:
                worker.stop()
        return ""

    def grade(self, lesson: Lesson, files: dict[str, bytes], problems: dict[str, str]) -> list[ExerciseResult]:
        """files: of the submission, by "lesson/file"; problems: why others of them cannot be graded."""
        names = {file: f"{lesson.name}/{file}" for file in stubs.files(lesson)}
        worker = self.worker(lesson, {file: files.get(name) for file, name in names.items()})
        runner = self.new_runner(worker, lesson)
        diagnosis = Diagnosis(lesson, self.cases, self.limits.diagnosis)
        why_not = {file: problems.get(name, "") for file, name in names.items()}
        try:
            grading = LessonGrading(worker, runner, diagnosis, self.tests, why_not)
            found = grading.results()
            # After all other tests: what a submission learns from these calls can get into no report any more.
            for exercise, result in zip(lesson.exercises, found, strict=True):
                if result.earned:
                    items = self.extra.get(exercise.id, [])
                    extra_tests.run(runner, items, exercise, result, worker.files[exercise.file])
            found[0].flags = [f"{lesson.name}: replaces {name} while it runs" for name in worker.replaced()]
        finally:
            worker.stop()
        if earlier_lessons(lesson):
            again = self.worker(lesson, worker.files, earlier_stubs=True)
            try:
                withhold(grading, found, again)
            finally:
                again.stop()
        return found

    def worker(self, lesson: Lesson, files: dict[str, bytes | None], earlier_stubs: bool = False) -> SubmissionWorker:
        return SubmissionWorker(self.sandbox, lesson, files, self.limits, earlier_stubs)

    def new_runner(self, worker: SubmissionWorker | canaries.AlwaysOne, lesson: Lesson) -> TestRunner:
        """What runs tests from now on; `observe` asks its worker."""
        self.runner = TestRunner(worker, lesson, self.limits)
        return self.runner


def main(arguments: list[str]) -> int:
    control = socket.socket(fileno=int(arguments[0]))
    if sys.platform == "linux":
        confinement.limit_own_memory(MEMORY)  # what is shown to a test may make it take as much as it likes
        confinement.die_with_parent()  # or it would go on to the end of a submission that nobody waits for
    settings = JudgeSettings(**frames.from_json(frames.receive(control, frames.REQUEST_LIMIT)))
    os.environ["PROPERTY_SEED"] = str(settings.seed)
    os.environ["PROPERTY_EXAMPLES"] = "" if settings.full else str(EXAMPLES)
    os.environ["SOLUTION"] = "1"
    switch.install()
    return int(run_session(Judge(control, settings)) not in (0, 1, 5))


def run_session(judge: Judge) -> int:
    """Collects the tests of the judge's lessons, the canaries and the extra ones, and serves. Gives pytest's status."""
    suites = [
        str(lesson.folder / "testcases" / f"{n}_test.py") for lesson in judge.lessons for n in ("basic", "advanced")
    ]
    suites += [str(Path(__file__).with_name("canary_test.py")), *judge.settings.extra]
    without = ("terminal", "cacheprovider", "xdist", "logging")
    options = ["--noconftest", "-c", str(ROOT / "pyproject.toml"), "--rootdir", str(ROOT)]
    options += [option for name in without for option in ("-p", f"no:{name}")]
    return pytest.main([*options, *suites], plugins=[judge])


if __name__ == "__main__":
    status = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # to take torch apart takes a second, for which the command would wait
