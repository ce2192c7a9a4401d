"""Is it right? Every exercise of lesson 09, on small texts that can be read by eye."""

import math
from fractions import Fraction

import pytest
from lesson09_answers.scoring.answers import final_answer, verify
from lesson09_answers.scoring.error_rates import error_rates
from lesson09_answers.scoring.partial_credit import partial_credit
from lesson09_answers.testcases.scenarios import practice, value

from course.base.property_tests import drawn


def wilson(k, n):
    """k of n with the two roots of (p - q)² = z² q(1 - q)/n, an equation for q."""
    p, z2 = k / n, 1.96**2
    a, b, c = 1 + z2 / n, -(2 * p + z2 / n), p * p  # a q² + b q + c = 0
    root = math.sqrt(b * b - 4 * a * c)
    return p, (-b - root) / (2 * a), (-b + root) / (2 * a)


@pytest.mark.exercise("09.1")
class TestFinalAnswer:
    def test_gsm8k(self, observe):
        observe(final_answer, "48/2 = <<48/2=24>>24 clips in May.\n48+24 = 72 clips\n#### 72").close("72")

    def test_a_box(self, observe):
        observe(final_answer, r"So $x = \boxed{72}$. I checked it 2 times.").close("72")

    def test_braces_inside_a_box(self, observe):
        observe(final_answer, r"\boxed{\frac{7}{2}\text{ cm}} is the length, not {3}").close(r"\frac{7}{2}\text{ cm}")

    def test_the_last_of_several(self, observe):
        observe(final_answer, r"\boxed{5}? No: \boxed{6}").close("6")
        observe(final_answer, "#### 10\nWait, I forgot 2.\n#### 12").close("12")
        observe(final_answer, "The answer is 3. No, the answer is 4").close("4")

    @pytest.mark.parametrize(
        ("text", "answer"),
        [
            ("The answer is 17.", "17."), ("ANSWER: 8 hours", "8 hours"), ("Answer = 66", "66"), ("answer= 1/2\nSo 3", "1/2"),
        ],
    )  # fmt: skip
    def test_answer_is(self, observe, text, answer):
        observe(final_answer, text).close(answer)

    def test_the_last_number_if_nothing_is_marked(self, observe):
        observe(final_answer, "She has 10 - 4 = 6 apples, and no pears.").close("6")
        observe(final_answer, "It is 7 or 8").close("7 or 8")

    def test_the_order_of_the_rules(self, observe):
        observe(final_answer, "\\boxed{1}\n#### 2\nThe answer is 3, and 4").close("1")
        observe(final_answer, "The answer is 3\n#### 2\n4").close("2")
        observe(final_answer, "The answer is 3\n4").close("3")

    def test_one_line_behind_a_marker(self, observe):
        observe(final_answer, "#### 15\n\nThat took 3 steps").close("15")
        observe(final_answer, "####\n 16").close("16")

    def test_what_was_thought_does_not_count(self, observe):
        observe(final_answer, "<think>The answer is 5. No, 6.</think>\nSo 6 eggs.").close("6")
        observe(final_answer, r"Hm. <think>\boxed{5}</think> So 6").close("6")
        observe(final_answer, r"it is \boxed{5}</think>#### 6").close("6")
        observe(final_answer, "<think>\\boxed{5}? Let me see").close(None)

    def test_what_it_takes_back_does_not_count(self, observe):
        observe(final_answer, "The answer is 5. Wait, 2 more came. So 7 eggs.").close("7")
        observe(final_answer, "#### 5\nWait, is that right? Yes, 2 + 3 is 5.").close("5")

    def test_the_next_question_does_not_count(self, observe):
        observe(final_answer, "#### 5\n\nQuestion: What is 3 + 4?\n#### 7").close("5")

    def test_a_box_that_was_cut_off(self, observe):
        # It might have become 72.
        observe(final_answer, r"We had 5. So \boxed{7").close(None)

    @pytest.mark.parametrize("text", ["", "no idea", "####", "5\n####  \n", r"5, so \boxed{}", "6. The answer is"])
    def test_no_answer(self, observe, text):
        observe(final_answer, text).close(None)

    def test_the_order_of_the_rules_on_drawn_numbers(self, observe):
        a, b, c, d = drawn().sample(range(10, 1000), 4)
        lines = [rf"\boxed{{{a}}}", f"#### {b}", f"The answer is {c}", f"Last {d}"]
        for first in range(4):
            observe(final_answer, "\n".join(lines[first:])).close(f"{(a, b, c, d)[first]}")
            observe(final_answer, "\n".join(reversed(lines[first:]))).close(f"{(a, b, c, d)[first]}")

    def test_drawn_thoughts(self, observe):
        a, b, c = drawn().sample(range(10, 1000), 3)
        observe(final_answer, rf"Hm. <think>\boxed{{{a}}}</think>{b}? <think>#### {a}</think>So {c}").close(f"{c}")
        observe(final_answer, f"<think>The answer is {a}. No, {b}").close(None)

    def test_drawn_boxes(self, observe):
        a, b, c = drawn().sample(range(10, 1000), 3)
        observe(final_answer, rf"\boxed{{{a}}}? No: \boxed{{\frac{{{b}}}{{{c}}}}}, not {{5}}").close(
            rf"\frac{{{b}}}{{{c}}}"
        )
        observe(final_answer, rf"We had {a}. So \boxed{{{b}").close(None)
        observe(final_answer, rf"{a}, so \boxed{{}}").close(None)

    def test_drawn_markers(self, observe):
        a, b, c = drawn().sample(range(10, 1000), 3)
        observe(final_answer, f"#### {a}\nNo:\n#### {b}\n\nThat took {c} steps").close(f"{b}")
        observe(final_answer, f"The Answer is {a}. No, the ANSWER IS {b}\nafter {c} steps").close(f"{b}")
        observe(final_answer, f"{c}, so ####\n {a} \nbecause of {b}").close(f"{a}")
        observe(final_answer, f"{a} + {b} = {c}\n#### ").close(None)

    def test_drawn_attempts(self, observe):
        a, b, c = drawn().sample(range(10, 1000), 3)
        observe(final_answer, f"#### {a}\nWait, {c} more came. So {b} eggs.").close(f"{b}")
        observe(final_answer, f"#### {a}\n\nQuestion: What is {b} + {c}?\n#### {b + c}").close(f"{a}")


@pytest.mark.exercise("09.2")
class TestExactValue:
    @pytest.mark.parametrize(
        ("text", "exact"),
        [
            ("72", "72"), ("72 clips in 2 days", "72"), ("$4.50", "9/2"), ("-3", "-3"), ("\u22123 degrees", "-3"),
            (".5", "1/2"), ("007", "7"), ("4.5e3", "4500"), ("20%", "20"), ("**104**.", "104"),
        ],
    )  # fmt: skip
    def test_whole_numbers_and_decimals(self, observe, text, exact):
        observe(value, text).close(exact)

    @pytest.mark.parametrize(
        ("text", "exact"),
        [
            ("1,080 eggs", "1080"), ("2,125,000.50", "4250001/2"), ("-1,200", "-1200"), ("10,80", None), ("1,2", None),
            ("1,2345", None), ("1234,567", None),
        ],
    )  # fmt: skip
    def test_commas(self, observe, text, exact):
        observe(value, text).close(exact)

    @pytest.mark.parametrize(
        ("text", "exact"),
        [
            ("3/4", "3/4"), ("6/8", "3/4"), (r"\frac{7}{2}", "7/2"), ("-3/4", "-3/4"), ("2 1/2", "5/2"), ("-2 1/2", "-5/2"),
            ("1 / 3 of it", "1/3"), ("7/0", None), ("1/2/3", None),
        ],
    )  # fmt: skip
    def test_fractions(self, observe, text, exact):
        observe(value, text).close(exact)

    def test_values_are_exact(self, observe):
        observe(value, "0.1").close("1/10")
        observe(value, "123456789012345678901").close("123456789012345678901")
        observe(value, "0.333333333").close("333333333/1000000000")

    def test_what_is_behind_the_last_equals_sign(self, observe):
        observe(value, "48 + 24 = 72").close("72")
        observe(value, "x = 3y = 12").close("12")
        observe(value, "24 = ").close(None)

    @pytest.mark.parametrize(
        "text", ["8-10", "3:30", "12 * 6", "1.2.3", "5 or 6", "3, 4", "1 2 3", "3x", "H2O", "none", ""]
    )
    def test_not_one_number(self, observe, text):
        observe(value, text).close(None)

    def test_drawn_numbers(self, observe):
        random = drawn()
        for sign in ("", "-"):
            n, top, bottom = random.randrange(10**16, 10**18), random.randint(1, 99), random.randint(2, 99)
            observe(value, f"{sign}{n:,} g").close(f"{sign}{n}")
            observe(value, f"{n} = {sign}{n}.1").close(str(Fraction(f"{sign}{n}.1")))
            observe(value, f"{sign}{top} / {bottom}").close(str(Fraction(f"{sign}{top}/{bottom}")))
            observe(value, f"x = {n}y = {sign}{n} {top}/{bottom}").close(
                str(Fraction(f"{sign}1") * (n + Fraction(top, bottom)))
            )

    def test_drawn_numbers_that_are_not_one(self, observe):
        a, b = drawn().sample(range(10, 100), 2)
        for text in (f"{a},{b}", f"{a},{b}0,{a}", f"{a}-{b}", f"{a} or {b}", f"{a}, {b}", f"{a}/0", f"{a} = "):
            observe(value, text).close(None)


@pytest.mark.exercise("09.3")
class TestVerify:
    def test_the_three_verdicts(self, observe):
        # The page's example
        observe(verify, "He has 48 + 24 = 72.\n#### 72", "#### 72").close(True)
        observe(verify, "He has 72 - 1 = 71.\n#### 71", "#### 72").close(False)
        observe(verify, "I cannot say.", "#### 72").close(None)

    @pytest.mark.parametrize("completion", ["0.5", ".50", r"\boxed{\frac{1}{2}}", "#### 2/4", "x = 1/2"])
    def test_equal_values(self, observe, completion):
        observe(verify, completion, "1/2").close(True)

    def test_nearly_equal_values(self, observe):
        observe(verify, "0.33", "1/3").close(False)
        observe(verify, "0.3333333333", "1/3").close(False)
        observe(verify, "9007199254740993", "9007199254740992").close(False)  # equal as floats

    def test_the_sign_counts(self, observe):
        observe(verify, "x = \u22125", "-5").close(True)
        observe(verify, "x = \u22125", "5").close(False)

    def test_the_true_answer_somewhere_else_is_not_enough(self, observe):
        observe(verify, "It is 72, half of it is\n#### 36", "72").close(False)
        observe(verify, "#### 71 or 72", "72").close(None)

    def test_zero_is_a_number(self, observe):
        observe(verify, "#### 0", "0").close(True)
        observe(verify, "#### 0", "1").close(False)

    def test_nothing_read_is_not_equal_to_nothing(self, observe):
        with observe.raises(ValueError):
            observe(verify, "Paris", "Paris")

    def test_the_labelled_completions(self, observe):
        # The reference refuses one of the right ones: a word.
        seen = observe(practice)
        wrong = seen["false_positives"].value
        seen.check(len(wrong) <= 2, f"{len(wrong)} of 164 wrong completions get True, such as {wrong[:2]}")
        refused = seen["false_negatives"].value
        seen.check(len(refused) <= 6, f"{len(refused)} of 117 right completions get no True, such as {refused[:2]}")

    def test_drawn_answers(self, observe):
        random = drawn()
        n, other = random.sample(range(1000, 10**6), 2)
        big = random.randrange(10**16, 10**17) * 2
        observe(verify, f"{other}, so\n#### ${n:,}.00", f"{other} - 1 = 2\n#### {n}\nDone").close(True)
        observe(verify, f"x = {n}/2", f"{n / 2}").close(True)
        observe(verify, f"{n} or so. The answer is {other}", str(n)).close(False)
        observe(verify, f"#### -{n}", str(n)).close(False)
        observe(verify, f"#### {1000 * n}", str(1000 * n + 1)).close(False)
        observe(verify, f"#### {big + 1}", str(big)).close(False)
        observe(verify, f"#### {n}.000000001", str(n)).close(False)
        observe(verify, "#### 0", str(n)).close(False)
        observe(verify, f"#### {n} or {other}", str(n)).close(None)

    def test_drawn_true_answers_that_cannot_be_read(self, observe):
        a, b = drawn().sample(range(10, 100), 2)
        for completion in (f"{a} or {b}", f"{a}"):
            with observe.raises(ValueError):
                observe(verify, completion, f"{a} or {b}")


@pytest.mark.exercise("09.4")
class TestErrorRates:
    def test_worked_example(self, observe):
        # Five wrong ones, of which one is accepted. Three right ones: one is refused, one is not read.
        labels = [False] * 5 + [True] * 3
        seen = observe(error_rates, [True, False, False, None, False, True, False, None], labels)
        seen["false_positives"].close(wilson(1, 5))
        seen["false_negatives"].close(wilson(2, 3))
        seen["unread"].close(wilson(2, 8))

    def test_no_error_among_sixty_is_not_certain(self, observe):
        seen = observe(error_rates, [False] * 60 + [True] * 20, [False] * 60 + [True] * 20)
        seen["false_positives"].close((0.0, 0.0, 1.96**2 / (60 + 1.96**2)))  # 0 to 6 %
        seen["false_negatives"].close((0.0, 0.0, 1.96**2 / (20 + 1.96**2)))
        seen["unread"][0].close(0.0)

    def test_everything_wrong(self, observe):
        seen = observe(error_rates, [True, None], [False, True])
        seen["false_positives"].close(wilson(1, 1))
        seen["false_negatives"].close(wilson(1, 1))
        seen["unread"].close(wilson(1, 2))

    def test_drawn_verdicts(self, observe):
        random = drawn()
        for _ in range(2):
            labels = [random.random() < 0.4 for _ in range(random.randint(8, 30))] + [True, False]
            verdicts = [random.choice([True, False, None]) for _ in labels]
            pairs = list(zip(verdicts, labels, strict=True))
            seen = observe(error_rates, verdicts, labels)
            seen["false_positives"].close(wilson(pairs.count((True, False)), labels.count(False)))
            refused = pairs.count((False, True)) + pairs.count((None, True))
            seen["false_negatives"].close(wilson(refused, labels.count(True)))
            seen["unread"].close(wilson(verdicts.count(None), len(labels)))


@pytest.mark.exercise("09.5")
class TestPartialCredit:
    def test_right(self, observe):
        observe(partial_credit, "#### 1,413", "1413", 0.1, 0.5).close(1.0)

    def test_nothing_read(self, observe):
        observe(partial_credit, "?", "1413", 0.1, 0.5).close(0.0)
        observe(partial_credit, "?", "1413", -0.5).close(0.0)

    def test_wrong_but_readable(self, observe):
        observe(partial_credit, "2222", "1413", 0.1).close(0.1)
        observe(partial_credit, "2222", "1413", -0.5).close(-0.5)
        observe(partial_credit, "1412", "1413").close(0.0)

    def test_digits(self, observe):
        # The page's example: 3 and 1 agree, from the last digit on; the longer number has four.
        observe(partial_credit, "913", "1413", 0.0, 0.5).close(0.25)
        observe(partial_credit, "1423", "1413", 0.1, 0.5).close(0.1 + 0.5 * 0.75)
        observe(partial_credit, "11413", "1413", 0.0, 0.5).close(0.4)
        observe(partial_credit, "3", "1003", 0.0, 0.5).close(0.125)  # no 0 stands before the 3

    def test_it_is_the_number_that_counts(self, observe):
        observe(partial_credit, "0,413? No:\n#### 00423", "413", 0.0, 0.6).close(0.4)
        observe(partial_credit, "1413 is too much. #### 0", "1413", 0.0, 0.5).close(0.0)

    def test_negative_numbers_and_fractions_have_no_right_digits(self, observe):
        observe(partial_credit, "-1413", "1413", 0.1, 0.5).close(0.1)
        observe(partial_credit, "1413.5", "1413", 0.1, 0.5).close(0.1)

    def test_drawn_numbers(self, observe):
        random = drawn()
        for _ in range(4):
            given, true = (random.randrange(10 ** random.randint(1, 5)) for _ in range(2))
            agree = places = 0
            a, b = given, true
            while places == 0 or a or b:
                agree += a % 10 == b % 10 and (places == 0 or (a > 0 and b > 0))
                a, b, places = a // 10, b // 10, places + 1
            expected = 1.0 if given == true else 0.05 + 0.9 * agree / places
            observe(partial_credit, f"So it is {given}.", str(true), 0.05, 0.9).close(expected)

    def test_drawn_verdicts(self, observe):
        random = drawn()
        n, credit = random.randrange(1000, 10**5), random.uniform(0.1, 0.4)
        observe(partial_credit, f"#### {n:,}", str(n), credit, 0.5).close(1.0)
        observe(partial_credit, f"{n} ####", str(n), credit, 0.5).close(0.0)
        observe(partial_credit, f"#### -{n}", str(n), credit, 0.5).close(credit)
        observe(partial_credit, f"#### 00{n}.0", f"{n}7", credit, 0.0).close(credit)
        observe(partial_credit, f"#### {n:,}", str(10**6 + n), 0.0, credit).close(credit * len(str(n)) / 7)
        observe(partial_credit, f"#### 0{n}", f"9{n}", 0.0, credit).close(credit * len(str(n)) / (len(str(n)) + 1))
