"""What DAPO (Yu et al., arXiv 2503.14476) changes about the data: groups without signal, and responses without an end.

Its other two techniques are in the loss: clip-higher (clip_high = 0.28), and the mean over all tokens.
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
    """Whether at least two scored rewards differ. If not, every advantage of the group is 0. Given."""
    return len(rewards[~rewards.isnan()].unique()) > 1


def dynamic_sampling(
    draw: Callable[[int], list[Group]], wanted: int, max_rounds: int
) -> tuple[list[Group], list[Group]]:
    """Draws groups until `wanted` of them have a signal, in at most `max_rounds` rounds (DAPO, section 3.2).

    Args:
        draw: draw(n) samples n fresh groups. Each round asks for as many as are still missing.
        wanted: how many groups with a signal to find, at least 1.
        max_rounds: how often draw may be called. Without a bound, a policy that is always right would sample forever.

    Returns (kept, drawn): the groups with a signal (has_signal), maybe fewer than `wanted`, and all groups that were
    drawn, both in the order in which they were drawn. Metrics are taken over `drawn`: the mean reward of `kept` says
    nothing about the policy.
    """
    # At most max_rounds times: draw what is missing, remember all, keep what has a signal; stop when enough.
    raise NotImplementedError("not written yet: exercise 16.10, rollout/dapo.py:dynamic_sampling")


def overlong_filter(
    mask: Int[Tensor, "batch length"], token_ids: Sequence[Tensor], eos_token_id: int
) -> Int[Tensor, "batch length"]:
    """The mask with the rows of truncated responses set to 0 (DAPO, section 3.4).

    A response that ran out of tokens is unfinished, not wrong; so it is not trained.

    Args:
        mask: of get_batch, 1 on the tokens of the responses. It is not changed.
        token_ids: the responses, at least one token each. One is truncated if its last token is not the EOS. Its length
            does not decide: the EOS may be the last token that is allowed.
    """
    # For each response: is its last token the EOS?
    # A copy of the mask in which the rows of the others are 0.
    raise NotImplementedError("not written yet: exercise 16.11, rollout/dapo.py:overlong_filter")


def length_penalty(token_ids: Sequence[Tensor], max_length: int, cache: int) -> Float[Tensor, "batch"]:
    """DAPO's soft overlong punishment (equation 13), to be added to the rewards.

    With n the number of tokens of a response, its EOS included:
        0                                      if n <= max_length - cache
        ((max_length - cache) - n) / cache     if max_length - cache < n <= max_length: from 0 down to -1
        -1                                     if n > max_length

    Raises ValueError unless 1 <= cache <= max_length.
    """
    # The middle line for each length, held between -1 and 0.
    raise NotImplementedError("not written yet: exercise 16.12, rollout/dapo.py:length_penalty")
