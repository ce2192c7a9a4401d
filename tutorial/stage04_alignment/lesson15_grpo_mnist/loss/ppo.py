"""The two losses: PPO's clipped one for the policy, and the critic's.

An answer is a completion of one token, so that lesson 14's loss serves as it is.
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
    """The mean over all B * G answers of - min(ratio * A, clip(ratio, 1 - epsilon, 1 + epsilon) * A).

    PPO's equation 7 (arXiv 1707.06347), by lesson 14's ppo_clip_loss. Every answer has its own advantage.
    Gradient flows through log_probs alone. Raises ValueError if the three shapes differ.
    """
    # Check the shapes: two tensors of other shapes may have as many numbers.
    # ppo_clip_loss wants one advantage for each row: make every answer a row of one token, none of them masked.
    raise NotImplementedError("not written yet: exercise 15.6, loss/ppo.py:policy_loss")


def value_loss(values: Float[Tensor, "batch"], rewards: Float[Tensor, "batch group"]) -> Float[Tensor, ""]:
    """The mean over all B * G answers of (V(s) - r)^2: each row of rewards belongs to one value.

    It is least where V(s) is the mean of its row's rewards. (No factor 1/2.) Gradient flows through values alone.

    Raises ValueError, with the word "values", if there is not one value for each row: a (batch, 1) against
    a (batch,) would broadcast to (batch, batch), every value against every state's rewards, without any error.
    """
    # Check the shapes; the difference of each value and its own row; square and average.
    raise NotImplementedError("not written yet: exercise 15.8, loss/ppo.py:value_loss")
