"""The short report under a failed test: which exercise, what was called, what came back, what was expected."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from course import manifest
from course.manifest import Exercise
from lab.spec import Spec

WIDTH = 96  # of a value; a report is read, not scrolled


class Mismatch(AssertionError):
    """What was observed is not what the exercise asks for. Its text is the report's body."""


@dataclass
class Problem:
    """The parts of a report; empty ones are left out."""

    called: str = ""
    got: str = ""
    expected: str = ""
    first_difference: str = ""
    says: str = ""

    def lines(self) -> list[str]:
        parts = [
            ("called", self.called),
            ("got", self.got),
            ("expected", self.expected),
            ("differs", self.first_difference),
            ("says", self.says),
        ]
        return [f"  {label:<9}{text}" for label, text in parts if text]


def short(value: Any, width: int = WIDTH, digits: int = 4) -> str:
    """A value in a few characters: tensors as rounded lists (with shape and dtype where they do not fit)."""
    if isinstance(value, torch.Tensor):
        fits = 3 * value.numel() <= width + 2  # "1, " is the least that a number takes
        if not fits or len(text := _numbers(value.detach().tolist(), digits)) > width:
            head = _numbers(value.detach().flatten()[:4].tolist(), digits)[:-1]
            return f"{head}, ...] shape {tuple(value.shape)}, {str(value.dtype).removeprefix('torch.')}"
        return text
    if isinstance(value, Spec):
        inner = ", ".join(f"{k}={short(v, 24)}" for k, v in value.kwargs.items())
        return f"{value.target.partition(':')[2]}({inner})"
    if isinstance(value, float):
        return _numbers(value, digits)
    if isinstance(value, dict):
        shown = list(value.items())[:width]  # more than those have no room
        text = "{" + ", ".join(f"{k!r}: {short(v, width // 2, digits)}" for k, v in shown) + "}"
    elif isinstance(value, (list, tuple)):
        text = ", ".join(short(v, width // 2, digits) for v in value[:width])
        text = f"[{text}]" if isinstance(value, list) else f"({text})"
    else:
        text = repr(value)
    return text if len(text) <= width else f"{text[: width - 3]}..."


def short_pair(got: Any, expected: Any) -> tuple[str, str]:
    """Both in a few characters, with more digits where four show no difference."""
    for digits in (4, 8, 16):
        pair = short(got, digits=digits), short(expected, digits=digits)
        if pair[0] != pair[1]:
            break
    return pair


def call_text(name: str, arguments: dict[str, Any]) -> str:
    """`compute_grpo_loss(log_probs=[-1, -2], rewards=[1, 0], beta=0.5)`."""
    room = max(24, (2 * WIDTH) // max(1, len(arguments)))
    return f"{name}({', '.join(f'{k}={short(v, room)}' for k, v in arguments.items())})"


def headline(exercise: Exercise | None, file: str, line: int | None) -> str:
    """ "exercise 13.2  compute_grpo_loss                loss/grpo.py:31"."""
    title = f"exercise {exercise.id}  {exercise.object}" if exercise else "this test"
    place = f"{file}:{line}" if line else file
    return f"{title:<52} {place}".rstrip()


def exercise_by_id(lesson_folder: Path, number: str) -> Exercise | None:
    return next((e for e in manifest.read(lesson_folder).exercises if e.id == number), None)


def _numbers(value: Any, digits: int) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_numbers(v, digits) for v in value)}]"
    if isinstance(value, float):
        plain = 1e-3 <= abs(value) < 1e5 or value == 0
        return f"{value:.{digits}f}".rstrip("0").rstrip(".") if plain else f"{value:.{digits - 1}g}"
    return repr(value)
