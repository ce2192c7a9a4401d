"""Tests that must fail, one for each way in which a broken judge could let everything pass. No submission is asked:
each observation is answered with the number 1. The judge runs them before it grades anything."""

import pytest
import torch
from lesson13_grpo.loss.grpo import compute_grpo_loss


def seen(observe):
    return observe(compute_grpo_loss, torch.zeros(2), torch.zeros(2))


def test_passes(observe):
    seen(observe).close(1.0)


def test_false():
    assert False  # noqa: B011  # with -O this would pass


def test_another_number(observe):
    seen(observe).close(1.0001)


def test_not_a_number(observe):
    seen(observe).close(float("nan"))


def test_another_shape(observe):
    seen(observe).close(torch.ones(1))


def test_another_kind(observe):
    seen(observe).close(True)


def test_no_such_part(observe):
    seen(observe)["loss"].close(1.0)


def test_no_gradient_was_sent(observe):
    seen(observe).grad("log_probs").close(torch.zeros(2))


def test_a_property_that_does_not_hold(observe):
    seen(observe).check(False, "does not hold")


def test_an_error_that_was_not_raised(observe):
    with observe.raises(ValueError):
        seen(observe)


def test_past_the_door():
    compute_grpo_loss(torch.zeros(2), torch.zeros(2))


def test_skipped():
    pytest.skip("a skipped test has not passed")


@pytest.mark.xfail
def test_expected_to_fail():
    raise AssertionError
