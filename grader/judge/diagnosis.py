"""Why tests failed: which known mistake answers the same, or which other exercise's mistake has the same effect.

As at a desk (`course.diagnosis`), except that nothing of the submission is run again, and that the submission and the
reference never meet: only the effects of recognised mistakes are found in other exercises.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from course.base import time_limit
from course.base.manifest import Exercise, Lesson
from course.diagnosis import known_mistakes, repeat_tests, substitute
from course.diagnosis.known_mistakes import Candidate, Case
from course.diagnosis.same_answer import alike
from course.observe.observer import Observation, perform
from course.observe.report import Reason
from grader.judge.test_run import TestRun

TESTS = 5  # failed tests that are looked at for the mistake behind them, one after the other


class Diagnosis:
    """Of one lesson of one submission. `cases` holds the known mistakes of exercises, and is kept between submissions.

    A look may take so many `seconds`; with 0 nobody looks. Known mistakes are run in it, on arguments that no audit has
    tried. Whatever they do, no reason is better than no grade."""

    def __init__(self, lesson: Lesson, cases: dict[str, Case], seconds: float):
        self.lesson, self.cases, self.seconds = lesson, cases, seconds
        self.recognised: list[tuple[Exercise, Candidate]] = []

    def known_mistake(
        self, exercise: Exercise, wrong: list[TestRun], runs: list[TestRun]
    ) -> tuple[TestRun, str] | None:
        """The first of the failed tests (`wrong`) that tells the mistake from others, and what the mistake is."""
        found = self._look(self._known_mistake, exercise, wrong[:TESTS], runs)
        if found:
            candidates = self.cases[exercise.id].candidates
            self.recognised += [(exercise, c) for c in candidates if c.attempt.says == found[1]]
        return found

    def _known_mistake(
        self, exercise: Exercise, wrong: list[TestRun], runs: list[TestRun]
    ) -> tuple[TestRun, str] | None:
        if exercise.id not in self.cases:
            self.cases[exercise.id] = Case(self.lesson, exercise)
        case = self.cases[exercise.id]
        deadline = time.process_time() + self.seconds
        for run in wrong:
            quick = set(repeat_tests.same_exercise(run.item))
            others = [r for r in runs if r.item in quick]
            case.others_are(r.observations() for r in others if r.verdict is not None)
            if says := known_mistakes.named(case, run.item, run.observations(), deadline):
                return run, says
        return None

    def other_exercise(self, failed: list[TestRun]) -> Reason | None:
        """The one exercise whose recognised mistake explains all that these tests of another exercise observed; None
        if none does, or more than one."""
        if not self.recognised:
            return None
        return self._look(self._other_exercise, [seen for run in failed for seen in run.observations()])

    def _other_exercise(self, log: list[Observation]) -> Reason | None:
        guilty = [exercise for exercise, mistake in self.recognised if log and self._explains(exercise, mistake, log)]
        if len(guilty) != 1:
            return None
        sentence = (
            f"This follows from your {guilty[0].object} (exercise {guilty[0].id}): with its mistake in it, the right "
            "answer to this exercise fails in just the same way. Fix that one first."
        )
        return Reason(guilty[0].id, sentence)

    def _explains(self, exercise: Exercise, mistake: Candidate, log: list[Observation]) -> bool:
        """Whether the reference answers the same once the mistake is in the other exercise."""
        with substitute.in_place_of(self.lesson, exercise, mistake.code):
            return all(alike(_again(seen), seen) for seen in log)

    def _look(self, look: Callable[..., Any], *arguments: Any) -> Any:
        if not self.seconds:
            return None
        try:
            with time_limit.computing(self.seconds):
                return look(*arguments)
        except (Exception, SystemExit, time_limit.TooLate):
            return None


def _again(seen: Observation) -> Observation:
    try:
        with time_limit.may_ring():
            return Observation(seen.request, perform(seen.request), seen.match)
    except Exception as error:
        return Observation(seen.request, error.with_traceback(None), seen.match)
