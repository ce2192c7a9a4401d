"""Relative rewards: a reward model's zero point means nothing, so each response is compared with its own group.

First the group's mean is subtracted. Then all is divided by a standard deviation: one for the whole batch, or one for
each group, as in lesson 14 and in DAPO. Left out on purpose: running means over past batches, several rewards.
"""

import torch
from jaxtyping import Float
from torch import Tensor


def relative_rewards(rewards: Float[Tensor, "batch"], group_size: int) -> Float[Tensor, "batch"]:
    """r_i minus the mean reward of the responses to the same prompt.

    Args:
        rewards: of all responses, group by group: the first group_size belong to the first prompt. NaN means "not
            scored": such a response stays NaN and does not count in its group's mean.
        group_size: G, at least 2.

    Equal rewards give exactly 0, in float32 too: the mean of seven times 0.1 is not 0.1 there, and Adam makes a whole
    step even of a gradient of 1e-9. Source: the baseline of DeepSeekMath (arXiv 2402.03300), section 4.1.

    Raises ValueError if group_size is less than 2, or if the rewards do not make whole groups.
    """
    # Look at the rewards as (groups, group_size), in float64: there the mean of equal float32 numbers is exact.
    # Subtract the mean of each group's scored rewards.
    raise NotImplementedError("not written yet: exercise 16.1, rewards/relative.py:relative_rewards")


def standardize(values: Float[Tensor, "batch"], eps: float = 1e-4) -> Float[Tensor, "batch"]:
    """A_i = (v_i - mean) / (std + eps), with one mean and one std over all values.

    Args:
        values: the relative rewards. NaN means "not scored": such a response gets 0 and does not count in mean and std.
        eps: keeps the quotient bounded if the values hardly differ.

    The standard deviation is the unbiased one (divided by n - 1). If fewer than two values are scored, all get 0.
    """
    # Mean and unbiased standard deviation of the scored values.
    # Subtract and divide; 0 for NaN.
    raise NotImplementedError("not written yet: exercise 16.2, rewards/relative.py:standardize")


def compute_advantages(rewards: Tensor, group_size: int, scale: str = "batch") -> Tensor:
    """The relative rewards, standardized over the whole "batch" or within each "group". Given."""
    relative = relative_rewards(rewards, group_size)
    size = {"batch": len(relative), "group": group_size}[scale]
    return torch.cat([standardize(part) for part in relative.split(size)])
