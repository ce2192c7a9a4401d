"""What one watches while a policy trains, computed exactly from its logits: no sampling, no estimate."""

from jaxtyping import Float
from torch import Tensor


def exact_kl(
    logits: Float[Tensor, "batch vocabulary"], ref_logits: Float[Tensor, "batch vocabulary"]
) -> Float[Tensor, "batch"]:
    """KL(p || q) = sum over v of p(v) * (log p(v) - log q(v)), in nats; p = softmax(logits), q = softmax(ref_logits).

    The expectation is over p, the policy that is trained; KL(q || p) is another number. Gradient flows to both.
    """
    # > Both log-softmaxes over the vocabulary; the sum of p * (log p - log q).
    log_p, log_q = logits.log_softmax(-1), ref_logits.log_softmax(-1)
    return (log_p.exp() * (log_p - log_q)).sum(-1)


def token_entropy(
    logits: Float[Tensor, "batch tokens vocabulary"], temperature: float = 1.0
) -> Float[Tensor, "batch tokens"]:
    """H = - sum over v of p(v) log p(v), in nats, of the distribution that each next token is drawn from.

    p = softmax(logits / temperature), as in sampling.
    """
    # > log-softmax of logits / temperature; minus the sum of p * log p over the vocabulary.
    log_p = (logits / temperature).log_softmax(-1)
    return -(log_p.exp() * log_p).sum(-1)
