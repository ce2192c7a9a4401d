"""Edge cases, precision and bad input: lesson 21 looked at closely."""

import math

import pytest
import torch
from hypothesis import strategies as st
from lesson21_grpo_jax.loss.grpo import group_advantages, grpo_loss
from lesson21_grpo_jax.testcases.scenarios import learn, one_step

from course.base.property_tests import drawn, for_all

NAN = math.nan


def double(values):
    return torch.tensor(values, dtype=torch.float64)


@pytest.mark.exercise("21.1")
class TestGroupAdvantages:
    def test_equal_rewards_give_exactly_zero(self, observe):
        # The mean of eight float32 numbers 0.1 may be rounded.
        rewards = torch.tensor([0.1] * 7 + [NAN], dtype=torch.float32)
        observe(group_advantages, rewards, 8).close(torch.zeros(8), atol=0)

    def test_one_scored_completion_or_none(self, observe):
        rewards = double([NAN, 5, NAN, NAN, NAN, NAN, NAN, NAN])
        observe(group_advantages, rewards, 4).close(torch.zeros(8), atol=0)

    @for_all(shift=st.floats(-3, 3), rewards=st.lists(st.integers(-9, 9), min_size=8, max_size=8))
    def test_a_constant_changes_nothing(self, observe, shift, rewards):
        expected = observe(group_advantages, double(rewards), 4).value
        observe(group_advantages, double(rewards) + shift, 4).close(expected)

    @pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
    def test_precision_stays(self, observe, dtype):
        says = "no data type in the code: results have that of the arguments"
        observe(group_advantages, torch.tensor([0, 1, NAN, 4], dtype=dtype), 4).has_dtype(dtype, says)


def torch_loss(log_probs, old_log_probs, advantages, mask, aggregation):
    """The loss in PyTorch, where autograd gives the gradient."""
    counted = mask.bool()
    ratio = (log_probs - old_log_probs).where(counted, 0.0).exp()
    a = advantages[:, None]
    rows = -torch.minimum(ratio * a, ratio.clamp(0.8, 1.2) * a).where(counted, 0.0)
    if aggregation == "sequence":
        return (rows.sum(1) / mask.sum(1).clamp(min=1)).mean()
    return rows.sum() / mask.sum()


@pytest.mark.exercise("21.3")
class TestGrpoLoss:
    @pytest.mark.parametrize("aggregation", ["token", "sequence"])
    def test_pytorch_gives_the_same_to_twelve_digits(self, observe, aggregation):
        generator = torch.Generator().manual_seed(drawn().randrange(1000))
        new, old = torch.randn(2, 5, 7, generator=generator, dtype=torch.float64)
        advantages = torch.randn(5, generator=generator, dtype=torch.float64)
        mask = torch.randint(2, (5, 7), generator=generator)
        mask[0], mask[1, 0], old[0, 0] = 0, 1, NAN
        new.requires_grad_()
        expected = torch_loss(new, old, advantages, mask, aggregation)
        expected.backward()
        seen = observe(grpo_loss, new.detach(), old, advantages, mask, aggregation=aggregation, grad_of="log_probs")
        seen.close(expected.detach(), rtol=1e-12, atol=1e-14)
        seen.grad("log_probs").close(new.grad, rtol=1e-12, atol=1e-14)

    @pytest.mark.parametrize("aggregation", ["token", "sequence"])
    def test_nothing_counts(self, observe, aggregation):
        logs, mask = double([[-1, NAN]]), torch.zeros(1, 2, dtype=torch.long)
        seen = observe(grpo_loss, logs, logs, double([1]), mask, aggregation=aggregation, grad_of="log_probs")
        seen.close(0.0)
        seen.grad("log_probs").close(torch.zeros(1, 2))


@pytest.mark.exercise("21.5")
class TestMakeTrainStep:
    def test_precision_stays(self, observe):
        seen = observe(one_step, torch.zeros(2, 3, dtype=torch.float32))
        seen.has_dtype(torch.float32, "the weights must keep their data type")

    @pytest.mark.trains
    def test_it_learns(self, observe):
        seen = observe(learn, [0, 1])
        for before, after in seen.value:
            seen.check(before < 0.3 and after > 0.9, f"right answers: {before:.2f} before, {after:.2f} after 60 steps")
