"""Exercise 06.3, optimal_baseline: what people get wrong, other right answers, and the shortest right one."""

import torch

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

WEIGHTS = "weights = squared_norms if probabilities is None else squared_norms * probabilities"
RESULT = "return (weights * rewards).sum() / weights.sum()"

wrong("This is the mean reward. It is the best constant only if all score vectors have the same length.", {
    WEIGHTS: "weights = torch.ones_like(rewards) if probabilities is None else probabilities",
})  # fmt: skip

wrong("The probabilities are ignored: all outcomes count the same.", {WEIGHTS: "weights = squared_norms"})

wrong("The weights do not sum to 1: divide by their sum, which is E[|s|^2].", {
    RESULT: "return (weights * rewards).sum()",
})  # fmt: skip

wrong("The lengths of the score vectors are the weights; their squares are needed.", {
    WEIGHTS: "weights = squared_norms.sqrt() if probabilities is None else squared_norms.sqrt() * probabilities",
})  # fmt: skip

wrong("The squared norms are squared once more.", {
    WEIGHTS: "weights = squared_norms**2 if probabilities is None else squared_norms**2 * probabilities",
})  # fmt: skip

wrong("Divided by the squared norms: a long score vector must count more, not less.", {
    WEIGHTS: "weights = 1 / squared_norms if probabilities is None else probabilities / squared_norms",
})  # fmt: skip

wrong("The numerator and the denominator are exchanged.", {RESULT: "return weights.sum() / (weights * rewards).sum()"})

wrong("The probabilities are in the numerator only; E[|s|^2] needs them, too.", {
    RESULT: "return (weights * rewards).sum() / squared_norms.sum()",
})  # fmt: skip


@right("a dot product with weights that sum to 1")
def optimal_baseline(rewards, squared_norms, probabilities=None):
    if probabilities is None:
        probabilities = torch.full_like(rewards, 1 / len(rewards))
    weights = probabilities * squared_norms
    return torch.dot(weights / weights.sum(), rewards)


@right("two expectations, each written out")
def optimal_baseline(rewards, squared_norms, probabilities=None):
    p = [1.0] * len(rewards) if probabilities is None else probabilities.tolist()
    rows = list(zip(p, squared_norms.tolist(), rewards.tolist(), strict=True))
    return torch.as_tensor(sum(w * n * r for w, n, r in rows) / sum(w * n for w, n, _ in rows), dtype=rewards.dtype)


@core("two lines")
def optimal_baseline(rewards, squared_norms, probabilities=None):
    w = squared_norms * (1 if probabilities is None else probabilities)
    return w @ rewards / w.sum()
