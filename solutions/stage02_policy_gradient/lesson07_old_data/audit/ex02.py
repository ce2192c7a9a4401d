"""Exercise 07.2, effective_sample_size: what people get wrong, other right answers, and the shortest right one."""

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

RESULT = "weights.sum() ** 2 / (weights ** 2).sum()"

wrong("The share is returned; the number of samples is asked for.", {RESULT: f"{RESULT} / len(weights)"})

wrong("Numerator and denominator are swapped.", {RESULT: "(weights ** 2).sum() / weights.sum() ** 2"})

wrong("1 / sum of squares is right only for weights that sum to 1.", {
    "largest = weights.max()": "largest = weights.max()\nraw = weights",
    RESULT: "1 / (raw ** 2).sum()",
})  # fmt: skip

wrong("The sum in the numerator is not squared.", {RESULT: "weights.sum() / (weights ** 2).sum()"})

wrong("The squares of large or small weights leave the range of a float: divide by the largest weight first.", {
    "weights = weights / largest": "",
})  # fmt: skip

wrong("If all weights are 0, 0 / 0 is NaN; nothing is left, so the result is 0.", {"largest == 0": "False"})

wrong("The squares are summed in both places: the result is always 1.", {"weights.sum() ** 2": "(weights ** 2).sum()"})

wrong("The caller's weights are divided in place.", {"weights = weights / largest": "weights /= largest"})


@right("weights that sum to 1, then 1 / the sum of their squares")
def effective_sample_size(weights):
    total = weights.sum()
    return 1 / ((weights / total) ** 2).sum() if total > 0 else total


@right("from the mean and the variance of the weights")
def effective_sample_size_from_moments(weights):
    weights = weights / weights.max().clamp(min=1e-300)
    mean, variance = weights.mean(), weights.var(unbiased=False)
    return len(weights) * mean**2 / (mean**2 + variance).clamp(min=1e-300)


@core("the formula")
def effective_sample_size_in_a_line(weights):
    return weights.sum().square() / weights.square().sum()
