"""What is watched while a policy is trained, computed exactly from its logits: no sampling, no estimate."""

import torch
from jaxtyping import Float
from torch import Tensor


def exact_kl(
    logits: Float[Tensor, "batch vocabulary"], ref_logits: Float[Tensor, "batch vocabulary"]
) -> Float[Tensor, "batch"]:
    """KL(p || q) = sum over v of p(v) * (log p(v) - log q(v)), in nats; p = softmax(logits), q = softmax(ref_logits).

    The expectation is over p, the policy that is trained; KL(q || p) is another number. A token with p = 0 (a logit of
    -inf) counts 0; a token with p > 0 and q = 0 makes the result infinite. Gradient flows to both arguments; a token
    that is impossible under both makes none of it NaN.
    """
    # > Both log-softmaxes over the vocabulary, never the logarithm of a softmax.
    # > p * (log p - log q), 0 where p is 0; the sum.
    log_p, log_q = logits.log_softmax(-1), ref_logits.log_softmax(-1)
    impossible = log_p == -torch.inf
    return (log_p.exp() * (log_p - log_q).masked_fill(impossible, 0.0)).sum(-1)


def token_entropy(
    logits: Float[Tensor, "batch tokens vocabulary"], temperature: float = 1.0
) -> Float[Tensor, "batch tokens"]:
    """H = - sum over v of p(v) log p(v), in nats, of the distribution that each next token is drawn from.

    Args:
        logits: of the policy. Half precision is computed in float32, float64 in float64.
        temperature: the logits are divided by it, as for sampling.

    A token that is impossible (a logit of -inf) adds nothing, and makes no gradient NaN. The entropy lies between 0 and
    the logarithm of the vocabulary's size.
    """
    # > log-softmax of logits / temperature, in float32 at least.
    # > - sum of p * log p over the vocabulary; 0 * log 0 is 0, not NaN.
    logits = logits.to(torch.promote_types(logits.dtype, torch.float32)) / temperature
    log_p = logits.log_softmax(-1)
    return -(log_p.exp() * log_p.masked_fill(log_p == -torch.inf, 0.0)).sum(-1)
