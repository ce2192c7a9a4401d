"""What DAPO (Yu et al., arXiv 2503.14476) changes about the data: groups without signal and responses without an end.

Its other two changes are settings: clip_high = 0.28 ("clip-higher") and kl_coef = 0.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor


@dataclass
class Group:
    """One prompt and its G responses."""

    prompt: str
    responses: list[str]  # decoded, without special tokens
    token_ids: list[Tensor]  # (T_i,) each, with EOS unless it was cut off
    log_probs: list[Tensor]  # (T_i,) each: of those tokens, when they were sampled
    rewards: Float[Tensor, "group"]  # NaN: not scored


def has_signal(rewards: Float[Tensor, "group"]) -> bool:
    """Whether at least two scored rewards differ. Without that, every advantage of the group is 0. Given."""
    return len(rewards[~rewards.isnan()].unique()) > 1


def dynamic_sampling(
    draw: Callable[[int], list[Group]], wanted: int, max_rounds: int
) -> tuple[list[Group], list[Group]]:
    """Draws groups until `wanted` of them have a signal, in at most `max_rounds` rounds (DAPO, section 3.2).

    Args:
        draw: draw(n) samples n fresh groups. Each round asks for as many as are still missing, and never for none.
        wanted: how many groups with signal to find.
        max_rounds: how often draw may be called. Without that bound a policy that is always right, or never, would
            sample for ever.

    Returns (kept, drawn): the groups with signal, in the order in which they were drawn, fewer than `wanted` (maybe
    none) where the rounds were used up; and all groups that were drawn, in order. Metrics are taken over `drawn`:
    the mean reward of `kept` alone tells nothing about the policy.

    Raises ValueError if wanted or max_rounds is less than 1.
    """
    # Check the arguments.
    # At most max_rounds times: draw what is missing, remember all, keep what has a signal; stop when enough.
    raise NotImplementedError("not written yet: exercise 16.10, rollout/dapo.py:dynamic_sampling")


def overlong_filter(
    mask: Int[Tensor, "batch length"], token_ids: Sequence[Tensor], eos_token_id: int | Sequence[int]
) -> Int[Tensor, "batch length"]:
    """The mask with the rows of truncated responses set to 0 (DAPO, section 3.4).

    A response that ran out of tokens may have been on a good way; its reward is an accident, so it is not trained.

    Args:
        mask: of get_batch, 1 on the tokens of the responses. It is left as it is.
        token_ids: the responses. One is truncated unless its last token is EOS; its length tells nothing, since the
            last token that is allowed may be the EOS. An empty response is truncated too.
        eos_token_id: the id that ends a response, or several such.
    """
    # For each response: does it end with an EOS?
    # A copy of the mask in which the other rows are 0.
    raise NotImplementedError("not written yet: exercise 16.11, rollout/dapo.py:overlong_filter")


def length_penalty(token_ids: Sequence[Tensor], max_length: int, cache: int) -> Float[Tensor, "batch"]:
    """DAPO's soft overlong punishment (equation 13), to be added to the rewards; float32.

    With n the number of tokens of a response, its EOS included (tokens, not characters):
        0                                      where n <= max_length - cache
        ((max_length - cache) - n) / cache     where max_length - cache < n <= max_length: from 0 down to -1
        -1                                     where n > max_length

    Args:
        max_length, cache: in tokens; the last `cache` tokens before max_length are where the punishment grows.

    Raises ValueError unless 1 <= cache <= max_length.
    """
    # Check the arguments.
    # The middle line for each length, held between -1 and 0.
    raise NotImplementedError("not written yet: exercise 16.12, rollout/dapo.py:length_penalty")
