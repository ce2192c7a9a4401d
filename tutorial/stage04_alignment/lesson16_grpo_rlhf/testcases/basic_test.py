"""Does it do the job? Every exercise of lesson 16, on small numbers that a pocket calculator gives."""

import math

import pytest
import torch
from lesson16_grpo_rlhf.loss.kl import kl_estimate, kl_term
from lesson16_grpo_rlhf.loss.rlhf import rlhf_loss
from lesson16_grpo_rlhf.rewards.relative import relative_rewards, standardize
from lesson16_grpo_rlhf.rewards.reward_model import preference_loss
from lesson16_grpo_rlhf.rollout.dapo import length_penalty, overlong_filter
from lesson16_grpo_rlhf.testcases import scenarios
from lesson16_grpo_rlhf.training.measures import exact_kl, token_entropy

NAN = float("nan")


def double(values):
    return torch.tensor(values, dtype=torch.float64)


@pytest.mark.exercise("16.1")
class TestRelativeRewards:
    def test_less_the_mean_of_the_group(self, observe):
        observe(scenarios.relative_rewards_of_many_groups)
        # means 2 and 10
        observe(relative_rewards, double([3.0, 1.0, 8.0, 12.0]), 2).close(double([1.0, -1.0, -2.0, 2.0]))

    def test_what_is_not_scored_stays_so_and_does_not_count(self, observe):
        observe(scenarios.relative_rewards_of_many_groups)
        seen = observe(relative_rewards, double([1.0, NAN, 2.0]), 3)
        seen.check(bool(seen.value[1].isnan()), "a response that is not scored stays NaN")
        seen[0].close(-0.5)

    def test_refuses_a_group_of_one(self, observe):
        observe(scenarios.relative_rewards_of_many_groups)
        with observe.raises(ValueError, match="group"):
            observe(relative_rewards, double([1.0, 0.0]), 1)


@pytest.mark.exercise("16.2")
class TestStandardize:
    def test_one_mean_and_one_deviation_for_the_batch(self, observe):
        observe(scenarios.standardize_many_batches)
        # mean 0, squares 1 + 1 + 9 + 9 = 20 over 3
        std = math.sqrt(20 / 3) + 1e-4
        seen = observe(standardize, double([1.0, -1.0, 3.0, -3.0]))
        seen.close(double([1 / std, -1 / std, 3 / std, -3 / std]))

    def test_not_scored_gives_zero(self, observe):
        observe(scenarios.standardize_many_batches)
        a = 1 / (math.sqrt(2) + 1e-4)
        observe(standardize, double([1.0, NAN, -1.0])).close(double([a, 0.0, -a]))


@pytest.mark.exercise("16.3")
class TestExactKl:
    def test_worked_example(self, observe):
        observe(scenarios.exact_kl_of_many)
        p = double([[0.5, 0.25, 0.25], [0.5, 0.5, 0.0]])
        q = double([[0.25, 0.25, 0.5], [0.25, 0.5, 0.25]])
        # 0.5 log 2 + 0.25 log 1/2; and 0.5 log 2, where the other way round it would be infinite
        observe(exact_kl, p.log() + 3, q.log()).close(double([0.25, 0.5]) * math.log(2))

    def test_is_zero_for_equal_distributions(self, observe):
        observe(scenarios.exact_kl_of_many)
        observe(exact_kl, double([[1.0, 2.0], [0.0, 0.0]]), double([[0.0, 1.0], [5.0, 5.0]])).close(double([0.0, 0.0]))


@pytest.mark.exercise("16.4")
class TestTokenEntropy:
    def test_uniform_and_certain(self, observe):
        observe(scenarios.entropy_of_many)
        seen = observe(token_entropy, double([[[0.0] * 4, [1000.0, 0.0, 0.0, 0.0]]]))
        seen.close(double([[math.log(4), 0.0]]))

    def test_temperature_divides_the_logits(self, observe):
        observe(scenarios.entropy_of_many)
        # Odds of 9 at temperature 1 are odds of 3 at temperature 2
        expected = -(0.75 * math.log(0.75) + 0.25 * math.log(0.25))
        observe(token_entropy, double([[[math.log(9), 0.0]]]), temperature=2.0).close(double([[expected]]))


@pytest.mark.exercise("16.5")
class TestKlEstimate:
    @pytest.mark.parametrize(("name", "unlikely", "likely"), [
        ("k1", -math.log(2), math.log(2)),
        ("k2", math.log(2) ** 2 / 2, math.log(2) ** 2 / 2),
        ("k3", 2 - 1 - math.log(2), 0.5 - 1 + math.log(2)),
    ])  # fmt: skip
    def test_half_and_twice_as_likely_as_in_the_reference(self, observe, name, unlikely, likely):
        observe(scenarios.kl_estimates_of_many)
        observe(scenarios.kl_gradients_of_many)
        seen = observe(kl_estimate, double([[0.25, 0.5]]).log(), double([[0.5, 0.25]]).log(), name)
        seen.close(double([[unlikely, likely]]))

    def test_refuses_another_name(self, observe):
        observe(scenarios.kl_estimates_of_many)
        observe(scenarios.kl_gradients_of_many)
        with observe.raises(ValueError, match="k9"):
            observe(kl_estimate, double([[-1.0]]), double([[-1.0]]), "k9")


@pytest.mark.exercise("16.6")
class TestKlTerm:
    def test_the_ratio_weighs_the_estimate(self, observe):
        observe(scenarios.kl_terms_of_many)
        # now 0.5, when it was drawn 0.25, in the reference 0.125: ratio 2, k = log 4
        now, old, ref = (double([[p]]).log() for p in (0.5, 0.25, 0.125))
        observe(kl_term, now, old, ref, "k1").close(double([[2 * math.log(4)]]))
        observe(kl_term, now, old, ref, "k2").close(double([[2 * math.log(4) ** 2 / 2]]))
        observe(kl_term, now, old, ref, "k3").close(double([[2 * (0.25 - 1 + math.log(4))]]))

    def test_without_correction_it_is_the_estimate(self, observe):
        observe(scenarios.kl_terms_of_many)
        now, old, ref = (double([[p]]).log() for p in (0.5, 0.25, 0.125))
        observe(kl_term, now, old, ref, "k3", correction=False).close(double([[0.25 - 1 + math.log(4)]]))

    def test_gradient_of_k3_with_and_without(self, observe):
        observe(scenarios.kl_terms_of_many)
        # d/dlp of exp(-k) - 1 + k is 1 - exp(-k); of ratio * k3 at ratio 1 it is that plus k3, which makes k.
        now, ref = double([[0.5]]).log(), double([[0.25]]).log()
        bare = observe(kl_term, now, now, ref, correction=False, grad_of="log_probs")
        bare.grad("log_probs").close(double([[1 - 0.5]]))
        seen = observe(kl_term, now, now, ref, grad_of="log_probs")
        seen.grad("log_probs").close(double([[math.log(2)]]))


@pytest.mark.exercise("16.7")
class TestRlhfLoss:
    @pytest.mark.parametrize(("advantage", "ratio", "loss", "gradient"), [
        (1.0, 1.25, -1.25, -1.25),  # inside the wider upper bound: pushed up
        (1.0, 2.0, -1.28, 0.0),
        (1.0, 0.5, -0.5, -0.5),
        (-1.0, 0.5, 0.8, 0.0),
        (-1.0, 1.25, 1.25, 1.25),
        (-1.0, 2.0, 2.0, 2.0),
    ])  # fmt: skip
    def test_clip_higher(self, observe, advantage, ratio, loss, gradient):
        observe(scenarios.losses_of_many)
        old = double([[-1.5]])
        arguments = (old + math.log(ratio), old, double([advantage]), torch.tensor([[1]]), 0.2, 0.28)
        seen = observe(rlhf_loss, *arguments, grad_of="log_probs")
        seen.close(loss)
        seen.grad("log_probs").close(double([[gradient]]))

    def test_the_kl_is_added_with_its_price(self, observe):
        observe(scenarios.losses_of_many)
        # Ratio 1: -1 for the first token, twice; k3 of the first is 2 - 1 - log 2, of the second 0.
        lp, ref = double([[0.25, 0.5]]).log(), double([[0.5, 0.5]]).log()
        seen = observe(rlhf_loss, lp, lp, double([1.0]), torch.tensor([[1, 1]]), kl_coef=0.5, ref_log_probs=ref)
        seen.close(-1 + 0.5 * (1 - math.log(2)) / 2)

    def test_only_response_tokens_count(self, observe):
        observe(scenarios.losses_of_many)
        lp = double([[-1.0, -2.0, -3.0], [-1.0, -2.0, -3.0]])
        mask = torch.tensor([[0, 1, 1], [0, 1, 0]])
        seen = observe(rlhf_loss, lp, lp, double([1.0, -0.5]), mask, grad_of="log_probs")
        seen.close(-(2 * 1.0 - 0.5) / 3)
        seen.grad("log_probs").close(double([[0, -1, -1], [0, 0.5, 0]]) / 3)


@pytest.mark.exercise("16.8")
class TestPreferenceLoss:
    def test_equal_scores_are_a_coin_toss(self, observe):
        observe(scenarios.preference_losses_of_many)
        observe(preference_loss, double([5.0, -3.0]), double([5.0, -3.0])).close(math.log(2))

    def test_worked_example(self, observe):
        observe(scenarios.preference_losses_of_many)
        # odds of 3 to 1 for the first pair, 1 to 3 for the second: -log 3/4 and -log 1/4
        seen = observe(preference_loss, double([math.log(3), 1.0]), double([0.0, 1.0 + math.log(3)]), grad_of="chosen")
        seen.close((math.log(4 / 3) + math.log(4)) / 2)
        seen.grad("chosen").close(double([-0.25 / 2, -0.75 / 2]))


PAIRS = [("1+1=", "aab", "cd"), ("2=", "a", "bcdefgh")]


@pytest.mark.exercise("16.9")
class TestRewardModelStep:
    def test_changes_the_weights_and_tells_how(self, observe):
        seen = observe(scenarios.one_reward_model_step, PAIRS)
        changed = any(not torch.equal(seen.value["before"][n], seen.value["after"][n]) for n in seen.value["before"])
        seen.check(changed, "a step must change the weights")
        for name in ("loss", "accuracy", "margin", "grad_norm"):
            value = seen["metrics"][0][name].value
            seen.check(type(value) is float, f"{name} must be a float, not a {type(value).__name__}")

    def test_the_loss_falls(self, observe):
        seen = observe(scenarios.one_reward_model_step, PAIRS, steps=8)
        losses = [metrics["loss"] for metrics in seen.value["metrics"]]
        seen.check(losses[-1] < losses[0], f"eight steps on the same pairs must lower the loss; it went {losses}")


@pytest.mark.exercise("16.10")
class TestDynamicSampling:
    def test_groups_without_signal_are_refilled(self, observe):
        observe(scenarios.many_dynamic_samplings)
        script = [[1.0, 0.0], [0.0, 0.0], [1.0, 1.0], [0.0, 1.0]]
        seen = observe(scenarios.sample_dynamically, script, wanted=2, max_rounds=5)
        seen["kept"].close([0, 3])
        seen["drawn"].close([0, 1, 2, 3])
        seen["asked"].close([2, 1, 1])

    def test_the_rounds_are_bounded(self, observe):
        observe(scenarios.many_dynamic_samplings)
        seen = observe(scenarios.sample_dynamically, [[1.0, 1.0]], wanted=2, max_rounds=3)
        seen["kept"].close([])
        seen["asked"].close([2, 2, 2])


@pytest.mark.exercise("16.11")
class TestOverlongFilter:
    def test_rows_without_eos_are_masked(self, observe):
        observe(scenarios.overlong_filters_of_many)
        mask = torch.tensor([[0, 1, 1], [0, 1, 1]])
        seen = observe(overlong_filter, mask, [torch.tensor([5, 1]), torch.tensor([5, 6])], 1)
        seen.close(torch.tensor([[0, 1, 1], [0, 0, 0]]))


@pytest.mark.exercise("16.12")
class TestLengthPenalty:
    def test_a_falling_line(self, observe):
        observe(scenarios.length_penalties_of_many)
        responses = [torch.full((n,), 5) for n in (3, 6, 7, 9, 10, 12)]
        observe(length_penalty, responses, 10, 4).close(torch.tensor([0.0, 0.0, -0.25, -0.75, -1.0, -1.0]))


@pytest.mark.exercise("16.13")
class TestFrozenCopy:
    def test_does_not_move_with_the_model(self, observe):
        seen = observe(scenarios.freeze_and_go_on)
        seen["reference at the end"].close(seen.value["model at the copy"], rtol=0, atol=0)
        seen.check(not any(seen.value["reference in training mode"]), "the reference must be in evaluation mode")
        seen.check(not seen.value["reference wants gradients"], "no parameter of the reference may want a gradient")


@pytest.mark.exercise("16.14")
class TestCollect:
    def test_a_group_for_each_of_the_next_prompts(self, observe):
        seen = observe(scenarios.collect, [[1.0, 0.0, 2.0, 3.0]])
        seen.check([len(c) for c in seen.value["calls"]] == [3], "batch_size = 3 prompts, drawn at once")
        seen["batch"]["advantages"].check(
            list(seen.value["batch"]["advantages"].shape) == [12], "3 prompts with 4 responses each"
        )
        seen["metrics"]["completions"].close(12.0)

    def test_dynamic_sampling_refills(self, observe):
        rewards = [[1.0, 1.0], [0.0, 1.0], [0.0, 0.0], [2.0, 1.0]]
        seen = observe(scenarios.collect, rewards, group_size=2, batch_size=2, dynamic_sampling=True)
        seen.check([len(c) for c in seen.value["calls"]] == [2, 1, 1], "2 groups, then what is missing")
        seen["metrics"]["signal"].close(0.5)
        seen["metrics"]["completions"].close(8.0)

    def test_nothing_kept_nothing_to_train_on(self, observe):
        seen = observe(scenarios.collect, [[1.0] * 4], dynamic_sampling=True, max_rounds=2)
        seen["batch"].close(None)
        seen["metrics"]["entropy"].close(0.0)
        seen["metrics"]["reward"].close(1.0)


# Two rows: prompts of 2 and 1 tokens, responses of 2 and 1 tokens.
ROWS = {
    "ids": torch.tensor([[3, 4, 5, 1], [6, 1, 0, 0]]),
    "mask": torch.tensor([[0, 0, 1, 1], [0, 1, 0, 0]]),
    "old_log_probs": double([[0.0, -2.5, -2.5], [-2.5, 0.0, 0.0]]),
    "ref_log_probs": double([[-1.0, -2.4, -2.7], [-2.2, -1.0, -1.0]]),
    "advantages": double([1.0, -1.0]),
}


@pytest.mark.exercise("16.15")
class TestUpdate:
    def test_one_optimizer_step_per_grpo_epoch(self, observe):
        seen = observe(scenarios.updates, **ROWS, grpo_epochs=3)
        seen["steps"].close(3)
        changed = any(not torch.equal(seen.value["before"][n], seen.value["after"][n]) for n in seen.value["before"])
        seen.check(changed, "the updates must change the weights")
        for name in ("loss", "grad_norm", "clip_fraction", "kl"):
            value = seen["metrics"][name].value
            seen.check(type(value) is float, f"{name} must be a float, not a {type(value).__name__}")

    def test_the_reference_does_not_move(self, observe):
        seen = observe(scenarios.updates, **ROWS, grpo_epochs=2)
        seen.check(not seen.value["reference moved"], "the reference is frozen: no update may change it")


@pytest.mark.exercise("16.16")
class TestSaveCheckpoint:
    def test_weights_tokenizer_and_settings(self, observe):
        seen = observe(scenarios.save)
        seen["paths"].close(["epoch_1"])
        seen["files"].close({
            "epoch_1/model.safetensors": {"w": torch.tensor([1.0, 1.0])},
            "epoch_1/run_config.json": {"name": "run", "rate": 0.5, "switches": None, "depth": 3},
            "epoch_1/tokenizer.json": "tokenizer of epoch 1",
        })  # fmt: skip

    def test_one_folder_per_epoch(self, observe):
        seen = observe(scenarios.save, epochs=[1, 2])
        seen["folders"].close(["epoch_1", "epoch_2"])

    def test_epochs_count_from_one(self, observe):
        with observe.raises(ValueError):
            observe(scenarios.refuse_epoch, 0)
