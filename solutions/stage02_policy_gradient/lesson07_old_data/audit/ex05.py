"""Exercise 07.5, drift: what people get wrong, other right answers, and the shortest right one."""

import torch
from lesson07_old_data.loss.clip import clipped_objective
from lesson07_old_data.weights.importance import effective_sample_size, importance_weights

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

KL = "(tokens - 1 - tokens.log()).mean().item()"
REMOVED = "((too_low & (a < 0)) | (too_high & (a > 0))).double().mean().item()"

wrong("The gradient counts as removed at every token outside the bounds; the clip removes it on one side only.", {
    REMOVED: "(too_low | too_high).double().mean().item()",
})  # fmt: skip

wrong("The sides are swapped: above the bound the gradient is removed if A > 0, below it if A < 0.", {
    REMOVED: "((too_low & (a > 0)) | (too_high & (a < 0))).double().mean().item()",
})  # fmt: skip

wrong("A token with advantage 0 counts as one whose gradient the clip removed.", {
    REMOVED: "((too_low & (a <= 0)) | (too_high & (a >= 0))).double().mean().item()",
})  # fmt: skip

wrong("The kl is the mean of -log ratio (k1): right on average, but single values are negative, and it is noisier.", {
    KL: "(-tokens.log()).mean().item()",
})  # fmt: skip

wrong("The kl has the ratio upside down: (1 / ratio - 1) + log ratio is for tokens that the new policy drew.", {
    KL: "(1 / tokens - 1 + tokens.log()).mean().item()",
})  # fmt: skip

wrong("Padding is part of the kl and of the shares: the means run over all columns.", {
    "tokens, a = ratio[mask], advantages[:, None].expand_as(ratio)[mask]":
        "ratio = (log_probs - old_log_probs).detach().exp()\n"
        "tokens, a = ratio.flatten(), advantages[:, None].expand_as(ratio).flatten()",
})  # fmt: skip

wrong("The advantages are broadcast along the batch: each token gets the advantage of another answer.", {
    "advantages[:, None].expand_as(ratio)": "advantages.repeat(ratio.shape[1]).view_as(ratio)",
})  # fmt: skip

wrong("The effective sample sizes are counts; shares of the number of weights are asked for.", {
    "effective_sample_size(tokens).item() / len(tokens)": "effective_sample_size(tokens).item()",
    "effective_sample_size(answers).item() / len(answers)": "effective_sample_size(answers).item()",
})  # fmt: skip

wrong("The answers are weighted with the mean of their tokens' ratios; the weight of an answer is the product.", {
    "importance_weights(log_probs, old_log_probs, mask, 'sequence')": "ratio.sum(-1) / mask.sum(-1)",
})  # fmt: skip

right("products with A are compared, as in verl: the clipped one is smaller", {
    REMOVED: "(tokens.clamp(1 - low, 1 + high) * a < tokens * a).double().mean().item()",
})  # fmt: skip


@right("the clip is asked: where it removes the gradient, the objective has none")
def drift(log_probs, old_log_probs, advantages, mask, low=0.2, high=0.2):
    logs = (log_probs - old_log_probs).detach()
    a = advantages.detach()[:, None].expand_as(mask)[mask]
    r = logs[mask].exp().requires_grad_()
    (gradient,) = torch.autograd.grad(clipped_objective(r, a, low, high).sum(), r)
    r, w = r.detach(), torch.where(mask, logs, 0.0).sum(1).exp()
    return {
        "kl": float((r - 1 - logs[mask]).mean()),
        "outside": int(((r < 1 - low) | (r > 1 + high)).sum()) / r.numel(),
        "no_gradient": int(((gradient == 0) & (a != 0)).sum()) / r.numel(),
        "ess_tokens": float(effective_sample_size(r)) / r.numel(),
        "ess_answers": float(effective_sample_size(w)) / len(w),
    }


@core("the shortest")
def drift_in_short(log_probs, old_log_probs, advantages, mask, low=0.2, high=0.2):
    with torch.no_grad():
        r = importance_weights(log_probs, old_log_probs, mask)[mask]
        w = importance_weights(log_probs, old_log_probs, mask, "sequence")
        a, down, up = (advantages[:, None] + 0 * mask)[mask], r < 1 - low, r > 1 + high
        return {
            "kl": (r - 1 - r.log()).mean().item(),
            "outside": (down | up).double().mean().item(),
            "no_gradient": (down & (a < 0) | up & (a > 0)).double().mean().item(),
            "ess_tokens": effective_sample_size(r).item() / len(r),
            "ess_answers": effective_sample_size(w).item() / len(w),
        }
