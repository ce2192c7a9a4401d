"""Rewards: rules about one completion, a coin toss, and the reward functions of lessons 13 and 16.

A rule is a function score(completion, answer) -> float of its arguments alone; 1.0 means right. With partial credit, a
wrong number gets up to 0.5, in proportion to its right digits.

A reward function takes equally long lists, `reward(prompts, responses, **columns)`, and returns one number per
response. `columns` are the data set's other columns, such as `answer`, repeated to the same length. `per_sample` makes
a reward function from a rule about a single response, `ModelReward` from a reward model.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import torch
from torch import nn

from lab.rl.final_answer import exact_value, partial_credit, read
from lab.rl.number_pieces import PIECE, plain

Score = Callable[[str, str], float]
PARTIAL_CREDIT = 0.5  # for a wrong number whose digits are nearly all right


def last_number(completion: str, answer: str) -> float:
    """1.0 if the last number of the completion is that of the answer."""
    given, true = (exact_value([None, *PIECE.findall(plain(text))][-1] or "") for text in (completion, answer))
    return float(given is not None and given == true)


def math_correctness(completion: str, answer: str) -> float:
    """1.0 if the completion gives the answer's number as its own (lab/rl/final_answer.py says where it looks)."""
    given = read(completion)
    return float(given is not None and given == read(answer))


def with_partial_credit(score: Score) -> Score:
    """The score. If that is 0 and the answer is a number, up to 0.5, in proportion to the digits that are right."""

    def scored(completion: str, answer: str) -> float:
        if (whole := score(completion, answer)) or read(answer) is None:
            return whole
        return min(PARTIAL_CREDIT, partial_credit(completion, answer, digits=PARTIAL_CREDIT))

    return scored


def coin_toss(seed: int, *place: int) -> float:
    """0 or 1 at random, a function of these numbers alone."""
    return float(hashlib.sha256(" ".join(map(str, (seed, *place))).encode()).digest()[0] % 2)


class CoinToss:
    """A reward of 0 or 1 at random, as a control.

    Toss number n depends only on the seed and n. `tosses` counts them and can be set to resume.
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
    """A reward function from a model with one logit per sequence, such as transformers' classifiers.

    `tokenizer(texts, padding=True, return_tensors="pt")` must return the model's inputs. Scores are computed without
    gradient, in evaluation mode, on the model's device.
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
