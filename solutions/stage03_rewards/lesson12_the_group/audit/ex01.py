"""Exercise 12.1, group_baseline: what people get wrong, other right answers, and the shortest right one."""

import torch

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

MEAN = "return rewards.mean(1, keepdim=True).expand_as(rewards)"
MIDDLE = "middle = (ordered[:, (G - 1) // 2] + ordered[:, G // 2]) / 2"
OTHERS = "return (rewards.sum(1, keepdim=True) - rewards) / (G - 1)"

wrong("torch.median takes the lower of the two middle rewards: with 0, 0, 1, 1 no completion is below the baseline.", {
    MIDDLE: "middle = rewards.median(dim=1).values",
})  # fmt: skip

wrong("The middle columns are taken without sorting the row.", {
    "ordered = rewards.sort(dim=1).values": "ordered = rewards",
})  # fmt: skip

wrong("The sum of the others is divided by G; there are G - 1 others.", {OTHERS: OTHERS.replace("(G - 1)", "G")})

wrong("The reward itself is left in the sum: leave_one_out is then the plain mean with another divisor.", {
    OTHERS: "return (rewards.sum(1, keepdim=True) / (G - 1)).expand_as(rewards)",
})  # fmt: skip

wrong("The mean is that of the whole batch: a completion is compared with answers to other prompts.", {
    MEAN: "return rewards.mean().expand_as(rewards)",
})  # fmt: skip

wrong("What is left after subtracting the baseline is returned; the baseline itself is asked for.", {
    OTHERS: "return rewards - (rewards.sum(1, keepdim=True) - rewards) / (G - 1)",
    MEAN: "return rewards - rewards.mean(1, keepdim=True)",
    "return middle[:, None].expand_as(rewards)": "return rewards - middle[:, None]",
})  # fmt: skip

wrong("An unknown kind silently becomes another one: a typing error trains with the wrong baseline.", {
    "raise ValueError(f'kind must be \"mean\", \"median\" or \"leave_one_out\", not {kind!r}')":
        "return rewards.mean(1, keepdim=True).expand_as(rewards)",
})  # fmt: skip

wrong("The rewards are sorted in place: they no longer belong to their completions.", {
    "ordered = rewards.sort(dim=1).values": "ordered = rewards.copy_(rewards.sort(dim=1).values)",
})  # fmt: skip

right("the middle two as a mean, the others from the mean of all", {
    MIDDLE: "middle = ordered[:, [(G - 1) // 2, G // 2]].mean(1)",
    OTHERS: "mean = rewards.mean(1, keepdim=True)\nreturn mean + (mean - rewards) / (G - 1)",
})  # fmt: skip


@right("torch.quantile, and a mask for the others")
def group_baseline_with_quantile(rewards, kind):
    G = rewards.shape[1]
    if kind == "mean":
        return rewards.sum(1, keepdim=True).div(G).repeat(1, G)
    if kind == "median":
        return rewards.quantile(0.5, dim=1, keepdim=True).repeat(1, G)
    if kind == "leave_one_out":
        return rewards @ (1 - torch.eye(G, dtype=rewards.dtype)) / (G - 1)
    raise ValueError(kind)


@core("without a check of the kind")
def group_baseline(rewards, kind):
    if kind == "mean":
        return rewards.mean(1, keepdim=True) + 0 * rewards
    if kind == "median":
        return rewards.quantile(0.5, dim=1, keepdim=True) + 0 * rewards
    return (rewards.sum(1, keepdim=True) - rewards) / (rewards.shape[1] - 1)
