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


@right("counts first, the interval with n + z²")
def error_rates_by_counts(verdicts, labels):
    if len(verdicts) != len(labels) or not any(labels) or all(labels):
        raise ValueError("labels of both kinds, one for each verdict")
    pairs, positives, n = list(zip(verdicts, labels, strict=True)), sum(labels), len(labels)

    def interval(k, n, z=1.96):
        spread = z * math.sqrt(k * (n - k) / n + z * z / 4)
        return k / n, (k + z * z / 2 - spread) / (n + z * z), (k + z * z / 2 + spread) / (n + z * z)

    return {
        "false_positives": interval(pairs.count((True, False)), n - positives),
        "false_negatives": interval(positives - pairs.count((True, True)), positives),
        "unread": interval(verdicts.count(None), n),
    }


@right("by the roots of the quadratic equation")
def error_rates_by_roots(verdicts, labels):
    if len(verdicts) != len(labels) or len({bool(label) for label in labels}) != 2:
        raise ValueError("labels of both kinds, one for each verdict")
    pairs = list(zip(verdicts, labels, strict=True))
    chosen = {
        "false_positives": [v is True for v, right in pairs if not right],
        "false_negatives": [v in (False, None) for v, right in pairs if right],
        "unread": [v is None for v in verdicts],
    }
    rates = {}
    for name, errors in chosen.items():
        p, c = sum(errors) / len(errors), 3.8416 / len(errors)
        root = math.sqrt((2 * p + c) ** 2 - 4 * (1 + c) * p * p)
        rates[name] = (p, (2 * p + c - root) / 2 / (1 + c), (2 * p + c + root) / 2 / (1 + c))
    return rates


@core("short")
def error_rates(verdicts, labels):
    def rate(errors):
        k, n, z = sum(errors), len(errors), 1.96
        spread = z * math.sqrt(k * (n - k) / n + z * z / 4)
        return k / n, (k + z * z / 2 - spread) / (n + z * z), (k + z * z / 2 + spread) / (n + z * z)

    return {
        "false_positives": rate([v is True for v, label in zip(verdicts, labels, strict=False) if not label]),
        "false_negatives": rate([v is not True for v, label in zip(verdicts, labels, strict=False) if label]),
        "unread": rate([v is None for v in verdicts]),
    }
