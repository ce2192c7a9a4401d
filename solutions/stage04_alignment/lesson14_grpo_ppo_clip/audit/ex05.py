"""Exercise 14.5, token_log_probs: known mistakes, right answers written otherwise, and the core variant."""

import torch
import torch.nn.functional as F

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

wrong("Logits and tokens are not shifted against each other: the logits at t are about the token at t + 1.", {
    "ids[:, 1:, None]": "ids[:, :-1, None]",
})  # fmt: skip

wrong("The logits are cut at the wrong end: those after the token are used, not those before it.", {
    "model(ids).logits[:, :-1]": "model(ids).logits[:, 1:]",
})  # fmt: skip

wrong("The temperature is ignored; the logits are divided by it.", {
    "logits.to(torch.promote_types(logits.dtype, torch.float32)) / temperature":
        "logits.to(torch.promote_types(logits.dtype, torch.float32))",
})  # fmt: skip

wrong("The logits are multiplied by the temperature; it divides them.", {
    "logits.to(torch.promote_types(logits.dtype, torch.float32)) / temperature":
        "logits.to(torch.promote_types(logits.dtype, torch.float32)) * temperature",
})  # fmt: skip

wrong("The log-probabilities are divided by the temperature; the logits are, before they are normalised.", {
    "logits.to(torch.promote_types(logits.dtype, torch.float32)) / temperature":
        "logits.to(torch.promote_types(logits.dtype, torch.float32))",
    "logits.log_softmax(-1)": "(logits.log_softmax(-1) / temperature)",
})  # fmt: skip

wrong("You give probabilities; log-probabilities are wanted.", {"logits.log_softmax": "logits.softmax"})

wrong("You give logits, which are not normalised over the vocabulary.", {"logits.log_softmax(-1)": "logits"})

wrong("The softmax runs over the positions; it runs over the vocabulary, the last dimension.", {
    "logits.log_softmax(-1)": "logits.log_softmax(1)",
})  # fmt: skip

wrong("The sign is wrong: this is the loss of each token, not its log-probability.", {
    "logits.log_softmax(-1)": "(-logits.log_softmax(-1))",
})  # fmt: skip

wrong("The gradient is cut off: nothing that is computed from this can train the model.", {
    "model(ids).logits[:, :-1]": "model(ids).logits[:, :-1].detach()",
})  # fmt: skip

wrong("You give the log-probability of the likeliest token; the token that stands in ids is wanted.", {
    "logits.log_softmax(-1).gather(-1, ids[:, 1:, None]).squeeze(-1)": "logits.log_softmax(-1).amax(-1)",
})  # fmt: skip

wrong("squeeze() without a dimension also drops the batch or the length if that is 1.", {
    "logits.log_softmax(-1).gather(-1, ids[:, 1:, None]).squeeze(-1)":
        "logits.log_softmax(-1).gather(-1, ids[:, 1:, None]).squeeze()",
})  # fmt: skip

wrong("Tokens with id 0 get log-probability 0, as if they were padding; hiding tokens is the mask's job.", {
    "return logits.log_softmax(-1).gather(-1, ids[:, 1:, None]).squeeze(-1)":
        "return logits.log_softmax(-1).gather(-1, ids[:, 1:, None]).squeeze(-1) * (ids[:, 1:] != 0)",
})  # fmt: skip

wrong("An attention mask made by comparing ids with 0 hides real tokens from the model; none is needed.", {
    "model(ids)": "model(ids, attention_mask=(ids != 0).long())",
})  # fmt: skip

wrong("The logarithm is taken after softmax, which may round a probability to 0: its logarithm is -inf.", {
    "logits.log_softmax(-1)": "logits.softmax(-1).log()",
})  # fmt: skip

wrong("Logits in half precision are normalised as they are: the log-probabilities are rounded to 2 or 3 digits.", {
    "logits.to(torch.promote_types(logits.dtype, torch.float32)) / temperature": "logits / temperature",
})  # fmt: skip


@right("cross_entropy without reduction, with the sign changed, in float32")
def token_log_probs_by_cross_entropy(model, ids, temperature=1.0):
    logits = model(ids).logits.float()
    rows, length = ids.shape
    losses = F.cross_entropy((logits[:, :-1] / temperature).flatten(0, 1), ids[:, 1:].flatten(), reduction="none")
    return -losses.view(rows, length - 1)


@right("the logit minus logsumexp, in float64")
def token_log_probs_by_logsumexp(model, ids, temperature=1.0):
    logits = model(ids).logits[:, :-1].double().div(temperature)
    return logits.gather(2, ids[:, 1:].unsqueeze(2)).squeeze(2) - logits.logsumexp(2)


@core("log_softmax and gather, in the model's own precision")
def token_log_probs_in_the_models_precision(model, ids, temperature=1.0):
    log_probs = torch.log_softmax(model(ids).logits[:, :-1] / temperature, dim=-1)
    return log_probs.gather(-1, ids[:, 1:].unsqueeze(-1)).squeeze(-1)
