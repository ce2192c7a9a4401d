"""A pytest session on the reference that runs the tests of an exercise again and again, each time with something else
in its place. Started by `course.authoring.audit`, in its copy of the course:

    python -m course.authoring.audit_worker RESULTS.json CLAIMS PROCESSES [--without-reference] [EXERCISE, LESSON ...]

Once the tests are imported the process forks (not on Windows), so that there are as many as PROCESSES says. CLAIMS is a
folder that they share: whoever creates file N there does the Nth bundle of jobs. One exercise's mistakes are one
bundle, since what diagnosis learns of one it can use for the others. A LESSON by its number stands for its page.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

from course.authoring import page_checks
from course.authoring.copied_course import Collected, collect
from course.authoring.visible_answers import VisibleAnswers
from course.base import manifest, switch
from course.base.attempt import Attempt
from course.base.manifest import Exercise, Lesson
from course.desk.progress import BASIC
from course.diagnosis import audit_files, known_mistakes, substitute
from course.diagnosis.audit_files import CORE, MISTAKES, VARIANTS

PATIENCE = 1200  # seconds on the clock that one test may take
KEEPS = "keeps its points with a table of the visible answers: no test that draws its arguments catches it"
SECONDS = 5.0  # of diagnosis: here it is to be decided, on however busy a machine


@dataclass
class Result:
    """What one job found. `problem` is a whole sentence, or empty."""

    kind: str  # "reference", "page", "stub", "mistake", "core" or "variant"
    lesson: str
    exercise: str = ""
    says: str = ""
    problem: str = ""
    named: bool = False
    caught_by: str = ""  # a mistake: the suite of the first test that fails; basic tests run first
    seconds: float = 0.0


@dataclass
class Job:
    """Something to put in the place of exercises, and the tests to run then."""

    kind: str
    lesson: Lesson
    attempts: list[Attempt] = field(default_factory=list)
    exercise: Exercise | None = None


class Worker(Collected):
    """A pytest plugin: collects as ever, then does its share of the jobs instead of running each test once."""

    def __init__(self, claims: Path, processes: int, options: list[str], only: list[str]):
        super().__init__()
        self.claims, self.only, self.with_reference = claims, only, "--without-reference" not in options
        self.processes = processes if hasattr(os, "fork") else 1
        self.results: list[Result] = []
        self.tests: dict[str, dict[str, int]] = {}  # exercise -> test file -> number of tests
        self.tables: dict[str, tuple[VisibleAnswers, list[pytest.Item]]] = {}  # by exercise

    def pytest_configure(self, config: pytest.Config) -> None:
        config.option.tbstyle = "native"  # the others read source files for a traceback that nobody will see

    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo) -> bool:
        print(excinfo.value)  # the last line that is printed is what the audit shows
        return True

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.session = session
        self.items: dict[str, list[pytest.Item]] = {}
        for item in session.items:
            number = exercise_of(item)
            self.items.setdefault(number, []).append(item)
            counts = self.tests.setdefault(number, {})
            counts[item.path.name] = counts.get(item.path.name, 0) + 1
        for items in self.items.values():  # what fails soon comes first
            items.sort(key=lambda item: (item.path.name != BASIC, slow(item)))
        children: list[int] = []
        while len(children) < self.processes - 1:
            children.append(os.fork())
            if children[-1] == 0:
                self._in_child()
        try:
            self.work()
        except BaseException:
            for child in children:
                os.kill(child, signal.SIGKILL)
            raise
        for child in children:
            os.waitpid(child, 0)
            found = json.loads((self.claims / f"{child}.json").read_text(encoding="utf-8"))
            if isinstance(found, str):
                raise RuntimeError(found)
            self.results += [Result(**result) for result in found]
        return True

    def _in_child(self) -> None:
        """Does jobs, leaves the results or the error in a file, and ends."""
        try:
            self.work()
            found: Any = [asdict(result) for result in self.results]
        except BaseException as error:
            found = str(error)
        (self.claims / f"{os.getpid()}.json").write_text(json.dumps(found), encoding="utf-8")
        os._exit(0)

    def work(self) -> None:
        for job in self.claimed():
            started = time.perf_counter()
            found = getattr(self, job.kind)(job)
            for result in found:
                result.seconds = (time.perf_counter() - started) / len(found)
            self.results += found

    def claimed(self) -> Iterator[Job]:
        """The jobs of each bundle that no other process has begun."""
        for number, bundle in enumerate(self.bundles()):
            try:
                (self.claims / str(number)).touch(exist_ok=False)
            except FileExistsError:
                continue
            yield from bundle

    def bundles(self) -> list[list[Job]]:
        """All jobs, the long bundles first, the same in every process."""
        rounds, of_exercises = [], []
        for lesson in manifest.read_all(switch.finder.root):
            exercises = [e for e in lesson.exercises if e.id in self.only]
            if lesson.number in self.only:
                rounds.append([Job("page", lesson)])
            if not exercises:
                continue
            by_exercise = [audit_files.read(lesson, VARIANTS, e) for e in exercises]
            if self.with_reference:
                rounds.append([Job("reference", lesson)])
            for n in range(max(map(len, by_exercise))):
                rounds.append([Job("variants", lesson, [of_one[n] for of_one in by_exercise if n < len(of_one)])])
            for e in exercises:
                own = [Job("mistake", lesson, [a], e) for a in audit_files.read(lesson, MISTAKES, e)]
                core = [Job("core", lesson, [a], e) for a in audit_files.read(lesson, CORE, e)]
                of_exercises.append([Job("stub", lesson, exercise=e), *own, *core])
        return rounds + sorted(of_exercises, key=len, reverse=True)

    @staticmethod
    def exercise(lesson: Lesson, attempt: Attempt) -> Exercise:
        return next(e for e in lesson.exercises if e.id == attempt.exercise)

    def of_lesson(self, lesson: Lesson) -> list[pytest.Item]:
        """Its tests: all of them, also if only some exercises are examined, since a variant must pass them all."""
        return [item for e in lesson.exercises for item in self.items.get(e.id, [])]

    def once(self, lesson: Lesson) -> list[pytest.Item]:
        """The same, but a test that trains with one of its seeds only (`make test` runs them all)."""
        seeds = {}
        for item in self.of_lesson(lesson):
            trains = item.get_closest_marker("trains") is not None
            seeds.setdefault(item.originalname if trains else item.nodeid, item)
        return list(seeds.values())

    def reference(self, job: Job) -> list[Result]:
        failed = [item.name for item in self.once(job.lesson) if run(item).failed]
        problem = f"the reference fails {failed[0]} ({len(failed)} in all)" if failed else ""
        return [Result("reference", job.lesson.name, problem=problem)]

    def page(self, job: Job) -> list[Result]:
        """The Python blocks of the lesson's page run, and show what they say."""
        page = job.lesson.folder / "README.md"
        wrong = page_checks.wrong_blocks(page) if page.exists() else ""
        problem = f"{job.lesson.name}/README.md: {wrong}" if wrong else ""
        return [Result("page", job.lesson.name, job.lesson.number, problem=problem)]

    def stub(self, job: Job) -> list[Result]:
        """Every test of an exercise fails on its stub, and is counted as not written."""
        exercise = job.exercise
        result = Result("stub", job.lesson.name, exercise.id)
        text = (job.lesson.folder / exercise.file).read_text(encoding="utf-8")
        items = self.items.get(exercise.id, [])
        with placed(job.lesson, exercise, substitute.from_source(text, exercise, job.lesson)):
            for item in items:
                report = run(item)
                if getattr(report, "not_written", None) != exercise.id:
                    result.problem = f"{item.name} does not end in the stub's NotImplementedError"
                    break
        return [result]

    def mistake(self, job: Job) -> list[Result]:
        """Some test of its exercise fails, and a report names it; none names another."""
        (attempt,) = job.attempts
        result = Result("mistake", job.lesson.name, attempt.exercise, attempt.says)
        caught, why = [], ""
        code = audit_files.build(attempt, job.lesson)
        with placed(job.lesson, job.exercise, code):
            items = self.items.get(attempt.exercise, [])
            for item in list(items):
                report = run(item)
                if getattr(report, "not_written", None) or not report.failed:
                    continue
                caught.append(item)
                result.caught_by = result.caught_by or item.path.name
                why = getattr(report, "why", None) or ""
                if why:
                    first_of_its_suite(items, item)
                    break
        result.named = why == attempt.says
        if not caught:
            result.problem = f"{attempt.place} is not caught: all tests pass"
        elif why and not result.named:
            result.problem = f"{attempt.place} is taken for another mistake ({why!r}) in {caught[-1].name}"
        elif result.caught_by == BASIC and graded(caught[0]) and self.keeps_points(job, code):
            result.problem = f"{attempt.place} {KEEPS}"
        return [result]

    def keeps_points(self, job: Job, code: Any) -> bool:
        """Whether every basic test that would be graded passes with the mistake and a table of the visible answers."""
        number = job.exercise.id
        basic = [item for item in self.items[number] if item.path.name == BASIC and graded(item)]
        with unread(self.session, basic):
            if number not in self.tables:
                table = VisibleAnswers()
                self.tables[number] = table, table.hidden(basic, run)
            table, hidden = self.tables[number]
            with table.used(), placed(job.lesson, job.exercise, code):
                for item in hidden:
                    if run(item).failed:
                        first_of_its_suite(hidden, item)
                        return False
        return True

    def core(self, job: Job) -> list[Result]:
        """Every basic test of its exercise passes."""
        (attempt,) = job.attempts
        result = Result("core", job.lesson.name, attempt.exercise, attempt.says)
        items = [item for item in self.items.get(attempt.exercise, []) if item.path.name == BASIC]
        with placed(job.lesson, job.exercise, audit_files.build(attempt, job.lesson)):
            failed = next((item.name for item in items if run(item).failed), None)
        if failed:
            result.problem = f"{attempt.place} has all that the basic tests may ask for, but {failed} rejects it"
        return [result]

    def variants(self, job: Job) -> list[Result]:
        """The lesson's whole suites pass with these variants; each of their own if they do not."""
        results = [Result("variant", job.lesson.name, a.exercise, a.says) for a in job.attempts]
        with ExitStack() as stack:
            for attempt in job.attempts:
                place(stack, job.lesson, self.exercise(job.lesson, attempt), attempt)
            failed = [item for item in self.once(job.lesson) if run(item).failed]
        for attempt, result in zip(job.attempts, results, strict=True) if failed else ():
            with ExitStack() as stack:
                place(stack, job.lesson, self.exercise(job.lesson, attempt), attempt)
                own = [*failed, *self.items.get(attempt.exercise, [])]
                guilty = next((item.name for item in own if run(item).failed), None)
            if guilty:
                result.problem = f"{attempt.place} is right, but {guilty} rejects it"
        if failed and not any(r.problem for r in results):
            results[0].problem = f"variants that pass alone fail {failed[0].name} together, of {job.lesson.name}"
        return results


def place(stack: ExitStack, lesson: Lesson, exercise: Exercise, attempt: Attempt) -> None:
    stack.enter_context(substitute.in_place_of(lesson, exercise, audit_files.build(attempt, lesson)))


@contextmanager
def placed(lesson: Lesson, exercise: Exercise, code: Any):
    known_mistakes.start_over()
    with substitute.in_place_of(lesson, exercise, code):
        yield
    known_mistakes.start_over()


def exercise_of(item: pytest.Item) -> str:
    marker = item.get_closest_marker("exercise")
    return marker.args[0] if marker else ""


def first_of_its_suite(items: list[pytest.Item], item: pytest.Item) -> None:
    """Moves a quick test to the front of its suite: it may well catch the next mistake, too."""
    if not slow(item):
        items.remove(item)
        items.insert(0 if item.path.name == BASIC else sum(other.path.name == BASIC for other in items), item)


def slow(item: pytest.Item) -> bool:
    return item.get_closest_marker("trains") is not None or hasattr(item.obj, "hypothesis")


def graded(item: pytest.Item) -> bool:
    """Whether grading runs it, unless everything is run."""
    return not any(item.get_closest_marker(name) for name in ("trains", "desk"))


def run(item: pytest.Item) -> pytest.TestReport:
    """Runs one test; gives the report of its first phase that failed, else that of the call."""
    with patience():
        reports = runtestprotocol(item, log=False, nextitem=None)
    failed = [r for r in reports if r.failed]
    return failed[0] if failed else next(r for r in reports if r.when == "call" or r.skipped)


@contextmanager
def unread(session: pytest.Session, items: list[pytest.Item]):
    """While inside, nobody reads the items' reports or reasons, and none are made."""
    before = session.config.getoption("fulltrace", False)
    session.config.option.fulltrace = True
    for item in items:
        item.repr_failure = lambda error: ""
    yield
    session.config.option.fulltrace = before
    for item in items:
        del item.repr_failure


@contextmanager
def patience():
    """An attempt that hangs fails instead (where the system knows alarms)."""
    if not hasattr(signal, "SIGALRM"):
        yield
        return

    def give_up(number, frame):
        raise AssertionError(f"no end after {PATIENCE} seconds")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(PATIENCE)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def main(arguments: list[str]) -> None:
    out, claims, processes, *rest = arguments
    options, only = [a for a in rest if a.startswith("--")], [a for a in rest if not a.startswith("--")]
    known_mistakes.SECONDS, known_mistakes.WITH_JAX = SECONDS, 4 * SECONDS
    worker = Worker(Path(claims), int(processes), options, only)
    collect(set(only), worker)
    found = {"results": [asdict(r) for r in worker.results], "tests": worker.tests, "broken": worker.broken}
    Path(out).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
