"""Rewards about one completion: numbers, programs, and the coin toss."""

import pytest

from lab.rl import program_reward, rewards


@pytest.mark.parametrize(("text", "answer", "score"), [
    ("3 + 4 = 7", "7", 1), ("it is 7.", "7", 1), ("7 or 8", "7", 0), ("none", "7", 0), ("1,200", "x #### 1200", 1),
    ("we get 5 #### 12", "3 * 4 = 12\n#### 12", 1), ("#### 12 and then 3", "#### 12", 1), ("7.50", "7.5", 1),
    ("-7", "7", 0), ("7" * 5000, "7", 0),
])  # fmt: skip
def test_math_correctness(text, answer, score):
    assert rewards.math_correctness(text, answer) == score


@pytest.mark.parametrize(("text", "answer", "score"), [
    ("so 72", "72", 1), ("so 73", "72", 0.25), ("7 or 8", "7", 0), ("none", "7", 0), ("5", "7", 0), ("-7", "7", 0),
])  # fmt: skip
def test_partial_credit_is_half_the_share_of_right_digits(text, answer, score):
    """A fixed sum for any number would teach to write numbers, and no more: lesson 09 measures it."""
    assert rewards.with_partial_credit(rewards.math_correctness)(text, answer) == score


def test_the_right_number_in_the_wrong_form_gets_half():
    assert rewards.with_partial_credit(lambda completion, answer: float(completion == answer))("it is 7", "7") == 0.5


def test_an_answer_that_is_no_number_gets_no_part():
    score = rewards.with_partial_credit(lambda completion, answer: float(completion == answer))
    assert (score("cba", "abc"), score("abc", "abc"), score("7", "abc")) == (0, 1, 0)


def test_a_program_that_does_not_end_is_stopped_and_fails():
    loops = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'while True: pass'])"
    assert program_reward.score(0.5, False)(loops, "assert True") == 0.0


def test_partial_credit_of_programs_is_the_share_of_tests():
    tests = "y = 2\nassert f(1) == y\nassert f(2) == 9\nassert f(0) == 1\nassert f(5) == 6"
    assert program_reward.score(20.0, True)("f = lambda x: x + 1", tests) == 0.75
    assert program_reward.score(20.0, False)("f = lambda x: x + 1", tests) == 0.0


def test_a_coin_toss_is_the_same_for_everyone_who_asks():
    table = [rewards.coin_toss(0, 3, place) for place in range(40)]
    assert set(table) == {0.0, 1.0} and table == [rewards.coin_toss(0, 3, place) for place in range(40)]
    coin, other = rewards.CoinToss(1), rewards.CoinToss(1)
    first = [coin("x", "y") for _ in range(10)]
    other.tosses = coin.tosses
    assert [coin() for _ in range(10)] == [other() for _ in range(10)] and len(set(first)) == 2
