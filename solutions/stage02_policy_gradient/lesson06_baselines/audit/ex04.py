"""Exercise 06.4, leave_one_out: what people get wrong, other right answers, and the shortest right one."""

import torch

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

OTHERS = "others = (rewards.sum(1, keepdim=True) - rewards) / (samples - 1)"

wrong("The sample itself is in the mean that is subtracted: the gradient is (G - 1)/G of the true one.", {
    OTHERS: "others = rewards.mean(1, keepdim=True)",
})  # fmt: skip

wrong("The sum of the others is divided by G; there are G - 1 others.", {"samples - 1": "samples"})

wrong("The mean runs over all prompts. A reward is compared with other samples of the same prompt.", {
    OTHERS: "others = (rewards.sum() - rewards) / (rewards.numel() - 1)",
})  # fmt: skip

wrong("The mean runs down the columns, over different prompts. The samples of one prompt are a row.", {
    OTHERS: "others = (rewards.sum(0, keepdim=True) - rewards) / max(len(rewards) - 1, 1)",
})  # fmt: skip

wrong("The sign is wrong: a sample that is better than the others must get a positive advantage.", {
    "return rewards - others": "return others - rewards",
})  # fmt: skip

wrong("The rewards are not detached: a gradient flows through the advantages.", {"rewards = rewards.detach()": ""})

wrong("A group of one gets 0 or its raw reward instead of an error: it has nothing to be compared with.", {
    'if samples < 2:\n    raise ValueError("leave-one-out needs two or more samples for each prompt")': "",
    "samples - 1": "max(samples - 1, 1)",
})  # fmt: skip

wrong("The caller's rewards are changed in place.", {"return rewards - others": "return rewards.sub_(others)"})


@right("G / (G - 1) times the distance from the mean")
def leave_one_out(rewards):
    size = rewards.size(-1)
    if size == 1:
        raise ValueError("one sample has no others")
    with torch.no_grad():
        return (rewards - rewards.mean(-1, keepdim=True)) * size / (size - 1)


@right("loops; the result is float32")
def leave_one_out(rewards):
    if rewards.shape[1] < 2:
        raise ValueError("at least two samples")
    result = torch.zeros(rewards.shape)
    for i, row in enumerate(rewards.tolist()):
        for j, reward in enumerate(row):
            others = row[:j] + row[j + 1 :]
            result[i, j] = reward - sum(others) / len(others)
    return result


@core("one line")
def leave_one_out(rewards):
    return (rewards - (rewards.sum(1, keepdim=True) - rewards) / (rewards.shape[1] - 1)).detach()
