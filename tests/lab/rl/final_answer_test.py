"""The reader of final answers, on answers that are labelled by hand."""

from fractions import Fraction

import pytest

from lab.rl import final_answer, rewards
from tests.lab.rl.labelled_answers import LABELLED


@pytest.mark.parametrize(("completion", "answer", "right"), LABELLED)
def test_labelled_answers(completion, answer, right):
    assert rewards.math_correctness(completion, answer) == float(right)


def test_there_are_enough_of_either_kind():
    assert len(LABELLED) >= 180
    assert len({one for one, *_ in LABELLED}) >= 150
    assert sum(not right for *_, right in LABELLED) >= 60


def test_values_are_exact():
    assert final_answer.read_answer("0.1") == Fraction(1, 10)
    assert final_answer.read_answer("9.99e23") == 999 * 10**21


def test_numbers_gives_none_for_what_is_not_one_number():
    assert final_answer.numbers("3, then 8-10, then 1,200") == [3, None, 1200]


@pytest.mark.parametrize(
    "text", ["7" * 100_000, "1," * 50_000, "-" * 100_000, r"\frac{" * 20_000, "{" * 100_000, "1 " * 50_000]
)
def test_long_nonsense_is_read_quickly(text):
    """Work that grows with the square of the length would not end."""
    assert final_answer.read_answer(text) in (None, 1)
