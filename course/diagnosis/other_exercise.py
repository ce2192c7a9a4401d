"""Whether a failed test is the fault of another exercise, which the code under test builds on.

The observations are made again with the reference of each of the learner's other exercises in place, one at a time. If
one of them, and only one, makes every answer that of a whole reference, the fault is there. To keep luck out, the
answers must be the same whenever they are asked for: without that reference wrong as before, with it right again.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from course.base import manifest, switch, time_limit
from course.base.manifest import Exercise, Lesson
from course.diagnosis import substitute
from course.diagnosis.same_answer import alike
from course.observe.observer import Observation, perform
from course.observe.report import Reason


def blamed(lesson: Lesson, exercise: Exercise, log: list[Observation], deadline: float) -> Reason | None:
    """The reason that names the other exercise, or None. May raise time_limit.TooLate after `deadline`,
    of time.process_time()."""
    others = builds_on(lesson, exercise)
    if not others:
        return None
    with right([*others, (lesson, exercise)]):
        wanted = answers(log, deadline)
    if all(map(alike, wanted, log)):
        return None

    def answers_right(exercises: list[tuple[Lesson, Exercise]]) -> bool:
        with right(exercises):
            return all(map(alike, wanted, answers(log, deadline)))

    guilty = [one for one in others if answers_right([one])]
    if len(guilty) != 1 or not all(map(alike, answers(log, deadline), log)) or not answers_right(guilty):
        return None
    ((_, other),) = guilty
    sentence = (
        f"Not the fault of your {exercise.object}: with the right {other.object} (exercise {other.id}) "
        "in its place all these calls come out right."
    )
    return Reason(other.id, sentence)


def builds_on(lesson: Lesson, exercise: Exercise) -> list[tuple[Lesson, Exercise]]:
    """The learner's other exercises, of this lesson and of those before it."""
    lessons = [one for one in manifest.read_all(lesson.root) if one.name in sys.modules and one.number <= lesson.number]
    right_already = {exercise.id} | switch.finder.from_solutions(os.environ.get("SOLUTION", ""))
    return [(one, e) for one in lessons for e in one.exercises if not {one.name, e.id} & right_already]


@contextmanager
def right(exercises: list[tuple[Lesson, Exercise]]) -> Iterator[None]:
    """While inside, the reference of these exercises stands in their places, put there in their order."""
    with ExitStack() as stack:
        for lesson, exercise in exercises:
            stack.enter_context(substitute.in_place_of(lesson, exercise, substitute.reference(lesson, exercise)))
        yield


def answers(log: list[Observation], deadline: float) -> list[Observation]:
    """What the calls of `log` give now."""
    found = []
    for seen in log:
        if time.process_time() >= deadline:
            raise time_limit.TooLate
        try:
            with time_limit.may_ring():
                found.append(Observation(seen.request, perform(seen.request), seen.match))
        except Exception as error:
            found.append(Observation(seen.request, error.with_traceback(None), seen.match))
    return found
