"""Situations that the tests of lesson 09 look at. Each returns evidence; what it should be is in the tests."""

from lesson09_answers.given.labelled import PRACTICE
from lesson09_answers.scoring import answers


def value(text):
    """Calls `exact_value`. Returns its result as a text, "7/2" for Fraction(7, 2), or None."""
    found = answers.exact_value(text)
    return None if found is None else str(found) if hasattr(found, "denominator") else f"{found!r}, which is not exact"


def practice():
    """Verifies every fourth labelled completion of PRACTICE. Returns those on which the verdict differs from the label."""
    wrong = [(c, a, label) for c, a, label in PRACTICE[::4] if (answers.verify(c, a) is True) != label]
    return {
        "false_positives": [(c, a) for c, a, label in wrong if not label],
        "false_negatives": [(c, a) for c, a, label in wrong if label],
    }
