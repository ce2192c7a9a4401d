"""Whether a failed test is the fault of another exercise, which the code under test builds on.

The observations are made again with the reference of each of the learner's other exercises in place, one at a time. If
one of them, and only one, makes every answer that of a whole reference, the fault is there.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import ExitStack

from course.base import manifest, switch, time_limit
from course.base.manifest import Exercise, Lesson
from course.diagnosis import substitute
from course.diagnosis.same_answer import alike
from course.observe.observer import Observation, perform
from course.observe.report import Reason


def blamed(lesson: Lesson, exercise: Exercise, log: list[Observation], deadline: float) -> Reason | None:
    """The reason that names the other exercise, or None. May raise time_limit.TooLate after `deadline`,
    of time.process_time()."""
    lessons = [one for one in manifest.read_all(lesson.root) if one.name in sys.modules and one.number <= lesson.number]
    right_already = {exercise.id} | switch.finder.from_solutions(os.environ.get("SOLUTION", ""))
    others = [(one, e) for one in lessons for e in one.exercises if not {one.name, e.id} & right_already]
    if not others:
        return None
    right = _answers(log, [*others, (lesson, exercise)], deadline)
    if all(map(alike, right, log)):
        return None
    guilty = [(one, other) for one, other in others if all(map(alike, right, _answers(log, [(one, other)], deadline)))]
    if len(guilty) != 1:
        return None
    ((_, other),) = guilty
    sentence = (
        f"Not the fault of your {exercise.object}: with the right {other.object} (exercise {other.id}) "
        "in its place all these calls come out right."
    )
    return Reason(other.id, sentence)


def _answers(log: list[Observation], replaced: list[tuple[Lesson, Exercise]], deadline: float) -> list[Observation]:
    """What is observed with the reference of these exercises, in their order, in place."""
    found = []
    with ExitStack() as stack:
        for lesson, exercise in replaced:
            stack.enter_context(substitute.in_place_of(lesson, exercise, substitute.reference(lesson, exercise)))
        for seen in log:
            if time.process_time() >= deadline:
                raise time_limit.TooLate
            try:
                with time_limit.may_ring():
                    found.append(Observation(seen.request, perform(seen.request), seen.match))
            except Exception as error:
                found.append(Observation(seen.request, error.with_traceback(None), seen.match))
    return found
