"""Is it robust? Edge cases, precision and bad input. Exercises of lesson 06."""

import pytest
import torch
from lesson06_baselines.baselines.advantages import leave_one_out, whiten
from lesson06_baselines.testcases import scenarios
from lesson06_baselines.variance.gradients import gradient_variance, score_vectors

from course.base.object_spec import Spec


def double(values):
    return torch.tensor(values, dtype=torch.float64)


@pytest.mark.exercise("06.1")
class TestScoreVectors:
    MODEL = Spec("lab.models.tiny_language_models:TinyLM", {"vocab_size": 3, "hidden": 4}, seed=1, dtype="float64")

    def test_rows_are_constants(self, observe):
        seen = observe(
            scenarios.rows_and_grad, self.MODEL, torch.tensor([1]), [torch.tensor([0]), torch.tensor([2, 0])]
        )
        seen.check(
            not seen.value["requires_grad"], "no gradient may flow through the rows: they would keep every graph"
        )
        seen.check(seen.value["trainable"], "the parameters must still require a gradient after the call")

    def test_a_completion_does_not_depend_on_its_neighbours(self, observe):
        texts = [torch.tensor(ids) for ids in ([0], [2, 1, 2, 0], [1, 0])]
        alone = torch.cat([observe(score_vectors, self.MODEL, torch.tensor([1]), [text]).value for text in texts])
        observe(score_vectors, self.MODEL, torch.tensor([1]), texts).close(alone)


@pytest.mark.exercise("06.2")
class TestGradientVariance:
    @pytest.mark.parametrize("probabilities", [None, [0.25, 0.5, 0.25]])
    def test_a_large_mean_costs_no_precision(self, observe, probabilities):
        # E[g^2] - E[g]^2 would be a difference of two numbers near 1e8, in float32 multiples of 8
        gradients = torch.tensor([[1e4 - 1], [1e4], [1e4 + 1]])
        p = None if probabilities is None else torch.tensor(probabilities)
        expected = torch.tensor(1.0 if p is None else 0.5)
        observe(gradient_variance, gradients, p).close(expected, rtol=1e-3)

    def test_refuses_a_single_sample(self, observe):
        with observe.raises(ValueError):
            observe(gradient_variance, double([[1, 2]]))


@pytest.mark.exercise("06.4")
class TestLeaveOneOut:
    def test_refuses_a_single_sample(self, observe):
        with observe.raises(ValueError):
            observe(leave_one_out, double([[1], [0]]))

    def test_leaves_the_rewards_as_they_are(self, observe):
        observe(leave_one_out, double([[1, 0, 0], [1, 1, 0]])).inputs_unchanged()


@pytest.mark.exercise("06.5")
class TestRunningMean:
    def test_advantages_are_constants(self, observe):
        seen = observe(scenarios.carries_gradient, "RunningMean", double([1, 0]))
        seen.check(not any(seen.value), "no gradient may flow through the advantages, nor through the past batches")


@pytest.mark.exercise("06.6")
class TestWhiten:
    def test_a_single_token(self, observe):
        mask = torch.tensor([[True, False], [False, False]])
        observe(whiten, double([[3, 1], [2, 5]]), mask).close(torch.zeros(2, 2, dtype=torch.float64))

    def test_padding_may_hold_anything(self, observe):
        mask = torch.tensor([[True, True, True, False]])
        seen = observe(whiten, double([[1, 2, 3, torch.nan]]), mask, 0.0)
        seen.close(double([[-1, 0, 1, 0]]), atol=1e-12)
        seen.inputs_unchanged()
