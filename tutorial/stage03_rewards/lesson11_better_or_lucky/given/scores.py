"""The reward that can be hacked, and the truth."""


def digits_found(completion: str, answer: str) -> float:
    """Returns the share of the answer's characters that occur anywhere in the completion.

    The idea behind it: a policy that is never right at first should be paid for a part of the answer.
    """
    return sum(character in completion for character in answer) / len(answer)


def exact(completion: str, answer: str) -> float:
    """Returns 1.0 if the completion is the answer, else 0.0."""
    return float(completion == answer)
