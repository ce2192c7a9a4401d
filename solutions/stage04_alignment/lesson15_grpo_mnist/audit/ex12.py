"""Exercise 15.12, expected_share_without_signal: what people get wrong, and right answers written otherwise."""

import math

import torch

from course.base.attempt import Attempts

wrong, right = Attempts(), Attempts()

POWERS = "(success**group_size + (1 - success) ** group_size).mean()"

wrong("The mean is taken of the probabilities; it belongs to the shares, which are no straight line in p.", {
    POWERS: POWERS.replace("success**", "success.mean() **").replace("1 - success)", "1 - success.mean())"),
})  # fmt: skip

wrong("Only the groups that are all right are counted; all wrong teaches as little.", {
    POWERS: "(success**group_size).mean()",
})  # fmt: skip

wrong("Only the groups that are all wrong are counted; all right teaches as little.", {
    POWERS: "((1 - success) ** group_size).mean()",
})  # fmt: skip

wrong("This is the share of groups that have a signal.", {
    POWERS: "1 - " + POWERS,
})  # fmt: skip

wrong("This is the share of groups with at least one right answer; where all are right, nothing is learned.", {
    POWERS: "(1 - (1 - success) ** group_size).mean()",
})  # fmt: skip

wrong("This is the share of groups with at least one wrong answer; where all are wrong, nothing is learned.", {
    POWERS: "(1 - success**group_size).mean()",
})  # fmt: skip

wrong("All right and all wrong cannot both happen: their chances are added, not multiplied.", {
    POWERS: POWERS.replace(" + ", " * "),
})  # fmt: skip

wrong("The shares of the images are added up; their mean is asked for.", {
    POWERS: POWERS.replace("mean", "sum"),
})  # fmt: skip

wrong("The power is G - 1: that all others answer like the first, who may be right or wrong.", {
    POWERS: POWERS.replace("group_size", "(group_size - 1)"),
})  # fmt: skip

wrong("p is multiplied by G; G answers are all right with p to the power of G.", {
    POWERS: "(success * group_size + (1 - success) * group_size).mean()",
})  # fmt: skip

wrong("The share is in percent; it is a number from 0 to 1.", {
    POWERS: "100 * " + POWERS,
})  # fmt: skip

wrong("NaN passes for a probability: every comparison with it is false.", {
    "not ((success >= 0) & (success <= 1)).all()": "((success < 0) | (success > 1)).any()",
})  # fmt: skip

wrong("Negative probabilities are accepted.", {"(success >= 0) & (success <= 1)": "success <= 1"})

wrong("Probabilities above 1 are accepted.", {"(success >= 0) & (success <= 1)": "success >= 0"})

wrong("No images at all give NaN; they are refused.", {
    "success.numel() == 0 or not ((success >= 0) & (success <= 1)).all()":
        "not ((success >= 0) & (success <= 1)).all()",
})  # fmt: skip

wrong("A group of no answers is accepted.", {"if group_size < 1:": "if False:"})

wrong("A group of one is refused; it never has signal, which is a share of 1.", {
    "if group_size < 1:": "if group_size < 2:",
})  # fmt: skip

# Right answers written otherwise


@right("a loop over images and answers")
def expected_share_without_signal(success, group_size):
    numbers = success.tolist()
    if group_size < 1 or not numbers or not all(0 <= p <= 1 for p in numbers):
        raise ValueError("success: probabilities, of groups of one or more")
    shares = []
    for p in numbers:
        all_right = all_wrong = 1.0
        for _ in range(group_size):
            all_right, all_wrong = all_right * p, all_wrong * (1 - p)
        shares.append(all_right + all_wrong)
    return torch.tensor(sum(shares) / len(shares), dtype=success.dtype)


@right("both powers at once, checks by comparison with a clamp")
def expected_share_without_signal(success, group_size):
    if group_size <= 0:
        raise ValueError("at least one answer")
    if success.shape[0] == 0 or not torch.equal(success.clamp(0, 1), success):
        raise ValueError("success is not made of probabilities")
    return torch.stack([success, 1 - success]).pow(group_size).sum(0).mean()


@right("one minus the chance of a mixed group, by the binomial distribution")
def expected_share_without_signal(success, group_size):
    if group_size < 1:
        raise ValueError("no group")
    if len(success) == 0 or bool((~((success >= 0) & (success <= 1))).any()):
        raise ValueError("success")
    ways = [(k, math.comb(group_size, k)) for k in range(1, group_size)]
    mixed = sum((n * success**k * (1 - success) ** (group_size - k) for k, n in ways), torch.zeros_like(success))
    return (1 - mixed).mean()
