"""Which failures are another exercise's: with that one's mistake put into the reference, the reference fails alike.

At a desk `course.diagnosis.other_exercise` asks this the other way round, with the right answer in the place of the learner's. Here the
submission and the reference never meet, so that only the consequences of recognised mistakes are found.
"""

from __future__ import annotations

from collections.abc import Sequence

from course.base import time_limit
from course.base.manifest import Exercise, Lesson
from course.diagnosis import substitute
from course.diagnosis.known_mistakes import Candidate
from course.diagnosis.same_answer import alike
from course.observe.observer import Observation, perform
from course.observe.report import Reason


def cause_of(
    lesson: Lesson, log: list[Observation], mistakes: Sequence[tuple[Exercise, Candidate]]
) -> Reason | None:
    """The one exercise whose recognised mistake explains all of `log`, what another exercise's failed tests observed;
    None if none does, or more than one."""
    guilty = [exercise for exercise, mistake in mistakes if log and _explains(lesson, exercise, mistake, log)]
    if len(guilty) != 1:
        return None
    sentence = (
        f"This follows from your {guilty[0].object} (exercise {guilty[0].id}): with its mistake in it, the right "
        "answer to this exercise fails in just the same way. Mend that one first."
    )
    return Reason(guilty[0].id, sentence)


def _explains(lesson: Lesson, exercise: Exercise, mistake: Candidate, log: list[Observation]) -> bool:
    with substitute.in_place_of(lesson, exercise, mistake.code):
        return all(alike(_again(seen), seen) for seen in log)


def _again(seen: Observation) -> Observation:
    try:
        with time_limit.may_ring():
            return Observation(seen.request, perform(seen.request), seen.match)
    except Exception as error:
        return Observation(seen.request, error.with_traceback(None), seen.match)
