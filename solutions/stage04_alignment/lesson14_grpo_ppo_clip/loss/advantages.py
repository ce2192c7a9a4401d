"""The group-relative advantage: how much better a response is than the others to the same prompt."""

import torch
from jaxtyping import Float
from torch import Tensor


def group_advantages(
    rewards: Float[Tensor, "batch"], group_size: int, eps: float = 1e-4, divide_by_std: bool = True
) -> Float[Tensor, "batch"]:
    """A_i = (r_i - mean) / (std + eps), mean and std over the responses to one prompt.

    DeepSeekMath (arXiv 2402.03300), section 4.1.2, with TRL's conventions: the unbiased standard deviation
    (divided by G - 1) and eps = 1e-4.

    Args:
        rewards: of all responses, group by group: the first group_size belong to the first prompt. NaN stands
            for "not scored": such a response has advantage 0 and does not count in its group's mean and std.
        group_size: G, at least 2.
        eps: keeps the quotient bounded where the rewards hardly differ.
        divide_by_std: False gives r_i - mean (Dr. GRPO, arXiv 2503.20783).

    Returns the advantages in the order of the rewards. Where all (scored) rewards of a group are equal they
    are exactly 0: rounding in the mean, divided by eps, would otherwise leave noise of up to 2e-3. The same
    where fewer than two are scored.

    Raises ValueError if group_size is less than 2 (a group of one has no spread to compare with; the message says
    "group"), if the number of rewards is not a multiple of it, or if rewards has more than one dimension.
    """
    # > Check the arguments, then look at the rewards as (groups, group_size).
    # > Mean and unbiased standard deviation of each group, over the scored rewards only.
    # > Subtract, divide; exactly 0 where a group's scored rewards are all equal, and where one is not scored.
    if group_size < 2:
        raise ValueError(f"group_size must be at least 2, not {group_size}: one response has nothing to compare with")
    if rewards.ndim != 1 or len(rewards) % group_size:
        raise ValueError(f"rewards must be flat and a multiple of group_size={group_size}, not {tuple(rewards.shape)}")
    groups = rewards.reshape(-1, group_size)  # (P, G)
    scored = ~groups.isnan()
    count = scored.sum(1, keepdim=True)
    mean = groups.nanmean(1, keepdim=True)
    centred = torch.where(scored, groups - mean, 0.0)
    low = groups.masked_fill(~scored, torch.inf).amin(1, keepdim=True)
    high = groups.masked_fill(~scored, -torch.inf).amax(1, keepdim=True)
    if divide_by_std:
        std = (centred.square().sum(1, keepdim=True) / (count - 1).clamp(min=1)).sqrt()
        centred = centred / (std + eps)
    return torch.where(scored & (low < high), centred, 0.0).reshape(-1)
