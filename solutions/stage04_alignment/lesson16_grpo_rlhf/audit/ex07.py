"""Exercise 16.7, rlhf_loss: what people get wrong, and right answers written otherwise."""

import torch
from lesson16_grpo_rlhf.loss.kl import kl_term

from course.base.attempt import Attempts

wrong, right = Attempts(), Attempts()

wrong("The upper bound is made with clip_low: clip-higher has no effect.", {
    "ratio.clamp(1 - clip_low, 1 + clip_high)": "ratio.clamp(1 - clip_low, 1 + clip_low)",
})  # fmt: skip

wrong("The two bounds are exchanged: clip_high belongs above 1.", {
    "ratio.clamp(1 - clip_low, 1 + clip_high)": "ratio.clamp(1 - clip_high, 1 + clip_low)",
})  # fmt: skip

wrong("The larger of the two products is taken: the clip then protects nothing.", {
    "-torch.minimum(ratio * advantages, clipped * advantages)":
        "-torch.maximum(ratio * advantages, clipped * advantages)",
})  # fmt: skip

wrong("Only the clipped product is left: a bad token that got likelier is no longer pushed down.", {
    "-torch.minimum(ratio * advantages, clipped * advantages)": "-(clipped * advantages)",
})  # fmt: skip

wrong("The ratio is never clipped.", {
    "-torch.minimum(ratio * advantages, clipped * advantages)": "-(ratio * advantages)",
})  # fmt: skip

wrong("The sign is wrong: minimising this makes good responses less likely.", {
    "-torch.minimum(ratio * advantages, clipped * advantages)":
        "torch.minimum(ratio * advantages, clipped * advantages)",
})  # fmt: skip

wrong("The KL is subtracted: the policy is paid for leaving the reference.", {
    "per_token + kl_coef * kl_term(log_probs, old_log_probs, ref_log_probs, estimator, correction)":
        "per_token - kl_coef * kl_term(log_probs, old_log_probs, ref_log_probs, estimator, correction)",
})  # fmt: skip

wrong("The KL is added without its price.", {
    "kl_coef * kl_term(log_probs, old_log_probs, ref_log_probs, estimator, correction)":
        "kl_term(log_probs, old_log_probs, ref_log_probs, estimator, correction)",
})  # fmt: skip

wrong("Hidden tokens are in the sum: prompt and padding are trained, too.", {
    "return torch.where(counted, per_token, 0.0).sum() / max(divisor, 1)": "return per_token.sum() / max(divisor, 1)",
})  # fmt: skip

wrong("The sum is divided by the number of all columns, hidden ones included.", {"counted.sum": "counted.numel"})

wrong("Each row is averaged over its own tokens first: tokens of long responses then weigh less.", {
    "return torch.where(counted, per_token, 0.0).sum() / max(divisor, 1)": """
        rows = torch.where(counted, per_token, 0.0).sum(1)
        rows = rows / counted.sum(1).clamp(min=1) if denominator is None else rows
        return rows.sum() / max(len(rows) if denominator is None else divisor, 1)
    """,
})  # fmt: skip

wrong("The denominator that is given is ignored: micro-batches do not add up to the whole.", {
    "divisor = counted.sum() if denominator is None else denominator": "divisor = counted.sum()",
})  # fmt: skip

wrong("A batch without a counted token ends in 0 / 0.", {"max(divisor, 1)": "divisor"})

wrong("A gradient flows into the advantages; they are constants.", {
    "advantages.detach()[:, None]": "advantages[:, None]",
})  # fmt: skip

wrong("A gradient flows into the old log-probabilities; they are constants.", {
    "torch.where(counted, old_log_probs, 0.0).detach()": "torch.where(counted, old_log_probs, 0.0)",
})  # fmt: skip

wrong("Hidden log-probabilities take part in the computation: an infinity there makes the gradient NaN.", {
    "log_probs = torch.where(counted, log_probs, 0.0)": "",
})  # fmt: skip

wrong("The estimator is not passed on: the KL is always k3.", {"estimator": '"k3"'})

wrong("correction is not passed on: the bare estimate cannot be had.", {
    "kl_term(log_probs, old_log_probs, ref_log_probs, estimator, correction)":
        "kl_term(log_probs, old_log_probs, ref_log_probs, estimator)",
})  # fmt: skip

wrong("A price without reference ends in an error somewhere inside; a ValueError is asked for.", {
    "if kl_coef != 0 and ref_log_probs is None:": "if False:",
})  # fmt: skip

wrong("Shapes that do not fit are not refused.", {
    "if any(t.shape != log_probs.shape for t in tables) or advantages.shape != log_probs.shape[:1]:": "if False:",
})  # fmt: skip

wrong("The log-ratio is not limited: an overflow times a gradient of 0 is NaN.", {
    "(log_probs - old_log_probs).clamp(-20, 20).exp()": "(log_probs - old_log_probs).exp()",
})  # fmt: skip

wrong("It is the log-ratio that is clipped; the bounds belong to the ratio itself.", {
    "ratio.clamp(1 - clip_low, 1 + clip_high)": "ratio.log().clamp(-clip_low, clip_high).exp()",
})  # fmt: skip

wrong("The KL's gradient is cut off together with the clipped token's; it is added outside the minimum.", {
    "per_token = per_token + kl_coef * kl_term(log_probs, old_log_probs, ref_log_probs, estimator, correction)": """
        inside = (ratio * advantages <= clipped * advantages).to(per_token.dtype)
        per_token = per_token + inside * kl_coef * kl_term(
            log_probs, old_log_probs, ref_log_probs, estimator, correction
        )
    """,
})  # fmt: skip

# Right answers written otherwise


@right("only the counted tokens, picked out first")
def loss_of_picked(log_probs, old_log_probs, advantages, mask, clip_low=0.2, clip_high=0.2, kl_coef=0.0,
                   ref_log_probs=None, estimator="k3", correction=True, denominator=None):  # fmt: skip
    if old_log_probs.shape != log_probs.shape or mask.shape != log_probs.shape or advantages.ndim != 1:
        raise ValueError("shapes")
    if len(advantages) != len(log_probs):
        raise ValueError("one advantage per row")
    if ref_log_probs is None and kl_coef:
        raise ValueError("ref_log_probs are missing")
    if ref_log_probs is not None and ref_log_probs.shape != log_probs.shape:
        raise ValueError("shape of ref_log_probs")
    rows, columns = mask.bool().nonzero(as_tuple=True)
    lp, old, a = log_probs[rows, columns], old_log_probs[rows, columns].detach(), advantages.detach()[rows]
    ratio = (lp - old).clamp(-20, 20).exp()
    total = -torch.minimum(ratio * a, ratio.clamp(1 - clip_low, 1 + clip_high) * a).sum()
    if kl_coef:
        ref = ref_log_probs[rows, columns]
        total = total + kl_coef * kl_term(lp[None], old[None], ref[None], estimator, correction).sum()
    n = len(rows) if denominator is None else denominator
    return total / max(float(n), 1.0)


@right("the maximum of two losses, the KL summed apart")
def loss_by_maximum(log_probs, old_log_probs, advantages, mask, clip_low=0.2, clip_high=0.2, kl_coef=0.0,
                    ref_log_probs=None, estimator="k3", correction=True, denominator=None):  # fmt: skip
    given = [old_log_probs, mask] if ref_log_probs is None else [old_log_probs, mask, ref_log_probs]
    if not all(t.shape == log_probs.shape for t in given) or advantages.shape != (log_probs.shape[0],):
        raise ValueError("do not fit")
    hidden = mask == 0
    lp, old = log_probs.masked_fill(hidden, 0.0), old_log_probs.detach().masked_fill(hidden, 0.0)
    a = advantages.detach().unsqueeze(1)
    ratio = torch.exp(torch.clamp(lp - old, -20, 20))
    worst = torch.maximum(-a * ratio, -a * torch.clamp(ratio, 1 - clip_low, 1 + clip_high))
    total = worst.masked_fill(hidden, 0.0).sum()
    if kl_coef != 0:
        if ref_log_probs is None:
            raise ValueError("the KL needs ref_log_probs")
        term = kl_term(lp, old, ref_log_probs.masked_fill(hidden, 0.0), estimator, correction)
        total = total + kl_coef * term.masked_fill(hidden, 0.0).sum()
    count = mask.bool().sum().item() if denominator is None else denominator
    return total / (count if count > 1 else 1)


@right("row by row")
def loss_by_rows(log_probs, old_log_probs, advantages, mask, clip_low=0.2, clip_high=0.2, kl_coef=0.0,
                 ref_log_probs=None, estimator="k3", correction=True, denominator=None):  # fmt: skip
    shapes = {log_probs.shape, old_log_probs.shape, mask.shape}
    shapes |= {ref_log_probs.shape} if ref_log_probs is not None else set()
    if len(shapes) != 1 or advantages.shape != log_probs.shape[:1]:
        raise ValueError(f"shapes {shapes}")
    if kl_coef != 0 and ref_log_probs is None:
        raise ValueError("no reference: ref_log_probs")
    total = (log_probs[:, :0]).sum()
    count = 0
    for b in range(len(log_probs)):
        here = mask[b].bool()
        if not here.any():
            continue
        count += int(here.sum())
        lp, old, a = log_probs[b][here], old_log_probs[b][here].detach(), advantages[b].detach()
        ratio = (lp - old).clamp(-20, 20).exp()
        bounded = ratio.clamp(max=1 + clip_high) if a > 0 else ratio.clamp(min=1 - clip_low)
        total = total - (bounded * a).sum()
        if kl_coef != 0:
            term = kl_term(lp[None], old[None], ref_log_probs[b][here][None], estimator, correction)
            total = total + kl_coef * term.sum()
    return total / max(count if denominator is None else denominator, 1)
