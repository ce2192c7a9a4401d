"""The layout of a training pass: which tokens go through the layers, and who attends to whom.

A plain batch repeats each prompt for all of its completions and pads every row to the longest. Here N flat tokens hold
each prompt once and no padding; only attention needs rows, which are gathered from the flat tokens and whose results
are gathered back. The last token of a completion is left out as well: nothing is predicted from it.

    flat tokens    [prompt 0][completion 0, less its last token][completion 1, ...] ... [prompt 1] ...
    rows           [prompt 0, completion 0], [prompt 0, completion 1], ... padded on the right, plainly causal

Shapes: B rows, L their length, N flat tokens, M completion tokens, h hidden, H heads, D width of a head.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from lab.engine.llama import Weights, rotary_turns, run_layers
from lab.engine.ops import rotate


@dataclass
class Packed:
    """Index tables of one batch."""

    ids: Tensor  # (N,) flat tokens
    rows: Tensor  # (B, L) flat indices; padding, which nobody looks at, has 0
    back: Tensor  # (N,) the place of each flat token among the rows, flattened; of a prompt, in its group's first row
    scored: Tensor  # (M,) flat indices of the tokens from which the completions' tokens are predicted
    targets: Tensor  # (M,) those tokens, row by row


def pack(ids: Tensor, mask: Tensor, share: bool = True, unpad: bool = True) -> Packed:
    """The layout of a batch as lesson 14's get_batch makes it: (B, L) both, the mask 1 on the completions' tokens.

    share: neighbouring rows with equal prompts hold it once. unpad=False fills all completions up to the longest.
    Every row must have a prompt and a completion. Raises ValueError otherwise, and where a completion has gaps.
    """
    width, own = mask.argmax(1), mask.sum(1)  # (B,) tokens of the prompts and of the completions
    column = torch.arange(ids.shape[1], device=ids.device)
    whole = (column >= width[:, None]) & (column < (width + own)[:, None])
    if not (bool((width > 0).all()) and bool((own > 0).all()) and torch.equal(whole, mask.bool())):
        raise ValueError("each row needs a prompt and behind it one completion, without gaps")
    inner = own - 1 if unpad else (own.max() - 1).expand(len(own))  # a row's tokens that go through the layers, (B,)
    L = int((width + inner).max())
    column = torch.arange(max(L, ids.shape[1]), device=ids.device)
    targets = ids[mask.bool()]
    ids = F.pad(ids, (0, len(column) - ids.shape[1]))
    in_prompt = column < width[:, None]  # (B, L)
    new = new_prompts(ids, width) if share else torch.ones_like(width, dtype=torch.bool)  # (B,)
    owner = new.nonzero()[:, 0][new.long().cumsum(0) - 1]  # (B,) the row that holds each row's prompt

    in_layers = (column < (width + inner)[:, None]) & (~in_prompt | new[:, None])
    flat = in_layers.flatten().cumsum(0).view(in_layers.shape) - 1  # (B, L) each such token's number
    rows = torch.where(in_prompt, flat[owner], flat).masked_fill_(column >= (width + inner)[:, None], 0)
    back = in_layers[:, :L].flatten().nonzero()[:, 0]
    before = (column >= width[:, None] - 1) & (column < (width + own)[:, None] - 1)  # (B, L) what predicts the targets
    return Packed(ids[in_layers], rows[:, :L].contiguous(), back, rows[before], targets)


def new_prompts(ids: Tensor, width: Tensor) -> Tensor:
    """(B,) bool: whether the prompt of a row, its first `width` tokens, differs from that of the row before."""
    column = torch.arange(ids.shape[1], device=ids.device)
    new = torch.ones(len(ids), dtype=torch.bool, device=ids.device)
    new[1:] = ((ids[1:] != ids[:-1]) & (column < width[1:, None])).any(1) | (width[1:] != width[:-1])
    return new


def hidden_states(w: Weights, model: Any, packed: Packed) -> Tensor:
    """The final hidden states (M, h) from which a packed batch's targets are predicted, with gradient to the weights.

    Rows are gathered by `embedding`, whose backward pass is the fastest there is for adding up repeated rows.
    """
    turns, H, kv = rotary_turns(model, packed.rows.shape[1]), w.heads, w.kv_heads

    def attend(layer: int, qkv: Tensor) -> Tensor:
        rows = F.embedding(packed.rows, qkv).to(turns.real.dtype)  # attention in half precision is slow on processors
        rows = rows.view(*packed.rows.shape, H + 2 * kv, w.head_width)  # (B, L, H + 2K, D)
        qk, v = rows.split((H + kv, kv), dim=2)  # whose gradients are put beside each other, where slices' are added
        q, k = rotate(qk, turns).split((H, kv), dim=2)
        q, k, v = (x.transpose(1, 2) for x in (q, k, v))
        out = F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=kv != H)  # (B, H, L, D)
        return F.embedding(packed.back, out.transpose(1, 2).flatten(2).flatten(0, 1)).to(qkv.dtype)  # (N, H * D)

    scored, place = packed.scored.unique(return_inverse=True)  # a group's first tokens have the same one
    return F.embedding(place, run_layers(w, packed.ids, attend, scored))
