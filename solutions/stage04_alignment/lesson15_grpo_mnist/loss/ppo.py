"""The two losses: PPO's clipped loss for the policy, and the squared error for the critic.

An answer is a completion of one token, so lesson 14's loss does the work.
"""

import torch
from jaxtyping import Float
from lesson14_grpo_ppo_clip.loss.ppo_clip import ppo_clip_loss
from torch import Tensor


def policy_loss(
    log_probs: Float[Tensor, "batch group"],
    old_log_probs: Float[Tensor, "batch group"],
    advantages: Float[Tensor, "batch group"],
    epsilon: float = 0.2,
) -> Float[Tensor, ""]:
    """Returns the mean over all B * G answers of - min(ratio * A, clip(ratio, 1 - epsilon, 1 + epsilon) * A).

    PPO's equation 7 (arXiv 1707.06347), by lesson 14's ppo_clip_loss. Every answer has its own advantage.
    Gradient flows through log_probs alone. Raises ValueError if the three shapes differ.
    """
    # > Compare the three shapes.
    # > ppo_clip_loss takes one advantage per row: make every answer a row of one token, with a mask of ones.
    if not log_probs.shape == old_log_probs.shape == advantages.shape:
        raise ValueError("log_probs, old_log_probs and advantages must have the same shape")
    rows = log_probs.reshape(-1, 1)  # (B * G, 1)
    mask = torch.ones_like(rows, dtype=torch.long)
    return ppo_clip_loss(rows, old_log_probs.reshape(-1, 1), advantages.reshape(-1), mask, epsilon)


def value_loss(values: Float[Tensor, "batch"], rewards: Float[Tensor, "batch group"]) -> Float[Tensor, ""]:
    """Returns the mean over all B * G answers of (V(s) - r)^2. Value b belongs to row b of the rewards.

    The loss is smallest if V(s) is the mean of its row. There is no factor 1/2. Gradient flows through values alone.

    Raises ValueError, with the word "values", unless there is one value for each row. Without this check, values of
    shape (batch, 1) against rewards of shape (batch,) broadcast to (batch, batch) without an error.

    Given: lesson 08 is about the critic's loss (08.4).
    """
    if rewards.ndim != 2 or values.shape != rewards.shape[:1]:
        raise ValueError(f"values must be one per row of rewards, not {tuple(values.shape)} for {tuple(rewards.shape)}")
    return (values[:, None] - rewards.detach()).square().mean()
