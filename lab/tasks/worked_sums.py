"""Two-digit sums in lesson 14's form: a text to be continued, with whatever working; the last number is the answer."""

from __future__ import annotations

import re

from lab.tasks.addition import sums

PROMPT = "### Instruction:\n{i}+{j}=\n\n### Response:\n"
CHAT = False


def problems(split: str) -> list[dict[str, str]]:
    """The sums of 10..99 and 10..99; a tenth of the pairs is "test", the others "train"."""
    return sums(split, PROMPT, range(10, 100), 10)


def score(completion: str, answer: str) -> float:
    """1.0 where the last integer of the completion is the answer; leading zeros do not matter."""
    found = re.findall(r"-?[0-9]+", completion)
    return float(bool(found) and found[-1].lstrip("0").rjust(1, "0") == answer)
