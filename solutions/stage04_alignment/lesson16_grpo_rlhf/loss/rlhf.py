"""The loss per token: PPO's clip with two bounds, and a price for leaving the reference."""

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
) -> Float[Tensor, ""]:
    """The mean over all masked tokens of - min(ratio * A, clip(ratio, 1 - clip_low, 1 + clip_high) * A)
    + kl_coef * kl_term, with ratio = exp(log_probs - old_log_probs).

    Args:
        advantages: one per row, used for each of its tokens.
        mask: 1 on the tokens of the response that count. What stands elsewhere, NaN too, has no influence. Without a
            single 1 the loss is 0, with zero gradients.
        clip_low, clip_high: a token with A < 0 has no gradient below the ratio 1 - clip_low, one with A > 0 none above
            1 + clip_high. Both 0.2 is PPO; DAPO's "clip-higher" is 0.2 and 0.28 (arXiv 2503.14476, equation 10).
        kl_coef: price of the KL; 0 leaves the term out, whatever ref_log_probs are.
        ref_log_probs: of the frozen reference; needed if kl_coef is not 0.
        estimator, correction: those of kl_term.

    Gradient flows through log_probs alone. Raises ValueError if the shapes do not fit, or if kl_coef is not 0 and
    ref_log_probs is None.
    """
    # > Pick the tokens that count: of each its log-probabilities and its row's advantage.
    # > The ratio, both products with A, the smaller one, minus; plus the price of the KL, outside the minimum.
    # > Their sum, divided by their number (by 1 if there are none).
    tables = [old_log_probs, mask] if ref_log_probs is None else [old_log_probs, mask, ref_log_probs]
    if any(t.shape != log_probs.shape for t in tables) or advantages.shape != log_probs.shape[:1]:
        raise ValueError(f"the shapes do not fit: {[tuple(t.shape) for t in (log_probs, *tables, advantages)]}")
    if kl_coef != 0 and ref_log_probs is None:
        raise ValueError("kl_coef is not 0, so ref_log_probs are needed")
    counted = mask.bool()
    lp, old = log_probs[counted], old_log_probs[counted].detach()  # (N,)
    a = advantages.detach()[:, None].expand_as(log_probs)[counted]
    ratio = (lp - old).exp()
    loss = -torch.minimum(ratio * a, ratio.clamp(1 - clip_low, 1 + clip_high) * a)
    if kl_coef != 0:
        ref = ref_log_probs[counted]  # type: ignore[index]  # checked above
        loss = loss + kl_coef * kl_term(lp, old, ref, estimator, correction)
    return loss.sum() / max(len(lp), 1)


@torch.no_grad()
def clip_fraction(
    log_probs: Tensor, old_log_probs: Tensor, advantages: Tensor, mask: Tensor, clip_low: float, clip_high: float
) -> float:
    """The share of masked tokens whose gradient the clip has removed. Given."""
    ratio, a = (log_probs - old_log_probs).exp(), advantages[:, None]
    held = ((a > 0) & (ratio > 1 + clip_high)) | ((a < 0) & (ratio < 1 - clip_low))
    counted = mask.bool()
    return (held & counted).sum().item() / max(counted.sum().item(), 1)


@torch.no_grad()
def masked_mean(values: Tensor, mask: Tensor) -> float:
    """The mean of the values whose mask is 1; 0 if there are none. Given."""
    counted = mask.bool()
    return values[counted].mean().item() if counted.any() else 0.0
