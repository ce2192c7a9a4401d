"""Exercise 08.5, explained_variance: what people get wrong, other right answers, and the shortest right one."""

import math
from statistics import pvariance

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

PICK = "values, returns = values[mask], returns[mask]"
LAST = "return (1 - (returns - values).var(correction=0) / returns.var(correction=0)).item()"

wrong("The mean squared error is used for the variance of the error: a constant error then counts.", {
    LAST: "return (1 - (returns - values).square().mean() / returns.var(correction=0)).item()",
})  # fmt: skip

wrong("The error's variance is divided by that of the values; the returns are to be explained.", {
    LAST: "return (1 - (returns - values).var(correction=0) / values.var(correction=0)).item()",
})  # fmt: skip

wrong("Padding is part of the variances.", {PICK: "values, returns = values.flatten(), returns.flatten()"})

wrong("Equal returns give 0; there is nothing to explain, and NaN says so.", {"return math.nan": "return 0.0"})


@right("covariances")
def explained_variance(values, returns, mask):
    v, r = values[mask] - values[mask].mean(), returns[mask] - returns[mask].mean()
    if r.abs().max() == 0:
        return float("nan")
    return float((2 * (v @ r) - v @ v) / (r @ r))


@right("Python's statistics")
def explained_variance_in_python(values, returns, mask):
    total = pvariance(returns[mask].tolist())
    return 1 - pvariance((returns - values)[mask].tolist()) / total if total else math.nan


@core("one line")
def explained_variance_in_one_line(values, returns, mask):
    return (1 - (returns - values)[mask].var() / returns[mask].var()).item()
