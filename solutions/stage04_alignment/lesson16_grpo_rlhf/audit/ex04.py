"""Exercise 16.4, token_entropy: what people get wrong, and right answers written otherwise."""

import math

import torch
import torch.nn.functional as F

from course.base.attempt import Attempts

wrong, right = Attempts(), Attempts()

wrong("The sign is wrong: an entropy is never negative.", {
    "-(log_p.exp() * log_p.masked_fill(log_p == -torch.inf, 0.0)).sum(-1)":
        "(log_p.exp() * log_p.masked_fill(log_p == -torch.inf, 0.0)).sum(-1)",
})  # fmt: skip

wrong("The temperature is ignored.", {
    "logits.to(torch.promote_types(logits.dtype, torch.float32)) / temperature":
        "logits.to(torch.promote_types(logits.dtype, torch.float32))",
})  # fmt: skip

wrong("The logits are multiplied by the temperature; it divides them.", {
    "logits.to(torch.promote_types(logits.dtype, torch.float32)) / temperature":
        "logits.to(torch.promote_types(logits.dtype, torch.float32)) * temperature",
})  # fmt: skip

wrong("An impossible token makes the entropy NaN: 0 times minus infinity.", {
    "log_p.masked_fill(log_p == -torch.inf, 0.0)": "log_p",
})  # fmt: skip

wrong("The terms p log p are averaged over the vocabulary; their sum is the entropy.", {
    "(log_p.exp() * log_p.masked_fill(log_p == -torch.inf, 0.0)).sum":
        "(log_p.exp() * log_p.masked_fill(log_p == -torch.inf, 0.0)).mean",
})  # fmt: skip

wrong("The temperature divides the log-probabilities, after the softmax; it belongs to the logits.", {
    "logits.to(torch.promote_types(logits.dtype, torch.float32)) / temperature":
        "logits.to(torch.promote_types(logits.dtype, torch.float32))",
    "logits.log_softmax(-1)": "logits.log_softmax(-1) / temperature",
})  # fmt: skip

wrong("Half precision is kept; float32 is asked for there.", {
    "logits = logits.to(torch.promote_types(logits.dtype, torch.float32)) / temperature":
        "logits = logits / temperature",
})  # fmt: skip

wrong("float64 logits are cut down to float32.", {
    "logits.to(torch.promote_types(logits.dtype, torch.float32))": "logits.float()",
})  # fmt: skip

wrong("Only the likeliest token is looked at; the entropy is a mean over all of them.", {
    "-(log_p.exp() * log_p.masked_fill(log_p == -torch.inf, 0.0)).sum(-1)": "-log_p.amax(-1)",
})  # fmt: skip

wrong("The result is in bits; nats are asked for.", {
    "-(log_p.exp() * log_p.masked_fill(log_p == -torch.inf, 0.0)).sum(-1)":
        "-(log_p.exp() * log_p.masked_fill(log_p == -torch.inf, 0.0)).sum(-1) / 0.6931471805599453",
})  # fmt: skip

wrong("The log-probabilities are averaged plainly; each token counts with its own probability.", {
    "-(log_p.exp() * log_p.masked_fill(log_p == -torch.inf, 0.0)).sum(-1)":
        "-log_p.masked_fill(log_p == -torch.inf, 0.0).mean(-1)",
})  # fmt: skip

wrong("The entropy is divided by its largest possible value; nats are asked for, not a share.", {
    "-(log_p.exp() * log_p.masked_fill(log_p == -torch.inf, 0.0)).sum(-1)":
        "-(log_p.exp() * log_p.masked_fill(log_p == -torch.inf, 0.0)).sum(-1) /"
        " torch.tensor(float(logits.shape[-1])).log()",
})  # fmt: skip

# Right answers written otherwise


@right("logsumexp less the expected logit")
def entropy_by_logsumexp(logits, temperature=1.0):
    wide = logits if logits.dtype == torch.float64 else logits.float()
    wide = wide / temperature
    p = wide.softmax(-1)
    return wide.logsumexp(-1) - (p * wide.masked_fill(wide == -math.inf, 0.0)).sum(-1)


@right("torch.distributions, token by token")
def entropy_by_distribution(logits, temperature=1.0):
    wide = (logits if logits.dtype == torch.float64 else logits.float()) / temperature
    return torch.distributions.Categorical(logits=wide, validate_args=False).entropy()


@right("einsum of p and log p, the impossible ones replaced")
def entropy_by_einsum(logits, temperature=1.0):
    if logits.dtype in (torch.float16, torch.bfloat16):
        logits = logits.to(torch.float32)
    log_p = F.log_softmax(logits.div(temperature), dim=-1)
    log_p = torch.where(torch.isinf(log_p), torch.full_like(log_p, -1e4), log_p)
    return torch.einsum("btv,btv->bt", log_p.exp(), -log_p)
