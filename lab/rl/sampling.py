"""The plainest sampler: one forward over everything for each new token. Lesson 14 writes the fast one."""

from __future__ import annotations

import torch
from torch import Tensor, nn


@torch.no_grad()
def sample(
    model: nn.Module,
    prompt_ids: Tensor,
    num_samples: int,
    *,
    eos_token_id: int,
    max_new_tokens: int,
    temperature: float = 1.0,
    generator: torch.Generator | None = None,
) -> list[Tensor]:
    """Draws `num_samples` continuations of one prompt.

    prompt_ids: (P,) token ids. Returns a list of 1-D tensors of token ids; each ends with the EOS token, or
    has `max_new_tokens` tokens and no EOS where it was cut off. `generator` defaults to torch's global one.
    """
    ids = prompt_ids.repeat(num_samples, 1)  # (G, P)
    ended = torch.zeros(num_samples, dtype=torch.bool, device=ids.device)
    for _ in range(max_new_tokens):
        logits = model(ids).logits[:, -1].float() / temperature  # (G, V)
        drawn = torch.multinomial(logits.softmax(-1), 1, generator=generator)  # (G, 1)
        ids = torch.cat([ids, drawn.masked_fill(ended[:, None], eos_token_id)], dim=1)
        ended |= ids[:, -1] == eos_token_id
        if ended.all():
            break
    return [cut_after_eos(row, eos_token_id) for row in ids[:, len(prompt_ids) :]]


def cut_after_eos(ids: Tensor, eos_token_id: int) -> Tensor:
    """`ids` up to and with the first EOS; all of them where there is none."""
    ends = (ids == eos_token_id).nonzero()
    return ids[: int(ends[0]) + 1] if len(ends) else ids


@torch.no_grad()
def sample_rows(
    model: nn.Module,
    prompt_ids: Tensor,
    max_new_tokens: int,
    *,
    eos_token_id: int,
    pad_token_id: int,
    generator: torch.Generator,
    attention_mask: Tensor | None = None,
    until_all_end: bool = False,
) -> Tensor:
    """Draws one completion of each row at temperature 1, with the model's key-value cache.

    prompt_ids: (B, P), prompts of one length, or padded on the left; attention_mask is then 0 on the padding. Returns
    (B, max_new_tokens) ids, padding after EOS; with until_all_end as many as the longest completion has.
    """
    new, cache, drawn, mask = prompt_ids, None, [], attention_mask
    ended = torch.zeros(len(prompt_ids), dtype=torch.bool)
    for _ in range(max_new_tokens):
        output = model(new, attention_mask=mask, past_key_values=cache, use_cache=True)
        cache, probabilities = output.past_key_values, output.logits[:, -1].softmax(-1)
        token = torch.multinomial(probabilities, 1, generator=generator)[:, 0]
        drawn.append(token.masked_fill(ended, pad_token_id))
        ended |= token == eos_token_id
        if until_all_end and ended.all():
            break
        new = token[:, None]
        mask = None if mask is None else nn.functional.pad(mask, (0, 1), value=1)
    return torch.stack(drawn, dim=1)


def row_log_probs(model: nn.Module, prompt_ids: Tensor, completion_ids: Tensor, pad_token_id: int) -> Tensor:
    """log p(completion | prompt) of each row (B,), with gradient. The ids are as `sample_rows` takes and gives them."""
    logits = model(torch.cat([prompt_ids, completion_ids[:, :-1]], dim=1)).logits[:, prompt_ids.shape[1] - 1 :]
    each = logits.log_softmax(-1).gather(-1, completion_ids[..., None]).squeeze(-1)
    return each.where(completion_ids != pad_token_id, 0.0).sum(1)
