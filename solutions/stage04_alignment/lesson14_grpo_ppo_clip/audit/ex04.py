"""Exercise 14.4, group_advantages: known mistakes, right answers written otherwise, and the core variant."""

import math

import torch
from lesson14_grpo_ppo_clip.loss.advantages import group_advantages

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

wrong("Mean and standard deviation are taken over the whole batch; both belong to each prompt's own group.", {
    "groups.mean(1, keepdim=True)": "groups.mean()",
    "groups.std(1, keepdim=True)": "groups.std()",
    "torch.where(equal, 0.0, advantages)": "advantages",
})  # fmt: skip

wrong("Mean and standard deviation are taken over the whole batch; both belong to each prompt's own group.", {
    "groups.mean(1, keepdim=True)": "groups.mean()",
    "groups.std(1, keepdim=True)": "groups.std(correction=0)",
    "torch.where(equal, 0.0, advantages)": "advantages",
})  # fmt: skip

# Of the rewards or of what is left after each group's mean, by N - 1 or by N: the same mistake.
for std in ("groups.std()", "groups.std(correction=0)", "advantages.std()", "advantages.std(correction=0)"):
    wrong("The standard deviation is taken over the whole batch; it belongs to each prompt's own group.", {
        "groups.std(1, keepdim=True)": std,
    })  # fmt: skip

wrong("The mean is taken over the whole batch; a response is compared with those to the same prompt alone.", {
    "groups.mean(1, keepdim=True)": "groups.mean()",
    "torch.where(equal, 0.0, advantages)": "advantages",
})  # fmt: skip

wrong("The standard deviation is the biased one (divided by G); the lesson's convention divides by G - 1.", {
    "groups.std(1, keepdim=True)": "groups.std(1, correction=0, keepdim=True)",
})  # fmt: skip

wrong("The root is missing: the advantages are divided by the variance, not by the standard deviation.", {
    "groups.std": "groups.var",
})  # fmt: skip

wrong("eps is added to the variance, inside the root; it is added to the standard deviation.", {
    "groups.std(1, keepdim=True) + eps": "(groups.var(1, keepdim=True) + eps).sqrt()",
})  # fmt: skip

wrong("eps is a lower bound of the standard deviation in your code; it is added to it.", {
    "groups.std(1, keepdim=True) + eps": "groups.std(1, keepdim=True).clamp(min=eps)",
})  # fmt: skip

wrong("A fixed 1e-4 is added to the standard deviation; the argument eps is never used.", {
    "groups.std(1, keepdim=True) + eps": "groups.std(1, keepdim=True) + 1e-4",
})  # fmt: skip

wrong("If the caller gives no eps, yours is 1e-8 and not the lesson's 1e-4.", {"1e-4": "1e-8"})

wrong("Nothing is added to the standard deviation: equal rewards become 0 / 0.", {
    "groups.std(1, keepdim=True) + eps": "groups.std(1, keepdim=True)",
    "torch.where(equal, 0.0, advantages)": "advantages",
})  # fmt: skip

wrong("The rewards are read as p1 p2 p1 p2; they come group by group, p1 p1 p2 p2.", {
    "rewards.reshape(-1, group_size)": "rewards.reshape(group_size, -1).T",
    "torch.where(equal, 0.0, advantages)": "torch.where(equal, 0.0, advantages).T",
})  # fmt: skip

wrong("Mean and std run along the wrong axis: over the prompts, not over the responses to one prompt.", {
    "groups.mean(1, keepdim=True)": "groups.mean(0, keepdim=True)",
    "groups.std(1, keepdim=True)": "groups.std(0, keepdim=True)",
    "torch.where(equal, 0.0, advantages)": "advantages",
})  # fmt: skip

wrong("The sign is wrong: responses above the mean of their group get negative advantages.", {
    "groups - groups.mean(1, keepdim=True)": "groups.mean(1, keepdim=True) - groups",
})  # fmt: skip

wrong("Each response is compared with the mean of the others; its own reward belongs to the mean too.", {
    "groups - groups.mean(1, keepdim=True)":
        "(groups - groups.mean(1, keepdim=True)) * group_size / (group_size - 1)",
})  # fmt: skip

wrong("divide_by_std is never used: the advantages are always divided.", {"if divide_by_std:": "if True:"})

wrong("divide_by_std=False gives the rewards themselves: the mean of the group is not subtracted.", {
    "if divide_by_std:": "if not divide_by_std:\n    advantages = groups\nelse:",
    "torch.where(equal, 0.0, advantages)": "advantages",
})  # fmt: skip

wrong("Equal rewards do not give exactly 0: the mean's rounding error, divided by eps, remains.", {
    "torch.where(equal, 0.0, advantages)": "advantages",
})  # fmt: skip

wrong("Rewards that hardly differ are treated as equal and get 0; only exactly equal ones should.", {
    "groups == groups[:, :1]": "torch.isclose(groups, groups[:, :1])",
})  # fmt: skip

wrong("A group of one is accepted; it has nothing to compare with and must be refused.", {
    "group_size < 2": "group_size < 1",
})  # fmt: skip

wrong("Rewards with two dimensions are accepted and flattened; they must be refused.", {
    "group_size < 2 or rewards.ndim != 1 or len(rewards) % group_size":
        "group_size < 2 or rewards.numel() % group_size",
})  # fmt: skip


@right("a loop over groups with Python's own numbers")
def group_advantages(rewards, group_size, eps=1e-4, divide_by_std=True):
    if rewards.dim() != 1 or group_size <= 1 or rewards.numel() % group_size != 0:
        raise ValueError("one list of whole groups, please")
    values, result = rewards.tolist(), []
    for start in range(0, len(values), group_size):
        group = values[start : start + group_size]
        mean = math.fsum(group) / group_size
        scale = math.sqrt(math.fsum((r - mean) ** 2 for r in group) / (group_size - 1)) + eps if divide_by_std else 1.0
        result += [(r - mean) / scale if len(set(group)) > 1 else 0.0 for r in group]
    return torch.tensor(result, dtype=rewards.dtype, device=rewards.device)


@right("the variance from all pairs, in float64")
def group_advantages(rewards, group_size, eps=1e-4, divide_by_std=True):
    if group_size < 2 or rewards.ndim != 1 or rewards.numel() % group_size:
        raise ValueError("rewards")
    r = rewards.double().unflatten(0, (-1, group_size))
    pairs = r[:, :, None] - r[:, None, :]  # (P, G, G)
    result = pairs.sum(2) / group_size
    if divide_by_std:
        variance = torch.einsum("pij,pij->p", pairs, pairs) / (2 * group_size * (group_size - 1))
        result = result / (variance.sqrt() + eps)[:, None]
    return result.flatten().to(rewards.dtype)


@core("the formula")
def group_advantages(rewards, group_size, eps=1e-4, divide_by_std=True):
    groups = rewards.view(-1, group_size)
    advantages = groups - groups.mean(1, keepdim=True)
    if divide_by_std:
        advantages = advantages / (groups.std(1, keepdim=True) + eps)
    return advantages.flatten()
