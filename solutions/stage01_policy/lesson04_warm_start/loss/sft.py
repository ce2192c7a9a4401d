"""The loss of supervised fine-tuning (SFT): the mean negative log-probability of the tokens that have a label."""

import torch
from jaxtyping import Float, Int
from lesson04_warm_start.data.examples import IGNORE
from torch import Tensor


def sft_loss(
    logits: Float[Tensor, "batch tokens vocab"],
    labels: Int[Tensor, "batch tokens"],
    denominator: float | None = None,
) -> Float[Tensor, ""]:
    """Returns - sum of log p(label) / denominator, over all tokens that have a label, with gradient to the logits.

    Args:
        logits: what the model returned for the batch; logits[:, t] is its prediction of the token at t + 1.
        labels: of `make_batch`, IGNORE (-100) on prompt and padding; column 0 is always a prompt's.
        denominator: None: the number of labels that are not IGNORE, so that the result is the mean over the tokens of
            the batch. A part of a batch gets the number of the whole batch; the losses of all parts then add up to the
            loss of the whole.

    Logits of any size give a finite loss. Without a single label the loss is 0, with zero gradient, not NaN.
    Source: Ouyang et al., InstructGPT, arXiv 2203.02155, section 3.5 (SFT).
    """
    # > Logits without the last position, labels without the first: now they fit.
    # > The log-probability of each label, by a log_softmax (or by cross_entropy, which knows IGNORE).
    # > Sum over the labels that are not IGNORE; divide once.
    predictions, targets = logits[:, :-1], labels[:, 1:]
    counts = targets != IGNORE  # (B, T - 1)
    log_probs = predictions.log_softmax(-1)
    chosen = log_probs.gather(-1, targets.where(counts, 0)[..., None]).squeeze(-1)
    total = chosen.where(counts, torch.zeros_like(chosen)).sum()
    if denominator is None:
        denominator = counts.sum().item()
    return -total / max(denominator, 1)
