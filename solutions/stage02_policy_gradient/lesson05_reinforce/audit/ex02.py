"""Exercise 05.2, sampled_gradients: what people get wrong, other right answers, and the shortest right one."""

import torch

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

ROWS = "rewards[:, None] * (drawn - pi)"

wrong("The probabilities are not subtracted: this is the gradient of the logit, not of the log-probability.", {
    ROWS: "rewards[:, None] * drawn",
})  # fmt: skip

wrong("The reward has no part in it: every draw makes its arm more likely, however little it paid.", {
    ROWS: "(drawn - pi) + 0 * rewards[:, None]",
})  # fmt: skip

wrong("The sign is wrong: an arm that paid becomes less likely.", {ROWS: "rewards[:, None] * (pi - drawn)"})

wrong("Each row is weighted with the probability of its arm. Drawing has done that already.", {
    ROWS: "pi[actions][:, None] * rewards[:, None] * (drawn - pi)",
})  # fmt: skip

wrong("Each row is divided by the probability of its arm. The logarithm's derivative has done that already.", {
    ROWS: "rewards[:, None] * (drawn - pi) / pi[actions][:, None]",
})  # fmt: skip

wrong("The rewards are spread over the arms, not over the draws: row i must have the reward of draw i.", {
    ROWS: "(rewards if len(rewards) == len(pi) else rewards[:, None]) * (drawn - pi)",
})  # fmt: skip

wrong("The mean reward is subtracted first. That is a baseline; the estimate asked for uses the rewards as they are.", {
    ROWS: "(rewards - rewards.mean())[:, None] * (drawn - pi)",
})  # fmt: skip

wrong("This is the mean over the draws; return the row of each draw.", {ROWS: f"({ROWS}).mean(0)"})


@right("number by number, into a tensor of torch's default type")
def sampled_gradients(logits, actions, rewards):
    pi, rows = logits.softmax(0), torch.zeros(len(actions), len(logits))
    for i, action in enumerate(actions):
        for k in range(len(logits)):
            rows[i, k] = rewards[i] * (float(k == action) - pi[k])
    return rows


@right("minus the probabilities everywhere, then plus one at the arms that were drawn")
def sampled_gradients(logits, actions, rewards):
    scores = -logits.softmax(0).repeat(len(actions), 1)
    scores[torch.arange(len(actions)), actions] += 1
    return torch.einsum("n,nk->nk", rewards, scores)


@core("rows of the identity matrix")
def sampled_gradients(logits, actions, rewards):
    return (torch.eye(len(logits))[actions] - logits.softmax(0)) * rewards.unsqueeze(1)
