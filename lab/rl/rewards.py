"""Rewards through one interface.

A reward function takes equally long lists, `reward(prompts, responses, **columns)`, and gives one number per
response; `columns` are the data set's other columns (such as `answer`), repeated to the same length. A plain
function of that form is one already. `per_sample` makes one from a rule about a single response, and
`ModelReward` from a reward model.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import torch
from torch import nn


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


class CoinToss:
    """A reward that knows nothing: 0 or 1 at random. The control that no training may profit from.

    Toss number n depends on the seed and n alone; `tosses` counts them, and may be set to go on elsewhere.
    """

    def __init__(self, seed: int):
        self.seed, self.tosses = seed, 0

    def __call__(self, *_anything: Any) -> float:
        self.tosses += 1
        return float(hashlib.sha256(f"{self.seed} {self.tosses}".encode()).digest()[0] % 2)
