"""PPO's clipped objective (Schulman et al. 2017, arXiv 1707.06347, equation 7), per token, without a critic.

Log-probabilities throughout, never probabilities: their ratio is exp(a difference), while the probabilities of
unlikely tokens underflow to 0 / 0.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn


def token_log_probs(
    model: nn.Module, ids: Int[Tensor, "batch length"], temperature: float = 1.0
) -> Float[Tensor, "batch length-1"]:
    """Returns log p(ids[:, t + 1] | ids[:, : t + 1]) for every t, with gradient to the model.

    Args:
        model: called as `model(ids)`, gives `.logits` (batch, length, vocabulary).
        ids: rows padded on the right, as `get_batch` makes them. A causal model then needs no attention mask.
        temperature: divides the logits, as it did for sampling. With another temperature, the ratio of new to old
            probabilities is not 1 before the first update.

    Column t is about token t + 1, so it belongs to column t of `mask[:, 1:]`. Logits in half precision are converted to
    float32 before they are normalised. Given: you wrote the formula in lesson 01 (01.1).
    """
    logits = model(ids).logits[:, :-1]  # (B, L - 1, V)
    logits = logits.to(torch.promote_types(logits.dtype, torch.float32)) / temperature
    return logits.log_softmax(-1).gather(-1, ids[:, 1:, None]).squeeze(-1)


def ppo_clip_loss(
    log_probs: Float[Tensor, "batch tokens"],
    old_log_probs: Float[Tensor, "batch tokens"],
    advantages: Float[Tensor, "batch"],
    mask: Int[Tensor, "batch tokens"],
    epsilon: float = 0.2,
    aggregation: str = "token",
    denominator: float | None = None,
) -> Float[Tensor, ""]:
    """Returns - min(ratio * A, clip(ratio, 1 - epsilon, 1 + epsilon) * A) per token, averaged over the masked tokens.

    ratio = exp(log_probs - old_log_probs). Gradient flows through log_probs alone: old_log_probs and advantages are
    constants, also if the caller did not detach them.

    Args:
        log_probs: of the policy that is trained. old_log_probs: of the policy that sampled.
        advantages: one per row, used for each of its tokens.
        mask: 1 on the tokens that count, 0 on the prompt and on padding.
        epsilon: a token whose ratio has moved further than this from 1, in the direction that A asks for, gets no
            gradient.
        aggregation: how the tokens are averaged.
            "token": the sum over all masked tokens / their number in the batch (DAPO, arXiv 2503.14476).
            "sequence": the mean over rows of each row's mean over its own masked tokens (DeepSeekMath).
            "constant": the sum over all masked tokens / denominator (Dr. GRPO, arXiv 2503.20783).
        denominator: divides instead of the batch's own number of tokens ("token") or rows ("sequence"). A micro-batch
            gets that of the whole batch, so that the losses of all micro-batches add up to the loss of the whole.

    Hardening: a row without a masked token counts as 0 in the mean over rows. A mask without a single 1 gives the loss
    0 and zero gradients. ValueError for an unknown aggregation, for "constant" without a denominator, and for shapes
    that do not fit.
    """
    # > The ratio, from log-probabilities.
    # > Both products with A, and the smaller one, whatever the sign of A. Only masked tokens count.
    # > The average that `aggregation` asks for.
    if aggregation not in ("token", "sequence", "constant") or (aggregation == "constant" and denominator is None):
        raise ValueError(f"unknown aggregation {aggregation!r}, or 'constant' without a denominator")
    if not log_probs.shape == old_log_probs.shape == mask.shape or advantages.shape != log_probs.shape[:1]:
        raise ValueError("log_probs, old_log_probs and mask must be (batch, tokens), advantages (batch)")
    ratio = ((log_probs - old_log_probs.detach()) * mask).exp()  # 1 outside the mask
    a = advantages.detach()[:, None]  # (B, 1)
    objective = torch.minimum(ratio * a, ratio.clamp(1 - epsilon, 1 + epsilon) * a) * mask  # (B, T)
    if aggregation == "sequence":
        objective = objective / mask.sum(1, keepdim=True).clamp(min=1)
    if denominator is None:
        denominator = len(mask) if aggregation == "sequence" else mask.sum().item()
    return -objective.sum() / max(denominator, 1)


def grpo_loss(
    model: nn.Module,
    ids: Int[Tensor, "batch length"],
    mask: Int[Tensor, "batch length"],
    advantages: Float[Tensor, "batch"],
    old_log_probs: Float[Tensor, "batch length-1"],
    epsilon: float = 0.2,
    temperature: float = 1.0,
    aggregation: str = "token",
    denominator: float | None = None,
) -> tuple[Float[Tensor, ""], dict[str, float]]:
    """Returns ppo_clip_loss of a model on a batch that `get_batch` made, and {"clip_fraction": the share of masked
    tokens whose gradient the clip has cut off}.

    old_log_probs are those stored when the batch was sampled, aligned with `mask[:, 1:]`. No second model is
    needed: a copy of the old weights would give the same numbers.
    """
    # > Log-probabilities of the present model; the mask that fits them.
    # > The loss; and the fraction, by clip_fraction below.
    log_probs = token_log_probs(model, ids, temperature)
    token_mask = mask[:, 1:]
    loss = ppo_clip_loss(log_probs, old_log_probs, advantages, token_mask, epsilon, aggregation, denominator)
    return loss, {"clip_fraction": clip_fraction(log_probs, old_log_probs, advantages, token_mask, epsilon)}


@torch.no_grad()
def clip_fraction(
    log_probs: Float[Tensor, "batch tokens"],
    old_log_probs: Float[Tensor, "batch tokens"],
    advantages: Float[Tensor, "batch"],
    mask: Int[Tensor, "batch tokens"],
    epsilon: float,
) -> float:
    """Returns the share of masked tokens without gradient: A > 0 and ratio > 1 + epsilon, or A < 0 and ratio
    < 1 - epsilon. Given."""
    ratio = (log_probs - old_log_probs).exp()
    a = advantages[:, None]
    clipped = ((a > 0) & (ratio > 1 + epsilon)) | ((a < 0) & (ratio < 1 - epsilon))
    counted = mask.bool()
    return (clipped & counted).sum().item() / max(counted.sum().item(), 1)
