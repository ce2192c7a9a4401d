"""A reward that can be hacked, the hack, a reward that withstands it, and numbers that show a hack while it happens.

The task: the completion of "3141=" should be the four digits reversed, "1413". The reward that can be hacked is
given: `digits_found` in given/scores.py pays for each digit of the answer that occurs anywhere in the completion.
"""

from jaxtyping import Float
from torch import Tensor


def exploit(prompt: str) -> str:
    """Returns a wrong completion that `digits_found` pays in full, written without solving the task.

    Args:
        prompt: such as "3141=". The right answer is never passed in, and the function does not work it out.

    The completion has at most 12 characters, as the policy's have, and differs from the right answer for every prompt.
    """
    # Which text holds every digit that could be asked for? One line will do.
    raise NotImplementedError("not written yet: exercise 11.4, rewards/hacking.py:exploit")


def robust_score(completion: str, answer: str) -> float:
    """Returns a score between 0 and 1 that pays for each right digit, and pays in full for the right answer only.

    Args:
        completion: what the policy has written, of any length.
        answer: the right answer, at least one character.

    It is the number of places at which both have the same character, divided by the length of the longer one. The first
    place is the first character of both.
    """
    # Count the places at which the two texts agree, as far as the shorter one reaches.
    # Divide by the length of the longer one: what is missing costs, and what is too much costs, too.
    raise NotImplementedError("not written yet: exercise 11.5, rewards/hacking.py:robust_score")


def monitors(
    rewards: Float[Tensor, "completions"],
    truth: Float[Tensor, "completions"],
    lengths: Float[Tensor, "completions"],
) -> dict[str, float]:
    """Returns three numbers that show a hack while training goes on.

    Args:
        rewards: what each completion was paid, between 0 and 1.
        truth: 1 for a completion that is right, else 0. It is checked by other means than the reward, and nothing is
            trained on it.
        lengths: the length of each completion, in tokens or characters.

    The keys:
        "gap": the mean reward minus the mean truth.
        "paid_wrong": of the completions that were paid in full (reward 1), the share that is wrong. 0 if there are
            none.
        "length_correlation": the correlation (Pearson) of reward and length. 0 if one of them is constant.
    """
    # The difference of two means.
    # Select the completions with reward 1: the share of them with truth 0.
    # Subtract the means; the sum of products, divided by the root of the product of the two sums of squares.
    raise NotImplementedError("not written yet: exercise 11.6, rewards/hacking.py:monitors")
