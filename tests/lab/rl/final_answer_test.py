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


def test_it_agrees_with_lesson_09():
    """Both read the same number from the forms that both know."""
    from lesson09_answers.scoring.answers import exact_value
    from lesson09_answers.scoring.answers import final_answer as lesson

    texts = [
        "#### 1,200",
        "The answer is -3.50.",
        r"\boxed{\frac{7}{4}}",
        "48 + 24 = 72",
        r"$\boxed{1 1/2}$",
        "5 - 8 = \u22123",
    ]
    assert [exact_value(lesson(text) or "") for text in texts] == [final_answer.read_answer(text) for text in texts]
    for text in ("8-10", r"\boxed{3, 4}", "3:30", "no idea"):
        assert exact_value(lesson(text) or "") is final_answer.read_answer(text) is None
