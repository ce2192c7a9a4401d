"""Which questions to ask, and how often: a group whose rewards are all equal teaches nothing.

A completion is right (reward 1) with probability p, the question's pass rate, or wrong (reward 0).
"""

from jaxtyping import Float
from torch import Tensor


def allocate(pass_rates: list[float], budget: int, smallest: int, largest: int) -> list[int]:
    """Returns the group size of each question, so that as many groups as possible have right and wrong completions.

    Args:
        pass_rates: the estimated pass rate p of each question.
        budget: how many completions are drawn in all.
        smallest, largest: the limits of a group size; smallest is at least 1.

    A group of G completions is dead if all of them are right or all are wrong: probability p^G + (1 - p)^G. The sizes
    sum to `budget` and make the expected number of dead groups as small as it can be. If several choices are equally
    good, any of them may be returned.

    Raises ValueError if the budget is less than `smallest` for each question, or more than `largest` for each.
    """
    # > Start with the smallest size for each question.
    # > Give out the rest of the budget one by one: each to the question whose probability of a dead group falls most.
    # > (That is optimal, because the gain of one more completion becomes smaller with each.)
    count = len(pass_rates)
    if not smallest * count <= budget <= largest * count:
        raise ValueError(
            f"{count} groups of {smallest} to {largest} need {smallest * count} to {largest * count} completions, "
            f"not {budget}"
        )
    sizes = [smallest] * count

    def gain(i: int) -> float:
        p, size = pass_rates[i], sizes[i]
        return p**size + (1 - p) ** size - p ** (size + 1) - (1 - p) ** (size + 1)

    for _ in range(budget - smallest * count):
        best = max((i for i in range(count) if sizes[i] < largest), key=gain)
        sizes[best] += 1
    return sizes


def question_weights(
    right: Float[Tensor, "questions"], tries: Float[Tensor, "questions"]
) -> Float[Tensor, "questions"]:
    """Returns the probability with which each question should be asked next; it is largest for middle difficulty.

    Args:
        right: how many completions of each question were right so far.
        tries: how many there were. 0 for a question that was never asked.

    The pass rate is estimated as p = (right + 1) / (tries + 2), so that a question which was never asked has 1/2,
    and no question is ever given up. The probability is proportional to p (1 - p), the variance of its
    reward; the sum is 1.
    """
    # > The estimated pass rates.
    # > p (1 - p), divided by the sum over all questions.
    p = (right + 1) / (tries + 2)
    weights = p * (1 - p)
    return weights / weights.sum()
