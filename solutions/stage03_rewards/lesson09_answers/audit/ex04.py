"""Exercise 09.4, error_rates: what people get wrong, other right answers, and the shortest right one."""

import math

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

OF_WRONG = "[verdict is True for verdict, label in zip(verdicts, labels, strict=True) if not label]"
LAST = "return p, max(0.0, middle - half) / (1 + Z**2 / n), (middle + half) / (1 + Z**2 / n)"

wrong("The share of false positives is taken of all completions; it is a share of those that are wrong.", {
    OF_WRONG: "[verdict is True and not label for verdict, label in zip(verdicts, labels, strict=True)]",
})  # fmt: skip

wrong("False positives are counted as a share of the accepted completions (1 - precision).", {
    OF_WRONG: "[not label for verdict, label in zip(verdicts, labels, strict=True) if verdict] or [False]",
})  # fmt: skip

wrong("A right answer that was not read does not count as a false negative, though it is not paid.", {
    "verdict is not True": "verdict is False",
})  # fmt: skip

wrong("A completion that was not read counts as accepted.", {"verdict is True": "verdict is not False"})

wrong("This is p ± z sqrt(p(1 - p)/n): without an error it promises 0 ± 0.", {
    LAST: "half = Z * math.sqrt(p * (1 - p) / n)\nreturn p, p - half, p + half",
})  # fmt: skip

wrong("Wilson's interval is not divided by 1 + z²/n.", {LAST: "return p, middle - half, middle + half"})


def _interval(k, n, z=1.96):
    spread = z * math.sqrt(k * (n - k) / n + z * z / 4)
    return k / n, (k + z * z / 2 - spread) / (n + z * z), (k + z * z / 2 + spread) / (n + z * z)


@right("counts first, the interval with n + z²")
def error_rates_by_counts(verdicts, labels):
    if len(verdicts) != len(labels) or not any(labels) or all(labels):
        raise ValueError("labels of both kinds, one for each verdict")
    pairs, positives, n = list(zip(verdicts, labels, strict=True)), sum(labels), len(labels)
    return {
        "false_positives": _interval(pairs.count((True, False)), n - positives),
        "false_negatives": _interval(positives - pairs.count((True, True)), positives),
        "unread": _interval(verdicts.count(None), n),
    }


@right("each verdict as a number")
def error_rates_of_numbers(verdicts, labels):
    if len(verdicts) != len(labels) or len(set(labels)) != 2:
        raise ValueError("labels of both kinds, one for each verdict")
    paid = list(zip(map(int, (verdict or 0 for verdict in verdicts)), labels, strict=True))
    accepted, refused = [p for p, label in paid if not label], [1 - p for p, label in paid if label]
    rates = {"false_positives": accepted, "false_negatives": refused, "unread": [v is None for v in verdicts]}
    return {name: _interval(sum(errors), len(errors)) for name, errors in rates.items()}


@core("short")
def error_rates(verdicts, labels):
    accepted = [v is True for v, label in zip(verdicts, labels, strict=False) if not label]
    refused = [v is not True for v, label in zip(verdicts, labels, strict=False) if label]
    rates = {"false_positives": accepted, "false_negatives": refused, "unread": [v is None for v in verdicts]}
    return {name: _interval(sum(errors), len(errors)) for name, errors in rates.items()}
