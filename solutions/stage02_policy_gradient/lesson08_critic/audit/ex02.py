"""Exercise 08.2, place_rewards: what people get wrong, other right answers, and the shortest right one."""

import torch

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

KL = "rewards = torch.where(mask, -kl_coef * (log_probs - ref_log_probs), 0.0)"
PLACE = "rewards[torch.arange(len(scores)), last] += scores"

# trl#3750
wrong("The score is one place too late, on the padding behind the answer: a mask then removes it.", {
    "last = mask.sum(1) - 1": "last = mask.sum(1).clamp(max=mask.shape[1] - 1)",
})  # fmt: skip

wrong("The score is in the last column. In a shorter row that is padding.", {
    "last = mask.sum(1) - 1": "last = torch.full_like(mask.sum(1), mask.shape[1] - 1)",
})  # fmt: skip

wrong("Every row gets every score; row i gets score i, at its last token.", {PLACE: "rewards[:, last] += scores"})

wrong("Every token gets the whole score: an answer of n tokens earns it n times.", {
    PLACE: "rewards += torch.where(mask, scores[:, None], 0.0)",
})  # fmt: skip

wrong("The KL part has the wrong sign: distance from the reference is rewarded.", {
    "-kl_coef * (log_probs - ref_log_probs)": "kl_coef * (log_probs - ref_log_probs)",
})  # fmt: skip

wrong("The score replaces the KL part at the last token; it is added to it.", {PLACE: PLACE.replace("+=", "=")})

wrong("The KL of the whole answer is paid at the last token; each token pays for itself.", {
    KL: "rewards = torch.zeros_like(log_probs)",
    PLACE: "rewards[torch.arange(len(scores)), last] += scores"
           " - kl_coef * torch.where(mask, log_probs - ref_log_probs, 0.0).sum(1)",
})  # fmt: skip

wrong("The padding pays for KL, too. Nothing is drawn there, so its reward is 0.", {
    KL: "rewards = -kl_coef * (log_probs - ref_log_probs)",
})  # fmt: skip

wrong("The KL part carries gradient into the policy; a reward is a number.", {"@torch.no_grad()": ""})

wrong("Multiplying by the mask does not remove a NaN on the padding: NaN * 0 is NaN.", {
    KL: "rewards = -kl_coef * (log_probs - ref_log_probs) * mask",
})  # fmt: skip


right("scatter_add", {PLACE: "rewards.scatter_add_(1, last[:, None], scores[:, None])"})


@right("row by row")
def place_rewards_by_rows(scores, log_probs, ref_log_probs, mask, kl_coef=0.0):
    rewards = torch.zeros_like(log_probs)
    for row, score, p, q, inside in zip(rewards, scores, log_probs.detach(), ref_log_probs, mask, strict=True):
        row[inside] = kl_coef * (q[inside] - p[inside])
        row[inside.nonzero().max()] += score
    return rewards


@core("three lines")
@torch.no_grad()
def place_rewards_in_three_lines(scores, log_probs, ref_log_probs, mask, kl_coef=0.0):
    rewards = kl_coef * (ref_log_probs - log_probs) * mask
    rewards[torch.arange(len(mask)), mask.sum(1) - 1] += scores
    return rewards
