"""Exercise 05.4, reward_to_go: what people get wrong, other right answers, and the shortest right one."""

import torch

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

RESULT = "returns.where(mask, 0.0)"
LATER = "later = paid[:, t] + gamma * later"

wrong("These are sums from the start to each token: every token is credited with the past and not with the future.", {
    RESULT: "sum(paid.roll(k, 1).where(torch.arange(paid.shape[1]) >= k, 0.0) * gamma**k"
            " for k in range(paid.shape[1])).where(mask, 0.0)",
})  # fmt: skip

wrong("Every token gets the whole reward of its completion, also the rewards before it.", {
    RESULT: "paid.sum(1, keepdim=True).expand_as(paid).where(mask, 0.0)",
})  # fmt: skip

wrong("The discount has no effect.", {LATER: "later = paid[:, t] + later"})

wrong("The discount counts from the first column. It must count from the token whose return this is.", {
    RESULT: "(paid * gamma ** torch.arange(paid.shape[1])).flip(1).cumsum(1).flip(1).where(mask, 0.0)",
})  # fmt: skip

wrong("A token's own reward is left out of its return.", {"returns[:, t] = later": "", LATER:
    "returns[:, t] = gamma * later\nlater = paid[:, t] + gamma * later"})  # fmt: skip

wrong("Rewards outside the mask are counted.", {"rewards.where(mask, 0.0)": "rewards.clone()"})

wrong("Columns outside the mask get a return, too; they must be 0.", {RESULT: "returns"})

wrong("Multiplying by the mask does not remove NaN or infinity.", {"rewards.where(mask, 0.0)": "rewards * mask"})

wrong("The caller's rewards are changed in place.", {"rewards.where(mask, 0.0)": "rewards.masked_fill_(~mask, 0.0)"})


@right("a matrix of discounts")
def reward_to_go(rewards, mask, gamma=1.0):
    t = torch.arange(rewards.shape[1])
    distance = t[:, None] - t[None, :]  # from the later token (rows) to the earlier one (columns)
    weights = torch.where(distance >= 0, float(gamma) ** distance.clamp(min=0).to(rewards), torch.zeros(()).to(rewards))
    return torch.masked_fill(torch.masked_fill(rewards, ~mask, 0) @ weights, ~mask, 0)


@right("token by token")
def reward_to_go(rewards, mask, gamma=1.0):
    returns = torch.zeros_like(rewards)
    for i, t in mask.nonzero().tolist():
        later = rewards[i, t:][mask[i, t:]].tolist()
        returns[i, t] = sum(reward * gamma**k for k, reward in enumerate(later))
    return returns


@core("a list of columns, and a product with the mask")
def reward_to_go(rewards, mask, gamma=1.0):
    columns, later = [], 0
    for column in reversed((rewards * mask).unbind(1)):
        later = column + gamma * later
        columns.insert(0, later)
    return torch.stack(columns, 1) * mask
