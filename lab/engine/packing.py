"""The layout of a training pass: which tokens go through the layers, and who attends to whom.

A plain batch repeats each prompt for all of its completions and pads every row to the longest. Here N flat tokens hold
each prompt once and no padding; only attention needs rectangles, which are gathered from the flat tokens and whose
results are gathered back. The last token of a completion is left out as well: nothing is predicted from it.

    flat tokens    [prompt 0][completion 0, less its last token][completion 1, ...] ... [prompt 1] ...
    queries        of prompts: (P, W), causal;  of completions: (B, T)
    keys           of prompts: the same;        of completions: (B, W + T), the prompt's columns first

Shapes: P different prompts, W the longest, B rows, T the longest completion less one, N flat tokens, M completion
tokens, h hidden, H heads, D width of a head.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from lab.engine.llama import Weights, rotary_table, run_layers


@dataclass
class Packed:
    """Index tables of one batch. An index of N stands for padding."""

    ids: Tensor  # (N,) flat tokens
    positions: Tensor  # (N,) of each in its row
    prompts: Tensor  # (P, W) flat indices
    queries: Tensor  # (B, T) flat indices
    keys: Tensor  # (B, W + T) flat indices
    back: Tensor  # (N,) the place of each flat token among all queries, the prompts' first
    visible: Tensor  # (T, W + T), or (B, 1, T, W + T) where prompts differ in length
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
    W, T = int(width.max()), int(inner.max())
    ids = F.pad(ids, (0, max(0, W + T - ids.shape[1])))
    column = torch.arange(ids.shape[1], device=ids.device)
    in_prompt = column < width[:, None]  # (B, L)

    new = new_prompts(ids, width) if share else torch.ones_like(width, dtype=torch.bool)  # (B,)
    owner = new.long().cumsum(0) - 1  # (B,) the number of each row's prompt

    kept = (in_prompt & new[:, None]) | (~in_prompt & (column < (width + inner)[:, None]))
    flat = kept.flatten().cumsum(0).view(kept.shape) - 1  # (B, L) the number of each kept token
    N = int(kept.sum())
    prompts = torch.where(in_prompt, flat, N)[new][:, :W]  # (P, W)
    step = torch.arange(T, device=ids.device)
    queries = torch.where(step < inner[:, None], flat.gather(1, width[:, None] + step), N)  # (B, T)
    keys = torch.cat([prompts[owner], queries], dim=1)  # (B, W + T)
    places = torch.cat([prompts.flatten(), queries.flatten()])
    back = places.new_empty(N + 1)
    back[places] = torch.arange(len(places), device=ids.device)

    visible = torch.ones(T, W + T, dtype=torch.bool, device=ids.device).tril(diagonal=W)
    if bool((width != W).any()):
        visible = visible & (keys < N)[:, None, None]
    last = (prompts < N).sum(1)[owner] - 1  # (B,) column of each prompt's last token
    before = torch.cat([prompts[owner].gather(1, last[:, None]), queries], dim=1)  # (B, 1 + T)
    real = torch.arange(T + 1, device=ids.device) < own[:, None]
    positions = column.expand(kept.shape)[kept]
    targets = ids[:, : mask.shape[1]][mask.bool()]
    return Packed(ids[kept], positions, prompts, queries, keys, back[:N], visible, before[real], targets)


def new_prompts(ids: Tensor, width: Tensor) -> Tensor:
    """(B,) bool: whether the prompt of a row, its first `width` tokens, differs from that of the row before."""
    column = torch.arange(ids.shape[1], device=ids.device)
    new = torch.ones(len(ids), dtype=torch.bool, device=ids.device)
    new[1:] = ((ids[1:] != ids[:-1]) & (column < width[1:, None])).any(1) | (width[1:] != width[:-1])
    return new


def rows_of(table: Tensor, index: Tensor) -> Tensor:
    """table[index], with 0 for padding; (N, ...) and (a, b) give (a, b, ...). Backward adds up row by row.

    embedding's backward pass is the fastest way on a processor to add up gradients of repeated rows."""
    flat = F.pad(table.flatten(1), (0, 0, 0, 1))
    return F.embedding(index, flat).unflatten(-1, table.shape[1:])


def hidden_states(w: Weights, model, packed: Packed) -> Tensor:
    """The final hidden states (N, h) of a packed batch, with gradient to the weights."""
    H, dtype = w.heads, w.embedding.dtype
    cos, sin = rotary_table(model, int(packed.positions.max()) + 1, dtype)
    bias = torch.zeros(packed.visible.shape, dtype=dtype, device=packed.ids.device)
    bias.masked_fill_(~packed.visible, -torch.inf)
    gqa = {"enable_gqa": True} if w.kv_heads != H else {}

    def attend(layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        def heads(x: Tensor, index: Tensor) -> Tensor:  # (N, heads, D) -> (rows, heads, columns, D)
            return rows_of(x, index).transpose(1, 2)

        def flat(x: Tensor) -> Tensor:  # (rows, H, columns, D) -> (rows * columns, H * D)
            return x.transpose(1, 2).flatten(2).flatten(0, 1)

        q_p, k_p, v_p = (heads(x, packed.prompts) for x in (q, k, v))
        out = flat(F.scaled_dot_product_attention(q_p, k_p, v_p, is_causal=True, **gqa))
        if packed.queries.shape[1]:
            q_c, k_c, v_c = heads(q, packed.queries), heads(k, packed.keys), heads(v, packed.keys)
            own = flat(F.scaled_dot_product_attention(q_c, k_c, v_c, attn_mask=bias, **gqa))
            out = torch.cat([out, own])
        return F.embedding(packed.back, out)  # (N, H * D)

    return run_layers(w, packed.ids, cos[packed.positions], sin[packed.positions], attend)
