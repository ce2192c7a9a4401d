"""Exercise 14.7, grpo_loss: what people get wrong, and right answers written otherwise."""

import math

import torch.nn.functional as F
from lesson14_grpo_ppo_clip.loss.ppo_clip import clip_fraction, ppo_clip_loss, token_log_probs

from course.base.attempt import Attempts

wrong, right = Attempts(), Attempts()

wrong("The mask is cut at the wrong end: column t of the log-probs is about token t + 1.", {
    "token_mask = mask[:, 1:]": "token_mask = mask[:, :-1]",
})  # fmt: skip

wrong("The mask is not used: prompt and padding are trained as if the model had written them.", {
    "token_mask = mask[:, 1:]": "token_mask = torch.ones_like(mask[:, 1:])",
})  # fmt: skip

wrong("A mask made by comparing ids with 0 counts the prompt too; use the one that is given.", {
    "token_mask = mask[:, 1:]": "token_mask = (ids[:, 1:] != 0).long()",
})  # fmt: skip

wrong("Everything is shifted twice: the first column of the log-probs is thrown away.", {
    "log_probs = token_log_probs(model, ids, temperature)":
        "log_probs = token_log_probs(model, ids, temperature)[:, 1:]\nold_log_probs = old_log_probs[:, 1:]",
    "mask[:, 1:]": "mask[:, 2:]",
})  # fmt: skip

wrong("The temperature does not reach token_log_probs.", {
    "token_log_probs(model, ids, temperature)": "token_log_probs(model, ids)",
})  # fmt: skip

wrong("The temperature is applied twice: token_log_probs has already divided the logits by it.", {
    "token_log_probs(model, ids, temperature)": "token_log_probs(model, ids, temperature) / temperature",
})  # fmt: skip

wrong("The loss does not get epsilon: it clips at 0.2 whatever is asked for.", {
    "ppo_clip_loss(log_probs, old_log_probs, advantages, token_mask, epsilon, aggregation, denominator)":
        "ppo_clip_loss(log_probs, old_log_probs, advantages, token_mask, aggregation=aggregation,"
        " denominator=denominator)",
})  # fmt: skip

wrong("The clip fraction does not get epsilon: it counts at 0.2 whatever is asked for.", {
    "clip_fraction(log_probs, old_log_probs, advantages, token_mask, epsilon)":
        "clip_fraction(log_probs, old_log_probs, advantages, token_mask, 0.2)",
})  # fmt: skip

wrong("The aggregation is not passed on: it is the token mean whatever is asked for.", {
    "ppo_clip_loss(log_probs, old_log_probs, advantages, token_mask, epsilon, aggregation, denominator)":
        "ppo_clip_loss(log_probs, old_log_probs, advantages, token_mask, epsilon, denominator=denominator)",
})  # fmt: skip

wrong("The denominator is not passed on: micro-batches are divided by their own sizes.", {
    "ppo_clip_loss(log_probs, old_log_probs, advantages, token_mask, epsilon, aggregation, denominator)":
        "ppo_clip_loss(log_probs, old_log_probs, advantages, token_mask, epsilon, aggregation)",
})  # fmt: skip

wrong("The stored log-probs are not used: the ratio compares the model with itself and is always 1.", {
    "token_mask = mask[:, 1:]": "old_log_probs = log_probs.detach()\ntoken_mask = mask[:, 1:]",
})  # fmt: skip

wrong("New and old log-probs are swapped: the ratio is upside down, and no gradient reaches the model.", {
    "ppo_clip_loss(log_probs, old_log_probs, advantages, token_mask, epsilon, aggregation, denominator)":
        "ppo_clip_loss(old_log_probs, log_probs, advantages, token_mask, epsilon, aggregation, denominator)",
})  # fmt: skip

wrong("New and old log-probs are swapped in the clip fraction: its ratio is upside down.", {
    "clip_fraction(log_probs, old_log_probs, advantages, token_mask, epsilon)":
        "clip_fraction(old_log_probs, log_probs, advantages, token_mask, epsilon)",
})  # fmt: skip

wrong("The present log-probs are detached: no gradient reaches the model.", {
    "token_log_probs(model, ids, temperature)": "token_log_probs(model, ids, temperature).detach()",
})  # fmt: skip

wrong("The loss is returned as a Python number; it must be a tensor that can be differentiated.", {
    'loss, {"clip_fraction": clip_fraction(log_probs, old_log_probs, advantages, token_mask, epsilon)}':
        'loss.item(), {"clip_fraction": clip_fraction(log_probs, old_log_probs, advantages, token_mask, epsilon)}',
})  # fmt: skip

wrong("Only the loss is returned; the dictionary with the clip fraction is missing.", {
    'return loss, {"clip_fraction": clip_fraction(log_probs, old_log_probs, advantages, token_mask, epsilon)}': """
        return loss
        return loss, {"clip_fraction": clip_fraction(log_probs, old_log_probs, advantages, token_mask, epsilon)}
    """,
})  # fmt: skip

wrong("The clip fraction is returned bare, not under its name in a dictionary.", {
    'return loss, {"clip_fraction": clip_fraction(log_probs, old_log_probs, advantages, token_mask, epsilon)}':
        "return loss, clip_fraction(log_probs, old_log_probs, advantages, token_mask, epsilon)",
})  # fmt: skip

wrong("The clip fraction does not get the mask: prompt and padding are counted too.", {
    "clip_fraction(log_probs, old_log_probs, advantages, token_mask, epsilon)":
        "clip_fraction(log_probs, old_log_probs, advantages, torch.ones_like(token_mask), epsilon)",
})  # fmt: skip

wrong("The clip fraction gets mask[:, :-1], one column off from the mask that the loss gets.", {
    "clip_fraction(log_probs, old_log_probs, advantages, token_mask, epsilon)":
        "clip_fraction(log_probs, old_log_probs, advantages, mask[:, :-1], epsilon)",
})  # fmt: skip

wrong("The advantages have the mean of the batch subtracted; they belong to their groups and are ready.", {
    "ppo_clip_loss(log_probs, old_log_probs, advantages, token_mask, epsilon, aggregation, denominator)":
        "ppo_clip_loss(log_probs, old_log_probs, advantages - advantages.mean(), token_mask, epsilon,"
        " aggregation, denominator)",
})  # fmt: skip

wrong("The advantages are spread over the tokens before the call; ppo_clip_loss takes one for each row.", {
    "ppo_clip_loss(log_probs, old_log_probs, advantages, token_mask, epsilon, aggregation, denominator)":
        "ppo_clip_loss(log_probs, old_log_probs, advantages[:, None].expand_as(log_probs), token_mask,"
        " epsilon, aggregation, denominator)",
})  # fmt: skip

wrong("The loss is divided by the number of rows; ppo_clip_loss has aggregated it already.", {
    'return loss, {"clip_fraction": clip_fraction(log_probs, old_log_probs, advantages, token_mask, epsilon)}': """
        loss = loss / len(ids)
        return loss, {"clip_fraction": clip_fraction(log_probs, old_log_probs, advantages, token_mask, epsilon)}
    """,
})  # fmt: skip

wrong("The sign is turned round once more: ppo_clip_loss is a loss already, to be made small.", {
    'return loss, {"clip_fraction": clip_fraction(log_probs, old_log_probs, advantages, token_mask, epsilon)}': """
        loss = -loss
        return loss, {"clip_fraction": clip_fraction(log_probs, old_log_probs, advantages, token_mask, epsilon)}
    """,
})  # fmt: skip

wrong("What the mask hides is set to 0 in old_log_probs itself: the stored values are lost to the caller.", {
    "token_mask = mask[:, 1:]": "token_mask = mask[:, 1:]\nold_log_probs.masked_fill_(token_mask == 0, 0.0)",
})  # fmt: skip

wrong("A KL penalty towards the old policy is added to the loss; this lesson's loss has none.", {
    'return loss, {"clip_fraction": clip_fraction(log_probs, old_log_probs, advantages, token_mask, epsilon)}': """
        gap = (old_log_probs - log_probs)[token_mask.bool()]
        loss = loss + 0.04 * (gap.exp() - gap - 1).mean()
        return loss, {"clip_fraction": clip_fraction(log_probs, old_log_probs, advantages, token_mask, epsilon)}
    """,
})  # fmt: skip

wrong("The clip fraction counts all ratios outside the region; the sign of A decides which are cut off.", {
    'return loss, {"clip_fraction": clip_fraction(log_probs, old_log_probs, advantages, token_mask, epsilon)}': """
        ratio = (log_probs.detach() - old_log_probs).exp()
        outside = ((ratio > 1 + epsilon) | (ratio < 1 - epsilon)) & token_mask.bool()
        return loss, {"clip_fraction": outside.sum().item() / max(token_mask.sum().item(), 1)}
        return loss, {"clip_fraction": clip_fraction(log_probs, old_log_probs, advantages, token_mask, epsilon)}
    """,
})  # fmt: skip

wrong("The clip fraction is a share of all columns; it is a share of the masked tokens.", {
    "clip_fraction(log_probs, old_log_probs, advantages, token_mask, epsilon)":
        "clip_fraction(log_probs, old_log_probs, advantages, token_mask, epsilon) * token_mask.double().mean().item()",
})  # fmt: skip

# Right answers written otherwise


@right("everything by keyword, and a boolean mask made of integers again")
def grpo_loss_by_keyword(
    model, ids, mask, advantages, old_log_probs, epsilon=0.2, temperature=1.0, aggregation="token", denominator=None
):
    present = token_log_probs(model=model, ids=ids, temperature=temperature)
    parts = {
        "old_log_probs": old_log_probs,
        "advantages": advantages,
        "mask": (mask > 0)[:, 1:].long(),
        "epsilon": epsilon,
    }
    loss = ppo_clip_loss(log_probs=present, **parts, aggregation=aggregation, denominator=denominator)
    fraction = clip_fraction(present.detach(), **parts)
    return loss, dict(clip_fraction=fraction)


@right("a column in front of the log-probs instead of a shorter mask")
def grpo_loss_with_a_column_in_front(
    model, ids, mask, advantages, old_log_probs, epsilon=0.2, temperature=1.0, aggregation="token", denominator=None
):
    present = F.pad(token_log_probs(model, ids, temperature), (1, 0))
    old = F.pad(old_log_probs, (1, 0))
    counted = mask.clone()
    counted[:, 0] = 0
    loss = ppo_clip_loss(present, old, advantages, counted, epsilon, aggregation, denominator)
    return loss, {"clip_fraction": clip_fraction(present, old, advantages, counted, epsilon)}


@right("the clipped tokens are counted by loops")
def grpo_loss_counting_by_loop(
    model, ids, mask, advantages, old_log_probs, epsilon=0.2, temperature=1.0, aggregation="token", denominator=None
):
    present, inside = token_log_probs(model, ids, temperature), mask[:, 1:]
    held = total = 0
    for new, old, a, counts in zip(
        present.tolist(), old_log_probs.tolist(), advantages.tolist(), inside.tolist(), strict=True
    ):
        for x, y, counted in zip(new, old, counts, strict=True):
            if counted:
                ratio = math.exp(min(x - y, 50.0))
                total += 1
                held += (a > 0 and ratio > 1 + epsilon) or (a < 0 and ratio < 1 - epsilon)
    loss = ppo_clip_loss(present, old_log_probs, advantages, inside, epsilon, aggregation, denominator)
    return loss, {"clip_fraction": held / max(total, 1)}


@right("the masked tokens alone, in one long row each, when nothing depends on rows")
def grpo_loss_of_flat_tokens(
    model, ids, mask, advantages, old_log_probs, epsilon=0.2, temperature=1.0, aggregation="token", denominator=None
):
    present = token_log_probs(model, ids, temperature)
    where = mask[:, 1:].bool()
    spread = advantages[:, None].expand(where.shape)[where]
    flat = (present[where][:, None], old_log_probs[where][:, None], spread, where[where].long()[:, None])
    fraction = clip_fraction(*flat, epsilon)
    if aggregation == "sequence":
        loss = ppo_clip_loss(present, old_log_probs, advantages, where.long(), epsilon, aggregation, denominator)
    else:
        loss = ppo_clip_loss(*flat, epsilon, aggregation, denominator)
    return loss, {"clip_fraction": fraction}
