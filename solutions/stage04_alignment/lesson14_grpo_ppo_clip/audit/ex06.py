"""Exercise 14.6, ppo_clip_loss: known mistakes, right answers written otherwise, and the core variant."""

import torch
from lesson14_grpo_ppo_clip.loss.ppo_clip import ppo_clip_loss

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

RATIO = "((log_probs - old_log_probs.detach()) * mask).exp()"
OBJECTIVE = "torch.minimum(ratio * a, ratio.clamp(1 - epsilon, 1 + epsilon) * a)"

wrong("The larger of the two products is taken; it must be the smaller one.", {"torch.minimum": "torch.maximum"})

wrong("For negative advantages you take the larger product; it is the smaller one for both signs.", {
    "torch.minimum(ratio * a, ratio.clamp(1 - epsilon, 1 + epsilon) * a)":
        "torch.minimum(ratio, ratio.clamp(1 - epsilon, 1 + epsilon)) * a",
})  # fmt: skip

wrong("The clipped product alone is the objective; without the minimum a wrong move is never corrected.", {
    "torch.minimum(ratio * a, ratio.clamp(1 - epsilon, 1 + epsilon) * a)":
        "ratio.clamp(1 - epsilon, 1 + epsilon) * a",
})  # fmt: skip

wrong("Nothing is clipped: the objective is ratio * A, however far the policy has moved.", {
    "torch.minimum(ratio * a, ratio.clamp(1 - epsilon, 1 + epsilon) * a)": "ratio * a",
})  # fmt: skip

wrong("The logarithm of the ratio is clipped to -epsilon ... epsilon; it is the ratio that is clipped.", {
    "ratio.clamp(1 - epsilon, 1 + epsilon)": "ratio.log().clamp(-epsilon, epsilon).exp()",
})  # fmt: skip

wrong("The ratio is clipped from above only; below 1 - epsilon a bad token is still pushed down.", {
    "ratio.clamp(1 - epsilon, 1 + epsilon)": "ratio.clamp(max=1 + epsilon)",
})  # fmt: skip

wrong("The ratio is clipped from below only; above 1 + epsilon a good token is still pushed up.", {
    "ratio.clamp(1 - epsilon, 1 + epsilon)": "ratio.clamp(min=1 - epsilon)",
})  # fmt: skip

wrong("The lower bound of the clip is epsilon; it is 1 - epsilon.", {"1 - epsilon": "epsilon"})

wrong("The bounds of the clip are always 0.8 and 1.2; the argument epsilon is never used.", {
    "ratio.clamp(1 - epsilon, 1 + epsilon)": "ratio.clamp(0.8, 1.2)",
})  # fmt: skip

wrong("The clipped ratio is not multiplied by A; the minimum is of two products.", {
    "ratio.clamp(1 - epsilon, 1 + epsilon) * a": "ratio.clamp(1 - epsilon, 1 + epsilon)",
})  # fmt: skip

wrong("The objective is log_probs * A, the plain policy gradient: the ratio and its clip are missing.", {
    "torch.minimum(ratio * a, ratio.clamp(1 - epsilon, 1 + epsilon) * a)": "log_probs * a",
})  # fmt: skip

# Without a clip, with CISPO's (from above alone, or both), or with PPO's minimum: the same mistake.
for weight in (
    "ratio.detach() * a",
    "ratio.detach().clamp(max=1 + epsilon) * a",
    "ratio.detach().clamp(1 - epsilon, 1 + epsilon) * a",
    "torch.minimum(ratio * a, ratio.clamp(1 - epsilon, 1 + epsilon) * a).detach()",
):
    wrong("The ratio is detached, and log_probs carry the gradient, as in CISPO; here it flows through the ratio.", {
        OBJECTIVE: f"{weight} * log_probs",
    })  # fmt: skip

wrong("A token whose ratio is out of bounds is dropped, whatever the sign of A; a wrong move is never corrected.", {
    OBJECTIVE: "ratio * a * ((ratio - 1).abs() <= epsilon)",
})  # fmt: skip

wrong("A token whose ratio is out of bounds leaves the mask; it is clipped, and still counts in the average.", {
    "a = advantages.detach()[:, None]": """
        a = advantages.detach()[:, None]
        mask = mask * ((ratio - 1).abs() <= epsilon)
    """,
})  # fmt: skip

wrong("There is one ratio for the whole response, from the sum over its tokens; each token has its own.", {
    RATIO: "((log_probs - old_log_probs.detach()) * mask).sum(1, keepdim=True).exp().expand_as(mask)",
})  # fmt: skip

wrong("There is one ratio for the whole response, from the mean over its tokens, as in GSPO; each token has its own.", {
    RATIO: "(((log_probs - old_log_probs.detach()) * mask).sum(1, keepdim=True)"
           " / mask.sum(1, keepdim=True).clamp(min=1)).exp().expand_as(mask)",
})  # fmt: skip

wrong("The minimum is taken once, of the two sums; each token has its own minimum.", {
    "torch.minimum(ratio * a, ratio.clamp(1 - epsilon, 1 + epsilon) * a) * mask": """
        torch.minimum(
            (ratio * a * mask).sum(), (ratio.clamp(1 - epsilon, 1 + epsilon) * a * mask).sum()
        ) * mask / mask.sum()
    """,
})  # fmt: skip

wrong("The ratio is a quotient of probabilities, which are 0 / 0 for an unlikely token; subtract the logarithms.", {
    "((log_probs - old_log_probs.detach()) * mask).exp()": "log_probs.exp() / old_log_probs.detach().exp()",
})  # fmt: skip

wrong("The log-probs are divided; the ratio of the probabilities is exp of the difference of the log-probs.", {
    "((log_probs - old_log_probs.detach()) * mask).exp()": "log_probs / old_log_probs.detach()",
})  # fmt: skip

wrong("The difference of the log-probs stands in the place of the ratio: exp is missing.", {
    "((log_probs - old_log_probs.detach()) * mask).exp()": "log_probs - old_log_probs.detach()",
})  # fmt: skip

wrong("The ratio is old over new; it is new over old.", {
    "log_probs - old_log_probs.detach()": "old_log_probs.detach() - log_probs",
})  # fmt: skip

wrong("Gradient flows into old_log_probs: if they are the same tensor as log_probs, the two gradients cancel.", {
    "old_log_probs.detach()": "old_log_probs",
})  # fmt: skip

wrong("log_probs are detached: the loss has no gradient, and nothing is learned.", {
    "log_probs - old_log_probs.detach()": "log_probs.detach() - old_log_probs.detach() + 0 * log_probs",
})  # fmt: skip

wrong("Tokens outside the mask count like all others.", {
    "torch.minimum(ratio * a, ratio.clamp(1 - epsilon, 1 + epsilon) * a) * mask":
        "torch.minimum(ratio * a, ratio.clamp(1 - epsilon, 1 + epsilon) * a)",
})  # fmt: skip

wrong("The sum over tokens is divided by all places of the batch; only masked ones are counted.", {
    "mask.sum().item()": "mask.numel()",
})  # fmt: skip

wrong("A row's mean is taken over the padded width; it is taken over the row's own masked tokens.", {
    "mask.sum(1, keepdim=True).clamp(min=1)": "mask.shape[1]",
})  # fmt: skip

wrong("'token' gives the mean of the rows' means; with it every token of the batch weighs the same.", {
    'if aggregation == "sequence":': 'if aggregation != "constant":',
    'len(mask) if aggregation == "sequence" else mask.sum().item()': "len(mask)",
})  # fmt: skip

wrong("'sequence' gives the mean over all tokens; it is the mean over rows of each row's own mean.", {
    'if aggregation == "sequence":': "if False:",
    'len(mask) if aggregation == "sequence" else mask.sum().item()': "mask.sum().item()",
})  # fmt: skip

wrong("'token' gives the sum; it is divided by the number of masked tokens.", {"mask.sum().item()": "1"})

wrong("'sequence' adds up the means of the rows; the sum is still to be divided by the number of rows.", {
    'len(mask) if aggregation == "sequence" else mask.sum().item()':
        '1 if aggregation == "sequence" else mask.sum().item()',
})  # fmt: skip

wrong("The denominator is used with 'constant' alone; with 'token' and 'sequence' it must be used as well.", {
    "if denominator is None:": 'if aggregation != "constant":',
})  # fmt: skip

wrong("The sign is lost: minimising this loss makes good tokens less likely.", {"-objective.sum()": "objective.sum()"})

wrong("The advantages are laid along the columns; each belongs to a row, for all of its tokens.", {
    "advantages.detach()[:, None]": "advantages.detach()",
})  # fmt: skip

wrong("The advantages are normalised once more, over the batch; they are used as they come.", {
    "a = advantages.detach()[:, None]":
        "a = ((advantages - advantages.mean()) / (advantages.std() + 1e-8)).detach()[:, None]",
})  # fmt: skip

wrong("A row without masked tokens is divided by its number of tokens: 0 / 0 makes the whole loss NaN.", {
    "mask.sum(1, keepdim=True).clamp(min=1)": "mask.sum(1, keepdim=True)",
})  # fmt: skip

wrong("A row without masked tokens leaves the mean over rows; it counts as 0 and stays in the denominator.", {
    'len(mask) if aggregation == "sequence" else mask.sum().item()':
        'mask.any(1).sum().item() if aggregation == "sequence" else mask.sum().item()',
})  # fmt: skip

wrong("A batch without masked tokens is divided by their number, 0.", {"max(denominator, 1)": "denominator"})

wrong("Gradient flows into the advantages; they are constants.", {"advantages.detach()": "advantages"})

wrong("An aggregation that does not exist is taken for one that does; it must be refused.", {
    'aggregation not in ("token", "sequence", "constant")': "False",
})  # fmt: skip

wrong("'constant' without a denominator divides by the number of tokens; it must be refused.", {
    'aggregation == "constant" and denominator is None': "False",
})  # fmt: skip

wrong("The shapes are not checked: advantages of shape (batch, 1) are broadcast over the rows of the batch.", {
    "not log_probs.shape == old_log_probs.shape == mask.shape or advantages.shape != log_probs.shape[:1]": "False",
})  # fmt: skip


wrong("If all advantages are 0, the loss is a constant without a graph: backward() fails on it.", {
    "return -objective.sum() / max(denominator, 1)": """
        if not advantages.any():
            return log_probs.new_zeros(())
        return -objective.sum() / max(denominator, 1)
    """,
})  # fmt: skip


def _check(log_probs, old_log_probs, advantages, mask, aggregation, denominator):
    if not log_probs.shape == old_log_probs.shape == mask.shape or advantages.shape != (len(log_probs),):
        raise ValueError("the shapes do not fit")
    if aggregation not in {"token", "sequence", "constant"} or (denominator is None and aggregation == "constant"):
        raise ValueError("aggregation: which, and by what?")


@right("the denominators with a small number added, the clip distinguished by the sign of A")
def ppo_clip_loss(log_probs, old_log_probs, advantages, mask, epsilon=0.2, aggregation="token", denominator=None):
    _check(log_probs, old_log_probs, advantages, mask, aggregation, denominator)
    ratio = torch.exp(log_probs - old_log_probs.detach())
    a = advantages.detach().unsqueeze(1)
    held = torch.where(a >= 0, ratio.clamp(max=1 + epsilon), ratio.clamp(min=1 - epsilon))
    loss = -(held * a * mask)
    if aggregation == "sequence":
        rows = loss.sum(-1) / (mask.sum(-1) + 1e-6)
        return rows.mean() if denominator is None else rows.sum() / denominator
    return loss.sum() / (mask.sum() + 1e-6 if denominator is None else max(denominator, 1))


@right("a loop over rows that picks the masked tokens")
def ppo_clip_loss(log_probs, old_log_probs, advantages, mask, epsilon=0.2, aggregation="token", denominator=None):
    _check(log_probs, old_log_probs, advantages, mask, aggregation, denominator)
    total, tokens = log_probs[:0].sum(), 0
    for new, old, a, chosen in zip(log_probs, old_log_probs.detach(), advantages.detach(), mask != 0, strict=True):
        if not chosen.any():
            continue
        ratio = (new[chosen] - old[chosen]).exp()
        losses = torch.max(-a * ratio, -a * ratio.clamp(1 - epsilon, 1 + epsilon))
        total = total + (losses.mean() if aggregation == "sequence" else losses.sum())
        tokens += len(losses)
    if denominator is None:
        denominator = len(mask) if aggregation == "sequence" else tokens
    return total / max(1.0, float(denominator))


@core("the formula")
def ppo_clip_loss(log_probs, old_log_probs, advantages, mask, epsilon=0.2, aggregation="token", denominator=None):
    ratio = torch.exp(log_probs - old_log_probs.detach())
    a = advantages[:, None]
    loss = -torch.min(ratio * a, ratio.clamp(1 - epsilon, 1 + epsilon) * a) * mask
    if aggregation == "sequence":
        return (loss.sum(-1) / mask.sum(-1)).sum() / (denominator or len(mask))
    return loss.sum() / (denominator or mask.sum())
