"""Names the known mistake behind a failed basic test in a student's bundle, which holds no reference and no mistakes.

The bundle holds a table instead (course/release/make_answer_table.py): for each quick test of an exercise, the
fingerprints of what the reference and each known mistake answered to it. A failed test's own answers are looked up;
the exercise's other tests then rule out mistakes that answer them differently. If one sentence is left, it is the
`why` of the report. A fingerprint is a short hash of rounded numbers, so it gives no answer away.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import math
import re
from pathlib import Path
from typing import Any

import pytest
import torch

from course.base import time_limit
from course.diagnosis import repeat_tests
from course.observe.observer import Answer, Observation
from course.observe.report import Reason

FILE = Path(__file__).with_name("known_answers.json")
REFERENCE = -1  # in the place of a mistake's number
SECONDS = 3.0  # of computing, for the exercise's other tests


def why(item: pytest.Item, log: list[Observation], file: Path = FILE) -> Reason | None:
    """The one known mistake that gives these answers, or None."""
    marker = item.get_closest_marker("exercise")
    exercise = _read(file).get(marker.args[0]) if marker else None
    if exercise is None or not log or item.path.name != repeat_tests.BASIC:
        return None
    left = set(exercise["tests"].get(key_of(item), {}).get(fingerprint(log), [REFERENCE]))
    others = sorted(repeat_tests.same_exercise(item), key=lambda other: other.path.name != repeat_tests.BASIC)
    with contextlib.suppress(time_limit.TooLate), time_limit.computing(SECONDS):
        for other in others:
            if REFERENCE in left or not left:  # where the answers are the reference's, they are nobody's mistake
                return None
            by_answer = exercise["tests"].get(key_of(other), {})
            if (alike := by_answer.get(fingerprint(repeat_tests.observations_of(other)))) is not None:
                left -= set().union(*by_answer.values()) - set(alike)
    sentences = {exercise["mistakes"][number] for number in left - {REFERENCE}}
    return Reason(marker.args[0], *sentences) if len(sentences) == 1 and REFERENCE not in left else None


@functools.lru_cache(maxsize=1)
def _read(file: Path) -> dict[str, Any]:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}


def key_of(item: pytest.Item) -> str:
    """A test's file and its name there."""
    return f"{item.path.name}::{item.nodeid.partition('::')[2]}"


def fingerprint(log: list[Observation]) -> str:
    """A short hash of what a test observed: equal if two implementations answered alike up to rounding."""
    found = hashlib.sha256()
    for seen in log:
        found.update(repr((seen.request.name, _outcome(seen))).encode())
    return found.hexdigest()[:10]


def _outcome(seen: Observation) -> Any:
    outcome = seen.outcome
    if isinstance(outcome, Answer):
        return outcome.problem or (sorted(outcome.changed), _plain(outcome.value), _gradients(outcome.grads))
    awaited = seen.match is not None and re.search(seen.match, str(outcome), re.IGNORECASE) is not None
    return type(outcome).__name__, awaited or str(outcome)


def _gradients(grads: dict[str, Any]) -> Any:
    """No gradient at all is as good as one of zeros."""
    return {
        name: _gradients(g) if isinstance(g, dict) else None if g is None or not g.any() else _plain(g)
        for name, g in grads.items()
    }


def _plain(value: Any) -> Any:
    """A value in a form whose repr is the same if two values are equal up to rounding. Data types do not count."""
    if isinstance(value, torch.Tensor):
        return tuple(value.shape), _plain(value.detach().to(torch.float64).tolist())
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        return _rounded(value)
    if isinstance(value, dict):
        return [(str(k), _plain(v)) for k, v in value.items()]
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return repr(value)


def _rounded(value: float) -> str:
    """Four significant digits of a multiple of the value. The factor keeps short decimals off the rounding's edges."""
    if not math.isfinite(value):
        return str(float(value))
    return "0" if abs(value) < 1e-7 else f"{value * 0.98712364:.3e}"
