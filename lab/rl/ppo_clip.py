"""The clipped loss of PPO (Schulman et al., arXiv 1707.06347, equation 7), for runs that name no lesson's.

Arguments and results are those of lesson 14's functions of these names, which explain them. Left out: checks of the
arguments, and aggregations other than a sum over tokens divided by `denominator`.
"""

from __future__ import annotations

import torch
from torch import Tensor


def ppo_clip_loss(
    log_probs: Tensor, old_log_probs: Tensor, advantages: Tensor, mask: Tensor, epsilon: float, aggregation: str,
    denominator: float,
) -> Tensor:  # fmt: skip
    """- sum over tokens of min(ratio * A, clip(ratio, 1 - epsilon, 1 + epsilon) * A), over the denominator."""
    if aggregation != "token":
        raise ValueError(f"aggregation must be 'token' here, not {aggregation!r}")
    ratio = (log_probs - old_log_probs.detach()).clamp(-20, 20).exp()  # (B, T)
    advantages = advantages[:, None]
    smaller = torch.minimum(ratio * advantages, ratio.clamp(1 - epsilon, 1 + epsilon) * advantages)
    return -torch.where(mask.bool(), smaller, 0.0).sum() / max(denominator, 1)


@torch.no_grad()
def clip_fraction(log_probs: Tensor, old_log_probs: Tensor, advantages: Tensor, epsilon: float) -> float:
    """The share of the tokens, each with its own advantage, whose gradient the clip has cut off: A > 0 and ratio >
    1 + epsilon, or A < 0 and ratio < 1 - epsilon. NaN counts as not cut off."""
    ratio = (log_probs - old_log_probs).exp()
    held = ((advantages > 0) & (ratio > 1 + epsilon)) | ((advantages < 0) & (ratio < 1 - epsilon))
    return held.sum().item() / max(held.numel(), 1)
