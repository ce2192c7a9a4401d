"""Programs are judged by their tests, and the tests stand where a program cannot reach them."""

import pytest

from lab.rl import program_reward
from tests.lab.rl import labelled_programs


@pytest.mark.parametrize(("completion", "tests"), labelled_programs.RIGHT)
def test_right_programs_pass_in_whatever_form_they_come(completion, tests):
    assert program_reward.score(30.0, False)(completion, tests) == 1.0


@pytest.mark.parametrize(("completion", "tests"), labelled_programs.WRONG)
def test_wrong_programs_and_tricks_do_not_pass(completion, tests):
    assert program_reward.score(30.0, False)(completion, tests) == 0.0


@pytest.mark.parametrize(("tests", "reason"), [
    ("", "check nothing"), ("# later", "check nothing"), ("x = 1", "check nothing"), ("f(1)", "check nothing"),
    ("def check(c):\n    assert c(1)", "check nothing"), ("[]", "check nothing"), ("['assert f(1)'", "not Python"),
    ("assert f(1) = 2", "not Python"), ('["not python at all"]', "not Python"), ('{"a": 1}', "check nothing"),
])  # fmt: skip
def test_tests_that_cannot_fail_are_refused(tests, reason):
    with pytest.raises(ValueError, match=reason):
        program_reward.score(30.0, False)("f = abs", tests)
