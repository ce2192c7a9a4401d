"""What the data of an older policy are worth: importance weights, effective sample size, the value of the new policy.

    weight = probability under the policy that is trained (new) / probability under the policy that sampled (old)

Left out: truncated weights (lesson 18), and weights that are learned.
"""

from typing import Literal

import torch
from jaxtyping import Bool, Float
from torch import Tensor


def importance_weights(
    log_probs: Float[Tensor, "batch tokens"],
    old_log_probs: Float[Tensor, "batch tokens"],
    mask: Bool[Tensor, "batch tokens"],
    level: Literal["token", "prefix", "sequence"] = "token",
) -> Float[Tensor, "batch tokens"] | Float[Tensor, "batch"]:
    """Returns the importance weights of the tokens, of the prefixes, or of the whole answers.

    Args:
        log_probs: of the new policy, one for each token. The gradient flows to these.
        old_log_probs: of the policy that sampled. They are constants: no gradient flows to them.
        mask: True for the tokens of the answer. The log-probs of other places may be anything, also -inf: they change
            no weight. With "token" and "prefix" the result is 0 at these places.
        level:
            "token": the ratio new / old of each token for itself; (batch, tokens).
            "prefix": the product of the ratios of this token and of all answer tokens before it; (batch, tokens).
            "sequence": the product of the ratios of all tokens of the answer; (batch,).

    Source: Precup, Sutton and Singh, Eligibility Traces for Off-Policy Policy Evaluation, 2000, sections 2 and 3.
    """
    # > The logarithm of each token's ratio; 0 outside the mask.
    # > A product of ratios is a sum of logarithms: over the tokens up to this one, or over all. exp comes last, because
    # > the probability of a long answer is too small for a float.
    log_ratio = torch.where(mask, log_probs - old_log_probs.detach(), 0.0)  # (B, T)
    if level == "sequence":
        return log_ratio.sum(-1).exp()  # (B,)
    if level == "prefix":
        log_ratio = log_ratio.cumsum(-1)
    return log_ratio.exp().where(mask, 0.0)  # (B, T)


def effective_sample_size(weights: Float[Tensor, "samples"]) -> Float[Tensor, ""]:
    """Returns (sum of the weights)^2 / sum of the squared weights.

    It lies between 1 (one sample has all the weight) and the number of samples (all weights are equal).

    Hardening: weights so large or so small that their squares leave the range of a float. 0 if all weights are 0.
    Source: Kong, A Note on Importance Sampling Using Standardized Weights, 1992.
    """
    # > Divide by the largest weight first: it changes nothing but the range of the numbers.
    # > The square of the sum, divided by the sum of the squares.
    largest = weights.max()
    if largest == 0:
        return largest
    weights = weights / largest
    return weights.sum() ** 2 / (weights**2).sum()


def off_policy_value(
    rewards: Float[Tensor, "samples"],
    weights: Float[Tensor, "samples"],
    self_normalized: bool = False,
) -> Float[Tensor, ""]:
    """Returns an estimate of the new policy's mean reward, from answers that the old policy gave.

    Args:
        rewards, weights: of the whole answers.
        self_normalized:
            False: the mean of weight * reward over the samples. Its expected value is exact.
            True: the same sum, divided by the sum of the weights. A little wrong on average, but usually less noisy.

    Source: Precup, Sutton and Singh, 2000, equations 2 and 3 (importance sampling, weighted importance sampling).
    """
    # > Weight the rewards, and sum. Then divide by the number of samples, or by the sum of the weights.
    return (weights * rewards).sum() / (weights.sum() if self_normalized else len(weights))
