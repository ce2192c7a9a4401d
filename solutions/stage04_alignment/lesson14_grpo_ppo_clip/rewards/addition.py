"""The reward of the addition task: the last integer of the response must be the sum."""

import re


def calculate_reward(ground_truth: int, response: str) -> float:
    """Returns 1.0 if the last integer in `response` equals `ground_truth`, else 0.0 (also if there is none).

    An integer is a row of digits, with a minus sign directly in front of it or without. "007" is 7.
    """
    # > Find all integers; none means 0.0.
    # > Compare the last one with the truth, as numbers.
    integers = re.findall(r"-?\d+", response)
    return 1.0 if integers and int(integers[-1]) == ground_truth else 0.0
