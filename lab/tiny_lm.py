"""Two causal language models in plain torch that are called as transformers' models are.

`TinyLM` is a one- or two-layer transformer with a key-value cache; `BigramLM` is a table whose next-token
probabilities can be written down by hand. They let tests run without importing transformers (seconds), and
they are short enough to read. Left out on purpose: everything that makes a model good.

Shapes: B rows, T new positions, S positions with the cache, H heads, D width of a head, V vocabulary.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn


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


class Attention(nn.Module):
    def __init__(self, hidden: int, heads: int, layer: int):
        super().__init__()
        self.heads, self.layer = heads, layer
        self.qkv = nn.Linear(hidden, 3 * hidden)
        self.out = nn.Linear(hidden, hidden)

    def forward(self, x: Tensor, visible: Tensor, cache: Cache | None) -> Tensor:
        q, k, v = (
            part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in self.qkv(x).chunk(3, dim=-1)
        )  # each (B, H, T, D)
        if cache is not None:
            k, v = cache.update(self.layer, k, v)
        scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5  # (B, H, T, S)
        # A finite floor, not -inf: a padding row that may look at nothing stays finite (and is never used).
        scores = scores.masked_fill(~visible[:, None], torch.finfo(scores.dtype).min)
        return self.out((scores.softmax(-1) @ v).transpose(1, 2).flatten(2))


class TinyLM(nn.Module):
    """A small causal transformer with learned positions.

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
        max_positions: int = 256,
        dropout: float = 0.0,
    ):
        super().__init__()
        self.vocab_size = vocab_size
        self.tokens = nn.Embedding(vocab_size, hidden)
        self.positions = nn.Embedding(max_positions, hidden)
        self.attention = nn.ModuleList(Attention(hidden, heads, i) for i in range(layers))
        self.mlp = nn.ModuleList(
            nn.Sequential(nn.Linear(hidden, 2 * hidden), nn.GELU(), nn.Linear(2 * hidden, hidden))
            for _ in range(layers)
        )
        self.norms = nn.ModuleList(nn.LayerNorm(hidden) for _ in range(2 * layers + 1))
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(hidden, vocab_size, bias=False)

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
            position_ids = torch.arange(past, past + t, device=device).expand(b, t)
        causal = torch.arange(past + t, device=device) <= torch.arange(past, past + t, device=device)[:, None]
        visible = causal.expand(b, t, past + t)  # (B, T, S)
        if attention_mask is not None:
            visible = visible & attention_mask[:, None, :].bool()
        x = self.dropout(self.tokens(input_ids) + self.positions(position_ids))  # (B, T, hidden)
        for i, (attention, mlp) in enumerate(zip(self.attention, self.mlp, strict=True)):
            x = x + self.dropout(attention(self.norms[2 * i](x), visible, cache))
            x = x + self.dropout(mlp(self.norms[2 * i + 1](x)))
        if cache is not None:
            cache.length = past + t
        return Output(self.head(self.norms[-1](x)), cache)


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
