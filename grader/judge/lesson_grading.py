"""Grades one lesson of one submission: runs each exercise's tests, and turns how they end into results and reports."""

from __future__ import annotations

import ast
import contextlib
from dataclasses import replace

import pytest

from course.base import not_written
from course.base.manifest import Exercise
from course.desk import exercise_code
from course.observe import make_report
from course.observe.format_call import describe_call
from course.observe.report import Reason, Report
from grader import results
from grader.intake import submission
from grader.judge import remote_observer
from grader.judge.diagnosis import Diagnosis
from grader.judge.submission_worker import SubmissionWorker, stub_of
from grader.judge.test_run import TestRun, TestRunner
from grader.results import ExerciseResult


class LessonGrading:
    """`tests`: those that count, by exercise. `problems`: why files of the submission cannot be graded."""

    def __init__(
        self,
        worker: SubmissionWorker,
        runner: TestRunner,
        diagnosis: Diagnosis,
        tests: dict[str, list[pytest.Item]],
        problems: dict[str, str],
    ):
        self.worker, self.runner, self.diagnosis = worker, runner, diagnosis
        self.lesson, self.tests, self.problems = worker.lesson, tests, problems
        self.import_problems: dict[str, remote_observer.Unanswered] = {}
        self.runs: dict[str, list[TestRun]] = {}
        self.shown: dict[str, TestRun] = {}  # the test that an exercise's report is about
        self.texts = dict(worker.files)  # as handed in; the worker gets stubs for those that cannot be imported

    def results(self) -> list[ExerciseResult]:
        if any(text is not None for text in self.worker.files.values()):
            self.import_problems = self.worker.import_files()
        found = [self.exercise(exercise) for exercise in self.lesson.exercises]
        for exercise, result in zip(self.lesson.exercises, found, strict=True):
            if result.status in (results.FAILED, results.BASIC) and not result.why and not result.follows:
                # Mistakes of later exercises are known now, too.
                failed = [run for run in self.runs[exercise.id] if run.verdict is not None and not run.passed]
                if cause := self.diagnosis.other_exercise(failed):
                    self.follow(result, result.report, cause)
        return found

    def exercise(self, exercise: Exercise) -> ExerciseResult:
        basic, advanced = self.suites(exercise)
        found = ExerciseResult(exercise.id, exercise.points, 0, results.FAILED, tests=len(basic))
        found.hardening, found.hardening_tests = exercise.hardening, len(advanced)
        text = self.worker.files[exercise.file]
        if text is None:
            self.explain_missing_file(exercise, found)
            return found
        runs = self.runs[exercise.id] = []
        for item in basic + advanced:
            runs.append(self.runner.run(item))
            if runs[-1].trouble is not None:
                break  # what it could still earn is lost; the rest might hang, too
            if ended_in(runs[-1]) == exercise.id and self.is_untouched(exercise):
                break  # so would all others
        found.passed = sum(run.passed for run in runs if run.item in basic)
        found.hardening_passed = sum(run.passed for run in runs if run.item in advanced)
        failed = [run for run in runs if not run.passed]
        # Hardening is decided only if the basic tests pass.
        decisive = [run for run in failed if run.item in basic] or failed
        faults = [run.grader_fault for run in decisive if run.grader_fault]
        if not basic or (faults and len(faults) == len(decisive)):
            found.status, found.earned = results.GRADER_ERROR, None
            found.report = Report(message=faults[0] if faults else "no basic test of the course is about this exercise")
            return found
        if found.passed == len(basic):
            found.status, found.earned = results.PASSED, exercise.points
            found.hardening_earned = 0 if failed else exercise.hardening
        if failed:
            self.explain(exercise, found, [run for run in failed if not run.grader_fault])
            found.status = results.BASIC if found.earned else found.status
        return found

    def suites(self, exercise: Exercise) -> tuple[list[pytest.Item], list[pytest.Item]]:
        """The tests that decide about the exercise's points, and about its hardening. If no exercise of the lesson has
        hardening points, all tests decide about the points."""
        items = self.tests.get(exercise.id, [])
        if not any(e.hardening for e in self.lesson.exercises):
            return items, []
        advanced = [item for item in items if item.path.name == "advanced_test.py"]
        return [item for item in items if item not in advanced], advanced if exercise.hardening else []

    # --- why an exercise has no points ---------------------------------------------------------------------------

    def explain_missing_file(self, exercise: Exercise, found: ExerciseResult) -> None:
        problem = self.import_problems.get(exercise.file)
        found.status = problem.status if problem else results.NOT_GRADABLE
        why = str(problem) if problem else self.problems.get(exercise.file, "")
        if found.status in (results.TIMEOUT, results.DIED):
            why = f"while the file was imported: {why}"
        if why in ("", submission.MISSING):
            why = "the file was not handed in"
        places = problem.places if problem else []
        found.report = replace(make_report.of_exercise(exercise), message=why, places=places)

    def explain(self, exercise: Exercise, found: ExerciseResult, failed: list[TestRun]) -> None:
        """Fills in status, report and reason of an exercise whose tests have `failed`."""
        wrong = [run for run in failed if run.verdict is not None and not run.verdict.not_written]
        last = failed[-1]  # after a trouble no test was run any more
        self.shown[exercise.id] = wrong[0] if wrong else last
        if wrong:
            self.explain_wrong(exercise, found, wrong)
        elif last.trouble is not None:
            found.status, found.report = last.trouble.status, self.head(exercise)
            if last.unanswered_request:
                found.report.call = describe_call(remote_observer.request_in(last.unanswered_request))
            found.report.message = str(last.trouble)
            found.report.test = f"{last.item.path.name}  {last.item.name}"
        else:
            self.explain_unwritten(exercise, found, failed[0].verdict.not_written)

    def explain_wrong(self, exercise: Exercise, found: ExerciseResult, wrong: list[TestRun]) -> None:
        runs, where = self.runs[exercise.id], self.head(exercise).where
        failed = [run for run in runs if run.verdict is not None and not run.passed and not run.grader_fault]
        # First, since it is quick: all of the exercise's own known mistakes would be tried in vain.
        if cause := self.diagnosis.other_exercise(failed):
            self.follow(found, replace(wrong[0].verdict.report, where=where), cause)
            return
        shown, found.why = self.diagnosis.known_mistake(exercise, wrong, runs) or (wrong[0], None)
        self.shown[exercise.id] = shown
        found.report = replace(shown.verdict.report, where=where, why=found.why or "", next=exercise.id)

    def follow(self, found: ExerciseResult, report: Report, cause: Reason) -> None:
        """Reports that an exercise fails because of another one's mistake."""
        found.follows = cause.exercise
        found.report = replace(report, why=cause.sentence, next=cause.exercise)

    def explain_unwritten(self, exercise: Exercise, found: ExerciseResult, ended_in: str) -> None:
        """Its tests end in a stub: its own, or that of another exercise that it calls."""
        found.report = make_report.of_exercise(exercise)
        other = next((e for e in self.lesson.exercises if e.id == ended_in), exercise)
        if other is exercise or self.has_stub(exercise) or not self.has_stub(other):
            found.status = results.NOT_WRITTEN
            return
        found.status, found.follows = results.BLOCKED, other.id
        why = "could not be graded" if self.worker.files[other.file] is None else "is not written"
        found.report.message = (
            f"it calls {other.object} (exercise {other.id}), which {why}: there is nothing to test this one with"
        )

    def is_untouched(self, exercise: Exercise) -> bool:
        """Whether the code of the exercise's object in the file is the stub's."""
        texts = (self.worker.files[exercise.file], stub_of(self.lesson.folder, exercise.file))
        own, stub = (code_of(text, exercise) for text in texts)
        return own is not None and own == stub

    def has_stub(self, exercise: Exercise) -> bool:
        """Whether the worker has a stub in the place of the exercise: the one handed in, or one for a missing name."""
        text = (self.worker.files[exercise.file] or b"").decode("utf-8", "replace")
        return not_written.has_stub(text, exercise) or exercise.object.partition(".")[0] not in text

    def head(self, exercise: Exercise) -> Report:
        """A report with the exercise and its line."""
        return make_report.of_exercise(exercise, line_of(self.worker.files[exercise.file], exercise))


def ended_in(run: TestRun) -> str:
    """The exercise in whose stub a test ended; "" if it did not."""
    return run.verdict.not_written if run.verdict is not None else ""


WRONG_TEXT = (SyntaxError, ValueError, StopIteration, RecursionError, MemoryError)  # what no tree can be made of


def code_of(text: bytes | None, exercise: Exercise) -> list[str] | None:
    """The statements of the exercise's object without docstrings; None if it cannot be found."""
    with contextlib.suppress(*WRONG_TEXT):
        body = exercise_code.definition(ast.parse(text or b""), exercise).body
        docstrings = [n for n in body if isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant)]
        return [ast.dump(node) for node in body if node not in docstrings]
    return None


def line_of(text: bytes | None, exercise: Exercise) -> int | None:
    """The number of the line at which the exercise's object begins; None if it cannot be found."""
    with contextlib.suppress(*WRONG_TEXT):
        return exercise_code.definition(ast.parse(text or b""), exercise).lineno
    return None
