"""The parts of PPO that are no exercise: the data of one step, whitening, the policy's loss, a new critic, and how much
it knows."""

import copy
import math
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from lesson01_language_model.probability.texts import token_log_probs
from torch import Tensor, nn

from lab.models.tiny_language_models import TinyLM


@dataclass
class Rollout:
    """Completions, as they were drawn."""

    ids: Int[Tensor, "batch prompt+tokens"]  # prompt, completion, padding
    prompt_length: int
    mask: Bool[Tensor, "batch tokens"]  # true on the tokens of the completion
    log_probs: Float[Tensor, "batch tokens"]  # of the policy that drew them
    ref_log_probs: Float[Tensor, "batch tokens"]  # of the reference model
    scores: Float[Tensor, "batch"]  # one for each completion


@dataclass
class Settings:
    """Of a PPO step."""

    epochs: int = 2  # how often each completion is used
    minibatch_size: int = 32  # completions for one update
    epsilon: float = 0.2  # clip of the policy's ratio
    value_clip: float = 0.2  # clip of the critic's move
    value_coef: float = 1.0  # weight of the value loss
    gamma: float = 1.0  # discount
    lam: float = 0.95  # GAE's lambda
    kl_coef: float = 0.0  # price of a nat of distance from the reference


def make_critic(language_model: TinyLM) -> TinyLM:
    """Returns a copy of a TinyLM with one output instead of the vocabulary; its values begin at 0.

    The policy and its copy share no weights, so training one does not change the other.
    """
    critic = copy.deepcopy(language_model)
    critic.head = nn.Parameter(torch.zeros_like(critic.head[:1]))  # (1, hidden)
    return critic


def completion_log_probs(policy: nn.Module, ids: Tensor, prompt_length: int) -> Float[Tensor, "batch tokens"]:
    """Returns the log-probability of each token of the completions, with gradient to the policy."""
    return token_log_probs(policy(ids).logits, ids)[:, prompt_length - 1 :]


def whiten(advantages: Tensor, mask: Tensor) -> Float[Tensor, "batch tokens"]:
    """Returns advantages with mean 0 and standard deviation 1 over the tokens of the mask, 0 on the padding."""
    inside = advantages[mask]
    return torch.where(mask, (advantages - inside.mean()) / (inside.std() + 1e-8), 0.0)


def clip_loss(log_probs: Tensor, old_log_probs: Tensor, advantages: Tensor, mask: Tensor, epsilon: float) -> Tensor:
    """Returns PPO's clipped loss, the mean over the tokens of the mask; each token has an advantage of its own.

    Source: Schulman et al., arXiv 1707.06347, equation 7. Lesson 07 explains it.
    """
    ratio = (log_probs - old_log_probs).exp()
    smaller = torch.minimum(ratio * advantages, ratio.clamp(1 - epsilon, 1 + epsilon) * advantages)
    return -smaller[mask].mean()


def explained_variance(values: Tensor, returns: Tensor, mask: Tensor) -> float:
    """Returns 1 - Var(R - V) / Var(R) over the tokens of the mask, a Python number.

    1: the critic predicts every return. 0: it knows no more than a constant does. Below 0: it is worse than a constant.
    NaN if all returns are equal: there is nothing to explain.
    """
    values, returns = values[mask], returns[mask]
    if (returns == returns[0]).all():
        return math.nan
    return (1 - (returns - values).var(correction=0) / returns.var(correction=0)).item()
