"""Exercise 15.12, expected_share_without_signal: what people get wrong, right answers written otherwise, and the core
variant."""

import torch

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

POWERS = "(success**group_size + (1 - success) ** group_size).mean()"

wrong("The powers are taken of the mean probability. Take them for each image; the mean comes last.", {
    POWERS: "success.mean() ** group_size + (1 - success.mean()) ** group_size",
})  # fmt: skip

wrong("Only groups that are all right are counted. Groups that are all wrong have no signal either.", {
    POWERS: "(success**group_size).mean()",
})  # fmt: skip

wrong("Only groups that are all wrong are counted. Groups that are all right have no signal either.", {
    POWERS: "((1 - success) ** group_size).mean()",
})  # fmt: skip

wrong("This is the share of groups that have a signal.", {POWERS: "1 - " + POWERS})

wrong("This is the share of groups with at least one right answer. If all are right, there is no signal.", {
    POWERS: "(1 - (1 - success) ** group_size).mean()",
})  # fmt: skip

wrong("The power is G - 1: the chance that all others answer like the first.", {
    POWERS: POWERS.replace("group_size", "(group_size - 1)"),
})  # fmt: skip


@right("a loop over images and answers")
def expected_share_without_signal(success, group_size):
    shares = []
    for p in success.tolist():
        all_right = all_wrong = 1.0
        for _ in range(group_size):
            all_right, all_wrong = all_right * p, all_wrong * (1 - p)
        shares.append(all_right + all_wrong)
    return torch.tensor(sum(shares) / len(shares), dtype=success.dtype)


@right("both powers at once")
def expected_share_without_signal(success, group_size):
    return torch.stack([success, 1 - success]).pow(group_size).sum(0).mean()


@core("the formula")
def expected_share_without_signal(success, group_size):
    return (success**group_size + (1 - success) ** group_size).mean()
