"""Keeps the references of earlier lessons out of what a student reads.

The worker of lesson 15 holds the references of lessons 1 to 14, because lesson 15 calls them. Code in that worker can
read them and hide their text in anything that it answers: an error's message, a string, the digits of a tensor. The
student could then hand it in for an earlier lesson. So the questions behind each report are asked again, of a worker
that holds stubs in place of those references. If all answers are the same, they tell nothing about the references,
and the report stays as it is. If not, it keeps only what the tests chose: the call, the test, and the known mistake,
with the kind of an error and one line of the student's own file.
"""

from __future__ import annotations

import ast
import builtins
import re
from dataclasses import replace
from pathlib import Path

from course.observe.report import Report
from grader.judge.lesson_grading import LessonGrading
from grader.judge.remote_observer import Unanswered
from grader.judge.submission_worker import SubmissionWorker
from grader.judge.test_run import TestRun
from grader.results import BASIC, DIED, FAILED, NOT_GRADABLE, TIMEOUT, ExerciseResult

NOT_SHOWN = (
    "what your code answered is not shown, because it may depend on the course's own code of an earlier lesson; "
    "`make check` shows it at your desk"
)
ANSWERED = (FAILED, BASIC, TIMEOUT, DIED)  # reports of these statuses may show answers
SHARE = 8  # of the time that all calls of a lesson may take, the part in which they are asked again


def withhold(grading: LessonGrading, found: list[ExerciseResult], worker: SubmissionWorker) -> None:
    """Changes the reports in `found`. `worker`: one with stubs in place of earlier lessons."""
    worker.seconds_left = worker.limits.lesson / SHARE
    for exercise, result in zip(grading.lesson.exercises, found, strict=True):
        if problem := grading.import_problems.get(exercise.file):
            if problem.status == NOT_GRADABLE and not imports_the_same(worker, exercise.file, grading.texts, problem):
                message = f"{kind_of_error(str(problem))} while the file was imported: {NOT_SHOWN}"
                result.report = replace(result.report, message=message, places=own_line(problem.places, grading.texts))
        elif result.status in ANSWERED and exercise.id in grading.shown and not result.extra:
            run = grading.shown[exercise.id]
            same = count_same(worker, run)
            if same < len(run.asked):
                result.report = without_answers(result.report, run, same, grading.texts)


def imports_the_same(worker: SubmissionWorker, file: str, texts: dict[str, bytes | None], expected: Unanswered) -> bool:
    """Whether importing a file ends there as it did beside the references."""
    usual = worker.files
    worker.stop()
    worker.files = dict(texts)
    found = worker.import_problem(file)
    worker.stop()
    worker.files = usual
    return found is not None and (found.status, found.args, found.places) == (
        expected.status,
        expected.args,
        expected.places,
    )


def count_same(worker: SubmissionWorker, run: TestRun) -> int:
    """How many answers of a test, from the first one on, the worker gives again, byte for byte."""
    for number, (asked, answered) in enumerate(zip(run.asked, run.answered, strict=True)):
        try:
            if worker.ask(asked, worker.limits.call) != answered:
                return number
        except Unanswered:
            return number
    return len(run.asked)


def without_answers(report: Report, run: TestRun, same: int, texts: dict[str, bytes | None]) -> Report:
    """The report without anything that an answer decided. `same`: how many of the test's answers are harmless."""
    kept = Report(report.exercise, report.object, report.where, test=report.test, why=report.why, next=report.next)
    if run.trouble is not None:
        kept.message = report.message  # the judge's own words
        return kept
    if same == len(run.asked) - 1:  # what is asked may depend on earlier answers, and these are harmless
        kept.call, kept.scenario = report.call, report.scenario
    says = report.message if report.message in texts_of(run.item.path) else ""
    kept.message = f"{says}; {NOT_SHOWN}" if says else NOT_SHOWN
    kept.raised = kind_of_error(report.raised) if report.raised else ""
    kept.stopped = report.stopped
    kept.places = own_line(report.places, texts)
    return kept


def texts_of(path: Path) -> set[str]:
    """The texts that a test file contains as they are."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def kind_of_error(text: str) -> str:
    """The name before the colon, if it is one of Python's own errors: a submission chooses the others."""
    kind = getattr(builtins, text.partition(":")[0], None)
    return kind.__name__ if isinstance(kind, type) and issubclass(kind, BaseException) else "an error"


def own_line(places: list[str], texts: dict[str, bytes | None]) -> list[str]:
    """The innermost place, if it is in one of the submission's own files; the line's text is read from that file."""
    match = re.match(r"([\w/]+\.py):(\d{1,6})(?!\d)", places[-1]) if places else None
    lines = (texts.get(match[1]) or b"").decode("utf-8", "replace").splitlines() if match else []
    return [f"{match[0]}  {lines[int(match[2]) - 1].strip()}"] if match and 0 < int(match[2]) <= len(lines) else []
