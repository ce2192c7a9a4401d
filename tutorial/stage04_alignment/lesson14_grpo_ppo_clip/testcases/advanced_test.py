"""Edge cases, invariants, precision, and whether it learns: lesson 14 looked at closely."""

import itertools
import math

import pytest
import torch
from hypothesis import strategies as st
from lesson14_grpo_ppo_clip.loss.advantages import group_advantages
from lesson14_grpo_ppo_clip.loss.ppo_clip import ppo_clip_loss, token_log_probs
from lesson14_grpo_ppo_clip.testcases import scenarios

from course.base.object_spec import Spec
from course.base.property_tests import for_all
from lab.models.char_tokenizer import CharTokenizer
from lab.models.tiny_llama import small_llama
from lab.rl import gradient_check

IDS = {c: i + 2 for i, c in enumerate("0123456789+-*/=")}
AGGREGATIONS = ("token", "sequence", "constant")


def double(values):
    return torch.tensor(values, dtype=torch.float64)


def ids_of(text):
    return [IDS[c] for c in text]


@pytest.mark.exercise("14.2")
class TestGetBatch:
    def test_a_cut_off_response_has_no_eos_added(self, observe):
        # pad and EOS are 1 here, so that the padding looks like an EOS.
        responses = [torch.tensor(ids_of("2")), torch.tensor(ids_of("345"))]
        seen = observe(scenarios.batch, ["1=", "2="], responses, pad_is_eos=True)
        seen[0].close(torch.tensor([[*ids_of("1=2"), 1, 1], ids_of("2=345")]))
        seen[1].close(torch.tensor([[0, 0, 1, 0, 0], [0, 0, 1, 1, 1]]))

    def test_responses_are_used_as_they_were_sampled(self, observe):
        # The tokenizer has an id for "12", but the model wrote 1 and 2 one by one; and it may write the padding's id.
        responses = [torch.tensor([*ids_of("12"), 1]), torch.tensor([0, 5, 1])]
        seen = observe(scenarios.batch, ["1=", "1="], responses, merges=["12"])
        seen[0].close(torch.tensor([[*ids_of("1=12"), 1], [*ids_of("1="), 0, 5, 1]]))
        seen[1].close(torch.tensor([[0, 0, 1, 1, 1]] * 2))

    def test_prompts_are_encoded_as_they_are_for_sampling(self, observe):
        # encode(text) puts the BOS token in front; the model saw it when it wrote the response.
        bos = len(CharTokenizer())  # the id after all others
        seen = observe(scenarios.batch, ["1=", "23="], [torch.tensor([5, 1])] * 2, bos=True)
        seen[0].close(torch.tensor([[bos, *ids_of("1="), 5, 1, 0], [bos, *ids_of("23="), 5, 1]]))
        seen[1].close(torch.tensor([[0, 0, 0, 1, 1, 0], [0, 0, 0, 0, 1, 1]]))

    @pytest.mark.parametrize("device", ["cpu", "meta"])
    def test_both_are_on_the_device(self, observe, device):
        observe(scenarios.device_of_batch, device).close([device, device])


@pytest.mark.exercise("14.4")
class TestAdvantages:
    @pytest.mark.parametrize("divide_by_std", [True, False])
    @pytest.mark.parametrize(("value", "size"), [(0.1, 8), (-3.3, 3), (1 / 3, 7)])
    def test_equal_rewards_give_exactly_zero_in_float32(self, observe, value, size, divide_by_std):
        # Beside them a group whose rewards differ.
        rewards = torch.tensor([value] * size + [1.0] + [0.0] * (size - 1))
        seen = observe(group_advantages, rewards, size, divide_by_std=divide_by_std)
        seen.check(
            bool((seen.value[:size] == 0).all()),
            f"the first {size} rewards are equal: the mean is rounded, but each advantage must be exactly 0",
        )
        spread = torch.tensor([1.0] + [0.0] * (size - 1), dtype=torch.float64)
        scale = spread.std() + 1e-4 if divide_by_std else 1.0
        seen.close(torch.cat([torch.zeros_like(spread), (spread - spread.mean()) / scale]), rtol=1e-5)

    def test_rewards_that_hardly_differ_are_not_equal(self, observe):
        seen = observe(group_advantages, double([2e-9, 0.0]), 2)
        seen.close(double([1, -1]) * 1e-9 / (math.sqrt(2) * 1e-9 + 1e-4), atol=0)

    @pytest.mark.parametrize(
        ("rewards", "size"), [([1.0, 2.0, 3.0], 2), ([[1.0, 2.0], [3.0, 5.0]], 2), ([1.0, 0.0], 1)]
    )
    def test_refuses_what_is_not_whole_groups_of_two_or_more(self, observe, rewards, size):
        with observe.raises(ValueError):
            observe(group_advantages, double(rewards), size)


TINY = Spec("lab.models.tiny_language_models:TinyLM", {"vocab_size": 9, "layers": 2}, seed=1, dtype="float64")
ROWS = ((2, 3, 4, 5, 1), (6, 0, 8, 8, 2))


def some_batch(seed, rows=4, tokens=5):
    """Random log-probs, old ones near them, advantages of both signs and rows of unequal length."""
    draw = torch.Generator().manual_seed(seed)
    lp = -3 * torch.rand(rows, tokens, generator=draw, dtype=torch.float64)
    old = lp + 0.5 * torch.randn(rows, tokens, generator=draw, dtype=torch.float64)
    advantages = torch.randn(rows, generator=draw, dtype=torch.float64)
    lengths = torch.randint(1, tokens + 1, (rows, 1), generator=draw)
    return lp, old, advantages, (torch.arange(tokens) < lengths).long()


def options_of(aggregation):
    return {"aggregation": aggregation, "denominator": 30 if aggregation == "constant" else None}


@pytest.mark.exercise("14.6")
class TestPpoClipLoss:
    def test_a_loss_of_zero_can_be_trained_on(self, observe):
        # Equal rewards: all advantages are 0, and a trainer calls backward() all the same.
        lp = double([[-1.0, -2.0]])
        seen = observe(ppo_clip_loss, lp, lp, double([0.0]), torch.tensor([[1, 1]]), grad_of="log_probs")
        seen.check(seen.value.requires_grad, "the loss is 0 and a constant: backward() fails on it")

    @pytest.mark.parametrize("aggregation", AGGREGATIONS)
    def test_gradient_equals_finite_differences(self, observe, aggregation):
        # The log-probs are moved a little to and fro in drawn directions, and the loss observed. The ratios lie on both
        # sides of the clip and between, for good and for bad rows, none near 0.8 or 1.2; the last column is hidden.
        old = double([[-1.0, -2.0, -0.5, -1.0], [-0.7, -3.0, -1.0, -1.0], [-2.0, -1.0, -1.5, -1.0]])
        lp = old + double([[0.5, -0.1, -0.6, 0.3], [0.4, 0.05, -0.5, 0.3], [-0.3, 0.1, 0.7, 0.3]])
        mask = torch.tensor([[1, 1, 1, 0], [1, 1, 1, 0], [1, 1, 0, 0]])
        rest, options = (old, double([1.5, -0.5, -2.0]), mask), options_of(aggregation)
        gradient_check.agrees(
            lp,
            lambda moved: observe(ppo_clip_loss, moved, *rest, **options).value.detach(),
            lambda: observe(ppo_clip_loss, lp, *rest, **options, grad_of="log_probs").grad("log_probs"),
        )

    def test_how_much_a_token_weighs(self, observe):
        # Lengths 2 and 200: how much one token of each row weighs in the gradient.
        lp = torch.full((2, 200), -1.0, dtype=torch.float64)
        mask = (torch.arange(200) < torch.tensor([[2], [200]])).long()
        for aggregation, short, long in (
            ("token", 1 / 202, 1 / 202), ("sequence", 1 / 4, 1 / 400), ("constant", 1 / 30, 1 / 30),
        ):  # fmt: skip
            options = options_of(aggregation)
            seen = observe(ppo_clip_loss, lp, lp, double([1.0, 1.0]), mask, **options, grad_of="log_probs")
            seen.grad("log_probs")[0, 0].close(-short, rtol=1e-5)
            seen.grad("log_probs")[1, 0].close(-long, rtol=1e-5)

    @pytest.mark.parametrize("aggregation", AGGREGATIONS)
    def test_padding_changes_nothing(self, observe, aggregation):
        lp, old, advantages, mask = some_batch(5)
        options = {**options_of(aggregation), "grad_of": "log_probs"}
        before = observe(ppo_clip_loss, lp, old, advantages, mask, **options)
        wide = [torch.nn.functional.pad(x, (0, 2), value=value) for x, value in ((lp, -7.0), (old, 0.0), (mask, 0))]
        after = observe(ppo_clip_loss, wide[0], wide[1], advantages, wide[2], **options)
        after.close(before.value.detach())
        after.grad("log_probs").close(torch.nn.functional.pad(before.grad("log_probs").value, (0, 2)))

    @for_all(
        examples=10, seed=st.integers(0, 10**6), cuts=st.sets(st.integers(1, 3)),
        aggregation=st.sampled_from(AGGREGATIONS),
    )  # fmt: skip
    def test_micro_batches_add_up(self, observe, seed, cuts, aggregation):
        batch, cuts = some_batch(seed), sorted({0, 4} | cuts)
        total = {"token": int(batch[3].sum()), "sequence": 4, "constant": 30}[aggregation]
        options = {"aggregation": aggregation, "denominator": total, "grad_of": "log_probs"}
        parts = [observe(ppo_clip_loss, *(x[a:b] for x in batch), **options) for a, b in itertools.pairwise(cuts)]
        whole = observe(ppo_clip_loss, *batch, **options)
        whole.close(sum(p.value.detach() for p in parts), rtol=1e-5, atol=1e-5)
        gradients = torch.cat([p.grad("log_probs").value for p in parts])
        whole.grad("log_probs").close(gradients, rtol=1e-5, atol=1e-5)

    @pytest.mark.parametrize("aggregation", AGGREGATIONS)
    def test_nothing_masked_in_gives_zero(self, observe, aggregation):
        lp, old, advantages, mask = some_batch(7)
        options = {**options_of(aggregation), "grad_of": "log_probs"}
        seen = observe(ppo_clip_loss, lp, old, advantages, torch.zeros_like(mask), **options)
        seen.close(0.0)
        seen.grad("log_probs").close(torch.zeros_like(lp))

    def test_a_row_without_tokens_stays_in_the_mean_over_rows(self, observe):
        lp, advantages = double([[-1.0], [-1.0]]), double([1.0, 1.0])
        mask = torch.tensor([[1], [0]])
        observe(ppo_clip_loss, lp, lp, advantages, mask, aggregation="sequence").close(-0.5, rtol=1e-5)

    def test_advantages_are_constants(self, observe):
        seen = observe(ppo_clip_loss, *some_batch(1), grad_of=("log_probs", "advantages"))
        seen.grad("advantages").no_gradient("advantages are constants: no gradient may flow into them")

    def test_inputs_stay_as_they_were(self, observe):
        observe(ppo_clip_loss, *some_batch(11)).inputs_unchanged()

    @pytest.mark.parametrize("options", [{"aggregation": "mean"}, {"aggregation": "constant"}])
    def test_refuses_an_aggregation_it_does_not_know(self, observe, options):
        with observe.raises(ValueError):
            observe(ppo_clip_loss, *some_batch(1), **options)

    def test_refuses_shapes_that_do_not_fit(self, observe):
        lp, old, advantages, mask = some_batch(1)
        for bad in ((lp, old[:, :1], advantages, mask), (lp, old, advantages[:, None], mask), (lp, old, advantages, mask[:1])):  # fmt: skip
            with observe.raises(ValueError):
                observe(ppo_clip_loss, *bad)


def model_from(weights, layers):
    arguments = {"vocab_size": len(weights["tokens"]), "layers": layers}
    model = Spec("lab.models.tiny_language_models:TinyLM", arguments).build()
    model.load_state_dict(weights)
    return model


@pytest.mark.exercise("14.12")
class TestUpdate:
    ROWS = {
        "ids": torch.tensor([[3, 4, 5, 1], [6, 1, 0, 0], [9, 2, 3, 4]]),
        "mask": torch.tensor([[0, 1, 1, 1], [0, 1, 0, 0], [0, 0, 0, 0]]),
        "advantages": double([1.0, -1.0, 3.0]),
        "old_log_probs": double([[-2.5, -9.0, -2.7], [-2.4, 0.0, 0.0], [0.0, 0.0, 0.0]]),
    }

    @pytest.mark.parametrize("aggregation", AGGREGATIONS)
    @pytest.mark.parametrize("size", [1, 2])
    def test_a_micro_batch_may_have_no_response_token(self, observe, aggregation, size):
        whole = observe(scenarios.one_update, **self.ROWS, aggregation=aggregation).value
        seen = observe(scenarios.one_update, **self.ROWS, aggregation=aggregation, micro_batch_size=size)
        seen["after"].close(whole["after"], rtol=1e-5, atol=1e-7)
        seen["metrics"].close(whole["metrics"], rtol=1e-5, atol=1e-7)

    @pytest.mark.parametrize("aggregation", AGGREGATIONS)
    def test_nothing_to_train_on_leaves_the_policy_alone(self, observe, aggregation):
        empty = {**self.ROWS, "mask": torch.zeros(3, 4, dtype=torch.long)}
        seen = observe(scenarios.one_update, **empty, aggregation=aggregation, micro_batch_size=2)
        seen["after"].close(seen.value["before"], rtol=0, atol=0)
        seen["metrics"].close({"loss": 0.0, "clip_fraction": 0.0, "grad_norm": 0.0})

    def test_nothing_drops_out(self, observe):
        plain = observe(scenarios.one_update, **self.ROWS).value
        observe(scenarios.one_update, **self.ROWS, dropout=0.5)["after"].close(plain["after"])

    def test_metrics_are_plain_numbers(self, observe):
        seen = observe(scenarios.one_update, **self.ROWS)
        for name, value in seen.value["metrics"].items():
            seen["metrics"][name].check(type(value) is float, f"{name} must be a float, not a {type(value).__name__}")


@pytest.mark.exercise("14.13")
class TestStep:
    @pytest.mark.parametrize("part", ["generate", "loss", "update"])
    def test_the_error_of_a_part_reaches_the_caller(self, observe, part):
        with observe.raises(ZeroDivisionError):
            observe(scenarios.step_with_a_broken, part)

    def test_a_step_leaves_the_global_generator_alone(self, observe):
        seen = observe(scenarios.watched_step, global_seed=2)
        untouched = torch.rand((), generator=torch.Generator().manual_seed(2)).item()
        seen["next_global_number"].check(
            seen.value["next_global_number"] == untouched, "a step must leave torch's global random generator alone"
        )

    def test_the_generator_of_the_prompts_goes_on_to_the_completions(self, observe):
        call = observe(scenarios.watched_step).value["calls"][0]
        prompts = [
            "".join("0123456789+="[i - 2] for i in row[: int(mask.argmax())].tolist())
            for row, mask in zip(call["ids"][::4], call["mask"][::4], strict=True)
        ]
        seen = observe(scenarios.completions_of_a_fresh_generator, prompts)
        drawn = [row[mask.bool()].tolist() for row, mask in zip(call["ids"], call["mask"], strict=True)]
        fresh = [row.tolist() for row in seen.value]
        seen.check(drawn != fresh, "these are the step's completions: was the generator made anew after the prompts?")

    def test_the_generate_and_the_loss_that_are_passed_in_are_used(self, observe):
        seen = observe(scenarios.step_with_what_is_passed)
        seen["generate"].close(1)
        seen["loss"].close(2)
        seen.check(seen.value["ids"][:, -2:].tolist() == [[7, 1]] * 12, "the loss gets the rollout's completions")

    def test_nothing_drops_out(self, observe):
        seen = observe(scenarios.watched_step)
        seen["training"].close([False, False])

    def test_more_prompts_than_there_are(self, observe):
        seen = observe(scenarios.watched_step, prompts_per_step=50)
        seen.check(len(seen.value["calls"][0]["ids"]) == 16, "all 4 prompts, 4 completions each")

    def test_metrics_are_plain_numbers(self, observe):
        seen = observe(scenarios.train, steps=1)
        for name, value in seen.value["history"][0].items():
            seen["history"][0][name].check(
                type(value) is float, f"{name} must be a float, not a {type(value).__name__}"
            )

    def test_the_second_update_sees_how_far_the_policy_has_moved(self, observe):
        # With a large rate the ratio leaves 0.8 ... 1.2 at once, unless old_log_probs are made anew each time.
        seen = observe(scenarios.train, steps=1, **FAR)
        clipped = seen.value["history"][0]["clip_fraction"]
        seen.check(clipped > 0, "nothing is clipped at the second update: are the old log-probs those of the rollout?")

    @pytest.mark.trains
    @pytest.mark.parametrize("seed", [0, 2, 3])  # they learn whatever is drawn; with 1 a sum may be lost for good
    def test_it_learns(self, observe, seed):
        seen = observe(scenarios.train, steps=60, model_seed=seed, seed=seed, **LEARNING)
        before, after = (right_answers(seen.value[when]) for when in ("before", "after"))
        seen.check(before < 0.3, f"the untrained model is right with probability {before:.2f}; it should not know yet")
        seen.check(
            after > 0.8, f"after 60 steps the model is right with probability {after:.2f}; it should be 0.8 or more"
        )

    @pytest.mark.trains
    def test_a_trained_policy_survives_its_first_step(self, observe):
        seen = observe(scenarios.first_step_of_a_trained_policy, warmup_steps=20)
        before, after = (right_answers(seen.value[when]) for when in ("before", "after"))
        seen.check(before > 0.5, f"the supervised start should be good; it is right with probability {before:.2f}")
        seen.check(abs(after - before) < 0.05, f"one warmed-up step took the policy from {before:.2f} to {after:.2f}")


# With groups of 64, the draws of some seeds lose a right answer for good.
LEARNING = {
    "max_new_tokens": 1, "group_size": 128, "prompts_per_step": 4, "learning_rate": 0.005, "warmup_steps": 5,
    "max_grad_norm": 1.0, "optimizer": "adamw",
}  # fmt: skip

# One step of two updates that go far.
FAR = {**LEARNING, "learning_rate": 0.1, "warmup_steps": 0, "updates_per_generation": 2, "group_size": 16, "seed": 3}


def right_answers(weights):
    """The probability of the right digit, averaged over the four sums of scenarios.SUMS."""
    model = model_from(weights, layers=1)
    total = 0.0
    for prompt, truth in scenarios.SUMS:
        ids = [{"=": 13, "+": 12}.get(c, int(c) + 2 if c.isdigit() else 0) for c in prompt]
        with torch.no_grad():
            total += float(model(torch.tensor([ids])).logits[0, -1].softmax(-1)[truth + 2])
    return total / len(scenarios.SUMS)
