"""Does it do the job? Every exercise of lesson 14, on small numbers that a pocket calculator gives."""

import math

import pytest
import torch
from lesson14_grpo_ppo_clip.loss.advantages import group_advantages
from lesson14_grpo_ppo_clip.loss.ppo_clip import grpo_loss, ppo_clip_loss, token_log_probs
from lesson14_grpo_ppo_clip.rewards.addition import calculate_reward
from lesson14_grpo_ppo_clip.testcases import scenarios

from course.base.object_spec import Spec

# In lab's toy tokenizer the ids are: pad 0, eos 1, then the characters 0 1 2 ... 9 + ... from 2 on.
IDS = {c: i + 2 for i, c in enumerate("0123456789+-*/=")}


def ids(text, eos=False):
    return torch.tensor([*(IDS[c] for c in text), *([1] if eos else [])])


def double(values):
    return torch.tensor(values, dtype=torch.float64)


@pytest.mark.exercise("14.1")
class TestDataset:
    def test_holds_the_81_one_digit_sums(self, observe):
        seen = observe(scenarios.dataset)
        seen["length"].close(81)
        seen["data"][0].close(("### Instruction:\n1+1=\n\n### Response:\n", 2))
        seen["data"][80].close(("### Instruction:\n9+9=\n\n### Response:\n", 18))

    def test_the_held_out_sums_are_the_test_split(self, observe):
        # is_held_out(a, b) says so of just these eight pairs of one-digit numbers
        held_out = [(1, 3), (2, 7), (3, 1), (4, 6), (6, 4), (7, 2), (7, 9), (9, 7)]
        expected = [(f"### Instruction:\n{a}+{b}=\n\n### Response:\n", a + b) for a, b in held_out]
        observe(scenarios.dataset, split="test")["data"].close(expected)
        train = observe(scenarios.dataset, split="train")
        train["length"].close(81 - 8)
        train.check(not set(train.value["data"]) & set(expected), "no sum may be in both splits")

    def test_two_digit_numbers_are_10_to_99(self, observe):
        seen = observe(scenarios.operands, digits=2)
        seen.check(len(seen.value) == 8100, f"there are 90 * 90 = 8,100 sums, not {len(seen.value):,}")
        seen[0].close(torch.tensor([10, 10]))
        seen[8099].close(torch.tensor([99, 99]))


@pytest.mark.exercise("14.2")
class TestGetBatch:
    def test_pads_on_the_right_and_masks_the_response(self, observe):
        observe(scenarios.batch_of_many_rows)
        seen = observe(scenarios.batch, ["1+1=", "2="], [ids("2", eos=True), ids("345", eos=True)])
        seen[0].close(torch.stack([ids("1+1=2", eos=True), ids("2=345", eos=True)]))
        seen[1].close(torch.tensor([[0, 0, 0, 0, 1, 1], [0, 0, 1, 1, 1, 1]]))

    def test_padding_is_not_masked_in(self, observe):
        observe(scenarios.batch_of_many_rows)
        seen = observe(scenarios.batch, ["1=", "2="], [ids("3", eos=True), ids("45", eos=True)])
        seen[0][0].close(torch.tensor([*ids("1=3", eos=True).tolist(), 0]))
        seen[1][0].close(torch.tensor([0, 0, 1, 1, 0]))


@pytest.mark.exercise("14.3")
class TestReward:
    @pytest.mark.parametrize(("truth", "response", "reward"), [
        (12, "12", 1.0), (12, "7+5=12", 1.0), (12, "12 or 13", 0.0), (12, "I say 12.", 1.0), (12, "", 0.0),
        (12, "no idea", 0.0), (-3, "-3", 1.0), (3, "-3", 0.0),
    ])  # fmt: skip
    def test_the_last_integer_counts(self, observe, truth, response, reward):
        observe(scenarios.rewards_of_many_answers)
        observe(calculate_reward, truth, response).close(reward)


@pytest.mark.exercise("14.4")
class TestAdvantages:
    def test_worked_example(self, observe):
        # rewards 1 0 1 0: mean 0.5, unbiased std sqrt(4 * 0.25 / 3) = 0.57735
        a = 0.5 / (math.sqrt(1 / 3) + 1e-4)
        observe(group_advantages, double([1.0, 0.0, 1.0, 0.0]), 4).close(double([a, -a, a, -a]))

    def test_each_group_for_itself(self, observe):
        # means 1 and 10, unbiased stds sqrt(2) * 1 and sqrt(2) * 3
        a, b = 1 / (math.sqrt(2) + 1e-4), 3 / (3 * math.sqrt(2) + 1e-4)
        observe(group_advantages, double([2.0, 0.0, 7.0, 13.0]), 2).close(double([a, -a, -b, b]))

    def test_without_dividing_by_the_std(self, observe):
        seen = observe(group_advantages, double([1.0, 0.0, 0.0, 0.0]), 4, divide_by_std=False)
        seen.close(double([0.75, -0.25, -0.25, -0.25]))

    def test_equal_rewards_give_exactly_zero(self, observe):
        seen = observe(group_advantages, torch.full((8,), 0.1), 8)
        seen.check(bool((seen.value == 0).all()), "equal rewards teach nothing: every advantage must be exactly 0")

    def test_refuses_a_group_of_one(self, observe):
        with observe.raises(ValueError, match="group"):
            observe(group_advantages, double([1.0, 0.0]), 1)


# After token 0 come tokens 0, 1, 2 with probabilities 1/2, 1/4, 1/4, and so on: a model to calculate with.
TABLE = Spec("lab.models.tiny_language_models:BigramLM", {"logits": [[math.log(p) for p in row] for row in
             [[0.5, 0.25, 0.25], [0.2, 0.2, 0.6], [0.1, 0.8, 0.1]]]})  # fmt: skip


@pytest.mark.exercise("14.5")
class TestTokenLogProbs:
    def test_column_t_is_about_token_t_plus_one(self, observe):
        seen = observe(token_log_probs, TABLE, torch.tensor([[0, 1, 2, 0], [2, 1, 1, 0]]))
        seen.close(double([[0.25, 0.6, 0.1], [0.8, 0.2, 0.2]]).log())

    def test_divides_the_logits_by_the_temperature(self, observe):
        # At temperature 1/2 probabilities are squared and rescaled: 1/16 of 1/4 + 1/16 + 1/16
        seen = observe(token_log_probs, TABLE, torch.tensor([[0, 1]]), temperature=0.5)
        seen.close(double([[math.log((1 / 16) / (3 / 8))]]))


@pytest.mark.exercise("14.6")
class TestPpoClipLoss:
    @pytest.mark.parametrize(("advantage", "ratio", "loss", "gradient"), [
        (1.0, 0.5, -0.5, -0.5),  # good and less likely than it was: push up
        (1.0, 2.0, -1.2, 0.0),  # good and already much likelier: enough
        (-1.0, 0.5, 0.8, 0.0),  # bad and already much less likely: enough
        (-1.0, 2.0, 2.0, 2.0),  # bad and likelier than it was: push down
    ])  # fmt: skip
    def test_four_quadrants(self, observe, advantage, ratio, loss, gradient):
        old = double([[-1.5]])
        seen = observe(
            ppo_clip_loss, old + math.log(ratio), old, double([advantage]), torch.tensor([[1]]), grad_of="log_probs"
        )
        seen.close(loss)
        seen.grad("log_probs").close(double([[gradient]]))

    def test_mean_over_the_masked_tokens(self, observe):
        # Ratio 1 everywhere: the loss is minus the mean of A over tokens, 2 of the first row and 1 of the second.
        lp = double([[-1.0, -2.0], [-3.0, -4.0]])
        mask = torch.tensor([[1, 1], [1, 0]])
        seen = observe(ppo_clip_loss, lp, lp, double([1.0, -0.5]), mask, grad_of="log_probs")
        seen.close(-(1.0 + 1.0 - 0.5) / 3)
        seen.grad("log_probs").close(double([[-1 / 3, -1 / 3], [0.5 / 3, 0.0]]))

    def test_sequence_and_constant_aggregation(self, observe):
        lp = double([[-1.0, -2.0], [-3.0, -4.0]])
        arguments = (lp, lp, double([1.0, -0.5]), torch.tensor([[1, 1], [1, 0]]))
        observe(ppo_clip_loss, *arguments, aggregation="sequence").close(-(1.0 - 0.5) / 2)
        observe(ppo_clip_loss, *arguments, aggregation="constant", denominator=10).close(-1.5 / 10)


@pytest.mark.exercise("14.7")
class TestGrpoLoss:
    def test_uses_the_model_and_the_shifted_mask(self, observe):
        # prompt 0, response 1 2: p = 0.25 and 0.6; the old ones were half and twice as likely: ratios 2 and 0.5
        old = double([[math.log(0.125), math.log(1.2)]])
        seen = observe(grpo_loss, TABLE, torch.tensor([[0, 1, 2]]), torch.tensor([[0, 1, 1]]), double([1.0]), old)
        seen[0].close(-(1.2 + 0.5) / 2)
        seen[1]["clip_fraction"].close(0.5)


@pytest.mark.exercise("14.8")
class TestGenerate:
    def test_writes_what_the_model_says_up_to_eos(self, observe):
        # ids: pad 0, eos 1, a 2, b 3, c 4; a -> b -> c -> eos
        seen = observe(scenarios.generate_chain, [0, 0, 3, 4, 1], ["a", "b"], group_size=2, max_new_tokens=8)
        abc, c = torch.tensor([3, 4, 1]), torch.tensor([4, 1])
        seen["token_ids"].close([abc, abc, c, c])

    def test_one_prompt_pass_then_forwards_of_width_one(self, observe):
        seen = observe(scenarios.generate_chain, [0, 0, 3, 4, 1], ["a", "b"], group_size=2, max_new_tokens=8)
        seen["forwards"].close([(2, 1), (4, 1), (4, 1)])

    def test_a_completion_that_is_cut_off_has_no_eos(self, observe):
        seen = observe(scenarios.generate_chain, [0, 0, 3, 2], ["a"], group_size=2, max_new_tokens=3)
        seen["token_ids"].close([torch.tensor([3, 2, 3])] * 2)

    def test_stores_the_log_prob_of_each_token(self, observe):
        seen = observe(scenarios.draw_many, [0.1, 0.2, 0.3, 0.4], count=8)
        table = torch.tensor([0.1, 0.2, 0.3, 0.4]).log()
        seen["log_probs"].close(table[seen.value["ids"]], rtol=1e-5)


@pytest.mark.exercise("14.9")
class TestGenerateGroup:
    def test_rewards_each_response_against_its_own_truth(self, observe):
        seen = observe(scenarios.group_of_known_answers, ["1+1a", "2+2b"], [2, 5], 3, ["2", "4"])
        seen["responses"].close(["2", "2", "2", "4", "4", "4"])
        seen["prompts"].close(["1+1a"] * 3 + ["2+2b"] * 3)
        seen["rewards"].close(torch.tensor([1.0, 1.0, 1.0, 0.0, 0.0, 0.0]))
        seen["advantages"].close(torch.zeros(6))


@pytest.mark.exercise("14.10")
class TestLearningRate:
    def test_rises_linearly_then_stays(self, observe):
        observe(scenarios.rates_of_a_short_run)
        seen = observe(scenarios.learning_rates, 6, learning_rate=0.4, warmup_steps=4)
        seen.close([0.1, 0.2, 0.3, 0.4, 0.4, 0.4])


@pytest.mark.exercise("14.11")
class TestBatchOf:
    def test_puts_each_log_prob_beside_its_token(self, observe):
        tokens = [ids("2", eos=True), ids("3", eos=True)]
        seen = observe(
            scenarios.batch_of, ["1+1=", "2="], tokens, [torch.tensor([-0.5, -0.25]), torch.tensor([-1.0, -2.0])]
        )
        seen[2].close(torch.tensor([[0.0, 0.0, 0.0, -0.5, -0.25], [0.0, -1.0, -2.0, 0.0, 0.0]]))


# Two rows: prompts of 2 and 1 tokens, responses of 2 and 1 tokens.
ROWS = {
    "ids": torch.tensor([[3, 4, 5, 1], [6, 1, 0, 0]]),
    "mask": torch.tensor([[0, 0, 1, 1], [0, 1, 0, 0]]),
    "advantages": torch.tensor([1.0, -1.0]),
    "old_log_probs": torch.tensor([[0.0, -2.5, -2.5], [-2.5, 0.0, 0.0]]),
}


@pytest.mark.exercise("14.12")
class TestUpdate:
    def test_changes_the_weights_and_tells_how(self, observe):
        seen = observe(scenarios.one_update, **ROWS)
        changed = any(not torch.equal(seen.value["before"][n], seen.value["after"][n]) for n in seen.value["before"])
        seen.check(changed, "an update must change the weights")
        keys = set(seen.value["metrics"])
        seen.check({"loss", "clip_fraction", "grad_norm"} <= keys, "return loss, clip_fraction and grad_norm")
        for name, value in seen.value["metrics"].items():
            seen["metrics"][name].check(type(value) is float, f"{name} must be a float, not a {type(value).__name__}")

    def test_micro_batches_make_the_same_update(self, observe):
        whole = observe(scenarios.one_update, **ROWS).value
        observe(scenarios.one_update, **ROWS, micro_batch_size=1)["after"].close(whole["after"], atol=1e-12)

    @pytest.mark.parametrize(("size", "most"), [(0, 2), (1, 1), (2, 2)])
    def test_a_forward_has_the_rows_of_one_micro_batch(self, observe, size, most):
        seen = observe(scenarios.one_update, **ROWS, micro_batch_size=size)
        largest = max(seen.value["rows"])
        seen["rows"].check(largest == most, f"with micro_batch_size={size}, the largest forward has {most} of 2 rows")


@pytest.mark.exercise("14.13")
class TestStep:
    def test_one_rollout_several_updates(self, observe):
        seen = observe(scenarios.watched_step, updates_per_generation=3)
        seen.check(len(seen.value["calls"]) == 3, "update must be called updates_per_generation = 3 times")
        seen["calls"][2].close(seen.value["calls"][0])
        seen["step_number"].close(1)

    def test_metrics(self, observe):
        seen = observe(scenarios.watched_step, updates_per_generation=3)
        names = {
            "reward",
            "signal",
            "completion_length",
            "entropy",
            "learning_rate",
            "loss",
            "grad_norm",
            "clip_fraction",
        }
        missing = sorted(names - set(seen.value["metrics"]))
        seen.check(not missing, f"the metrics lack {', '.join(missing)}")
        seen["metrics"]["loss"].close(2.0)
        seen["metrics"]["grad_norm"].close(4.0)
        for name in sorted(names):
            value = seen.value["metrics"][name]
            seen["metrics"][name].check(type(value) is float, f"{name} must be a float, not a {type(value).__name__}")

    def test_the_updates_are_made_at_this_steps_rate(self, observe):
        # The second step of a warm-up over 4 steps; the optimizer has two param_groups.
        seen = observe(scenarios.watched_step, step_number=1, learning_rate=0.8, warmup_steps=4)
        seen["metrics"]["learning_rate"].close(0.4)
        for at_call in (0, 1):
            seen["at_calls"][at_call]["rates"].close([0.4, 0.4])


# Rewards that differ, so that each step moves the weights.
MOVING = {"learning_rate": 0.4, "warmup_steps": 4, "max_new_tokens": 2, "updates_per_generation": 1,
          "reward_of": "length"}  # fmt: skip


@pytest.mark.exercise("14.14")
class TestStateDict:
    def test_a_resumed_run_ends_like_one_that_never_stopped(self, observe):
        straight = observe(scenarios.train, steps=3, **MOVING).value
        seen = observe(scenarios.train, steps=3, resume_at=2, **MOVING)
        seen["after"].close(straight["after"], rtol=0, atol=0)

    def test_holds_the_number_of_steps_and_the_optimizers_state(self, observe):
        seen = observe(scenarios.state_after, 1, updates_per_generation=2, max_new_tokens=1)
        seen.close({"step_number": 1, "optimizer": {}})  # plain gradient descent has no state
        number = seen.value["step_number"]
        seen["step_number"].check(type(number) is int, f"the number of steps is an int, not a {type(number).__name__}")


@pytest.mark.exercise("14.15")
class TestLoadStateDict:
    def test_goes_on_counting(self, observe):
        seen = observe(scenarios.train, steps=3, resume_at=2, **MOVING)
        rates = [metrics["learning_rate"] for metrics in seen.value["history"]]
        right = all(abs(rate - expected) < 1e-9 for rate, expected in zip(rates, [0.1, 0.2, 0.3], strict=True))
        seen.check(right, f"the warm-up goes on after resuming, 0.1, 0.2, 0.3; the rates were {rates}")

    def test_goes_back_to_an_earlier_step(self, observe):
        settings = {"learning_rate": 0.4, "warmup_steps": 4, "num_steps": 8, "final_rate": 0.0}
        seen = observe(scenarios.go_back, 1, 1, **settings, updates_per_generation=1)
        seen["step_number"].close(2)
        seen["again"].close(seen.value["once"], rtol=0, atol=0)
        seen["kept"].check(seen.value["kept"] == ["optimizer", "step_number"], "loading must leave the state whole")
