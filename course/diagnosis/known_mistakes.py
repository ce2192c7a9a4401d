"""Names the known mistake behind a failed test, or stays silent.

The observations that the failed test made are made again of every known mistake of its exercise. A mistake is
named if it answers each of them as the learner's code did (values, gradients, errors), if no other does, and if
nothing in the exercise's other quick tests speaks against it: a mistake that would show there, where the learner's
answer is the reference's, is not the learner's. If there is no time for all of these tests, no mistake is named. Nor is
one with which the test passes as soon as all that the code builds on is right.
With two errors at once the learner's answers elsewhere may be neither; they then speak for nobody, but an answer that
only one of several candidates gives decides for it.
If no mistake answers just so, float32 and float64 count as the same: a `.float()` must not hide what is really wrong.
If no mistake of its own explains it, the cause may be an exercise that the code builds on
(`course.diagnosis.other_exercise`).
"""

from __future__ import annotations

import contextlib
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from course.base import manifest, time_limit
from course.base.attempt import Attempt
from course.base.manifest import Exercise, Lesson
from course.diagnosis import audit_files, other_exercise, repeat_tests, substitute
from course.diagnosis.same_answer import alike
from course.observe import jax_arrays
from course.observe.observer import Answer, Observation, perform
from course.observe.report import Reason

SECONDS = 1.0  # of this process's computing, after a failed test: a busy machine finds the same, only later
WITH_JAX = 10.0  # the same, where each mistake must be compiled first
REFERENCE = "reference"


@dataclass
class Candidate:
    """A known mistake, ready to be put in the place of the learner's code."""

    attempt: Attempt
    code: Any


class Case:
    """One exercise as it stands in this process: its known mistakes, and what its tests observe of it."""

    def __init__(self, lesson: Lesson, exercise: Exercise):
        self.lesson, self.exercise = lesson, exercise
        found = audit_files.read(lesson, audit_files.MISTAKES, exercise)
        self.candidates = [Candidate(a, audit_files.build(a, lesson)) for a in found]
        unchanged = Attempt(REFERENCE, 0)
        self.reference = Candidate(unchanged, substitute.reference(lesson, exercise)) if found else None
        self.elsewhere: list[list[Observation]] = []  # a list for each test
        self._others: Iterator[list[Observation]] | None = None  # what other tests observe, as far as not yet looked at
        self._answers: dict[tuple, Answer | Exception] = {}  # what a candidate answered to a call; it always will

    def outcome(self, candidate: Candidate, seen: Observation) -> Observation:
        """What the candidate answers to the same call."""
        request = seen.request
        key = (id(candidate), request.name, request.arguments, request.grad_of)
        if key not in self._answers:
            with substitute.in_place_of(self.lesson, self.exercise, candidate.code):
                try:
                    with time_limit.may_ring():
                        self._answers[key] = perform(request)
                except Exception as error:
                    self._answers[key] = error.with_traceback(None)
        return Observation(request, self._answers[key], seen.match)

    def others_are(self, observed: Iterator[list[Observation]]) -> None:
        """What the exercise's other tests have observed is known; none is run."""
        self.elsewhere, self._others = [], observed

    def start_over(self) -> None:
        """Other code is in the exercise's place now."""
        self.elsewhere, self._others = [], None

    def further(self, item: pytest.Item) -> Iterator[list[Observation]]:
        """What the exercise's other tests observe, a test at a time; kept for the next failure."""
        yield from list(self.elsewhere)
        if self._others is None:
            self._others = map(repeat_tests.observations_of, repeat_tests.same_exercise(item))
        for observed in self._others:
            found = [seen for seen in observed if not isinstance(seen.outcome, NotImplementedError)]
            if found:  # else what the exercise builds on is not written yet
                self.elsewhere.append(found)
                yield self.elsewhere[-1]


_cases: dict[tuple[str, str], Case] = {}


def forget() -> None:
    """Drops all that is known."""
    _cases.clear()


def start_over() -> None:
    """Drops what is known of the code in use; for the audit, which puts other code there."""
    for case in _cases.values():
        case.start_over()


def why(item: pytest.Item, log: list[Observation], seconds: float | None = None) -> Reason | None:
    """The one known mistake, or the one other exercise, that explains `log`: the observations of the failed test
    `item`. None if there is none, or more than one."""
    marker = item.get_closest_marker("exercise")
    if marker is None or not log:
        return None
    if seconds is None:
        seconds = WITH_JAX if jax_arrays.takes(log[-1].request.function) else SECONDS
    lesson = manifest.read(item.path.parent.parent)
    exercise = next((e for e in lesson.exercises if e.id == marker.args[0]), None)
    if exercise is None:
        return None
    with warnings.catch_warnings():  # those of a mistake's code are not the learner's
        warnings.simplefilter("ignore")
        try:
            if (lesson.name, exercise.id) not in _cases:
                _cases[lesson.name, exercise.id] = Case(lesson, exercise)
            with contextlib.suppress(time_limit.TooLate), time_limit.computing(seconds):
                deadline = time.process_time() + seconds
                if found := named(_cases[lesson.name, exercise.id], item, list(log), deadline):
                    return Reason(exercise.id, found)
            # Seconds of its own: where the calls are slow, trying all the mistakes has used up the first.
            with time_limit.computing(seconds):
                return other_exercise.blamed(lesson, exercise, list(log), time.process_time() + seconds)
        except (Exception, SystemExit, time_limit.TooLate):  # a learner's file may do anything; no report must fail
            return None


def named(case: Case, item: pytest.Item, log: list[Observation], deadline: float) -> str | None:
    """The mistake's sentence, or None. deadline: of time.process_time()."""
    if log[-1].seconds * len(case.candidates) > deadline - time.process_time():
        return None

    def answers_so(candidate: Candidate, dtypes: bool) -> bool:
        for seen in log[::-1]:  # the last one first: it is the one that failed, and tells most candidates apart
            if time.process_time() >= deadline:
                raise time_limit.TooLate
            if not alike(case.outcome(candidate, seen), seen, dtypes):
                return False
        return True

    for dtypes in (True, False):
        if left := [candidate for candidate in case.candidates if answers_so(candidate, dtypes)]:
            break
    if not left or answers_so(case.reference, dtypes):
        return None  # where the learner's answers are the reference's, they are nobody's mistake
    for further in case.further(item):
        if not left:
            return None
        for seen in further:
            if time.process_time() >= deadline:
                raise time_limit.TooLate
            left = _agreeing(case, left, seen)
    if len({c.attempt.says for c in left}) != 1 or not _fails_alone(case, left[0].attempt, item, log, deadline):
        return None
    return left[0].attempt.says


def _fails_alone(case: Case, attempt: Attempt, item: pytest.Item, log: list[Observation], deadline: float) -> bool:
    """Whether the test fails with this mistake if the learner's other exercises are right. A test that draws its inputs
    is not run again: it fails with the answers in `log`."""
    others = other_exercise.builds_on(case.lesson, case.exercise)
    if not others:
        return True
    with other_exercise.right(others):
        code = audit_files.build(attempt, case.lesson)  # made now, so that it finds the right others beside it
        with substitute.in_place_of(case.lesson, case.exercise, code):
            if repeat_tests.is_quick(item):
                return not repeat_tests.passes(item)
            return all(map(alike, other_exercise.answers(log, deadline), log))


def _agreeing(case: Case, candidates: list[Candidate], seen: Observation) -> list[Candidate]:
    """Those who answer as the learner's code did, where that is right or some do; else all."""
    if not candidates:
        return []
    for dtypes in (True, False):
        agree = [c for c in candidates if alike(case.outcome(c, seen), seen, dtypes)]
        if agree or alike(seen, case.outcome(case.reference, seen), dtypes):
            return agree
    return candidates
