"""Completions, the true answer, and whether a person would say that the completion gives it.

Made by hand, in the formats that people report from maths data sets and from models' outputs. The rules of the labels:
units, currencies and percent signs do not count; values must be equal exactly; a completion that offers several answers,
or none that is finished, is wrong; what the model asks and answers after its answer does not count.

Look at PRACTICE while you write, and measure on what is kept aside when you are done. Each line of practice.py and of
the files kept_aside_*.py is a completion: + for right or - for wrong, the true answer, |, the completion. "⏎" stands for
a line feed.
"""

from lesson09_answers.given import (
    kept_aside_formats,
    kept_aside_policy,
    kept_aside_round1,
    kept_aside_round2,
    kept_aside_round3,
    kept_aside_round4,
    kept_aside_round5,
    kept_aside_workings,
    practice,
)

Row = tuple[str, str, bool]  # completion, answer, right


def labelled(lines: str) -> list[Row]:
    """Returns the rows that the lines stand for."""
    rows = []
    for line in lines.strip("\n").split("\n"):
        answer, _, completion = line[1:].replace("⏎", "\n").partition("|")
        rows.append((completion, answer, line[0] == "+"))
    return rows


PRACTICE = labelled(practice.ROWS)
KEPT_ASIDE = {
    "policy": labelled(kept_aside_policy.ROWS),
    "formats": labelled(kept_aside_formats.ROWS),
    "workings": labelled(kept_aside_workings.ROWS),
    "round 1": labelled(kept_aside_round1.ROWS),
    "round 2": labelled(kept_aside_round2.ROWS),
    "round 3": labelled(kept_aside_round3.ROWS),
    "round 4": labelled(kept_aside_round4.ROWS),
    "round 5": labelled(kept_aside_round5.ROWS),
}
