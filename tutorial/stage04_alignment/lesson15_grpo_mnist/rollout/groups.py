"""Rollouts in groups: G answers to each image, for one forward pass over the images.

For a language model each answer costs a generation of its own; lesson 14 shares only the prompt's pass. Here the
answer is a single draw, so that G answers cost hardly more than one.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from lesson15_grpo_mnist.environment.digits import DigitEnvironment
from lesson15_grpo_mnist.models.actor import action_log_probs
from torch import Tensor, nn


@dataclass
class GroupRollout:
    """B images with G answers each. Row b of everything belongs to image b: a row is a group."""

    states: Float[Tensor, "batch pixels"]  # each image once
    actions: Int[Tensor, "batch group"]
    log_probs: Float[Tensor, "batch group"]  # of those actions, when they were drawn; no gradient
    rewards: Float[Tensor, "batch group"]


@torch.no_grad()
def group_rollout(
    actor: nn.Module,
    environment: DigitEnvironment,
    indices: Int[Tensor, "batch"],
    group_size: int,
    generator: torch.Generator | None = None,
) -> GroupRollout:
    """Lets the policy answer `group_size` times to each of the images `indices` of the environment.

    Args:
        actor: `actor(states)` gives the logits (batch, actions). It is called once, with each image once.
        group_size: G, at least 1. The answers to an image are drawn independently of each other, so that one may
            come up more than once.
        generator: of all random draws; torch's global one by default.
    """
    # Reset, one forward, draw G actions from each row's probabilities, look up their log-probabilities, step.
    raise NotImplementedError("not written yet: exercise 15.4, rollout/groups.py:group_rollout")
