"""The short report under a failed test: which exercise, what was called, what came back, what was expected."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from course import manifest
from course.manifest import Exercise
from course.plain import places
from lab.spec import Spec

WIDTH = 96  # of a value; a report is read, not scrolled


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


def short(value: Any, width: int = WIDTH, digits: int = 4) -> str:
    """A value in a few characters: tensors as rounded lists (with shape and dtype where they do not fit)."""
    if isinstance(value, torch.Tensor):
        fits = 3 * places(value.shape) <= width + 2  # "1, " is the least that a number takes
        if not fits or len(text := _numbers(value.detach().tolist(), digits)) > width:
            head = _numbers(value.detach().flatten()[:4].tolist(), digits)[:-1]
            head += ", ..." if value.numel() else ""
            return f"{head}] shape {tuple(value.shape)}, {str(value.dtype).removeprefix('torch.')}"
        return text
    if isinstance(value, Spec):
        whole = {k: short(v, 2 * WIDTH) for k, v in value.kwargs.items()}  # a table of 4 by 4 numbers has room
        inner = ", ".join(
            f"{k}={text if len(text) < 2 * WIDTH else short(v, 24)}"
            for (k, text), v in zip(whole.items(), value.kwargs.values(), strict=True)
        )
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


def _numbers(value: Any, digits: int) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_numbers(v, digits) for v in value)}]"
    if isinstance(value, float):
        plain = 1e-3 <= abs(value) < 1e5 or value == 0
        return f"{value:.{digits}f}".rstrip("0").rstrip(".") if plain else f"{value:.{digits - 1}g}"
    return repr(value)
