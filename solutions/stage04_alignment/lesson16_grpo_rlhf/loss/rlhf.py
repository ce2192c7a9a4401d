"""The loss per token: PPO's clip with two sides of its own, and a price for leaving the reference."""

import torch
from jaxtyping import Float, Int
from lesson16_grpo_rlhf.loss.kl import kl_term
from torch import Tensor


def rlhf_loss(
    log_probs: Float[Tensor, "batch tokens"],
    old_log_probs: Float[Tensor, "batch tokens"],
    advantages: Float[Tensor, "batch"],
    mask: Int[Tensor, "batch tokens"],
    clip_low: float = 0.2,
    clip_high: float = 0.2,
    kl_coef: float = 0.0,
    ref_log_probs: Float[Tensor, "batch tokens"] | None = None,
    estimator: str = "k3",
    correction: bool = True,
    denominator: float | None = None,
) -> Float[Tensor, ""]:
    """The mean over the masked tokens of - min(ratio * A, clip(ratio, 1 - clip_low, 1 + clip_high) * A)
    + kl_coef * kl_term.

    ratio = exp(log_probs - old_log_probs), the difference limited to -20 ... 20. Gradient flows through log_probs
    alone: old and reference log-probabilities and advantages are constants.

    Args:
        advantages: one per row, used for each of its tokens.
        mask: 1 on the tokens of the response that count; whatever stands elsewhere (NaN and infinity too) has no
            influence. A mask without a single 1 gives the loss 0 with zero gradients.
        clip_low, clip_high: how far below and above 1 the ratio counts. Both 0.2 is PPO's clip; DAPO's "clip-higher"
            is 0.2 and 0.28 (arXiv 2503.14476, equation 10).
        kl_coef: price of the KL; 0 leaves the term out, whatever ref_log_probs are.
        ref_log_probs: of the frozen reference; needed where kl_coef is not 0.
        estimator, correction: those of kl_term.
        denominator: what the sum over tokens is divided by, instead of the batch's own number of masked tokens (for
            micro-batches). Values below 1 count as 1.

    Raises ValueError if the shapes do not fit, or if kl_coef is not 0 and ref_log_probs is None.
    """
    # > Check the arguments.
    # > Replace what the mask hides before anything is computed from it (NaN times 0 is NaN).
    # > The ratio, both products with A, the smaller one, minus; plus the price of the KL, outside the minimum.
    # > The sum over the masked tokens, divided; no division by zero.
    tables = [log_probs, old_log_probs, mask] + ([ref_log_probs] if ref_log_probs is not None else [])
    if any(t.shape != log_probs.shape for t in tables) or advantages.shape != log_probs.shape[:1]:
        raise ValueError(f"the shapes do not fit: {[tuple(t.shape) for t in (*tables, advantages)]}")
    if kl_coef != 0 and ref_log_probs is None:
        raise ValueError("kl_coef is not 0, so ref_log_probs are needed")
    counted = mask.bool()
    log_probs = torch.where(counted, log_probs, 0.0)
    old_log_probs = torch.where(counted, old_log_probs, 0.0).detach()
    ratio = (log_probs - old_log_probs).clamp(-20, 20).exp()  # (B, T)
    advantages = advantages.detach()[:, None]
    clipped = ratio.clamp(1 - clip_low, 1 + clip_high)
    per_token = -torch.minimum(ratio * advantages, clipped * advantages)
    if kl_coef != 0:
        ref_log_probs = torch.where(counted, ref_log_probs, 0.0)  # type: ignore[arg-type]  # checked above
        per_token = per_token + kl_coef * kl_term(log_probs, old_log_probs, ref_log_probs, estimator, correction)
    divisor = counted.sum() if denominator is None else denominator
    return torch.where(counted, per_token, 0.0).sum() / max(divisor, 1)


@torch.no_grad()
def clip_fraction(
    log_probs: Tensor, old_log_probs: Tensor, advantages: Tensor, mask: Tensor, clip_low: float, clip_high: float
) -> float:
    """The share of masked tokens that the clip holds back. Given."""
    ratio, a = (log_probs - old_log_probs).exp(), advantages[:, None]
    held = ((a > 0) & (ratio > 1 + clip_high)) | ((a < 0) & (ratio < 1 - clip_low))
    counted = mask.bool()
    return (held & counted).sum().item() / max(counted.sum().item(), 1)


@torch.no_grad()
def masked_mean(values: Tensor, mask: Tensor) -> float:
    """The mean of the values where the mask is 1; 0 where it is nowhere. Given."""
    counted = mask.bool()
    return values[counted].mean().item() if counted.any() else 0.0
