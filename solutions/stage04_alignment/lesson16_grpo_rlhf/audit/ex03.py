"""Exercise 16.3, exact_kl: what people get wrong, right answers written otherwise, and the core variant."""

import torch
import torch.nn.functional as F

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

wrong("This is KL(q || p): the expectation belongs to p, the policy that is trained.", {
    "logits.log_softmax(-1), ref_logits.log_softmax(-1)": "ref_logits.log_softmax(-1), logits.log_softmax(-1)",
})  # fmt: skip

wrong("The terms are averaged over the vocabulary; they are already weighted by p, so add them up.", {
    "(log_p.exp() * (log_p - log_q)).sum": "(log_p.exp() * (log_p - log_q)).mean",
})  # fmt: skip

wrong("The logits are taken as log-probabilities; they are not normalised.", {
    "logits.log_softmax(-1), ref_logits.log_softmax(-1)": "logits, ref_logits",
})  # fmt: skip

wrong("The sign is wrong: a KL divergence is never negative.", {"(log_p - log_q)": "(log_q - log_p)"})

wrong("This is the cross-entropy; subtract the entropy of p.", {"(log_p - log_q)": "(-log_q)"})


@right("cross-entropy minus entropy")
def kl_by_cross_entropy(logits, ref_logits):
    p = logits.softmax(-1)
    return (p * logits.log_softmax(-1)).sum(-1) - (p * ref_logits.log_softmax(-1)).sum(-1)


@right("torch's own kl_div, whose first argument is the reference")
def kl_by_torch(logits, ref_logits):
    log_p, log_q = F.log_softmax(logits, -1), F.log_softmax(ref_logits, -1)
    return F.kl_div(log_q, log_p, log_target=True, reduction="none").sum(-1)


@core("softmax and log one after the other")
def by_softmax(logits, ref_logits):
    p, q = torch.softmax(logits, -1), torch.softmax(ref_logits, -1)
    return (p * (p / q).log()).sum(-1)
