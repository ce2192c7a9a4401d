"""The reader of final answers, on lesson 09's labelled completions."""

import ast
from fractions import Fraction
from pathlib import Path

import pytest
from lesson09_answers.given.labelled import PRACTICE

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
    ("text", "value"),
    [
        ("0.1", Fraction(1, 10)),
        ("9.99e23", 999 * 10**21),
        ("12, then 13", 13),
        ("8-10", None),
        ("3 + 4", None),
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
    ],
)
def test_long_nonsense_is_read_quickly(text):
    """Work that grows with the square of the length would not end."""
    assert final_answer.read(text) in (None, 1, 5)
