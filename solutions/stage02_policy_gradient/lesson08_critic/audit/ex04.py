"""Exercise 08.4, value_loss: what people get wrong, other right answers, and the shortest right one."""

import torch

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

PICK = "old_values, returns = old_values.detach()[mask], returns.detach()[mask]\nvalues = values[mask]"
ALL = "old_values, returns = old_values.detach(), returns.detach()"
CLIPPED = "clipped = old_values + (values - old_values).clamp(-clip, clip)"
WORSE = "worse = torch.maximum((values - returns).square(), (clipped - returns).square())"

wrong("The smaller error counts: a critic that has moved away from the return is then not pulled back.", {
    WORSE: "worse = torch.minimum((values - returns).square(), (clipped - returns).square())",
})  # fmt: skip

wrong("Only the clipped error counts: a critic that has moved away from the return gets no gradient.", {
    WORSE: "worse = (clipped - returns).square()",
})  # fmt: skip

wrong("The values themselves are clipped to [-clip, clip]; the clip limits the move from the old value.", {
    CLIPPED: "clipped = values.clamp(-clip, clip)",
})  # fmt: skip

wrong("The factor 1/2 is missing: the gradient is twice V - R.", {"0.5 * worse.mean()": "worse.mean()"})

wrong("The mean runs over the padding too.", {
    PICK: ALL, "0.5 * worse.mean()": "0.5 * worse.where(mask, 0.0).mean()",
})  # fmt: skip

wrong("The mean is taken of each answer first: the tokens of short answers count more.", {
    PICK: ALL, "0.5 * worse.mean()": "0.5 * (worse.where(mask, 0.0).sum(1) / mask.sum(1)).mean()",
})  # fmt: skip

wrong("Gradient flows to the old values.", {"old_values.detach()[mask]": "old_values[mask]"})

wrong("Gradient flows to the returns, a fixed target.", {"returns.detach()[mask]": "returns[mask]"})

wrong("The padding is left out of the mean only: behind a square or a clamp, a NaN is still NaN in the gradient.", {
    PICK: ALL, "0.5 * worse.mean()": "0.5 * worse[mask].mean()",
})  # fmt: skip

wrong("The mask is multiplied with the errors: a NaN on the padding stays NaN.", {
    PICK: ALL, "0.5 * worse.mean()": "0.5 * (worse * mask).sum() / mask.sum()",
})  # fmt: skip

right("the clip by minimum and maximum", {
    CLIPPED: "clipped = torch.minimum(torch.maximum(values, old_values - clip), old_values + clip)",
})  # fmt: skip


@right("with where instead of maximum")
def value_loss(values, old_values, returns, mask, clip=0.2):
    values, old_values, returns = values[mask], old_values[mask].detach(), returns[mask].detach()
    near = torch.maximum(torch.minimum(values, old_values + clip), old_values - clip)
    plain, clipped = (values - returns) ** 2, (near - returns) ** 2
    return torch.where(plain >= clipped, plain, clipped).sum() / mask.sum() / 2


@core("multiplied by the mask")
def value_loss_times_mask(values, old_values, returns, mask, clip=0.2):
    old_values, returns = old_values.detach(), returns.detach()
    clipped = old_values + (values - old_values).clamp(-clip, clip)
    return (torch.max((values - returns) ** 2, (clipped - returns) ** 2) * mask).sum() / mask.sum() / 2
