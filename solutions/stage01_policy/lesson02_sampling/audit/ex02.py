"""Exercise 02.2, sampling_log_probs: what people get wrong, other right answers, and the shortest right one."""

import torch
from lesson02_sampling.policy.distribution import top_p_mask

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

TOP_P = "logits = logits.masked_fill(~top_p_mask(logits, top_p), -torch.inf)"
LAST = "return logits.masked_fill(too_small, -torch.inf).log_softmax(-1)"

wrong("The log-probs are those of the whole vocabulary: the tokens that are left must sum to 1 again.", {
    LAST: "return whole.masked_fill(too_small | logits.isinf(), -torch.inf)",
    "logits = logits / temperature": "logits = logits / temperature\nwhole = logits.log_softmax(-1)",
})  # fmt: skip

wrong("The logits are multiplied by the temperature; it divides them.", {
    "logits = logits / temperature": "logits = logits * temperature",
})  # fmt: skip

wrong("The temperature is applied after top-k, top-p and min-p; it comes first.", {
    "logits = logits / temperature": "",
    LAST: "return (logits.masked_fill(too_small, -torch.inf) / temperature).log_softmax(-1)",
})  # fmt: skip

wrong("The temperature decides only which tokens are kept: the log-probs are those at temperature 1.", {
    "logits = logits / temperature": "plain, logits = logits, logits / temperature",
    LAST: "return plain.masked_fill(too_small | logits.isinf(), -torch.inf).log_softmax(-1)",
})  # fmt: skip

wrong("Top-k keeps one token less than top_k.", {"logits < smallest": "logits <= smallest"})

wrong("Tokens that are not kept get the logit 0, which is no small one; -inf gives probability 0.", {
    "logits.masked_fill(logits < smallest, -torch.inf)": "logits.masked_fill(logits < smallest, 0.0)",
})  # fmt: skip

wrong("Top-p looks at the distribution before top-k; it must see what top-k left.", {
    "logits = logits / temperature": "logits = logits / temperature\nwhole = logits",
    TOP_P: "logits = logits.masked_fill(~top_p_mask(whole, top_p), -torch.inf)",
})  # fmt: skip

wrong("Min-p comes before top-p, which then sees fewer tokens.", {
    TOP_P: "",
    LAST: "logits = logits.masked_fill(too_small, -torch.inf)\n"
          "return logits.masked_fill(~top_p_mask(logits, top_p), -torch.inf).log_softmax(-1)",
})  # fmt: skip

wrong("min_p is compared with the probability itself; the bound is min_p times the largest probability.", {
    "min_p * probabilities.amax(-1, keepdim=True)": "min_p",
})  # fmt: skip

wrong("A token with exactly min_p times the largest probability is dropped; only smaller ones are.", {
    "probabilities < min_p * probabilities.amax(-1, keepdim=True)":
        "probabilities <= min_p * probabilities.amax(-1, keepdim=True)",
})  # fmt: skip

wrong("min_p is multiplied by the largest probability of all rows; each row has its own.", {
    "probabilities.amax(-1, keepdim=True)": "probabilities.max()",
})  # fmt: skip

wrong("The logarithm is taken of a softmax that has underflowed to 0; log_softmax does not underflow.", {
    LAST: "return logits.masked_fill(too_small, -torch.inf).softmax(-1).log()",
})  # fmt: skip

wrong("A top_k larger than the vocabulary is an error of topk; it should keep every token.", {
    "0 < top_k < logits.shape[-1]": "top_k > 0",
})  # fmt: skip

wrong("temperature and top_p are not checked: a temperature of 0 gives NaN, a top_p of 0 leaves no token.", {
    "temperature <= 0": "False",
    "not 0 < top_p <= 1": "False",
})  # fmt: skip

right("top-k by ranks, min-p in logarithms", {
    "smallest = logits.topk(top_k).values[..., -1:]": "ranks = logits.argsort(-1, descending=True).argsort(-1)",
    "logits < smallest": "ranks >= top_k",
    "probabilities < min_p * probabilities.amax(-1, keepdim=True)":
        "logits < logits.amax(-1, keepdim=True) + torch.tensor(min_p, dtype=logits.dtype).log()",
})  # fmt: skip


@right("with probabilities that are renormalized after each step; logarithms at the end")
def sampling_log_probs(logits, temperature=1.0, top_k=0, top_p=1.0, min_p=0.0):
    if temperature <= 0 or top_p <= 0 or top_p > 1:
        raise ValueError("temperature must be positive, and top_p a probability greater than 0")
    whole = (logits / temperature).log_softmax(-1)
    probabilities = whole.exp()
    if top_k:
        best = probabilities.topk(min(top_k, logits.shape[-1])).indices
        probabilities = torch.zeros_like(probabilities).scatter(-1, best, probabilities.gather(-1, best))
    probabilities = probabilities / probabilities.sum(-1, keepdim=True)
    if top_p < 1:
        probabilities = probabilities * top_p_mask(probabilities.log(), top_p)
    keep = probabilities >= min_p * probabilities.max(-1, keepdim=True).values
    if top_k or top_p < 1:
        keep = keep & (probabilities > 0)
    whole = whole.where(keep, -torch.inf)
    return whole - whole.logsumexp(-1, keepdim=True)


@core("without checks")
def sampling_log_probs_unchecked(logits, temperature=1.0, top_k=0, top_p=1.0, min_p=0.0):
    logits = logits / temperature
    if top_k:
        logits = logits.masked_fill(logits < logits.topk(min(top_k, logits.shape[-1])).values[..., -1:], -torch.inf)
    logits = logits.masked_fill(~top_p_mask(logits, top_p), -torch.inf)
    p = logits.softmax(-1)
    return logits.masked_fill(p < min_p * p.amax(-1, keepdim=True), -torch.inf).log_softmax(-1)
