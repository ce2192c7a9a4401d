"""Exercise 15.5, compute_advantages: what people get wrong, right answers written otherwise, and the core variant."""

import torch
from lesson14_grpo_ppo_clip.loss.advantages import group_advantages
from lesson15_grpo_mnist.loss.advantages import compute_advantages

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

SIZE = 'rewards.shape[1] if baseline == "group" else rewards.numel()'
FLAT = "return group_advantages(rewards.reshape(-1), size, eps, divide_by_std).reshape(rewards.shape)"
DIFFERENCES = "differences = rewards - values.detach()[:, None]"
DIVIDED = "(differences - differences.mean()) / (differences.std() + eps) if divide_by_std else differences"

wrong('With "group", mean and standard deviation are those of the whole batch. Other images must not count.', {
    SIZE: "rewards.numel()",
})  # fmt: skip

wrong('With "batch", every row is still compared with itself alone. The batch is one large group.', {
    SIZE: "rewards.shape[1]",
})  # fmt: skip

wrong("The groups are taken from the columns. A row holds the answers to one image.", {
    "group_advantages(rewards.reshape(-1), size, eps, divide_by_std).reshape(rewards.shape)":
        "group_advantages(rewards.T.reshape(-1), len(rewards) if size == rewards.shape[1] else size, eps,"
        " divide_by_std).reshape(rewards.T.shape).T",
})  # fmt: skip

wrong('With "group", the mean is that of the row, but the standard deviation is that of the whole batch.', {
    FLAT: "centred = group_advantages(rewards.reshape(-1), size, eps, False).reshape(rewards.shape)\n"
        "return centred / (rewards.std() + eps) if divide_by_std else centred",
})  # fmt: skip

wrong("An answer's own reward is left out of the mean that it is compared with. The group's mean includes it.", {
    FLAT: "made = group_advantages(rewards.reshape(-1), size, eps, divide_by_std).reshape(rewards.shape)\n"
        "return made if divide_by_std else made * (size / (size - 1))",
})  # fmt: skip

wrong("The standard deviation is the biased one (divided by G). Lesson 14 divides by G - 1.", {
    FLAT: "std = rewards.reshape(-1, size).std(1, keepdim=True, unbiased=False) + eps\n"
        "made = group_advantages(rewards.reshape(-1), size, eps, False).reshape(-1, size)\n"
        "return (made / std if divide_by_std else made).reshape(rewards.shape)",
})  # fmt: skip

wrong('With "group" and "batch", the standard deviation always divides, whatever divide_by_std says.', {
    FLAT: FLAT.replace(", divide_by_std", ""),
})  # fmt: skip

wrong("`eps` does not reach lesson 14's function, which then uses its own default.", {
    FLAT: FLAT.replace("eps, divide_by_std", "divide_by_std=divide_by_std"),
})  # fmt: skip

wrong('With "none", the rewards are divided by their standard deviation. Nothing must be done to them.', {
    "return rewards.clone()": "return rewards / (rewards.std() + eps) if divide_by_std else rewards.clone()",
})  # fmt: skip

wrong('With "none", the mean of the batch is subtracted. That is a baseline.', {
    "return rewards.clone()": "return rewards - rewards.mean()",
})  # fmt: skip

wrong('An unknown baseline is treated like "batch" instead of being refused.', {
    'if baseline not in ("group", "batch"):': "if False:",
})  # fmt: skip

wrong("The sign is reversed: an answer better than the critic expected gets a negative advantage.", {
    DIFFERENCES: "differences = values.detach()[:, None] - rewards",
})  # fmt: skip

wrong("The values are subtracted from the columns. Value b belongs to row b.", {
    DIFFERENCES: "differences = rewards - values.detach()",
})  # fmt: skip

wrong("The mean of all values is subtracted from every reward. Each state has its own value.", {
    DIFFERENCES: "differences = rewards - values.detach().mean()",
})  # fmt: skip

wrong("The values are not detached: the policy's loss would train the critic to make advantages large.", {
    DIFFERENCES: "differences = rewards - values[:, None]",
})  # fmt: skip

wrong("The critic's differences are divided without being centred. Equal differences then become very large.", {
    DIVIDED: "differences / (differences.std() + eps) if divide_by_std else differences",
})  # fmt: skip

wrong("The critic's differences are centred although nothing is divided: that is a second baseline.", {
    DIVIDED: "(differences - differences.mean()) / ((differences.std() + eps) if divide_by_std else 1.0)",
})  # fmt: skip

wrong("The critic's differences are always centred and divided, whatever divide_by_std says.", {
    DIVIDED: "(differences - differences.mean()) / (differences.std() + eps)",
})  # fmt: skip

wrong("The critic's differences are never divided by their standard deviation.", {DIVIDED: "differences"})

wrong("The critic's differences are centred and divided row by row. Mean and standard deviation are of the batch.", {
    DIVIDED: "group_advantages(differences.reshape(-1), rewards.shape[1], eps).reshape(rewards.shape)"
        " if divide_by_std and rewards.shape[1] > 1 else differences",
})  # fmt: skip

wrong("Gradient flows through the advantages to the rewards.", {
    "rewards = rewards.detach()": "",
})  # fmt: skip

wrong("Nothing checks that there is one value for each row.", {
    "if values is None or values.shape != rewards.shape[:1]:": "if values is None:",
    DIFFERENCES: "differences = rewards - values.detach().reshape(-1, 1)",
})  # fmt: skip


@right("means and standard deviations written out")
def compute_advantages(rewards, baseline="group", divide_by_std=True, values=None, eps=1e-4):
    if rewards.dim() != 2 or baseline not in ("group", "batch", "none", "critic"):
        raise ValueError("rewards are (batch, group); baselines are group, batch, none and critic")
    rewards = rewards.detach().clone()
    if baseline == "none":
        return rewards
    if baseline == "critic":
        if values is None or values.shape != (len(rewards),):
            raise ValueError("values: one for each state")
        difference = rewards - values.detach().unsqueeze(1)
        if not divide_by_std:
            return difference
        deviation, mean = torch.std_mean(difference)
        return (difference - mean) / (deviation + eps)
    over = rewards if baseline == "group" else rewards.reshape(1, -1)
    if over.shape[1] < 2:
        raise ValueError("nothing to compare with")
    result = over - over.mean(1, keepdim=True)
    if divide_by_std:
        result = result / (over.std(1, keepdim=True) + eps)
    result[over.max(1).values == over.min(1).values] = 0
    return result.reshape(rewards.shape)


@right("lesson 14's function for each row, and for the critic's differences")
def compute_advantages(rewards, baseline="group", divide_by_std=True, values=None, eps=1e-4):
    if rewards.ndim != 2:
        raise ValueError("two dimensions")
    fixed = rewards.detach()

    def as_one_group(table):
        return group_advantages(torch.cat(list(table)), table.numel(), eps, divide_by_std).reshape(table.shape)

    if baseline == "group":
        return torch.stack([group_advantages(row, len(row), eps, divide_by_std) for row in fixed])
    if baseline == "batch":
        return as_one_group(fixed)
    if baseline == "none":
        return fixed
    if baseline == "critic" and values is not None and values.ndim == 1 and len(values) == len(fixed):
        differences = torch.stack([row - value for row, value in zip(fixed, values.detach(), strict=True)])
        return as_one_group(differences) if divide_by_std else differences
    raise ValueError("an unknown baseline, or values that do not fit")


@core("the four formulas")
def compute_advantages(rewards, baseline="group", divide_by_std=True, values=None, eps=1e-4):
    if baseline == "none":
        return rewards
    if baseline == "critic":
        a = rewards - values.detach()[:, None]
        return (a - a.mean()) / (a.std() + eps) if divide_by_std else a
    over = rewards if baseline == "group" else rewards.reshape(1, -1)
    a = over - over.mean(1, keepdim=True)
    if divide_by_std:
        a = a / (over.std(1, keepdim=True) + eps)
    return a.reshape(rewards.shape)
