"""Exercise 14.6, ppo_clip_loss: what people get wrong, and right answers written otherwise."""

import torch
from lesson14_grpo_ppo_clip.loss.ppo_clip import ppo_clip_loss

from course.base.attempt import Attempts

wrong, right = Attempts(), Attempts()

wrong("The larger of the two products is taken where the smaller is asked for.", {"torch.minimum": "torch.maximum"})

wrong("For negative advantages you take the larger product; it is the smaller one for both signs.", {
    "torch.minimum(unclipped, clipped)":
        "torch.where(advantages < 0, torch.maximum(unclipped, clipped), torch.minimum(unclipped, clipped))",
})  # fmt: skip

wrong("The clipped product alone is the objective; without the minimum a wrong step is never pushed back.", {
    "torch.minimum(unclipped, clipped)": "clipped",
})  # fmt: skip

wrong("Nothing is clipped: the objective is ratio * A, however far the policy has moved.", {
    "torch.minimum(unclipped, clipped)": "unclipped",
})  # fmt: skip

wrong("The logarithm of the ratio is clipped to -epsilon ... epsilon; it is the ratio that is clipped.", {
    "ratio.clamp(1 - epsilon, 1 + epsilon)": "difference.clamp(-epsilon, epsilon).exp()",
})  # fmt: skip

wrong("The ratio is clipped from above only; below 1 - epsilon a bad token is pushed down for ever.", {
    "ratio.clamp(1 - epsilon, 1 + epsilon)": "ratio.clamp(max=1 + epsilon)",
})  # fmt: skip

wrong("The ratio is clipped from below only; above 1 + epsilon a good token is pushed up for ever.", {
    "ratio.clamp(1 - epsilon, 1 + epsilon)": "ratio.clamp(min=1 - epsilon)",
})  # fmt: skip

wrong("The lower bound of the clip is epsilon; it is 1 - epsilon.", {
    "ratio.clamp(1 - epsilon, 1 + epsilon)": "ratio.clamp(epsilon, 1 + epsilon)",
})  # fmt: skip

wrong("The upper bound of the clip is 1.28, as DAPO has it; it is 1 + epsilon.", {
    "ratio.clamp(1 - epsilon, 1 + epsilon)": "ratio.clamp(1 - epsilon, 1.28)",
})  # fmt: skip

wrong("The bounds of the clip are always 0.8 and 1.2; the argument epsilon is never looked at.", {
    "ratio.clamp(1 - epsilon, 1 + epsilon)": "ratio.clamp(0.8, 1.2)",
})  # fmt: skip

wrong("The clipped ratio is not multiplied by A; the minimum is of two products.", {
    "clipped = ratio.clamp(1 - epsilon, 1 + epsilon) * advantages": "clipped = ratio.clamp(1 - epsilon, 1 + epsilon)",
})  # fmt: skip

wrong("The objective is log_probs * A, the plain policy gradient: the ratio and its clip are missing.", {
    "torch.minimum(unclipped, clipped)": "log_probs * advantages",
})  # fmt: skip

wrong("The minimum is taken once, of the two averages; each token has its own, before they are added.", {
    "torch.minimum(unclipped, clipped)": "torch.stack([unclipped, clipped])",
    "objective.sum()": "torch.minimum(objective[0].sum(), objective[1].sum())",
})  # fmt: skip

wrong("Gradient flows into the advantages; they are constants.", {
    "advantages.detach()[:, None]": "advantages[:, None]",
})  # fmt: skip

wrong("Gradient flows into old_log_probs; they are the past, and constants.", {
    "old_log_probs.detach()": "old_log_probs",
})  # fmt: skip

wrong("The ratio is computed without gradient: log_probs gets none, and nothing is ever learned.", {
    "difference.clamp(-20, 20).exp": "difference.clamp(-20, 20).exp().detach",
})  # fmt: skip

wrong("The ratio is always 1: log_probs are divided by themselves, old_log_probs are never used.", {
    "log_probs - old_log_probs.detach()": "log_probs - log_probs.detach()",
})  # fmt: skip

wrong("The ratio is upside down: it is old over new, where new over old is asked for.", {
    "log_probs - old_log_probs.detach()": "old_log_probs.detach() - log_probs",
})  # fmt: skip

wrong("The ratio is a quotient of probabilities, which underflow to 0 / 0 where tokens are unlikely.", {
    "difference = torch.where(counted, log_probs - old_log_probs.detach(), 0.0)":
        "new, old = (torch.where(counted, x, 0.0).exp() for x in (log_probs, old_log_probs.detach()))",
    "difference.clamp(-20, 20).exp()": "(new / old).clamp(2.0611536224385579e-09, 485165195.40979028)",
})  # fmt: skip

wrong("The log-probs themselves are divided by each other; the ratio is that of the probabilities.", {
    "log_probs - old_log_probs.detach()": "log_probs / old_log_probs.detach()",
    "difference.clamp(-20, 20).exp()": "difference.clamp(-20, 20)",
})  # fmt: skip

wrong("The difference of the log-probs is used as the ratio; the exp is missing.", {
    "difference.clamp(-20, 20).exp()": "difference.clamp(-20, 20)",
})  # fmt: skip

wrong("There is one ratio for a whole response, from the mean over its tokens; each token has its own.", {
    "difference": "difference.sum(1, keepdim=True) / counted.sum(1, keepdim=True).clamp(min=1)",
})  # fmt: skip

wrong("The difference of the log-probs is not limited: exp overflows to infinity.", {
    "difference.clamp(-20, 20).exp()": "difference.exp()",
})  # fmt: skip

wrong("The limit comes after exp, too late for the gradient: 0 times an overflowed infinity is NaN.", {
    "difference.clamp(-20, 20).exp()": "difference.exp().clamp(2.0611536224385579e-09, 485165195.40979028)",
})  # fmt: skip

wrong("The difference is multiplied by the mask; a hidden infinity or NaN times 0 is NaN and gets through.", {
    "torch.where(counted, log_probs - old_log_probs.detach(), 0.0)": "(log_probs - old_log_probs.detach()) * counted",
    "torch.where(counted, torch.minimum(unclipped, clipped), 0.0)": "torch.minimum(unclipped, clipped) * counted",
})  # fmt: skip

wrong("Only the difference is masked: hidden tokens have ratio 1, and their A is still in the sum.", {
    "torch.where(counted, torch.minimum(unclipped, clipped), 0.0)": "torch.minimum(unclipped, clipped)",
})  # fmt: skip

wrong("Only the products with A are multiplied by the mask; a hidden NaN times 0 is still NaN.", {
    "torch.where(counted, log_probs - old_log_probs.detach(), 0.0)": "log_probs - old_log_probs.detach()",
    "torch.where(counted, torch.minimum(unclipped, clipped), 0.0)": "torch.minimum(unclipped, clipped) * counted",
})  # fmt: skip

wrong("The mask is never used: hidden tokens count like all others.", {
    "counted = mask.bool()\n    # Hidden": "counted = torch.ones_like(mask, dtype=torch.bool)\n    # Hidden",
})  # fmt: skip

wrong("The sum over tokens is divided by all places of the batch; only masked ones are counted.", {
    "own = counted.sum()": "own = mask.numel()",
})  # fmt: skip

wrong("A row's mean is taken over the padded width; it is taken over the row's own masked tokens.", {
    "counted.sum(1, keepdim=True).clamp(min=1)": "mask.shape[1]",
})  # fmt: skip

wrong("'token' gives the mean of the rows' means; there every token of the batch weighs the same.", {
    'if aggregation == "sequence":': 'if aggregation != "constant":',
})  # fmt: skip

wrong("'sequence' gives the mean over all tokens; it is the mean over rows of each row's own mean.", {
    'if aggregation == "sequence":': "if False:",
})  # fmt: skip

wrong("'token' gives the sum; it is divided by the number of masked tokens.", {"own = counted.sum()": "own = 1"})

wrong("'sequence' adds up each row's tokens and never takes their mean: long rows weigh more.", {
    "objective = objective / counted.sum(1, keepdim=True).clamp(min=1)": "pass",
})  # fmt: skip

wrong("'sequence' adds up the means of the rows; the sum is still to be divided by the number of rows.", {
    "own = len(mask)": "own = 1",
})  # fmt: skip

wrong("'sequence' divides the sum of the rows' means by the number of tokens; it is the number of rows.", {
    "own = len(mask)": "own = counted.sum()",
})  # fmt: skip

wrong("A row without masked tokens leaves the mean over rows; it counts as 0 and stays in the denominator.", {
    "own = len(mask)": "own = counted.any(1).sum()",
})  # fmt: skip

wrong("A row without masked tokens is divided by its number of tokens: 0 / 0 makes the whole loss NaN.", {
    "counted.sum(1, keepdim=True).clamp(min=1)": "counted.sum(1, keepdim=True)",
})  # fmt: skip

wrong("A batch without masked tokens is divided by their number: 0 / 0 is NaN.", {
    "max(divisor, 1)": "divisor if denominator is None else max(divisor, 1)",
})  # fmt: skip

wrong("'constant' is divided by the number of rows as well; the denominator is all it is divided by.", {
    "divisor = own if denominator is None else denominator":
        'divisor = own if denominator is None else denominator * (len(mask) if aggregation == "constant" else 1)',
})  # fmt: skip

wrong("The denominator is used with 'constant' alone; with 'token' and 'sequence' it must be used as well.", {
    "own if denominator is None else denominator": 'denominator if aggregation == "constant" else own',
})  # fmt: skip

wrong("The denominator is never used, not even with 'constant'.", {
    "own if denominator is None else denominator": "own",
})  # fmt: skip

wrong("The denominator divides the batch's own mean once more; it takes the place of the batch's number.", {
    "own if denominator is None else denominator":
        'own if denominator is None else denominator * (1 if aggregation == "constant" else own)',
})  # fmt: skip

wrong("A denominator of 0 is taken for none (it is false in Python); it counts as 1.", {
    "own if denominator is None else denominator": "denominator or own",
})  # fmt: skip

wrong("A denominator below 1 is divided by as it is; it counts as 1.", {
    "max(divisor, 1)": "max(divisor, 1) if denominator is None else divisor",
})  # fmt: skip

wrong("The sign is lost: going down this loss makes good tokens less likely.", {"-objective.sum()": "objective.sum()"})

wrong("The advantages are laid along the columns; each belongs to a row, for all of its tokens.", {
    "advantages.detach()[:, None]": "advantages.detach()",
})  # fmt: skip

wrong("The advantages are normalised once more, over the batch; they are used as they come.", {
    "unclipped = ratio * advantages":
        "advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)\nunclipped = ratio * advantages",
})  # fmt: skip

wrong("The hidden old log-probs are overwritten in place: the caller's tensor is changed.", {
    "difference = torch.where(counted, log_probs - old_log_probs.detach(), 0.0)": """
        old_log_probs = old_log_probs.detach().masked_fill_(~counted, 0.0)
        difference = torch.where(counted, log_probs - old_log_probs, 0.0)
    """,
})  # fmt: skip

wrong("An aggregation that does not exist is taken for one that does; it must be refused.", {
    'aggregation not in ("token", "sequence", "constant")': "False",
})  # fmt: skip

wrong("'constant' without a denominator divides by the number of tokens; it must be refused.", {
    'aggregation == "constant" and denominator is None': "False",
})  # fmt: skip

wrong("The shapes are not checked: what does not fit is broadcast, or ends in another error than ValueError.", {
    "not (log_probs.shape == old_log_probs.shape == mask.shape and advantages.shape == log_probs.shape[:1])": "False",
})  # fmt: skip

# Right answers written otherwise


def _check(log_probs, old_log_probs, advantages, mask, aggregation, denominator):
    if not log_probs.shape == old_log_probs.shape == mask.shape or advantages.shape != (len(log_probs),):
        raise ValueError("the shapes do not fit")
    if aggregation not in {"token", "sequence", "constant"}:
        raise ValueError("no such aggregation")
    if denominator is None and aggregation == "constant":
        raise ValueError("constant: by what?")


@right("the clip told apart by the sign of A; a weight for every token")
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


@right("a loop over rows that picks the masked tokens")
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


@right("all masked tokens in one list, added up by row; the minimum by relu; float64")
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


@right("old times exp in the policy-gradient form: gradient by hand where the clip lets it through")
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
