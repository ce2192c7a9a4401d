"""Exercise 02.1, top_p_mask: what people get wrong, other right answers, and the shortest right one."""

import torch

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

BEFORE = "before = probabilities.cumsum(-1) - probabilities"

wrong("The token with which the sum reaches p is dropped; it belongs to the nucleus.", {
    BEFORE: "before = probabilities.cumsum(-1)",
    "before < p": "before <= p",
})  # fmt: skip

wrong("The token with which the sum reaches p is dropped, unless it is the most likely; it belongs to the nucleus.", {
    BEFORE: "",
    "keep = before < p": "keep = probabilities.cumsum(-1) <= p\nkeep[..., 0] = True",
})  # fmt: skip

wrong("If the sum reaches p exactly, one token more is kept than is needed.", {"before < p": "before <= p"})

wrong("The tokens are summed in the order of the vocabulary; the most likely must come first.", {
    "probabilities, order = logits.softmax(-1).sort(-1, descending=True)": "probabilities = logits.softmax(-1)",
    "return torch.zeros_like(keep).scatter(-1, order, keep)": "return keep",
})  # fmt: skip

wrong("The mask is in the order of the sorted tokens; it must be in the order of the vocabulary.", {
    "return torch.zeros_like(keep).scatter(-1, order, keep)": "return keep",
})  # fmt: skip

wrong("gather takes the mask along the order once more; scatter undoes the sorting.", {
    "torch.zeros_like(keep).scatter(-1, order, keep)": "keep.gather(-1, order)",
})  # fmt: skip

wrong("The least likely tokens come first in your sum: they are kept, and the most likely ones are dropped.", {
    "descending=True": "descending=False",
})  # fmt: skip

wrong("p is used as a bound for each single probability; it bounds their sum.", {
    BEFORE: "before = 1 - probabilities",
})  # fmt: skip

wrong("The logits are summed without a softmax: they are no probabilities.", {
    "logits.softmax(-1).sort(-1, descending=True)": "logits.sort(-1, descending=True)",
})  # fmt: skip

wrong("The softmax is taken over the first dimension; the tokens are in the last one.", {
    "logits.softmax(-1)": "logits.softmax(0)",
})  # fmt: skip

wrong("With p = 1, tokens with a small probability are lost to rounding.", {
    "if p >= 1:\n    return torch.ones_like(logits, dtype=torch.bool)": "",
})  # fmt: skip


@right("from the other end, as transformers does: drop what makes at most 1 - p together")
def top_p_mask_ascending(logits, p):
    if p == 1:
        return logits == logits
    probabilities, order = logits.softmax(-1).sort(-1)
    drop = probabilities.cumsum(-1) <= 1 - p
    drop[..., -1] = False
    return torch.empty_like(drop).scatter_(-1, order, ~drop)


@right("one row after the other, in Python")
def top_p_mask_in_loops(logits, p):
    rows = logits.reshape(-1, logits.shape[-1])
    mask = torch.zeros_like(rows, dtype=torch.bool)
    for row, keep in zip(rows.softmax(-1).tolist(), mask, strict=True):
        total = 0.0
        for token in sorted(range(len(row)), key=row.__getitem__, reverse=True):
            if total < p or p == 1:
                keep[token] = True
            total += row[token]
    return mask.reshape(logits.shape)


@core("three lines, and p = 1 is as any other")
def top_p_mask_in_three_lines(logits, p):
    probabilities, order = logits.softmax(-1).sort(-1, descending=True)
    keep = probabilities.cumsum(-1) - probabilities < p
    return keep.gather(-1, order.argsort(-1))
