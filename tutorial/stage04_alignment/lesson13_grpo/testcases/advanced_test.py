"""Is it robust? Edge cases, drawn inputs, bad input, and whether it learns. Every exercise of lesson 13."""

import itertools
import math

import pytest
import torch
from hypothesis import strategies as st
from lesson13_grpo.loss.grpo import compute_grpo_loss, sequence_log_probs
from lesson13_grpo.testcases import scenarios

from course.base.object_spec import Spec
from course.base.property_tests import for_all

IDS = {c: i + 2 for i, c in enumerate("0123456789+-*/=")}
numbers = st.floats(-20, 20, allow_subnormal=False)
tokens = st.integers(0, 6)
texts = st.text("0123456789", max_size=4)
prompts = st.text("0123456789+-*/=", min_size=1, max_size=6)


def double(values):
    return torch.tensor(values, dtype=torch.float64)


def ids(text, eos=False):
    return torch.tensor([*(IDS[c] for c in text), *([1] if eos else [])])


def slow_log_prob(model, prompt, response, temperature=1.0):
    """log p(response | prompt): one forward pass for each token, without padding, shift or mask."""
    total, row = 0.0, prompt
    for token in response:
        total = total + (model(row[None]).logits[0, -1] / temperature).log_softmax(-1)[token]
        row = torch.cat([row, token[None]])
    return total


def model_from(weights):
    vocab_size = len(weights["tokens"])
    model = Spec("lab.models.tiny_language_models:TinyLM", {"vocab_size": vocab_size}, dtype="float64").build()
    model.load_state_dict(weights)
    return model


@pytest.mark.exercise("13.1")
class TestItems:
    @for_all(
        examples=15,
        prompt=prompts,
        group=st.lists(st.tuples(texts, st.integers(-99, 99)), min_size=1, max_size=4),
        num_samples=st.integers(1, 4),
        max_length=st.integers(2, 9),
    )
    def test_holds_for_all_rows(self, observe, prompt, group, num_samples, max_length):
        responses, rewards = [r for r, _ in group], [n / 4 for _, n in group]
        row = {"prompt": prompt, "responses": responses, "rewards": rewards, "note": group[0][1]}
        item = observe(scenarios.read_dataset, [row], num_samples, max_length)[0]
        kept = ids(prompt)[-(max_length - 1) :]
        item["prompt_ids"].close(kept)
        item["response_ids"].close([ids(r, eos=True)[: max_length - len(kept)] for r in responses[:num_samples]])
        item["rewards"].close(torch.tensor(rewards[:num_samples]))
        item["note"].close(row["note"])

    def test_items_are_the_same_in_the_second_epoch(self, observe):
        row = {"prompt": "1", "responses": ["2"], "rewards": [1.5], "answer": "2"}
        item = observe(scenarios.read_dataset, [row], passes=2)[0]
        item["prompt_ids"].close(ids("1"))
        item["response_ids"].close([ids("2", eos=True)])
        item["rewards"].close(torch.tensor([1.5]))
        item["answer"].close("2")

    def test_whole_numbers_become_float32(self, observe):
        item = observe(scenarios.read_dataset, [{"prompt": "1", "responses": ["2", "3"], "rewards": [1, 0]}])[0]
        item["rewards"].has_dtype(torch.float32, "the rewards must be float32, even if the file has whole numbers")

    def test_prompt_and_response_are_encoded_apart(self, observe):
        # In this tokenizer "1" is 2, "2" is 3, and "12" is one token, 4: but not across the two texts.
        row = {"prompt": "121", "responses": ["212"]}
        item = observe(scenarios.read_dataset, [row], tokenizer={"alphabet": "12", "merges": ["12"]})[0]
        item["prompt_ids"].close(torch.tensor([4, 2]))
        item["response_ids"].close([torch.tensor([3, 4, 1])])


def ordinary_loss(observe):
    """Looks at an ordinary group first: a special case alone says little about what is wrong."""
    observe(compute_grpo_loss, torch.tensor([-1.0, -2.0, -4.0]), torch.tensor([1.5, 0.5, -0.25]), beta=0.75)


@pytest.mark.exercise("13.2")
class TestLoss:
    @for_all(group=st.lists(st.tuples(numbers, numbers), min_size=1, max_size=6), beta=st.floats(0.05, 5))
    def test_equals_the_loop(self, observe, group, beta):
        ordinary_loss(observe)
        log_probs, rewards = [g[0] for g in group], [g[1] for g in group]
        shares = [math.exp((r - max(rewards)) / beta) for r in rewards]
        weights = [s / sum(shares) for s in shares]
        seen = observe(compute_grpo_loss, double(log_probs), double(rewards), beta=beta, grad_of="log_probs")
        seen.close(-sum(w * lp for w, lp in zip(weights, log_probs, strict=True)), rtol=1e-5, atol=1e-5)
        seen.grad("log_probs").close(double([-w for w in weights]), rtol=1e-4, atol=1e-6)

    @pytest.mark.parametrize("sign", [1, -1])
    def test_large_rewards_do_not_overflow(self, observe, sign):
        ordinary_loss(observe)
        rewards = torch.tensor([1000.0, 0.0, 999.9]) * sign
        weights = (rewards / 0.1).softmax(0)
        seen = observe(compute_grpo_loss, torch.tensor([-1.0, -2.0, -3.0]), rewards, grad_of="log_probs")
        seen.close(float((weights * torch.tensor([1.0, 2.0, 3.0])).sum()), rtol=1e-2)
        seen.grad("log_probs").close(-weights, rtol=1e-2, atol=1e-6)

    def test_a_group_of_one_is_plain_likelihood(self, observe):
        ordinary_loss(observe)
        observe(compute_grpo_loss, torch.tensor([-3.0]), torch.tensor([-7.0])).close(3.0)

    def test_inputs_stay_as_they_were(self, observe):
        observe(compute_grpo_loss, torch.tensor([-1.0, -2.0]), torch.tensor([1.0, 0.0])).inputs_unchanged()

    @pytest.mark.parametrize(("log_probs", "rewards"), [
        ([[-1.0], [-2.0]], [1.0, 0.0]), ([-1.0, -2.0], [[1.0], [0.0]]), ([[-1.0, -2.0]], [[1.0, 0.0]]),
        ([-1.0, -2.0], [1.0]), ([], []),
    ])  # fmt: skip
    def test_refuses_shapes_that_do_not_fit(self, observe, log_probs, rewards):
        with observe.raises(ValueError):
            observe(compute_grpo_loss, torch.tensor(log_probs), torch.tensor(rewards))

    @pytest.mark.parametrize("beta", [0.0, -0.1])
    def test_refuses_a_beta_that_is_not_positive(self, observe, beta):
        with observe.raises(ValueError):
            observe(compute_grpo_loss, torch.tensor([-1.0, -2.0]), torch.tensor([1.0, 0.0]), beta=beta)


TINY = Spec("lab.models.tiny_language_models:TinyLM", {"vocab_size": 7, "layers": 2}, seed=1)


@pytest.mark.exercise("13.4")
class TestSequenceLogProbs:
    def ordinary(self, observe):
        """Looks at an ordinary group first, for the same reason as ordinary_loss."""
        group = [torch.tensor(r) for r in ([2, 3, 4, 1], [5, 1], [1], [6, 6, 2])]
        observe(sequence_log_probs, TINY, torch.tensor([3, 5, 2]), group)

    @for_all(
        examples=10,
        prompt=st.lists(tokens, min_size=1, max_size=4),
        group=st.lists(st.lists(tokens, min_size=1, max_size=6), min_size=1, max_size=4),
        temperature=st.floats(0.25, 2),
    )
    def test_values_and_gradients_equal_token_by_token(self, observe, prompt, group, temperature):
        self.ordinary(observe)
        prompt, group, model = torch.tensor(prompt), [torch.tensor(r) for r in group], TINY.build()
        expected = torch.stack([slow_log_prob(model, prompt, r, temperature) for r in group])
        expected.sum().backward()
        seen = observe(sequence_log_probs, TINY, prompt, group, temperature=temperature, grad_of="model")
        seen.close(expected.detach(), rtol=1e-4)
        seen.grad("model").close({n: p.grad for n, p in model.named_parameters()}, rtol=1e-3, atol=1e-4)

    @pytest.mark.parametrize("group", [([1], [5], [6]), ([5, 1],), ([1],)])
    def test_a_single_token_or_response_keeps_its_dimension(self, observe, group):
        group, prompt = [torch.tensor(r) for r in group], torch.tensor([3])
        with torch.no_grad():
            expected = torch.stack([slow_log_prob(TINY.build(), prompt, r) for r in group])
        observe(sequence_log_probs, TINY, prompt, group).close(expected, rtol=1e-4)

    @pytest.mark.parametrize("prompt", [[3], [3, 0, 2]])
    def test_the_probabilities_of_all_responses_sum_to_one(self, observe, prompt):
        self.ordinary(observe)
        group = [torch.tensor(pair) for pair in itertools.product(range(7), repeat=2)]
        seen = observe(sequence_log_probs, TINY, torch.tensor(prompt), group)
        total = float(seen.value.detach().double().exp().sum())
        seen.check(
            abs(total - 1) < 1e-4, f"the probabilities of all responses of two tokens must sum to 1, not to {total:.6f}"
        )

    def test_large_logits_stay_finite(self, observe):
        self.ordinary(observe)
        table = Spec("lab.models.tiny_language_models:BigramLM", {"logits": [[0.0, 1e4], [0.0, -1e4]]}, dtype="float32")
        seen = observe(sequence_log_probs, table, torch.tensor([0]), [torch.tensor([1, 0]), torch.tensor([0, 1])])
        seen.close(torch.tensor([0.0, -1e4]))

    def test_inputs_stay_as_they_were(self, observe):
        group = [torch.tensor([2, 1]), torch.tensor([4])]
        observe(sequence_log_probs, TINY, torch.tensor([3, 0]), group).inputs_unchanged()


@pytest.mark.exercise("13.5")
class TestGenerateResponses:
    @for_all(
        examples=8,
        asked=st.lists(prompts, min_size=1, max_size=2),
        size=st.integers(2, 4),
        temperature=st.floats(0.5, 2),
        seed=st.integers(0, 10**6),
    )
    def test_holds_for_all_prompts(self, observe, asked, size, temperature, seed):
        seen = observe(scenarios.generate, asked, size, seed=seed, max_new_tokens=4, temperature=temperature)
        model = model_from(seen.value["weights"])
        for i, prompt in enumerate(asked):
            rows = seen.value["token_ids"][i]
            seen.check(len(rows) == size, f"{size} responses to each prompt were asked for, not {len(rows)}")
            with torch.no_grad():
                expected = torch.stack([slow_log_prob(model, ids(prompt), r, temperature) for r in rows])
            seen["log_probs"][i].close(expected, rtol=1e-5)

    def test_the_seed_of_the_configuration_decides(self, observe):
        drawn = [observe(scenarios.generate_ambiguous, 16, max_new_tokens=4, seed=s) for s in (1, 0, 0)]
        other, first, again = ([r.tolist() for r in seen.value["token_ids"]] for seen in drawn)
        drawn[-1].check(again == first != other, "the same seed must draw the same responses, and another seed others")

    def test_further_draws_differ(self, observe):
        seen = observe(scenarios.generate_twice, "1", num_samples=4, max_new_tokens=4)
        groups = {str([r.tolist() for r in group]) for group in seen.value}
        seen.check(len(groups) == 4, "the same responses are drawn again, for the next prompt or in the next call")

    @pytest.mark.parametrize(
        ("tokenizer", "prompt", "prompt_ids"),
        [({"alphabet": "12", "bos": True}, "12", [4, 2, 3]), ({"alphabet": "12"}, "1212121212", [2, 3] * 5)],
    )
    def test_prompts_are_encoded_whole_and_with_special_tokens(self, observe, tokenizer, prompt, prompt_ids):
        # The data set's max_length is 6 here, but that bounds stored rows only.
        seen = observe(scenarios.generate, [prompt], 3, max_new_tokens=4, tokenizer=tokenizer, max_length=6)
        model = model_from(seen.value["weights"])
        with torch.no_grad():
            rows = seen.value["token_ids"][0]
            expected = torch.stack([slow_log_prob(model, torch.tensor(prompt_ids), r) for r in rows])
        seen["log_probs"][0].close(expected, rtol=1e-5)


@pytest.mark.exercise("13.6")
class TestComputeRewards:
    def test_calls_the_reward_function_once(self, observe):
        seen = observe(scenarios.score, ["p", "q"], [["a", "b"], ["c", "d"]], answer=[1, 2])
        seen.check(len(seen.value["calls"]) == 1, "one call with all responses: a reward model needs the whole batch")

    def test_whole_numbers_become_float32(self, observe):
        seen = observe(scenarios.score, ["p", "q"], [["a"], ["b", "c"]], values=[1, 0, 1])
        for rewards in seen.value["rewards"]:
            seen.check(rewards.dtype == torch.float32, f"the rewards must be float32, not {rewards.dtype}")

    @pytest.mark.parametrize("value", [math.nan, math.inf])
    def test_refuses_a_reward_that_is_not_finite(self, observe, value):
        with observe.raises(ValueError):
            observe(scenarios.score, ["p", "q"], [["a", "b"], ["c"]], values=[0.0, 0.0, value])

    @pytest.mark.parametrize("values", [[1.0], [1.0, 2.0, 3.0]])
    def test_refuses_the_wrong_number_of_rewards(self, observe, values):
        with observe.raises(ValueError):
            observe(scenarios.score, ["p"], [["a", "b"]], values=values)

    @for_all(
        examples=15,
        groups=st.lists(
            st.tuples(
                st.text("pq1 ", max_size=3), st.lists(st.text("ab2 ", max_size=3), min_size=1, max_size=3), numbers
            ),
            min_size=1,
            max_size=4,
        ),
    )
    def test_holds_for_all_groups(self, observe, groups):
        asked, responses, answers = (list(column) for column in zip(*groups, strict=True))
        owner = [i for i, group in enumerate(responses) for _ in group]
        values = [n / 4 for n in range(len(owner))]
        seen = observe(scenarios.score, asked, responses, values=values, answer=answers)
        rest = iter(values)
        seen["rewards"].close([torch.tensor([next(rest) for _ in group]) for group in responses])
        call = {
            "prompts": [asked[i] for i in owner],
            "responses": [r for group in responses for r in group],
            "columns": {"answer": [answers[i] for i in owner]},
        }
        seen["calls"].close([call])


@pytest.mark.exercise("13.7")
class TestTrainingStep:
    def test_rewards_that_the_rows_carry_are_used_as_they_are(self, observe):
        rows = [{"prompt": "1", "responses": ["2", "333"], "rewards": [1.0, 0.0]}]
        expected = observe(scenarios.one_step, rows).value["after"]
        observe(scenarios.one_step, rows, reward_is_length=True)["after"].close(expected)

    def test_no_dropout(self, observe):
        # In two steps, so that the first must leave the model without dropout, too.
        rows = [{"prompt": "1", "responses": ["2", "33"], "rewards": [1.0, 0.0]}]
        expected = observe(scenarios.one_step, rows, steps=2).value["after"]
        observe(scenarios.one_step, rows, steps=2, dropout=0.5)["after"].close(expected)

    def test_metrics_are_plain_numbers(self, observe):
        seen = observe(scenarios.one_step, [{"prompt": "1", "responses": ["2", "3"], "rewards": [1.0, 0.0]}])
        for name in ("loss", "reward", "grad_norm", "response_length"):
            value = seen["metrics"][name].value
            seen.check(isinstance(value, float), f"{name} must be a float, not {type(value).__name__}")

    @for_all(
        examples=6,
        rows=st.lists(
            st.tuples(prompts, st.lists(st.tuples(texts, st.integers(-8, 8)), min_size=2, max_size=3)),
            min_size=1,
            max_size=2,
        ),
        beta=st.floats(0.25, 4),
        seed=st.integers(0, 10**6),
    )
    def test_holds_for_all_rows(self, observe, rows, beta, seed):
        given = [{"prompt": p, "responses": [r for r, _ in g], "rewards": [n / 4 for _, n in g]} for p, g in rows]
        seen = observe(scenarios.one_step, given, seed=seed, beta=beta, max_grad_norm=1e6)
        model, losses = model_from(seen.value["before"]), []
        for row in given:
            weights = (double(row["rewards"]) / beta).softmax(0)
            log_probs = [slow_log_prob(model, ids(row["prompt"]), ids(r, eos=True)) for r in row["responses"]]
            losses.append(-(weights * torch.stack(log_probs)).sum())
        loss = torch.stack(losses).mean()
        loss.backward()
        seen["metrics"]["loss"].close(loss.item(), rtol=1e-5)
        after = {n: (p - 0.1 * p.grad).detach() for n, p in model.named_parameters()}
        seen["after"].close(after, rtol=1e-4, atol=1e-6)


@pytest.mark.exercise("13.8")
class TestTrain:
    @for_all(examples=15, rows=st.integers(1, 7), size=st.integers(1, 4), steps=st.integers(1, 12))
    def test_epochs(self, observe, rows, size, steps):
        seen = observe(scenarios.train_order, num_rows=rows, batch_size=size, num_steps=steps)
        seen.check(len(seen.value["batches"]) == steps, f"train() must take num_steps={steps} steps")
        per_epoch = -(-rows // size)
        for start in range(0, steps - per_epoch + 1, per_epoch):
            epoch = [row for batch in seen.value["batches"][start : start + per_epoch] for row in batch]
            seen.check(sorted(epoch) == list(range(rows)), "each epoch goes through every row exactly once")

    def test_the_seed_decides_the_order(self, observe):
        orders = [observe(scenarios.train_order, 20, 20, 1, seed=s).value["batches"] for s in (0, 0, 1)]
        seen = observe(scenarios.train_order, 20, 20, 1)
        seen.check(orders[0] == orders[1] != orders[2], "the order must be drawn with the trainer's generator")

    def test_a_second_call_draws_on(self, observe):
        seen = observe(scenarios.train_order, num_rows=20, batch_size=20, num_steps=1, calls=2)
        orders = seen.value["batches"]
        seen.check(
            len(orders) == 2 and orders[0] != orders[1],
            "the second call of train() has the order of the first: the trainer's generator must go on",
        )

    def test_the_error_of_a_step_reaches_the_caller(self, observe):
        with observe.raises(ZeroDivisionError):
            observe(scenarios.train_with_a_broken_step)

    @pytest.mark.trains
    @pytest.mark.parametrize("online", [False, True])
    @pytest.mark.parametrize("seed", [0, 1])
    def test_it_learns(self, observe, online, seed):
        seen = observe(scenarios.learn, online=online, steps=60, seed=seed)
        before, after = (right_answers(seen.value[when]) for when in ("before", "after"))
        seen.check(before < 0.4, f"the untrained model is right with probability {before:.2f}; it should not know yet")
        seen.check(
            after > 0.8, f"after 60 steps the model is right with probability {after:.2f}; it should be 0.8 or more"
        )


def right_answers(weights):
    """The probability of the right first token, averaged over the three prompts of scenarios.learn."""
    model, letters = model_from(weights), {c: i + 2 for i, c in enumerate("abc1234")}
    with torch.no_grad():
        probs = model(torch.tensor([[letters[c]] for c in "abc"])).logits[:, -1].softmax(-1)
    return sum(float(probs[i, letters[c]]) for i, c in enumerate("123")) / 3
