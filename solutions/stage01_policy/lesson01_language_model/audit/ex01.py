"""Exercise 01.1, token_log_probs: what people get wrong, other right answers, and the shortest right one."""

import torch
from torch import nn

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

wrong("No shift: the logits of a position are compared with the token there, which the model has just read.", {
    "logits[:, :-1]": "logits[:, 1:]",
})  # fmt: skip

wrong("The shift goes the wrong way: each prediction is compared with the token before it.", {
    "ids[:, 1:, None]": "ids[:, :-1, None]",
    "logits[:, :-1]": "logits[:, 1:]",
})  # fmt: skip

wrong("Logits and ids are both cut at the end, so they are not shifted against each other.", {
    "ids[:, 1:, None]": "ids[:, :-1, None]",
})  # fmt: skip

wrong("The bare logits are returned: without the softmax they are no log-probabilities.", {
    "chosen - predictions.logsumexp(-1)": "chosen",
})  # fmt: skip

wrong("These are probabilities; the logarithm is missing.", {
    "chosen - predictions.logsumexp(-1)": "(chosen - predictions.logsumexp(-1)).exp()",
})  # fmt: skip

wrong("The sign is wrong: this is the cross-entropy, the negative log-probability.", {
    "chosen - predictions.logsumexp(-1)": "predictions.logsumexp(-1) - chosen",
})  # fmt: skip

wrong("The temperature has no effect: these are log-probabilities at temperature 1.", {
    "logits[:, :-1] / temperature": "logits[:, :-1]",
})  # fmt: skip

wrong("The logits are multiplied by the temperature; it divides them.", {
    "logits[:, :-1] / temperature": "logits[:, :-1] * temperature",
})  # fmt: skip

wrong("The temperature divides the log-probabilities. It must divide the logits, before the softmax.", {
    "logits[:, :-1] / temperature": "logits[:, :-1]",
    "chosen - predictions.logsumexp(-1)": "(chosen - predictions.logsumexp(-1)) / temperature",
})  # fmt: skip

wrong("Only the chosen logit is divided by the temperature; logsumexp needs the divided logits as well.", {
    "predictions.logsumexp(-1)": "logits[:, :-1].logsumexp(-1)",
})  # fmt: skip

wrong("Softmax first, logarithm second: a small probability is rounded to 0, and its logarithm is -inf.", {
    "chosen - predictions.logsumexp(-1)": "predictions.softmax(-1).gather(-1, ids[:, 1:, None]).squeeze(-1).log()",
})  # fmt: skip

wrong("The sum of exponentials is taken without subtracting the maximum: exp of a large logit is inf.", {
    "predictions.logsumexp(-1)": "predictions.exp().sum(-1).log()",
})  # fmt: skip

wrong("1e-10 is added to the probabilities to avoid log(0): very unlikely tokens get a wrong log-probability.", {
    "chosen - predictions.logsumexp(-1)":
        "(predictions.softmax(-1).gather(-1, ids[:, 1:, None]).squeeze(-1) + 1e-10).log()",
})  # fmt: skip

wrong("The softmax runs over the positions; it must run over the vocabulary, the last dimension.", {
    "chosen - predictions.logsumexp(-1)": "chosen - predictions.logsumexp(1).gather(-1, ids[:, 1:])",
})  # fmt: skip

wrong("The softmax runs over the texts of the batch; it must run over the vocabulary, the last dimension.", {
    "chosen - predictions.logsumexp(-1)": "predictions.log_softmax(0).gather(-1, ids[:, 1:, None]).squeeze(-1)",
})  # fmt: skip

wrong("The result is detached: no gradient flows back to the logits.", {
    "logits[:, :-1] / temperature": "logits.detach()[:, :-1] / temperature",
})  # fmt: skip

wrong("The logits are changed in place: the caller holds the divided ones now.", {
    "predictions = logits[:, :-1] / temperature":
        "logits.data.div_(temperature)\npredictions = logits[:, :-1]",
})  # fmt: skip


@right("torch's cross-entropy, with its sign turned")
def token_log_probs(logits, ids, temperature=1.0):
    scores = (logits[:, :-1] / temperature).transpose(1, 2)
    return -nn.functional.cross_entropy(scores, ids[:, 1:], reduction="none")


@right("loops over rows and positions")
def token_log_probs(logits, ids, temperature=1.0):
    rows = []
    for row, tokens in zip(logits, ids, strict=True):
        scores = [row[t] / temperature for t in range(len(tokens) - 1)]
        rows.append(
            torch.stack([z[token] - torch.logsumexp(z, 0) for z, token in zip(scores, tokens[1:], strict=True)])
        )
    return torch.stack(rows)


@core("the whole log-softmax, then gather")
def token_log_probs(logits, ids, temperature=1.0):
    log_probs = (logits / temperature).log_softmax(-1)
    return log_probs[:, :-1].gather(-1, ids[:, 1:, None])[..., 0]
