"""One step of PPO on completions that were drawn: values, rewards, advantages, then several epochs of mini-batches.

Left out: entropy bonus, early stop by KL, clipping of the gradient's norm, adaptive kl_coef.
"""

from dataclasses import dataclass
from statistics import fmean
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from lesson01_language_model.probability.texts import token_log_probs
from lesson08_critic.advantages.gae import gae, place_rewards
from lesson08_critic.critic.values import explained_variance, token_values, value_loss
from torch import Tensor, nn


@dataclass
class Rollout:
    """Completions, as they were drawn. Given."""

    ids: Int[Tensor, "batch prompt+tokens"]  # prompt, completion, padding
    prompt_length: int
    mask: Bool[Tensor, "batch tokens"]  # true on the tokens of the completion
    log_probs: Float[Tensor, "batch tokens"]  # of the policy that drew them
    ref_log_probs: Float[Tensor, "batch tokens"]  # of the reference model
    scores: Float[Tensor, "batch"]  # one for each completion


@dataclass
class Settings:
    """Of a PPO step. Given."""

    epochs: int = 2  # how often each completion is used
    minibatch_size: int = 32  # completions for one update
    epsilon: float = 0.2  # clip of the policy's ratio
    value_clip: float = 0.2  # clip of the critic's move
    value_coef: float = 1.0  # weight of the value loss
    gamma: float = 1.0  # discount
    lam: float = 0.95  # GAE's lambda
    kl_coef: float = 0.0  # price of a nat of distance from the reference


def completion_log_probs(policy: nn.Module, ids: Tensor, prompt_length: int) -> Float[Tensor, "batch tokens"]:
    """Returns the log-probability of each token of the completions, with gradient to the policy. Given."""
    return token_log_probs(policy(ids).logits, ids)[:, prompt_length - 1 :]


def whiten(advantages: Tensor, mask: Tensor) -> Float[Tensor, "batch tokens"]:
    """Returns advantages with mean 0 and standard deviation 1 over the tokens of the mask, 0 on the padding. Given."""
    inside = advantages[mask]
    return torch.where(mask, (advantages - inside.mean()) / (inside.std() + 1e-8), 0.0)


def clip_loss(log_probs: Tensor, old_log_probs: Tensor, advantages: Tensor, mask: Tensor, epsilon: float) -> Tensor:
    """Returns PPO's clipped loss, the mean over the tokens of the mask; each token has an advantage of its own. Given.

    Source: Schulman et al., arXiv 1707.06347, equation 7. Lesson 07 explains it.
    """
    ratio = (log_probs - old_log_probs).exp()
    smaller = torch.minimum(ratio * advantages, ratio.clamp(1 - epsilon, 1 + epsilon) * advantages)
    return -smaller[mask].mean()


def ppo_step(
    policy: nn.Module,
    critic: nn.Module,
    optimizer: Any,
    rollout: Rollout,
    settings: Settings,
    generator: torch.Generator | None = None,
) -> dict[str, float]:
    """Trains policy and critic on one rollout, and returns how it went.

    Before the first update, with the weights that drew the completions and without gradient: the critic's values, the
    rewards of the tokens, advantages and returns, and the whitened advantages. All of these stay as they are to the
    end. The returns come from the advantages before whitening.

    Then `epochs` times: all completions in a new random order (torch.randperm with the generator), cut into
    mini-batches of `minibatch_size` rows (the last one may be smaller). Each mini-batch makes one update with the loss

        clip_loss + value_coef * value_loss.

    Args:
        optimizer: holds the parameters of both models; only zero_grad and step are called.
        rollout: is not changed.

    Result: "explained_variance" of the critic before the first update; "policy_loss" and "value_loss", the means over
    all updates of clip_loss and value_loss.
    """
    # > Without gradient: token_values, place_rewards, gae, whiten.
    # > For each epoch a random order of the rows; for each mini-batch its log-probs and values, with the new weights.
    # > The two losses; zero_grad, backward, step.
    with torch.no_grad():
        old_values = token_values(critic, rollout.ids, rollout.prompt_length)
    mask = rollout.mask
    rewards = place_rewards(rollout.scores, rollout.log_probs, rollout.ref_log_probs, mask, settings.kl_coef)
    advantages, returns = gae(rewards, old_values, mask, settings.gamma, settings.lam)
    whitened = whiten(advantages, mask)
    policy_losses, value_losses = [], []
    for _ in range(settings.epochs):
        for rows in torch.randperm(len(mask), generator=generator).split(settings.minibatch_size):
            log_probs = completion_log_probs(policy, rollout.ids[rows], rollout.prompt_length)
            values = token_values(critic, rollout.ids[rows], rollout.prompt_length)
            policy_loss = clip_loss(log_probs, rollout.log_probs[rows], whitened[rows], mask[rows], settings.epsilon)
            critic_loss = value_loss(values, old_values[rows], returns[rows], mask[rows], settings.value_clip)
            optimizer.zero_grad()
            (policy_loss + settings.value_coef * critic_loss).backward()
            optimizer.step()
            policy_losses.append(policy_loss.item())
            value_losses.append(critic_loss.item())
    return {
        "explained_variance": explained_variance(old_values, returns, mask),
        "policy_loss": fmean(policy_losses),
        "value_loss": fmean(value_losses),
    }
