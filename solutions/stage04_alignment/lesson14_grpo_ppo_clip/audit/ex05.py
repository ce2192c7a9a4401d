"""Exercise 14.5, token_log_probs: what people get wrong, and right answers written otherwise."""

import torch
import torch.nn.functional as F

from course.base.attempt import Attempts

wrong, right = Attempts(), Attempts()

wrong("Each token is scored by the logits of its own position, which have already seen it.", {
    "model(ids).logits[:, :-1]": "model(ids).logits[:, 1:]",
})  # fmt: skip

wrong("The logits of position t are asked about token t itself; they speak about token t + 1.", {
    "ids[:, 1:, None]": "ids[:, :-1, None]",
})  # fmt: skip

wrong("The shift goes the wrong way: the logits of position t + 1 are asked about token t.", {
    "model(ids).logits[:, :-1]": "model(ids).logits[:, 1:]",
    "ids[:, 1:, None]": "ids[:, :-1, None]",
})  # fmt: skip

wrong("The temperature is ignored; with another one than in sampling, ratios are not 1 at the start.", {
    "logits.to(torch.promote_types(logits.dtype, torch.float32)) / temperature":
        "logits.to(torch.promote_types(logits.dtype, torch.float32))",
})  # fmt: skip

wrong("The logits are multiplied by the temperature; it divides them.", {
    "logits.to(torch.promote_types(logits.dtype, torch.float32)) / temperature":
        "logits.to(torch.promote_types(logits.dtype, torch.float32)) * temperature",
})  # fmt: skip

wrong("The temperature divides the log-probabilities; divide the logits, before they are normalised.", {
    "logits.to(torch.promote_types(logits.dtype, torch.float32)) / temperature":
        "logits.to(torch.promote_types(logits.dtype, torch.float32))",
    "chosen - logits.logsumexp(-1)": "(chosen - logits.logsumexp(-1)) / temperature",
})  # fmt: skip

wrong("Only the chosen logit is divided by the temperature; the normaliser is still that of temperature 1.", {
    "logits.to(torch.promote_types(logits.dtype, torch.float32)) / temperature":
        "logits.to(torch.promote_types(logits.dtype, torch.float32))",
    "chosen - logits.logsumexp(-1)": "chosen / temperature - logits.logsumexp(-1)",
})  # fmt: skip

wrong("You return probabilities; their logarithms are wanted.", {
    "return chosen - logits.logsumexp(-1)": "return (chosen - logits.logsumexp(-1)).exp()",
})  # fmt: skip

wrong("The sign is lost: you return negative log-probabilities, as cross_entropy does.", {
    "return chosen - logits.logsumexp(-1)": "return logits.logsumexp(-1) - chosen",
})  # fmt: skip

wrong("You return the logits of the tokens: the normaliser over the vocabulary is not subtracted.", {
    "return chosen - logits.logsumexp(-1)": "return chosen",
})  # fmt: skip

wrong("The softmax runs over the positions of a row; it must run over the vocabulary.", {
    "logits.gather": "logits.log_softmax(1).gather",
    "chosen - logits.logsumexp(-1)": "chosen",
})  # fmt: skip

wrong("The logarithm of a finished softmax: an unlikely token's probability is 0 by then, and log 0 is -inf.", {
    "logits.gather": "logits.softmax(-1).gather",
    "chosen - logits.logsumexp(-1)": "chosen.log()",
})  # fmt: skip

wrong("A small constant inside the logarithm keeps it finite but falsifies unlikely tokens' log-probs.", {
    "logits.gather": "logits.softmax(-1).gather",
    "chosen - logits.logsumexp(-1)": "(chosen + 1e-10).log()",
})  # fmt: skip

wrong("The normaliser is log(sum(exp(logits))) as written: exp overflows for large logits.", {
    "return chosen - logits.logsumexp(-1)": "return chosen - logits.exp().sum(-1).log()",
})  # fmt: skip

wrong("No gradient reaches the model: the result is detached, or computed under no_grad.", {
    "return chosen - logits.logsumexp(-1)": "return (chosen - logits.logsumexp(-1)).detach()",
})  # fmt: skip

wrong("The normaliser is detached: the gradient raises a token's logit and never lowers the others.", {
    "return chosen - logits.logsumexp(-1)": "return chosen - logits.logsumexp(-1).detach()",
})  # fmt: skip

wrong("The result has the model's half precision; the softmax needs at least float32.", {
    "torch.promote_types(logits.dtype, torch.float32)": "logits.dtype",
})  # fmt: skip

wrong("The cast to float32 comes after the softmax: by then half precision has rounded everything.", {
    "torch.promote_types(logits.dtype, torch.float32)": "logits.dtype",
    "return chosen - logits.logsumexp(-1)":
        "result = chosen - logits.logsumexp(-1)\nreturn result.to(torch.promote_types(result.dtype, torch.float32))",
})  # fmt: skip

wrong("A model of double precision is rounded to float32; its own precision is to be kept.", {
    "torch.promote_types(logits.dtype, torch.float32)": "torch.float32",
})  # fmt: skip

wrong("squeeze() without a dimension also drops the batch or the length where that is 1.", {
    "chosen = logits.gather(-1, ids[:, 1:, None]).squeeze(-1)":
        "chosen = logits.log_softmax(-1).gather(-1, ids[:, 1:, None]).squeeze()",
    "return chosen - logits.logsumexp(-1)": "return chosen",
})  # fmt: skip

wrong("A column for the first token is put in front; the result has one column fewer than ids.", {
    "return chosen - logits.logsumexp(-1)": "return torch.nn.functional.pad(chosen - logits.logsumexp(-1), (1, 0))",
})  # fmt: skip

wrong("The log-probabilities are summed over each row; one number per token is wanted.", {
    "return chosen - logits.logsumexp(-1)": "return (chosen - logits.logsumexp(-1)).sum(-1)",
})  # fmt: skip

wrong("You give the log-probability of the likeliest token; the token that stands in ids is wanted.", {
    "chosen = logits.gather(-1, ids[:, 1:, None]).squeeze(-1)": "chosen = logits.amax(-1)",
})  # fmt: skip

wrong("Tokens with id 0 get log-probability 0, as if they were padding; hiding tokens is the mask's work.", {
    "return chosen - logits.logsumexp(-1)": "return (chosen - logits.logsumexp(-1)) * (ids[:, 1:] != 0)",
})  # fmt: skip

wrong("An attention mask made by comparing ids with 0 hides real tokens from the model; none is needed.", {
    "model(ids).logits[:, :-1]": "model(ids, attention_mask=(ids != 0).long()).logits[:, :-1]",
})  # fmt: skip

wrong("The tokens are shifted inside ids itself: the caller's batch is changed.", {
    "chosen = logits.gather(-1, ids[:, 1:, None]).squeeze(-1)":
        "ids[:, :-1] = ids[:, 1:].clone()\nchosen = logits.gather(-1, ids[:, :-1, None]).squeeze(-1)",
})  # fmt: skip

# Right answers written otherwise


@right("log_softmax over the vocabulary, then gather")
def token_log_probs_by_log_softmax(model, ids, temperature=1.0):
    logits = model(ids).logits
    if logits.dtype in (torch.float16, torch.bfloat16):
        logits = logits.float()
    everything = F.log_softmax(logits.div(temperature), dim=-1)
    return everything[:, :-1].gather(2, ids[:, 1:].unsqueeze(2)).squeeze(2)


@right("cross_entropy without reduction, its sign turned round")
def token_log_probs_by_cross_entropy(model, ids, temperature=1.0):
    logits = model(ids).logits
    logits = logits if logits.dtype == torch.float64 else logits.float()
    rows, length = ids.shape
    losses = F.cross_entropy((logits[:, :-1] / temperature).flatten(0, 1), ids[:, 1:].flatten(), reduction="none")
    return -losses.view(rows, length - 1)


@right("a loop over rows, each position normalised by its own largest logit")
def token_log_probs_by_loop(model, ids, temperature=1.0):
    logits = model(ids).logits
    rows = []
    for b in range(ids.shape[0]):
        scores = logits[b, :-1].to(torch.promote_types(logits.dtype, torch.float32)) / temperature
        scores = scores - scores.max(1, keepdim=True).values.detach()
        chosen = scores[torch.arange(len(scores)), ids[b, 1:]]
        rows.append(chosen - scores.exp().sum(1).log())
    return torch.stack(rows)


@right("one-hot tokens and einsum, in float64")
def token_log_probs_by_einsum(model, ids, temperature=1.0):
    logits = model(ids).logits
    precise = (logits.double() * (1 / temperature)).log_softmax(-1)[:, :-1]
    chosen = torch.einsum("blv,blv->bl", precise, F.one_hot(ids[:, 1:], logits.shape[-1]).double())
    return chosen.to(torch.promote_types(logits.dtype, torch.float32))
