"""Exercise 16.17, reward_minus_kl: what people get wrong, right answers written otherwise, and the core variant."""

import torch
from lesson16_grpo_rlhf.loss.kl import kl_estimate

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

K1 = "k1 = (log_probs - ref_log_probs).detach()"
RETURN = "return rewards - kl_coef * torch.where(mask.bool(), k1, 0.0).sum(1)"

wrong("The price has the wrong sign: a response that the reference finds unlikely must get less reward.", {
    RETURN: "return rewards + kl_coef * torch.where(mask.bool(), k1, 0.0).sum(1)",
})  # fmt: skip

wrong("The log-ratios are averaged over the tokens; only their sum is the log-ratio of the response.", {
    RETURN: "return rewards - kl_coef * torch.where(mask.bool(), k1, 0.0).sum(1) / mask.sum(1)",
})  # fmt: skip

wrong("The mask is not used: prompt and padding are paid for, too.", {RETURN: "return rewards - kl_coef * k1.sum(1)"})

wrong("This is k3 of each token; only the sum of k1 is the log-ratio of the response, and has the exact gradient.", {
    K1: "k1 = kl_estimate(log_probs, ref_log_probs).detach()",
})  # fmt: skip

wrong("The price is missing.", {
    RETURN: "return rewards - torch.where(mask.bool(), k1, 0.0).sum(1)",
})  # fmt: skip

wrong("A gradient flows through the reward; it is a number.", {K1: "k1 = log_probs - ref_log_probs"})

wrong("Every response pays for the mean of the batch; each pays for itself.", {
    RETURN: "return rewards - kl_coef * torch.where(mask.bool(), k1, 0.0).sum(1).mean()",
})  # fmt: skip

wrong("What the mask hides takes part in the computation: NaN times 0 is NaN.", {
    RETURN: "return rewards - kl_coef * (k1 * mask).sum(1)",
})  # fmt: skip


@right("the log-probabilities of whole responses first")
@torch.no_grad()
def by_responses(rewards, log_probs, ref_log_probs, mask, kl_coef):
    hidden = mask == 0
    policy, reference = (t.masked_fill(hidden, 0.0).sum(-1) for t in (log_probs, ref_log_probs))
    return rewards - kl_coef * (policy - reference)


@right("row by row, with kl_estimate")
def by_rows(rewards, log_probs, ref_log_probs, mask, kl_coef):
    k1 = kl_estimate(log_probs.detach(), ref_log_probs, "k1")
    return torch.stack([r - kl_coef * row[m.bool()].sum() for r, row, m in zip(rewards, k1, mask, strict=True)])


@core("hidden tokens multiplied by 0")
def in_one_line(rewards, log_probs, ref_log_probs, mask, kl_coef):
    return rewards - kl_coef * ((log_probs - ref_log_probs).detach() * mask).sum(1)
