"""Rewards of a batch -> advantages. Pure functions; shapes: P problems, G completions of each.

    scaled and clipped:  r' = clip(c * r, -limit, limit)
    less the baseline:   A = r' - b
    normalised:          A = A / (std + eps)

The standard deviation has the divisor n - 1, and eps is 1e-4 (as in TRL 1.16). If all rewards are equal, nothing is
divided. A moving average is the same baseline for all groups. It goes with the standard deviation of the whole batch,
and a group whose rewards are all equal has advantages too.
"""

from __future__ import annotations

import torch
from torch import Tensor

from lab.train.options import Grpo

EPS = 1e-4


def shaped(rewards: Tensor, scaling: float, clipping: float | None) -> Tensor:
    """Scaled, then clipped to [-clipping, clipping]; None: not clipped."""
    scaled = rewards * scaling
    return scaled if clipping is None else scaled.clamp(-clipping, clipping)


def group_median(rewards: Tensor) -> Tensor:
    """The median of each row, (P, 1); for an even number the mean of the two middle values. (torch.median takes the
    lower one: for rewards 0, 0, 1, 1 that is 0, and no completion would be below the baseline.)"""
    ordered = rewards.sort(dim=1).values
    G = rewards.shape[1]
    return ordered[:, (G - 1) // 2 : G // 2 + 1].mean(1, keepdim=True)


def baseline(rewards: Tensor, kind: str, average: float | None) -> Tensor:
    """The baseline (P, 1) of rewards (P, G). average: the moving average so far; None at the first step, which uses the
    batch's own mean."""
    if kind == "group_mean":
        return rewards.mean(1, keepdim=True)
    if kind == "group_median":
        return group_median(rewards)
    value = rewards.mean().item() if average is None else average
    return torch.full_like(rewards[:, :1], value)


def moved(average: float | None, rewards: Tensor, decay: float) -> float:
    """The moving average after a batch: decay * old + (1 - decay) * mean; after the first batch, its mean."""
    mean = rewards.mean().item()
    return mean if average is None else decay * average + (1 - decay) * mean


def normalised(advantages: Tensor, rewards: Tensor, by_group: bool) -> Tensor:
    """Advantages divided by the standard deviation of their group's rewards, or of the batch's; unchanged if it is
    0."""
    if by_group:
        std = rewards.std(1, keepdim=True)  # (P, 1)
        equal = (rewards == rewards[:, :1]).all(1, keepdim=True)
    else:
        std = rewards.std() if rewards.numel() > 1 else torch.zeros((), dtype=rewards.dtype)
        equal = (rewards == rewards.flatten()[0]).all()
    return torch.where(equal, advantages, advantages / (std + EPS))


def advantages(rewards: Tensor, options: Grpo, average: float | None = None) -> tuple[Tensor, float | None]:
    """(advantages (P, G), the moving average after this batch) of rewards (P, G), as the options say.

    If all rewards of a group are equal, its advantages are exactly 0 (except with a moving average). A reward of NaN
    means "not scored": its advantage is 0, and the others are computed as if it were not there.
    """
    scored = ~rewards.isnan()
    if bool(scored.all()):
        return _all_scored(rewards, options, average)
    result = torch.zeros_like(rewards)
    moving = options.baseline_type == "exponential_moving_average"
    for part in (
        [scored] if moving else [scored & (torch.arange(len(rewards)) == row)[:, None] for row in range(len(rewards))]
    ):
        if part.sum() > 1:  # one alone has nothing to be compared with
            result[part] = _all_scored(rewards[part][None], options, average)[0][0]
    known = shaped(rewards[scored], options.reward_scaling, options.reward_clipping)
    return result, moved(average, known, options.ema_decay) if len(known) else average


def _all_scored(rewards: Tensor, options: Grpo, average: float | None) -> tuple[Tensor, float]:
    rewards = shaped(rewards, options.reward_scaling, options.reward_clipping)
    by_group = options.baseline_type != "exponential_moving_average"
    result = rewards - baseline(rewards, options.baseline_type, average)
    if by_group:  # the mean of equal numbers may be off by rounding
        result = torch.where((rewards == rewards[:, :1]).all(1, keepdim=True), torch.zeros_like(result), result)
    if options.reward_normalization:
        result = normalised(result, rewards, by_group)
    return result, moved(average, rewards, options.ema_decay)
