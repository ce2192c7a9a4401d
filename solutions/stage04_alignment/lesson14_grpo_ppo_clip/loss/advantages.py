"""The group-relative advantage: how much better a completion is than the others to the same prompt."""

import torch
from jaxtyping import Float
from torch import Tensor


def group_advantages(
    rewards: Float[Tensor, "batch"], group_size: int, eps: float = 1e-4, divide_by_std: bool = True
) -> Float[Tensor, "batch"]:
    """Returns A_i = (r_i - mean) / (std + eps) for each reward; mean and std are those of its group.

    DeepSeekMath (arXiv 2402.03300), section 4.1.2, with TRL's conventions: the unbiased standard deviation (divided
    by G - 1) and eps = 1e-4.

    Args:
        rewards: of all completions, group by group: the first group_size belong to the first prompt.
        group_size: G, at least 2.
        eps: keeps the quotient bounded if the rewards of a group hardly differ.
        divide_by_std: False gives r_i - mean (Dr. GRPO, arXiv 2503.20783).

    If all rewards of a group are equal, its advantages are 0.

    Hardening: they are *exactly* 0, although the mean of equal float32 numbers may be rounded. ValueError if
    group_size is less than 2 or rewards is not one row of whole groups.
    """
    # > Look at the rewards as a table with one row per group: (groups, group_size).
    # > Subtract each row's mean; divide by each row's unbiased standard deviation plus eps.
    # > Back to one row, in the order of the rewards.
    if group_size < 2 or rewards.ndim != 1 or len(rewards) % group_size:
        raise ValueError(f"rewards {tuple(rewards.shape)} are not whole groups of group_size={group_size}, 2 or more")
    groups = rewards.reshape(-1, group_size)  # (P, G)
    advantages = groups - groups.mean(1, keepdim=True)
    if divide_by_std:
        advantages = advantages / (groups.std(1, keepdim=True) + eps)
    equal = (groups == groups[:, :1]).all(1, keepdim=True)
    return torch.where(equal, 0.0, advantages).reshape(-1)
