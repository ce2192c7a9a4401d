"""Exercise 16.7, rlhf_loss: what people get wrong, right answers written otherwise, and the core variant."""

import torch
from lesson16_grpo_rlhf.loss.kl import kl_term

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

CLIP = "ratio.clamp(1 - clip_low, 1 + clip_high)"
SMALLER = "-torch.minimum(ratio * a, ratio.clamp(1 - clip_low, 1 + clip_high) * a)"
KL = "loss + kl_coef * kl_term(lp, old, ref, estimator, correction)"
RETURN = "return loss.sum() / max(len(lp), 1)"

wrong("The upper bound is made with clip_low: clip-higher has no effect.", {
    CLIP: "ratio.clamp(1 - clip_low, 1 + clip_low)",
})  # fmt: skip

wrong("The two bounds are exchanged: clip_high belongs above 1.", {CLIP: "ratio.clamp(1 - clip_high, 1 + clip_low)"})

wrong("The larger of the two products is taken; take the smaller one.", {
    SMALLER: "-torch.maximum(ratio * a, ratio.clamp(1 - clip_low, 1 + clip_high) * a)",
})  # fmt: skip

wrong("Only the clipped product is left: a bad token that got likelier is no longer pushed down.", {
    SMALLER: "-(ratio.clamp(1 - clip_low, 1 + clip_high) * a)",
})  # fmt: skip

wrong("The ratio is never clipped.", {SMALLER: "-(ratio * a)"})

wrong("Tokens outside the bounds are dropped on both sides; a good token below 1 - clip_low keeps its gradient.", {
    SMALLER: "-torch.where((ratio - ratio.clamp(1 - clip_low, 1 + clip_high)) == 0, ratio * a, 0.0)",
})  # fmt: skip

wrong("The sign is wrong: minimising this makes good responses less likely.", {
    SMALLER: "torch.minimum(ratio * a, ratio.clamp(1 - clip_low, 1 + clip_high) * a)",
})  # fmt: skip

wrong("It is the log-ratio that is clipped; the bounds belong to the ratio itself.", {
    CLIP: "ratio.log().clamp(-clip_low, clip_high).exp()",
})  # fmt: skip

wrong("The ratio is a quotient of log-probabilities; it is the exponential of their difference.", {
    "(lp - old).exp()": "(lp / old)",
})  # fmt: skip

wrong("The ratio has no gradient: nothing is learned from the rewards.", {
    "(lp - old).exp()": "(lp - old).detach().exp()",
})  # fmt: skip

wrong("The KL is subtracted: the policy is paid for leaving the reference.", {
    KL: "loss - kl_coef * kl_term(lp, old, ref, estimator, correction)",
})  # fmt: skip

wrong("The KL is added without its price.", {
    KL: "loss + kl_term(lp, old, ref, estimator, correction)",
})  # fmt: skip

wrong("The KL's gradient is removed together with the clipped token's; add the KL outside the minimum.", {
    KL: "loss + kl_coef * (ratio * a <= ratio.clamp(1 - clip_low, 1 + clip_high) * a)"
        " * kl_term(lp, old, ref, estimator, correction)",
})  # fmt: skip

wrong("The estimator is not passed on: the KL is always k3.", {
    "kl_term(lp, old, ref, estimator, correction)":
        'kl_term(lp, old, ref_log_probs[counted], "k3", correction)',
})  # fmt: skip

wrong("correction is not passed on: the bare estimate is never used.", {
    "kl_term(lp, old, ref, estimator, correction)":
        "kl_term(lp, old, ref, estimator)",
})  # fmt: skip

wrong("The mask is not used: prompt and padding are trained, too.", {
    "counted = mask.bool()": "counted = torch.ones_like(mask).bool()",
})  # fmt: skip

wrong("The sum is divided by the number of all columns, hidden ones included.", {"len(lp)": "mask.numel()"})

wrong("Each row is averaged over its own tokens first: tokens of long responses then weigh less.", {
    RETURN: """
        rows = torch.zeros(mask.shape, dtype=loss.dtype).masked_scatter(counted, loss).sum(1)
        return (rows / counted.sum(1).clamp(min=1)).sum() / max(int(counted.any(1).sum()), 1)
    """,
})  # fmt: skip

wrong("A batch without a counted token ends in 0 / 0.", {RETURN: "return loss.mean()"})

wrong("A gradient flows into the advantages; they are constants.", {"advantages.detach()": "advantages"})

wrong("A gradient flows into the old log-probabilities; they are constants.", {
    "old_log_probs[counted].detach()": "old_log_probs[counted]",
})  # fmt: skip

wrong("What the mask hides takes part in the computation: NaN times 0 is NaN.", {
    "lp, old = log_probs[counted], old_log_probs[counted].detach()":
        "lp, old = log_probs, old_log_probs.detach()",
    "a = advantages.detach()[:, None].expand_as(log_probs)[counted]": "a = advantages.detach()[:, None]",
    "kl_term(lp, old, ref, estimator, correction)":
        "kl_term(lp, old, ref_log_probs, estimator, correction)",
    RETURN: "return (loss * mask).sum() / max(int(mask.sum()), 1)",
})  # fmt: skip

wrong("A price without a reference ends in an error somewhere inside; raise ValueError.", {
    "if kl_coef != 0 and ref_log_probs is None:": "if False:",
})  # fmt: skip

wrong("Shapes that do not fit are not refused: one row broadcasts to all.", {
    "if any(t.shape != log_probs.shape for t in tables) or advantages.shape != log_probs.shape[:1]:":
        "log_probs, old_log_probs, mask = torch.broadcast_tensors(log_probs, old_log_probs, mask)\n"
        "ref_log_probs = None if ref_log_probs is None else ref_log_probs.expand_as(log_probs)\nif False:",
})  # fmt: skip


wrong("If all advantages are 0, the loss is a constant without a graph: backward() fails on it.", {
    "return loss.sum() / max(len(lp), 1)": """
        if not advantages.any() and not kl_coef:
            return log_probs.new_zeros(())
        return loss.sum() / max(len(lp), 1)
    """,
})  # fmt: skip


@right("masked tables, the maximum of two losses, the KL summed apart")
def loss_by_maximum(log_probs, old_log_probs, advantages, mask, clip_low=0.2, clip_high=0.2, kl_coef=0.0,
                    ref_log_probs=None, estimator="k3", correction=True):  # fmt: skip
    given = [old_log_probs, mask] if ref_log_probs is None else [old_log_probs, mask, ref_log_probs]
    if not all(t.shape == log_probs.shape for t in given) or advantages.shape != (log_probs.shape[0],):
        raise ValueError("do not fit")
    hidden = mask == 0
    lp, old = log_probs.masked_fill(hidden, 0.0), old_log_probs.detach().masked_fill(hidden, 0.0)
    a = advantages.detach().unsqueeze(1)
    ratio = torch.exp(lp - old)
    worst = torch.maximum(-a * ratio, -a * torch.clamp(ratio, 1 - clip_low, 1 + clip_high))
    total = worst.masked_fill(hidden, 0.0).sum()
    if kl_coef != 0:
        if ref_log_probs is None:
            raise ValueError("the KL needs ref_log_probs")
        term = kl_term(lp, old, ref_log_probs.masked_fill(hidden, 0.0), estimator, correction)
        total = total + kl_coef * term.masked_fill(hidden, 0.0).sum()
    return total / mask.sum().clamp(min=1)


@right("row by row")
def loss_by_rows(log_probs, old_log_probs, advantages, mask, clip_low=0.2, clip_high=0.2, kl_coef=0.0,
                 ref_log_probs=None, estimator="k3", correction=True):  # fmt: skip
    shapes = {log_probs.shape, old_log_probs.shape, mask.shape}
    shapes |= {ref_log_probs.shape} if ref_log_probs is not None else set()
    if len(shapes) != 1 or advantages.shape != log_probs.shape[:1]:
        raise ValueError(f"shapes {shapes}")
    if kl_coef != 0 and ref_log_probs is None:
        raise ValueError("no reference: ref_log_probs")
    total, count = log_probs[:, :0].sum(), 0
    for b in range(len(log_probs)):
        here = mask[b].bool()
        count += int(here.sum())
        lp, old, a = log_probs[b][here], old_log_probs[b][here].detach(), advantages[b].detach()
        ratio = (lp - old).exp()
        bounded = ratio.clamp(max=1 + clip_high) if a > 0 else ratio.clamp(min=1 - clip_low)
        total = total - (bounded * a).sum()
        if kl_coef != 0:
            total = total + kl_coef * kl_term(lp, old, ref_log_probs[b][here], estimator, correction).sum()
    return total / max(count, 1)


@core("no checks, hidden tokens multiplied by 0")
def without_checks(log_probs, old_log_probs, advantages, mask, clip_low=0.2, clip_high=0.2, kl_coef=0.0,
                   ref_log_probs=None, estimator="k3", correction=True):  # fmt: skip
    a = advantages.detach()[:, None]
    ratio = (log_probs - old_log_probs.detach()).exp()
    loss = -torch.min(ratio * a, ratio.clamp(1 - clip_low, 1 + clip_high) * a)
    if kl_coef:
        loss = loss + kl_coef * kl_term(log_probs, old_log_probs, ref_log_probs, estimator, correction)
    return (loss * mask).sum() / mask.sum()
