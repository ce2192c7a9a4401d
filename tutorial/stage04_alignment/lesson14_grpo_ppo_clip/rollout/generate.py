"""Rollouts: many completions of each prompt, in one batch, with a key-value cache.

The G completions of a prompt share the prompt's forward pass. After it, each new token of all completions costs
one forward of width 1. Left out on purpose: top-k and top-p (they would make the sampling distribution differ
from the one that is trained), beams, dropping finished rows from the batch (the engine does that).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from lesson14_grpo_ppo_clip.loss.advantages import group_advantages
from lesson14_grpo_ppo_clip.rewards.addition import calculate_reward
from torch import Tensor, nn


@dataclass
class Rollout:
    """P prompts with G completions each, flat: B = P * G entries, the first G belong to the first prompt."""

    prompts: list[str]  # each repeated G times
    responses: list[str]  # decoded, without special tokens
    token_ids: list[Tensor]  # (T_i,) each, with EOS unless it was cut off
    log_probs: list[Tensor]  # (T_i,) each: of those tokens, when they were sampled
    rewards: Float[Tensor, "batch"]
    advantages: Float[Tensor, "batch"]


@torch.no_grad()
def generate(
    model: nn.Module,
    tokenizer: Any,
    prompts: Sequence[str],
    group_size: int,
    max_new_tokens: int = 32,
    temperature: float = 1.0,
    eos_token_id: int | Sequence[int] | None = None,
    generator: torch.Generator | None = None,
) -> tuple[list[Tensor], list[Tensor]]:
    """Returns (token_ids, log_probs) of `group_size` sampled completions of each prompt, prompt by prompt.

    Each of the two lists has P * G entries, 1-D: the token ids of a completion, and the log-probabilities that they
    were drawn with (at that temperature). A completion ends with its first EOS, or has max_new_tokens tokens and no
    EOS. What is drawn for a row after its EOS is cut off.

    Args:
        model: called as transformers' models are: `model(ids, attention_mask=..., position_ids=...,
            past_key_values=..., use_cache=True)` gives `.logits` and `.past_key_values`, a cache that grows in
            place and whose `batch_repeat_interleave(n)` turns each row into n, in place. attention_mask covers
            the cached columns and the new ones, (rows, columns so far); position_ids only the new ones.
        prompts: texts of any lengths; `tokenizer.encode` gives their ids.
        temperature: greater than 0; the logits are divided by it.
        eos_token_id: the id that ends a completion, or several; None means the tokenizer's.
        generator: of the random draws, on the model's device; None means torch's global one.

    Cost, with T the length of the longest completion: one forward over the P prompts (not P * G), then at most
    T - 1 forwards of P * G rows and width 1. It stops when every completion has ended.

    log_probs are float32, and are normalised in float32 if the model's logits are in half precision.

    Given: you wrote such a sampler in lesson 03 (03.6). This one has a temperature and uses transformers' cache.
    """
    # Pad the prompts on the left, so that all of them end in the same column. The attention mask is 0 on the padding,
    # and positions are counted from each prompt's own first token.
    device = next(model.parameters()).device
    encoded = [tokenizer.encode(prompt) for prompt in prompts]
    width = max(len(row) for row in encoded)
    padding = [width - len(row) for row in encoded]
    ids = torch.tensor([[tokenizer.pad_token_id] * n + row for n, row in zip(padding, encoded, strict=True)])
    mask = torch.tensor([[0] * n + [1] * (width - n) for n in padding], device=device)  # (P, width)
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    ends = torch.tensor(tokenizer.eos_token_id if eos_token_id is None else eos_token_id, device=device)

    # One forward over the prompts. Then repeat cache, mask, positions and the last column of logits G times.
    output = model(ids.to(device), attention_mask=mask, position_ids=positions, use_cache=True)
    cache = output.past_key_values
    cache.batch_repeat_interleave(group_size)
    logits = output.logits[:, -1].repeat_interleave(group_size, dim=0)  # (B, V)
    mask = mask.repeat_interleave(group_size, dim=0)
    position = positions[:, -1:].repeat_interleave(group_size, dim=0)  # (B, 1), of the newest token

    tokens, log_probs, counted = [], [], []
    ended = torch.zeros(len(logits), dtype=torch.bool, device=device)
    while True:
        distribution = (logits.float() / temperature).log_softmax(-1)
        token = torch.multinomial(distribution.exp(), 1, generator=generator)  # (B, 1)
        tokens.append(token)
        log_probs.append(distribution.gather(-1, token))
        counted.append(~ended)  # the first EOS counts, what follows it does not
        ended = ended | torch.isin(token[:, 0], ends)
        if ended.all() or len(tokens) == max_new_tokens:
            break
        mask = torch.cat([mask, torch.ones_like(token)], dim=1)
        position = position + 1
        output = model(token, attention_mask=mask, position_ids=position, past_key_values=cache, use_cache=True)
        logits = output.logits[:, -1]

    lengths = torch.stack(counted).sum(0).tolist()
    return (
        [row[:n] for row, n in zip(torch.cat(tokens, dim=1), lengths, strict=True)],
        [row[:n] for row, n in zip(torch.cat(log_probs, dim=1), lengths, strict=True)],
    )


def generate_group(
    model: nn.Module,
    tokenizer: Any,
    prompts: Sequence[str],
    ground_truths: Sequence[int],
    group_size: int,
    max_new_tokens: int = 32,
    temperature: float = 1.0,
    divide_by_std: bool = True,
    generator: torch.Generator | None = None,
    reward: Callable[[int, str], float] = calculate_reward,
    generate: Callable[..., tuple[list[Tensor], list[Tensor]]] = generate,
) -> Rollout:
    """Returns the rollout of `group_size` completions of each prompt: completions, rewards and advantages.

    ground_truths: the true answer of each prompt. reward: called as reward(ground_truth, response text) for each
    completion. generate: samples them, called as the function above is. The other arguments mean what they mean for
    `generate` and `group_advantages`.
    """
    # Generate; decode without special tokens.
    # Reward each response against the truth of its own prompt; advantages within each prompt's group.
    raise NotImplementedError("not written yet: exercise 14.9, rollout/generate.py:generate_group")
