"""The distance to the reference, estimated from the sampled tokens alone, and its two places: in the loss, per token
(kl_term), or in the reward, per response (reward_minus_kl).

With k = log pi(y) - log ref(y) of a token y that pi drew, three estimates of KL(pi || ref) are in use (J. Schulman,
"Approximating KL divergence", 2020). A right value on average does not make a right gradient: see kl_term.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

ESTIMATORS = ("k1", "k2", "k3")


def kl_estimate(
    log_probs: Float[Tensor, "..."], ref_log_probs: Float[Tensor, "..."], estimator: str = "k3"
) -> Float[Tensor, "..."]:
    """One estimate of KL(pi || ref) per token, in nats, with k = log_probs - ref_log_probs; any shape.

    "k1": k. Right on average, often negative.
    "k2": k^2 / 2. Never negative; its mean is near the KL only if pi is near the reference.
    "k3": exp(-k) - 1 + k. Never negative, right on average (DeepSeekMath, arXiv 2402.03300, equation 4).

    Gradient flows through log_probs alone. Raises ValueError for another estimator.
    """
    # The difference k, with the reference as a constant; then the chosen estimate.
    raise NotImplementedError("not written yet: exercise 16.5, loss/kl.py:kl_estimate")


def kl_term(
    log_probs: Float[Tensor, "..."],
    old_log_probs: Float[Tensor, "..."],
    ref_log_probs: Float[Tensor, "..."],
    estimator: str = "k3",
    correction: bool = True,
) -> Float[Tensor, "..."]:
    """What to add to the loss for each token, so that its expected gradient is that of KL(pi || ref); any shape.

    The tokens were drawn from the old policy. With ratio = exp(log_probs - old_log_probs):

    "k1": ratio * k1, and "k3": ratio * k3. Value and gradient are right, on average over the old policy's draws.
    "k2": ratio * k2 with the ratio as a constant. The gradient is right; the value is not the KL.

    correction=False gives the bare estimate, as in DeepSeekMath's equation 3 (k3). Its expected gradient is another
    one: that of k3 is the gradient of KL(ref || pi), that of k1 is 0 at the first update and then leads away from the
    old policy.

    All this holds for one token after a fixed prefix. Summed over a response it is not the gradient of the
    response's KL: the term does not know that a token changes which tokens come after it (Tang and Munos,
    arXiv 2506.09477). reward_minus_kl does. Source: DeepSeek-V3.2 (arXiv 2512.02556), "unbiased KL estimate".

    Gradient flows through log_probs alone.
    """
    # The estimate; without the correction that is all.
    # Times the ratio of new to old probability; for k2 no gradient may flow through the ratio.
    raise NotImplementedError("not written yet: exercise 16.6, loss/kl.py:kl_term")


def reward_minus_kl(
    rewards: Float[Tensor, "batch"],
    log_probs: Float[Tensor, "batch tokens"],
    ref_log_probs: Float[Tensor, "batch tokens"],
    mask: Int[Tensor, "batch tokens"],
    kl_coef: float,
) -> Float[Tensor, "batch"]:
    """r_i - kl_coef * k1 of the whole response, which is the sum of log pi(y_t) - log ref(y_t) over its tokens.

    InstructGPT (arXiv 2203.02155, equation 2) puts the KL here. The policy gradient of this reward is exactly that of
    E[r] - kl_coef * KL(pi || ref) over whole responses, since every token of a response pays for all that follows it.

    Args:
        log_probs: of the tokens when they were sampled.
        mask: 1 on the tokens of the response.

    A reward is a number: no gradient flows through the result.
    """
    # The log-ratio of each token, summed over the tokens of the response; its price is subtracted.
    raise NotImplementedError("not written yet: exercise 16.17, loss/kl.py:reward_minus_kl")
