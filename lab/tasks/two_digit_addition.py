"""Two-digit sums, asked in a chat as the one-digit ones of addition.py are."""

from __future__ import annotations

import zlib

from lab.tasks import addition

PROMPT = addition.PROMPT
score = addition.score


def problems(split: str) -> list[dict[str, str]]:
    """The sums of 10..99 and 10..99; a quarter of the pairs, i + j and j + i alike, are "test", the others "train"."""
    if split not in ("train", "test"):
        raise ValueError(f"split must be 'train' or 'test', not {split!r}")
    return [
        {"question": PROMPT.format(i=i, j=j), "answer": str(i + j)}
        for i in range(10, 100)
        for j in range(10, 100)
        if (zlib.crc32(f"{min(i, j)}+{max(i, j)}".encode()) % 4 == 0) == (split == "test")
    ]
