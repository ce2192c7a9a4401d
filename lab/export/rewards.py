"""A task's `score(completion, answer)` behind the signatures that TRL, verl and MaxText ask for.

Standard library only: the exported reward.py holds these functions as they stand here.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any


def text_of(completion: str | list[dict[str, Any]]) -> str:
    """What was written, as text: TRL gives the completion of a chat as a list of messages, whose last one counts."""
    return completion if isinstance(completion, str) else str(completion[-1]["content"] or "")


def trl_reward(score: Callable[[str, str], float]) -> Callable[..., list[float | None]]:
    """TRL's form: a whole batch at once, all by name, each column of the data set as a list of the same length.

    A row whose answer is None (of another task, in a mixed data set) gets None: TRL leaves it out of the mean.
    """

    def reward(prompts: list, completions: list, answer: list, **columns: Any) -> list[float | None]:
        rows = zip(completions, answer, strict=True)
        return [None if right is None else score(text_of(completion), str(right)) for completion, right in rows]

    return reward


def maxtext_reward(score: Callable[[str, str], float]) -> Callable[..., list[float]]:
    """MaxText's form: as TRL's, but an answer is a JSON list of all that are right, which process_data.py makes."""

    def reward(prompts: list, completions: list, answer: list, **columns: Any) -> list[float]:
        rows = zip(completions, answer, strict=True)
        return [
            max(score(text_of(completion), right) for right in json.loads(str(every))) for completion, every in rows
        ]

    return reward


def verl_reward(score: Callable[[str, str], float], source: str) -> Callable[..., float]:
    """verl's form: one completion. Raises ValueError for a row whose data_source is not `source`."""

    def compute_score(
        data_source: str, solution_str: str, ground_truth: str, extra_info: dict | None = None, **rest: Any
    ) -> float:
        if data_source != source:
            raise ValueError(f"this is the reward of {source!r}, and cannot score a row of {data_source!r}")
        return score(solution_str, str(ground_truth))

    return compute_score
