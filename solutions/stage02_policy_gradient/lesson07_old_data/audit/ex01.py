"""Exercise 07.1, importance_weights: what people get wrong, other right answers, and the shortest right one."""

import torch

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

RATIO = "torch.where(mask, log_probs - old_log_probs.detach(), 0.0)"
WHOLE = "log_ratio.sum(-1).exp()"

wrong("Probabilities are divided. Those of unlikely tokens are 0 as floats, and 0 / 0 is NaN.", {
    RATIO: "(log_probs.exp() / old_log_probs.detach().exp()).log().where(mask, 0.0)",
})  # fmt: skip

wrong("The ratio is turned round: it is new / old, so a token that became likelier has a weight above 1.", {
    RATIO: "(old_log_probs.detach() - log_probs).where(mask, 0.0)",
})  # fmt: skip

wrong("The exponentials are summed. The weight of an answer is a product: the exponential of the sum.", {
    WHOLE: "log_ratio.exp().where(mask, 0.0).sum(-1)",
})  # fmt: skip

wrong("The mean over the tokens is taken (that is GSPO's ratio): the weight of an answer is the whole product.", {
    WHOLE: "(log_ratio.sum(-1) / mask.sum(-1)).exp()",
})  # fmt: skip

wrong("Tokens outside the mask are part of the products: prompt and padding change the weights.", {
    RATIO: "log_probs - old_log_probs.detach()",
})  # fmt: skip

wrong("Outside the mask the weights are exp(0) = 1 instead of 0: they would count as samples.", {
    "log_ratio.exp().where(mask, 0.0)": "log_ratio.exp()",
})  # fmt: skip

wrong("Gradient flows to the old log-probs.", {RATIO: "(log_probs - old_log_probs).where(mask, 0.0)"})

wrong("The weights carry no gradient: nothing could be trained through them.", {
    RATIO: "(log_probs - old_log_probs).detach().where(mask, 0.0)",
})  # fmt: skip

wrong("Multiplying by the mask does not remove -inf - (-inf) = NaN from the padding.", {
    RATIO: "(log_probs - old_log_probs.detach()) * mask",
})  # fmt: skip


@right("ratios first, then products; 1 stands in for what is not in the mask")
def importance_weights(log_probs, old_log_probs, mask, level="token"):
    difference = torch.where(mask, log_probs, 0.0) - torch.where(mask, old_log_probs, 0.0).detach()
    ratio = difference.exp()
    if level == "sequence":
        return ratio.prod(1)
    return torch.where(mask, ratio.cumprod(1) if level == "prefix" else ratio, 0.0)


@right("one answer after the other")
def importance_weights_in_a_loop(log_probs, old_log_probs, mask, level="token"):
    rows = []
    for new, old, m in zip(log_probs, old_log_probs.detach(), mask, strict=True):
        logs = new[m] - old[m]
        logs = {"token": logs, "prefix": logs.cumsum(0), "sequence": logs.sum()}[level]
        rows.append(logs.exp() if level == "sequence" else torch.zeros_like(new).masked_scatter(m, logs.exp()))
    return torch.stack(rows)


@core("multiplied by the mask, which does not remove -inf")
def importance_weights_times_mask(log_probs, old_log_probs, mask, level="token"):
    log_ratio = (log_probs - old_log_probs.detach()) * mask
    if level == "sequence":
        return log_ratio.sum(1).exp()
    return (log_ratio.cumsum(1) if level == "prefix" else log_ratio).exp() * mask
