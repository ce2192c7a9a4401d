"""Exercise 12.4, combine_rewards: what people get wrong, other right answers, and the shortest right one."""

import torch
from lesson12_the_group.group.advantages import advantages

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

EACH = "return torch.stack([weight * advantages(part) for weight, part in weighted]).sum(0)"

wrong("normalize_each does nothing: the rewards are always added up first.", {"if normalize_each:": "if False:"})

wrong("Each part is weighted before its advantages are taken: normalizing removes the weight again.", {
    EACH: "return torch.stack([advantages(weight * part) for weight, part in weighted]).sum(0)",
})  # fmt: skip

wrong("The sum of the advantages is normalized once more: two parts are then worth as much as one.", {
    EACH: "return advantages(torch.stack([weight * advantages(part) for weight, part in weighted]).sum(0))",
})  # fmt: skip

wrong("The mean of the parts is taken; their sum is asked for.", {EACH: EACH.replace(".sum(0)", ".mean(0)")})


@right("with a loop that adds up")
def combine_rewards_in_a_loop(parts, weights, normalize_each):
    total = torch.zeros_like(parts[0])
    for i in range(len(parts)):
        total = total + weights[i] * (advantages(parts[i]) if normalize_each else parts[i])
    return total if normalize_each else advantages(total)


@right("with einsum")
def combine_rewards_with_einsum(parts, weights, normalize_each):
    stacked = torch.stack([advantages(part) for part in parts] if normalize_each else parts)
    total = torch.einsum("kpg,k->pg", stacked, torch.tensor(weights, dtype=stacked.dtype))
    return total if normalize_each else advantages(total)


@core("two lines")
def combine_rewards(parts, weights, normalize_each):
    if normalize_each:
        return sum(w * advantages(p) for w, p in zip(weights, parts))  # noqa: B905
    return advantages(sum(w * p for w, p in zip(weights, parts)))  # noqa: B905
