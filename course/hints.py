"""`make hint EX=13.2`: the next of an exercise's three graded hints. Standard library only.

Which hints were given is kept in .progress.json, which may be deleted at any time.
"""

from __future__ import annotations

import json
import textwrap
from pathlib import Path

from course import manifest
from lab.errors import UsageError
from lab.files import write_text
from lab.switch import ROOT

FILE = ".progress.json"


def next_hint(exercise_id: str, root: Path = ROOT) -> str:
    """The text to show. After the last hint, all of them. Raises UsageError where there is no such exercise."""
    exercises = {e.id: (lesson, e) for lesson in manifest.read_all(root) for e in lesson.exercises}
    if exercise_id not in exercises:
        near = [i for i in exercises if i.split(".")[0] == exercise_id.split(".")[0]] or list(exercises)
        raise UsageError(f"there is no exercise {exercise_id!r}; say one of: {', '.join(near)}")
    lesson, exercise = exercises[exercise_id]
    state = _read(root / FILE)
    given = state["hints"].get(exercise_id, 0)
    count = len(exercise.hints)
    lines = [f"exercise {exercise.id}  {exercise.object}   {lesson.folder.relative_to(root) / exercise.file}"]
    for number, hint in enumerate(exercise.hints, 1):
        if number == given + 1 or given >= count:
            body = textwrap.fill(hint, 96, initial_indent="  ", subsequent_indent="  ", break_long_words=False)
            lines += [f"hint {number} of {count}", body]
    if given >= count:
        lines.append(f"These were all; the reference is in solutions/, at the same path ({exercise.file}).")
    elif given + 1 < count:
        lines.append(f"Once more, make hint EX={exercise.id}, and you get the next.")
    state["hints"][exercise_id] = min(given + 1, count)
    write_text(root / FILE, json.dumps(state, indent=1) + "\n")
    return "\n".join(lines)


def _read(path: Path) -> dict:
    """The kept state; an empty one where the file is away or cannot be read as ours."""
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
        hints = {k: v for k, v in state["hints"].items() if type(v) is int and v >= 0}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {"hints": {}}
    return {**state, "hints": hints}
