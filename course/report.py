"""The short report under a failed test: which exercise, what was called, what came back, what was expected."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from course import manifest
from course.manifest import Exercise
from course.values import WIDTH, short
from lab.spec import Spec


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
            ("called", self.called),
            *(("that is" if i == 0 else "", text) for i, text in enumerate(textwrap.wrap(self.that_is, WIDTH))),
            ("got", self.got),
            ("expected", self.expected),
            ("differs", self.first_difference),
            ("says", self.says),
        ]
        return [f"  {label:<9}{text}" for label, text in parts if text]


def call_text(name: str, arguments: dict[str, Any], dtypes: bool = False) -> str:
    """`compute_grpo_loss(log_probs=[-1, -2], rewards=[1, 0], beta=0.5)`. With `dtypes`, or where numbers of several
    precisions or of half precision are given, behind each array its dtype."""
    room = max(24, (2 * WIDTH) // max(1, len(arguments)))
    kinds = {name: kind for name, value in arguments.items() if (kind := _precision(value))}
    shown = (
        kinds if dtypes or len(set(kinds.values())) > 1 or not {"float32", "float64"}.issuperset(kinds.values()) else {}
    )
    texts = (
        f"{k}={with_dtype(short(v, room), shown[k], ' ') if k in shown else short(v, room)}"
        for k, v in arguments.items()
    )
    return f"{name}({', '.join(texts)})"


def with_dtype(text: str, dtype: str, between: str = ", ") -> str:
    """`text`, a value, with its dtype behind it, where that does not stand there already."""
    return text if text.endswith(dtype) else f"{text}{between}{dtype}"


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
