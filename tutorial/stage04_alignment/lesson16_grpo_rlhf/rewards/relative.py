"""Relative rewards: a reward model's zero point means nothing, so each response is compared with its own group.

First the mean of the group is taken away, then everything is divided by one number for the whole batch. (Lesson 14
divides each group by its own spread.) Left out on purpose: running means over past batches, several rewards.
"""

import torch
from jaxtyping import Float
from torch import Tensor


def relative_rewards(rewards: Float[Tensor, "batch"], group_size: int) -> Float[Tensor, "batch"]:
    """r_i minus the mean reward of the responses to the same prompt.

    Args:
        rewards: of all responses, group by group: the first group_size belong to the first prompt. NaN stands for
            "not scored": such a response stays NaN and does not count in its group's mean.
        group_size: G, at least 2.

    Where all scored rewards of a group are equal the result is exactly 0, for rounding in the mean must not become a
    reason to learn. Source: the baseline of DeepSeekMath (arXiv 2402.03300), section 4.1.

    Raises ValueError if group_size is less than 2 (the message says "group"), if the number of rewards is not a
    multiple of it, or if rewards has more than one dimension.
    """
    # Check the arguments, then look at the rewards as (groups, group_size).
    # Subtract the mean of each group's scored rewards; exactly 0 where these are all equal.
    raise NotImplementedError("not written yet: exercise 16.1, rewards/relative.py:relative_rewards")


def standardize(values: Float[Tensor, "batch"], eps: float = 1e-4) -> Float[Tensor, "batch"]:
    """A_i = (v_i - mean) / (std + eps), mean and std over the whole batch, whatever the groups.

    Args:
        values: the relative rewards. NaN stands for "not scored": such a response gets 0 and does not count in mean
            and std.
        eps: keeps the quotient bounded where the values hardly differ.

    The standard deviation is the unbiased one (divided by n - 1, n the number of scored values). Where all scored
    values are equal, and where fewer than two are scored, the result is exactly 0 everywhere.
    """
    # Mean and unbiased standard deviation of the scored values.
    # Subtract, divide; exactly 0 where there is no spread at all, and where a value is NaN.
    raise NotImplementedError("not written yet: exercise 16.2, rewards/relative.py:standardize")
