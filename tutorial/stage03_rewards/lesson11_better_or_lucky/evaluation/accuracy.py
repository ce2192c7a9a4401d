"""How good is a policy, and is it better than another one? Estimates from samples, with the error of each.

Several completions of one question are not independent: a hard question is hard for all of them. So the questions are
the sample, and the completions of a question only tell its mean more exactly.
"""

import math

from jaxtyping import Float
from torch import Tensor


def pass_at_k(samples: int, right: int, k: int) -> float:
    """Returns the probability that at least one of k completions is right, estimated from more of them.

    Args:
        samples: how many completions of one question were drawn, n.
        right: how many of these are right, c.
        k: at least 1, at most n.

    It is the share of the choices of k among the n completions that hold a right one: 1 - C(n - c, k) / C(n, k). Its
    mean over many draws is the true value (Chen et al. 2021, arXiv 2107.03374, equation 1). n may be in the thousands.

    Hardening: ValueError unless 1 <= k <= n and 0 <= c <= n.
    """
    # The number of choices without a right completion, divided by the number of all choices (math.comb counts them).
    # The probability of at least one right completion is 1 minus that.
    raise NotImplementedError("not written yet: exercise 11.1, evaluation/accuracy.py:pass_at_k")


def accuracy(right: Float[Tensor, "questions samples"]) -> tuple[float, float]:
    """Returns the mean, and its standard error if the questions are a sample of all questions.

    Args:
        right: 1 for a right completion, 0 for a wrong one (or any other score). A row holds the completions of one
            question.

    The standard error is the standard deviation of the questions' means (divisor n - 1), divided by the square root of
    the number of questions. (Miller 2024, arXiv 2411.00640, on clustered standard errors.)

    Hardening: ValueError if there are fewer than two questions: one has no spread.
    """
    # The mean of each row.
    # Their mean; their standard deviation over the square root of their number.
    raise NotImplementedError("not written yet: exercise 11.2, evaluation/accuracy.py:accuracy")


def paired_difference(
    before: Float[Tensor, "questions samples_before"],
    after: Float[Tensor, "questions samples_after"],
) -> tuple[float, float]:
    """Returns by how much the mean has risen, and the standard error of this difference.

    Args:
        before: scores of the completions of one policy. Row i is question i.
        after: those of another policy for the same questions, in the same order. It may have more or fewer completions
            of each question.

    The difference is taken for each question first; the spread of these differences gives the standard error, as in
    `accuracy`. What makes a question easy or hard for both policies cancels. (Miller 2024, on paired differences.)

    Hardening: ValueError if the numbers of questions differ.
    """
    # For each question: the mean after, minus the mean before.
    # The mean of these differences and its standard error, as in `accuracy`.
    raise NotImplementedError("not written yet: exercise 11.3, evaluation/accuracy.py:paired_difference")
