"""Several updates from one rollout, and how far the policy is from the one that sampled before each of them.

Left out: sampling, rewards and advantages. They are made once, before the first update.
"""

import torch
from jaxtyping import Bool, Float
from lesson01_language_model.probability.texts import token_log_probs
from lesson07_old_data.given.rollout import Rollout
from lesson07_old_data.loss.clip import clipped_objective
from lesson07_old_data.weights.importance import effective_sample_size, importance_weights
from torch import Tensor, nn


def drift(
    log_probs: Float[Tensor, "batch tokens"],
    old_log_probs: Float[Tensor, "batch tokens"],
    advantages: Float[Tensor, "batch"],
    mask: Bool[Tensor, "batch tokens"],
    low: float = 0.2,
    high: float = 0.2,
) -> dict[str, float]:
    """Returns how far the policy is from the one that sampled. Five numbers, without gradient:

    "kl": the mean of (ratio - 1) - log ratio over the tokens of all answers; an estimate of KL(old || new).
    "outside": the share of these tokens with a ratio below 1 - low or above 1 + high.
    "no_gradient": the share of these tokens whose gradient the clip of `clipped_objective` removes. A token with
        advantage 0 does not count: it has no gradient that could be removed.
    "ess_tokens": the effective sample size of the tokens' ratios, divided by the number of tokens.
    "ess_answers": that of the whole answers' weights, divided by the number of answers.

    Only tokens inside the mask count; each answer has at least one.
    Source of "kl": Schulman, Approximating KL Divergence, http://joschu.net/blog/kl-approx.html, third estimator.
    """
    # > The ratios of the answers' tokens: importance_weights, then only the places inside the mask.
    # > In which direction does the advantage push a token? The clip removes its gradient if its ratio is already beyond
    # > the bound on that side.
    ratio = importance_weights(log_probs, old_log_probs, mask)  # (B, T)
    tokens, a = ratio[mask], advantages[:, None].expand_as(ratio)[mask]  # (N,) each
    too_low, too_high = tokens < 1 - low, tokens > 1 + high
    answers = importance_weights(log_probs, old_log_probs, mask, "sequence")  # (B,)
    return {
        "kl": (tokens - 1 - tokens.log()).mean().item(),
        "outside": (too_low | too_high).double().mean().item(),
        "no_gradient": ((too_low & (a < 0)) | (too_high & (a > 0))).double().mean().item(),
        "ess_tokens": effective_sample_size(tokens).item() / len(tokens),
        "ess_answers": effective_sample_size(answers).item() / len(answers),
    }


def update_on_rollout(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    rollout: Rollout,
    epochs: int,
    minibatch_size: int,
    low: float = 0.2,
    high: float = 0.2,
    generator: torch.Generator | None = None,
) -> list[dict[str, float]]:
    """Trains the model on one rollout, several times, and returns the `drift` of each minibatch before its update.

    In each epoch every answer is used once, in a new order: torch.randperm(number of answers, generator=generator).
    The minibatches are `minibatch_size` answers each in that order; the last one may be smaller.

    The loss of a minibatch is minus the mean of `clipped_objective` over all tokens of its answers together.

    Args:
        model: called as `model(ids)`; returns `.logits` of shape (batch, width, vocab). It stays in the mode (train or
            eval) in which it comes.
        rollout: stays as it is. Every update uses the same old_log_probs and advantages; they are not normalized again.

    The model has not changed before the first update, so the first entry of the result has kl 0 and both shares of the
    effective sample size 1 (up to rounding).
    Source: Schulman et al., arXiv 1707.06347, algorithm 1; Huang et al., The 37 Implementation Details of PPO, 2022.
    """
    # > For each epoch: an order. For each piece of it (torch.split):
    # >   the rows of ids, mask, old_log_probs and advantages; their new log-probs, token_log_probs(logits, ids);
    # >   drift, for the result;
    # >   clipped_objective of the ratios, averaged over the tokens inside the mask; its negative is the loss;
    # >   zero_grad, backward, step.
    drifts = []
    for _ in range(epochs):
        for rows in torch.randperm(len(rollout.ids), generator=generator).split(minibatch_size):
            ids, mask = rollout.ids[rows], rollout.mask[rows]
            old_log_probs, advantages = rollout.old_log_probs[rows], rollout.advantages[rows]
            log_probs = token_log_probs(model(ids).logits, ids)
            drifts.append(drift(log_probs, old_log_probs, advantages, mask, low, high))
            ratio = importance_weights(log_probs, old_log_probs, mask)
            objective = clipped_objective(ratio, advantages[:, None].expand_as(ratio), low, high)
            loss = -objective[mask].mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return drifts
