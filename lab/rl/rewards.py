"""Rewards: rules about one completion by name, a coin toss, and the interface of lessons 13 and 16.

A rule about one completion is a pure function score(completion, answer) -> float, 1.0 for a right one. `partial credit`
gives a tenth if the form is right but the number wrong.

A reward function takes equally long lists, `reward(prompts, responses, **columns)`, and gives one number per
response; `columns` are the data set's other columns (such as `answer`), repeated to the same length. A plain
function of that form is one already. `per_sample` makes one from a rule about a single response, and
`ModelReward` from a reward model.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol

import torch
from torch import nn

Score = Callable[[str, str], float]
PARTIAL_CREDIT = 0.1  # for a wrong number
NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")


def number(text: str) -> Decimal | None:
    """The last number of a text; thousands may be parted by commas, "#### 1,200" ends with 1200."""
    found = NUMBER.findall(text)
    try:
        return Decimal(found[-1].replace(",", "")) if found else None
    except InvalidOperation:
        return None


def last_number(completion: str, answer: str) -> float:
    """1.0 if the last number of the completion is that of the answer."""
    given = number(completion)
    return float(given is not None and given == number(answer))


def math_correctness(completion: str, answer: str) -> float:
    """As gsm8k writes answers: the number behind the last "####" counts if there is one, else the last number."""
    return last_number(completion.rpartition("####")[2], answer.rpartition("####")[2])


def with_partial_credit(score: Score) -> Score:
    def scored(completion: str, answer: str) -> float:
        return score(completion, answer) or (PARTIAL_CREDIT if number(completion) is not None else 0.0)

    return scored


def coin_toss(seed: int, *place: int) -> float:
    """0 or 1 at random, the same for everyone who asks with these numbers."""
    return float(hashlib.sha256(" ".join(map(str, (seed, *place))).encode()).digest()[0] % 2)


class CoinToss:
    """A reward that knows nothing: 0 or 1 at random. The control that no training may profit from.

    Toss number n depends on the seed and n alone; `tosses` counts them, and may be set to go on elsewhere.
    """

    def __init__(self, seed: int):
        self.seed, self.tosses = seed, 0

    def __call__(self, *_anything: Any) -> float:
        self.tosses += 1
        return coin_toss(self.seed, self.tosses)


class RewardFunction(Protocol):
    def __call__(self, prompts: list[str], responses: list[str], **columns: list[Any]) -> Sequence[float]: ...


def per_sample(rule: Callable[..., float]) -> RewardFunction:
    """Turns `rule(prompt, response, **columns) -> float`, about one response, into a reward function."""

    def reward(prompts: list[str], responses: list[str], **columns: list[Any]) -> list[float]:
        rows = zip(prompts, responses, *columns.values(), strict=True)
        return [float(rule(p, r, **dict(zip(columns, rest, strict=True)))) for p, r, *rest in rows]

    return reward


class ModelReward:
    """A reward model: any model that gives one logit per sequence, as transformers' classifiers do.

    `tokenizer(texts, padding=True, return_tensors="pt")` must give the model's inputs. Scores are computed
    without gradient, in evaluation mode, on the device of the model.
    """

    def __init__(self, model: nn.Module, tokenizer: Callable[..., Any]):
        self.model, self.tokenizer = model, tokenizer

    @torch.no_grad()
    def __call__(self, prompts: list[str], responses: list[str], **_columns: list[Any]) -> list[float]:
        was_training = self.model.training
        self.model.eval()
        try:
            texts = [p + r for p, r in zip(prompts, responses, strict=True)]
            inputs = self.tokenizer(texts, padding=True, return_tensors="pt")
            device = next(self.model.parameters()).device
            logits = self.model(**{name: value.to(device) for name, value in inputs.items()}).logits  # (N, 1)
        finally:
            self.model.train(was_training)
        return logits.reshape(len(prompts)).float().tolist()
