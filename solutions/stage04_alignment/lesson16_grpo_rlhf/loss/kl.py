"""How far the policy has moved from the reference, estimated from the sampled tokens alone, and what of it may stand
in a loss.

With k = log pi(y) - log ref(y) of a token y that pi drew, three estimates of KL(pi || ref) are in use (J. Schulman,
"Approximating KL divergence", 2020). That the value is right on average says nothing about the gradient: see kl_term.
"""

import torch
from jaxtyping import Float
from torch import Tensor

ESTIMATORS = ("k1", "k2", "k3")


def kl_estimate(
    log_probs: Float[Tensor, "batch tokens"], ref_log_probs: Float[Tensor, "batch tokens"], estimator: str = "k3"
) -> Float[Tensor, "batch tokens"]:
    """One estimate of KL(pi || ref) per token, in nats, with k = log_probs - ref_log_probs.

    "k1": k. Right on average, often negative, very noisy.
    "k2": k^2 / 2. Never negative, less noisy, its mean is not quite the KL.
    "k3": exp(-k) - 1 + k. Never negative, right on average (DeepSeekMath, arXiv 2402.03300, equation 4). In float32,
        exp(-k) - 1 loses its digits where k is small, so this must use expm1.

    Gradient flows through log_probs alone; ref_log_probs are constants. Nothing is limited or masked here.

    Raises ValueError for another estimator, or if the shapes differ.
    """
    # > Check the arguments. The difference k, with the reference as a constant.
    # > The estimate that was asked for.
    if estimator not in ESTIMATORS:
        raise ValueError(f"estimator must be 'k1', 'k2' or 'k3', not {estimator!r}")
    if log_probs.shape != ref_log_probs.shape:
        raise ValueError(f"shapes do not fit: {tuple(log_probs.shape)} and {tuple(ref_log_probs.shape)}")
    k = log_probs - ref_log_probs.detach()
    if estimator == "k1":
        return k
    if estimator == "k2":
        return k.square() / 2
    return torch.expm1(-k) + k


def kl_term(
    log_probs: Float[Tensor, "batch tokens"],
    old_log_probs: Float[Tensor, "batch tokens"],
    ref_log_probs: Float[Tensor, "batch tokens"],
    estimator: str = "k3",
    correction: bool = True,
) -> Float[Tensor, "batch tokens"]:
    """What to add to the loss, per token, so that its expected gradient is that of KL(pi || ref).

    The tokens were drawn from the old policy. With ratio = exp(log_probs - old_log_probs), that difference limited
    to -20 ... 20:

    "k1": ratio * k1, and "k3": ratio * k3. Value and gradient are right, on average over the old policy's draws.
    "k2": ratio * k2 with the ratio as a constant. The gradient is right; the value is not the KL.

    correction=False gives the bare estimate, as DeepSeekMath's equation 3 has it (for k3) and older libraries do.
    Its expected gradient is another one, on-policy too: that of k1 is 0, that of k3 belongs to KL(ref || pi).

    Gradient flows through log_probs alone; the other two are constants. Raises ValueError as kl_estimate does, and if
    the shape of old_log_probs differs. Source: Liu et al., DeepSeek-V3.2 (arXiv 2512.02556), "unbiased KL estimate".
    """
    # > The estimate; that is all without the correction.
    # > Times the ratio of new to old probability; for k2 no gradient may flow through the ratio.
    if old_log_probs.shape != log_probs.shape:
        raise ValueError(f"shapes do not fit: {tuple(log_probs.shape)} and {tuple(old_log_probs.shape)}")
    estimate = kl_estimate(log_probs, ref_log_probs, estimator)
    if not correction:
        return estimate
    ratio = (log_probs - old_log_probs.detach()).clamp(-20, 20).exp()
    if estimator == "k2":
        ratio = ratio.detach()
    return ratio * estimate
