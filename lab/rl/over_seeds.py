"""A number measured with several seeds, as text: the mean, and how far the seeds lie apart."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean, stdev


def half_range(values: Sequence[float], digits: int = 3) -> str:
    """The mean, with half the distance between the smallest and the largest value."""
    return f"{fmean(values):.{digits}f} ±{(max(values) - min(values)) / 2:.{digits}f}"


def deviation(values: Sequence[float], digits: int = 3) -> str:
    """The mean, with the unbiased standard deviation (0 of a single seed)."""
    return f"{fmean(values):.{digits}f} ± {stdev(values) if len(values) > 1 else 0:.{digits}f}"
