"""Exercise 16.8, preference_loss: what people get wrong, and right answers written otherwise."""

import torch
import torch.nn.functional as F

from course.base.attempt import Attempts

wrong, right = Attempts(), Attempts()

wrong("The difference is the wrong way round: the rejected response is preferred.", {
    "chosen - rejected": "rejected - chosen",
})  # fmt: skip

wrong("sigmoid first and log afterwards: where the difference is large and negative that is log 0.", {
    "-nn.functional.logsigmoid(chosen - rejected).mean()": "-(chosen - rejected).sigmoid().log().mean()",
})  # fmt: skip

wrong("The losses of the pairs are added up; their mean is asked for.", {
    "nn.functional.logsigmoid(chosen - rejected).mean": "nn.functional.logsigmoid(chosen - rejected).sum",
})  # fmt: skip

wrong("The minus is missing: minimising this lowers the probability of what people prefer.", {
    "-nn.functional.logsigmoid(chosen - rejected).mean()": "nn.functional.logsigmoid(chosen - rejected).mean()",
})  # fmt: skip

wrong("The logarithm is missing: this is minus the probability.", {
    "-nn.functional.logsigmoid(chosen - rejected).mean()": "-(chosen - rejected).sigmoid().mean()",
})  # fmt: skip

wrong("This is a hinge with a margin of 1; the loss of Bradley and Terry is asked for.", {
    "-nn.functional.logsigmoid(chosen - rejected).mean()": "(1 - (chosen - rejected)).clamp(min=0).mean()",
})  # fmt: skip

wrong("No pair at all is accepted; the mean of nothing is NaN.", {
    "chosen.shape != rejected.shape or len(chosen) == 0": "chosen.shape != rejected.shape",
})  # fmt: skip

wrong("Different numbers of scores are accepted: they broadcast.", {
    "chosen.shape != rejected.shape or len(chosen) == 0": "len(chosen) == 0",
})  # fmt: skip

wrong("The difference is driven towards 1 by its square; a probability is what is modelled.", {
    "-nn.functional.logsigmoid(chosen - rejected).mean()": "(chosen - rejected - 1).square().mean()",
})  # fmt: skip

wrong("Every chosen score is compared with every rejected one; the scores belong together pair by pair.", {
    "chosen - rejected": "chosen[:, None] - rejected",
})  # fmt: skip

wrong("No gradient reaches the rejected scores; both are learned.", {"chosen - rejected": "chosen - rejected.detach()"})

wrong("A small number inside the logarithm hides the underflow: the worst pairs have no gradient.", {
    "-nn.functional.logsigmoid(chosen - rejected).mean()": "-((chosen - rejected).sigmoid() + 1e-8).log().mean()",
})  # fmt: skip

wrong("The exponentials of the scores overflow; only their difference must be looked at.", {
    "-nn.functional.logsigmoid(chosen - rejected).mean()":
        "-(chosen.exp() / (chosen.exp() + rejected.exp())).log().mean()",
})  # fmt: skip

# Right answers written otherwise


@right("softplus of the reversed difference")
def preference_by_softplus(chosen, rejected):
    if chosen.shape != rejected.shape or chosen.numel() == 0:
        raise ValueError("pairs")
    return F.softplus(rejected - chosen).mean()


@right("cross-entropy of two scores, the first of which is right")
def preference_by_cross_entropy(chosen, rejected):
    if len(chosen) != len(rejected) or len(chosen) < 1:
        raise ValueError("as many chosen as rejected scores, at least one")
    scores = torch.stack([chosen, rejected], dim=1)
    return F.cross_entropy(scores, torch.zeros(len(scores), dtype=torch.long))


@right("logaddexp, pair by pair")
def preference_by_logaddexp(chosen, rejected):
    if not 0 < len(chosen) == len(rejected):
        raise ValueError("no pairs")
    losses = [torch.logaddexp(c - c, r - c) for c, r in zip(chosen, rejected, strict=True)]
    return torch.stack(losses).sum() / len(losses)
