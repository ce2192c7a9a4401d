"""The reward of the addition task: the last integer of the response must be the sum."""

import re


def calculate_reward(ground_truth: int, response: str) -> float:
    """Returns 1.0 if the last integer in `response` equals `ground_truth`, else 0.0 (also if there is none).

    An integer is a row of digits, with a minus sign directly in front of it or without. "007" is 7.
    """
    # Find all integers; none means 0.0.
    # Compare the last one with the truth, as numbers.
    raise NotImplementedError("not written yet: exercise 14.3, rewards/addition.py:calculate_reward")
