"""Exercise 05.5, reinforce_loss: what people get wrong, other right answers, and the shortest right one."""

import torch

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

WEIGHTED = "returns.detach() * log_probs.where(mask, 0.0)"
LOSS = "-weighted.sum(1).mean()"

wrong("The sign is missing: an optimizer that goes down this loss makes rewarded completions less likely.", {
    LOSS: "weighted.sum(1).mean()",
})  # fmt: skip

wrong("Each completion is divided by its number of tokens: a token of a long completion then counts less.", {
    LOSS: "-(weighted.sum(1) / mask.sum(1).clamp(min=1)).mean()",
})  # fmt: skip

wrong("The mean runs over all tokens of the batch. Sum over tokens, mean over completions.", {
    LOSS: "-weighted.sum() / mask.sum()",
})  # fmt: skip

wrong("The mean runs over the whole table, padding included. Sum over tokens, mean over completions.", {
    LOSS: "-weighted.mean()",
})  # fmt: skip

wrong("The axes are swapped: sum over tokens (1), mean over completions (0).", {LOSS: "-weighted.sum(0).mean()"})

wrong("The sum over the completions is not divided by their number.", {LOSS: "-weighted.sum()"})

wrong("The mask is not used: prompt and padding are trained as well.", {"log_probs.where(mask, 0.0)": "log_probs"})

wrong("The log-probabilities are detached: nothing can be trained with this loss.", {
    "log_probs.where(mask, 0.0)": "log_probs.detach().where(mask, 0.0)",
})  # fmt: skip

wrong("The gradient flows into the returns: a differentiable reward would be changed instead of the policy.", {
    "returns.detach()": "returns",
})  # fmt: skip

wrong("exp(x - x.detach()) was taken for 1 and left out. Its value is 1, but its gradient is that of x.", {
    "log_probs.where(mask, 0.0)": "torch.ones_like(log_probs).where(mask, 0.0)",
})  # fmt: skip

wrong("A batch without returns gives a loss without a graph, and backward() fails.", {
    "weighted = " + WEIGHTED:
        "if not returns[mask].any():\n    return torch.zeros((), dtype=log_probs.dtype)\nweighted = " + WEIGHTED,
})  # fmt: skip

wrong("Multiplying by the mask does not remove -inf: 0 times infinity is NaN.", {
    WEIGHTED: "returns.detach() * log_probs * mask",
})  # fmt: skip


@right("the counted tokens alone")
def reinforce_loss(log_probs, mask, returns):
    return -torch.dot(log_probs[mask], returns[mask].detach()) / len(log_probs)


@right("a loop over the completions")
def reinforce_loss(log_probs, mask, returns):
    losses = []
    for row, counted, weights in zip(log_probs, mask, returns.detach(), strict=True):
        losses.append(-(row[counted] * weights[counted]).sum())
    return torch.stack(losses).mean()


@core("a product of three")
def reinforce_loss(log_probs, mask, returns):
    return -(log_probs * mask * returns.detach()).sum() / log_probs.shape[0]
