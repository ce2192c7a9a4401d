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
    """log p(ids[:, t + 1] | ids[:, : t + 1]) for every t, with gradient to the model.

    Args:
        model: called as `model(ids)`, gives `.logits` (batch, length, vocabulary).
        ids: rows padded on the right, as `get_batch` makes them (a causal model then needs no attention mask).
        temperature: the logits are divided by it, as they were for sampling; with another one than there, the
            ratio of new to old probabilities is not 1 where nothing has changed.

    Computed in float32, or in the model's own precision where that is higher, and stable for large logits.
    Column t is about token t + 1: next to a mask of `get_batch` it belongs to `mask[:, 1:]`.
    """
    # > Logits of all positions but the last (there is no token after it), over the temperature.
    # > The log-probability of the token that follows each position: its logit minus logsumexp over the vocabulary
    # > (the same as log_softmax and gather, without a second tensor of that size).
    logits = model(ids).logits[:, :-1]  # (B, L - 1, V)
    logits = logits.to(torch.promote_types(logits.dtype, torch.float32)) / temperature
    chosen = logits.gather(-1, ids[:, 1:, None]).squeeze(-1)
    return chosen - logits.logsumexp(-1)


def ppo_clip_loss(
    log_probs: Float[Tensor, "batch tokens"],
    old_log_probs: Float[Tensor, "batch tokens"],
    advantages: Float[Tensor, "batch"],
    mask: Int[Tensor, "batch tokens"],
    epsilon: float = 0.2,
    aggregation: str = "token",
    denominator: float | None = None,
) -> Float[Tensor, ""]:
    """- min(ratio * A, clip(ratio, 1 - epsilon, 1 + epsilon) * A) per token, aggregated over the masked tokens.

    ratio = exp(log_probs - old_log_probs), the difference limited to -20 ... 20 so that nothing overflows. Gradient
    flows through log_probs alone; old_log_probs and advantages are constants.

    Args:
        log_probs: of the policy that is trained. old_log_probs: of the policy that sampled.
        advantages: one per row, used for each of its tokens.
        mask: 1 on the tokens that count; whatever stands elsewhere (NaN and infinity too) has no influence.
        epsilon: half the width of the trust region.
        aggregation: with s = the sum over all masked tokens,
            "token": s / number of masked tokens in the batch (DAPO, arXiv 2503.14476);
            "sequence": the mean over rows of each row's mean over its own masked tokens (DeepSeekMath); a row
            without any counts as 0 and stays in the denominator;
            "constant": s / denominator, with a denominator that depends on no length (Dr. GRPO, arXiv 2503.20783).
        denominator: what is divided by, instead of the batch's own number of tokens ("token") or of rows
            ("sequence"). A micro-batch is given that of the whole batch, so that the losses of all micro-batches
            add up to the loss of the whole. Needed with "constant". Values below 1 count as 1.

    A mask without a single 1 gives the loss 0 with zero gradients.

    Raises ValueError for another aggregation, for "constant" without a denominator, or if the shapes do not fit.
    """
    # > Check the arguments.
    # > The ratio, from log-probabilities; take care that what the mask hides can do no harm, and that exp cannot
    # > overflow (infinity times a gradient of 0 is NaN).
    # > Both products with A, and the smaller one, whatever the sign of A.
    # > Aggregate; no division by zero.
    if not (log_probs.shape == old_log_probs.shape == mask.shape and advantages.shape == log_probs.shape[:1]):
        shapes = [tuple(t.shape) for t in (log_probs, old_log_probs, mask, advantages)]
        raise ValueError(f"log_probs, old_log_probs, mask (batch, tokens) and advantages (batch) do not fit: {shapes}")
    if aggregation not in ("token", "sequence", "constant"):
        raise ValueError(f"aggregation must be 'token', 'sequence' or 'constant', not {aggregation!r}")
    if aggregation == "constant" and denominator is None:
        raise ValueError("aggregation 'constant' needs a denominator")
    counted = mask.bool()
    # Hidden values are replaced before exp: a product with 0 would turn their infinity into NaN.
    difference = torch.where(counted, log_probs - old_log_probs.detach(), 0.0)
    ratio = difference.clamp(-20, 20).exp()
    advantages = advantages.detach()[:, None]
    unclipped = ratio * advantages
    clipped = ratio.clamp(1 - epsilon, 1 + epsilon) * advantages
    objective = torch.where(counted, torch.minimum(unclipped, clipped), 0.0)  # (B, T)
    if aggregation == "sequence":
        objective = objective / counted.sum(1, keepdim=True).clamp(min=1)
        own = len(mask)
    else:
        own = counted.sum()  # type: ignore[assignment]  # a number as well
    divisor = own if denominator is None else denominator
    return -objective.sum() / max(divisor, 1)


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
    """ppo_clip_loss of a model on a batch that `get_batch` made, and what is worth watching.

    old_log_probs are those stored when the batch was sampled, aligned with `mask[:, 1:]`. No second model is
    needed: a copy of the old weights would give the same numbers.

    Returns the loss and {"clip_fraction": the share of masked tokens whose gradient the clip has cut off}.
    """
    # > Log-probabilities of the present model; the mask that fits them.
    # > The loss. And the fraction, by clip_fraction below.
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
    """The share of masked tokens that the clip holds back: A > 0 and ratio > 1 + epsilon, or A < 0 and ratio
    < 1 - epsilon. Given."""
    ratio = (log_probs - old_log_probs).exp()
    a = advantages[:, None]
    held = ((a > 0) & (ratio > 1 + epsilon)) | ((a < 0) & (ratio < 1 - epsilon))
    counted = mask.bool()
    return (held & counted).sum().item() / max(counted.sum().item(), 1)
