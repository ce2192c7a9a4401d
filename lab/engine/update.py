"""The gradient of a batch, and the log-probabilities of its tokens. The caller passes the loss.

A batch is what lesson 14's get_batch makes: ids and mask (B, L), prompt, completion and padding on the right. Its M
completion tokens are numbered row by row, as mask.nonzero() lists them; a loss is a function of some of them.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from lab.engine.config import EngineConfig
from lab.engine.llama import read_weights
from lab.engine.log_prob_loss import LossOf, chunked_log_probs, chunked_loss
from lab.engine.packing import hidden_states, new_prompts, pack


def backward(
    model: Any, ids: Tensor, mask: Tensor, rows: Tensor, loss_of: LossOf, *, temperature: float,
    micro_batch_size: int, config: EngineConfig,
) -> tuple[float, Tensor]:  # fmt: skip
    """Adds the gradient of a loss to the model's parameters, in passes of at most micro_batch_size rows (0: any number)
    and about config.pass_tokens tokens.

    rows: the rows to train on, which must have a completion. loss_of(log_probs, numbers) is called with the
    log-probabilities (n,) of some of the M tokens and their numbers, and returns those tokens' part of the loss.

    Returns the loss, and the log-probabilities (M,) of all tokens before the step, NaN in rows that were left out.
    If no row is left, gradients become 0, as for a batch without a signal.
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
        hidden = hidden_states(w, model, packed)  # (m, h)

        def part_of_loss(chosen: Tensor, numbers: Tensor, own: Tensor = own) -> Tensor:
            return loss_of(chosen, own[numbers])

        loss, chosen = chunked_loss(hidden, w.head, packed.targets, temperature, part_of_loss, config.head_chunk)
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
    filled = 0
    sizes: list[int] = []
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


def token_log_probs(model: Any, ids: Tensor, mask: Tensor, temperature: float, *, config: EngineConfig) -> Tensor:
    """Log-probabilities of the completions' tokens, (B, L - 1) next to mask[:, 1:], 0 where that is 0; with gradient
    unless torch.no_grad is on. All passes stay in memory until backward has run; `backward` needs less."""
    w = read_weights(model, config.cast(model))
    places = mask[:, 1:].bool()
    found = []
    for part in passes(places.any(1).nonzero()[:, 0], mask, 0, config.pass_tokens):
        packed = pack(ids[part], mask[part], config.share_prompt, config.unpad)
        hidden = hidden_states(w, model, packed)
        found.append(chunked_log_probs(hidden, w.head, packed.targets, temperature, config.head_chunk))
    table = torch.zeros(places.shape, dtype=torch.promote_types(model.dtype, torch.float32), device=ids.device)
    return table.masked_scatter(places, torch.cat(found).to(table.dtype)) if found else table


def fused_loss(
    model: Any, ids: Tensor, mask: Tensor, rows: Tensor, loss_of: LossOf, *, temperature: float, config: EngineConfig
) -> tuple[Tensor, Tensor]:
    """(loss, log_probs) as `backward` has them. Its gradient is computed at once and stored; loss.backward() adds it
    to the parameters, so this loss can be used like any other."""
    parameters = [p for p in model.parameters() if p.requires_grad]
    before = [p.grad for p in parameters]
    for p in parameters:
        p.grad = None
    value, log_probs = backward(
        model, ids, mask, rows, loss_of, temperature=temperature, micro_batch_size=0, config=config
    )
    gradients = [p.grad for p in parameters]
    for p, gradient in zip(parameters, before, strict=True):
        p.grad = gradient
    return _LossWithGradient.apply(torch.tensor(value, dtype=torch.float64), gradients, *parameters), log_probs


class _LossWithGradient(torch.autograd.Function):
    """A number whose gradient is known."""

    @staticmethod
    def forward(ctx: Any, value: Tensor, gradients: list[Tensor], *_parameters: Tensor) -> Tensor:
        ctx.gradients = gradients
        return value.clone()

    @staticmethod
    def backward(ctx: Any, scale: Tensor) -> tuple[Any, ...]:
        gradients, ctx.gradients = ctx.gradients, None  # backward runs once
        return None, None, *(gradient.mul_(scale) for gradient in gradients)
