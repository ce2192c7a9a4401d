"""Accuracy on held-out problems, with its 95 % confidence interval."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from lab.train.problems import Problem

GREEDY = 1e-4  # a temperature at which the likeliest token is drawn


@dataclass
class Measured:
    """Right completions of held-out problems. A completion is right where its score is 1."""

    right: int  # of the sampled ones
    drawn: int
    greedy: float  # share of problems whose likeliest completion is right
    length: float  # mean of the sampled ones, in tokens

    @property
    def sampled(self) -> float:
        return self.right / self.drawn

    def interval(self) -> tuple[float, float]:
        return wilson(self.right, self.drawn)


def wilson(right: int, drawn: int, z: float = 1.959964) -> tuple[float, float]:
    """The score interval of a share (Wilson 1927), by default at 95 %. Of the drawing alone: the problems are given."""
    p, n = right / drawn, drawn
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def measure(
    complete: Callable[[Sequence[Problem], int, float, int], tuple[list[str], list[int]]],
    score: Callable[[str, str], float], problems: Sequence[Problem], samples: int, seed: int,
) -> Measured:  # fmt: skip
    """complete(problems, samples of each, temperature, seed) gives texts and lengths; score judges them."""
    texts, lengths = complete(problems, samples, 1.0, seed)
    best, _ = complete(problems, 1, GREEDY, seed)
    right = sum(score(text, problems[i // samples][1]) == 1.0 for i, text in enumerate(texts))
    greedy = sum(score(text, answer) == 1.0 for text, (_, answer) in zip(best, problems, strict=True))
    return Measured(right, len(texts), greedy / len(problems), sum(lengths) / len(lengths))


def uniforms(shape: Sequence[int], *numbers: int) -> Any:
    """Uniform random numbers that depend on the numbers alone, such as a seed and a step."""
    seed = 0
    for number in numbers:
        seed = (seed * 1_000_003 + number + 1) % (1 << 62)
    return torch.rand(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
