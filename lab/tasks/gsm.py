"""Word problems of one step in the manner of gsm8k, with small numbers: a start for a model of 135 million parameters.

gsm8k's own problems take two to eight steps, and such a model hardly ever gets one right. To train on a file of them,
use `data_path` (docs/TRAINING.md). The last number of a completion is its answer.
"""

from __future__ import annotations

import zlib

from lab.tasks.worked_sums import score

__all__ = ["problems", "score"]

NAMES = ("Ana", "Ben", "Chen", "Dana")
THINGS = ("apples", "books", "coins", "stamps")
STORIES = (  # a story, how the answer comes from its two numbers
    ("{name} has {a} {things} and gets {b} more. How many {things} does {name} have now?", lambda a, b: a + b),
    ("{name} finds {a} {things} on Monday and {b} on Tuesday. How many {things} is that in all?", lambda a, b: a + b),
    ("{name} has {c} {things} and gives {b} away. How many {things} are left?", lambda a, b: a),
    ("{name} needs {c} {things} and has {b}. How many {things} are missing?", lambda a, b: a),
    ("{name} has {a} boxes with {b} {things} in each. How many {things} does {name} have?", lambda a, b: a * b),
)
NUMBERS = range(2, 10)
QUESTION = "{story} Reply with the number only."


def problems(split: str) -> list[dict[str, str]]:
    """Every story with any two numbers from 2 to 9; a quarter of the stories with their numbers is "test".

    Names and things go in turn: each pair of numbers is told once in each story. c is a + b, so nothing is negative.
    """
    if split not in ("train", "test"):
        raise ValueError(f"split must be 'train' or 'test', not {split!r}")
    rows = []
    for number, (story, answer) in enumerate(STORIES):
        for a in NUMBERS:
            for b in NUMBERS:
                if (zlib.crc32(f"{number} {a} {b}".encode()) % 4 == 0) == (split == "test"):
                    name, things = NAMES[(a + b) % 4], THINGS[(a + number) % 4]
                    text = story.format(name=name, things=things, a=a, b=b, c=a + b)
                    rows.append({"question": QUESTION.format(story=text), "answer": str(answer(a, b))})
    return rows
