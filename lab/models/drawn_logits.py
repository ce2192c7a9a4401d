"""A stand-in for a model whose logits depend on how it is called, so that a test sees in the numbers how often and with
which rows it was. A test draws `seed`: the right numbers cannot be known without the right calls."""

from __future__ import annotations

import functools
import itertools
import random
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor


def added(seed: int, shape: tuple[int, ...], call: int = 0) -> Tensor:
    """What is added to logits of this shape, (rows, ..., vocabulary), at call number `call`; the first is 0. A float64
    number between -1 and 1 for each place: the sine of a weighted sum of its indices."""
    draw = random.Random(seed)
    angle = draw.uniform(1, 3) * torch.tensor(call, dtype=torch.float64)
    for size in shape:
        angle = angle[..., None] + draw.uniform(1, 3) * torch.arange(size, dtype=torch.float64)
    return angle.sin()


def with_added(model: Callable[..., Any], seed: int, by_call: bool = True) -> Callable[..., Any]:
    """`model`, or its forward, with `added` to the logits. by_call=False: every call counts as the first."""
    calls = itertools.count()

    @functools.wraps(model)
    def called(*args, **kwargs):
        result, call = model(*args, **kwargs), next(calls) if by_call else 0
        if isinstance(result, Tensor):
            return result + added(seed, result.shape, call).to(result.dtype)
        result.logits = result.logits + added(seed, result.logits.shape, call).to(result.logits.dtype)
        return result

    return called
