"""Edge cases, long texts and bad input: lesson 09 looked at closely."""

import pytest
from hypothesis import strategies as st
from lesson09_answers.scoring.answers import final_answer, verify
from lesson09_answers.scoring.error_rates import error_rates
from lesson09_answers.scoring.partial_credit import partial_credit
from lesson09_answers.testcases.scenarios import value

from course.base.property_tests import for_all


@pytest.mark.exercise("09.1")
class TestFinalAnswer:
    def test_a_completion_that_never_ends(self, observe):
        text = r"\boxed{" + "{" * 50_000 + "7"
        observe(final_answer, text).close(None)

    def test_the_answer_of_a_long_completion(self, observe):
        # A reader that looks at the last 300 characters only does not see it.
        observe(final_answer, "#### 72\n" + "Let me explain. " * 100).close("72")


@pytest.mark.exercise("09.2")
class TestExactValue:
    @for_all(n=st.integers(-(10**9), 10**9), d=st.integers(1, 10**4))
    def test_spellings_of_one_value(self, observe, n, d):
        whole, rest = divmod(abs(n), d)
        sign = "-" if n < 0 else ""
        expected = observe(value, f"{n}/{d}").value
        observe(value, f"{sign}{whole} {rest}/{d}").close(expected)
        observe(value, rf"x = {sign}\frac{{{abs(n)}}}{{{d}}}").close(expected)

    @pytest.mark.parametrize(("text", "exact"), [("1e99", f"{10**99}"), ("1e100", None), ("-2.5e-4000", None)])
    def test_exponents_have_two_digits(self, observe, text, exact):
        observe(value, text).close(exact)


@pytest.mark.exercise("09.3")
class TestVerify:
    @pytest.mark.parametrize("answer", ["", "####", "Paris", "5 or 6", r"\boxed{7"])
    def test_a_true_answer_that_cannot_be_read(self, observe, answer):
        with observe.raises(ValueError):
            observe(verify, "#### 7", answer)


@pytest.mark.exercise("09.4")
class TestErrorRates:
    @pytest.mark.parametrize(
        ("verdicts", "labels"), [([True], [True, False]), ([True, None], [True, True]), ([True], [False]), ([], [])]
    )
    def test_nothing_to_measure(self, observe, verdicts, labels):
        with observe.raises(ValueError):
            observe(error_rates, verdicts, labels)


@pytest.mark.exercise("09.5")
class TestPartialCredit:
    def test_a_wrong_answer_paid_like_a_right_one(self, observe):
        with observe.raises(ValueError):
            observe(partial_credit, "5", "7", 0.5, 0.5)
