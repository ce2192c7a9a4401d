"""Exercise 04.3, sft_loss: what people get wrong, other right answers, and the shortest right one."""

import torch
from lesson04_warm_start.data.examples import IGNORE
from torch.nn import functional as F

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

SHIFT = "predictions, targets = logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten()"
TOTAL = 'total = F.cross_entropy(predictions, targets, ignore_index=IGNORE, reduction="sum")'
RETURN = "return total / max(denominator, 1)"
COUNT = "denominator = (targets != IGNORE).sum().item()"

wrong("There is no shift: each label is compared with the prediction made after reading it.", {
    SHIFT: "predictions, targets = logits.flatten(0, 1), labels.flatten()",
})  # fmt: skip

wrong("The mean counts prompt and padding: more padding, smaller loss.", {COUNT: "denominator = targets.numel()"})

wrong("The mean of each row is taken first: tokens of short completions then weigh more than others.", {
    COUNT: "each = F.cross_entropy(predictions, targets, ignore_index=IGNORE, reduction='none').view(len(labels), -1)\n"
           "return (each.sum(1) / (labels != IGNORE).sum(1).clamp(min=1)).mean()",
})  # fmt: skip

wrong("The denominator that was passed in is ignored.", {"if denominator is None:\n    " + COUNT: COUNT})

wrong("squeeze() without a dimension: with one column, (B, 1) becomes (B,), and B rows meet B columns.", {
    TOTAL: "log_probs, y = logits[:, :-1].log_softmax(-1), labels[:, 1:]\n"
           "chosen = log_probs.gather(-1, y.clamp(min=0)[..., None]).squeeze()\n"
           "total = -(chosen * (y != IGNORE)).sum()",
})  # fmt: skip

wrong("The minus is missing: training makes the right answers less likely.", {
    RETURN: "return -total / max(denominator, 1)",
})  # fmt: skip

wrong("Without a label this is 0 / 0 = NaN, which goes into every weight.", {RETURN: "return total / denominator"})

wrong("The loss has no gradient: .item() and .detach() cut the graph.", {
    RETURN: "return total.detach() / max(denominator, 1)",
})  # fmt: skip

wrong("The caller's labels are changed in place.", {COUNT: COUNT + "\nlabels.clamp_(min=0)"})


@right("log_softmax and gather; the labels that do not count are multiplied by 0")
def sft_loss(logits, labels, denominator=None):
    targets, counts = labels[:, 1:], labels[:, 1:] != IGNORE
    log_probs = logits[:, :-1].log_softmax(-1).gather(-1, targets.clamp(min=0)[..., None])[..., 0]
    return -(log_probs * counts).sum() / (denominator or counts.sum().clamp(min=1))


@right("only the places that count, picked by a mask")
def sft_loss_picked(logits, labels, denominator=None):
    rows, places = torch.where(labels[:, 1:] != IGNORE)
    log_probs = logits.log_softmax(-1)[rows, places, labels[rows, places + 1]]
    return -log_probs.sum() / (denominator or max(len(rows), 1))


@core("a mean, and the denominator if there is one")
def sft_loss_in_short(logits, labels, denominator=None):
    z, y = logits[:, :-1].transpose(1, 2), labels[:, 1:]
    return F.cross_entropy(z, y) if denominator is None else F.cross_entropy(z, y, reduction="sum") / denominator
