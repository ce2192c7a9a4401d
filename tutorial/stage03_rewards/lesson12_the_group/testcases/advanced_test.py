"""Edge cases and bad input: lesson 12 looked at closely."""

import pytest
import torch
from hypothesis import strategies as st
from lesson12_the_group.group.advantages import advantages, group_baseline
from lesson12_the_group.group.budget import allocate, question_weights

from course.base.property_tests import for_all


def double(values):
    return torch.tensor(values, dtype=torch.float64)


@pytest.mark.exercise("12.1")
class TestGroupBaseline:
    def test_an_unknown_kind(self, observe):
        with observe.raises(ValueError):
            observe(group_baseline, double([[0, 1]]), "mode")

    def test_the_rewards_stay_in_their_order(self, observe):
        observe(group_baseline, double([[3, 1, 2]]), "median").inputs_unchanged()


@pytest.mark.exercise("12.3")
class TestAdvantages:
    @for_all(shift=st.floats(-3, 3), rewards=st.lists(st.floats(-2, 2), min_size=3, max_size=6, unique=True))
    def test_a_constant_changes_nothing(self, observe, shift, rewards):
        row = double([[round(r, 3) for r in rewards]])
        expected = observe(advantages, row, normalize=False).value
        observe(advantages, row + shift, normalize=False).close(expected)

    def test_the_argument_stays_as_it_was(self, observe):
        observe(advantages, double([[0, 5, 9]]), scaling=2.0, clipping=3.0).inputs_unchanged()

    def test_equal_rewards_give_exactly_zero(self, observe):
        seen = observe(advantages, double([[0.1, 0.1, 0.1], [0, 1, 2]]))
        seen[0].close(double([0, 0, 0]), atol=0, says="the mean of equal rewards may be off by rounding: set 0")

    def test_rewards_that_clipping_makes_equal(self, observe):
        # Rounding puts the mean of 0.1, 0.1 and 0.1 a little above 0.1.
        seen = observe(advantages, double([[5, 7, 9]]), clipping=0.1)
        seen.close(double([[0, 0, 0]]), atol=0, says="equal after clipping: set 0")


@pytest.mark.exercise("12.5")
class TestAllocate:
    @pytest.mark.parametrize(("budget", "smallest", "largest"), [(5, 2, 8), (25, 2, 8)])
    def test_a_budget_that_cannot_be_spent(self, observe, budget, smallest, largest):
        with observe.raises(ValueError):
            observe(allocate, [0.5, 0.2, 0.9], budget, smallest, largest)

    def test_questions_that_are_always_right_or_wrong(self, observe):
        # They are dead whatever their size: the others get what is left.
        observe(allocate, [0.0, 0.5, 1.0, 0.5], 16, 2, 6).close([2, 6, 2, 6])

    def test_the_pass_rates_stay_as_they_were(self, observe):
        observe(allocate, [0.5, 0.2], 8, 2, 6).inputs_unchanged()


@pytest.mark.exercise("12.6")
class TestQuestionWeights:
    def test_nothing_was_asked_yet(self, observe):
        observe(question_weights, double([0] * 4), double([0] * 4)).close(double([0.25] * 4))
