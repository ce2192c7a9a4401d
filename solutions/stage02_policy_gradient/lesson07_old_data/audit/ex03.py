"""Exercise 07.3, off_policy_value: what people get wrong, other right answers, and the shortest right one."""

import torch

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

RESULT = "(weights * rewards).sum() / (weights.sum() if self_normalized else len(weights))"

wrong("The weights are not used: this is the value of the policy that sampled.", {RESULT: "rewards.mean()"})

wrong("Both variants divide by the number of samples.", {RESULT: "(weights * rewards).mean()"})

wrong("Both variants divide by the sum of the weights.", {RESULT: "(weights * rewards).sum() / weights.sum()"})

wrong("The two variants are swapped.", {"self_normalized": "not self_normalized"})

wrong("Rewards are divided by the weights instead of multiplied.", {"weights * rewards": "rewards / weights"})


@right("a dot product with weights that sum to 1")
def off_policy_value(rewards, weights, self_normalized=False):
    scale = weights.sum() if self_normalized else torch.tensor(float(weights.numel()))
    return torch.dot(weights / scale, rewards)


@right("a loop")
def off_policy_value_in_a_loop(rewards, weights, self_normalized=False):
    total, mass = torch.zeros_like(rewards[0]), torch.zeros_like(weights[0])
    for w, r in zip(weights, rewards, strict=True):
        total, mass = total + w * r, mass + (w if self_normalized else 1)
    return total / mass


@core("two returns")
def off_policy_value_in_two_lines(rewards, weights, self_normalized=False):
    if self_normalized:
        return (weights * rewards).sum() / weights.sum()
    return (weights * rewards).mean()
