"""Is it robust? Edge cases, precision, and inputs that must stay as they were. Lesson 07."""

import math

import pytest
import torch
from lesson07_old_data.loss.clip import clipped_objective
from lesson07_old_data.testcases import scenarios
from lesson07_old_data.training.reuse import drift
from lesson07_old_data.weights.importance import effective_sample_size, importance_weights

from course.base.object_spec import Spec

TABLE = Spec("lab.models.tiny_language_models:BigramLM", {"logits": [[0.0] * 4] * 4})


def double(values):
    return torch.tensor(values, dtype=torch.float64)


@pytest.mark.exercise("07.1")
class TestImportanceWeights:
    @pytest.mark.parametrize("level, expected, gradient", [
        ("token", [[0, 2, 0]], [[0, 2, 0]]), ("prefix", [[0, 2, 0]], [[0, 2, 0]]), ("sequence", [2], [[0, 2, 0]]),
    ])  # fmt: skip
    def test_impossible_tokens_outside_the_mask(self, observe, level, expected, gradient):
        # Truncated sampling and padding leave log-probabilities of -inf; -inf - (-inf) is NaN.
        new, old = double([[-math.inf, math.log(2), -math.inf]]), double([[-math.inf, 0, 3.0]])
        mask = torch.tensor([[False, True, False]])
        seen = observe(importance_weights, new, old, mask, level, grad_of="log_probs")
        seen.close(double(expected))
        seen.grad("log_probs").close(double(gradient))

    def test_a_token_that_the_new_policy_cannot_give(self, observe):
        new, old = double([[-math.inf, -1.0]]), double([[-1.0, -1.0]])
        for level, expected in {"token": [[0, 1]], "prefix": [[0, 0]], "sequence": [0]}.items():
            observe(importance_weights, new, old, new < 0, level).close(double(expected))

    def test_inputs_stay_as_they_were(self, observe):
        new, old, mask = double([[-1.0, -2.0]]), double([[-2.0, -1.0]]), torch.tensor([[True, False]])
        observe(importance_weights, new, old, mask, "prefix").inputs_unchanged()


@pytest.mark.exercise("07.2")
class TestEffectiveSampleSize:
    @pytest.mark.parametrize("scale", [1e200, 1e-200])
    def test_squares_leave_the_range_of_a_float(self, observe, scale):
        observe(effective_sample_size, scale * double([2, 0.5, 0.5])).close(2.0)

    def test_without_weight_nothing_is_left(self, observe):
        observe(effective_sample_size, double([0, 0, 0])).close(0.0)

    def test_weights_stay_as_they_were(self, observe):
        observe(effective_sample_size, double([2, 0.5, 0.5])).inputs_unchanged()


@pytest.mark.exercise("07.4")
class TestClippedObjective:
    def test_without_advantage_there_is_no_gradient(self, observe):
        seen = observe(clipped_objective, double([0.1, 1.0, 9.0]), double([0, 0, 0]), grad_of="ratio")
        seen.close(double([0, 0, 0]))
        seen.grad("ratio").no_gradient("A = 0 leaves nothing to learn from this token")

    def test_inputs_stay_as_they_were(self, observe):
        observe(clipped_objective, double([0.5, 2.0]), double([1, 1])).inputs_unchanged()


@pytest.mark.exercise("07.5")
class TestDrift:
    def test_impossible_tokens_outside_the_mask(self, observe):
        new, old = double([[-math.inf, math.log(2)]]), double([[-math.inf, 0]])
        seen = observe(drift, new, old, double([1]), torch.tensor([[False, True]]))
        kl = 2 - 1 - math.log(2)
        seen.close({"kl": kl, "outside": 1.0, "no_gradient": 1.0, "ess_tokens": 1.0, "ess_answers": 1.0})

    def test_the_numbers_are_plain_floats(self, observe):
        seen = observe(drift, double([[-1.0]]), double([[-1.5]]), double([1]), torch.tensor([[True]]))
        plain = all(isinstance(value, float) for value in seen.value.values())
        seen.check(plain, "five floats: a tensor would keep the graph of every update in memory")


@pytest.mark.exercise("07.6")
class TestUpdateOnRollout:
    ROLLOUT = {
        "ids": torch.tensor([[1, 0, 3], [1, 2, 0]]),
        "mask": torch.tensor([[True, False], [True, True]]),
        "old_log_probs": double([[0.25, 0.25], [0.25, 0.25]]).log(),
        "advantages": double([3, -1]),
    }

    def test_the_rollout_stays_as_it_was(self, observe):
        seen = observe(scenarios.updates, TABLE, self.ROLLOUT, 3, 1)
        seen["same rollout"].check(seen.value["same rollout"], "a rollout is data: no update may change it")

    def test_training_mode_stays(self, observe):
        seen = observe(scenarios.updates, TABLE, self.ROLLOUT, 1, 2, train=True)
        seen["training"].check(seen.value["training"], "the model came in training mode and must stay in it")

    def test_one_forward_pass_for_each_update(self, observe):
        seen = observe(scenarios.updates, TABLE, self.ROLLOUT, 2, 1)
        seen["passes"].check(len(seen.value["passes"]) == 4, "2 epochs with 2 minibatches: 4 updates, 4 forward passes")
