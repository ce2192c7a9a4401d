"""Two causal language models in plain torch that are called as transformers' models are.

`TinyLM` is a one- or two-layer transformer with a key-value cache; `BigramLM` is a table whose next-token
probabilities can be written down by hand. They let tests run without importing transformers (seconds), and
they are short enough to read. Left out on purpose: everything that makes a model good.

Shapes: B rows, T new positions, S positions with the cache, H heads, D width of a head, V vocabulary.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Cache:
    """Keys and values of past positions, per layer. The methods are those of transformers' DynamicCache."""

    def __init__(self):
        self.keys: list[Tensor] = []  # per layer (B, H, S, D)
        self.values: list[Tensor] = []
        self.length = 0

    def get_seq_length(self) -> int:
        return self.length

    def update(self, layer: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Appends new positions and returns all of them."""
        if layer == len(self.keys):
            self.keys.append(keys)
            self.values.append(values)
        else:
            self.keys[layer] = torch.cat([self.keys[layer], keys], dim=2)
            self.values[layer] = torch.cat([self.values[layer], values], dim=2)
        return self.keys[layer], self.values[layer]

    def batch_repeat_interleave(self, repeats: int) -> None:
        """Row i becomes rows i*repeats ... i*repeats + repeats - 1, in place."""
        self.keys = [k.repeat_interleave(repeats, dim=0) for k in self.keys]
        self.values = [v.repeat_interleave(repeats, dim=0) for v in self.values]

    def batch_select_indices(self, indices: Tensor) -> None:
        """Keeps the given rows, in the given order, in place."""
        self.keys = [k[indices] for k in self.keys]
        self.values = [v[indices] for v in self.values]


@dataclass
class Output:
    logits: Tensor  # (B, T, V)
    past_key_values: Cache | None = None


class TinyLM(nn.Module):
    """A small causal transformer with learned positions; its linear layers have no biases, its norms no weights.

    Called like a transformers model: `input_ids` (B, T), `attention_mask` (B, S) with 0 on padding,
    `position_ids` (B, T), a `past_key_values` cache. As there, positions default to 0, 1, 2, ... whatever the
    mask says: with left padding the caller passes `position_ids`.
    """

    def __init__(
        self,
        vocab_size: int,
        hidden: int = 16,
        layers: int = 1,
        heads: int = 2,
        max_positions: int = 64,
        dropout: float = 0.0,
    ):
        super().__init__()
        self.vocab_size, self.hidden, self.layers, self.heads, self.dropout = vocab_size, hidden, layers, heads, dropout
        self.tokens = nn.Parameter(torch.randn(vocab_size, hidden))
        self.positions = nn.Parameter(torch.randn(max_positions, hidden))
        shapes = {"qkv": (3 * hidden, hidden), "out": (hidden, hidden), "up": (2 * hidden, hidden),
                  "down": (hidden, 2 * hidden)}  # fmt: skip
        for name, shape in shapes.items():
            for layer in range(layers):  # qkv0, qkv1, ...: lists of parameters are slow, and tests make many models
                self.register_parameter(f"{name}{layer}", nn.Parameter(_weight(*shape)))
        self.head = nn.Parameter(_weight(vocab_size, hidden))

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        position_ids: Tensor | None = None,
        past_key_values: Cache | None = None,
        use_cache: bool = False,
        **_ignored,
    ) -> Output:
        (b, t), device = input_ids.shape, input_ids.device
        past = past_key_values.get_seq_length() if past_key_values is not None else 0
        cache = past_key_values if past_key_values is not None else Cache() if use_cache else None
        if position_ids is None:
            position_ids = torch.arange(past, past + t, device=device)
        visible = torch.ones(t, past + t, dtype=torch.bool, device=device).tril_(past)  # (T, S)
        if attention_mask is not None:
            visible = visible & attention_mask[:, None, None, :].bool()  # (B, 1, T, S)
        x = self.drop(F.embedding(input_ids, self.tokens) + F.embedding(position_ids, self.positions))  # (B, T, hidden)
        parameters: Any = self._parameters
        for layer in range(self.layers):
            qkv, out, up, down = (parameters[f"{name}{layer}"] for name in ("qkv", "out", "up", "down"))
            qkv = F.linear(self.norm(x), qkv).view(b, t, 3, self.heads, -1)
            q, k, v = qkv.permute(2, 0, 3, 1, 4)  # each (B, H, T, D)
            if cache is not None:
                k, v = cache.update(layer, k, v)
            scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5  # (B, H, T, S)
            # A finite floor, not -inf: a padding row that may look at nothing stays finite (and is never used).
            scores = torch.where(visible, scores, torch.finfo(scores.dtype).min)
            mixed = (scores.softmax(-1) @ v).transpose(1, 2).flatten(2)  # (B, T, hidden)
            x = x + self.drop(F.linear(mixed, out))
            x = x + self.drop(F.linear(F.silu(F.linear(self.norm(x), up)), down))
        if cache is not None:
            cache.length = past + t
        return Output(F.linear(self.norm(x), self.head), cache)

    def norm(self, x: Tensor) -> Tensor:
        return F.layer_norm(x, (self.hidden,))

    def drop(self, x: Tensor) -> Tensor:
        return F.dropout(x, self.dropout) if self.dropout and self.training else x


def _weight(rows: int, columns: int) -> Tensor:
    """Of a linear layer, drawn as torch's own are."""
    return torch.empty(rows, columns).uniform_(-(columns**-0.5), columns**-0.5)


class BigramLM(nn.Module):
    """A table: the logits after token i are row i of `logits` (V, V), its only parameter (float64)."""

    def __init__(self, logits: list[list[float]] | Tensor):
        super().__init__()
        self.logits = nn.Parameter(torch.as_tensor(logits, dtype=torch.float64).clone())

    @property
    def vocab_size(self) -> int:
        return self.logits.shape[0]

    def forward(
        self, input_ids: Tensor, past_key_values: Cache | None = None, use_cache: bool = False, **_ignored
    ) -> Output:
        cache = past_key_values if past_key_values is not None else Cache() if use_cache else None
        if cache is not None:
            cache.length += input_ids.shape[1]
        return Output(self.logits[input_ids], cache)
