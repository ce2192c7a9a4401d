"""Exercise 16.1, relative_rewards: what people get wrong, and right answers written otherwise."""

import math

import torch
from lesson14_grpo_ppo_clip.loss.advantages import group_advantages

from course.base.attempt import Attempts

wrong, right = Attempts(), Attempts()

wrong("The mean is that of the whole batch; each prompt's responses have a mean of their own.", {
    "groups.nanmean(1, keepdim=True)": "groups.nanmean()",
})  # fmt: skip

wrong("The groups are cut as p1 p2 p1 p2; the first group_size rewards belong to the first prompt.", {
    "rewards.reshape(-1, group_size)": "rewards.reshape(group_size, -1).T",
    "torch.where(equal & ~groups.isnan(), 0.0, relative)": "torch.where(equal & ~groups.isnan(), 0.0, relative).T",
})  # fmt: skip

wrong("A response that is not scored counts as a 0 in its group's mean.", {
    "groups.nanmean(1, keepdim=True)": "groups.nan_to_num(0.0).mean(1, keepdim=True)",
})  # fmt: skip

wrong("One NaN makes the whole group NaN: the mean must be that of the scored rewards alone.", {
    "groups.nanmean(1, keepdim=True)": "groups.mean(1, keepdim=True)",
})  # fmt: skip

wrong("Responses that are not scored come out as 0; they stay NaN here, so that standardize knows them.", {
    "torch.where(equal & ~groups.isnan(), 0.0, relative)": "torch.where(equal, 0.0, relative).nan_to_num(0.0)",
})  # fmt: skip

wrong("Equal rewards leave the rounding of the mean behind; the result must be exactly 0 there.", {
    "torch.where(equal & ~groups.isnan(), 0.0, relative)": "relative",
})  # fmt: skip

wrong("Equal rewards come out as exactly 0 only where they are the highest of the whole batch.", {
    "groups.masked_fill(groups.isnan(), -torch.inf).amax(1, keepdim=True)":
        "groups.masked_fill(groups.isnan(), -torch.inf).amax()",
})  # fmt: skip

wrong("Small differences are rounded away; only where all rewards are equal the result is 0.", {
    "torch.where(equal & ~groups.isnan(), 0.0, relative)": "torch.where(relative.abs() < 0.03, 0.0, relative)",
})  # fmt: skip

wrong("The rewards are divided by their group's spread already; here only the mean is taken away.", {
    "return torch.where(equal & ~groups.isnan(), 0.0, relative).reshape(-1)": """
        relative = relative / (relative.square().nanmean(1, keepdim=True).sqrt() + 1e-4)
        return torch.where(equal & ~groups.isnan(), 0.0, relative).reshape(-1)
    """,
})  # fmt: skip

wrong("The mean is that of the other responses (as in RLOO); the response itself belongs to its group's mean.", {
    "return torch.where(equal & ~groups.isnan(), 0.0, relative).reshape(-1)": """
        count = (~groups.isnan()).sum(1, keepdim=True)
        relative = relative * count / (count - 1).clamp(min=1)
        return torch.where(equal & ~groups.isnan(), 0.0, relative).reshape(-1)
    """,
})  # fmt: skip

wrong("A group of one is accepted; it has nothing to be compared with.", {"if group_size < 2:": "if group_size < 1:"})

wrong("Rewards that do not make whole groups end in an error of reshape; a ValueError is asked for.", {
    "rewards.ndim != 1 or len(rewards) % group_size": "rewards.ndim != 1",
})  # fmt: skip

wrong("Rewards with more than one dimension are accepted; they must be flat.", {
    "rewards.ndim != 1 or len(rewards) % group_size": "len(rewards) % group_size",
})  # fmt: skip

wrong("The rewards that were given are changed in place.", {
    "relative = groups - groups.nanmean(1, keepdim=True)": "relative = groups.sub_(groups.nanmean(1, keepdim=True))",
})  # fmt: skip

wrong("It is the median that is subtracted; one very good response should raise the bar for the others.", {
    "groups.nanmean(1, keepdim=True)": "groups.nanmedian(1, keepdim=True).values",
})  # fmt: skip

wrong("The result is a table of groups; it must be flat, in the order of the rewards.", {
    "torch.where(equal & ~groups.isnan(), 0.0, relative).reshape(-1)":
        "torch.where(equal & ~groups.isnan(), 0.0, relative)",
})  # fmt: skip

# Right answers written otherwise


@right("lesson 14's advantages without division, and NaN put back")
def by_lesson_14(rewards, group_size):
    return torch.where(rewards.isnan(), rewards, group_advantages(rewards, group_size, divide_by_std=False))


@right("a loop over lists of numbers")
def by_lists(rewards, group_size):
    if rewards.ndim != 1 or group_size < 2 or rewards.shape[0] % group_size != 0:
        raise ValueError("rewards must be flat and make whole groups of at least 2")
    result = []
    for start in range(0, len(rewards), group_size):
        group = rewards[start : start + group_size].tolist()
        known = [r for r in group if not math.isnan(r)]
        mean = sum(known) / len(known) if known else math.nan
        mean = known[0] if len(set(known)) == 1 else mean
        result += [r - mean for r in group]
    return torch.tensor(result, dtype=rewards.dtype)


@right("relative to the group's first scored reward, in double precision")
def by_shifting_first(rewards, group_size):
    if group_size <= 1:
        raise ValueError("a group has at least two responses")
    if rewards.dim() > 1 or rewards.numel() % group_size:
        raise ValueError("no whole groups")
    table = rewards.double().view(-1, group_size)
    known = table == table
    highest = torch.where(known, table, -math.inf).max(1, keepdim=True).values if len(table) else table[:, :1]
    shifted = torch.where(known, table - highest, 0.0)  # exactly 0 everywhere, where all are equal
    mean = shifted.sum(1, keepdim=True) / known.sum(1, keepdim=True).clamp(min=1)
    return torch.where(known, shifted - mean, math.nan).flatten().to(rewards.dtype)
