"""Exercise 11.2, accuracy: what people get wrong, other right answers, and the shortest right one."""

import torch

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

RESULT = "return means.mean().item(), means.std().item() / math.sqrt(len(means))"

wrong("Every completion counts as a question of its own. Those of one question are alike: the error is too small.", {
    RESULT: "return right.mean().item(), right.std().item() / math.sqrt(right.numel())",
})  # fmt: skip

wrong("sqrt(p(1 - p)/N) is the error of N independent completions; those of one question are not independent.", {
    RESULT: "p = right.mean().item()\nreturn p, math.sqrt(max(p * (1 - p), 0) / right.numel())",
})  # fmt: skip

wrong("The spread of the questions is divided by the root of the number of completions, not of questions.", {
    RESULT: "return means.mean().item(), means.std().item() / math.sqrt(right.numel())",
})  # fmt: skip

wrong("This is the standard deviation of the questions; the mean's error is smaller by the root of their number.", {
    RESULT: "return means.mean().item(), means.std().item()",
})  # fmt: skip

wrong("The standard deviation has the divisor n; it must be n - 1.", {
    "means.std()": "means.std(unbiased=False)",
})  # fmt: skip

wrong("This spread is that of the completions around their own question; the questions' means spread more.", {
    RESULT: "return means.mean().item(), (right.var(dim=1).mean().item() / len(means)) ** 0.5",
})  # fmt: skip

wrong("1.96 standard errors are half a 95 % interval; one is asked for.", {"means.std()": "1.96 * means.std()"})

wrong("The means are those of the columns; a question is a row.", {"right.mean(dim=1)": "right.mean(dim=0)"})

wrong("With one question the standard error is NaN, and nobody is warned.", {
    "if len(right) < 2:\n"
    "    raise ValueError(f'a standard error needs at least two questions, not {len(right)}')": "",
})  # fmt: skip


@right("sums written out")
def accuracy_in_sums(right):
    questions, samples = right.shape
    if questions < 2:
        raise ValueError("one question has no spread")
    means = [sum(row) / samples for row in right.tolist()]
    center = sum(means) / questions
    return center, (sum((m - center) ** 2 for m in means) / (questions - 1) / questions) ** 0.5


@right("tensors are returned, of which the numbers are taken later")
def accuracy_as_tensors(right):
    if right.shape[0] == 1:
        raise ValueError("at least two questions")
    deviations = right.mean(1) - right.mean()
    return right.mean(), torch.sqrt(deviations.square().sum() / (len(right) - 1) / len(right))


@core("two lines")
def accuracy(right):
    means = right.mean(1)
    return means.mean().item(), means.std().item() / len(means) ** 0.5
