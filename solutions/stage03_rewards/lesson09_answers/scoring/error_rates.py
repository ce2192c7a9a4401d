"""How often a verifier is wrong, from labelled completions."""

import math

Z = 1.96  # of a 95 % interval


def error_rates(verdicts: list[bool | None], labels: list[bool]) -> dict[str, tuple[float, float, float]]:
    """Returns three error rates of a verifier, each as (rate, low, high) with its 95 % interval.

    Args:
        verdicts: the verifier's True, False or None (no answer read) for each completion.
        labels: whether each completion is right, by someone who read it.

    The keys:
        "false_positives": of the completions that are wrong by their label, the share with the verdict True.
        "false_negatives": of those that are right, the share with any other verdict than True.
        "unread": of all completions, the share with the verdict None.

    The interval for k of n is Wilson's, with p = k/n and z = 1.96:

        (p + z²/2n ± z sqrt(p(1 - p)/n + z²/4n²)) / (1 + z²/n)

    Unlike p ± z sqrt(p(1 - p)/n) it has a width for k = 0: no error among 60 does not mean that there are none.
    (Wilson 1927; Brown, Cai and DasGupta 2001 compare it with others.)

    Raises ValueError if the lists have different lengths, or if there is no completion of one label.
    """
    # > Select by the label, then count the verdicts. None is neither True nor an exception: it is an answer not paid.
    # > The interval is the same function of k and n for all three.
    if len(verdicts) != len(labels) or len(set(labels)) < 2:
        raise ValueError("as many verdicts as labels are needed, and labels of both kinds")
    of_wrong = [verdict is True for verdict, label in zip(verdicts, labels, strict=True) if not label]
    of_right = [verdict is not True for verdict, label in zip(verdicts, labels, strict=True) if label]
    unread = [verdict is None for verdict in verdicts]
    rates = {"false_positives": of_wrong, "false_negatives": of_right, "unread": unread}
    return {name: _with_interval(sum(errors), len(errors)) for name, errors in rates.items()}


def _with_interval(k: int, n: int) -> tuple[float, float, float]:
    """Returns k/n with Wilson's interval."""
    p = k / n
    middle, half = p + Z**2 / (2 * n), Z * math.sqrt(p * (1 - p) / n + Z**2 / (4 * n**2))
    return p, max(0.0, middle - half) / (1 + Z**2 / n), (middle + half) / (1 + Z**2 / n)
