"""Is it robust? Edge cases, precision and bad input. Every exercise of lesson 02."""

import pytest
import torch
from lesson02_sampling.policy.distribution import sampling_log_probs, top_p_mask
from lesson02_sampling.testcases import scenarios

from course.base.object_spec import Spec
from course.base.property_tests import chosen_seed

TINY = Spec("lab.models.tiny_language_models:TinyLM", {"vocab_size": 7, "layers": 2}, seed=1, dtype="float64")
PROMPT = torch.tensor([3, 0, 2])


def double(values):
    return torch.tensor(values, dtype=torch.float64)


@pytest.mark.exercise("02.1")
class TestTopP:
    def test_p_of_1_keeps_unlikely_tokens_too(self, observe):
        # In float32 the probabilities before the last token already add up to 1.
        observe(top_p_mask, torch.tensor([0.0, -1.0, -40.0]), 1.0).close(torch.tensor([True] * 3))

    def test_tokens_that_were_removed_before_stay_out(self, observe):
        logits = double([0.2, 0.5, 0.0, 0.3]).log()
        observe(top_p_mask, logits, 0.99).close(torch.tensor([True, True, False, True]))

    def test_large_logits(self, observe):
        observe(top_p_mask, double([1000.0, 1001.0, -1000.0]), 0.8).close(torch.tensor([True, True, False]))

    def test_more_dimensions(self, observe):
        # as of all positions of a batch of texts
        logits = torch.randn(2, 3, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
        rows = observe(top_p_mask, logits.view(6, 5), 0.7).value
        observe(top_p_mask, logits, 0.7).close(rows.view(2, 3, 5))

    def test_calls_share_nothing(self, observe):
        first, second = double([0.6, 0.3, 0.1]).log(), double([0.1, 0.3, 0.6]).log()
        seen = observe(scenarios.two_calls, "top_p_mask", first, second, p=0.5)
        seen.close([torch.tensor([True, False, False]), torch.tensor([False, False, True])])


@pytest.mark.exercise("02.2")
class TestSamplingLogProbs:
    def test_calls_share_nothing(self, observe):
        first, second = double([0.6, 0.4, 0.0]).log(), double([0.1, 0.3, 0.6]).log()
        observe(scenarios.two_calls, "sampling_log_probs", first, second).close([first, second])

    def test_top_k_larger_than_the_vocabulary(self, observe):
        logits = double([0.2, 0.5, 0.3]).log()
        observe(sampling_log_probs, logits, top_k=50).close(logits)
        observe(sampling_log_probs, logits, top_k=3).close(logits)

    def test_min_p_of_1_keeps_the_most_likely_token(self, observe):
        observe(sampling_log_probs, double([0.2, 0.5, 0.3]).log(), min_p=1.0).close(double([0, 1, 0]).log())

    def test_log_probs_do_not_underflow(self, observe):
        observe(sampling_log_probs, double([0.0, -2000.0])).close(double([0.0, -2000.0]))

    @pytest.mark.parametrize("temperature", [0.0, -1.0])
    def test_refuses_a_temperature_that_is_not_positive(self, observe, temperature):
        with observe.raises(ValueError, match="temperature"):
            observe(sampling_log_probs, double([0.0, 1.0]), temperature=temperature)

    @pytest.mark.parametrize("top_p", [0.0, 1.5])
    def test_refuses_a_top_p_that_is_no_probability(self, observe, top_p):
        with observe.raises(ValueError, match="top_p"):
            observe(sampling_log_probs, double([0.0, 1.0]), top_p=top_p)


@pytest.mark.exercise("02.3")
class TestSample:
    def test_the_generator_decides_all_draws(self, observe):
        seen = observe(scenarios.draw_again, TINY, PROMPT, 6, 5, seed=3)
        seen[1].close(seen.value[0], says="two draws with generators of the same seed must be equal")
        first, other = (
            observe(scenarios.draw_completions, TINY, PROMPT, 6, 5, seed=seed)["token_ids"] for seed in (3, 4)
        )
        equal = all(torch.equal(a, b) for a, b in zip(first.value, other.value, strict=True))
        other.check(not equal, "draws with generators of different seeds must differ")

    def test_one_forward_pass_for_each_token_of_all_completions(self, observe):
        # After the prompt comes EOS or token 0, after token 0 EOS: 2 passes are enough, and 8 are allowed.
        logits = [[-50.0, 0.0, -50.0], [0.0, -50.0, -50.0], [0.0, 0.0, -50.0]]
        model = Spec("lab.models.tiny_language_models:BigramLM", {"logits": logits})
        observe(scenarios.draw_completions, model, torch.tensor([2]), 32, 8)["calls"].close(2)
        observe(scenarios.draw_completions, TINY, PROMPT, 16, 3, eos=99)["calls"].close(3)

    def test_log_probs_carry_no_gradient(self, observe):
        seen = observe(scenarios.draw_completions, TINY, PROMPT, 2, 3)["log_probs"]
        seen.check(not seen.value[0].requires_grad, "drawing needs no gradient: it would keep every forward in memory")


@pytest.mark.exercise("02.4")
class TestCompletionLogProbs:
    @pytest.mark.parametrize("settings", [{}, {"temperature": 0.6}, {"top_p": 0.8}, {"temperature": 1.3, "top_k": 3}])
    def test_the_ratio_at_step_0_is_1(self, observe, settings):
        seen = observe(scenarios.draw_then_score, TINY, PROMPT, 6, 5, chosen_seed(), **settings)
        seen["scored"].close(seen.value["drawn"], says="scored with the weights that drew, the log-probs must be equal")
