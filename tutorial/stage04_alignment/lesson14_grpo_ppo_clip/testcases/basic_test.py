"""Is the algorithm right? Every exercise of lesson 14, on small numbers that you can check by hand."""

import itertools
import math

import pytest
import torch
from hypothesis import strategies as st
from lesson14_grpo_ppo_clip.loss.advantages import group_advantages
from lesson14_grpo_ppo_clip.loss.ppo_clip import grpo_loss, ppo_clip_loss
from lesson14_grpo_ppo_clip.rewards.addition import calculate_reward
from lesson14_grpo_ppo_clip.testcases import scenarios

from course.base.object_spec import Spec
from course.base.property_tests import drawn, for_all
from lab.models.drawn_logits import added

# In lab's toy tokenizer the ids are: pad 0, eos 1, then the characters 0 1 2 ... 9 + ... from 2 on.
IDS = {c: i + 2 for i, c in enumerate("0123456789+-*/=")}


def ids(text, eos=False):
    return torch.tensor([*(IDS[c] for c in text), *([1] if eos else [])])


def double(values):
    return torch.tensor(values, dtype=torch.float64)


seeds = st.integers(0, 10**6)


def some_seed():
    return drawn().randrange(10**6)


@pytest.mark.exercise("14.2")
class TestGetBatch:
    def test_pads_on_the_right_and_masks_the_response(self, observe):
        seen = observe(scenarios.batch, ["1+1=", "2="], [ids("2", eos=True), ids("345", eos=True)])
        seen[0].close(torch.stack([ids("1+1=2", eos=True), ids("2=345", eos=True)]))
        seen[1].close(torch.tensor([[0, 0, 0, 0, 1, 1], [0, 0, 1, 1, 1, 1]]))

    def test_padding_is_not_masked_in(self, observe):
        seen = observe(scenarios.batch, ["1=", "2="], [ids("3", eos=True), ids("45", eos=True)])
        seen[0].close(torch.tensor([[*ids("1=3", eos=True).tolist(), 0], ids("2=45", eos=True).tolist()]))
        seen[1].close(torch.tensor([[0, 0, 1, 1, 0], [0, 0, 1, 1, 1]]))

    def test_the_first_eos_is_trained_and_padding_is_not_even_if_both_have_the_same_id(self, observe):
        seen = observe(scenarios.batch, ["1=", "2="], [ids("3", eos=True), ids("45", eos=True)], pad_is_eos=True)
        seen[0].close(torch.tensor([[*ids("1=3", eos=True).tolist(), 1], ids("2=45", eos=True).tolist()]))
        seen[1].close(torch.tensor([[0, 0, 1, 1, 0], [0, 0, 1, 1, 1]]))

    @for_all(
        examples=10,
        sizes=st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=2, max_size=4, unique_by=sum),
    )
    def test_every_row_is_prompt_response_padding(self, observe, sizes):
        prompts = ["12345"[:p] for p, _ in sizes]
        responses = [ids("67890"[:r], eos=True) for _, r in sizes]
        width = max(p + r + 1 for p, r in sizes)
        masks = [[0] * p + [1] * (r + 1) + [0] * (width - p - r - 1) for p, r in sizes]
        for pad in (0, 1):  # 1 is EOS, too
            rows = [
                [*ids("12345"[:p] + "67890"[:r], eos=True).tolist(), *[pad] * (width - p - r - 1)] for p, r in sizes
            ]
            seen = observe(scenarios.batch, prompts, responses, pad_is_eos=pad == 1)
            seen.close((torch.tensor(rows), torch.tensor(masks)))


@pytest.mark.exercise("14.3")
class TestReward:
    @pytest.mark.parametrize(("truth", "response", "reward"), [
        ("n", "n", 1.0), ("n", "7+5=n", 1.0), ("7", "7+5=n", 0.0), ("n", "n or 13", 0.0), ("n", "I say n.", 1.0),
        ("n", "1n", 0.0), ("n", "", 0.0), ("n", "just a word", 0.0), ("-n", "-n", 1.0), ("n", "-n", 0.0), ("n", "00n", 1.0),
    ])  # fmt: skip
    def test_the_last_integer_counts(self, observe, truth, response, reward):
        n = str(drawn().randint(100, 10**6))
        observe(calculate_reward, int(truth.replace("n", n)), response.replace("n", n)).close(reward)

    @for_all(examples=15, said=st.lists(st.integers(-99, 99), min_size=1, max_size=4), truth=st.integers(-99, 99))
    def test_of_many_integers_the_last(self, observe, said, truth):
        text = " or ".join(map(str, said))
        observe(calculate_reward, said[-1], text).close(1.0)
        observe(calculate_reward, truth, text).close(float(said[-1] == truth))


def advantages_by_loop(rewards, group_size, eps=1e-4, divide_by_std=True):
    result = []
    for start in range(0, len(rewards), group_size):
        group = rewards[start : start + group_size]
        mean = math.fsum(group) / group_size
        std = math.sqrt(math.fsum((r - mean) ** 2 for r in group) / (group_size - 1))
        equal = len(set(group)) == 1
        result += [0.0 if equal else (r - mean) / (std + eps) if divide_by_std else r - mean for r in group]
    return double(result)


@pytest.mark.exercise("14.4")
class TestAdvantages:
    def test_worked_example(self, observe):
        # rewards 1 0 1 0: mean 0.5, unbiased std sqrt(4 * 0.25 / 3) = 0.57735
        a = 0.5 / (math.sqrt(1 / 3) + 1e-4)
        observe(group_advantages, double([1.0, 0.0, 1.0, 0.0]), 4).close(double([a, -a, a, -a]))

    def test_each_group_has_its_own_mean_and_std(self, observe):
        # means 1 and 10, unbiased stds sqrt(2) * 1 and sqrt(2) * 3
        a, b = 1 / (math.sqrt(2) + 1e-4), 3 / (3 * math.sqrt(2) + 1e-4)
        observe(group_advantages, double([2.0, 0.0, 7.0, 13.0]), 2).close(double([a, -a, -b, b]))

    def test_two_groups_of_four(self, observe):
        # The first: mean 1, squares 1 + 1 + 1 + 9 = 12, std sqrt(12 / 3) = 2; the second: mean 0.25, std 0.5.
        seen = observe(group_advantages, double([0, 0, 0, 4, 0, 0, 0, 1]), 4, eps=0.0)
        seen.close(double([-0.5, -0.5, -0.5, 1.5, -0.5, -0.5, -0.5, 1.5]))

    def test_without_dividing_by_the_std(self, observe):
        seen = observe(group_advantages, double([1.0, 0.0, 0.0, 0.0]), 4, divide_by_std=False)
        seen.close(double([0.75, -0.25, -0.25, -0.25]))

    def test_equal_rewards_teach_nothing(self, observe):
        seen = observe(group_advantages, double([1.0, 1.0, 1.0, 0.0, 0.0, 0.0]), 3)
        seen.close(double([0.0] * 6), says="all rewards of a group are equal, so no answer is better than another")

    def test_eps_is_added_to_the_std(self, observe):
        # mean 1.5, squares 3 * 2.25 + 20.25 = 27, std 3
        seen = observe(group_advantages, double([0.0, 0.0, 0.0, 6.0]), 4, eps=0.5)
        seen.close(double([-1.5, -1.5, -1.5, 4.5]) / 3.5)

    @for_all(
        examples=15, data=st.data(), shape=st.tuples(st.integers(1, 3), st.integers(2, 5)), eps=st.floats(0.1, 1),
    )  # fmt: skip
    def test_equals_a_loop_over_groups(self, observe, data, shape, eps):
        groups, size = shape
        rewards = data.draw(st.lists(st.integers(-4, 4).map(float), min_size=groups * size, max_size=groups * size))
        for options in ({}, {"eps": eps}, {"divide_by_std": False}):
            seen = observe(group_advantages, double(rewards), size, **options)
            seen.close(advantages_by_loop(rewards, size, **options))


# After token 0 come tokens 0, 1, 2 with probabilities 1/2, 1/4, 1/4, and so on: a model to calculate with.
TABLE = Spec("lab.models.tiny_language_models:BigramLM", {"logits": [[math.log(p) for p in row] for row in
             [[0.5, 0.25, 0.25], [0.2, 0.2, 0.6], [0.1, 0.8, 0.1]]]})  # fmt: skip


def some_table(seed, size=5, rows=4, length=6):
    """The logits of a table model, with gradient, and rows of tokens for it."""
    draw = torch.Generator().manual_seed(seed)
    table = torch.randn(size, size, generator=draw, dtype=torch.float64)
    return table.requires_grad_(), torch.randint(size, (rows, length), generator=draw).tolist()


def table_model(table):
    return Spec("lab.models.tiny_language_models:BigramLM", {"logits": table.detach()})


def by_table(table, rows, temperature):
    """The log-probability of each token of the rows but the first."""
    table = (table / temperature).log_softmax(-1)
    return torch.stack([torch.stack([table[i, j] for i, j in itertools.pairwise(row)]) for row in rows])


def loss_by_loop(log_probs, old, advantages, mask, epsilon, aggregation, denominator=None):
    """The loss, with gradient, and the share of tokens that are clipped."""
    rows, clipped = [], []
    for b in range(len(log_probs)):
        terms = []
        for t in range(len(log_probs[b])):
            if mask[b][t]:
                ratio = (log_probs[b][t] - old[b][t]).exp()
                free, bounded = ratio * advantages[b], ratio.clamp(1 - epsilon, 1 + epsilon) * advantages[b]
                terms.append(-torch.minimum(free, bounded))
                clipped.append(float(bounded < free))
        rows.append(terms)
    share = sum(clipped) / len(clipped)
    if aggregation == "sequence":
        return sum(sum(terms) / len(terms) for terms in rows) / (denominator or len(rows)), share
    return sum(sum(terms) for terms in rows) / (denominator or len(clipped)), share


def some_batch(seed, rows=4, tokens=5):
    """Random log-probs, old ones near them, advantages of both signs and rows of unequal length."""
    draw = torch.Generator().manual_seed(seed)
    lp = -3 * torch.rand(rows, tokens, generator=draw, dtype=torch.float64)
    old = lp + 0.5 * torch.randn(rows, tokens, generator=draw, dtype=torch.float64)
    advantages = torch.randn(rows, generator=draw, dtype=torch.float64)
    lengths = torch.randint(1, tokens + 1, (rows, 1), generator=draw)
    lengths[0], lengths[1] = tokens, 2
    return lp, old, advantages, (torch.arange(tokens) < lengths).long()


EACH_AGGREGATION = [("token", None), ("token", 30), ("sequence", None), ("sequence", 30), ("constant", 30)]


# Two rows with 2 and 1 masked tokens.
MASK = torch.tensor([[1, 1], [1, 0]])


@pytest.mark.exercise("14.6")
class TestPpoClipLoss:
    @pytest.mark.parametrize(("advantage", "ratio", "loss", "gradient"), [
        (1.0, 0.5, -0.5, -0.5),  # good and less likely than it was: pushed up
        (1.0, 2.0, -1.2, 0.0),  # good and already much likelier: enough
        (-1.0, 0.5, 0.8, 0.0),  # bad and already much less likely: enough
        (-1.0, 2.0, 2.0, 2.0),  # bad and likelier than it was: pushed down
    ])  # fmt: skip
    def test_four_quadrants(self, observe, advantage, ratio, loss, gradient):
        old = double([[-1.5]])
        seen = observe(
            ppo_clip_loss, old + math.log(ratio), old, double([advantage]), torch.tensor([[1]]), grad_of="log_probs"
        )
        seen.close(loss, rtol=1e-5)
        seen.grad("log_probs").close(double([[gradient]]), rtol=1e-5)

    def test_mean_over_the_masked_tokens(self, observe):
        # Ratio 1 everywhere: the loss is minus the mean of A over tokens, 2 of the first row and 1 of the second.
        lp = double([[-1.0, -2.0], [-3.0, -4.0]])
        seen = observe(ppo_clip_loss, lp, lp, double([1.0, -0.5]), MASK, grad_of="log_probs")
        seen.close(-(1.0 + 1.0 - 0.5) / 3, rtol=1e-5)
        seen.grad("log_probs").close(double([[-1 / 3, -1 / 3], [0.5 / 3, 0.0]]), rtol=1e-5)

    def test_mean_over_rows_of_their_own_means(self, observe):
        lp = double([[-1.0, -2.0], [-3.0, -4.0]])
        options = {"aggregation": "sequence", "grad_of": "log_probs"}
        seen = observe(ppo_clip_loss, lp, lp, double([1.0, -0.5]), MASK, **options)
        seen.close(-(1.0 - 0.5) / 2, rtol=1e-5)
        seen.grad("log_probs").close(double([[-1 / 4, -1 / 4], [0.5 / 2, 0.0]]), rtol=1e-5)

    def test_sum_over_a_constant(self, observe):
        lp = double([[-1.0, -2.0], [-3.0, -4.0]])
        options = {"aggregation": "constant", "denominator": 10}
        observe(ppo_clip_loss, lp, lp, double([1.0, -0.5]), MASK, **options).close(-1.5 / 10, rtol=1e-5)

    @pytest.mark.parametrize(("aggregation", "loss"), [("token", -1.5 / 8), ("sequence", -0.5 / 8)])
    def test_a_denominator_replaces_the_batchs_own(self, observe, aggregation, loss):
        lp = double([[-1.0, -2.0], [-3.0, -4.0]])
        options = {"aggregation": aggregation, "denominator": 8}
        observe(ppo_clip_loss, lp, lp, double([1.0, -0.5]), MASK, **options).close(loss, rtol=1e-5)

    def test_each_token_has_its_own_ratio_and_its_own_minimum(self, observe):
        # Good row, ratios 3 and 0.5: min(3, 1.2) + min(0.5, 0.8) = 1.7. Bad row: min(-3, -1.2) + min(-0.5, -0.8) = -3.8.
        old = torch.full((2, 2), -2.0, dtype=torch.float64)
        lp, mask = old + double([[3.0, 0.5]]).log(), torch.ones(2, 2, dtype=torch.long)
        observe(ppo_clip_loss, lp, old, double([1.0, -1.0]), mask).close((3.8 - 1.7) / 4, rtol=1e-5)

    def test_a_clipped_token_still_counts(self, observe):
        # Ratios 1.1 and 2: min(1.1, 1.1) + min(2, 1.2) = 2.3, over both tokens.
        old = torch.full((1, 2), -2.0, dtype=torch.float64)
        lp = old + double([[1.1, 2.0]]).log()
        observe(ppo_clip_loss, lp, old, double([1.0]), torch.ones(1, 2, dtype=torch.long)).close(-2.3 / 2, rtol=1e-5)

    @pytest.mark.parametrize(("advantage", "ratio", "loss"), [(1.0, 2.0, -1.5), (-1.0, 0.25, 0.5), (1.0, 1.4, -1.4)])
    def test_epsilon_sets_both_bounds(self, observe, advantage, ratio, loss):
        old = double([[-1.5]])
        arguments = (old + math.log(ratio), old, double([advantage]), torch.tensor([[1]]))
        observe(ppo_clip_loss, *arguments, epsilon=0.5).close(loss, rtol=1e-5)

    def test_the_ratio_is_clipped_not_its_logarithm(self, observe):
        # exp(0.19) = 1.209 is above 1.2; its logarithm is below 0.2
        old = double([[-1.0]])
        observe(ppo_clip_loss, old + 0.19, old, double([1.0]), torch.tensor([[1]])).close(-1.2, rtol=1e-5)

    def test_unlikely_tokens_have_a_ratio_too(self, observe):
        # exp(-200) is 0 in float32: a quotient of probabilities would be 0 / 0. The ratio is exp(0.125).
        old = torch.tensor([[-200.0]])
        seen = observe(ppo_clip_loss, old + 0.125, old, torch.tensor([1.0]), torch.tensor([[1]]))
        seen.close(-math.exp(0.125), rtol=1e-5)

    def test_no_gradient_flows_into_the_old_log_probs(self, observe):
        lp = double([[-1.0, -2.0], [-3.0, -4.0]])
        seen = observe(ppo_clip_loss, lp, lp - 0.1, double([1.0, -0.5]), MASK, grad_of=("log_probs", "old_log_probs"))
        seen.grad("old_log_probs").no_gradient("old_log_probs are constants: no gradient may flow into them")

    @for_all(examples=15, seed=seeds, epsilon=st.floats(0.05, 0.5))
    def test_equals_a_loop_over_tokens(self, observe, seed, epsilon):
        # The tokens of the last row are so unlikely that their probabilities are 0 in any precision.
        lp, old, advantages, mask = some_batch(seed)
        lower = double([[0.0]] * 3 + [[-800.0]])
        for aggregation, denominator in EACH_AGGREGATION:
            leaf = (lp + lower).requires_grad_()
            arguments = (old + lower, advantages, mask, epsilon, aggregation, denominator)
            expected, _ = loss_by_loop(leaf, *arguments)
            expected.backward()
            seen = observe(ppo_clip_loss, leaf.detach(), *arguments, grad_of=("log_probs", "old_log_probs"))
            seen.close(expected.detach(), rtol=1e-5, atol=1e-5)
            seen.grad("log_probs").close(leaf.grad, rtol=1e-5, atol=1e-6)
            seen.grad("old_log_probs").no_gradient("old_log_probs are constants: no gradient may flow into them")


@pytest.mark.exercise("14.7")
class TestGrpoLoss:
    def test_uses_the_model_and_the_shifted_mask(self, observe):
        # prompt 0, response 1 2: p = 0.25 and 0.6, old p = 0.125 and 0.8: ratios 2 and 0.75
        old = double([[math.log(0.125), math.log(0.8)]])
        seen = observe(grpo_loss, TABLE, torch.tensor([[0, 1, 2]]), torch.tensor([[0, 1, 1]]), double([1.0]), old)
        seen[0].close(-(1.2 + 0.75) / 2, rtol=1e-5)
        seen[1]["clip_fraction"].close(0.5)

    def test_prompt_and_padding_do_not_count(self, observe):
        # p of the responses: 0.1 after a prompt of two tokens; 0.2 after one, with padding behind it. Ratio 1.
        rows, mask = torch.tensor([[0, 1, 0], [2, 0, 0]]), torch.tensor([[0, 0, 1], [0, 1, 0]])
        old = double([[0.0, math.log(0.2)], [math.log(0.1), 0.0]])
        seen = observe(grpo_loss, TABLE, rows, mask, double([1.0, -0.5]), old, grad_of="model")
        seen[0].close(-(1.0 - 0.5) / 2, rtol=1e-5)
        # - A / 2 times (1 for the token that was written, minus all probabilities), after 1 and after 2
        expected = [[0.0, 0.0, 0.0], [-0.4, 0.1, 0.3], [0.25 * 0.9, -0.25 * 0.8, -0.25 * 0.1]]
        seen.grad("model")["logits"].close(double(expected), rtol=1e-5, atol=1e-7)

    def test_at_the_first_update_the_loss_is_zero_and_its_gradient_is_not(self, observe):
        old = double([[0.25], [0.5]]).log()
        rows, mask = torch.tensor([[0, 1], [0, 0]]), torch.tensor([[0, 1], [0, 1]])
        seen = observe(grpo_loss, TABLE, rows, mask, double([1.0, -1.0]), old, grad_of="model")
        seen[0].close(0.0, atol=1e-7)
        expected = double([[0.5, -0.5, 0.0], [0.0] * 3, [0.0] * 3])
        seen.grad("model")["logits"].close(expected, rtol=1e-5, atol=1e-7)

    def test_the_temperature_reaches_the_log_probs(self, observe):
        # At temperature 1/2, p = (1 / 16) / (3 / 8) = 1 / 6: the ratio is 1.
        old = double([[math.log(1 / 6)]])
        arguments = (TABLE, torch.tensor([[0, 1]]), torch.tensor([[0, 1]]), double([1.0]), old)
        observe(grpo_loss, *arguments, temperature=0.5)[0].close(-1.0, rtol=1e-5)

    def test_the_other_options_reach_the_loss(self, observe):
        # Ratios 2 and 0.5 for a row of two tokens, 1 for a row of one; epsilon 0.5 clips 2 at 1.5.
        rows, mask = torch.tensor([[0, 1, 2], [0, 1, 0]]), torch.tensor([[0, 1, 1], [0, 1, 0]])
        old = double([[math.log(0.125), math.log(1.2)], [math.log(0.25), 0.0]])
        arguments = (TABLE, rows, mask, double([1.0, 1.0]), old)
        seen = observe(grpo_loss, *arguments, epsilon=0.5, aggregation="sequence", denominator=4)
        seen[0].close(-((1.5 + 0.5) / 2 + 1.0) / 4, rtol=1e-5)
        seen[1]["clip_fraction"].close(1 / 3)
        observe(grpo_loss, *arguments, epsilon=3.0)[1]["clip_fraction"].close(0.0)

    @for_all(examples=10, seed=seeds, temperature=st.floats(0.5, 0.9))
    def test_equals_a_loop_over_tokens(self, observe, seed, temperature):
        lp, near, advantages, mask = some_batch(seed)
        whole = torch.nn.functional.pad(mask, (1, 0))  # the first token is the prompt
        for aggregation, denominator in EACH_AGGREGATION:
            table, rows = some_table(seed)
            log_probs = by_table(table, rows, temperature)
            old = log_probs.detach() + 2 * (near - lp) * mask
            expected, share = loss_by_loop(log_probs, old, advantages, mask, 0.6, aggregation, denominator)
            expected.backward()
            arguments = (whole, advantages, old, 0.6, temperature, aggregation, denominator)
            seen = observe(grpo_loss, table_model(table), torch.tensor(rows), *arguments, grad_of="model")
            seen[0].close(expected.detach(), rtol=1e-5, atol=1e-5)
            seen[1]["clip_fraction"].close(share)
            seen.grad("model")["logits"].close(table.grad, rtol=1e-5, atol=1e-6)


def model_from(weights):
    """The TinyLM whose weights these are, computing in float64."""
    layers = sum(name.startswith("qkv") for name in weights)
    arguments = {"vocab_size": len(weights["tokens"]), "layers": layers}
    model = Spec("lab.models.tiny_language_models:TinyLM", arguments).build()
    model.load_state_dict(weights)
    return model.double()


def one_by_one(model, row, start, temperature=1.0, more=None):
    """log p of the tokens of `row` from `start` on, one forward per token: no padding, no shift, no cache. `more` is
    added to the logits of each position."""
    logits = [model(torch.tensor([row[:t]])).logits[0, -1] for t in range(start, len(row))]
    if more is not None:
        logits = [x + more[start - 1 + i] for i, x in enumerate(logits)]
    return torch.stack([x.div(temperature).log_softmax(-1)[row[start + i]] for i, x in enumerate(logits)])


@pytest.mark.exercise("14.9")
class TestGenerateGroup:
    def test_rewards_each_response_against_its_own_truth(self, observe):
        one, two = f"{some_seed()}+1a", f"{some_seed()}+2b"
        seen = observe(scenarios.group_of_known_answers, [one, two], [2, 5], 3, ["2", "4"])
        seen["responses"].close(["2", "2", "2", "4", "4", "4"])
        seen["prompts"].close([one] * 3 + [two] * 3)
        seen["rewards"].close(torch.tensor([1.0, 1.0, 1.0, 0.0, 0.0, 0.0]))
        seen["advantages"].close(torch.zeros(6))

    @pytest.mark.parametrize("divide_by_std", [True, False])
    def test_everything_about_a_completion_is_at_the_same_place(self, observe, divide_by_std):
        # Each completion is a digit and EOS. The reward of this call is digit + truth.
        settings, truths = {"divide_by_std": divide_by_std, "seed": some_seed()}, drawn().choices(range(-50, 50), k=2)
        seen = observe(scenarios.group_of_random_answers, ["1=", "2="], truths, 4, **settings)
        digits = [int(text) for text in seen.value["responses"]]
        seen["token_ids"].close([ids(str(digit), eos=True) for digit in digits])
        seen["log_probs"].close([torch.tensor([math.log(0.25), 0.0])] * 8, rtol=1e-4, atol=1e-6)
        rewards = double(digits) + double([truths[0]] * 4 + [truths[1]] * 4)
        seen["rewards"].close(rewards)
        groups = rewards.reshape(2, 4)
        scale = groups.std(1, keepdim=True) + 1e-4 if divide_by_std else 1.0
        seen["advantages"].close(((groups - groups.mean(1, keepdim=True)) / scale).flatten(), rtol=1e-4, atol=1e-5)

    def test_the_error_of_a_reward_reaches_the_caller(self, observe):
        with observe.raises(ZeroDivisionError):
            observe(scenarios.group_with_a_broken_reward, drawn().random())

    def test_temperature_length_and_generator_are_passed_on(self, observe):
        # Logits 0, 1, 2, 3 for the four digits; at temperature 1/2 they are 0, 2, 4, 6.
        options = {"slope": 1.0, "temperature": 0.5, "max_new_tokens": 1}
        seeds = (some_seed() + 1, some_seed(), some_seed())
        draws = [observe(scenarios.group_of_random_answers, ["1="], [0], 16, seed=s, **options) for s in seeds]
        table = (2 * torch.arange(4.0)).log_softmax(0)
        for seen in draws:
            digits = torch.tensor([int(text) for text in seen.value["responses"]])
            seen["log_probs"].close([table[digit][None] for digit in digits], rtol=1e-4, atol=1e-5)
        other, first, again = (seen.value["responses"] for seen in draws)
        draws[-1].check(again == first != other, "the generator that is given must decide what is drawn")


@pytest.mark.exercise("14.10")
class TestLearningRate:
    def test_rises_linearly_then_stays(self, observe):
        x = drawn().uniform(0.01, 0.2)
        seen = observe(scenarios.learning_rates, 6, learning_rate=4 * x, warmup_steps=4)
        seen.close([x, 2 * x, 3 * x, 4 * x, 4 * x, 4 * x])

    def test_rise_times_fall(self, observe):
        # rise: 1/4, 2/4, 3/4, 1, 1, 1, 1; fall from 1 to 1/2 in 5 steps: 1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.5
        x = drawn().uniform(0.01, 0.2)
        settings = {"learning_rate": 4 * x, "warmup_steps": 4, "num_steps": 5, "final_rate": 0.5}
        seen = observe(scenarios.learning_rates, 7, **settings)
        seen.close([x * rate for rate in (1.0, 1.8, 2.4, 2.8, 2.4, 2.0, 2.0)])

    def test_without_warm_up(self, observe):
        observe(scenarios.learning_rates, 2, learning_rate=0.5, warmup_steps=0).close([0.5, 0.5])

    @for_all(
        examples=10, rate=st.floats(0.01, 1), warmup=st.integers(0, 9), total=st.integers(1, 9), final=st.floats(0, 1),
    )  # fmt: skip
    def test_equals_the_formula(self, observe, rate, warmup, total, final):
        settings = {"learning_rate": rate, "warmup_steps": warmup, "num_steps": total, "final_rate": final}
        rise = [min(1, (k + 1) / warmup) if warmup else 1 for k in range(12)]
        fall = [1 - (1 - final) * min(1, k / total) for k in range(12)]
        seen = observe(scenarios.learning_rates, 12, **settings)
        seen.close([rate * r * f for r, f in zip(rise, fall, strict=True)])


@pytest.mark.exercise("14.11")
class TestBatchOf:
    def test_puts_each_log_prob_beside_its_token(self, observe):
        # Prompts of 1, 2 and 4 tokens, responses of 3, 1 and 2; the second row ends first.
        tokens = [torch.tensor(row) for row in ([8, 9, 1], [1], [9, 1])]
        log_probs = [torch.tensor(row) for row in ([-0.5, -1.5, -2.5], [-3.5], [-4.5, -5.5])]
        seen = observe(scenarios.batch_of, ["3", "1+", "2+2="], tokens, log_probs)
        seen[0].close(torch.tensor([[5, 8, 9, 1, 0, 0], [3, 12, 1, 0, 0, 0], [4, 12, 4, 13, 9, 1]]))
        seen[1].close(torch.tensor([[0, 1, 1, 1, 0, 0], [0, 0, 1, 0, 0, 0], [0, 0, 0, 0, 1, 1]]))
        seen[2].close(torch.tensor([[-0.5, -1.5, -2.5, 0, 0], [0, -3.5, 0, 0, 0], [0, 0, 0, -4.5, -5.5]]))

    @for_all(examples=10, sizes=st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4)), min_size=1, max_size=4))
    def test_holds_for_all_lengths(self, observe, sizes):
        prompts, tokens = ["1234"[:p] for p, _ in sizes], [ids("6789"[:r]) for _, r in sizes]
        log_probs = [-(torch.arange(r, dtype=torch.float32) + 1 + 10 * i) for i, (_, r) in enumerate(sizes)]
        width = max(p + r for p, r in sizes) - 1
        expected = torch.zeros(len(sizes), width)
        for row, (p, r), stored in zip(expected, sizes, log_probs, strict=True):
            row[p - 1 : p - 1 + r] = stored
        observe(scenarios.batch_of, prompts, tokens, log_probs)[2].close(expected)


# Rows of 3, 1 and 2 response tokens.
ROWS = {
    "ids": torch.tensor([[3, 4, 5, 1], [6, 1, 0, 0], [7, 8, 8, 0]]),
    "mask": torch.tensor([[0, 1, 1, 1], [0, 1, 0, 0], [0, 1, 1, 0]]),
    "advantages": double([1.0, -1.0, 0.5]),
    # so that ratios lie on both sides of the clip and between, at temperature 1 and epsilon 0.2 as well as at 0.7 and 0.05
    "old_log_probs": double([[-3.5, -2.9, -2.8], [-1.4, 0.0, 0.0], [-3.8, -3.1, 0.0]]),
}


def written_out(weights, rows, aggregation="token", epsilon=0.2, temperature=1.0, more=(None,) * 3):
    """The model with the gradient of these rows, its loss and its share of clipped tokens, token by token. `more`: what
    is added to the logits of each row."""
    model, total, clipped = model_from(weights), torch.zeros((), dtype=torch.float64), 0
    denominator = {"token": 6, "sequence": 3, "constant": 3 * 7}[aggregation]
    for row, mask, a, old, added_here in zip(*rows.values(), more, strict=True):
        for t in range(1, 4):
            if mask[t]:
                log_prob = one_by_one(model, row[: t + 1].tolist(), t, temperature, added_here)[0]
                ratio = (log_prob - old[t - 1]).exp()
                objective = torch.minimum(ratio * a, ratio.clamp(1 - epsilon, 1 + epsilon) * a)
                total = total - objective / denominator / (mask.sum() if aggregation == "sequence" else 1)
                clipped += int(ratio > 1 + epsilon if a > 0 else ratio < 1 - epsilon)
    total.backward()
    return model, total.item(), clipped / 6


@pytest.mark.exercise("14.12")
class TestUpdate:
    @pytest.mark.parametrize("aggregation", ["token", "sequence", "constant"])
    @pytest.mark.parametrize(("epsilon", "temperature"), [(0.2, 1.0), (0.05, 0.7)])
    def test_equals_the_update_written_out(self, observe, aggregation, epsilon, temperature):
        draw = torch.Generator().manual_seed(some_seed())
        old = ROWS["old_log_probs"] + 0.3 * torch.randn(3, 3, generator=draw, dtype=torch.float64)
        rows = {**ROWS, "advantages": torch.randn(3, generator=draw, dtype=torch.float64), "old_log_probs": old}
        settings = {"epsilon": epsilon, "temperature": temperature, "aggregation": aggregation}
        seen = observe(scenarios.one_update, **rows, **settings, max_new_tokens=7, learning_rate=0.3)
        model, loss, clipped = written_out(seen.value["before"], rows, **settings)
        seen["metrics"]["loss"].close(loss, rtol=1e-5, atol=1e-7)
        seen["metrics"]["clip_fraction"].close(clipped)
        after = {name: (p - 0.3 * p.grad).detach() for name, p in model.named_parameters()}
        seen["after"].close(after, rtol=1e-5, atol=1e-7)

    @pytest.mark.parametrize("aggregation", ["token", "sequence", "constant"])
    def test_micro_batches_make_the_same_update(self, observe, aggregation):
        settings = {**ROWS, "aggregation": aggregation, "model_seed": some_seed()}
        whole = observe(scenarios.one_update, **settings).value
        seen = observe(scenarios.one_update, **settings, micro_batch_size=2)
        seen["after"].close(whole["after"], rtol=1e-5, atol=1e-7)
        seen["metrics"].close(whole["metrics"], rtol=1e-5, atol=1e-7)

    @pytest.mark.parametrize(("size", "places"), [(0, [0, 1, 2]), (1, [0, 0, 0]), (2, [0, 1, 0])])
    def test_a_forward_has_the_rows_of_one_micro_batch(self, observe, size, places):
        # The logits of this model depend on the place that a row has in a forward.
        seed = some_seed()
        seen = observe(scenarios.one_update, **ROWS, micro_batch_size=size, model_seed=seed, by_row=seed)
        _, loss, _ = written_out(seen.value["before"], ROWS, more=added(seed, (3, 4, 14))[places])
        says = f"with micro_batch_size={size}, the 3 rows have the places {places} in their forwards"
        seen["metrics"]["loss"].close(loss, rtol=1e-5, atol=1e-7, says=says)

    def test_old_gradients_are_cleared(self, observe):
        settings = {**ROWS, "model_seed": some_seed()}
        clean = observe(scenarios.one_update, **settings).value["after"]
        observe(scenarios.one_update, **settings, stale_gradient=True)["after"].close(
            clean, says="gradients that were left from before this update must not count"
        )

    @pytest.mark.parametrize("share", [0.05, 1.5])
    def test_the_norm_of_the_gradient_is_clipped(self, observe, share):
        # The bound is a twentieth of the gradient's norm, then one and a half times it; micro-batches share one bound.
        settings = {**ROWS, "model_seed": some_seed()}
        free = observe(scenarios.one_update, **settings).value
        norm = math.sqrt(sum(float(((free["before"][n] - w) / 0.1).square().sum()) for n, w in free["after"].items()))
        seen = observe(scenarios.one_update, **settings, max_grad_norm=share * norm, micro_batch_size=2)
        seen["metrics"]["grad_norm"].close(norm, rtol=1e-5)
        expected = {n: w + min(share, 1) * (free["after"][n] - w) for n, w in free["before"].items()}
        seen["after"].close(expected, rtol=1e-4, atol=1e-6)


def prompt_of(call, row):
    """The text of the prompt in a row of what update was given."""
    length = int(call["mask"][row].argmax())
    return "".join("0123456789+="[i - 2] for i in call["ids"][row, :length].tolist())


def stored_log_probs(call):
    """Of a batch that update was given: for each row the ids, the response's start and end, and its old log-probs."""
    for row, mask, old in zip(call["ids"], call["mask"], call["old_log_probs"], strict=True):
        start = int(mask.argmax())
        yield row.tolist(), start, start + int(mask.sum()), old[mask[1:].bool()]


@pytest.mark.exercise("14.13")
class TestStep:
    def test_one_rollout_several_updates(self, observe):
        seen = observe(scenarios.watched_step, updates_per_generation=3, seed=some_seed())
        seen.check(len(seen.value["calls"]) == 3, "update must be called updates_per_generation = 3 times")
        seen["calls"][1].close(seen.value["calls"][0])
        seen["calls"][2].close(seen.value["calls"][0])
        seen["step_number"].close(1)

    @pytest.mark.parametrize("temperature", [0.5, 2.0])
    def test_old_log_probs_are_those_of_the_policy_that_sampled(self, observe, temperature):
        seeds = {"seed": some_seed(), "model_seed": some_seed(), "step_number": drawn().randint(0, 50)}
        settings = {"temperature": temperature, "max_new_tokens": 6, "group_size": 5, "prompts_per_step": 2}
        seen = observe(scenarios.watched_step, **settings, **seeds)
        call, model = seen.value["calls"][0], model_from(seen.value["weights"])
        seen.check(len(call["ids"]) == 10, "2 prompts with 5 completions each are 10 rows")
        longest = int(call["mask"].sum(1).max())
        seen.check(longest <= 6, f"max_new_tokens is 6, but the longest completion has {longest} tokens")
        entropy = []
        for row, start, end, old in stored_log_probs(call):
            with torch.no_grad():
                expected = one_by_one(model, row[:end], start, temperature)
            good = torch.allclose(old.double(), expected, rtol=1e-4, atol=1e-5)
            seen.check(good, "old_log_probs must be those of the policy that sampled, at config.temperature")
            entropy += (-expected).tolist()
        seen["metrics"]["entropy"].close(sum(entropy) / len(entropy), rtol=1e-4)
        seen["metrics"]["completion_length"].close(len(entropy) / 10, rtol=1e-5)

    @pytest.mark.parametrize("divide_by_std", [True, False])
    def test_advantages_reward_and_signal(self, observe, divide_by_std):
        # Completions are rewarded by their length without EOS, so that some groups differ and some do not.
        for number in range(3):
            settings = {"group_size": 2, "prompts_per_step": 4, "divide_by_std": divide_by_std, "seed": some_seed()}
            seen = observe(scenarios.watched_step, step_number=number, reward_of="length", **settings)
            call = seen.value["calls"][0]
            prompts = {prompt_of(call, row) for row in range(8)}
            seen.check(len(prompts) == 4, f"the 4 prompts of a step must be different ones, not {sorted(prompts)}")
            pairs = (call["mask"].bool() & (call["ids"] > 1)).sum(1).double().reshape(4, 2)
            scale = pairs.std(1, keepdim=True) + 1e-4 if divide_by_std else 1.0
            expected = (pairs - pairs.mean(1, keepdim=True)) / scale
            seen["calls"][0]["advantages"].close(expected.flatten(), rtol=1e-4, atol=1e-5)
            seen["metrics"]["reward"].close(float(pairs.mean()), rtol=1e-5)
            seen["metrics"]["signal"].close(float((pairs[:, 0] != pairs[:, 1]).double().mean()))

    def test_prompts_are_different_ones_each_with_its_own_truth(self, observe):
        pairs, settings = [], {"prompts_per_step": 2, "reward_of": "truth", "seed": some_seed()}
        for number in range(6):
            seen = observe(scenarios.watched_step, step_number=number, **settings)
            call = seen.value["calls"][0]
            prompts = [prompt_of(call, row) for row in range(8)]
            seen.check(prompts == [prompts[0]] * 4 + [prompts[4]] * 4, "the 4 rows of a group share their prompt")
            seen.check(prompts[0] != prompts[4], "the prompts of one step must differ")
            seen["metrics"]["reward"].close(0.5 if "1+1=" in prompts else 0.0)
            pairs.append((prompts[0], prompts[4]))
        seen.check(len(set(pairs)) > 1, f"6 steps drew only {set(pairs)}: prompts must be drawn anew in each step")

    def test_a_step_depends_on_seed_and_number_alone(self, observe):
        settings = {"step_number": 3, "seed": some_seed()}
        first = observe(scenarios.watched_step, **settings).value["calls"]
        observe(scenarios.watched_step, **settings, global_seed=2)["calls"].close(first)
        for other in ({"step_number": 4}, {"seed": some_seed() + 1}):
            seen = observe(scenarios.watched_step, **{**settings, **other})
            same = torch.equal(seen.value["calls"][0]["ids"], first[0]["ids"])
            seen.check(not same, "another step and another seed must draw something else")

    def test_loss_and_its_companions_are_means_over_the_updates(self, observe):
        # The scenario's update returns losses 1, 2, 3 and norms 2, 4, 6.
        seen = observe(scenarios.watched_step, updates_per_generation=3, seed=some_seed())
        seen["metrics"]["loss"].close(2.0)
        seen["metrics"]["grad_norm"].close(4.0)
        seen["metrics"]["clip_fraction"].close(0.5)

    def test_the_updates_are_made_at_this_steps_rate(self, observe):
        # The second step of a warm-up over 4 steps; the optimizer has two param_groups.
        x = drawn().uniform(0.1, 0.5)
        seen = observe(scenarios.watched_step, step_number=1, learning_rate=2 * x, warmup_steps=4)
        seen["metrics"]["learning_rate"].close(x)
        seen["rates"].close([[x, x]] * 2)
        seen["step_number"].close(2)
