"""Rollout and gradient by transformers' own forward pass, for models that are no Llamas.

Arguments and results are those of lab.engine.generate and lab.engine.update.backward; the sampled tokens too, up to
rounding. It is slower: finished rows stay in the batch, and in training a prompt goes through the layers once per
completion.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from lab.engine.config import EngineConfig
from lab.engine.log_prob_loss import LossOf
from lab.engine.sampling import draw
from lab.engine.update import passes


@torch.no_grad()
def generate(
    model: Any, tokenizer: Any, prompts: Sequence[str], group_size: int, max_new_tokens: int, temperature: float,
    eos_token_id: Sequence[int], *, config: EngineConfig, uniforms: Tensor,
) -> tuple[list[Tensor], list[Tensor]]:  # fmt: skip
    """(token_ids, log_probs), each of P * group_size entries; completion i is drawn from uniforms[i]."""
    device = model.device
    encoded = [tokenizer.encode(prompt) for prompt in prompts]
    width = max(map(len, encoded))
    ids = torch.tensor([[0] * (width - len(row)) + row for row in encoded], device=device)  # (P, width), left-padded
    seen = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in encoded], device=device)
    positions = (seen.cumsum(1) - 1).clamp(min=0)
    output = model(ids, attention_mask=seen, position_ids=positions, use_cache=True)
    cache = output.past_key_values
    cache.batch_repeat_interleave(group_size)
    logits, seen, position = (
        x.repeat_interleave(group_size, 0) for x in (output.logits[:, -1], seen, positions[:, -1:])
    )
    ends, uniforms = torch.tensor(list(eos_token_id), device=device), uniforms.to(device)
    tokens, log_probs = [], []
    ended = torch.zeros(len(logits), dtype=torch.bool, device=device)
    for t in range(max_new_tokens):
        scores = (logits.float() / (temperature or 1.0)).log_softmax(-1)  # (B, V)
        drawn = draw(scores, "inverse", None, len(scores), None, uniforms[:, t])
        token = (scores.argmax(-1) if temperature == 0 else drawn)[:, None]  # (B, 1)
        tokens.append(token)
        log_probs.append(scores.gather(-1, token))
        ended |= torch.isin(token[:, 0], ends)
        if ended.all() or t + 1 == max_new_tokens:
            break
        seen, position = torch.cat([seen, torch.ones_like(token)], 1), position + 1
        output = model(token, attention_mask=seen, position_ids=position, past_key_values=cache, use_cache=True)
        logits = output.logits[:, -1]
    all_ids, all_log_probs = torch.cat(tokens, 1), torch.cat(log_probs, 1)  # (B, T)
    is_end = torch.isin(all_ids, ends)
    counts = torch.where(is_end.any(1), is_end.int().argmax(1) + 1, all_ids.shape[1]).tolist()
    if config.first_update_log_probs:
        all_log_probs.fill_(torch.nan)
    cut = [[row[:n] for row, n in zip(table, counts, strict=True)] for table in (all_ids, all_log_probs)]
    return cut[0], cut[1]


def backward(
    model: Any, ids: Tensor, mask: Tensor, rows: Tensor, loss_of: LossOf, *, temperature: float,
    micro_batch_size: int, config: EngineConfig,
) -> tuple[float, Tensor]:  # fmt: skip
    """Adds the gradient of a loss to the parameters. Returns the loss and the log-probabilities (M,) of all tokens of
    completions, NaN in rows that were left out."""
    number = mask.flatten().cumsum(0).view(mask.shape) - 1  # (B, L)
    dtype = torch.promote_types(model.dtype, torch.float32)
    log_probs = torch.full((int(mask.sum()),), torch.nan, dtype=dtype, device=ids.device)
    column = torch.arange(ids.shape[1], device=ids.device)
    total = 0.0
    for part in passes(rows, mask, micro_batch_size, config.pass_tokens):
        real = column < (mask[part].argmax(1) + mask[part].sum(1))[:, None]  # (b, L) no padding
        logits = model(ids[part], attention_mask=real.long()).logits[:, :-1]
        counted = mask[part, 1:].bool()
        scores = (logits[counted].to(dtype) / temperature).log_softmax(-1)  # (m, V)
        chosen = scores.gather(-1, ids[part][:, 1:][counted][:, None]).squeeze(-1)
        own = number[part][:, 1:][counted]
        loss = loss_of(chosen, own)
        loss.backward()
        total += loss.item()
        log_probs[own] = chosen.detach()
    for p in model.parameters():
        if p.grad is None and p.requires_grad:
            p.grad = torch.zeros_like(p)
    return total, log_probs
