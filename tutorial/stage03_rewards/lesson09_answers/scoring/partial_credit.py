"""A reward with partial credit: what is paid for an answer that is wrong.

A policy that is rarely right gets reward 0 for nearly all completions, and a group of equal rewards teaches nothing.
Partial credit makes the rewards differ. The policy then follows what is paid, whether or not it leads to right answers.
"""

from lesson09_answers.scoring.answers import exact_value, final_answer, verify


def partial_credit(completion: str, answer: str, readable: float = 0.0, digits: float = 0.0) -> float:
    """Returns 1.0 for a right completion, and something else for a wrong one.

    Args:
        completion: what the policy wrote.
        answer: the true answer, a whole number that is not negative.
        readable: what a wrong answer is paid for being one number. It may be negative.
        digits: what a wrong answer is paid for its digits, in proportion to the share of them that is right.

    By the verdict of `verify`: 1.0 for True, 0.0 for None, and readable + digits * share for False. The share compares
    both values, written without leading zeros, from the last digit on: the number of places at which they agree,
    divided by the length of the longer one. For 1413 and 913 it is 2/4. It is 0 if the given value is negative or no
    whole number.

    Raises ValueError if readable + digits is 1 or more: a wrong answer could then be paid like a right one.
    """
    # The verdict decides. Only for False there is anything to compute.
    # str of the two whole numbers, turned round: the places that agree, over the longer length.
    raise NotImplementedError("not written yet: exercise 09.5, scoring/partial_credit.py:partial_credit")
