"""Exercise 04.3, sft_loss: what people get wrong, other right answers, and the shortest right one."""

from lesson04_warm_start.data.examples import IGNORE
from torch.nn import functional as F

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

SHIFT = "predictions, targets = logits[:, :-1], labels[:, 1:]"
RETURN = "return -total / max(denominator, 1)"
COUNT = "denominator = counts.sum().item()"

wrong("There is no shift: each label is compared with the prediction that the model made after reading it.", {
    SHIFT: "predictions, targets = logits, labels",
})  # fmt: skip

wrong("The shift goes the other way: the logits at t are compared with the token at t - 1.", {
    SHIFT: "predictions, targets = logits[:, 1:], labels[:, :-1]",
})  # fmt: skip

wrong("The mean is over all places, prompt and padding too: more padding, smaller loss.", {
    COUNT: "denominator = counts.numel()",
})  # fmt: skip

wrong("The mean of each row is taken first: tokens of short completions then weigh more than others.", {
    COUNT: "return -(chosen.where(counts, torch.zeros_like(chosen)).sum(1) / counts.sum(1).clamp(min=1)).mean()",
})  # fmt: skip

wrong("The denominator that was passed in is ignored.", {
    "if denominator is None:\n    denominator = counts.sum().item()": COUNT,
})  # fmt: skip

wrong("The mean over the labels is divided by the denominator: that divides twice. The sum has to be divided.", {
    "if denominator is None:\n    denominator = counts.sum().item()":
        "denominator = max(counts.sum().item(), 1) * (1 if denominator is None else denominator)",
})  # fmt: skip

wrong("squeeze() without a dimension: with one column, (B, 1) becomes (B,), and B rows meet B columns.", {
    "log_probs.gather(-1, targets.where(counts, 0)[..., None]).squeeze(-1)":
        "log_probs.gather(-1, targets.where(counts, 0)[..., None]).squeeze()",
})  # fmt: skip

wrong("The sign is missing: the training would make the right answers unlikely.", {
    RETURN: "return total / max(denominator, 1)",
})  # fmt: skip

wrong("IGNORE is treated as token 0, and its log-probability is in the sum.", {
    "chosen.where(counts, torch.zeros_like(chosen)).sum()": "chosen.sum()",
})  # fmt: skip

wrong("Labels of 0 or 1 are taken for padding. Here IGNORE alone means that there is nothing to learn.", {
    "counts = targets != IGNORE": "counts = targets > 1",
})  # fmt: skip

wrong("The logarithm of a softmax that was rounded to 0 is -inf; log_softmax stays finite.", {
    "predictions.log_softmax(-1)": "predictions.softmax(-1).log()",
})  # fmt: skip

wrong("Without a single label you divide by 0, and the NaN goes into every weight.", {
    RETURN: "return -total / (denominator if denominator else torch.zeros(()))",
})  # fmt: skip

wrong("The loss has no gradient: .item() and .detach() cut the graph.", {
    RETURN: "return -total.detach() / max(denominator, 1)",
})  # fmt: skip

wrong("The caller's labels are changed in place: the next look at them finds no IGNORE.", {
    "targets.where(counts, 0)": "targets.masked_fill_(~counts, 0)",
})  # fmt: skip


@right("cross_entropy with its own ignore_index")
def sft_loss(logits, labels, denominator=None):
    total = F.cross_entropy(logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten(), ignore_index=IGNORE, reduction="sum")
    if denominator is None:
        denominator = max((labels[:, 1:] != IGNORE).sum(), 1)
    return total / denominator


@right("only the places that count, picked by a mask")
def sft_loss_picked(logits, labels, denominator=None):
    counts = labels[:, 1:] != IGNORE
    z, y = logits[:, :-1][counts], labels[:, 1:][counts]
    losses = z.logsumexp(-1) - z.gather(1, y[:, None])[:, 0]
    return losses.sum() / (denominator or max(len(y), 1))


@core("a mean, and the denominator if there is one")
def sft_loss_in_short(logits, labels, denominator=None):
    z, y = logits[:, :-1].transpose(1, 2), labels[:, 1:]
    return F.cross_entropy(z, y) if denominator is None else F.cross_entropy(z, y, reduction="sum") / denominator
