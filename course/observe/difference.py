"""The first difference between what was observed and what is expected: where it is, and what a report shows of it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from course.observe.format_value import WIDTH, Digits, short, visible, whole


@dataclass
class Difference:
    """`steps` lead from the whole to the first place that differs: how it is called, what is there, what should be
    there, and whether the difference can be seen although it is cut."""

    text: str  # where they differ, and by how much
    steps: list[tuple[str, Any, Any, bool]]
    least: Digits = field(default_factory=dict)  # of the numbers that differ

    def pair(self) -> tuple[str, str, str]:
        """(place, got, expected) of the largest part around the difference that has room, or shows it when cut."""
        for where, *values, seen in self.steps:
            texts = [(short if seen else whole)(value, least=self.least) for value in values]
            if all(texts) and texts[0] != texts[1]:
                return where, *texts
        texts, kinds = [short(value, least=self.least) for value in values], list(map(_kind, values))
        return where, *(kinds if texts[0] == texts[1] and kinds[0] != kinds[1] else texts)


def first_difference(got: Any, expected: Any, rtol: float, atol: float, where: str = "") -> Difference | None:
    """None where equal, else the first place that differs, and by how much."""

    def here(text: str) -> Difference:
        return Difference(text, [(where, got, expected, False)])

    if isinstance(expected, (Tensor, int, float)) and not isinstance(expected, bool):
        if isinstance(got, bool) or not isinstance(got, (Tensor, int, float)):
            return here(f"{where or 'the value'} is {short(got)}, not numbers")
        a, b = _exact(got), _exact(expected)
        if a.shape != b.shape:
            return here(f"{where or 'the'} shape is {tuple(a.shape)}, expected {tuple(b.shape)}")
        bad = ~((a == b) | (b.isfinite() & ((a - b).abs() <= atol + rtol * b.abs())))
        return _of_numbers(got, expected, bad, where) if bad.any() else None
    if isinstance(expected, (list, tuple)):
        if type(got) is not type(expected) or len(got) != len(expected):
            return here(f"{where or 'it'} is {_kind(got)}, expected {_kind(expected)}")
        pairs = [(f"{where}[{i}]", g, e) for i, (g, e) in enumerate(zip(got, expected, strict=True))]
    elif isinstance(expected, dict):
        if not isinstance(got, dict) or set(got) != set(expected):
            return here(f"{where or 'it'} is {_kind(got)}, expected {_kind(expected)}")
        pairs = [(f"{where}[{k!r}]", got[k], expected[k]) for k in expected]
    else:
        equal = type(got) is type(expected) and got == expected
        return None if equal else here(f"{where or 'it'} is {short(got)}")
    found = next((d for d in (first_difference(g, e, rtol, atol, place) for place, g, e in pairs) if d), None)
    return found and replace(found, steps=[(where, got, expected, False), *found.steps])


def _of_numbers(got: Any, expected: Any, bad: Tensor, where: str) -> Difference:
    """`bad`: where the two differ."""
    a, b = _exact(got), _exact(expected)
    lost = _lost(got, expected, (a - b).abs()[bad], b)
    if a.ndim == 0:
        text = f"{where} by {short((a - b).item())}{lost}".strip()
        return Difference(text, [(where, got, expected, False)], visible(a.item(), b.item()))
    index = tuple(bad.nonzero()[0].tolist())
    places = [f"{where}[{', '.join(map(str, index[:n]))}]" if n else where for n in range(len(index) + 1)]
    seen = bool(bad.flatten()[:4].any())  # the first four numbers are always shown
    steps = [(place, got[index[:n]], expected[index[:n]], seen and n == 0) for n, place in enumerate(places)]
    least: Digits = {}
    for x, y in zip(a[bad][:WIDTH].tolist(), b[bad][:WIDTH].tolist(), strict=True):
        least |= {number: max(n, least.get(number, 0)) for number, n in visible(x, y).items()}
    one, other = _apart(a[index].item(), b[index].item())
    text = f"first at {places[-1]}: {one} against {other} ({int(bad.sum())} of {bad.numel()} differ){lost}"
    return Difference(text, steps, least)


def _lost(got: Any, expected: Any, errors: Tensor, scale: Tensor) -> str:
    """Says so where the answer is of less precision than is expected, and differs by no more than that explains."""
    kinds = [value.dtype for value in (got, expected) if isinstance(value, Tensor) and value.is_floating_point()]
    if len(kinds) < 2 or torch.finfo(kinds[0]).eps <= torch.finfo(kinds[1]).eps:
        return ""
    largest = scale.abs().masked_fill(~scale.isfinite(), 0).max()
    if not (errors <= 64 * torch.finfo(kinds[0]).eps * largest).all():
        return ""
    low, high = (str(kind).removeprefix("torch.") for kind in kinds)
    return f"; the answer is {low}, {high} is expected: computed in too low a precision"


def _apart(a: complex, b: complex) -> tuple[str, str]:
    """Both as texts, with as many digits as it takes to tell them apart."""
    texts = ((f"{a:.{digits}g}", f"{b:.{digits}g}") for digits in range(6, 18))
    return next((both for both in texts if both[0] != both[1]), (f"{a}", f"{b}"))


def _exact(value: Any) -> Tensor:
    """As double precision numbers (torch.as_tensor would make float32 of a Python number)."""
    if isinstance(value, int) and value.bit_length() > 1000:  # no float holds it
        value = math.inf if value > 0 else -math.inf
    tensor = value.detach() if isinstance(value, Tensor) else torch.tensor(float(value), dtype=torch.float64)
    return tensor.to(torch.complex128 if tensor.is_complex() else torch.float64)


def _kind(value: Any) -> str:
    if isinstance(value, dict):
        return f"a dict with the keys {sorted(map(str, value))}"
    if isinstance(value, Tensor):
        return f"a tensor of shape {tuple(value.shape)}"
    return f"a {type(value).__name__} of length {len(value)}" if isinstance(value, (list, tuple)) else short(value)
