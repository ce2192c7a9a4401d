"""`make hint EX=13.2`: the next of an exercise's three graded hints. Standard library only.

Which hints were given is kept by `course.desk.progress`.
"""

from __future__ import annotations

import textwrap
from pathlib import Path

from course.base import manifest, student_bundle
from course.base.switch import ROOT
from course.desk import progress


def next_hint(exercise_id: str, root: Path = ROOT) -> str:
    """The text to show. After the last hint, all of them. Raises UsageError where there is no such exercise."""
    lesson, exercise = manifest.find_exercise(exercise_id, root)
    kept = progress.read(root)
    given = kept.hints.get(exercise_id, 0)
    count = len(exercise.hints)
    lines = [f"exercise {exercise.id}  {exercise.object}   {lesson.folder.relative_to(root) / exercise.file}"]
    for number, hint in enumerate(exercise.hints, 1):
        if number == given + 1 or given >= count:
            body = textwrap.fill(hint, 96, initial_indent="  ", subsequent_indent="  ", break_long_words=False)
            lines += [f"hint {number} of {count}", body]
    if given >= count:
        place = f"; make solution EX={exercise.id} FORCE=1 shows the reference"
        lines.append(f"These were all{'' if student_bundle.is_bundle() else place}.")
    elif given + 1 < count:
        lines.append(f"Once more, make hint EX={exercise.id}, and you get the next.")
    kept.hints[exercise_id] = min(given + 1, count)
    progress.write(kept, root)
    return "\n".join(lines)
