"""Rewards by name: each a pure function score(completion, answer) -> float, 1.0 for a right completion.

`partial_credit` gives a tenth where the form is right but the number wrong, and a program the share of its tests that
pass. `random` knows nothing: the control that no training may profit from.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation

from course.base.errors import UsageError
from lab.rl import program_reward
from lab.train import problems
from lab.train.options import Options

Score = Callable[[str, str], float]
PART = 0.1  # the credit for a wrong number
NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")


def number(text: str) -> Decimal | None:
    """The last number of a text; thousands may be parted by commas, "#### 1,200" ends with 1200."""
    found = NUMBER.findall(text)
    try:
        return Decimal(found[-1].replace(",", "")) if found else None
    except InvalidOperation:
        return None


def last_number(completion: str, answer: str) -> float:
    """1.0 where the last number of the completion is that of the answer."""
    given = number(completion)
    return float(given is not None and given == number(answer))


def math_correctness(completion: str, answer: str) -> float:
    """As gsm8k writes answers: the number behind the last "####" counts where there is one, else the last number."""
    return last_number(completion.rpartition("####")[2], answer.rpartition("####")[2])


def with_partial_credit(score: Score) -> Score:
    def scored(completion: str, answer: str) -> float:
        return score(completion, answer) or (PART if number(completion) is not None else 0.0)

    return scored


def toss(seed: int, step: int, place: int) -> float:
    """0 or 1 at random for completion number `place` of a step; whoever asks gets the same."""
    return float(hashlib.sha256(f"{seed} {step} {place}".encode()).digest()[0] % 2)


def make(options: Options) -> Score | None:
    """The score that the options name, with partial credit if they want it; None for "random"."""
    kind = options.reward.type
    if kind == "random":
        return None
    if runs_code(options):
        return program_reward.score(options.reward.timeout, options.reward.partial_credit)
    own = getattr(problems.task(options), "score", math_correctness)
    named = {"task": own, "last_number": last_number, "math_correctness": math_correctness}
    return with_partial_credit(named[kind]) if options.reward.partial_credit else named[kind]


def judge(options: Options) -> Score:
    """What accuracy is measured by, whatever the policy is rewarded for: 1.0 for a completion with the right number, or
    for a program that passes its tests."""
    return program_reward.score(options.reward.timeout, False) if runs_code(options) else math_correctness


def runs_code(options: Options) -> bool:
    return options.reward.type == "code_execution"


def check(options: Options) -> None:
    """A task of programs has no other reward than running them."""
    if options.task.name == "code_generation" and options.reward.type in ("task", "last_number", "math_correctness"):
        raise UsageError(
            f"reward.type={options.reward.type} cannot judge programs; task.name=code_generation needs "
            "reward.type=code_execution"
        )
