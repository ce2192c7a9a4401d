"""Sums of two numbers from 1 to 9, asked for in words.

The held-out quarter is chosen by a checksum, a pair and its mirror image alike: 3+4 is never asked in training where
4+3 is in the test. Left out on purpose: how the question is put to a model (its chat template) and how it is trained.
"""

from __future__ import annotations

import zlib

PROMPT = "What is {a}+{b}? Reply with the number only."
OPERANDS = range(1, 10)


def held_out(a: int, b: int) -> bool:
    """Whether a + b is kept for testing: about one pair in four."""
    return zlib.crc32(f"{min(a, b)}+{max(a, b)}".encode()) % 4 == 0


def problems(split: str, operands: range = OPERANDS) -> list[dict[str, str]]:
    """Rows {"question", "answer"} of split "train" or "test", in a fixed order. ValueError for other splits."""
    if split not in ("train", "test"):
        raise ValueError(f"split must be 'train' or 'test', not {split!r}")
    pairs = [(a, b) for a in operands for b in operands if held_out(a, b) == (split == "test")]
    return [{"question": PROMPT.format(a=a, b=b), "answer": str(a + b)} for a, b in pairs]


def score(completion: str, answer: str) -> float:
    """1.0 where the completion, without spaces around it and without one full stop at its end, is the answer."""
    return float(completion.strip().removesuffix(".") == answer)
