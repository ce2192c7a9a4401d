"""Exercise 14.7, grpo_loss: known mistakes, right answers written otherwise, and the core variant."""

import torch.nn.functional as F
from lesson14_grpo_ppo_clip.loss.ppo_clip import clip_fraction, ppo_clip_loss, token_log_probs

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

LOSS = "ppo_clip_loss(log_probs, old_log_probs, advantages, token_mask, epsilon, aggregation, denominator)"
FRACTION = "clip_fraction(log_probs, old_log_probs, advantages, token_mask, epsilon)"

wrong("The mask is cut at the wrong end: column t of the log-probs is about token t + 1.", {
    "token_mask = mask[:, 1:]": "token_mask = mask[:, :-1]",
})  # fmt: skip

wrong("The mask is not used: prompt and padding are trained as if the model had written them.", {
    "token_mask = mask[:, 1:]": "token_mask = torch.ones_like(mask[:, 1:])",
})  # fmt: skip

wrong("A mask made by comparing ids with 0 counts the prompt too; use the one that is given.", {
    "token_mask = mask[:, 1:]": "token_mask = (ids[:, 1:] != 0).long()",
})  # fmt: skip

wrong("The temperature does not reach token_log_probs.", {
    "token_log_probs(model, ids, temperature)": "token_log_probs(model, ids)",
})  # fmt: skip

wrong("The temperature is applied twice: token_log_probs has already divided the logits by it.", {
    "token_log_probs(model, ids, temperature)": "token_log_probs(model, ids, temperature) / temperature",
})  # fmt: skip

wrong("The loss does not get epsilon: it clips at 0.2 whatever the caller wants.", {
    LOSS: LOSS.replace("epsilon", "0.2"),
})  # fmt: skip

wrong("The clip fraction does not get epsilon: it counts at 0.2 whatever the caller wants.", {
    FRACTION: FRACTION.replace("epsilon", "0.2"),
})  # fmt: skip

wrong("The aggregation is not passed on: it is the token mean whatever the caller wants.", {
    LOSS: LOSS.replace("aggregation", '"token"'),
})  # fmt: skip

wrong("The denominator is not passed on: micro-batches are divided by their own sizes.", {
    LOSS: LOSS.replace("denominator", "None"),
})  # fmt: skip

wrong("The stored log-probs are not used: the ratio compares the model with itself and is always 1.", {
    "token_mask = mask[:, 1:]": "old_log_probs = log_probs.detach()\ntoken_mask = mask[:, 1:]",
})  # fmt: skip

wrong("New and old log-probs are swapped: the ratio is upside down, and no gradient reaches the model.", {
    LOSS: LOSS.replace("log_probs, old_log_probs", "old_log_probs, log_probs"),
})  # fmt: skip

wrong("The present log-probs are detached: no gradient reaches the model.", {
    "token_log_probs(model, ids, temperature)": "token_log_probs(model, ids, temperature).detach()",
})  # fmt: skip

wrong("The clip fraction does not get the mask: prompt and padding are counted too.", {
    FRACTION: FRACTION.replace("token_mask", "torch.ones_like(token_mask)"),
})  # fmt: skip

wrong("The advantages have the mean of the batch subtracted; they belong to their groups and are ready.", {
    LOSS: LOSS.replace("advantages", "advantages - advantages.mean()"),
})  # fmt: skip

wrong("The loss is divided by the number of rows; ppo_clip_loss has averaged it already.", {
    f"loss = {LOSS}": f"loss = {LOSS} / len(ids)",
})  # fmt: skip

wrong("The sign is changed once more: ppo_clip_loss is a loss already, to be made small.", {
    f"loss = {LOSS}": f"loss = -{LOSS}",
})  # fmt: skip


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


@right("the masked tokens alone, each as a row of its own, if nothing depends on rows")
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


@core("two calls")
def grpo_loss_in_two_calls(
    model, ids, mask, advantages, old_log_probs, epsilon=0.2, temperature=1.0, aggregation="token", denominator=None
):
    lp, m = token_log_probs(model, ids, temperature), mask[:, 1:]
    loss = ppo_clip_loss(lp, old_log_probs, advantages, m, epsilon, aggregation, denominator)
    return loss, {"clip_fraction": clip_fraction(lp, old_log_probs, advantages, m, epsilon)}
