"""Exercise 06.6, whiten: what people get wrong, other right answers, and the shortest right one."""

import torch

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

RESULT = "result[mask] = (counted - counted.mean()) / (std + eps)"

wrong("Padding is part of the mean and of the std.", {
    "counted = advantages.detach()[mask]": "counted = advantages.detach().flatten()",
    RESULT: "result[mask] = ((advantages.detach() - counted.mean()) / (std + eps))[mask]",
})  # fmt: skip

# SkyRL#1305
wrong("Padding is part of the mean; only the std leaves it out.", {
    RESULT: "result[mask] = (counted - advantages.detach().mean()) / (std + eps)",
})  # fmt: skip

wrong("eps is inside the square root, added to the variance. It must be added to the std.", {
    RESULT: "result[mask] = (counted - counted.mean()) / (std**2 + eps) ** 0.5",
})  # fmt: skip

wrong("Padding is found by its value: a token whose advantage is 0 is taken for padding.", {
    "counted = advantages.detach()[mask]": "mask = mask & (advantages != 0)\ncounted = advantages.detach()[mask]",
})  # fmt: skip

wrong("Padding gets (0 - mean) / std: it must get 0, or it is trained.", {
    "result = torch.zeros_like(advantages)": "result = (torch.zeros_like(advantages) - counted.mean()) / (std + eps)",
})  # fmt: skip

wrong("The advantages are not detached: a gradient flows through them.", {
    "counted = advantages.detach()[mask]": "counted = advantages[mask]",
})  # fmt: skip

wrong("The std divides by n; it divides by n - 1.", {"counted.std()": "counted.std(correction=0)"})

wrong("A single token gives NaN: its std is 0 divided by 0.", {
    "counted.std() if len(counted) > 1 else 0.0": "counted.std()",
})  # fmt: skip


@wrong("Each row is whitened for itself. Mean and std are over the whole batch.")
def whiten(advantages, mask, eps=1e-4):
    result = torch.zeros_like(advantages)
    for i, counts in enumerate(mask):
        row = advantages.detach()[i, counts]
        std = row.std() if len(row) > 1 else 0.0
        result[i, counts] = (row - row.mean()) / (std + eps)
    return result


@right("with where and sums")
def whiten(advantages, mask, eps=1e-4):
    values = torch.where(mask, advantages.detach(), 0.0)
    n = mask.sum()
    mean = values.sum() / n
    centred = torch.where(mask, values - mean, 0.0)
    return centred / ((centred.square().sum() / (n - 1).clamp(min=1)).sqrt() + eps)


@right("masked_scatter")
@torch.no_grad()
def whiten(advantages, mask, eps=1e-4):
    counted = advantages.masked_select(mask)
    centred = counted - counted.mean()
    std = torch.sqrt(torch.sum(centred**2) / max(centred.numel() - 1, 1))
    return torch.zeros_like(advantages).masked_scatter(mask, centred / (std + eps))


@core("three lines")
def whiten(advantages, mask, eps=1e-4):
    x, result = advantages.detach()[mask], torch.zeros_like(advantages)
    result[mask] = (x - x.mean()) / (x.std() + eps)
    return result
