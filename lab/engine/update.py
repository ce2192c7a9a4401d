"""The gradient of a batch, and scoring one without gradient. What the loss is, the lesson says.

A batch is what lesson 14's get_batch makes: ids and mask (B, L), prompt, completion and padding on the right. Its M
completion tokens are numbered row by row, as mask.nonzero() lists them; a loss is a function of some of them.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from lab.engine import head
from lab.engine.config import EngineConfig
from lab.engine.llama import read_weights
from lab.engine.packing import hidden_states, new_prompts, pack


def backward(
    model: Any, ids: Tensor, mask: Tensor, rows: Tensor, loss_of: head.LossOf, *, temperature: float,
    micro_batch_size: int, config: EngineConfig,
) -> tuple[float, Tensor]:  # fmt: skip
    """Adds the gradient of a loss to the model's parameters, in passes of at most micro_batch_size rows (0: any number)
    and about config.pass_tokens tokens.

    rows: the rows to train on, which must have a completion. loss_of(log_probs, numbers) is called with the
    log-probabilities (n,) of some of the M tokens and their numbers, and returns those tokens' part of the loss.

    Returns the loss, and the log-probabilities (M,) of all tokens before the step, NaN in rows that were left out.
    Where no row is left, gradients become 0, as those of a batch without a signal are.
    """
    number = mask.flatten().cumsum(0).view(mask.shape) - 1  # (B, L)
    dtype = torch.promote_types(model.dtype, torch.float32)
    log_probs = torch.full((int(mask.sum()),), torch.nan, dtype=dtype, device=ids.device)
    losses = []
    if config.sort_by_length:
        rows = rows[by_length(ids[rows], mask[rows], config.share_prompt)]
    for part in passes(rows, mask, micro_batch_size, config.pass_tokens):
        packed = pack(ids[part], mask[part], config.share_prompt, config.unpad)
        own = number[part][mask[part].bool()]  # the numbers of the packed targets
        w = read_weights(model, config.cast(model))
        hidden = F.embedding(packed.scored, hidden_states(w, model, packed))  # (m, h)
        loss, chosen = head.head_loss(
            hidden, w.head, packed.targets, temperature, lambda lp, i, own=own: loss_of(lp, own[i]), config.head_chunk
        )
        loss.backward()
        losses.append(loss.item())
        log_probs[own] = chosen.to(log_probs.dtype)
    for p in model.parameters():
        if p.grad is None and p.requires_grad:
            p.grad = torch.zeros_like(p)
    return sum(losses), log_probs


def passes(rows: Tensor, mask: Tensor, most_rows: int, most_tokens: int) -> list[Tensor]:
    """The rows in parts of at most `most_rows` rows and `most_tokens` tokens (0: no limit), at least a row each."""
    tokens = (mask[rows].argmax(1) + mask[rows].sum(1)).tolist()  # with the prompt
    sizes, filled = [], 0
    for count in tokens:
        full = (most_rows and sizes and sizes[-1] == most_rows) or (most_tokens and filled + count > most_tokens)
        if full or not sizes:
            sizes, filled = [*sizes, 0], 0
        sizes[-1], filled = sizes[-1] + 1, filled + count
    return list(rows.split(sizes)) if sizes else []


def by_length(ids: Tensor, mask: Tensor, keep_groups: bool) -> Tensor:
    """An order of the rows, the longest completion first. keep_groups: neighbours with equal prompts stay together, at
    the place of their longest."""
    length = mask.sum(1)
    if keep_groups and len(ids):
        owner = new_prompts(ids, mask.argmax(1)).long().cumsum(0) - 1
        longest = length.new_zeros(int(owner[-1]) + 1).scatter_reduce_(0, owner, length, "amax")
        length = longest[owner]
    return length.argsort(descending=True, stable=True)


@torch.no_grad()
def score(
    model: Any, ids: Tensor, mask: Tensor, *, temperature: float, config: EngineConfig, entropy: bool = False
) -> tuple[Tensor, Tensor | None]:
    """(log_probs, entropies or None), each (B, L - 1) next to mask[:, 1:], 0 where that is 0; without gradient."""
    w = read_weights(model, config.cast(model))
    dtype = torch.promote_types(model.dtype, torch.float32)
    tables = [torch.zeros(mask[:, 1:].shape, dtype=dtype, device=ids.device) for _ in range(2)]
    for part in passes(torch.arange(len(ids), device=ids.device), mask, 0, config.pass_tokens):
        packed = pack(ids[part], mask[part], config.share_prompt, config.unpad)
        hidden = F.embedding(packed.scored, hidden_states(w, model, packed))
        found = head.score(hidden, w.head, packed.targets, temperature, config.head_chunk, entropy)
        where = torch.zeros_like(mask, dtype=torch.bool)
        where[part] = mask[part].bool()
        for table, values in zip(tables, found, strict=True):
            if values is not None:
                table[where[:, 1:]] = values.to(dtype)
    return tables[0], tables[1] if entropy else None
