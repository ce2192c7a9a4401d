"""A reward model in plain torch that is called as transformers' sequence classifiers are: small enough to read, and
no import of transformers. Left out on purpose: attention, so it sees which tokens there are and little of their order.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass
class ScorerOutput:
    logits: Tensor  # (B, 1)


class TinyScorer(nn.Module):
    """One score per row: the mean over its tokens of a small network of each token and the one before it.

    `attention_mask` (B, T) is 0 on padding, which must be on the right; without it every column counts, as with
    transformers' models.
    """

    def __init__(self, vocab_size: int, hidden: int = 8, dropout: float = 0.0):
        super().__init__()
        self.tokens = nn.Embedding(vocab_size, hidden)
        self.before = nn.Embedding(vocab_size, hidden)
        self.dropout = nn.Dropout(dropout)
        self.score = nn.Linear(hidden, 1)

    def forward(self, input_ids: Tensor, attention_mask: Tensor | None = None, **_ignored) -> ScorerOutput:
        mask = torch.ones_like(input_ids) if attention_mask is None else attention_mask
        previous = torch.cat([input_ids[:, :1], input_ids[:, :-1]], dim=1)
        features = self.dropout((self.tokens(input_ids) + self.before(previous)).tanh())  # (B, T, hidden)
        weights = mask.to(features.dtype)[:, :, None]
        return ScorerOutput(self.score((features * weights).sum(1) / weights.sum(1).clamp(min=1)))
