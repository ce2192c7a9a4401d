"""Exercise 16.2, standardize: what people get wrong, right answers written otherwise, and the core variant."""

import torch

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

wrong("The standard deviation is the biased one (divided by n); divide by n - 1.", {
    "known.std()": "known.std(correction=0)",
})  # fmt: skip

wrong("The values are divided by the variance, not by its root.", {"known.std()": "known.var()"})

wrong("The mean is not subtracted.", {"(values - known.mean())": "values"})

wrong("eps is a number of your own; use the caller's.", {"(known.std() + eps)": "(known.std() + 1e-4)"})

wrong("eps is added under the root; add it to the standard deviation.", {
    "(known.std() + eps)": "(known.var() + eps).sqrt()",
})  # fmt: skip

wrong("Values that are not scored count as 0 in mean and deviation.", {
    "known = values[scored]": "known = values.nan_to_num(0.0)",
})  # fmt: skip

wrong("Values that are not scored stay NaN: one of them makes the whole loss NaN.", {
    "torch.where(scored, (values - known.mean()) / (known.std() + eps), 0.0)":
        "(values - known.mean()) / (known.std() + eps)",
})  # fmt: skip

wrong("A single scored value has no standard deviation: NaN comes out. Give 0.", {"len(known) < 2": "len(known) < 1"})


@right("sums and counts, with a mask")
def by_sums(values, eps=1e-4):
    known = (~values.isnan()).to(values.dtype)
    n = known.sum()
    filled = values.nan_to_num(0.0)
    if n < 2:
        return filled * 0.0
    centred = (filled - filled.sum() / n) * known
    return centred / ((centred.square().sum() / (n - 1)).sqrt() + eps)


@right("filled into zeros by index")
def by_index(values, eps=1e-4):
    result = torch.zeros_like(values)
    places = (values == values).nonzero()[:, 0]
    if len(places) > 1:
        variance, mean = torch.var_mean(values[places])
        result[places] = (values[places] - mean) / (variance.sqrt() + eps)
    return result


@core("no NaN, no single values")
def without_checks(values, eps=1e-4):
    return (values - values.mean()) / (values.std() + eps)
