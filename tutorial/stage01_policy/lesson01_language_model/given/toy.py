"""The lesson's toy language: four tokens, three of them characters and one EOS, and a small model with random weights.

The task is to write digits in reverse: `12=` is to be continued with `21` and EOS.
"""

from __future__ import annotations

import torch
from torch import Tensor

from lab.models.tiny_language_models import TinyLM

TOKENS = ".12="  # the point stands for EOS
EOS = 0
MAX_NEW_TOKENS = 5


def encode(text: str) -> Tensor:
    """Returns the token ids of `text`; write EOS as a point."""
    return torch.tensor([TOKENS.index(character) for character in text])


def decode(ids: Tensor) -> str:
    """Returns the text of token ids, with a point for EOS."""
    return "".join(TOKENS[i] for i in ids.tolist())


def random_model(seed: int) -> TinyLM:
    """Returns a one-layer transformer in float64 whose weights are drawn with `seed`."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return TinyLM(len(TOKENS)).double()
