"""Exercise 07.4, clipped_objective: what people get wrong, other right answers, and the shortest right one."""

import torch

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

RESULT = "torch.minimum(ratio * advantages, ratio.clamp(1 - low, 1 + high) * advantages)"

wrong("The maximum of the two products is taken: the clip then removes the gradients that should stay.", {
    "torch.minimum": "torch.maximum",
})  # fmt: skip

wrong("Only the clipped product is used: a ratio that moved the wrong way gets no gradient that brings it back.", {
    RESULT: "ratio.clamp(1 - low, 1 + high) * advantages",
})  # fmt: skip

wrong("The minimum of the ratios is taken before the multiplication: for A < 0 that is the wrong side.", {
    RESULT: "torch.minimum(ratio, ratio.clamp(1 - low, 1 + high)) * advantages",
})  # fmt: skip

wrong("This is the loss; the objective, which training raises, has the other sign.", {RESULT: f"-{RESULT}"})

wrong("The bounds are swapped: low belongs below 1, high above.", {
    "ratio.clamp(1 - low, 1 + high)": "ratio.clamp(1 - high, 1 + low)",
})  # fmt: skip

wrong("The lower bound has high's distance from 1.", {"1 - low": "1 - high"})

wrong("Gradient flows to the advantages, which are constants.", {"advantages = advantages.detach()": ""})

wrong("The ratio is detached in the clipped product, so tokens inside the bounds lose half of their gradient.", {
    "ratio.clamp(1 - low, 1 + high)": "ratio.detach().clamp(1 - low, 1 + high)",
})  # fmt: skip


@right("case by case, with where")
def clipped_objective(ratio, advantages, low=0.2, high=0.2):
    a = advantages.detach()
    return a * torch.where(a >= 0, ratio.clamp(max=1 + high), ratio.clamp(min=1 - low))


@right("minus the larger of two losses, as in CleanRL")
def clipped_objective_as_losses(ratio, advantages, low=0.2, high=0.2):
    a = advantages.detach()
    return -torch.max(-a * ratio, -a * torch.clamp(ratio, 1 - low, 1 + high))


@core("two lines")
def clipped_objective_in_two_lines(ratio, advantages, low=0.2, high=0.2):
    a = advantages.detach()
    return torch.min(ratio * a, ratio.clip(1 - low, 1 + high) * a)
