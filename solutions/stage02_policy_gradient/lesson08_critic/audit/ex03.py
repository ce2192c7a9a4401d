"""Exercise 08.3, gae: what people get wrong, other right answers, and the shortest right one."""

import torch

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

DELTA = "delta = rewards[:, t] + gamma * next_values - values[:, t]"
TRACE = "trace = torch.where(mask[:, t], delta + gamma * lam * trace, 0.0)"
NEXT = "next_values = torch.where(mask[:, t], values[:, t], next_values)"

# rlevo#342, RoboVerse PR#814, Mighty PR#126
wrong("The last token is followed by the critic's value of the padding; after the end nothing more is earned.", {
    NEXT: "next_values = values[:, t]",
})  # fmt: skip

wrong("The padding's deltas run back into the answer's advantages; behind the last token A is 0.", {
    TRACE: "trace = delta + gamma * lam * trace",
})  # fmt: skip

wrong("Lambda is missing from the trace: this is lambda 1, whatever is asked for.", {
    TRACE: "trace = torch.where(mask[:, t], delta + gamma * trace, 0.0)",
})  # fmt: skip

wrong("Lambda multiplies the next value, too; delta compares with all of it, whatever lambda is.", {
    DELTA: "delta = rewards[:, t] + gamma * lam * next_values - values[:, t]",
})  # fmt: skip

wrong("Gamma is missing from the trace; the next advantage is discounted with gamma times lambda.", {
    TRACE: "trace = torch.where(mask[:, t], delta + lam * trace, 0.0)",
})  # fmt: skip

wrong("The loop goes from the first token to the last: each token is credited with what came before it.", {
    "for t in reversed(range(rewards.shape[1])):": "for t in range(rewards.shape[1]):",
})  # fmt: skip

# rlevo#170, RLinf PR#661
wrong("An episode that was cut off is treated as one that ended: last_values is ignored.", {
    "torch.zeros_like(values[:, 0]) if last_values is None else last_values": "torch.zeros_like(values[:, 0])",
})  # fmt: skip

wrong("last_values are used in the last column only; in a shorter row they belong behind its last token.", {
    NEXT: "next_values = torch.where(mask[:, t], values[:, t], 0.0)",
})  # fmt: skip

wrong("The returns are the advantages; V must be added again.", {
    "torch.where(mask, advantages + values, 0.0)": "advantages.clone()",
})  # fmt: skip

wrong("On the padding, R is 0, not V.", {"torch.where(mask, advantages + values, 0.0)": "advantages + values"})

wrong("The advantages carry gradient into the critic: the policy's loss would train it.", {"@torch.no_grad()": ""})

wrong("The advantages are written into the rewards of the caller.", {
    "advantages = torch.zeros_like(rewards)": "advantages = rewards",
})  # fmt: skip


@right("all deltas at once, then the trace; the padding is set to 0 first")
def gae(rewards, values, mask, gamma=1.0, lam=0.95, last_values=None):
    rewards, values = rewards.detach().masked_fill(~mask, 0), values.detach().masked_fill(~mask, 0)
    following = torch.cat([values[:, 1:], torch.zeros_like(values[:, :1])], 1)
    if last_values is not None:
        following = following.scatter(1, mask.sum(1, keepdim=True) - 1, last_values[:, None])
    advantages = torch.where(mask, rewards + gamma * following - values, 0)
    for t in range(advantages.shape[1] - 2, -1, -1):
        advantages[:, t] += gamma * lam * advantages[:, t + 1]
    return advantages, advantages + values


@right("row by row, in Python numbers")
def gae_by_rows(rewards, values, mask, gamma=1.0, lam=0.95, last_values=None):
    advantages, returns = torch.zeros_like(rewards).detach(), torch.zeros_like(rewards).detach()
    for i in range(len(mask)):
        after, trace = 0.0 if last_values is None else last_values[i].item(), 0.0
        for t in reversed(range(int(mask[i].sum()))):
            v = values[i, t].item()
            trace = rewards[i, t].item() + gamma * after - v + gamma * lam * trace
            advantages[i, t], returns[i, t], after = trace, trace + v, v
    return advantages, returns


@core("multiplied by the mask")
@torch.no_grad()
def gae_times_mask(rewards, values, mask, gamma=1.0, lam=0.95, last_values=None):
    after, trace, advantages = 0 if last_values is None else last_values, 0, torch.zeros_like(rewards)
    for t in reversed(range(mask.shape[1])):
        m = mask[:, t].double()
        trace = m * (rewards[:, t] + gamma * after - values[:, t] + gamma * lam * trace)
        after = m * values[:, t] + (1 - m) * after
        advantages[:, t] = trace
    return advantages, (advantages + values) * mask
