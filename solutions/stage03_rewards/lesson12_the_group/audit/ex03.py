"""Exercise 12.3, advantages: what people get wrong, other right answers, and the shortest right one."""

import torch
from lesson12_the_group.group.advantages import EPS, group_baseline

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

STD = "shaped.std(1, keepdim=True)"
UNIT = f"result = result / ({STD} + EPS)"

wrong("The advantages are clipped; the rewards should be, before the baseline is subtracted.", {
    "shaped = shaped.clamp(-clipping, clipping)": "pass",
    "result = shaped - group_baseline(shaped, kind)":
        "result = shaped - group_baseline(shaped, kind)\n"
        "if clipping is not None:\n    result = result.clamp(-clipping, clipping)",
})  # fmt: skip

wrong("Clipping comes before scaling: the limit is for the scaled rewards.", {
    "shaped = rewards * scaling": "shaped = rewards",
    "result = shaped - group_baseline(shaped, kind)":
        "shaped = shaped * scaling\nresult = shaped - group_baseline(shaped, kind)",
})  # fmt: skip

wrong("The unit is the standard deviation of the rewards before clipping.", {STD: "rewards.std(1, keepdim=True)"})

wrong("The standard deviation is that of the whole batch: a group with small differences is nearly silent.", {
    UNIT: "result = result / (shaped.std() + EPS)",
})  # fmt: skip

wrong("The standard deviation has the divisor G; it must be G - 1.", {STD: STD.replace(")", ", unbiased=False)")})

wrong("EPS is added to the variance, under the root; it must be added to the standard deviation.", {
    f"{STD} + EPS": "(shaped.var(1, keepdim=True) + EPS).sqrt()",
})  # fmt: skip

wrong("The unit is the variance; it must be the standard deviation, the variance's square root.", {
    UNIT: "result = result / (shaped.var(1, keepdim=True) + EPS)",
})  # fmt: skip

wrong("The unit is the root mean square of what the baseline left, not the standard deviation.", {
    UNIT: "result = result / ((result.square().sum(1, keepdim=True) / (result.shape[1] - 1)).sqrt() + EPS)",
})  # fmt: skip

wrong("normalize does nothing: the advantages are always divided.", {"if normalize:": "if True:"})

wrong("The kind of baseline does nothing: it is always the mean.", {
    "group_baseline(shaped, kind)": "group_baseline(shaped, 'mean')",
})  # fmt: skip

wrong("Large rewards are clipped, and negative ones are not.", {"-clipping": "None"})

wrong("Equal rewards give 0/0: the advantages are NaN, and so is the loss of the whole batch.", {
    UNIT: "result = result / shaped.std(1, keepdim=True)",
    "return result.where(~equal, 0.0)": "return result",
})  # fmt: skip

wrong("The caller's rewards are changed in place.", {"rewards * scaling": "rewards.mul_(scaling)"})


@right("one row after the other")
def advantages_in_loops(rewards, kind="mean", scaling=1.0, clipping=None, normalize=True):
    rows = []
    for row in rewards:
        row = scaling * row
        if clipping:
            row = torch.minimum(torch.maximum(row, row.new_tensor(-clipping)), row.new_tensor(clipping))
        if row.max() == row.min():
            rows.append(torch.zeros_like(row))
            continue
        left = row - group_baseline(row[None], kind)[0]
        rows.append(left / (row.std() + EPS) if normalize else left)
    return torch.stack(rows)


@right("the spread as a product with 0 for groups without one")
def advantages_with_a_mask(rewards, kind="mean", scaling=1.0, clipping=None, normalize=True):
    limit = float("inf") if clipping is None else clipping
    shaped = (scaling * rewards).clip(-limit, limit)
    spread = shaped.amax(1, keepdim=True) - shaped.amin(1, keepdim=True)
    result = (shaped - group_baseline(shaped, kind)) * (spread > 0)
    return result / (torch.std(shaped, dim=1, keepdim=True) + EPS) if normalize else result


@core("three lines")
def advantages(rewards, kind="mean", scaling=1.0, clipping=None, normalize=True):
    shaped = rewards * scaling if clipping is None else (rewards * scaling).clamp(-clipping, clipping)
    result = shaped - group_baseline(shaped, kind)
    return result / (shaped.std(1, keepdim=True) + EPS) if normalize else result
