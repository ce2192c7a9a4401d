"""Exercise 15.8, value_loss: what people get wrong, and right answers written otherwise."""

import torch
from lesson15_grpo_mnist.loss.ppo import value_loss
from torch import nn

from course.base.attempt import Attempts

wrong, right = Attempts(), Attempts()

SQUARE = "return (values[:, None] - rewards.detach()).square().mean()"

wrong("The values meet the columns of the rewards; value b belongs to row b.", {
    SQUARE: "return (values - rewards.detach()).square().mean()",
})  # fmt: skip

wrong("A factor 1/2 stands before the squares; there is none here.", {
    SQUARE: SQUARE.replace("return ", "return 0.5 * "),
})  # fmt: skip

wrong("The squares are added up; their mean is asked for.", {
    SQUARE: SQUARE.replace("mean()", "sum()"),
})  # fmt: skip

wrong("The squares are divided by the number of images only; the mean is over all answers.", {
    SQUARE: SQUARE.replace("mean()", "sum(1).mean()"),
})  # fmt: skip

wrong("The difference is not squared: absolute differences are least at the median, not at the mean.", {
    SQUARE: SQUARE.replace("square()", "abs()"),
})  # fmt: skip

wrong("Large differences count linearly, as in Huber's loss; here every one is squared.", {
    SQUARE: "return torch.nn.functional.huber_loss(values[:, None].expand(rewards.shape), rewards.detach()) * 2",
})  # fmt: skip

wrong("The root is drawn of the mean of the squares.", {
    SQUARE: SQUARE + ".sqrt()",
})  # fmt: skip

wrong("The value is compared with its row's mean, not with each reward: their spread is left out.", {
    SQUARE: SQUARE.replace("values[:, None] - rewards.detach()", "values - rewards.detach().mean(1)"),
})  # fmt: skip

wrong("The value is compared with the sum of its row; each answer's reward is an episode's whole return.", {
    SQUARE: SQUARE.replace("values[:, None] - rewards.detach()", "values - rewards.detach().sum(1)"),
})  # fmt: skip

wrong("The value is compared with the best answer's reward; it is to learn what is expected.", {
    SQUARE: SQUARE.replace("values[:, None] - rewards.detach()", "values - rewards.detach().amax(1)"),
})  # fmt: skip

wrong("Only the first answer to each image counts.", {
    SQUARE: SQUARE.replace("rewards.detach()", "rewards.detach()[:, :1]"),
})  # fmt: skip

wrong("Every value is compared with the mean of the whole batch: the critic could not tell states apart.", {
    SQUARE: SQUARE.replace("rewards.detach()", "rewards.detach().mean()"),
})  # fmt: skip

wrong("No gradient reaches the values: the critic cannot learn.", {
    SQUARE: SQUARE.replace("values[:, None]", "values.detach()[:, None]"),
})  # fmt: skip

wrong("Gradient flows to the rewards, which are constants.", {
    SQUARE: SQUARE.replace("rewards.detach()", "rewards"),
})  # fmt: skip

wrong("The sign is turned round: a step against the gradient would lead away from the rewards.", {
    SQUARE: SQUARE.replace("return ", "return -"),
})  # fmt: skip

wrong("The values are cut to 0 to 1 first: beyond that no gradient leads them back.", {
    SQUARE: SQUARE.replace("values[:, None]", "values.clamp(0, 1)[:, None]"),
})  # fmt: skip

wrong("The loss is a cross-entropy of values taken for logits; a value is the expected reward itself.", {
    SQUARE: "return torch.nn.functional.binary_cross_entropy_with_logits(\n"
        "        values[:, None].expand(rewards.shape), rewards.detach().clamp(0, 1)\n    )",
})  # fmt: skip

wrong("A column of values, (batch, 1), is accepted: other code would broadcast it to (batch, batch).", {
    "values.shape != rewards.shape[:1]": "values.numel() != len(rewards)",
    SQUARE: SQUARE.replace("values[:, None]", "values.reshape(-1, 1)"),
})  # fmt: skip

wrong("Flat rewards are accepted; a row of G answers for each value is asked for.", {
    "rewards.ndim != 2 or values.shape != rewards.shape[:1]": "values.shape != rewards.shape[:1]",
    "return (values[:, None] - rewards.detach()).square().mean()":
        "rewards = rewards.reshape(len(values), -1)\nreturn (values[:, None] - rewards.detach()).square().mean()",
})  # fmt: skip

wrong("A single value is spread over several rows; each row is to have its own.", {
    "values.shape != rewards.shape[:1]": "(values.shape != rewards.shape[:1] and values.shape != (1,))",
})  # fmt: skip

wrong("The rewards are overwritten by the differences: the caller's tensor changes.", {
    SQUARE: SQUARE + " + 0 * rewards.detach().sub_(values.detach()[:, None]).sum()",
})  # fmt: skip

# Right answers written otherwise


@right("mse_loss on values that are spread over their rows")
def value_loss(values, rewards):
    if values.ndim != 1 or rewards.ndim != 2 or len(values) != len(rewards):
        raise ValueError("values do not fit the rewards")
    return nn.functional.mse_loss(values.unsqueeze(1).expand(rewards.shape), rewards.detach())


@right("a loop over the rows")
def value_loss(values, rewards):
    if rewards.dim() != 2 or tuple(values.shape) != (rewards.size(0),):
        raise ValueError("values: one for each row")
    fixed = rewards.detach()
    return torch.stack([((value - row) ** 2).mean() for value, row in zip(values, fixed, strict=True)]).mean()


@right("columns of answers, squares by a product")
def value_loss(values, rewards):
    if rewards.dim() != 2 or values.dim() != 1 or values.numel() != rewards.shape[0]:
        raise ValueError("values and rewards do not belong together")
    difference = rewards.detach().T - values  # (group, batch)
    return torch.einsum("gb,gb->", difference, difference) / difference.numel()
