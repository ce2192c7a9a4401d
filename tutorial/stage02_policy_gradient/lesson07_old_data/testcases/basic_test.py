"""Is the algorithm right? Every exercise of lesson 07, on small numbers that can be checked by hand."""

import itertools
import math

import pytest
import torch
from lesson07_old_data.loss.clip import clipped_objective
from lesson07_old_data.testcases import scenarios
from lesson07_old_data.training.reuse import drift
from lesson07_old_data.weights.importance import effective_sample_size, importance_weights, off_policy_value

from course.base.object_spec import Spec
from course.base.property_tests import chosen_seed


def drawn():
    """A generator for inputs: grading uses another seed."""
    return torch.Generator().manual_seed(chosen_seed())


def double(values):
    return torch.tensor(values, dtype=torch.float64)


# The worked example of the page: three answers, ab, ac and d, and the probabilities of their tokens. d is padded.
OLD = double([[0.4, 0.5], [0.4, 0.5], [0.4, 1.0]]).log()
NEW = double([[0.5, 0.8], [0.5, 0.2], [0.2, 1.0]]).log()
MASK = torch.tensor([[True, True], [True, True], [True, False]])
LEVELS = ["token", "prefix", "sequence"]


def drawn_batch(generator, rows=5, width=6):
    """Old and new log-probs, and a mask of an answer of at least one token somewhere in each row."""
    old = -2 * torch.rand(rows, width, generator=generator, dtype=torch.float64)
    new = old + 0.4 * torch.randn(rows, width, generator=generator, dtype=torch.float64)
    mask = torch.zeros(rows, width, dtype=torch.bool)
    for row in mask:
        start = int(torch.randint(width - 1, (), generator=generator))
        row[start : start + 1 + int(torch.randint(width - start, (), generator=generator))] = True
    return new, old, mask


def slow_weights(new, old, mask):
    """Probabilities are divided and multiplied, one token after the other. Returns the three levels."""
    ratios, prefixes, answers = torch.zeros_like(new), torch.zeros_like(new), double([1.0] * len(new))
    for row, t in itertools.product(range(len(new)), range(new.shape[1])):
        if mask[row, t]:
            ratios[row, t] = math.exp(new[row, t]) / math.exp(old[row, t])
            answers[row] *= ratios[row, t]
            prefixes[row, t] = answers[row]
    return {"token": ratios, "prefix": prefixes, "sequence": answers}


@pytest.mark.exercise("07.1")
class TestImportanceWeights:
    def test_token_is_the_default(self, observe):
        observe(importance_weights, NEW, OLD, MASK).close(double([[1.25, 1.6], [1.25, 0.4], [0.5, 0]]))

    def test_prefix(self, observe):
        # 1.25 * 1.6 = 2 and 1.25 * 0.4 = 0.5
        observe(importance_weights, NEW, OLD, MASK, "prefix").close(double([[1.25, 2], [1.25, 0.5], [0.5, 0]]))

    def test_sequence(self, observe):
        observe(importance_weights, NEW, OLD, MASK, "sequence").close(double([2, 0.5, 0.5]))

    @pytest.mark.parametrize("level", LEVELS)
    def test_only_tokens_of_the_answer_count(self, observe, level):
        # The same answers behind a prompt of one token, with other numbers outside the mask
        prompt, padding = double([[-9.0]] * 3), double([[0.7]] * 3)
        mask = torch.cat([torch.zeros(3, 1, dtype=torch.bool), MASK, torch.zeros(3, 1, dtype=torch.bool)], 1)
        seen = observe(
            importance_weights,
            torch.cat([prompt, NEW.where(MASK, -3.0), padding], 1),
            torch.cat([prompt + 1, OLD.where(MASK, -1.0), padding - 1], 1),
            mask,
            level,
        )
        expected = {"token": [[1.25, 1.6], [1.25, 0.4], [0.5, 0]], "prefix": [[1.25, 2], [1.25, 0.5], [0.5, 0]]}
        if level == "sequence":
            seen.close(double([2, 0.5, 0.5]))
        else:
            seen.close(double([[0, *row, 0] for row in expected[level]]))

    @pytest.mark.parametrize("level", LEVELS)
    def test_the_same_policy_has_weight_1(self, observe, level):
        expected = double([1, 1, 1]) if level == "sequence" else MASK.double()
        observe(importance_weights, OLD, OLD, MASK, level).close(expected)

    @pytest.mark.parametrize("level", LEVELS)
    def test_unlikely_answers(self, observe, level):
        # A probability of exp(-1000) is 0 as a float: only the difference of the logarithms is left.
        x = torch.rand((), generator=drawn()).item()
        new, old = double([[-1000.0, -1000.0 - x]]), double([[-1000.0 - x, -1000.0]])
        up, down = math.exp(x), math.exp(-x)
        expected = {"token": [[up, down]], "prefix": [[up, 1.0]], "sequence": [1.0]}[level]
        observe(importance_weights, new, old, new < 0, level).close(double(expected))

    def test_gradient_of_a_token_is_its_ratio(self, observe):
        # d exp(x - old) / dx = exp(x - old)
        new, old, mask = drawn_batch(drawn())
        seen = observe(importance_weights, new, old, mask, "token", grad_of=["log_probs", "old_log_probs"])
        seen.grad("log_probs").close(slow_weights(new, old, mask)["token"])
        seen.grad("old_log_probs").no_gradient("the old log-probs are constants: no gradient may flow to them")

    def test_gradient_of_an_answer_is_its_weight_at_each_of_its_tokens(self, observe):
        seen = observe(importance_weights, NEW, OLD, MASK, "sequence", grad_of=["log_probs", "old_log_probs"])
        seen.grad("log_probs").close(double([[2, 2], [0.5, 0.5], [0.5, 0]]))
        seen.grad("old_log_probs").no_gradient("the old log-probs are constants: no gradient may flow to them")

    def test_equals_products_of_quotients_on_drawn_answers(self, observe):
        new, old, mask = drawn_batch(drawn())
        for level, expected in slow_weights(new, old, mask).items():
            observe(importance_weights, new, old, mask, level).close(expected)


@pytest.mark.exercise("07.2")
class TestEffectiveSampleSize:
    def test_worked_example(self, observe):
        # answers: (2 + 0.5 + 0.5)^2 / (4 + 0.25 + 0.25) = 9 / 4.5; tokens: 5^2 / 6.095
        observe(effective_sample_size, double([2, 0.5, 0.5])).close(2.0)
        observe(effective_sample_size, double([1.25, 1.6, 1.25, 0.4, 0.5])).close(25 / 6.095)

    def test_equal_weights_are_worth_their_number(self, observe):
        observe(effective_sample_size, double([0.3] * 7)).close(7.0)

    def test_one_sample_has_all_the_weight(self, observe):
        observe(effective_sample_size, double([0, 5, 0, 0])).close(1.0)

    def test_only_proportions_matter(self, observe):
        observe(effective_sample_size, double([20, 5, 5])).close(2.0)

    def test_equals_the_loop_on_drawn_weights(self, observe):
        weights = torch.randn(9, generator=drawn(), dtype=torch.float64).exp()
        total, squares = sum(weights.tolist()), sum(w * w for w in weights.tolist())
        observe(effective_sample_size, weights).close(total * total / squares)


@pytest.mark.exercise("07.3")
class TestOffPolicyValue:
    def test_worked_example(self, observe):
        # The reward is 1 for ab and 0 for the others: (2 * 1) / 3. The weights sum to 3 as well.
        observe(off_policy_value, double([1, 0, 0]), double([2, 0.5, 0.5])).close(2 / 3)
        observe(off_policy_value, double([1, 0, 0]), double([2, 0.5, 0.5]), self_normalized=True).close(2 / 3)

    def test_two_answers(self, observe):
        # ab and d: 2 / 2, and 2 / 2.5
        observe(off_policy_value, double([1, 0]), double([2, 0.5])).close(1.0)
        observe(off_policy_value, double([1, 0]), double([2, 0.5]), self_normalized=True).close(0.8)

    def test_equal_rewards(self, observe):
        # If every reward is 3, self-normalized it is 3. The other estimate is 3 only if the weights have the mean 1.
        observe(off_policy_value, double([3, 3]), double([2, 0.5]), self_normalized=True).close(3.0)
        observe(off_policy_value, double([3, 3]), double([2, 0.5])).close(3.75)

    def test_every_answer_in_its_share_gives_the_exact_value(self, observe):
        # Of five answers of the old policy (ab, ac, d, d, e), with probabilities 0.2, 0.2, 0.4, 0.2 under the old policy
        # and 0.4, 0.1, 0.2, 0.3 under the new one. Rewards 4, 2, 1, -1: 1.6 + 0.2 + 0.2 - 0.3.
        weights, rewards = double([2, 0.5, 0.5, 0.5, 1.5]), double([4, 2, 1, 1, -1])
        observe(off_policy_value, rewards, weights).close(1.7)
        observe(off_policy_value, rewards, weights, self_normalized=True).close(1.7)

    def test_equals_the_loop_on_drawn_answers(self, observe):
        generator = drawn()
        weights = torch.randn(8, generator=generator, dtype=torch.float64).exp()
        rewards = torch.randn(8, generator=generator, dtype=torch.float64)
        total = sum(w * r for w, r in zip(weights.tolist(), rewards.tolist(), strict=True))
        observe(off_policy_value, rewards, weights).close(total / 8)
        observe(off_policy_value, rewards, weights, self_normalized=True).close(total / sum(weights.tolist()))


def slow_clip(ratio, a, low, high):
    """The value and the gradient to the ratio, case by case."""
    if a > 0 and ratio > 1 + high:
        return (1 + high) * a, 0.0
    if a < 0 and ratio < 1 - low:
        return (1 - low) * a, 0.0
    return ratio * a, a


@pytest.mark.exercise("07.4")
class TestClippedObjective:
    @pytest.mark.parametrize("a, ratio, value, gradient", [
        (1.0, 0.5, 0.5, 1.0),  # a good token, less likely than before: the gradient raises it
        (1.0, 2.0, 1.2, 0.0),  # a good token, already much likelier: no gradient
        (-1.0, 0.5, -0.8, 0.0),  # a bad token, already much less likely: no gradient
        (-1.0, 2.0, -2.0, -1.0),  # a bad token, likelier than before: the gradient lowers it
    ])  # fmt: skip
    def test_four_quadrants(self, observe, a, ratio, value, gradient):
        seen = observe(clipped_objective, double([ratio]), double([a]), grad_of="ratio")
        seen.close(double([value]))
        seen.grad("ratio").close(double([gradient]))

    def test_nothing_is_clipped_near_1(self, observe):
        ratio, a = double([0.85, 1.15, 0.85, 1.15]), double([2, 2, -2, -2])
        seen = observe(clipped_objective, ratio, a, grad_of="ratio")
        seen.close(double([1.7, 2.3, -1.7, -2.3]))
        seen.grad("ratio").close(a)

    def test_at_the_first_update_the_gradient_is_the_advantage(self, observe):
        # Every ratio is 1: the bounds have nothing to do, however small they are.
        a = double([[0.5, -0.5], [2, -2]])
        seen = observe(clipped_objective, torch.ones(2, 2, dtype=torch.float64), a, 0.01, 0.01, grad_of="ratio")
        seen.close(a)
        seen.grad("ratio").close(a)

    @pytest.mark.parametrize("low, high, values, gradients", [
        (0.2, 0.5, [1.4, 1.5, -0.8, -0.85], [1, 0, 0, -1]),
        (0.5, 0.2, [1.2, 1.2, -0.7, -0.85], [0, 0, -1, -1]),
    ])  # fmt: skip
    def test_two_bounds(self, observe, low, high, values, gradients):
        seen = observe(
            clipped_objective, double([1.4, 1.6, 0.7, 0.85]), double([1, 1, -1, -1]), low, high, grad_of="ratio"
        )
        seen.close(double(values))
        seen.grad("ratio").close(double(gradients))

    def test_infinite_bounds_clip_nothing(self, observe):
        ratio, a = double([0.01, 30.0, 0.01, 30.0]), double([1, 1, -1, -1])
        seen = observe(clipped_objective, ratio, a, math.inf, math.inf, grad_of="ratio")
        seen.close(ratio * a)
        seen.grad("ratio").close(a)

    def test_advantages_are_constants(self, observe):
        a = torch.randn(2, generator=drawn(), dtype=torch.float64)
        seen = observe(clipped_objective, double([0.5, 2.0]), a, grad_of="advantages")
        seen.grad("advantages").no_gradient("advantages are constants: no gradient may flow to them")

    def test_not_a_bound_on_the_policy(self, observe):
        # Another token that shares the weight keeps pushing. The clip only takes this token's own gradient away.
        seen = observe(scenarios.climb_one_token, 1.0, 60)
        seen.check(
            float(seen.value[-1]) > 1.5,
            "the ratio must be free to move on beyond 1.2: only its own gradient ends there",
        )
        steps = seen.value.log().diff()
        before, after = steps[seen.value[:-1] < 1.2], steps[seen.value[:-1] > 1.2]
        ratios = seen.value[:-1]
        seen.check(
            torch.allclose(before, 0.06 * ratios[ratios < 1.2]) and torch.allclose(after, 0.01 * ratios[ratios > 1.2]),
            "each step is 0.05 * 1.2 * ratio before the bound, and 0.05 * 0.2 * ratio (of the other token) beyond it",
        )

    def test_equals_case_by_case_on_drawn_tokens(self, observe):
        generator = drawn()
        ratio = (0.5 * torch.randn(4, 5, generator=generator, dtype=torch.float64)).exp()
        a = torch.randn(4, 5, generator=generator, dtype=torch.float64)
        low, high = (0.05 + 0.4 * torch.rand(2, generator=generator)).tolist()
        seen = observe(clipped_objective, ratio, a, low, high, grad_of="ratio")
        cases = [
            slow_clip(r, x, low, high) for r, x in zip(ratio.flatten().tolist(), a.flatten().tolist(), strict=True)
        ]
        seen.close(double([value for value, _ in cases]).view(4, 5))
        seen.grad("ratio").close(double([gradient for _, gradient in cases]).view(4, 5))


def slow_drift(new, old, advantages, mask, low=0.2, high=0.2):
    """The five numbers, token by token."""
    pairs = [
        (math.exp(new[row, t] - old[row, t]), float(advantages[row]))
        for row, t in itertools.product(range(len(new)), range(new.shape[1]))
        if mask[row, t]
    ]
    answers = slow_weights(new, old, mask)["sequence"].tolist()

    def share(weights):
        return sum(weights) ** 2 / sum(w * w for w in weights) / len(weights)

    count = len(pairs)
    return {
        "kl": sum(r - 1 - math.log(r) for r, _ in pairs) / count,
        "outside": sum(r < 1 - low or r > 1 + high for r, _ in pairs) / count,
        "no_gradient": sum(a != 0 and slow_clip(r, a, low, high)[1] == 0 for r, a in pairs) / count,
        "ess_tokens": share([r for r, _ in pairs]),
        "ess_answers": share(answers),
    }


@pytest.mark.exercise("07.5")
class TestDrift:
    A = double([1, -1, 1])  # the second answer is bad

    def test_worked_example(self, observe):
        # Ratios 1.25, 1.6 (A > 0), 1.25, 0.4 (A < 0), 0.5 (A > 0): all five are outside 0.8 to 1.2. The gradient is
        # removed at 1.25 and 1.6 of the first answer and at 0.4 of the second.
        kl = sum(r - 1 - math.log(r) for r in (1.25, 1.6, 1.25, 0.4, 0.5)) / 5
        expected = {"kl": kl, "outside": 1.0, "no_gradient": 0.6, "ess_tokens": 5 / 6.095, "ess_answers": 2 / 3}
        observe(drift, NEW, OLD, self.A, MASK).close(expected)

    def test_kl_of_tokens_that_are_twice_as_likely(self, observe):
        # (2 - 1) - ln 2 for each of them; -ln 2 alone would be negative
        observe(drift, OLD + math.log(2), OLD, self.A, MASK)["kl"].close(1 - math.log(2))

    def test_the_same_policy(self, observe):
        expected = {"kl": 0.0, "outside": 0.0, "no_gradient": 0.0, "ess_tokens": 1.0, "ess_answers": 1.0}
        observe(drift, OLD, OLD, self.A, MASK).close(expected)

    def test_two_bounds(self, observe):
        # The range is 0.45 to 1.3: outside are 1.6 (A > 0) and 0.4 (A < 0), and the clip removes both gradients.
        seen = observe(drift, NEW, OLD, self.A, MASK, low=0.55, high=0.3)
        seen["outside"].close(0.4)
        seen["no_gradient"].close(0.4)
        # The range is 0.7 to 1.7: outside are 0.4 (A < 0) and 0.5 (A > 0), which keeps its gradient.
        seen = observe(drift, NEW, OLD, self.A, MASK, low=0.3, high=0.7)
        seen["outside"].close(0.4)
        seen["no_gradient"].close(0.2)

    def test_padding_counts_nowhere(self, observe):
        padding = torch.zeros(3, 4, dtype=torch.bool)
        wide = double([[-2.0] * 4] * 3)
        seen = observe(
            drift, torch.cat([NEW, wide], 1), torch.cat([OLD, wide - 1], 1), self.A, torch.cat([MASK, padding], 1)
        )
        kl = sum(r - 1 - math.log(r) for r in (1.25, 1.6, 1.25, 0.4, 0.5)) / 5
        seen.close({"kl": kl, "outside": 1.0, "no_gradient": 0.6, "ess_tokens": 5 / 6.095, "ess_answers": 2 / 3})

    def test_equals_the_loop_on_drawn_answers(self, observe):
        generator = drawn()
        for _ in range(2):
            new, old, mask = drawn_batch(generator)
            a = torch.randn(len(new), generator=generator, dtype=torch.float64)
            low, high = (0.05 + 0.4 * torch.rand(2, generator=generator)).tolist()
            # Outside, and the clip removes nothing: an answer without advantage, and a bad one that became likelier.
            new[:2], a[0], a[1] = old[:2] + 1, 0.0, -1.0
            observe(drift, new, old, a, mask, low, high).close(slow_drift(new, old, a, mask, low, high))


def drawn_rollout(generator, policy, rows=5, prompt=2, longest=3):
    """Answers of different lengths behind a prompt, with the log-probs of `policy` and drawn advantages."""
    ids = torch.randint(1, 6, (rows, prompt + longest), generator=generator)
    mask = torch.zeros(rows, prompt + longest - 1, dtype=torch.bool)
    for row in mask:
        row[prompt - 1 : prompt + int(torch.randint(longest, (), generator=generator))] = True
    advantages = torch.randn(rows, generator=generator, dtype=torch.float64)
    return {"ids": ids, "mask": mask, "old_log_probs": row_log_probs(policy, ids).detach(), "advantages": advantages}


def row_log_probs(model, ids):
    """The log-probability of each token but the first."""
    log_probs = model(ids).logits.log_softmax(-1)
    return torch.stack([log_probs[:, t, :].gather(1, ids[:, t + 1, None])[:, 0] for t in range(ids.shape[1] - 1)], 1)


def slow_updates(model, rollout, epochs, minibatch_size, seed, lr=0.5, low=0.2, high=0.2):
    """Runs the updates with loops over tokens and SGD by hand. Returns the drift before each, and the rows that it used."""
    generator, drifts, passes = torch.Generator().manual_seed(seed), [], []
    for _ in range(epochs):
        order = torch.randperm(len(rollout["ids"]), generator=generator).tolist()
        while order:
            rows, order = order[:minibatch_size], order[minibatch_size:]
            ids, mask, old, a = (rollout[name][rows] for name in ("ids", "mask", "old_log_probs", "advantages"))
            new = row_log_probs(model, ids)
            drifts.append(slow_drift(new.detach(), old, a, mask, low, high))
            passes.append(ids.tolist())
            terms = []
            for row, t in itertools.product(range(len(rows)), range(mask.shape[1])):
                if mask[row, t]:
                    ratio = (new[row, t] - old[row, t]).exp()
                    terms.append(torch.minimum(ratio * a[row], ratio.clamp(1 - low, 1 + high) * a[row]))
            gradients = torch.autograd.grad(sum(terms) / len(terms), list(model.parameters()))
            with torch.no_grad():
                for parameter, gradient in zip(model.parameters(), gradients, strict=True):
                    parameter += lr * gradient
    return drifts, passes


def tiny(dropout=0.0):
    """A transformer with new weights for each seed."""
    kwargs = {"vocab_size": 6, "layers": 1, "dropout": dropout}
    return Spec("lab.models.tiny_language_models:TinyLM", kwargs, seed=chosen_seed(), dtype="float64")


# One prompt token (id 1), one answer token each: 0 with advantage 1, 2 with advantage -1. Every logit is 0.
TABLE = Spec("lab.models.tiny_language_models:BigramLM", {"logits": [[0.0] * 4] * 4})
TWO = {
    "ids": torch.tensor([[1, 0], [1, 2]]),
    "mask": torch.tensor([[True], [True]]),
    "old_log_probs": double([[0.25], [0.25]]).log(),
    "advantages": double([1, -1]),
}


@pytest.mark.exercise("07.6")
class TestUpdateOnRollout:
    def test_one_update_by_hand(self, observe):
        # The gradient of the objective is (A1 (onehot(0) - p) + A2 (onehot(2) - p)) / 2 = (1, 0, -1, 0) / 2; lr is 0.5.
        seen = observe(scenarios.updates, TABLE, TWO, 1, 2)
        expected = torch.zeros(4, 4, dtype=torch.float64)
        expected[1] = double([0.25, 0, -0.25, 0])
        seen["parameters"]["logits"].close(expected)

    def test_nothing_has_moved_before_the_first_update(self, observe):
        model = tiny()
        seen = observe(scenarios.updates, model, drawn_rollout(drawn(), model.build()), 1, 5)
        start = {"kl": 0.0, "outside": 0.0, "no_gradient": 0.0, "ess_tokens": 1.0, "ess_answers": 1.0}
        seen["drifts"][0].close(start)

    def test_the_old_log_probs_are_those_of_the_sampling_policy_in_every_update(self, observe):
        # After one update by hand p(0) = exp(0.25) / Z and p(2) = exp(-0.25) / Z, with Z = exp(0.25) + exp(-0.25) + 2
        total = math.exp(0.25) + math.exp(-0.25) + 2
        new = double([[0.25 - math.log(total)], [-0.25 - math.log(total)]])
        seen = observe(scenarios.updates, TABLE, TWO, 2, 2)
        seen["drifts"][1].close(slow_drift(new, TWO["old_log_probs"], TWO["advantages"], TWO["mask"]))

    def test_the_clip_stops_an_update(self, observe):
        # The first update takes both ratios beyond the bounds, in the direction of their advantages: no gradient is left.
        seen = observe(scenarios.updates, TABLE, TWO, 3, 2, lr=2.0)
        expected = torch.zeros(4, 4, dtype=torch.float64)
        expected[1] = double([1, 0, -1, 0])
        seen["parameters"]["logits"].close(expected)

    def test_every_answer_once_in_each_epoch(self, observe):
        rollout = drawn_rollout(drawn(), tiny().build(), rows=7)
        rollout["ids"][:, 0] = torch.arange(7) % 6
        rollout["ids"][6, 1] = (rollout["ids"][0, 1] + 1) % 6  # no two rows are equal
        seen = observe(scenarios.updates, tiny(), rollout, 2, 3, chosen_seed())
        seen["passes"].check(
            [len(rows) for rows in seen.value["passes"]] == [3, 3, 1] * 2, "7 answers in minibatches of 3: 3, 3 and 1"
        )
        for epoch in (seen.value["passes"][:3], seen.value["passes"][3:]):
            seen["passes"].check(
                sorted(itertools.chain(*epoch)) == sorted(rollout["ids"].tolist()), "each answer once in each epoch"
            )

    @pytest.mark.parametrize("epochs, minibatch_size", [(1, 5), (3, 2)])
    def test_equals_the_loop_on_drawn_rollouts(self, observe, epochs, minibatch_size):
        model, rollout = tiny().build(), drawn_rollout(drawn(), tiny().build())
        drifts, _ = slow_updates(model, rollout, epochs, minibatch_size, seed=chosen_seed() + 7)
        seen = observe(scenarios.updates, tiny(), rollout, epochs, minibatch_size, seed=chosen_seed() + 7)
        seen["drifts"].close(drifts)
        seen["parameters"].close({name: p.detach() for name, p in model.named_parameters()})

    def test_the_bounds_are_passed_on(self, observe):
        # The upper bound is far away: a swap of the two, or 0.2 for either, is seen.
        model, rollout = tiny().build(), drawn_rollout(drawn(), tiny().build())
        drifts, _ = slow_updates(model, rollout, 3, 5, seed=0, low=0.02, high=9.0)
        seen = observe(scenarios.updates, tiny(), rollout, 3, 5, low=0.02, high=9.0)
        seen["parameters"].close({name: p.detach() for name, p in model.named_parameters()})
        seen["drifts"].close(drifts)

    def test_the_model_stays_in_its_mode(self, observe):
        # In training mode dropout would make other log-probs than those of the sampler, and no ratio would be 1.
        model = tiny(dropout=0.5)
        seen = observe(scenarios.updates, model, drawn_rollout(drawn(), model.build().eval()), 1, 5)
        seen["drifts"][0]["kl"].close(0.0)
        seen["training"].check(not seen.value["training"], "the model came in eval mode and must stay in it")
