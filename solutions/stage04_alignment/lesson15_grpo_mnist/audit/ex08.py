"""Exercise 15.8, value_loss: what people get wrong, right answers written otherwise, and the core variant."""

import torch
from lesson15_grpo_mnist.loss.ppo import value_loss
from torch import nn

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

SQUARE = "return (values[:, None] - rewards.detach()).square().mean()"

wrong("The values meet the columns of the rewards. Value b belongs to row b.", {
    SQUARE: "return (values - rewards.detach()).square().mean()",
})  # fmt: skip

wrong(
    "There is a factor 1/2 before the squares. This loss has none.",
    {SQUARE: SQUARE.replace("return ", "return 0.5 * ")},
)

wrong("The squares are added up. Their mean is wanted.", {SQUARE: SQUARE.replace("mean()", "sum()")})

wrong("The squares are divided by the number of images. The mean is over all answers.", {
    SQUARE: SQUARE.replace("mean()", "sum(1).mean()"),
})  # fmt: skip

wrong("The differences are not squared. Absolute differences are smallest at the median, not at the mean.", {
    SQUARE: SQUARE.replace("square()", "abs()"),
})  # fmt: skip

wrong("The value is compared with the mean of its row, not with each reward, so their variance is missing.", {
    SQUARE: SQUARE.replace("values[:, None] - rewards.detach()", "values - rewards.detach().mean(1)"),
})  # fmt: skip

wrong("The value is compared with the sum of its row. Each answer's reward is the return of one episode.", {
    SQUARE: SQUARE.replace("values[:, None] - rewards.detach()", "values - rewards.detach().sum(1)"),
})  # fmt: skip

wrong("The value is compared with the reward of the best answer. It must predict the expected reward.", {
    SQUARE: SQUARE.replace("values[:, None] - rewards.detach()", "values - rewards.detach().amax(1)"),
})  # fmt: skip

wrong("No gradient reaches the values, so the critic cannot learn.", {
    SQUARE: SQUARE.replace("values[:, None]", "values.detach()[:, None]"),
})  # fmt: skip

wrong("Gradient flows to the rewards, which are constants.", {SQUARE: SQUARE.replace("rewards.detach()", "rewards")})

wrong("The sign is reversed: a step against the gradient would lead away from the rewards.", {
    SQUARE: SQUARE.replace("return ", "return -"),
})  # fmt: skip

wrong("A column of values, (batch, 1), is accepted. In other code it broadcasts to (batch, batch).", {
    "values.shape != rewards.shape[:1]": "values.numel() != len(rewards)",
    SQUARE: SQUARE.replace("values[:, None]", "values.reshape(-1, 1)"),
})  # fmt: skip


@right("mse_loss on values that are expanded over their rows")
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


@core("the formula")
def value_loss(values, rewards):
    return (values[:, None] - rewards.detach()).square().mean()
