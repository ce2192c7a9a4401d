"""Is the algorithm right? Every exercise of lesson 06, on small numbers that can be checked by hand."""

import itertools
import math

import pytest
import torch
from lesson06_baselines.baselines.advantages import leave_one_out, whiten
from lesson06_baselines.testcases import scenarios
from lesson06_baselines.variance.gradients import gradient_variance, optimal_baseline, score_vectors

from course.base.object_spec import Spec
from course.base.property_tests import chosen_seed, drawn

# Token 0 is EOS, 1 is "a", 2 is "b": the table of lesson 01's worked example
PROBABILITIES = [[0.1, 0.8, 0.1], [0.5, 0.25, 0.25], [0.2, 0.2, 0.6]]
TABLE = Spec("lab.models.tiny_language_models:BigramLM", {"logits": [[math.log(p) for p in r] for r in PROBABILITIES]})


def double(values):
    return torch.tensor(values, dtype=torch.float64)


def tensors(texts):
    return [torch.tensor(text) for text in texts]


def two_actions(p):
    """The page's policy: rewards, score vectors and probabilities of the right and the wrong action."""
    return double([1, 0]), double([[1 - p], [-p]]), double([p, 1 - p])


def random_numbers(random, *shape):
    """Normal numbers of this shape."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(random.randrange(10**9)), dtype=torch.float64)


def squared_distance(a, b):
    return sum((x - y) ** 2 for x, y in zip(a, b, strict=True))


@pytest.mark.exercise("06.1")
class TestScoreVectors:
    PROMPT = torch.tensor([1])

    def test_one_token(self, observe):
        # log p(EOS | a): onehot - p in the row of the table that belongs to a
        seen = observe(score_vectors, TABLE, self.PROMPT, tensors([[0]]))
        seen.close(double([[0, 0, 0, 0.5, -0.25, -0.25, 0, 0, 0]]))

    def test_a_text_sums_over_its_tokens(self, observe):
        # log p(b | a) + log p(EOS | b)
        seen = observe(score_vectors, TABLE, self.PROMPT, tensors([[2, 0]]))
        seen.close(double([[0, 0, 0, -0.5, -0.25, 0.75, 0.8, -0.2, -0.6]]))

    def test_one_row_for_each_completion(self, observe):
        seen = observe(score_vectors, TABLE, self.PROMPT, tensors([[0], [2, 0], [0]]))
        row = [0, 0, 0, 0.5, -0.25, -0.25, 0, 0, 0]
        seen.close(double([row, [0, 0, 0, -0.5, -0.25, 0.75, 0.8, -0.2, -0.6], row]))

    def test_the_prompt_is_not_scored(self, observe):
        # After b a comes EOS: nothing in the row of b
        seen = observe(score_vectors, TABLE, torch.tensor([2, 1]), tensors([[0]]))
        seen.close(double([[0, 0, 0, 0.5, -0.25, -0.25, 0, 0, 0]]))

    def test_their_mean_over_all_texts_is_0(self, observe):
        # E[grad log p] = sum of grad p = grad of 1
        texts = {(0,): 0.5, (1, 0): 0.125, (1, 1): 0.0625, (1, 2): 0.0625, (2, 0): 0.05, (2, 1): 0.05, (2, 2): 0.15}
        seen = observe(score_vectors, TABLE, self.PROMPT, tensors(texts))
        mean = double(list(texts.values())) @ seen.value.double()
        seen.check(float(mean.abs().max()) < 1e-6, f"the probabilities times your rows must sum to 0, not to {mean}")

    def test_leaves_the_grad_of_the_parameters_alone(self, observe):
        p = random_numbers(drawn(), 3, 3).softmax(1)
        table = Spec("lab.models.tiny_language_models:BigramLM", {"logits": p.log()})
        seen = observe(scenarios.rows_and_grad, table, self.PROMPT, tensors([[0], [2]]))
        row, zeros = p[1].tolist(), [0.0] * 3
        seen["rows"].close(
            double([[*zeros, 1, 0, 0, *zeros], [*zeros, 0, 0, 1, *zeros]]) - double([*zeros, *row, *zeros])
        )
        seen["grad"].close([torch.ones(3, 3, dtype=torch.float64)])

    def test_equals_finite_differences_on_drawn_texts(self, observe):
        random = drawn()
        spec = Spec(
            "lab.models.tiny_language_models:TinyLM",
            {"vocab_size": 3, "hidden": 4, "max_positions": 8},
            seed=chosen_seed(),
            dtype="float64",
        )
        prompt = torch.tensor([random.randrange(3) for _ in range(random.randint(1, 3))])
        texts = tensors([[random.randrange(3) for _ in range(n)] for n in (random.randint(2, 4), 1)])
        model, h = spec.build(), 1e-5
        weights = torch.nn.utils.parameters_to_vector(model.parameters()).detach()
        places = sorted(random.sample(range(len(weights)), 6))
        columns = []
        for place in places:
            values = []
            for shift in (h, -h):
                moved = weights.clone()
                moved[place] += shift
                torch.nn.utils.vector_to_parameters(moved, model.parameters())
                values.append(double([slow_log_prob(model, prompt, text) for text in texts]))
            columns.append((values[0] - values[1]) / (2 * h))
        seen = observe(score_vectors, spec, prompt, texts)
        shape = (2, len(weights))
        seen.check(seen.value.shape == shape, f"the shape must be {shape}, not {tuple(seen.value.shape)}")
        error = (seen.value[:, places] - torch.stack(columns, 1)).abs().max()
        seen.check(float(error) < 1e-6, f"the gradient differs from finite differences by {float(error):.2g}")


@torch.no_grad()
def slow_log_prob(model, prompt, completion):
    """One forward pass for each token, without padding, shift or mask."""
    total, row = 0.0, prompt
    for token in completion:
        total += float(model(row[None]).logits[0, -1].log_softmax(-1)[token])
        row = torch.cat([row, token[None]])
    return total


@pytest.mark.exercise("06.2")
class TestGradientVariance:
    def test_worked_example(self, observe):
        # p = 0.8. No baseline: 0.2 or 0. The mean: 0.04 or 0.64. The best: 0.16 in any case.
        rewards, scores, p = two_actions(0.8)
        for b, expected in ((0.0, 0.0064), (0.8, 0.0576), (0.2, 0.0)):
            observe(gradient_variance, (rewards - b)[:, None] * scores, p).close(expected, atol=1e-12)

    @pytest.mark.parametrize("p", [0.1, 0.3, 0.5, 2 / 3, 0.95])
    def test_two_actions(self, observe, p):
        # With the mean p (1 - p) (1 - 2p)^2, without a baseline p (1 - p)^3
        rewards, scores, probabilities = two_actions(p)
        with_mean = observe(gradient_variance, (rewards - p)[:, None] * scores, probabilities)
        with_mean.close(p * (1 - p) * (1 - 2 * p) ** 2, atol=1e-12)
        without = observe(gradient_variance, rewards[:, None] * scores, probabilities)
        without.close(p * (1 - p) ** 3)

    def test_sums_over_the_parameters(self, observe):
        # One parameter is 0 or 2, the other 0 or 4, each with 1/2: variances 1 and 4
        observe(gradient_variance, double([[0, 0], [2, 4]]), double([0.5, 0.5])).close(5.0)

    def test_samples(self, observe):
        # Distances from the mean (2, 3): 1 + 4 and 0 and 1 + 4; divided by 3 - 1
        observe(gradient_variance, double([[1, 1], [2, 3], [3, 5]])).close(5.0)

    def test_a_constant_added_to_all_gradients_changes_nothing(self, observe):
        observe(gradient_variance, double([[11, -1], [12, 1], [13, 3]])).close(5.0)
        observe(gradient_variance, double([[1, 7], [3, 11]]), double([0.5, 0.5])).close(5.0)

    def test_probabilities_need_not_be_equal(self, observe):
        # Mean 0.9 * 0 + 0.1 * 10 = 1; 0.9 * 1 + 0.1 * 81
        observe(gradient_variance, double([[0], [10]]), double([0.9, 0.1])).close(9.0)

    def test_samples_estimate_the_exact_variance_without_bias(self, observe):
        # All groups of three samples: the mean of their estimates is p (1 - p)^3.
        p, outcomes = 0.3, [(0.3, [0.7]), (0.7, [0.0])]
        mean = 0.0
        for group in itertools.product(outcomes, repeat=3):
            seen = observe(gradient_variance, double([gradient for _, gradient in group]))
            mean += math.prod(chance for chance, _ in group) * seen.value.item()
        exact = p * (1 - p) ** 3
        seen.check(math.isclose(mean, exact, rel_tol=1e-5), f"the mean over all groups is {mean:.6f}, not {exact:.6f}")

    def test_equals_the_loop_on_drawn_gradients(self, observe):
        random = drawn()
        rows = random_numbers(random, random.randint(3, 6), 4) + 2
        weights = double([random.random() + 0.1 for _ in rows])
        weights /= weights.sum()
        for probabilities in (None, weights):
            p = [1 / len(rows)] * len(rows) if probabilities is None else probabilities.tolist()
            mean = [sum(w * row[i] for w, row in zip(p, rows.tolist(), strict=True)) for i in range(4)]
            exact = sum(w * squared_distance(row, mean) for w, row in zip(p, rows.tolist(), strict=True))
            expected = exact * len(rows) / (len(rows) - 1) if probabilities is None else exact
            observe(gradient_variance, rows, probabilities).close(expected)


@pytest.mark.exercise("06.3")
class TestOptimalBaseline:
    def test_worked_example(self, observe):
        # p = 0.8: 0.8 * 0.04 * 1 / (0.8 * 0.04 + 0.2 * 0.64)
        observe(optimal_baseline, double([1, 0]), double([0.04, 0.64]), double([0.8, 0.2])).close(0.2)

    @pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
    def test_of_two_actions_is_1_minus_p(self, observe, p):
        rewards, scores, probabilities = two_actions(p)
        observe(optimal_baseline, rewards, scores[:, 0] ** 2, probabilities).close(1 - p)

    def test_equal_norms_give_the_mean(self, observe):
        observe(optimal_baseline, double([1, 0, 5]), double([3, 3, 3])).close(2.0)
        observe(optimal_baseline, double([1, 0, 5]), double([3, 3, 3]), double([0.5, 0.3, 0.2])).close(1.5)

    def test_samples(self, observe):
        # (1 * 1 + 0 * 4 + 2 * 5) / (1 + 4 + 5)
        observe(optimal_baseline, double([1, 0, 2]), double([1, 4, 5])).close(1.1)

    def test_moves_with_the_rewards(self, observe):
        observe(optimal_baseline, double([101, 100, 102]), double([1, 4, 5])).close(101.1)

    def test_no_other_constant_has_a_smaller_variance_on_drawn_policies(self, observe):
        random = drawn()
        for _ in range(4):
            probabilities = random_numbers(random, 5).softmax(0)
            scores = random_numbers(random, 5, 3)
            scores = scores - probabilities @ scores  # score vectors have the mean 0
            rewards = random_numbers(random, 5)
            second = probabilities @ (rewards * scores.square().sum(1))
            expected = second / (probabilities @ scores.square().sum(1))
            seen = observe(optimal_baseline, rewards, scores.square().sum(1), probabilities)
            found, less, more = (noise(rewards, scores, probabilities, seen.value.item() + d) for d in (0, -0.01, 0.01))
            seen.check(found < min(less, more), "a baseline that is 0.01 larger or smaller has a smaller variance")
            seen.close(expected)


def noise(rewards, scores, probabilities, b):
    gradients = (rewards - b)[:, None] * scores
    return float(probabilities @ (gradients - probabilities @ gradients).square().sum(1))


@pytest.mark.exercise("06.4")
class TestLeaveOneOut:
    def test_worked_example(self, observe):
        # Others of the first: 0, 0, 1. Of the second: 1, 0, 1.
        seen = observe(leave_one_out, double([[1, 0, 0, 1]]))
        seen.close(double([[2 / 3, -2 / 3, -2 / 3, 2 / 3]]))

    def test_two_samples_are_compared_with_each_other(self, observe):
        observe(leave_one_out, double([[5, 2]])).close(double([[3, -3]]))

    def test_each_prompt_for_itself(self, observe):
        seen = observe(leave_one_out, double([[1, 0, 0], [10, 10, 13]]))
        seen.close(double([[1, -0.5, -0.5], [-1.5, -1.5, 3]]))

    def test_equal_rewards_give_0(self, observe):
        observe(leave_one_out, double([[1, 1, 1], [0, 0, 0]])).close(torch.zeros(2, 3, dtype=torch.float64), atol=1e-12)

    @pytest.mark.parametrize("size", [2, 3, 4])
    def test_the_mean_over_all_groups_is_the_exact_gradient(self, observe, size):
        # All groups of the two-action policy in one call, a row each. The exact gradient is p (1 - p).
        p = 0.7
        groups = double(list(itertools.product([1, 0], repeat=size)))
        seen = observe(leave_one_out, groups)
        probabilities = (p * groups + (1 - p) * (1 - groups)).prod(1)
        mean = float(probabilities @ (seen.value.double() * (groups - p)).mean(1))  # the score is 1 - p or -p
        seen.check(
            math.isclose(mean, p * (1 - p), rel_tol=1e-5),
            f"the mean of the gradient over all groups of {size} is {mean:.6f}; the exact gradient is {p * (1 - p):.6f}",
        )

    def test_advantages_are_constants(self, observe):
        seen = observe(scenarios.carries_gradient, "leave_one_out", random_numbers(drawn(), 2, 3))
        seen.check(not any(seen.value), "no gradient may flow through the advantages to the rewards")

    def test_equals_the_loop_on_drawn_rewards(self, observe):
        random = drawn()
        for size in (2, 5, 8):
            rewards = random_numbers(random, 3, size)
            expected = torch.zeros_like(rewards)
            for row, i in itertools.product(range(3), range(size)):
                others = [rewards[row, j].item() for j in range(size) if j != i]
                expected[row, i] = rewards[row, i] - sum(others) / len(others)
            observe(leave_one_out, rewards).close(expected)


@pytest.mark.exercise("06.5")
class TestRunningMean:
    def test_the_first_batch_has_no_baseline(self, observe):
        seen = observe(scenarios.running_mean, [double([1, 0, 0, 1])], 0.9)
        seen.close([double([1, 0, 0, 1])])

    def test_the_second_batch_is_compared_with_the_first(self, observe):
        # Neither 0.1 * 0.5, which is the average without the correction, nor a mean with the second batch in it
        seen = observe(scenarios.running_mean, [double([1, 0, 0, 1]), double([3, 4])], 0.9)
        seen[1].close(double([2.5, 3.5]))

    def test_worked_example(self, observe):
        # decay 1/2, batches with means 4, 1, 7: the baselines are 0, 4 and (1/2 * 4 + 1 * 1) / (1/2 + 1) = 2
        batches = [double([4, 4]), double([0, 2]), double([7])]
        observe(scenarios.running_mean, batches, 0.5).close([double([4, 4]), double([-4, -2]), double([5])])

    def test_batches_count_by_their_mean_not_by_their_size(self, observe):
        batches = [double([4]), double([1, 1, 1, 1, 1, 1]), double([0, 1])]
        observe(scenarios.running_mean, batches, 0.5)[2].close(double([-2, -1]))

    def test_two_objects_do_not_share_their_past(self, observe):
        one, other = random_numbers(drawn(), 2, 1)
        seen = observe(scenarios.two_running_means, [one] * 3, [other] * 3, 0.9)
        seen["first"].close([one, double([0]), double([0])], atol=1e-12)
        seen["second"].close([other, double([0]), double([0])], atol=1e-12)

    def test_equals_the_weighted_mean_on_drawn_batches(self, observe):
        random = drawn()
        decay = random.uniform(0.3, 0.95)
        batches = [random_numbers(random, random.randint(1, 4)) + 1 for _ in range(6)]
        expected = []
        for t, rewards in enumerate(batches):
            weights = [decay ** (t - 1 - k) for k in range(t)]
            means = [float(batch.mean()) for batch in batches[:t]]
            baseline = sum(w * m for w, m in zip(weights, means, strict=True)) / sum(weights) if t else 0.0
            expected.append(rewards - baseline)
        observe(scenarios.running_mean, batches, decay).close(expected)


@pytest.mark.exercise("06.6")
class TestWhiten:
    def test_three_tokens(self, observe):
        # Mean 2, std sqrt((1 + 0 + 1) / 2) = 1
        mask = torch.tensor([[True, True, True]])
        observe(whiten, double([[1, 2, 3]]), mask, 0.0).close(double([[-1, 0, 1]]), atol=1e-12)

    def test_two_tokens(self, observe):
        # Mean 2, std sqrt(1 + 1)
        seen = observe(whiten, double([[1, 3]]), torch.ones(1, 2, dtype=torch.bool), 0.0)
        seen.close(double([[-math.sqrt(0.5), math.sqrt(0.5)]]))

    def test_padding_does_not_count(self, observe):
        mask = torch.tensor([[True, True, False], [True, False, False]])
        seen = observe(whiten, double([[1, 2, 70], [3, -90, 0]]), mask, 0.0)
        seen.close(double([[-1, 0, 0], [1, 0, 0]]), atol=1e-12)

    def test_over_the_whole_batch_not_row_by_row(self, observe):
        # Mean 5, std sqrt((25 + 25 + 25 + 25) / 3)
        x = 5 / math.sqrt(100 / 3)
        seen = observe(whiten, double([[0, 0], [10, 10]]), torch.ones(2, 2, dtype=torch.bool), 0.0)
        seen.close(double([[-x, -x], [x, x]]))

    def test_eps_is_added_to_the_std(self, observe):
        seen = observe(whiten, double([[1, 2, 3]]), torch.ones(1, 3, dtype=torch.bool), 1.0)
        seen.close(double([[-0.5, 0, 0.5]]), atol=1e-12)

    def test_advantages_are_constants(self, observe):
        numbers, mask = random_numbers(drawn(), 1, 3), torch.ones(1, 3, dtype=torch.bool)
        seen = observe(scenarios.carries_gradient, "whiten", numbers, mask)
        seen.check(not any(seen.value), "no gradient may flow through whitened advantages")

    def test_equals_the_loop_on_drawn_advantages(self, observe):
        random = drawn()
        advantages = 3 * random_numbers(random, 3, 6) + 2
        advantages[0, 0] = 0  # a number that counts, and no padding
        mask = torch.arange(6) < torch.tensor([[random.randint(2, 6)] for _ in range(3)])
        counted = [advantages[i, t].item() for i, t in itertools.product(range(3), range(6)) if mask[i, t]]
        mean = sum(counted) / len(counted)
        std = math.sqrt(sum((x - mean) ** 2 for x in counted) / (len(counted) - 1))
        expected = torch.zeros_like(advantages)
        for i, t in itertools.product(range(3), range(6)):
            if mask[i, t]:
                expected[i, t] = (advantages[i, t] - mean) / (std + 1e-4)
        observe(whiten, advantages, mask).close(expected)
