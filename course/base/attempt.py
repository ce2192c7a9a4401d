"""The form of solutions/STAGE/LESSON/audit/exNN.py: other attempts at one exercise than the reference's.

    wrong, right, core = Attempts(), Attempts(), Attempts()

    wrong("The rewards never enter the weights: every response counts alike.", {
        "(rewards.detach() / beta).softmax(0)": "torch.full_like(log_probs, 1 / len(log_probs))",
    })

    @right("log-softmax and a dot product")
    def compute_grpo_loss(log_probs, rewards, beta=0.1):
        return -torch.dot(log_probs, torch.log_softmax(rewards / beta, 0).exp())

`core` holds the shortest right answer without checks of its arguments: it must pass the basic tests.
An attempt is either a change of the reference (course/diagnosis/patch.py) or the whole function, method or class.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass(eq=False)
class Attempt:
    """One other way to do an exercise."""

    says: str  # a mistake: what is wrong, in one sentence to the learner; a variant: what it does differently
    line: int  # where in its file it is written
    changes: dict[str, str] = field(default_factory=dict)  # old -> new code, as course/diagnosis/patch.py applies it
    code: Any = None  # or the function or class that stands in for the reference's
    exercise: str = ""  # its id, such as "13.2", and
    file: str = ""  # its file, such as "lesson13_grpo/audit/ex02.py": both are set when the file is read

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}"


class Attempts:
    """A list that is filled by calling it, with changes or as a decorator of the whole code."""

    def __init__(self):
        self._made: list[Attempt] = []

    def __call__(self, says: str, changes: dict[str, str] | None = None) -> Callable[[Any], Any]:
        attempt = Attempt(says, sys._getframe(1).f_lineno, changes or {})
        self._made.append(attempt)

        def take(code: Any) -> Any:
            attempt.code = code
            return code

        return take

    def __iter__(self) -> Iterator[Attempt]:
        return iter(self._made)
