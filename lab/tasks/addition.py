"""One-digit sums, asked in a chat. Only the bare number counts as an answer, not one with words around it."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

PROMPT = "What is {i}+{j}? Reply with the number only."


def problems(split: str) -> list[dict[str, str]]:
    """The sums of 1..9 and 1..9; a quarter of the pairs is "test", the others "train"."""
    return sums(split, PROMPT, range(1, 10), 4)


def sums(split: str, prompt: str, numbers: Iterable[int], parts: int) -> list[dict[str, str]]:
    """The sums of any two numbers; one pair of `parts`, i + j and j + i alike, is "test", the others "train"."""
    if split not in ("train", "test"):
        raise ValueError(f"split must be 'train' or 'test', not {split!r}")
    return [
        {"question": prompt.format(i=i, j=j), "answer": str(i + j)}
        for i in numbers
        for j in numbers
        if (zlib.crc32(f"{min(i, j)}+{max(i, j)}".encode()) % parts == 0) == (split == "test")
    ]


def score(completion: str, answer: str) -> float:
    """1.0 where the completion is the number, with nothing else but space around it or a full stop after it."""
    return float(completion.strip().removesuffix(".") == answer)
