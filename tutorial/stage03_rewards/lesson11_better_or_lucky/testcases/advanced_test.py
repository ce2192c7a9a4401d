"""Edge cases, large numbers and bad input: lesson 11 looked at closely."""

import pytest
import torch
from hypothesis import strategies as st
from lesson11_better_or_lucky.evaluation.accuracy import accuracy, paired_difference, pass_at_k
from lesson11_better_or_lucky.rewards.hacking import monitors, robust_score

from course.base.property_tests import for_all


def double(values):
    return torch.tensor(values, dtype=torch.float64)


@pytest.mark.exercise("11.1")
class TestPassAtK:
    def test_thousands_of_completions(self, observe):
        # 1 of 10,000 is right: it is among k with probability k / 10,000. C(10000, 5000) has 3,009 digits.
        observe(pass_at_k, 10_000, 1, 5_000).close(0.5)

    @pytest.mark.parametrize(("n", "c", "k"), [(4, 2, 5), (4, 2, 0), (4, 5, 2)])
    def test_impossible_numbers(self, observe, n, c, k):
        with observe.raises(ValueError):
            observe(pass_at_k, n, c, k)


@pytest.mark.exercise("11.2")
class TestAccuracy:
    def test_one_question_has_no_spread(self, observe):
        with observe.raises(ValueError):
            observe(accuracy, double([[1, 0, 1]]))

    def test_the_argument_stays_as_it_was(self, observe):
        observe(accuracy, double([[1, 0], [0, 0]])).inputs_unchanged()


@pytest.mark.exercise("11.3")
class TestPairedDifference:
    def test_other_questions(self, observe):
        with observe.raises(ValueError):
            observe(paired_difference, double([[1], [0]]), double([[1], [0], [1]]))

    @for_all(rows=st.lists(st.lists(st.sampled_from([0.0, 1.0]), min_size=3, max_size=3), min_size=2, max_size=6))
    def test_turned_round_it_changes_its_sign(self, observe, rows):
        before, after = double(rows), double(rows[::-1])
        forth = observe(paired_difference, before, after).value
        back = observe(paired_difference, after, before)
        back[0].close(-forth[0])
        back[1].close(forth[1])


@pytest.mark.exercise("11.5")
class TestRobustScore:
    @for_all(answer=st.text("0123", min_size=1, max_size=6), completion=st.text("0123=", max_size=12))
    def test_only_the_right_answer_is_paid_in_full(self, observe, answer, completion):
        seen = observe(robust_score, completion, answer)
        seen.check(0 <= seen.value <= 1, f"a score is between 0 and 1, not {seen.value}")
        seen.check((seen.value == 1) == (completion == answer), "1 is for the right answer, and for nothing else")


@pytest.mark.exercise("11.6")
class TestMonitors:
    def test_the_arguments_stay_as_they_were(self, observe):
        observe(monitors, double([1, 0.5]), double([1, 0]), double([4, 5])).inputs_unchanged()

    @for_all(shift=st.integers(-5, 5), scale=st.sampled_from([0.5, 3.0]))
    def test_the_correlation_has_no_unit(self, observe, shift, scale):
        rewards, lengths = double([0.25, 1, 0.5, 0.75]), double([3, 9, 4, 8])
        expected = observe(monitors, rewards, double([0, 1, 0, 0]), lengths)["length_correlation"].value
        seen = observe(monitors, rewards, double([0, 1, 0, 0]), lengths * scale + shift)
        seen["length_correlation"].close(expected)
