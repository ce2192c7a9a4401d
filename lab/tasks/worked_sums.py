"""Two-digit sums in lesson 14's form: a text to be continued, with whatever working; the last number is the answer."""

from __future__ import annotations

import re
import zlib

PROMPT = "### Instruction:\n{a}+{b}=\n\n### Response:\n"
CHAT = False


def problems(split: str) -> list[dict[str, str]]:
    """The sums of 10..99 and 10..99; a tenth of the pairs, a + b and b + a alike, are "test", the others "train"."""
    if split not in ("train", "test"):
        raise ValueError(f"split must be 'train' or 'test', not {split!r}")
    return [
        {"question": PROMPT.format(a=a, b=b), "answer": str(a + b)}
        for a in range(10, 100)
        for b in range(10, 100)
        if (zlib.crc32(f"{min(a, b)}+{max(a, b)}".encode()) % 10 == 0) == (split == "test")
    ]


def score(completion: str, answer: str) -> float:
    """1.0 where the last integer of the completion is the answer; leading zeros do not matter."""
    found = re.findall(r"-?[0-9]+", completion)
    return float(bool(found) and found[-1].lstrip("0").rjust(1, "0") == answer)
