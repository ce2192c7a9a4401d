"""The reward of the addition task: the last integer of the response must be the sum."""

import re


def calculate_reward(ground_truth: int, response: str) -> float:
    """1.0 if the last integer in `response` equals `ground_truth`, else 0.0. Never raises.

    An integer is an optional minus sign directly in front of ASCII digits, so "3-5" ends with -5, and "8.5"
    with 5. Leading zeros do not matter ("007" is 7, "-0" is 0). A response without an integer, an empty one,
    and one whose number has ten thousand digits, zeros included (int() refuses those), are wrong, not errors.
    """
    # Find all integers; none means 0.0.
    # Compare the last one with the truth; a number too long to convert is wrong.
    raise NotImplementedError("not written yet: exercise 14.3, rewards/addition.py:calculate_reward")
