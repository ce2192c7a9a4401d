"""Exercise 16.2, standardize: what people get wrong, and right answers written otherwise."""

import numpy as np
import torch

from course.base.attempt import Attempts

wrong, right = Attempts(), Attempts()

wrong("The standard deviation is the biased one (divided by n); the unbiased one, divided by n - 1, is asked for.", {
    "known.std()": "known.std(correction=0)",
})  # fmt: skip

wrong("eps is left out of the quotient.", {"(known.std() + eps)": "known.std()"})

wrong("Values that are not scored count as 0 in mean and deviation.", {
    "known = values[scored]": "known = values.nan_to_num(0.0)",
})  # fmt: skip

wrong("Values that are not scored stay NaN: one of them would make the whole loss NaN.", {
    "torch.where(scored, (values - known.mean()) / (known.std() + eps), 0.0)":
        "(values - known.mean()) / (known.std() + eps)",
})  # fmt: skip

wrong("The mean is not subtracted.", {"(values - known.mean())": "values"})

wrong("eps is a number of your own; the caller's is not used.", {"(known.std() + eps)": "(known.std() + 1e-4)"})

wrong("Values without any spread leave rounding behind, divided by eps; exactly 0 is asked for.", {
    "if len(known) < 2 or bool((known == known[0]).all()):": "if len(known) < 2:",
})  # fmt: skip

wrong("Where nothing is scored at all it ends in an error; everything is 0 then.", {
    "if len(known) < 2 or bool((known == known[0]).all()):": "if bool((known == known[0]).all()):",
})  # fmt: skip

wrong("It is the variance that is divided by, not its root.", {"(known.std() + eps)": "(known.var() + eps)"})

wrong("eps is added under the root; it belongs to the standard deviation itself.", {
    "(known.std() + eps)": "(known.var() + eps).sqrt()",
})  # fmt: skip

wrong("Unscored values are filled with the mean before the deviation is taken: it comes out too small.", {
    "known = values[scored]": "known = values.nan_to_num(float(values.nanmean()))",
})  # fmt: skip

wrong("The values that were given are changed in place.", {
    "known = values[scored]": "values.nan_to_num_(0.0)\nknown = values[scored]",
})  # fmt: skip

wrong("Unscored values are left out of the result; there must be one number for each value.", {
    "torch.where(scored, (values - known.mean()) / (known.std() + eps), 0.0)":
        "(known - known.mean()) / (known.std() + eps)",
})  # fmt: skip

# Right answers written otherwise


@right("sums and counts, with a mask")
def by_sums(values, eps=1e-4):
    known = (~values.isnan()).to(values.dtype)
    n = known.sum()
    filled = values.nan_to_num(0.0)
    if n < 2:
        return filled * 0.0
    mean = filled.sum() / n
    centred = (filled - mean) * known
    highest, lowest = values[known.bool()].max(), values[known.bool()].min()
    if highest == lowest:
        return filled * 0.0
    return centred / ((centred.square().sum() / (n - 1)).sqrt() + eps)


@right("numpy in double precision")
def by_numpy(values, eps=1e-4):
    numbers = values.double().numpy().copy()
    known = ~np.isnan(numbers)
    if known.sum() < 2 or np.ptp(numbers[known]) == 0:
        return torch.zeros_like(values)
    numbers = (numbers - numbers[known].mean()) / (numbers[known].std(ddof=1) + eps)
    return torch.tensor(np.where(known, numbers, 0.0), dtype=values.dtype)


@right("filled into zeros by index")
def by_index(values, eps=1e-4):
    result = torch.zeros_like(values)
    places = (values == values).nonzero()[:, 0]
    if len(places) > 1:
        variance, mean = torch.var_mean(values[places])
        if values[places].unique().numel() > 1:
            result[places] = (values[places] - mean) / (variance.sqrt() + eps)
    return result
