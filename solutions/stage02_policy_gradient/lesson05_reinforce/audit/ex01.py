"""Exercise 05.1, exact_gradient: what people get wrong, other right answers, and the shortest right one."""

import torch

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

GRADIENT = "pi * (rewards - expected_reward)"

wrong("The expected reward is not subtracted: a softmax that raises one arm lowers the others.", {
    GRADIENT: "pi * rewards",
})  # fmt: skip

wrong("The probability in front is missing: the logit of an unlikely arm changes J only a little.", {
    GRADIENT: "rewards - expected_reward",
})  # fmt: skip

wrong("The sign is wrong: this direction lowers the expected reward.", {GRADIENT: "pi * (expected_reward - rewards)"})

wrong("The logits are taken for probabilities: the softmax is missing.", {"logits.softmax(0)": "logits"})

wrong("The plain mean of the rewards is subtracted. J weights each arm with its probability.", {
    GRADIENT: "pi * (rewards - rewards.mean())",
})  # fmt: skip

wrong("This is the gradient to the probabilities. The logits change J through the softmax.", {GRADIENT: "rewards"})

wrong("Only the arm's own probability is differentiated, pi * (1 - pi); its logit changes the others, too.", {
    GRADIENT: "pi * (1 - pi) * rewards",
})  # fmt: skip

wrong("The caller's rewards are changed in place.", {GRADIENT: "pi * rewards.sub_(expected_reward)"})


@right("the Jacobian of the softmax, written out")
def exact_gradient(logits, rewards):
    pi = torch.softmax(logits, dim=-1)
    return (torch.diag(pi) - torch.outer(pi, pi)) @ rewards


@right("autograd")
def exact_gradient(logits, rewards):
    leaf = logits.detach().clone().requires_grad_()
    (leaf.softmax(0) @ rewards).backward()
    return leaf.grad


@core("one line more than none")
def exact_gradient(logits, rewards):
    pi = logits.exp() / logits.exp().sum()
    return pi * rewards - pi * (pi @ rewards)
