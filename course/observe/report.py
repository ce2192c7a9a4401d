"""The short report under a failed test: which exercise, what was called, what came back, what was expected."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from course.base import manifest
from course.base.manifest import Exercise
from course.base.object_spec import Spec
from course.observe.value_text import WIDTH, short, whole


class Mismatch(AssertionError):
    """What was observed is not what the exercise asks for. Its text is the report's body."""


@dataclass
class Problem:
    """The parts of a report; empty ones are left out."""

    called: str = ""
    that_is: str = ""  # what a scenario that was called does
    got: str = ""
    expected: str = ""
    first_difference: str = ""
    says: str = ""

    def lines(self) -> list[str]:
        parts = [
            *(("" if i else "called", text) for i, text in enumerate(wrapped(self.called))),
            *(("" if i else "that is", text) for i, text in enumerate(textwrap.wrap(self.that_is, WIDTH))),
            ("got", self.got),
            ("expected", self.expected),
            ("differs", self.first_difference),
            ("says", self.says),
        ]
        return [f"  {label:<9}{text}" for label, text in parts if text]


LINES = 4  # of a call, if it can be done
BREAKS = (r"(?<=,) (?=\w+=)", r"(?<=[\])}],) ", r"(?<=,) ")  # between arguments; after a row; between numbers


def wrapped(text: str) -> list[str]:
    """A call in lines of at most WIDTH characters, broken within an argument only where there is no room otherwise."""
    lines = _filled(_breakable(text, BREAKS))
    return lines if len(lines) <= LINES else _filled(re.split(BREAKS[-1], text))


def _filled(parts: Iterable[str]) -> list[str]:
    lines = [""]
    for part in parts:
        if lines[-1] and len(lines[-1]) + 1 + len(part) > WIDTH:
            lines.append("")
        lines[-1] += f" {part}" if lines[-1] else part
        while len(lines[-1]) > WIDTH:  # a long text
            lines[-1:] = [lines[-1][:WIDTH], lines[-1][WIDTH:]]
    return lines


def _breakable(text: str, breaks: Sequence[str]) -> list[str]:
    if len(text) <= WIDTH or not breaks:
        return [text]
    return [p for part in re.split(breaks[0], text) for p in _breakable(part, breaks[1:])]


def call_text(name: str, arguments: dict[str, Any], dtypes: bool = False) -> str:
    """`compute_grpo_loss(log_probs=[-1, -2], rewards=[1, 0], beta=0.5)`. With `dtypes`, or where numbers of several
    precisions or of half precision are given, behind each array its dtype."""
    kinds = {name: kind for name, value in arguments.items() if (kind := _precision(value))}
    shown = (
        kinds if dtypes or len(set(kinds.values())) > 1 or not {"float32", "float64"}.issuperset(kinds.values()) else {}
    )
    room = max(24, (2 * WIDTH) // max(1, len(arguments)))
    for most in (3 * WIDTH, 2 * WIDTH, WIDTH, 0):  # settings are shown whole: the cause may be in them
        texts = {k: (_setting(v) and whole(v, most)) or short(v, room) for k, v in arguments.items()}
        inner = (f"{k}={with_dtype(text, shown[k], ' ') if k in shown else text}" for k, text in texts.items())
        text = f"{name}({', '.join(inner)})"
        if len(wrapped(text)) <= LINES:
            break
    return text


def with_dtype(text: str, dtype: str, between: str = ", ") -> str:
    """`text`, a value, with its dtype behind it, where that does not stand there already."""
    return text if text.endswith(dtype) else f"{text}{between}{dtype}"


def _setting(value: Any) -> bool:
    """Whether it is made of numbers and texts alone, and of no long list."""
    if isinstance(value, dict):
        return all(map(_setting, value.values()))
    if isinstance(value, (list, tuple)):
        return len(value) <= 8 and all(map(_setting, value))
    return not isinstance(value, (torch.Tensor, Spec))


def _precision(value: Any) -> str | None:
    if isinstance(value, torch.Tensor) and (value.is_floating_point() or value.is_complex()):
        return str(value.dtype).removeprefix("torch.")
    return value.dtype if isinstance(value, Spec) else None


def headline(exercise: Exercise | None, file: str, line: int | None) -> str:
    """ "exercise 13.2  compute_grpo_loss                loss/grpo.py:31"."""
    title = f"exercise {exercise.id}  {exercise.object}" if exercise else "this test"
    place = f"{file}:{line}" if line else file
    return f"{title:<52} {place}".rstrip()


def exercise_by_id(lesson_folder: Path, number: str) -> Exercise | None:
    return next((e for e in manifest.read(lesson_folder).exercises if e.id == number), None)
