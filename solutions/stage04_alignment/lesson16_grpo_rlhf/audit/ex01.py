"""Exercise 16.1, relative_rewards: what people get wrong, right answers written otherwise, and the core variant."""

import math

import torch
from lesson14_grpo_ppo_clip.loss.advantages import group_advantages

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

wrong("The mean is that of the whole batch; each prompt's responses have a mean of their own.", {
    "groups.nanmean(1, keepdim=True)": "groups.nanmean()",
})  # fmt: skip

wrong("The groups are cut as p1 p2 p1 p2; the first group_size rewards belong to the first prompt.", {
    "rewards.double().reshape(-1, group_size)": "rewards.double().reshape(group_size, -1).T",
    "(groups - groups.nanmean(1, keepdim=True)).flatten()": "(groups - groups.nanmean(1, keepdim=True)).T.flatten()",
})  # fmt: skip

wrong("The mean is that of the other responses (as in RLOO); the response itself belongs to its group's mean.", {
    "groups - groups.nanmean(1, keepdim=True)":
        "(groups - groups.nanmean(1, keepdim=True)) * group_size / (group_size - 1)",
})  # fmt: skip

wrong("The rewards are already divided by their group's standard deviation; here only the mean is subtracted.", {
    "groups - groups.nanmean(1, keepdim=True)":
        "(groups - groups.nanmean(1, keepdim=True)) / (groups.std(1, keepdim=True) + 1e-4)",
})  # fmt: skip

wrong("The median is subtracted; one very good response should raise the bar for the others.", {
    "groups.nanmean(1, keepdim=True)": "groups.nanmedian(1, keepdim=True).values",
})  # fmt: skip

wrong("A response that is not scored counts as 0 in its group's mean.", {
    "groups.nanmean(1, keepdim=True)": "groups.nan_to_num(0.0).mean(1, keepdim=True)",
})  # fmt: skip

wrong("One NaN makes the whole group NaN: the mean must be that of the scored rewards alone.", {
    "groups.nanmean(1, keepdim=True)": "groups.mean(1, keepdim=True)",
})  # fmt: skip

wrong("Responses that are not scored come out as 0; they stay NaN here, so that standardize can leave them out.", {
    "(groups - groups.nanmean(1, keepdim=True)).flatten()":
        "(groups - groups.nanmean(1, keepdim=True)).nan_to_num(0.0).flatten()",
})  # fmt: skip

wrong("Equal rewards leave the rounding of a float32 mean behind; Adam makes a whole step of that.", {
    "rewards.double()": "rewards",
})  # fmt: skip

wrong("A group of one is accepted; it has nothing to be compared with.", {
    "group_size < 2 or len(rewards) % group_size": "len(rewards) % group_size",
})  # fmt: skip


@right("lesson 14's advantages without division, of each group's scored responses")
def by_lesson_14(rewards, group_size):
    if rewards.ndim != 1 or group_size < 2 or len(rewards) % group_size:
        raise ValueError("no whole groups of at least 2")
    result = rewards.clone()
    for group in result.split(group_size):
        scored = ~group.isnan()
        known = group[scored]
        group[scored] = group_advantages(known, len(known), divide_by_std=False) if len(known) > 1 else 0.0
    return result


@right("a loop over lists of numbers")
def by_lists(rewards, group_size):
    if group_size < 2 or rewards.shape[0] % group_size != 0:
        raise ValueError("no whole groups of at least 2")
    result = []
    for start in range(0, len(rewards), group_size):
        group = rewards[start : start + group_size].tolist()
        known = [r for r in group if not math.isnan(r)]
        mean = sum(known) / len(known) if known else math.nan
        mean = known[0] if len(set(known)) == 1 else mean
        result += [r - mean for r in group]
    return torch.tensor(result, dtype=rewards.dtype)


@core("no NaN, no rounding, no checks")
def without_checks(rewards, group_size):
    groups = rewards.view(-1, group_size)
    return (groups - groups.mean(1, keepdim=True)).flatten()
