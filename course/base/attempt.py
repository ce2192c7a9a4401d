"""The form of a lesson's mistakes.py and variants.py: other attempts at an exercise than the reference's.

    wrong = Attempts()

    wrong("13.2", "The rewards never enter the weights: every response counts alike.", {
        "(rewards.detach().to(precise) / beta).softmax(0)": "torch.full_like(log_probs, 1 / len(log_probs))",
    })

    @wrong("13.2", "The loss is a mean over the group where the weights already sum to one.")
    def compute_grpo_loss(log_probs, rewards, beta=0.1):
        return -((rewards / beta).softmax(0) * log_probs).mean()

An attempt is either a change of the reference's file, text by text, or the whole function, method or class.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass(eq=False)
class Attempt:
    """One other way to do an exercise."""

    exercise: str  # its id, such as "13.2"
    says: str  # a mistake: what is wrong, in one sentence to the learner; a variant: what it does differently
    line: int  # where in its file it is written
    changes: dict[str, str] = field(default_factory=dict)  # text that stands once in the reference's file -> new text
    code: Any = None  # or the function or class that stands in for the reference's


class Attempts:
    """A list that is filled by calling it, plainly with changes or as a decorator without."""

    def __init__(self):
        self._made: list[Attempt] = []

    def __call__(self, exercise: str, says: str, changes: dict[str, str] | None = None) -> Callable[[Any], Any]:
        attempt = Attempt(exercise, says, sys._getframe(1).f_lineno, changes or {})
        self._made.append(attempt)

        def take(code: Any) -> Any:
            attempt.code = code
            return code

        return take

    def __iter__(self) -> Iterator[Attempt]:
        return iter(self._made)
