"""Right answers written in other ways than the reference's; see tutorial/CONTRIBUTING.md."""

# ruff: noqa: F811

import math

import torch

from lab.attempts import Attempts

right = Attempts()

# 14.4 group_advantages


@right("14.4", "a loop over groups with Python's own numbers")
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


@right("14.4", "rewards counted from the group's best, so that equal ones are exactly 0; in place on a copy")
def group_advantages(rewards, group_size, eps=1e-4, divide_by_std=True):
    if group_size < 2 or rewards.ndim > 1 or rewards.shape[0] % group_size:
        raise ValueError(f"no groups of {group_size} can be made of {list(rewards.shape)}")
    table = rewards.clone().view(-1, group_size)
    missing = table.isnan()
    top = table.masked_fill(missing, -torch.inf).max(dim=1).values
    table -= top[:, None]
    table[missing] = 0
    known = group_size - missing.sum(dim=1)
    table -= (table.sum(dim=1) / known.clamp(min=1))[:, None]
    table[missing] = 0
    if divide_by_std:
        table /= ((table * table).sum(dim=1).div(known.sub(1).clamp(min=1)).sqrt() + eps)[:, None]
    table[known < 2] = 0
    table[(rewards.view(-1, group_size) == top[:, None]).sum(dim=1) == known] = 0
    return table.flatten()


@right("14.4", "the variance from all pairs, in float64")
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


@right("14.4", "each group's scored responses taken out and put back; torch's own std")
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


@right("14.4", "a matrix that says who belongs to which group")
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


# 14.6 ppo_clip_loss


def _check(log_probs, old_log_probs, advantages, mask, aggregation, denominator):
    if not log_probs.shape == old_log_probs.shape == mask.shape or advantages.shape != (len(log_probs),):
        raise ValueError("the shapes do not fit")
    if aggregation not in {"token", "sequence", "constant"}:
        raise ValueError("no such aggregation")
    if denominator is None and aggregation == "constant":
        raise ValueError("constant: by what?")


@right("14.6", "the clip told apart by the sign of A; a weight for every token")
def ppo_clip_loss(log_probs, old_log_probs, advantages, mask, epsilon=0.2, aggregation="token", denominator=None):
    _check(log_probs, old_log_probs, advantages, mask, aggregation, denominator)
    hidden = mask == 0
    log_ratio = log_probs.masked_fill(hidden, 0.0) - old_log_probs.detach().masked_fill(hidden, 0.0)
    ratio = torch.exp(torch.clip(log_ratio, -20.0, 20.0))
    a = advantages.detach().unsqueeze(1)
    held = torch.where(a >= 0, ratio.clamp(max=1 + epsilon), ratio.clamp(min=1 - epsilon))
    weights = (~hidden).to(log_probs.dtype)
    if aggregation == "sequence":
        weights = weights / weights.sum(1, keepdim=True).clamp(min=1)
        denominator = len(mask) if denominator is None else denominator
    elif denominator is None:
        denominator = weights.sum().item()
    return -torch.einsum("bt,bt->", held * a, weights) / max(denominator, 1)


@right("14.6", "a loop over rows that picks the masked tokens")
def ppo_clip_loss(log_probs, old_log_probs, advantages, mask, epsilon=0.2, aggregation="token", denominator=None):
    _check(log_probs, old_log_probs, advantages, mask, aggregation, denominator)
    total, tokens = log_probs[:0].sum(), 0
    for new, old, a, chosen in zip(log_probs, old_log_probs.detach(), advantages.detach(), mask != 0, strict=True):
        if not chosen.any():
            continue
        ratio = (new[chosen] - old[chosen]).clamp(-20, 20).exp()
        losses = torch.max(-a * ratio, -a * ratio.clamp(1 - epsilon, 1 + epsilon))
        total = total + (losses.mean() if aggregation == "sequence" else losses.sum())
        tokens += len(losses)
    if denominator is None:
        denominator = len(mask) if aggregation == "sequence" else tokens
    return total / max(1.0, float(denominator))


@right("14.6", "all masked tokens in one list, added up by row; the minimum by relu; float64")
def ppo_clip_loss(log_probs, old_log_probs, advantages, mask, epsilon=0.2, aggregation="token", denominator=None):
    _check(log_probs, old_log_probs, advantages, mask, aggregation, denominator)
    rows, columns = mask.nonzero(as_tuple=True)
    with torch.no_grad():
        old, a = old_log_probs[rows, columns].double(), advantages[rows].double()
    ratio = (log_probs[rows, columns].double() - old).clamp(-20, 20).exp()
    plain, clipped = a * ratio, a * ratio.clip(1 - epsilon, 1 + epsilon)
    smaller = plain - torch.relu(plain - clipped)
    by_row = torch.zeros(len(mask), dtype=torch.float64).index_add(0, rows, smaller)
    lengths = torch.bincount(rows, minlength=len(mask))
    if aggregation == "sequence":
        by_row, own = by_row / lengths.clamp(min=1), len(mask)
    else:
        own = int(lengths.sum())
    divisor = float(own if denominator is None else denominator)
    return -(by_row.sum() / (divisor if divisor > 1 else 1.0)).to(log_probs.dtype)


@right("14.6", "old times exp in the policy-gradient form: gradient by hand where the clip lets it through")
def ppo_clip_loss(log_probs, old_log_probs, advantages, mask, epsilon=0.2, aggregation="token", denominator=None):
    _check(log_probs, old_log_probs, advantages, mask, aggregation, denominator)
    counted = mask.bool()
    new = torch.where(counted, log_probs, 0.0)
    a = advantages.detach()[:, None].expand_as(new)
    with torch.no_grad():
        difference = new - torch.where(counted, old_log_probs, 0.0)
        ratio = difference.clamp(-20, 20).exp()
        stopped = ((a > 0) & (ratio > 1 + epsilon)) | ((a < 0) & (ratio < 1 - epsilon)) | (difference.abs() > 20)
        value = torch.where(a > 0, ratio.clamp(max=1 + epsilon), ratio.clamp(min=1 - epsilon)) * a
        slope = torch.where(stopped | ~counted, 0.0, ratio * a)
    objective = torch.where(counted, value, 0.0) + slope * (new - new.detach())
    if aggregation == "sequence":
        rows = [row.sum() / max(int(n), 1) for row, n in zip(objective, counted.sum(1), strict=True)]
        return -sum(rows) / max(len(rows) if denominator is None else denominator, 1)
    return -objective.sum() / max(int(counted.sum()) if denominator is None else denominator, 1)
