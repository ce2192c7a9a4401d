"""Exercise 16.3, exact_kl: what people get wrong, and right answers written otherwise."""

import math

import torch
import torch.nn.functional as F

from course.base.attempt import Attempts

wrong, right = Attempts(), Attempts()

wrong("This is KL(q || p): the expectation belongs to p, the policy that is trained.", {
    "logits.log_softmax(-1), ref_logits.log_softmax(-1)": "ref_logits.log_softmax(-1), logits.log_softmax(-1)",
})  # fmt: skip

wrong("The terms are averaged over the vocabulary; they are weighed by p already, so their sum is wanted.", {
    "(log_p.exp() * (log_p - log_q).masked_fill(impossible, 0.0)).sum":
        "(log_p.exp() * (log_p - log_q).masked_fill(impossible, 0.0)).mean",
})  # fmt: skip

wrong("A token with p = 0 makes the result NaN: 0 times minus infinity.", {
    "(log_p - log_q).masked_fill(impossible, 0.0)": "(log_p - log_q)",
})  # fmt: skip

wrong("The logarithm of a softmax underflows where logits are far apart.", {
    "logits.log_softmax(-1), ref_logits.log_softmax(-1)": "logits.softmax(-1).log(), ref_logits.softmax(-1).log()",
})  # fmt: skip

wrong("The logits are taken for log-probabilities; they are not normalised.", {
    "logits.log_softmax(-1), ref_logits.log_softmax(-1)": "logits, ref_logits",
})  # fmt: skip

wrong("The result is in bits; nats are asked for.", {
    "(log_p.exp() * (log_p - log_q).masked_fill(impossible, 0.0)).sum(-1)":
        "(log_p.exp() * (log_p - log_q).masked_fill(impossible, 0.0)).sum(-1) / 0.6931471805599453",
})  # fmt: skip

wrong("The softmax runs over the rows of the batch; it belongs to the vocabulary, the last dimension.", {
    "logits.log_softmax(-1), ref_logits.log_softmax(-1)": "logits.log_softmax(0), ref_logits.log_softmax(0)",
})  # fmt: skip

wrong("The sign is wrong: a KL divergence is never negative.", {
    "(log_p - log_q).masked_fill": "(log_q - log_p).masked_fill",
})  # fmt: skip

wrong("This is the cross-entropy; the entropy of p has to be taken away from it.", {
    "(log_p - log_q).masked_fill": "(-log_q).masked_fill",
})  # fmt: skip

wrong("The rows of the batch are added up; each has a KL of its own.", {
    "(log_p.exp() * (log_p - log_q).masked_fill(impossible, 0.0)).sum(-1)":
        "(log_p.exp() * (log_p - log_q).masked_fill(impossible, 0.0)).sum()",
})  # fmt: skip

wrong("No gradient reaches the reference's logits; here it flows to both arguments.", {
    "ref_logits.log_softmax(-1)": "ref_logits.detach().log_softmax(-1)",
})  # fmt: skip

wrong("torch.where alone does not help the gradient: the NaN of what was not chosen comes back, times 0.", {
    "return (log_p.exp() * (log_p - log_q).masked_fill(impossible, 0.0)).sum(-1)":
        "return torch.where(impossible, 0.0, log_p.exp() * (log_p - log_q)).sum(-1)",
})  # fmt: skip

wrong("What the reference never does costs nothing; the KL is infinite there.", {
    "impossible = log_p == -torch.inf": "impossible = (log_p == -torch.inf) | (log_q == -torch.inf)",
})  # fmt: skip

# Right answers written otherwise


@right("cross-entropy less entropy, with xlogy")
def kl_by_cross_entropy(logits, ref_logits):
    p = logits.softmax(-1)
    log_p = torch.where(p > 0, logits.log_softmax(-1), 0.0)
    log_q = torch.where(p > 0, ref_logits.log_softmax(-1), 0.0)
    return (p * log_p).sum(-1) - (p * log_q).sum(-1)


@right("one row at a time, logsumexp written out")
def kl_by_rows(logits, ref_logits):
    rows = []
    for a, b in zip(logits, ref_logits, strict=True):
        a, b = a - a.logsumexp(0), b - b.logsumexp(0)
        possible = a > -math.inf
        rows.append((a[possible].exp() * (a[possible] - b[possible])).sum())
    return torch.stack(rows)


@right("torch's own kl_div")
def kl_by_torch(logits, ref_logits):
    log_p, log_q = F.log_softmax(logits, -1), F.log_softmax(ref_logits, -1)
    both = (log_p == -math.inf) & (log_q == -math.inf)
    pieces = F.kl_div(log_q.masked_fill(both, 0.0), log_p.masked_fill(both, 0.0), log_target=True, reduction="none")
    never = log_p == -math.inf
    return torch.where(never, 0.0, pieces).sum(-1)
