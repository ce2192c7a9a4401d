"""Exercise 11.3, paired_difference: what people get wrong, other right answers, and the shortest right one."""

import math

from lesson11_better_or_lucky.evaluation.accuracy import accuracy

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

RESULT = "return accuracy(differences[:, None])"
UNPAIRED = (
    "a, b = accuracy(before), accuracy(after)\n"
    "return b[0] - a[0], (a[1] ** 2 + b[1] ** 2) ** 0.5"
)  # fmt: skip

wrong("The errors of the two means are added as if they had other questions; take the difference for each question.", {
    RESULT: UNPAIRED,
})  # fmt: skip

wrong("The difference is before - after: a gain gets the wrong sign.", {
    "after.mean(dim=1) - before.mean(dim=1)": "before.mean(dim=1) - after.mean(dim=1)",
})  # fmt: skip

wrong("The size of each difference is taken without its sign: losses count as gains.", {
    RESULT: "return accuracy(differences.abs()[:, None])",
})  # fmt: skip

wrong("The two errors are subtracted; errors never cancel that way.", {
    RESULT: "a, b = accuracy(before), accuracy(after)\nreturn b[0] - a[0], abs(b[1] - a[1])",
})  # fmt: skip

wrong("This is the standard deviation of the differences, not the error of their mean.", {
    RESULT: "return differences.mean().item(), differences.std().item()",
})  # fmt: skip

wrong("The standard deviation has the divisor n; it must be n - 1.", {
    RESULT: "return differences.mean().item(), differences.std(unbiased=False).item() / len(differences) ** 0.5",
})  # fmt: skip

wrong("Completion by completion: the third completion before has nothing to do with the third one after.", {
    "differences = after.mean(dim=1) - before.mean(dim=1)":
        "n = min(before.shape[1], after.shape[1])\ndifferences = (after[:, :n] - before[:, :n]).flatten()",
})  # fmt: skip

wrong("The gain is relative to the start; the plain difference is asked for.", {
    "after.mean(dim=1) - before.mean(dim=1)":
        "(after.mean(dim=1) - before.mean(dim=1)) / before.mean(dim=1).clamp(min=1e-9)",
})  # fmt: skip

wrong("Different numbers of questions are cut to the shorter list; they can hardly be the same questions.", {
    "if len(before) != len(after):\n"
    "    raise ValueError(f'the same questions are needed: {len(before)} before, {len(after)} after')":
        "n = min(len(before), len(after))\nbefore, after = before[:n], after[:n]",
})  # fmt: skip


@right("in plain Python")
def paired_difference_in_python(before, after):
    if before.shape[0] != after.shape[0]:
        raise ValueError("other questions")
    gains = [sum(a) / len(a) - sum(b) / len(b) for b, a in zip(before.tolist(), after.tolist(), strict=True)]
    center = sum(gains) / len(gains)
    return center, math.sqrt(sum((g - center) ** 2 for g in gains) / (len(gains) - 1) / len(gains))


@right("by the variances and the covariance")
def paired_difference_with_covariance(before, after):
    if len(before) != len(after):
        raise ValueError("other questions")
    a, b = before.mean(1), after.mean(1)
    n = len(a)
    covariance = ((a - a.mean()) * (b - b.mean())).sum() / (n - 1)
    variance = (a.var() + b.var() - 2 * covariance).clamp(min=0)
    return float(b.mean() - a.mean()), float((variance / n).sqrt()) if variance > 1e-15 else 0.0


@core("with accuracy")
def paired_difference(before, after):
    return accuracy((after.mean(1) - before.mean(1))[:, None])
