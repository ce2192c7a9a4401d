"""Two-digit sums, asked and scored in a chat as the one-digit ones of addition.py are."""

from __future__ import annotations

from lab.tasks.addition import PROMPT, score, sums

__all__ = ["problems", "score"]


def problems(split: str) -> list[dict[str, str]]:
    """The sums of 10..99 and 10..99; a quarter of the pairs is "test", the others "train"."""
    return sums(split, PROMPT, range(10, 100), 4)
