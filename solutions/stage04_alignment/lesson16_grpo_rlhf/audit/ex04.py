"""Exercise 16.4, token_entropy: what people get wrong, right answers written otherwise, and the core variant."""

import torch

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

wrong("The sign is wrong: an entropy is never negative.", {
    "-(log_p.exp() * log_p).sum(-1)": "(log_p.exp() * log_p).sum(-1)",
})  # fmt: skip

wrong("The temperature is ignored.", {"(logits / temperature)": "logits"})

wrong("The logits are multiplied by the temperature; divide them by it.", {
    "(logits / temperature)": "(logits * temperature)",
})  # fmt: skip

wrong("The temperature divides the log-probabilities, after the softmax; it belongs to the logits.", {
    "(logits / temperature).log_softmax(-1)": "logits.log_softmax(-1) / temperature",
})  # fmt: skip

wrong("The terms p log p are averaged over the vocabulary; their sum is the entropy.", {
    "(log_p.exp() * log_p).sum": "(log_p.exp() * log_p).mean",
})  # fmt: skip

wrong("The softmax is written out as exp / sum, which overflows for large logits; log_softmax does not.", {
    "log_p = (logits / temperature).log_softmax(-1)": """
        p = (logits / temperature).exp()
        log_p = (p / p.sum(-1, keepdim=True)).log()
    """,
})  # fmt: skip

wrong("The log-probabilities are averaged plainly; each token counts with its own probability.", {
    "-(log_p.exp() * log_p).sum(-1)": "-log_p.mean(-1)",
})  # fmt: skip


@right("logsumexp minus the expected logit")
def entropy_by_logsumexp(logits, temperature=1.0):
    scaled = logits / temperature
    return scaled.logsumexp(-1) - (scaled.softmax(-1) * scaled).sum(-1)


@right("torch.distributions")
def entropy_by_distribution(logits, temperature=1.0):
    return torch.distributions.Categorical(logits=logits / temperature, validate_args=False).entropy()


@core("einsum")
def by_einsum(logits, temperature=1.0):
    log_p = torch.log_softmax(logits / temperature, -1)
    return -torch.einsum("btv,btv->bt", log_p.exp(), log_p)
