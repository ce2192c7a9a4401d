"""Exercise 14.4, group_advantages: what people get wrong, and right answers written otherwise."""

import math

import torch
from lesson14_grpo_ppo_clip.loss.advantages import group_advantages

from course.base.attempt import Attempts

wrong, right = Attempts(), Attempts()

wrong("Mean and standard deviation are taken over the whole batch; both belong to each prompt's own group.", {
    "mean = groups.nanmean(1, keepdim=True)": "mean = groups.nanmean()",
    "std = (centred.square().sum(1, keepdim=True) / (count - 1).clamp(min=1)).sqrt()":
        "std = (centred.square().sum() / (count.sum() - 1).clamp(min=1)).sqrt()",
})  # fmt: skip

wrong("The standard deviation is taken over the whole batch; it belongs to each prompt's own group.", {
    "std = (centred.square().sum(1, keepdim=True) / (count - 1).clamp(min=1)).sqrt()":
        "std = ((groups - groups.nanmean()).square().nansum() / (count.sum() - 1).clamp(min=1)).sqrt()",
})  # fmt: skip

wrong("The mean is taken over the whole batch; a response is compared with those to the same prompt alone.", {
    "groups - mean": "groups - groups.nanmean()",
    "centred.square": "torch.where(scored, groups - mean, 0.0).square",
})  # fmt: skip

wrong("The mean is the batch's, above and inside the standard deviation; each group has its own.", {
    "mean = groups.nanmean(1, keepdim=True)": "mean = groups.nanmean()",
})  # fmt: skip

wrong("The standard deviation is the biased one (divided by G); the lesson's convention divides by G - 1.", {
    "(count - 1).clamp(min=1)": "count.clamp(min=1)",
})  # fmt: skip

wrong("The root is missing: the advantages are divided by the variance, not by the standard deviation.", {
    "(centred.square().sum(1, keepdim=True) / (count - 1).clamp(min=1)).sqrt()":
        "centred.square().sum(1, keepdim=True) / (count - 1).clamp(min=1)",
})  # fmt: skip

wrong("eps is added to the variance, inside the root; it is added to the standard deviation.", {
    "centred.square().sum(1, keepdim=True) / (count - 1).clamp(min=1)":
        "centred.square().sum(1, keepdim=True) / (count - 1).clamp(min=1) + eps",
    "std + eps": "std",
})  # fmt: skip

wrong("eps is used as a lower bound of the standard deviation; it is added to it.", {
    "(std + eps)": "std.clamp(min=eps)",
})  # fmt: skip

wrong("The standard deviation is divided by as it is: nothing is added to it, eps never enters.", {
    "(std + eps)": "std",
})  # fmt: skip

wrong("A fixed 1e-4 is added to the standard deviation; the argument eps is never looked at.", {
    "(std + eps)": "(std + 1e-4)",
})  # fmt: skip

wrong("Where the caller gives no eps, yours is 1e-8 and not the lesson's 1e-4.", {"1e-4": "1e-8"})

wrong("A group of equal rewards is not set to 0: the mean's rounding error, divided by eps, remains.", {
    "scored & (low < high)": "scored",
})  # fmt: skip

wrong("The groups whose rewards differ are set to 0, and those whose rewards are equal are not.", {
    "low < high": "low >= high",
})  # fmt: skip

wrong("Whether all rewards are equal is asked of the whole batch; it must be asked of each group.", {
    "low < high": "low.amin() < high.amax()",
})  # fmt: skip

wrong("A group with NaN never counts as equal: NaN equals nothing, and the rounding error remains.", {
    "low < high": "groups != groups[:, :1]).any(1, keepdim=True",
})  # fmt: skip

wrong("Rewards that hardly differ are treated as equal and get 0; only exactly equal ones should.", {
    "(low < high)": "~torch.isclose(low, high)",
})  # fmt: skip

wrong("Equal rewards give exactly 0 only where you divide; without, the mean's rounding error is left.", {
    "torch.where(scored & (low < high), centred, 0.0).reshape(-1)":
        "torch.where(scored & ((low < high) | (not divide_by_std)), centred, 0.0).reshape(-1)",
})  # fmt: skip

wrong("The rewards are read as p1 p2 p1 p2; they come group by group, p1 p1 p2 p2.", {
    "rewards.reshape(-1, group_size)": "rewards.reshape(group_size, -1).T",
    "torch.where(scored & (low < high), centred, 0.0)": "torch.where(scored & (low < high), centred, 0.0).T",
})  # fmt: skip

wrong("Mean and std run along the wrong axis: over the prompts, not over the responses to one prompt.", {
    "scored.sum(1, keepdim=True)": "scored.sum(0, keepdim=True)",
    "groups.nanmean(1, keepdim=True)": "groups.nanmean(0, keepdim=True)",
    "groups.masked_fill(~scored, torch.inf).amin(1, keepdim=True)":
        "groups.masked_fill(~scored, torch.inf).amin(0, keepdim=True)",
    "groups.masked_fill(~scored, -torch.inf).amax(1, keepdim=True)":
        "groups.masked_fill(~scored, -torch.inf).amax(0, keepdim=True)",
    "centred.square().sum(1, keepdim=True)": "centred.square().sum(0, keepdim=True)",
})  # fmt: skip

wrong("The advantages come back in another order than the rewards, as if the table were transposed.", {
    "torch.where(scored & (low < high), centred, 0.0)": "torch.where(scored & (low < high), centred, 0.0).T",
})  # fmt: skip

wrong("The sign is turned round: responses above the mean of their group get negative advantages.", {
    "torch.where(scored, groups - mean, 0.0)": "torch.where(scored, mean - groups, 0.0)",
})  # fmt: skip

wrong("Each response is compared with the mean of the others; its own reward belongs to the mean too.", {
    "torch.where(scored & (low < high), centred, 0.0)":
        "torch.where(scored & (low < high), centred * count / (count - 1).clamp(min=1), 0.0)",
})  # fmt: skip

wrong("Nothing is done about NaN: one response that is not scored makes its whole group NaN.", {
    "scored = ~groups.isnan()": "scored = torch.ones_like(groups, dtype=torch.bool)",
    "groups.nanmean": "groups.mean",
    "(low < high)": "(low != high)",
})  # fmt: skip

wrong("NaN is counted as a reward of 0; a response that is not scored must not enter mean and std.", {
    "rewards.reshape(-1, group_size)": "rewards.nan_to_num(nan=0.0).reshape(-1, group_size)",
})  # fmt: skip

wrong("The sum of the scored rewards is divided by group_size; the mean divides by how many are scored.", {
    "groups.nanmean(1, keepdim=True)": "groups.nansum(1, keepdim=True) / group_size",
})  # fmt: skip

wrong("The squares are divided by group_size - 1, though only the scored responses are summed: count those.", {
    "(count - 1).clamp(min=1)": "(group_size - 1)",
})  # fmt: skip

wrong("A response that is not scored keeps NaN as its advantage; it must be 0.", {
    "torch.where(scored & (low < high), centred, 0.0)":
        "torch.where(scored, torch.where(low < high, centred, 0.0), torch.nan)",
})  # fmt: skip

wrong("One NaN sets the advantages of its whole group to 0; the scored responses still have theirs.", {
    "scored & (low < high)": "scored.all(1, keepdim=True) & (low < high)",
})  # fmt: skip

wrong("A lone scored response gets NaN: the unbiased standard deviation of one number is 0 / 0.", {
    "(count - 1).clamp(min=1)": "(count - 1)",
    "(low < high)": "((low < high) | (count == 1))",
})  # fmt: skip

wrong("divide_by_std is never looked at: the advantages are always divided.", {"if divide_by_std:": "if True:"})

wrong("divide_by_std is taken the wrong way round: True does not divide, and False does.", {
    "if divide_by_std:": "if not divide_by_std:",
})  # fmt: skip

wrong("Without the standard deviation you still divide, by 1 + eps; r - mean is asked for.", {
    "divide_by_std": "True",
    "(centred.square().sum(1, keepdim=True) / (count - 1).clamp(min=1)).sqrt()":
        "(centred.square().sum(1, keepdim=True) / (count - 1).clamp(min=1)).sqrt() if divide_by_std else 1.0",
})  # fmt: skip

wrong("divide_by_std=False gives back the rewards themselves: the mean of the group is not subtracted.", {
    "if divide_by_std:": "if not divide_by_std:\n    centred = groups\nelse:",
})  # fmt: skip

wrong("The mean is subtracted in place, in a view of the rewards: the caller's tensor is changed.", {
    "centred = torch.where(scored, groups - mean, 0.0)": "groups -= mean\ncentred = torch.where(scored, groups, 0.0)",
})  # fmt: skip

wrong("A group of one is let through; it has nothing to compare with and must be refused.", {
    "if group_size < 2:": "if group_size < 1:",
})  # fmt: skip

wrong("Rewards that do not fill the last group are dropped in silence; their number must be refused.", {
    "rewards.ndim != 1 or len(rewards) % group_size": "rewards.ndim != 1",
    "rewards.reshape(-1, group_size)": "rewards[: len(rewards) // group_size * group_size].reshape(-1, group_size)",
})  # fmt: skip

wrong("A last group that is not full is left to torch's reshape, whose error is a RuntimeError.", {
    "rewards.ndim != 1 or len(rewards) % group_size": "rewards.ndim != 1",
})  # fmt: skip

wrong("Rewards with two dimensions are accepted and flattened; they must be refused.", {
    "rewards.ndim != 1 or len(rewards) % group_size": "rewards.numel() % group_size",
})  # fmt: skip

# Right answers written otherwise


@right("a loop over groups with Python's own numbers")
def group_advantages(rewards, group_size, eps=1e-4, divide_by_std=True):
    if rewards.dim() != 1:
        raise ValueError("one list of rewards, please")
    if group_size <= 1:
        raise ValueError("a group needs two responses")
    if rewards.numel() % group_size != 0:
        raise ValueError("incomplete group")
    values, result = rewards.tolist(), []
    for start in range(0, len(values), group_size):
        group = values[start : start + group_size]
        known = [r for r in group if not math.isnan(r)]
        if len(set(known)) < 2:
            result += [0.0] * group_size
            continue
        mean = math.fsum(known) / len(known)
        scale = 1.0
        if divide_by_std:
            scale = math.sqrt(math.fsum((r - mean) ** 2 for r in known) / (len(known) - 1)) + eps
        result += [0.0 if math.isnan(r) else (r - mean) / scale for r in group]
    return torch.tensor(result, dtype=rewards.dtype, device=rewards.device)


@right("the variance from all pairs, in float64")
def group_advantages(rewards, group_size, eps=1e-4, divide_by_std=True):
    if group_size < 2:
        raise ValueError("group_size")
    if rewards.ndim != 1 or rewards.numel() % group_size:
        raise ValueError("rewards")
    r = rewards.double().unflatten(0, (-1, group_size))
    both = ~(r[:, :, None].isnan() | r[:, None, :].isnan())
    pairs = torch.where(both, r[:, :, None] - r[:, None, :], 0.0)  # (P, G, G)
    count = both.diagonal(dim1=1, dim2=2).sum(1).clamp(min=2)
    result = pairs.sum(2) / count[:, None]
    if divide_by_std:
        variance = torch.einsum("pij,pij->p", pairs, pairs) / (2 * count * (count - 1))
        result = result / (variance.sqrt() + eps)[:, None]
    return result.flatten().to(rewards.dtype)


@right("each group's scored responses taken out and put back; torch's own std")
def group_advantages(rewards, group_size, eps=1e-4, divide_by_std=True):
    if group_size < 2:
        raise ValueError("group_size must be 2 or more")
    if rewards.ndim != 1:
        raise ValueError("rewards must be flat")
    if len(rewards) % group_size:
        raise ValueError("rewards do not come out")
    result = torch.zeros_like(rewards)
    for group, out in zip(rewards.split(group_size), result.split(group_size), strict=True):
        keep = (~group.isnan()).nonzero().flatten()
        known = group[keep]
        if len(known) < 2 or bool((known == known[0]).all()):
            continue
        centred = known - known.mean()
        out[keep] = centred / (known.std() + eps) if divide_by_std else centred
    return result


@right("a matrix that says who belongs to which group")
def group_advantages(rewards, group_size, eps=1e-4, divide_by_std=True):
    if group_size < 2 or rewards.ndim != 1 or len(rewards) % group_size:
        raise ValueError("no such groups")
    group = torch.arange(len(rewards)) // group_size
    known = ~rewards.isnan()
    member = (group[:, None] == group[None, :]) & known[:, None] & known[None, :]
    weights = member.to(rewards.dtype)
    filled = torch.where(known, rewards, 0.0)
    count = weights.sum(1)
    centred = filled - weights @ filled / count.clamp(min=1)
    alike = ((rewards[:, None] == rewards[None, :]) | ~member).all(1)
    if divide_by_std:
        centred = centred / ((weights @ centred**2 / (count - 1).clamp(min=1)).sqrt() + eps)
    return centred.masked_fill(alike | ~known, 0.0)
