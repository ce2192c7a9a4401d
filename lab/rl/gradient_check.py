"""Checks a gradient against central differences along random directions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor


def agrees(at: Tensor, value: Callable[[Tensor], Any], gradient: Callable[[], Any], step: float = 1e-5) -> None:
    """Checks the gradient at `at` against central differences of the value along two random directions.

    value(x): the observed value at x, one number. gradient(): the observed gradient at `at`; it is called last, so that
    a report shows it. A gradient that is wrong in any entry is wrong along a random direction.
    """
    directions = torch.randn(2, *at.shape, generator=torch.Generator().manual_seed(1), dtype=at.dtype)
    slopes = [(float(value(at + step * d)) - float(value(at - step * d))) / (2 * step) for d in directions]
    seen = gradient()
    for direction, slope in zip(directions, slopes, strict=True):
        found = float((seen.value * direction).sum()) if seen.value is not None else 0.0
        seen.check(
            math.isclose(found, slope, rel_tol=1e-6, abs_tol=1e-8),
            f"along a random direction the value changes by {slope:.6f} per unit, but the gradient gives {found:.6f}",
        )
