"""Completions of many prompts at once: each prompt and each new token is computed once; ended completions leave.

Left out: temperature and truncation (lesson 02), prompts that join while others are still running.
"""

from collections.abc import Callable

import torch
from jaxtyping import Int
from lesson03_many_at_once.attention.cached_attention import KVCache
from lesson03_many_at_once.batch.padding import left_pad, token_positions, visible_columns
from torch import Tensor
from torch.nn import functional as F


@torch.no_grad()
def generate(
    model: Callable[..., Tensor],
    prompts: list[Int[Tensor, "_"]],
    group_size: int,
    pad_id: int,
    eos: int,
    max_new_tokens: int,
    generator: torch.Generator | None = None,
) -> tuple[list[Tensor], list[Tensor]]:
    """Returns (token_ids, log_probs) of `group_size` completions of each prompt, prompt by prompt.

    Both lists have len(prompts) * group_size entries, 1-D: the tokens of a completion, drawn from the softmax of the
    logits, and the log-probability of each. A completion ends with its first EOS, which belongs to it, or has
    max_new_tokens tokens and no EOS.

    Args:
        model: called as `model(ids, positions, visible, cache)`; returns logits (rows, new, vocab). ids and positions
            are (rows, new): the new columns only. visible is (rows, new, columns), from `visible_columns`. The model
            adds the new columns to `cache`, a KVCache.
        prompts, pad_id: as in `left_pad`.
        eos: the id that ends a completion. An EOS within a prompt ends nothing.
        generator: of the random draws; torch's global one if None.

    Forward passes: one over the prompts, a row for each prompt. Then one of a single column for each further token,
    until all completions have ended. Hardening: a completion that has ended leaves the batch and the cache, so that
    later passes have fewer rows.
    """
    # left_pad; a new cache; one forward pass over all columns of the prompts. The logits of the last column count.
    # Each row becomes group_size rows: logits, mask and cache.
    # Loop: draw a token for each row (torch.multinomial), and store it with its log-probability.
    # Keep the rows that go on: their tokens, mask and cache. Stop if there are none, or if all tokens are drawn.
    # The mask gets one more column. One forward pass over the new column: its positions, and what it may look at.
    raise NotImplementedError("not written yet: exercise 03.6, rollout/generate.py:generate")
