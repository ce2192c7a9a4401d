"""Whether a gradient is that of a function: along drawn directions, against central differences."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor


def agrees(at: Tensor, value: Callable[[Tensor], Any], gradient: Callable[[], Any], step: float = 1e-5) -> None:
    """Checks that a gradient says of two drawn directions how much the value is seen to change along them.

    value: what is observed at a place near `at`, one number. gradient: what is observed there of the gradient at `at`
    (asked for last, so that a report is about it). A gradient that is wrong anywhere is wrong along a drawn direction.
    """
    directions = torch.randn(2, *at.shape, generator=torch.Generator().manual_seed(1), dtype=at.dtype)
    slopes = [(float(value(at + step * d)) - float(value(at - step * d))) / (2 * step) for d in directions]
    seen = gradient()
    for direction, slope in zip(directions, slopes, strict=True):
        found = float((seen.value * direction).sum()) if seen.value is not None else 0.0
        seen.check(
            math.isclose(found, slope, rel_tol=1e-6, abs_tol=1e-8),
            f"along a drawn direction the value changes by {slope:.6f} per unit, its gradient says {found:.6f}",
        )
