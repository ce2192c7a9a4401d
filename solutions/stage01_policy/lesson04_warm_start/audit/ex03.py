"""Exercise 04.3, sft_loss: what people get wrong, other right answers, and the shortest right one."""

import torch
from lesson04_warm_start.data.examples import IGNORE
from torch.nn import functional as F

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

SHIFT = "predictions, targets = logits[:, :-1], labels[:, 1:]"
RETURN = "return -total / max(denominator, 1)"
COUNT = "denominator = counts.sum().item()"

wrong("There is no shift: each label is compared with the prediction made after reading it.", {
    SHIFT: "predictions, targets = logits, labels",
})  # fmt: skip

wrong("The mean counts prompt and padding: more padding, smaller loss.", {COUNT: "denominator = counts.numel()"})

wrong("The mean of each row is taken first: tokens of short completions then weigh more than others.", {
    COUNT: "return -(chosen.where(counts, torch.zeros_like(chosen)).sum(1) / counts.sum(1).clamp(min=1)).mean()",
})  # fmt: skip

wrong("The denominator that was passed in is ignored.", {
    "if denominator is None:\n    denominator = counts.sum().item()": COUNT,
})  # fmt: skip

wrong("squeeze() without a dimension: with one column, (B, 1) becomes (B,), and B rows meet B columns.", {
    "log_probs.gather(-1, targets.where(counts, 0)[..., None]).squeeze(-1)":
        "log_probs.gather(-1, targets.where(counts, 0)[..., None]).squeeze()",
})  # fmt: skip

wrong("The minus is missing: training makes the right answers less likely.", {
    RETURN: "return total / max(denominator, 1)",
})  # fmt: skip

wrong("The loss has no gradient: .item() and .detach() cut the graph.", {
    RETURN: "return -total.detach() / max(denominator, 1)",
})  # fmt: skip

wrong("The caller's labels are changed in place.", {"targets.where(counts, 0)": "targets.masked_fill_(~counts, 0)"})


@right("cross_entropy with its own ignore_index")
def sft_loss(logits, labels, denominator=None):
    total = F.cross_entropy(logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten(), ignore_index=IGNORE, reduction="sum")
    if denominator is None:
        denominator = max((labels[:, 1:] != IGNORE).sum(), 1)
    return total / denominator


@right("only the places that count, picked by a mask")
def sft_loss_picked(logits, labels, denominator=None):
    rows, places = torch.where(labels[:, 1:] != IGNORE)
    log_probs = logits.log_softmax(-1)[rows, places, labels[rows, places + 1]]
    return -log_probs.sum() / (denominator or max(len(rows), 1))


@core("a mean, and the denominator if there is one")
def sft_loss_in_short(logits, labels, denominator=None):
    z, y = logits[:, :-1].transpose(1, 2), labels[:, 1:]
    return F.cross_entropy(z, y) if denominator is None else F.cross_entropy(z, y, reduction="sum") / denominator
