"""Exercise 15.5, compute_advantages: what people get wrong, and right answers written otherwise."""

import math

import torch
from lesson14_grpo_ppo_clip.loss.advantages import group_advantages
from lesson15_grpo_mnist.loss.advantages import compute_advantages

from course.base.attempt import Attempts

wrong, right = Attempts(), Attempts()

GROUP = "group_advantages(rewards.reshape(-1), rewards.shape[1], eps, divide_by_std).reshape(rewards.shape)"
BATCH = "group_advantages(rewards.reshape(-1), rewards.numel(), eps, divide_by_std).reshape(rewards.shape)"
CRITIC = "advantages = rewards - values.detach()[:, None]"
DIVIDE = "advantages = advantages / (advantages.std() + eps)"

wrong('With "group" the mean and the deviation are those of the whole batch: other images count, too.', {
    GROUP: BATCH.replace("numel()", "shape.numel()"),
})  # fmt: skip

wrong('With "batch" every row is still compared with itself alone; the batch is one large group.', {
    BATCH: GROUP.replace("shape[1]", "shape[-1]"),
})  # fmt: skip

wrong("The groups are taken from the columns; a row holds the answers to one image.", {
    GROUP: "group_advantages(rewards.T.reshape(-1), len(rewards), eps, divide_by_std).reshape(rewards.T.shape).T",
})  # fmt: skip

wrong('With "group" the mean is the row\'s, but the standard deviation is taken over the whole batch.', {
    "return group_advantages(rewards.reshape(-1), rewards.shape[1], eps, divide_by_std).reshape(rewards.shape)": """
        centred = group_advantages(rewards.reshape(-1), rewards.shape[1], eps, False).reshape(rewards.shape)
        return centred / (rewards.std() + eps) if divide_by_std else centred
    """,
})  # fmt: skip

wrong("An answer's own reward is left out of the mean that it is compared with; the group's mean holds all.", {
    "return group_advantages(rewards.reshape(-1), rewards.shape[1], eps, divide_by_std).reshape(rewards.shape)": """
        count = rewards.shape[1]
        result = group_advantages(rewards.reshape(-1), rewards.shape[1], eps, divide_by_std).reshape(rewards.shape)
        return result if divide_by_std else result * (count / (count - 1))
    """,
})  # fmt: skip

wrong("The standard deviation of a group is the biased one (divided by G); lesson 14 divides by G - 1.", {
    "return group_advantages(rewards.reshape(-1), rewards.shape[1], eps, divide_by_std).reshape(rewards.shape)": """
        result = group_advantages(rewards.reshape(-1), rewards.shape[1], eps, False).reshape(rewards.shape)
        return result / (rewards.std(1, keepdim=True, unbiased=False) + eps) if divide_by_std else result
    """,
})  # fmt: skip

wrong("A group of one is quietly given the advantage 0; with nothing to compare it is refused.", {
    "return group_advantages(rewards.reshape(-1), rewards.shape[1], eps, divide_by_std).reshape(rewards.shape)": """
        if rewards.shape[1] == 1:
            return rewards * 0
        return group_advantages(rewards.reshape(-1), rewards.shape[1], eps, divide_by_std).reshape(rewards.shape)
    """,
})  # fmt: skip

wrong("`eps` never reaches lesson 14's function, which then takes its own default.", {
    GROUP: GROUP.replace("eps, divide_by_std", "divide_by_std=divide_by_std"),
    BATCH: BATCH.replace("eps, divide_by_std", "divide_by_std=divide_by_std"),
})  # fmt: skip

wrong('With "group" and "batch" the standard deviation divides, whatever divide_by_std says.', {
    GROUP: GROUP.replace(", divide_by_std", ""),
    BATCH: BATCH.replace(", divide_by_std", ""),
})  # fmt: skip

wrong("Equal rewards do not give exactly 0: rounding in the mean, divided by eps, is left over.", {
    "return group_advantages(rewards.reshape(-1), rewards.shape[1], eps, divide_by_std).reshape(rewards.shape)": """
        centred = rewards - rewards.mean(1, keepdim=True)
        if rewards.shape[1] < 2:
            raise ValueError('a group of one')
        return centred / (rewards.std(1, keepdim=True) + eps) if divide_by_std else centred
    """,
})  # fmt: skip

wrong('With "none" the rewards are divided by their standard deviation; nothing at all is done to them.', {
    "return rewards.clone()": "return rewards / (rewards.std() + eps) if divide_by_std else rewards.clone()",
})  # fmt: skip

wrong('With "none" the mean of the batch is subtracted: that is a baseline.', {
    "return rewards.clone()": "return rewards - rewards.mean()",
})  # fmt: skip

wrong('An unknown baseline is quietly treated like "none".', {
    'if baseline == "none":': 'if baseline not in ("group", "batch", "critic"):',
})  # fmt: skip

wrong('An unknown baseline is quietly treated like "critic".', {'if baseline != "critic":': "if False:"})

wrong("Two rewards are refused with the critic; they are enough for a standard deviation.", {
    "if advantages.numel() < 2:": "if advantages.numel() <= 2:",
})  # fmt: skip

wrong("The sign is turned round: an answer better than the critic expected gets a negative advantage.", {
    CRITIC: "advantages = values.detach()[:, None] - rewards",
})  # fmt: skip

wrong("The values are subtracted from the columns; value b belongs to row b.", {
    CRITIC: "advantages = rewards - values.detach()",
})  # fmt: skip

wrong("The mean of all values is subtracted from every reward; each state has its own value.", {
    CRITIC: "advantages = rewards - values.detach().mean()",
})  # fmt: skip

wrong("The values are not detached: the policy's loss would train the critic, and wrongly.", {
    CRITIC: "advantages = rewards - values[:, None]",
})  # fmt: skip

wrong("Gradient flows through the advantages to the rewards.", {"rewards = rewards.detach()": ""})

wrong("The critic's advantages are centred as well: their mean is a second baseline.", {
    "if divide_by_std:": "advantages = advantages - advantages.mean()  # (batch, group)\nif divide_by_std:",
})  # fmt: skip

wrong("The critic's advantages are always divided by their standard deviation, whatever divide_by_std says.", {
    "if divide_by_std:": "if True:",
})  # fmt: skip

wrong("The critic's advantages are never divided by their standard deviation.", {"if divide_by_std:": "if False:"})

wrong("The critic's advantages are divided row by row; the standard deviation is that of all of them.", {
    DIVIDE: "advantages = advantages / (advantages.std(1, keepdim=True) + eps)",
})  # fmt: skip

wrong("The critic's advantages are divided by the deviation of the rewards, not of the differences.", {
    DIVIDE: "advantages = advantages / (rewards.std() + eps)",
})  # fmt: skip

wrong("With the critic eps is forgotten: where all differences are equal, 0 is divided by 0.", {
    DIVIDE: "advantages = advantages / advantages.std()",
})  # fmt: skip

wrong("A single reward has no standard deviation: with the critic it becomes NaN instead of an error.", {
    "if advantages.numel() < 2:": "if False:",
})  # fmt: skip

wrong("Nothing checks that there is one value for each row.", {
    "if values is None or values.shape != rewards.shape[:1]:": "if values is None:",
    CRITIC: "advantages = rewards - values.detach().reshape(-1, 1)",
})  # fmt: skip

wrong("Flat rewards are accepted, and taken for a single row.", {
    'raise ValueError(f"rewards must be (batch, group), not {tuple(rewards.shape)}")':
        "rewards, values = rewards.reshape(1, -1), None if values is None else values[:1]",
})  # fmt: skip

# Right answers written otherwise


@right("means and deviations written out")
def compute_advantages(rewards, baseline="group", divide_by_std=True, values=None, eps=1e-4):
    if rewards.dim() != 2 or baseline not in ("group", "batch", "none", "critic"):
        raise ValueError("rewards are (batch, group); baselines are group, batch, none and critic")
    rewards = rewards.detach().clone()
    if baseline == "none":
        return rewards
    if baseline == "critic":
        if values is None or values.shape != (len(rewards),):
            raise ValueError("values: one for each state")
        if divide_by_std and rewards.numel() == 1:
            raise ValueError("one reward has no spread")
        difference = rewards - values.detach().unsqueeze(1)
        return difference / (difference.std() + eps) if divide_by_std else difference
    over = rewards if baseline == "group" else rewards.reshape(1, -1)
    if over.shape[1] < 2:
        raise ValueError("nothing to compare with")
    result = over - over.mean(1, keepdim=True)
    if divide_by_std:
        result = result / (over.std(1, keepdim=True) + eps)
    result[over.max(1).values == over.min(1).values] = 0
    return result.reshape(rewards.shape)


@right("a loop over the rows, lesson 14's function for each")
def compute_advantages(rewards, baseline="group", divide_by_std=True, values=None, eps=1e-4):
    if rewards.ndim != 2:
        raise ValueError("two dimensions")
    fixed = rewards.detach()
    if baseline == "group":
        return torch.stack([group_advantages(row, len(row), eps, divide_by_std) for row in fixed])
    if baseline == "batch":
        flat = torch.cat(list(fixed))
        return torch.stack(group_advantages(flat, len(flat), eps, divide_by_std).chunk(len(fixed)))
    if baseline == "none":
        return fixed
    if baseline == "critic" and values is not None and values.ndim == 1 and len(values) == len(fixed):
        rows = torch.stack([row - float(value) for row, value in zip(fixed, values, strict=True)])
        if not divide_by_std:
            return rows
        if rows.numel() == 1:
            raise ValueError("a lone reward")
        return rows / (rows.var().sqrt() + eps)
    raise ValueError("an unknown baseline, or values that do not fit")


@right("the mean of the differences by hand, in double precision")
def compute_advantages(rewards, baseline="group", divide_by_std=True, values=None, eps=1e-4):
    if rewards.ndim != 2:
        raise ValueError("rewards must have two dimensions")
    exact = rewards.detach().double()

    def spread(x, dims):
        count = math.prod(x.shape[d] for d in dims)
        if count < 2:
            raise ValueError("at least two rewards are needed")
        return ((x - x.mean(dims, keepdim=True)).pow(2).sum(dims, keepdim=True) / (count - 1)).sqrt()

    if baseline in ("group", "batch"):
        dims = (1,) if baseline == "group" else (0, 1)
        deviation = spread(exact, dims)
        low, high = exact.amin(dims, keepdim=True), exact.amax(dims, keepdim=True)
        made = (exact - exact.mean(dims, keepdim=True)) / ((deviation + eps) if divide_by_std else 1.0)
        made = made * (low != high)
    elif baseline == "critic":
        if values is None or tuple(values.shape) != (len(exact),):
            raise ValueError("values must be of shape (batch,)")
        made = exact - values.detach().double()[:, None]
        made = made / (spread(made, (0, 1)) + eps) if divide_by_std else made
    elif baseline == "none":
        made = exact
    else:
        raise ValueError("no such baseline")
    return made.to(rewards.dtype)
