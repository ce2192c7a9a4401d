"""Situations that the tests of lesson 11 look at. Each returns evidence; what it should be is in the tests."""

from lesson11_better_or_lucky.given.scores import digits_found
from lesson11_better_or_lucky.rewards import hacking


def hack(prompts):
    """Calls `exploit` for each prompt. Returns its completions, what `digits_found` pays for each, and which are right."""
    answers = [prompt[:-1][::-1] for prompt in prompts]
    completions = [hacking.exploit(prompt) for prompt in prompts]
    return {
        "completions": completions,
        "paid": [digits_found(c, a) for c, a in zip(completions, answers, strict=True)],
        "right": [c == a for c, a in zip(completions, answers, strict=True)],
    }
