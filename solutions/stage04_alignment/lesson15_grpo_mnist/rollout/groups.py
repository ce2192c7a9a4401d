"""Rollouts in groups: G answers to each image, for one forward pass over the images.

For a language model each answer costs a generation of its own; lesson 14 shares only the prompt's pass. Here an answer
is a single draw, so G answers cost hardly more than one.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from lesson15_grpo_mnist.environment.digits import DigitEnvironment
from lesson15_grpo_mnist.models.actor import action_log_probs
from torch import Tensor, nn


@dataclass
class GroupRollout:
    """B images with G answers each. Row b of every field belongs to image b: a row is a group."""

    states: Float[Tensor, "batch pixels"]  # each image once
    actions: Int[Tensor, "batch group"]
    log_probs: Float[Tensor, "batch group"]  # of these actions, at the time they were drawn; without gradient
    rewards: Float[Tensor, "batch group"]


@torch.no_grad()
def group_rollout(
    actor: nn.Module,
    environment: DigitEnvironment,
    indices: Int[Tensor, "batch"],
    group_size: int,
    generator: torch.Generator | None = None,
) -> GroupRollout:
    """Returns `group_size` answers of the policy to each of the images `indices`, with their rewards.

    Args:
        actor: `actor(states)` gives the logits (batch, actions). Call it once, with each image once.
        group_size: G. The answers to an image are drawn independently, so the same answer may come up several times.
        generator: source of all random draws; None means torch's global one.
    """
    # > Reset, one forward pass, draw G actions from each row's probabilities, look up their log-probabilities, step.
    states = environment.reset(indices)
    logits = actor(states)  # (B, A)
    actions = torch.multinomial(logits.softmax(-1), group_size, replacement=True, generator=generator)  # (B, G)
    return GroupRollout(states, actions, action_log_probs(logits, actions), environment.step(actions))
