"""Sums of two numbers from 10 to 99, asked for as the smaller ones of addition.py are."""

from __future__ import annotations

from lab.tasks import addition

PROMPT = addition.PROMPT
score = addition.score


def problems(split: str) -> list[dict[str, str]]:
    """Rows {"question", "answer"} of split "train" or "test"."""
    return addition.problems(split, range(10, 100))
