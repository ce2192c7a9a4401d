"""Exercise 12.6, question_weights: what people get wrong, other right answers, and the shortest right one."""

import torch

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

wrong("The pass rate is right / tries; the 1 and the 2 must be added, or a question with extreme counts is given up.", {
    "(right + 1) / (tries + 2)": "right / tries",
})  # fmt: skip

wrong("A question that was always wrong so far gets weight 0, and is given up for ever.", {
    "(right + 1) / (tries + 2)": "torch.where(tries > 0, right / tries.clamp(min=1), 0.5)",
})  # fmt: skip

wrong("Hard questions are preferred, not those of middle difficulty.", {"weights = p * (1 - p)": "weights = 1 - p"})

wrong("The weights do not sum to 1.", {"return weights / weights.sum()": "return weights"})

wrong("The weights are the standard deviations of the rewards; the variances p (1 - p) are asked for.", {
    "weights = p * (1 - p)": "weights = (p * (1 - p)).sqrt()",
})  # fmt: skip


@right("one question after the other")
def question_weights_in_a_loop(right, tries):
    weights = []
    for c, n in zip(right.tolist(), tries.tolist(), strict=True):
        weights.append((c + 1) * (n - c + 1) / (n + 2) ** 2)
    return torch.tensor(weights, dtype=torch.float64) / sum(weights)


@right("by torch.nn.functional.normalize")
def question_weights_normalized(right, tries):
    p = (1 + right) / (2 + tries)
    return torch.nn.functional.normalize(p - p.square(), p=1, dim=0)


@core("two lines")
def question_weights(right, tries):
    p = (right + 1) / (tries + 2)
    return p * (1 - p) / (p * (1 - p)).sum()
