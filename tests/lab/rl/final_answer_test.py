"""The reader of final answers, on lesson 09's labelled completions."""

import ast
from fractions import Fraction
from pathlib import Path

import pytest
from lesson09_answers.given.labelled import KEPT_ASIDE, PRACTICE

from lab.rl import final_answer, rewards

REFERENCE = Path(__file__).parents[3] / "solutions" / "stage03_rewards" / "lesson09_answers" / "scoring"


def functions(path):
    """The functions of a file, as text without comments and docstrings."""
    found = [node for node in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(node, ast.FunctionDef)]
    return {node.name: [ast.unparse(part) for part in (node.args, *node.body[1:])] for node in found}


def test_it_is_lesson_09s_reference():
    """The bundle for students has no solutions, so the code is in lab/ too: the same, word for word."""
    theirs = functions(REFERENCE / "answers.py") | functions(REFERENCE / "partial_credit.py")
    ours = functions(Path(final_answer.__file__))
    assert {name: ours[name] for name in theirs} == theirs and len(theirs) == 4


def test_labelled_completions():
    wrong = [(text, answer) for text, answer, right in PRACTICE if rewards.math_correctness(text, answer) != right]
    accepted = [row for row in wrong if (*row, False) in PRACTICE]
    refused = [row for row in wrong if (*row, True) in PRACTICE]
    assert accepted == []
    assert len(refused) <= 0.03 * sum(right for *_, right in PRACTICE), refused


@pytest.mark.parametrize(
    ("part", "accepted", "refused"),
    [
        *(("formats", 4, 1), ("workings", 5, 1), ("policy", 0, 0), ("round 1", 0, 0), ("round 2", 0, 0)),
        *(("round 3", 0, 4), ("round 4", 0, 2), ("round 5", 0, 3)),
    ],
)
def test_completions_that_were_kept_aside(part, accepted, refused):
    """No more errors than on the lesson's page. Those of round 5 are the reader's at its first look."""
    rows = [(*row, final_answer.verify(*row[:2])) for row in KEPT_ASIDE[part]]
    assert len(found := [row for row in rows if row[3] is True and not row[2]]) <= accepted, found
    assert len(found := [row for row in rows if row[3] is not True and row[2]]) <= refused, found


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.1", Fraction(1, 10)),
        ("9.99e23", 999 * 10**21),
        ("12, then 13", None),
        ("8-10", None),
        ("3 + 4", None),
        ("She needs 7 buses for 260 people.", 7),
        ("In 3 years she will be 7 (now 4).", 7),
        ("The 5 children get 7 each", 7),
        ("It is 7, since 3 + 4 = 7 and not 8.", 7),
        ("7 boys and 8 girls", None),
        ("Sorry, I can only answer 5 questions.", None),
        ("She has 7. Next, she buys 3", None),
        ("e-9", None),
        ("It is e+9", None),
        ("e^2-9", None),
        ("1e-9", Fraction(1, 10**9)),
    ],
)
def test_what_is_read(text, value):
    assert final_answer.read(text) == value


@pytest.mark.parametrize(
    "text",
    [
        *(
            "7" * 100_000,
            "1," * 50_000,
            "-" * 100_000,
            r"\frac{" * 20_000,
            "{" * 100_000,
            "1 " * 50_000,
            "5 = " * 30_000,
        ),
        *(" " * 100_000 + "x", "a 1 or " * 20_000, "<<" * 50_000, "x - " * 40_000, "5 red " * 30_000, "5! " * 40_000),
        *("#### 5 " + "of " * 50_000 + "and 6", "#### " + "5 red and " * 20_000, "3x = " * 30_000, "a = 1, " * 20_000),
        *("(aa " * 30_000, "a: 5, " * 20_000, "a b c" * 30_000 + ": 5", "```python " * 10_000, "It is 5 " * 20_000),
        *(
            "of 5 gives " * 10_000,
            "not 5, " * 20_000,
            "\n" * 100_000 + "Q",
            "# " * 50_000 + "5",
            "Wait, 5, yes " * 10_000,
        ),
    ],
)
def test_long_nonsense_is_read_quickly(text):
    """Work that grows with the square of the length would not end."""
    assert final_answer.read(text) in (None, 1, 5)
