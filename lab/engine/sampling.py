"""Draws one token per row from softmax(logits / temperature), by one of three methods with the same distribution."""

from __future__ import annotations

import torch
from torch import Tensor


def exponential(rows: int, columns: int, generator: torch.Generator | None, device: torch.device) -> Tensor:
    """Exponential random numbers, (rows, columns) float32: those that torch.multinomial would draw next.

    On a processor torch draws them one by one, in double precision, by -log(1 - u); drawn as uniform numbers first and
    transformed together they are the same numbers in a sixth of the time.
    """
    if device.type != "cpu":
        return torch.empty(rows, columns, device=device).exponential_(generator=generator)
    return torch.rand(rows, columns, dtype=torch.float64, generator=generator).neg_().log1p_().neg_().float()


def draw(
    log_p: Tensor, sampler: str, generator: torch.Generator | None, batch: int, order: Tensor | None,
    uniforms: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """One token per row of log_p (n, V): log-probabilities, or logits that lack a constant. Returns (n,).

    "multinomial": torch's. "gumbel": argmax of log_p - log(e) with e exponential. torch.multinomial does the same, so
    the draws are equal. "inverse": the place at which the cumulated probability passes one uniform number.

    batch, order: the live rows are rows `order` of `batch`; the first two samplers draw for all of them, as a batch
    that keeps its finished rows does. order None: all rows are live.

    uniforms: (n,), random numbers from which "inverse" draws, if they are given.
    """
    if sampler == "inverse":
        cumulated = log_p.softmax(-1).cumsum(-1)  # (n, V)
        if uniforms is None:
            uniforms = torch.rand(len(log_p), generator=generator, device=log_p.device)
        u = uniforms[:, None].to(cumulated.dtype) * cumulated[:, -1:]
        return torch.searchsorted(cumulated, u, right=True).squeeze(-1).clamp(max=log_p.shape[-1] - 1)
    if sampler == "multinomial":
        if order is None:
            return torch.multinomial(log_p.softmax(-1), 1, generator=generator).squeeze(-1)
        everyone = log_p.new_zeros(batch, log_p.shape[-1]).index_copy_(0, order, log_p)
        return torch.multinomial(everyone.softmax(-1), 1, generator=generator).squeeze(-1)[order]
    noise = exponential(batch, log_p.shape[-1], generator, log_p.device)
    return (log_p - (noise if order is None else noise[order]).log_()).argmax(-1)
