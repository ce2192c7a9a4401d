"""One step of PPO on completions that were drawn: values, rewards, advantages, then several epochs of mini-batches.

Left out: entropy bonus, early stop by KL, clipping of the gradient's norm, adaptive kl_coef.
"""

from typing import Any

import torch
from lesson08_critic.advantages.gae import gae, place_rewards
from lesson08_critic.critic.values import token_values, value_loss
from lesson08_critic.given.ppo_parts import (
    Rollout,
    Settings,
    clip_loss,
    completion_log_probs,
    explained_variance,
    whiten,
)
from torch import nn


def ppo_step(
    policy: nn.Module,
    critic: nn.Module,
    optimizer: Any,
    rollout: Rollout,
    settings: Settings,
    generator: torch.Generator | None = None,
) -> float:
    """Trains policy and critic on one rollout. Returns the explained variance of the critic before the first update.

    Before the first update, with the weights that drew the completions and without gradient: the critic's values, the
    rewards of the tokens, advantages and returns, and the whitened advantages. All of these stay as they are to the
    end. The returns come from the advantages before whitening.

    Then `epochs` times: all completions in a new random order (torch.randperm with the generator), cut into
    mini-batches of `minibatch_size` rows (the last one may be smaller). Each mini-batch makes one update with the loss

        clip_loss + value_coef * value_loss.

    Args:
        optimizer: holds the parameters of both models; only zero_grad and step are called.
        rollout: is not changed.
    """
    # Without gradient: token_values, place_rewards, gae, whiten.
    # For each epoch a random order of the rows; for each mini-batch its log-probs and values, with the new weights.
    # The two losses; zero_grad, backward, step.
    raise NotImplementedError("not written yet: exercise 08.6, training/ppo.py:ppo_step")
