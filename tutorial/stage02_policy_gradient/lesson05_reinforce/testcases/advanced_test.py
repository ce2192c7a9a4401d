"""Is it robust? Edge cases of exercises 05.3 to 05.6."""

import math

import pytest
import torch
from lesson05_reinforce.loss.reinforce import reinforce_loss, reward_to_go
from lesson05_reinforce.testcases import scenarios

from course.base.object_spec import Spec

TABLE = Spec("lab.models.tiny_language_models:BigramLM", {"logits": [[0.0] * 3] * 3})


def double(values):
    return torch.tensor(values, dtype=torch.float64)


@pytest.mark.exercise("05.3")
class TestExactPolicyGradient:
    def test_the_gradients_that_the_model_holds_stay(self, observe):
        texts = [torch.tensor([0]), torch.tensor([1]), torch.tensor([2])]
        seen = observe(scenarios.two_exact_gradients, TABLE, torch.tensor([1]), texts, double([1.0, 0.0, 0.0]))
        seen[".grad"].close({"logits": torch.full((3, 3), 7.0, dtype=torch.float64)})


@pytest.mark.exercise("05.4")
class TestRewardToGo:
    def test_what_stands_outside_the_mask_is_ignored_even_if_it_is_no_number(self, observe):
        mask = torch.tensor([[False, True, True, False]])
        observe(reward_to_go, double([[math.nan, 1, 2, math.inf]]), mask).close(double([[0, 3, 2, 0]]))

    def test_a_row_without_tokens(self, observe):
        mask = torch.tensor([[False, False], [True, False]])
        observe(reward_to_go, double([[1, 1], [1, 1]]), mask).close(double([[0, 0], [1, 0]]))

    def test_one_column(self, observe):
        observe(reward_to_go, double([[2], [3]]), torch.tensor([[True], [False]])).close(double([[2], [0]]))

    def test_a_tiny_discount_over_many_tokens(self, observe):
        # 0.01 ** 400 is 0 in floating point: the discount must count from the token itself
        mask = torch.ones(1, 400, dtype=torch.bool)
        seen = observe(reward_to_go, torch.ones(1, 400, dtype=torch.float64), mask, gamma=0.01)
        seen.close(double([[sum(0.01**k for k in range(400 - t)) for t in range(400)]]))


@pytest.mark.exercise("05.5")
class TestReinforceLoss:
    def test_log_probs_of_minus_infinity_outside_the_mask(self, observe):
        log_probs, mask = double([[-1.0, -math.inf]]), torch.tensor([[True, False]])
        seen = observe(reinforce_loss, log_probs, mask, double([[2, 3]]), grad_of="log_probs")
        seen.close(2.0)
        seen.grad("log_probs").close(double([[-2, 0]]))

    def test_returns_of_zero_give_a_gradient_of_zero(self, observe):
        # A batch in which nothing is paid is common, and backward() must still run.
        mask = torch.tensor([[True, True]])
        seen = observe(reinforce_loss, double([[-1.0, -2.0]]), mask, double([[0, 0]]), grad_of="log_probs")
        seen.close(0.0)
        seen.check(
            seen.grad("log_probs").value is not None,
            "the loss must stay connected to log_probs, so that backward() runs",
        )


@pytest.mark.exercise("05.6")
class TestReinforceStep:
    def test_the_results_are_plain_numbers(self, observe):
        # A tensor would keep the graph of the step in memory as long as a log holds it.
        seen = observe(scenarios.steps, TABLE, [torch.tensor([1])], [[torch.tensor([0])]], [[double([1])]])
        for name in ("reward", "loss"):
            number = seen["results"][0][name]
            number.check(isinstance(number.value, float), f"{name!r} must be a Python number, not a tensor")

    @pytest.mark.parametrize("training", [True, False])
    def test_the_model_stays_in_its_mode(self, observe, training):
        seen = observe(
            scenarios.steps, TABLE, [torch.tensor([1])], [[torch.tensor([0])]], [[double([1])]], training=training
        )
        seen["training"].close(training)
