"""Exercise 16.8, preference_loss: what people get wrong, right answers written otherwise, and the core variant."""

import torch
import torch.nn.functional as F

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

LOSS = "-nn.functional.logsigmoid(chosen - rejected).mean()"

wrong("The difference is the wrong way round: the rejected response is preferred.", {
    "chosen - rejected": "rejected - chosen",
})  # fmt: skip

wrong("The losses of the pairs are added up; return their mean.", {
    LOSS: "-nn.functional.logsigmoid(chosen - rejected).sum()",
})  # fmt: skip

wrong("The minus is missing: minimising this lowers the probability of what people prefer.", {
    LOSS: "nn.functional.logsigmoid(chosen - rejected).mean()",
})  # fmt: skip

wrong("The logarithm is missing: this is minus the probability.", {LOSS: "-(chosen - rejected).sigmoid().mean()"})

wrong("This is a hinge with a margin of 1, not the loss of Bradley and Terry.", {
    LOSS: "(1 - (chosen - rejected)).clamp(min=0).mean()",
})  # fmt: skip

wrong("Every chosen score is compared with every rejected one; the scores belong together pair by pair.", {
    "chosen - rejected": "chosen[:, None] - rejected",
})  # fmt: skip

wrong("No gradient reaches the rejected scores; both are learned.", {"chosen - rejected": "chosen - rejected.detach()"})

# log(sigmoid(x)) and log(1 + exp(-x)) fail for the same scores with the same numbers, so they have one sentence.
wrong("For a pair that is ordered wrongly by much this is infinite: the logarithm and what is in it are computed one"
      " after the other. logsigmoid does both in one step.", {
    LOSS: "-(chosen - rejected).sigmoid().log().mean()",
})  # fmt: skip

wrong("For a pair that is ordered wrongly by much this is infinite: the logarithm and what is in it are computed one"
      " after the other. logsigmoid does both in one step.", {
    LOSS: "(1 + (rejected - chosen).exp()).log().mean()",
})  # fmt: skip

wrong("A small number inside the logarithm hides the underflow: the worst pairs have no gradient.", {
    LOSS: "-((chosen - rejected).sigmoid() + 1e-8).log().mean()",
})  # fmt: skip

wrong("Different numbers of scores are accepted: they broadcast.", {"if chosen.shape != rejected.shape:": "if False:"})


@right("softplus of the reversed difference")
def preference_by_softplus(chosen, rejected):
    if chosen.shape != rejected.shape:
        raise ValueError("pairs")
    return F.softplus(rejected - chosen).mean()


@right("cross-entropy of two scores, the first of which is right")
def preference_by_cross_entropy(chosen, rejected):
    if len(chosen) != len(rejected):
        raise ValueError("as many chosen as rejected scores")
    scores = torch.stack([chosen, rejected], dim=1)
    return F.cross_entropy(scores, torch.zeros(len(scores), dtype=torch.long))


@core("as the formula is written")
def by_formula(chosen, rejected):
    return -torch.log(torch.sigmoid(chosen - rejected)).mean()
