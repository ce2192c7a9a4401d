"""Edge cases, invariants, gradients, scale, bad input, and whether it learns: lesson 16 looked at closely."""

import math

import pytest
import torch
from hypothesis import strategies as st
from lesson16_grpo_rlhf.loss.kl import kl_estimate, kl_term
from lesson16_grpo_rlhf.loss.rlhf import rlhf_loss
from lesson16_grpo_rlhf.rewards.relative import relative_rewards, standardize
from lesson16_grpo_rlhf.rewards.reward_model import preference_loss
from lesson16_grpo_rlhf.rollout.dapo import length_penalty, overlong_filter
from lesson16_grpo_rlhf.testcases import scenarios
from lesson16_grpo_rlhf.training.measures import exact_kl, token_entropy

from course.base.object_spec import Spec
from course.base.property_tests import for_all
from lab.models.char_tokenizer import CharTokenizer
from lab.models.tiny_language_models import TinyLM
from lab.models.tiny_reward_model import TinyScorer
from lab.rl import gradient_check

NAN = float("nan")
seeds = st.integers(0, 10**6)
quarters = st.integers(-8, 8).map(lambda n: n / 4)
ALPHABET = "0123456789+=abcdefgh "  # scenarios.SCORER_ALPHABET


def double(values):
    return torch.tensor(values, dtype=torch.float64)


def normal(seed, *shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.exercise("16.1")
class TestRelativeRewards:
    @for_all(examples=15, table=st.lists(st.lists(quarters, min_size=3, max_size=3), min_size=1, max_size=3))
    def test_equals_the_loop(self, observe, table):
        observe(scenarios.relative_rewards_of_many_groups)
        expected = [r - math.fsum(group) / 3 for group in table for r in group]
        observe(relative_rewards, double(table).flatten(), 3).close(double(expected))

    @for_all(examples=10, group=st.lists(quarters, min_size=4, max_size=4), shift=quarters)
    def test_the_zero_point_of_a_group_does_not_matter(self, observe, group, shift):
        observe(scenarios.relative_rewards_of_many_groups)
        expected = observe(relative_rewards, double([*group, 1.0, 0.0, 0.0, 0.0]), 4).value
        observe(relative_rewards, double([*(r + shift for r in group), 1.0, 0.0, 0.0, 0.0]), 4).close(expected)

    @pytest.mark.parametrize("size", [3, 8])
    @pytest.mark.parametrize("value", [0.1, 1 / 3, -7.7])
    def test_equal_rewards_give_exactly_zero_in_float32(self, observe, value, size):
        observe(scenarios.relative_rewards_of_many_groups)
        seen = observe(relative_rewards, torch.full((size,), value), size)
        seen.check(bool((seen.value == 0).all()), "equal rewards: rounding in the mean must not leave anything but 0")

    @pytest.mark.parametrize("apart", [0.04, 2e-6, 2e-9])
    def test_rewards_that_hardly_differ_are_not_equal(self, observe, apart):
        observe(scenarios.relative_rewards_of_many_groups)
        observe(relative_rewards, double([apart, 0.0, 5.0, 5.0]), 2).close(
            double([apart / 2, -apart / 2, 0.0, 0.0]), atol=0
        )

    def test_equal_rewards_beside_better_groups(self, observe):
        observe(scenarios.relative_rewards_of_many_groups)
        equal, better = torch.full((7,), 0.1), torch.arange(1.0, 8.0)
        seen = observe(relative_rewards, torch.cat([equal, better, 9 * equal]), 7)
        seen.check(
            bool((seen.value[:7] == 0).all()), "the first group's rewards are equal: exactly 0, whatever others got"
        )
        seen.check(bool((seen.value[14:] == 0).all()), "the last group's rewards are equal: exactly 0 for each of them")
        seen[7:14].close(better - 4)

    def test_equal_beside_unscored(self, observe):
        observe(scenarios.relative_rewards_of_many_groups)
        seen = observe(relative_rewards, torch.tensor([0.1, 0.1, 0.1, 0.1, 0.1, 0.1, NAN, 0.1]), 8)
        kept = torch.cat([seen.value[:6], seen.value[7:]])
        seen.check(bool((kept == 0).all()), "the scored rewards are equal: exactly 0 for each of them")
        seen.check(bool(seen.value[6].isnan()), "a response that is not scored stays NaN")

    def test_a_group_that_is_not_scored_at_all(self, observe):
        observe(scenarios.relative_rewards_of_many_groups)
        seen = observe(relative_rewards, double([NAN, NAN, 1.0, 4.0]), 2)
        seen.check(seen.value.isnan().tolist() == [True, True, False, False], "the first group is not scored: NaN")
        seen[2].close(-1.5)

    def test_input_stays_as_it_was(self, observe):
        observe(relative_rewards, double([1.0, NAN, 2.0, 2.0]), 2).inputs_unchanged()

    @pytest.mark.parametrize(
        ("rewards", "size"), [([1.0, 2.0, 3.0], 2), ([[1.0, 2.0], [3.0, 4.0]], 2), ([1.0], 1), ([1.0, 2.0], 0)]
    )
    def test_refuses_groups_that_do_not_come_out(self, observe, rewards, size):
        observe(scenarios.relative_rewards_of_many_groups)
        with observe.raises(ValueError):
            observe(relative_rewards, double(rewards), size)


@pytest.mark.exercise("16.2")
class TestStandardize:
    def test_eps_is_added_to_the_deviation(self, observe):
        observe(scenarios.standardize_many_batches)
        # mean 0, squares 1 + 4 + 1 = 6 over 2
        std = math.sqrt(3)
        observe(standardize, double([1.0, -2.0, 1.0]), eps=0.5).close(double([1.0, -2.0, 1.0]) / (std + 0.5))

    def test_the_mean_is_taken_off(self, observe):
        observe(scenarios.standardize_many_batches)
        # mean 3, squares 4 + 1 + 9 = 14 over 2
        std = math.sqrt(7) + 1e-4
        observe(standardize, double([1.0, 2.0, 6.0])).close(double([-2 / std, -1 / std, 3 / std]))

    @for_all(examples=15, values=st.lists(quarters, min_size=2, max_size=6))
    def test_equals_the_loop(self, observe, values):
        observe(scenarios.standardize_many_batches)
        mean = math.fsum(values) / len(values)
        std = math.sqrt(math.fsum((v - mean) ** 2 for v in values) / (len(values) - 1))
        expected = [0.0 if std == 0 else (v - mean) / (std + 1e-4) for v in values]
        observe(standardize, double(values)).close(double(expected))

    @pytest.mark.parametrize("values", [[NAN, NAN, NAN], [5.0, NAN], [4.0], [], [0.3, NAN, 0.3, 0.3]])
    def test_no_spread_gives_exactly_zero(self, observe, values):
        observe(scenarios.standardize_many_batches)
        seen = observe(standardize, torch.tensor(values))
        seen.check(bool((seen.value == 0).all()), "nothing to compare: exactly 0 for each")
        seen.check(len(seen.value) == len(values), "one number for each value")

    def test_equal_values_give_exactly_zero_in_float32(self, observe):
        observe(scenarios.standardize_many_batches)
        seen = observe(standardize, torch.full((7,), 0.1))
        seen.check(bool((seen.value == 0).all()), "equal values: rounding in the mean must not leave anything but 0")

    @for_all(examples=10, seed=seeds, order=st.permutations(range(5)))
    def test_the_order_does_not_matter(self, observe, seed, order):
        values, order = normal(seed, 5), list(order)
        expected = observe(standardize, values).value
        observe(standardize, values[order]).close(expected[order])

    def test_input_stays_as_it_was(self, observe):
        observe(standardize, double([1.0, NAN, 2.0])).inputs_unchanged()


def kl_by_loop(p, q):
    return math.fsum(a * math.log(a / b) for a, b in zip(p, q, strict=True) if a > 0)


@pytest.mark.exercise("16.3")
class TestExactKl:
    @for_all(examples=15, seed=seeds)
    def test_equals_the_loop(self, observe, seed):
        observe(scenarios.exact_kl_of_many)
        logits = normal(seed, 2, 3, 5)
        p, q = logits.softmax(-1).tolist()
        seen = observe(exact_kl, logits[0], logits[1])
        seen.close(double([kl_by_loop(a, b) for a, b in zip(p, q, strict=True)]), atol=1e-12)

    def test_gradient_to_both(self, observe):
        observe(scenarios.exact_kl_of_many)
        logits = normal(1, 2, 1, 4)
        p, q = logits.softmax(-1)
        kl = (p * (p / q).log()).sum()
        seen = observe(exact_kl, logits[0], logits[1], grad_of=("logits", "ref_logits"))
        seen.grad("logits").close(p * ((p / q).log() - kl))
        seen.grad("ref_logits").close(q - p)

    def test_impossible_tokens(self, observe):
        observe(scenarios.exact_kl_of_many)
        low = -math.inf
        observe(exact_kl, double([[low, 0.0, 0.0]]), double([[0.0, 0.0, 0.0]])).close(double([math.log(1.5)]))
        observe(exact_kl, double([[low, 0.0]]), double([[low, 3.0]])).close(double([0.0]))
        seen = observe(exact_kl, double([[0.0, 0.0]]), double([[low, 0.0]]))
        seen.check(math.isinf(float(seen.value[0])), "what the reference never does costs infinitely much")

    def test_gradient_has_no_nan_for_an_impossible_token(self, observe):
        observe(scenarios.exact_kl_of_many)
        for impossible in (double([[-math.inf, 0.0, 1.0]]), double([[0.5, 0.0, 1.0]])):
            other = double([[-math.inf, 0.0, 0.5]]) if impossible.isinf().any() else double([[0.0, 2.0, 0.5]])
            seen = observe(exact_kl, impossible, other, grad_of="logits")
            seen.check(not bool(seen.grad("logits").value.isnan().any()), "the gradient is NaN")

    def test_far_logits_stay_finite(self, observe):
        observe(scenarios.exact_kl_of_many)
        observe(exact_kl, double([[1000.0, 0.0]]), double([[0.0, 1000.0]])).close(double([1000.0]))

    @for_all(examples=10, seed=seeds, shift=quarters)
    def test_never_negative_and_blind_to_a_shift(self, observe, seed, shift):
        logits = normal(seed, 2, 1, 4)
        seen = observe(exact_kl, logits[0], logits[1])
        seen.check(float(seen.value[0]) > -1e-12, "a KL divergence is never negative")
        observe(exact_kl, logits[0] + shift, logits[1] - shift).close(seen.value)


@pytest.mark.exercise("16.4")
class TestTokenEntropy:
    @for_all(examples=15, seed=seeds, temperature=st.floats(0.25, 4))
    def test_equals_the_loop(self, observe, seed, temperature):
        observe(scenarios.entropy_of_many)
        logits = normal(seed, 2, 3, 4)
        rows = (logits / temperature).softmax(-1).flatten(0, 1).tolist()
        expected = double([-math.fsum(p * math.log(p) for p in row) for row in rows]).reshape(2, 3)
        observe(token_entropy, logits, temperature).close(expected)

    def test_an_impossible_token_adds_nothing(self, observe):
        observe(scenarios.entropy_of_many)
        observe(token_entropy, double([[[-math.inf, 0.0, 0.0]]])).close(double([[math.log(2)]]))

    def test_gradient_has_no_nan_for_an_impossible_token(self, observe):
        observe(scenarios.entropy_of_many)
        seen = observe(token_entropy, double([[[-math.inf, 0.0, 1.0]]]), grad_of="logits")
        gradient = seen.grad("logits").value
        seen.check(gradient is None or bool(gradient[0, 0, 1:].isfinite().all()), "the gradient is NaN")

    @pytest.mark.parametrize(("dtype", "expected"), [
        (torch.bfloat16, torch.float32), (torch.float16, torch.float32), (torch.float64, torch.float64),
    ])  # fmt: skip
    def test_precision(self, observe, dtype, expected):
        observe(scenarios.entropy_of_many)
        logits = torch.tensor([[[0.5, 1.0, 2.0, -1.0]]], dtype=dtype)
        seen = observe(token_entropy, logits, 0.7)
        seen.has_dtype(expected, f"logits in {dtype} give an entropy in {expected}")
        p = (logits.double() / 0.7).softmax(-1)
        seen.close(-(p * p.log()).sum(-1), rtol=1e-5)

    def test_input_stays_as_it_was(self, observe):
        observe(token_entropy, double([[[0.0, 1.0]]]), 2.0).inputs_unchanged()


@pytest.mark.exercise("16.5")
class TestKlEstimate:
    @for_all(examples=15, seed=seeds)
    def test_k1_and_k3_are_right_on_average(self, observe, seed):
        # No sampling: all 6 tokens, each weighed with its probability.
        observe(scenarios.kl_estimates_of_many)
        observe(scenarios.kl_gradients_of_many)
        lp, ref = normal(seed, 2, 6, 1).log_softmax(1)
        expected = (lp.exp() * (lp - ref)).sum()
        for name in ("k1", "k3"):
            seen = observe(kl_estimate, lp, ref, name)
            off = abs(float((lp.exp() * seen.value).sum() - expected))
            seen.check(off < 1e-12, f"the mean of {name} over all tokens is off the KL by {off}")

    @for_all(examples=15, seed=seeds)
    def test_k2_and_k3_are_never_negative(self, observe, seed):
        observe(scenarios.kl_estimates_of_many)
        observe(scenarios.kl_gradients_of_many)
        lp, ref = normal(seed, 2, 3, 4)
        for name in ("k2", "k3"):
            seen = observe(kl_estimate, lp, ref, name)
            seen.check(bool((seen.value >= 0).all()), f"{name} is never negative")

    def test_small_differences_in_float32(self, observe):
        observe(scenarios.kl_estimates_of_many)
        observe(scenarios.kl_gradients_of_many)
        # exp(-k) - 1 has lost most digits there: the quotients would lie anywhere between 0 and 2
        observe(scenarios.k3_near_zero).close(torch.ones(1, 4), rtol=1e-3)

    @pytest.mark.parametrize("name", ["k1", "k2", "k3"])
    def test_gradient_to_the_policy_alone(self, observe, name):
        observe(scenarios.kl_estimates_of_many)
        observe(scenarios.kl_gradients_of_many)
        lp, ref = normal(3, 2, 2, 3)
        seen = observe(kl_estimate, lp, ref, name, grad_of=("log_probs", "ref_log_probs"))
        k = lp - ref
        seen.grad("log_probs").close({"k1": torch.ones_like(k), "k2": k, "k3": 1 - (-k).exp()}[name])
        seen.grad("ref_log_probs").no_gradient("the reference is a constant: no gradient may flow into it")

    def test_nothing_is_limited(self, observe):
        observe(scenarios.kl_estimates_of_many)
        observe(scenarios.kl_gradients_of_many)
        lp, ref = double([[-300.0, -1.0]]), double([[-1.0, -300.0]])
        observe(kl_estimate, lp, ref, "k1").close(double([[-299.0, 299.0]]))
        observe(kl_estimate, lp, ref, "k3").close(double([[math.exp(299) - 1 - 299, 298.0]]))

    def test_k3_is_the_default(self, observe):
        observe(scenarios.kl_estimates_of_many)
        observe(scenarios.kl_gradients_of_many)
        observe(kl_estimate, double([[-1.0]]), double([[-2.0]])).close(double([[math.exp(-1)]]))

    @pytest.mark.parametrize("shape", [(1, 3), (2, 1), (3, 2)])
    def test_refuses_shapes_that_differ(self, observe, shape):
        observe(scenarios.kl_estimates_of_many)
        observe(scenarios.kl_gradients_of_many)
        with observe.raises(ValueError):
            observe(kl_estimate, normal(0, 2, 3), normal(1, *shape))

    def test_inputs_stay_as_they_were(self, observe):
        observe(kl_estimate, normal(0, 2, 3), normal(1, 2, 3)).inputs_unchanged()


def expected_gradient(observe, logits, old_logits, ref_logits, estimator, correction=True):
    """The gradient to the logits of the expectation, over the old policy's draws, of kl_term: every token of the
    vocabulary is a row of its own, weighed with the probability to draw it. Exact: nothing is sampled."""
    lp, old, ref = (x.log_softmax(0)[:, None] for x in (logits, old_logits, ref_logits))
    seen = observe(kl_term, lp, old, ref, estimator, correction, grad_of="log_probs")
    to_lp = seen.grad("log_probs").value
    to_lp = torch.zeros_like(lp) if to_lp is None else to_lp
    weighed = (old.exp() * to_lp)[:, 0]
    value = float((old.exp() * seen.value.detach()).sum())
    return seen, value, weighed - lp[:, 0].exp() * weighed.sum()  # through the log-softmax


def true_gradients(logits, ref_logits):
    """KL(pi || ref) with its gradient, and the gradient of KL(ref || pi)."""
    p, q = logits.softmax(0), ref_logits.softmax(0)
    kl = (p * (p / q).log()).sum()
    return float(kl), p * ((p / q).log() - kl), p - q


def far(a, b):
    return float((a - b).abs().max())


@pytest.mark.exercise("16.6")
class TestKlTerm:
    """The proofs: a vocabulary of six, enumerated. 1e-12, no luck."""

    @for_all(examples=10, seed=seeds)
    def test_bare_k1_has_no_expected_gradient_on_policy(self, observe, seed):
        observe(scenarios.kl_terms_of_many)
        logits, ref = normal(seed, 2, 6)
        seen, _, gradient = expected_gradient(observe, logits, logits, ref, "k1", correction=False)
        off = far(gradient, torch.zeros(6))
        seen.check(off < 1e-12, f"bare k1 has an expected gradient of exactly 0; this is off by {off}")

    @for_all(examples=10, seed=seeds)
    def test_bare_k3_has_the_gradient_of_the_reversed_kl(self, observe, seed):
        observe(scenarios.kl_terms_of_many)
        logits, ref = normal(seed, 2, 6)
        seen, _, gradient = expected_gradient(observe, logits, logits, ref, "k3", correction=False)
        off = far(gradient, true_gradients(logits, ref)[2])
        seen.check(off < 1e-12, f"bare k3 has the expected gradient of KL(ref || pi); this is off by {off}")

    @pytest.mark.parametrize("estimator", ["k1", "k2", "k3"])
    @for_all(examples=10, seed=seeds)
    def test_the_corrected_terms_have_the_gradient_of_the_kl_on_policy(self, observe, seed, estimator):
        observe(scenarios.kl_terms_of_many)
        logits, ref = normal(seed, 2, 6)
        seen, _, gradient = expected_gradient(observe, logits, logits, ref, estimator)
        off = far(gradient, true_gradients(logits, ref)[1])
        seen.check(off < 1e-12, f"{estimator}: the expected gradient must be that of KL(pi || ref); off by {off}")

    @pytest.mark.parametrize("estimator", ["k1", "k2", "k3"])
    @for_all(examples=10, seed=seeds)
    def test_and_off_policy_too(self, observe, seed, estimator):
        observe(scenarios.kl_terms_of_many)
        logits, old, ref = normal(seed, 3, 6)
        seen, _, gradient = expected_gradient(observe, logits, old, ref, estimator)
        off = far(gradient, true_gradients(logits, ref)[1])
        seen.check(off < 1e-12, f"{estimator}: tokens of an older policy, but the same gradient; off by {off}")

    @pytest.mark.parametrize("estimator", ["k1", "k3"])
    @for_all(examples=10, seed=seeds)
    def test_value_of_k1_and_k3_off_policy(self, observe, seed, estimator):
        observe(scenarios.kl_terms_of_many)
        logits, old, ref = normal(seed, 3, 6)
        seen, value, _ = expected_gradient(observe, logits, old, ref, estimator)
        off = abs(value - true_gradients(logits, ref)[0])
        seen.check(off < 1e-12, f"{estimator}: the expected value must be KL(pi || ref); it is off by {off}")

    def test_bare_k2_on_policy_is_right_without_a_ratio(self, observe):
        observe(scenarios.kl_terms_of_many)
        logits, ref = normal(5, 2, 6)
        seen, _, gradient = expected_gradient(observe, logits, logits, ref, "k2", correction=False)
        off = far(gradient, true_gradients(logits, ref)[1])
        seen.check(off < 1e-12, f"on-policy the bare k2 has the gradient of KL(pi || ref); off by {off}")

    @pytest.mark.parametrize("correction", [True, False])
    def test_gradient_to_the_policy_alone(self, observe, correction):
        observe(scenarios.kl_terms_of_many)
        tables = normal(1, 3, 2, 3)
        for name in ("k1", "k2", "k3"):
            seen = observe(kl_term, *tables, name, correction, grad_of=("old_log_probs", "ref_log_probs"))
            seen.grad("old_log_probs").no_gradient("the old log-probabilities are constants")
            seen.grad("ref_log_probs").no_gradient("the reference is a constant")

    @pytest.mark.parametrize("correction", [True, False])
    @for_all(examples=10, seed=seeds, estimator=st.sampled_from(["k1", "k2", "k3"]))
    def test_each_token_for_itself(self, observe, seed, estimator, correction):
        observe(scenarios.kl_terms_of_many)
        lp, old, ref = normal(seed, 3, 2, 3)
        numbers = zip(*(x.flatten().tolist() for x in (lp, old, ref)), strict=True)
        expected = double([kl_by_hand(*three, estimator, correction) for three in numbers]).reshape(2, 3)
        observe(kl_term, lp, old, ref, estimator, correction).close(expected)

    def test_the_ratio_stays_finite(self, observe):
        observe(scenarios.kl_terms_of_many)
        lp, old = double([[-1.0, -1.0]]), double([[-1000.0, -22.0]])
        observe(kl_term, lp, old, lp - 2, "k1").close(double([[2 * math.exp(20), 2 * math.exp(20)]]))

    @pytest.mark.parametrize("which", [1, 2])
    @pytest.mark.parametrize("correction", [True, False])
    def test_refuses_shapes_that_differ(self, observe, which, correction):
        observe(scenarios.kl_terms_of_many)
        tables = [normal(0, 2, 3), normal(1, 2, 3), normal(2, 2, 3)]
        tables[which] = tables[which][:1]
        with observe.raises(ValueError):
            observe(kl_term, *tables, "k3", correction)

    @pytest.mark.parametrize("correction", [True, False])
    def test_refuses_another_name(self, observe, correction):
        observe(scenarios.kl_terms_of_many)
        with observe.raises(ValueError, match="k7"):
            observe(kl_term, *normal(0, 3, 1, 2), "k7", correction)

    def test_inputs_stay_as_they_were(self, observe):
        observe(kl_term, *normal(0, 3, 2, 3)).inputs_unchanged()


def kl_by_hand(lp, old, ref, estimator, correction):
    k = lp - ref
    estimate = {"k1": k, "k2": k * k / 2, "k3": math.exp(-k) - 1 + k}[estimator]
    return estimate * math.exp(lp - old) if correction else estimate


def loss_by_loop(lp, old, advantages, mask, low, high, kl_coef=0.0, ref=None, estimator="k3", correction=True):
    terms = []
    for b in range(len(lp)):
        for t in range(len(lp[b])):
            if mask[b][t]:
                ratio = math.exp(lp[b][t] - old[b][t])
                clipped = min(max(ratio, 1 - low), 1 + high)
                loss = -min(ratio * advantages[b], clipped * advantages[b])
                if kl_coef:
                    loss += kl_coef * kl_by_hand(lp[b][t], old[b][t], ref[b][t], estimator, correction)
                terms.append(loss)
    return math.fsum(terms) / max(len(terms), 1)


def some_batch(seed, rows=3, tokens=5):
    """log_probs, old and reference ones near them, advantages of both signs, rows of unequal length."""
    draw = torch.Generator().manual_seed(seed)
    lp = -3 * torch.rand(rows, tokens, generator=draw, dtype=torch.float64)
    old, ref = lp + 0.5 * torch.randn(2, rows, tokens, generator=draw, dtype=torch.float64)
    advantages = torch.randn(rows, generator=draw, dtype=torch.float64)
    lengths = torch.randint(1, tokens + 1, (rows, 1), generator=draw)
    return lp, old, advantages, (torch.arange(tokens) < lengths).long(), ref


@pytest.mark.exercise("16.7")
class TestRlhfLoss:
    @for_all(seed=seeds, low=st.floats(0.05, 0.5), high=st.floats(0.05, 0.5), kl_coef=st.sampled_from([0.0, 0.04, 1.0, -0.5]),
             estimator=st.sampled_from(["k1", "k2", "k3"]), correction=st.booleans())  # fmt: skip
    def test_equals_the_loop(self, observe, seed, low, high, kl_coef, estimator, correction):
        observe(scenarios.losses_of_many)
        *batch, ref = some_batch(seed)
        lists = (x.tolist() for x in batch)
        expected = loss_by_loop(*lists, low, high, kl_coef, ref.tolist(), estimator, correction)
        observe(rlhf_loss, *batch, low, high, kl_coef, ref, estimator, correction).close(expected)

    @pytest.mark.parametrize("correction", [True, False])
    @pytest.mark.parametrize("estimator", ["k1", "k2", "k3"])
    def test_the_kl_is_the_one_that_is_asked_for(self, observe, estimator, correction):
        observe(scenarios.losses_of_many)
        *batch, ref = some_batch(7)
        lists = (x.tolist() for x in batch)
        expected = loss_by_loop(*lists, 0.2, 0.3, 1.0, ref.tolist(), estimator, correction)
        observe(rlhf_loss, *batch, 0.2, 0.3, 1.0, ref, estimator, correction).close(expected)

    @pytest.mark.parametrize("options", [{}, {"correction": False}, {"estimator": "k1"}])
    def test_gradient_equals_finite_differences(self, observe, options):
        observe(scenarios.losses_of_many)
        old = double([[-1.0, -2.0, -0.5], [-0.7, -3.0, -1.0]])
        lp = old + double([[0.5, -0.1, 0.24], [0.24, -0.5, 0.3]])  # exp(0.24) = 1.27: between 1.2 and 1.28
        ref, mask = old + double([[0.3, -0.2, 0.1], [-0.4, 0.2, 0.0]]), torch.tensor([[1, 1, 1], [1, 1, 0]])
        rest = (old, double([1.5, -0.5]), mask, 0.2, 0.28, 0.3, ref)
        gradient_check.agrees(
            lp,
            lambda moved: observe(rlhf_loss, moved, *rest, **options).value.detach(),
            lambda: observe(rlhf_loss, lp, *rest, **options, grad_of="log_probs").grad("log_probs"),
        )

    def test_constants_are_constants(self, observe):
        observe(scenarios.losses_of_many)
        *batch, ref = some_batch(1)
        names = ("old_log_probs", "advantages", "ref_log_probs")
        seen = observe(rlhf_loss, *batch, kl_coef=0.1, ref_log_probs=ref, grad_of=names)
        for name in names:
            seen.grad(name).no_gradient(f"{name} are constants: no gradient may flow into them")

    @pytest.mark.parametrize("hidden", [55.0, -math.inf, math.inf, math.nan])
    def test_what_the_mask_hides_has_no_influence(self, observe, hidden):
        observe(scenarios.losses_of_many)
        lp, old, advantages, mask, ref = some_batch(6)
        mask[0, 0] = 0  # a hole too
        clean = observe(rlhf_loss, lp, old, advantages, mask, 0.2, 0.28, 0.5, ref, grad_of="log_probs")
        for i in range(3):
            tables = [lp, old, ref]
            tables[i] = tables[i].masked_fill(mask == 0, hidden)
            arguments = (tables[0], tables[1], advantages, mask, 0.2, 0.28, 0.5, tables[2])
            seen = observe(rlhf_loss, *arguments, grad_of="log_probs")
            seen.close(clean.value.detach())
            seen.grad("log_probs").close(clean.grad("log_probs").value)

    @pytest.mark.parametrize("row", [0, 1, 2])
    def test_a_row_that_is_fully_masked_is_as_if_it_were_not_there(self, observe, row):
        observe(scenarios.losses_of_many)
        lp, old, advantages, mask, ref = some_batch(7)
        mask[row] = 0
        rest = [i for i in range(3) if i != row]
        parts = (lp[rest], old[rest], advantages[rest], mask[rest], 0.2, 0.28, 0.5, ref[rest])
        expected = observe(rlhf_loss, *parts).value.detach()
        seen = observe(rlhf_loss, lp, old, advantages, mask, 0.2, 0.28, 0.5, ref, grad_of="log_probs")
        seen.close(expected)
        seen.grad("log_probs")[row].close(torch.zeros(5, dtype=torch.float64))

    @pytest.mark.parametrize("denominator", [None, 12])
    def test_a_batch_of_nothing_but_truncated_responses(self, observe, denominator):
        observe(scenarios.losses_of_many)
        lp, old, advantages, mask, ref = some_batch(7)
        arguments = (lp, old, advantages, torch.zeros_like(mask), 0.2, 0.28, 0.5, ref)
        seen = observe(rlhf_loss, *arguments, denominator=denominator, grad_of="log_probs")
        seen.close(0.0)
        seen.grad("log_probs").close(torch.zeros_like(lp))

    def test_without_a_price_the_reference_does_not_matter(self, observe):
        observe(scenarios.losses_of_many)
        *batch, ref = some_batch(8)
        expected = observe(rlhf_loss, *batch).value.detach()
        observe(rlhf_loss, *batch, ref_log_probs=ref).close(expected)
        observe(rlhf_loss, *batch, ref_log_probs=torch.full_like(ref, NAN)).close(expected)

    def test_the_kl_is_not_clipped_with_the_rest(self, observe):
        observe(scenarios.losses_of_many)
        # A > 0 and a ratio of 2: the clip has cut the first term's gradient, the KL's must still be there.
        # bare k3: 1 - exp(ref - lp) = 1 - 1/2
        now, old, ref = (double([[p]]).log() for p in (0.5, 0.25, 0.25))
        arguments = (now, old, double([1.0]), torch.tensor([[1]]), 0.2, 0.28, 0.5, ref, "k3", False)
        seen = observe(rlhf_loss, *arguments, grad_of="log_probs")
        seen.grad("log_probs").close(double([[0.5 * 0.5]]))

    @for_all(examples=10, seed=seeds, size=st.integers(1, 2))
    def test_micro_batches_add_up(self, observe, seed, size):
        observe(scenarios.losses_of_many)
        lp, old, advantages, mask, ref = some_batch(seed)
        total = int(mask.sum())
        whole = observe(rlhf_loss, lp, old, advantages, mask, 0.2, 0.28, 0.1, ref)
        parts = []
        for i in range(0, 3, size):
            s = slice(i, i + size)
            arguments = (lp[s], old[s], advantages[s], mask[s], 0.2, 0.28, 0.1, ref[s])
            parts.append(observe(rlhf_loss, *arguments, denominator=total).value.detach())
        whole.close(sum(parts))

    @pytest.mark.parametrize(("denominator", "loss"), [(8, -0.5), (0.5, -4.0), (0, -4.0)])
    def test_denominator(self, observe, denominator, loss):
        observe(scenarios.losses_of_many)
        lp = torch.full((2, 2), -1.0, dtype=torch.float64)
        arguments = (lp, lp, double([1.0, 1.0]), torch.ones(2, 2, dtype=torch.long))
        observe(rlhf_loss, *arguments, denominator=denominator).close(loss)

    @pytest.mark.parametrize(("advantage", "loss"), [(1.0, -1.28), (-1.0, math.exp(20)), (0.0, 0.0)])
    def test_a_ratio_that_would_overflow_stays_finite(self, observe, advantage, loss):
        observe(scenarios.losses_of_many)
        old = double([[-1000.0]])
        arguments = (old + 900, old, double([advantage]), torch.tensor([[1]]), 0.2, 0.28)
        seen = observe(rlhf_loss, *arguments, grad_of="log_probs")
        seen.close(loss)
        gradient = seen.grad("log_probs").value
        seen.check(gradient is None or bool(gradient.isfinite().all()), "the gradient is NaN: 0 times infinity")

    def test_float32_and_a_mask_of_booleans(self, observe):
        observe(scenarios.losses_of_many)
        lp, old, advantages, mask, ref = some_batch(10)
        expected = observe(rlhf_loss, lp, old, advantages, mask, 0.2, 0.28, 0.1, ref).value
        single = (lp.float(), old.float(), advantages.float(), mask.int(), 0.2, 0.28, 0.1, ref.float())
        observe(rlhf_loss, *single).close(expected.float(), rtol=1e-4, atol=1e-6)

    def test_inputs_stay_as_they_were(self, observe):
        *batch, ref = some_batch(11)
        observe(rlhf_loss, *batch, 0.2, 0.28, 0.1, ref).inputs_unchanged()

    def test_refuses_a_price_without_a_reference(self, observe):
        observe(scenarios.losses_of_many)
        with observe.raises(ValueError, match="ref"):
            observe(rlhf_loss, *some_batch(1)[:4], kl_coef=0.1)

    def test_refuses_shapes_that_do_not_fit(self, observe):
        observe(scenarios.losses_of_many)
        lp, old, advantages, mask, ref = some_batch(1)
        for bad in ((lp, old[:, :-1], advantages, mask, 0.2, 0.2, 0.1, ref), (lp, old, advantages[:-1], mask, 0.2, 0.2, 0.1, ref),
                    (lp, old, advantages, mask[:, :-1], 0.2, 0.2, 0.1, ref), (lp, old, advantages, mask, 0.2, 0.2, 0.1, ref[:1]),
                    (lp, old, advantages[:, None], mask)):  # fmt: skip
            with observe.raises(ValueError):
                observe(rlhf_loss, *bad)


@pytest.mark.exercise("16.8")
class TestPreferenceLoss:
    @for_all(examples=15, seed=seeds)
    def test_equals_the_loop(self, observe, seed):
        observe(scenarios.preference_losses_of_many)
        chosen, rejected = 3 * normal(seed, 2, 4)
        losses = [math.log1p(math.exp(r - c)) for c, r in zip(chosen.tolist(), rejected.tolist(), strict=True)]
        observe(preference_loss, chosen, rejected).close(math.fsum(losses) / 4)

    @pytest.mark.parametrize(("difference", "loss", "gradient"), [(-1000.0, 1000.0, -1.0), (1000.0, 0.0, 0.0)])
    def test_far_apart_stays_finite(self, observe, difference, loss, gradient):
        observe(scenarios.preference_losses_of_many)
        arguments = (double([difference]), double([0.0]))
        seen = observe(preference_loss, *arguments, grad_of=("chosen", "rejected"))
        seen.close(loss)
        seen.grad("chosen").close(double([gradient]))
        seen.grad("rejected").close(double([-gradient]))

    @for_all(examples=10, seed=seeds, shift=quarters)
    def test_only_differences_count(self, observe, seed, shift):
        observe(scenarios.preference_losses_of_many)
        chosen, rejected = normal(seed, 2, 3)
        shifts = shift * double([1.0, 2.0, -1.0])  # each pair's own zero point
        expected = observe(preference_loss, chosen, rejected).value
        observe(preference_loss, chosen + shifts, rejected + shifts).close(expected.detach())

    @pytest.mark.parametrize(("chosen", "rejected"), [([1.0], [1.0, 2.0]), ([1.0, 2.0], [1.0]), ([], [])])
    def test_refuses_what_is_no_list_of_pairs(self, observe, chosen, rejected):
        observe(scenarios.preference_losses_of_many)
        with observe.raises(ValueError):
            observe(preference_loss, double(chosen), double(rejected))


# Texts of very different lengths, so that padding shows; one pair that the untrained model has in the wrong order.
PAIRS = [("1+1=", "aab", "cd"), ("2=", "a", "bcdefgh hgfedcb"), ("3+3+3=", "hg", "b"), ("1=", "ab cd ef gh", "e")]


@pytest.mark.exercise("16.9")
class TestRewardModelStep:
    def oracle(self, weights, pairs=PAIRS):
        """Scores of each text alone (no padding), the loss by hand, and its gradient."""
        leaves = {name: value.clone().requires_grad_() for name, value in weights.items()}
        model = TinyScorer(len(weights["tokens.weight"])).double()
        tokenizer = CharTokenizer(scenarios.SCORER_ALPHABET)

        def score(text):
            ids = torch.tensor([tokenizer.encode(text)])
            return torch.func.functional_call(model, leaves, (ids,)).logits.reshape(())

        differences = torch.stack([score(p + c) - score(p + r) for p, c, r in pairs])
        loss = (1 + (-differences).exp()).log().mean()
        gradients = dict(zip(leaves, torch.autograd.grad(loss, list(leaves.values())), strict=True))
        return differences.detach(), float(loss.detach()), gradients

    def test_equals_one_row_at_a_time(self, observe):
        seen = observe(scenarios.one_reward_model_step, PAIRS)
        differences, loss, gradients = self.oracle(seen.value["before"])
        norm = math.sqrt(sum(float(g.square().sum()) for g in gradients.values()))
        seen["metrics"][0]["loss"].close(loss)
        seen["metrics"][0]["margin"].close(float(differences.mean()))
        seen["metrics"][0]["accuracy"].close(float((differences > 0).double().mean()))
        seen["metrics"][0]["grad_norm"].close(norm)
        seen["after"].close({n: v - 0.5 * gradients[n] for n, v in seen.value["before"].items()})

    def test_the_gradient_is_clipped_as_a_whole(self, observe):
        seen = observe(scenarios.one_reward_model_step, PAIRS, max_grad_norm=1e-3)
        *_, gradients = self.oracle(seen.value["before"])
        norm = math.sqrt(sum(float(g.square().sum()) for g in gradients.values()))
        seen["metrics"][0]["grad_norm"].close(norm)
        scale = 0.5 * 1e-3 / norm
        seen["after"].close(
            {n: v - scale * gradients[n] for n, v in seen.value["before"].items()}, rtol=1e-6, atol=1e-8
        )

    @pytest.mark.parametrize("max_grad_norm", [0.5, 2.0])
    def test_large_gradients(self, observe, max_grad_norm):
        seen = observe(scenarios.one_reward_model_step, PAIRS, max_grad_norm=max_grad_norm, scale=100.0)
        *_, gradients = self.oracle(seen.value["before"])
        norm = math.sqrt(sum(float(g.square().sum()) for g in gradients.values()))
        seen["metrics"][0]["grad_norm"].close(norm)
        scale = 0.5 * max_grad_norm / norm
        expected = {n: v - scale * gradients[n] for n, v in seen.value["before"].items()}
        seen["after"].close(expected, rtol=1e-5, atol=1e-6)

    def test_in_evaluation_mode_nothing_drops_out(self, observe):
        plain = observe(scenarios.one_reward_model_step, PAIRS, training=False).value
        seen = observe(scenarios.one_reward_model_step, PAIRS, training=False, dropout=0.5)
        seen["after"].close(plain["after"], says="the mode is the caller's affair: this model was in evaluation mode")
        seen["training"].close(False)

    def test_old_gradients_are_cleared(self, observe):
        expected = observe(scenarios.one_reward_model_step, PAIRS).value["after"]
        observe(scenarios.one_reward_model_step, PAIRS, stale_gradient=True)["after"].close(
            expected, says="gradients that were left from before this step must not count"
        )

    def test_a_pair_more_or_less(self, observe):
        seen = observe(scenarios.one_reward_model_step, PAIRS[:1])
        differences, loss, _ = self.oracle(seen.value["before"], PAIRS[:1])
        seen["metrics"][0]["loss"].close(loss)
        seen["metrics"][0]["accuracy"].close(float(differences[0] > 0))

    def test_a_tie_is_not_right(self, observe):
        seen = observe(scenarios.one_reward_model_step, [("1=", "a", "a")])
        seen["metrics"][0]["accuracy"].close(0.0)
        seen["metrics"][0]["loss"].close(math.log(2))

    def test_the_mode_is_the_callers(self, observe):
        seen = observe(scenarios.one_reward_model_step, PAIRS)
        seen.check(seen.value["training"], "the model was in training mode; its mode is the caller's affair")
        dropped = observe(scenarios.one_reward_model_step, PAIRS, dropout=0.5)
        plain = self.oracle(dropped.value["before"])[1]
        off = abs(dropped.value["metrics"][0]["loss"] - plain)
        dropped.check(off > 1e-9, "the model has dropout and is in training mode: it must be at work")

    def test_no_more_than_two_forwards(self, observe):
        seen = observe(scenarios.one_reward_model_step, PAIRS)
        seen.check(seen.value["forwards"] <= 2, f"all rows fit in one batch, or two; not {seen.value['forwards']}")

    @pytest.mark.trains
    @pytest.mark.parametrize("seed", [0, 1, 2])
    def test_it_learns_what_is_preferred(self, observe, seed):
        seen = observe(scenarios.fit_a_reward_model, epochs=12, seed=seed)
        right = int((seen.value["chosen"] > seen.value["rejected"]).sum())
        seen.check(right >= 26, f"of 32 pairs that it never saw, it orders {right} rightly; 26 at least")
        first, last = seen.value["history"][0], seen.value["history"][-1]
        seen.check(last["loss"] < 0.8 * first["loss"], "the loss must fall")

    @pytest.mark.slow
    def test_with_transformers(self, observe):
        seen = observe(scenarios.one_classifier_step, PAIRS)
        chosen, rejected = (x.double() for x in seen.value["before"].chunk(2))
        differences = chosen - rejected
        seen["metrics"]["loss"].close(float((1 + (-differences).exp()).log().mean()), rtol=1e-4)
        seen["metrics"]["accuracy"].close(float((differences > 0).double().mean()))
        after = seen.value["after"].double().chunk(2)
        better = (1 + (after[1] - after[0]).exp()).log().mean() < (1 + (-differences).exp()).log().mean()
        seen.check(bool(better), "a step must lower the loss of its own pairs")

    @for_all(
        examples=8,
        pairs=st.lists(st.tuples(*[st.text(ALPHABET, min_size=1, max_size=6)] * 3), min_size=1, max_size=4),
        scale=st.floats(0.5, 20),
    )
    def test_holds_for_all_pairs(self, observe, pairs, scale):
        seen = observe(scenarios.one_reward_model_step, pairs, scale=scale)
        model = Spec(
            "lab.models.tiny_reward_model:TinyScorer", {"vocab_size": len(ALPHABET) + 2}, seed=3, dtype="float64"
        )
        before = model.build().state_dict()
        before["score.weight"] *= scale
        differences, loss, gradients = self.oracle(before, pairs)
        norm = math.sqrt(sum(float(g.square().sum()) for g in gradients.values()))
        seen["metrics"][0]["loss"].close(loss, atol=1e-8)
        seen["metrics"][0]["margin"].close(float(differences.mean()), atol=1e-8)
        seen["metrics"][0]["accuracy"].close(
            sum(p + c != p + r and float(d) > 0 for (p, c, r), d in zip(pairs, differences, strict=True)) / len(pairs)
        )
        seen["metrics"][0]["grad_norm"].close(norm, atol=1e-8)
        seen["after"].close({n: v - 0.5 * gradients[n] for n, v in before.items()}, rtol=1e-5, atol=1e-8)


def dynamic_by_loop(rewards, wanted, rounds):
    """What dynamic_sampling should give, with a queue and sets."""
    kept, asked, number = [], [], 0
    while len(kept) < wanted and len(asked) < rounds:
        asked.append(wanted - len(kept))
        for _ in range(asked[-1]):
            known = {r for r in rewards[number % len(rewards)] if not math.isnan(r)}
            if len(known) > 1:
                kept.append(number)
            number += 1
    return kept, list(range(number)), asked


@pytest.mark.exercise("16.10")
class TestDynamicSampling:
    groups = st.lists(st.sampled_from([0.0, 1.0, 0.5, NAN]), min_size=3, max_size=3)

    @for_all(script=st.lists(groups, min_size=1, max_size=5), wanted=st.integers(1, 4), rounds=st.integers(1, 4))
    def test_equals_the_loop(self, observe, script, wanted, rounds):
        observe(scenarios.many_dynamic_samplings)
        kept, drawn, asked = dynamic_by_loop(script, wanted, rounds)
        seen = observe(scenarios.sample_dynamically, script, wanted, rounds)
        seen["kept"].close(kept)
        seen["drawn"].close(drawn)
        seen["asked"].close(asked)

    @pytest.mark.parametrize("rounds", [1, 2, 7])
    def test_never_more_rounds_than_allowed(self, observe, rounds):
        observe(scenarios.many_dynamic_samplings)
        seen = observe(scenarios.sample_dynamically, [[0.0, 0.0]], 2, rounds)
        seen.check(len(seen.value["asked"]) == rounds, f"{rounds} rounds are allowed, and all are needed")
        seen["kept"].close([])
        seen.check(len(seen.value["drawn"]) == 2 * rounds, "all that was drawn is returned")

    def test_no_round_when_enough_is_there(self, observe):
        observe(scenarios.many_dynamic_samplings)
        observe(scenarios.sample_dynamically, [[0.0, 1.0]], 3, 4)["asked"].close([3])

    @pytest.mark.parametrize("group", [[NAN, NAN], [1.0, NAN], [1.0, NAN, 1.0], [0.3, 0.3, 0.3]])
    def test_without_two_scores_that_differ_there_is_no_signal(self, observe, group):
        # A reward model that returns NaN has not scored: NaN differs from nothing.
        observe(scenarios.many_dynamic_samplings)
        observe(scenarios.sample_dynamically, [group, [1.0, 0.0]], 1, 5)["kept"].close([1])

    @pytest.mark.parametrize("group", [[1.0, NAN, 0.0], [7.0, 8.0], [-1.0, -2.0], [1.0, 1.0, 0.5], [0.1, 0.1001]])
    def test_any_two_scores_that_differ_are_a_signal(self, observe, group):
        observe(scenarios.many_dynamic_samplings)
        observe(scenarios.sample_dynamically, [group], 1, 1)["kept"].close([0])

    @pytest.mark.parametrize(("wanted", "rounds"), [(0, 1), (1, 0), (-1, 2)])
    def test_refuses_nothing(self, observe, wanted, rounds):
        observe(scenarios.many_dynamic_samplings)
        with observe.raises(ValueError):
            observe(scenarios.sample_dynamically, [[1.0, 0.0]], wanted, rounds)


@pytest.mark.exercise("16.11")
class TestOverlongFilter:
    MASK = torch.tensor([[0, 1, 1, 1], [0, 0, 1, 1], [0, 1, 0, 0]])

    def test_all_truncated(self, observe):
        observe(scenarios.overlong_filters_of_many)
        responses = [torch.tensor([5, 6, 7]), torch.tensor([5, 6]), torch.tensor([9])]
        observe(overlong_filter, self.MASK, responses, 1).close(torch.zeros(3, 4, dtype=torch.long))

    def test_the_last_token_decides_not_the_length(self, observe):
        observe(scenarios.overlong_filters_of_many)
        # The longest one has just finished; the shortest one was cut off (in a step that allowed fewer tokens).
        responses = [torch.tensor([5, 6, 1]), torch.tensor([5, 1]), torch.tensor([5])]
        seen = observe(overlong_filter, self.MASK, responses, 1)
        seen.close(self.MASK * torch.tensor([[1], [1], [0]]))

    def test_an_eos_in_the_midst_does_not_count(self, observe):
        observe(scenarios.overlong_filters_of_many)
        responses = [torch.tensor([1, 5, 6]), torch.tensor([5, 1]), torch.tensor([1])]
        observe(overlong_filter, self.MASK, responses, 1).close(self.MASK * torch.tensor([[0], [1], [1]]))

    @pytest.mark.parametrize(
        ("eos", "finished"), [([1, 6], [1, 1, 0]), (0, [0, 0, 1]), ([0], [0, 0, 1]), ([], [0, 0, 0])]
    )
    def test_other_eos_ids(self, observe, eos, finished):
        observe(scenarios.overlong_filters_of_many)
        responses = [torch.tensor([5, 5, 6]), torch.tensor([5, 1]), torch.tensor([0])]
        observe(overlong_filter, self.MASK, responses, eos).close(self.MASK * torch.tensor(finished)[:, None])

    def test_an_empty_response_is_truncated(self, observe):
        observe(scenarios.overlong_filters_of_many)
        responses = [torch.tensor([], dtype=torch.int64), torch.tensor([5, 1]), torch.tensor([1])]
        observe(overlong_filter, self.MASK, responses, 1).close(self.MASK * torch.tensor([[0], [1], [1]]))

    def test_the_mask_given_stays_as_it_was(self, observe):
        responses = [torch.tensor([5]), torch.tensor([5, 1]), torch.tensor([1])]
        seen = observe(overlong_filter, self.MASK, responses, 1)
        seen.inputs_unchanged()
        seen.has_dtype(torch.int64, "an integer mask gives an integer mask")

    @for_all(
        examples=20, responses=st.lists(st.lists(st.integers(0, 4), max_size=4), min_size=1, max_size=4),
        eos=st.integers(0, 4) | st.lists(st.integers(0, 4), max_size=3), seed=seeds,
    )  # fmt: skip
    def test_holds_for_all_responses(self, observe, responses, eos, seed):
        observe(scenarios.overlong_filters_of_many)
        mask = torch.randint(2, (len(responses), 5), generator=torch.Generator().manual_seed(seed))
        ends = {eos} if isinstance(eos, int) else set(eos)
        finished = [int(bool(ids) and ids[-1] in ends) for ids in responses]
        tokens = [torch.tensor(ids, dtype=torch.int64) for ids in responses]
        observe(overlong_filter, mask, tokens, eos).close(mask * torch.tensor(finished)[:, None])


@pytest.mark.exercise("16.12")
class TestLengthPenalty:
    @for_all(lengths=st.lists(st.integers(0, 40), min_size=1, max_size=6), longest=st.integers(1, 30), data=st.data())
    def test_equals_the_three_cases(self, observe, lengths, longest, data):
        observe(scenarios.length_penalties_of_many)
        cache = data.draw(st.integers(1, longest))
        free = longest - cache
        expected = [0.0 if n <= free else -1.0 if n > longest else (free - n) / cache for n in lengths]
        responses = [torch.full((n,), 5) for n in lengths]
        observe(length_penalty, responses, longest, cache).close(torch.tensor(expected), rtol=1e-5)

    def test_no_minus_anything_for_short_ones(self, observe):
        observe(scenarios.length_penalties_of_many)
        responses = [torch.full((n,), 5) for n in (0, 1, 2)]
        observe(length_penalty, responses, 8, 4).close(torch.zeros(3))

    @pytest.mark.parametrize(("longest", "cache"), [(10, 0), (10, -1), (10, 11), (0, 0)])
    def test_refuses_a_cache_that_does_not_fit(self, observe, longest, cache):
        observe(scenarios.length_penalties_of_many)
        with observe.raises(ValueError):
            observe(length_penalty, [torch.tensor([5])], longest, cache)

    def test_whole_lengths_may_be_in_the_cache(self, observe):
        observe(scenarios.length_penalties_of_many)
        observe(length_penalty, [torch.full((n,), 5) for n in (0, 1, 4)], 4, 4).close(torch.tensor([0.0, -0.25, -1.0]))

    def test_is_float32(self, observe):
        seen = observe(length_penalty, [torch.tensor([5])], 4, 4)
        seen.has_dtype(torch.float32, f"float32 is asked for, not {seen.value.dtype}")


@pytest.mark.exercise("16.13")
class TestFrozenCopy:
    @pytest.mark.parametrize("training", [True, False])
    def test_the_model_stays_as_it_was(self, observe, training):
        seen = observe(scenarios.freeze_and_go_on, training=training)
        seen.check(not seen.value["is the model"], "the reference must be another object than the model")
        modes = set(seen.value["model in training mode"])
        seen.check(modes == {training}, "the model's own mode must not change")
        seen.check(
            seen.value["model wants gradients as before"], "which of the model's parameters train is its own affair"
        )

    def test_every_layer_is_in_evaluation_mode(self, observe):
        seen = observe(scenarios.freeze_and_go_on)
        seen.check(
            not any(seen.value["reference in training mode"]), "dropout in the reference would make its answers random"
        )

    def test_on_another_device(self, observe):
        # "meta" is a device that every machine has; what is put there has a shape, but no numbers.
        seen = observe(scenarios.freeze_and_go_on, device="meta")
        seen["devices"].close([["meta"], ["cpu"]])
        seen.check(not seen.value["reference wants gradients"], "no parameter of the reference may want a gradient")

    def test_by_default_on_the_models_device(self, observe):
        seen = observe(scenarios.freeze_and_go_on)
        seen["devices"].close([["cpu"], ["cpu"]])
        seen["kind"].close("TinyLM")

    @for_all(examples=6, seed=seeds, ids=st.lists(st.integers(0, 8), min_size=1, max_size=5))
    def test_answers_as_the_model_did(self, observe, seed, ids):
        model = (
            Spec(
                "lab.models.tiny_language_models:TinyLM", {"vocab_size": 9, "dropout": 0.5}, seed=seed, dtype="float64"
            )
            .build()
            .eval()
        )
        with torch.no_grad():
            expected = model(torch.tensor([ids])).logits
        observe(scenarios.ask_a_frozen_copy, seed, torch.tensor([ids])).close(expected)


VOCABULARY = 14


def model_of(weights):
    model = TinyLM(VOCABULARY).double()
    model.load_state_dict(weights)
    return model.eval()


def fresh_weights(seed):
    """The weights of policy and reference that scenarios.make_trainer begins with, for model_seed=seed."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        policy = TinyLM(VOCABULARY).double()
        moved = {n: p.detach() + 0.1 * torch.randn_like(p) for n, p in policy.named_parameters()}
    return policy.state_dict(), moved


def log_probs_by_token(weights, ids, temperature=1.0):
    """(B, L - 1), a forward per token: no padding, no shift to get wrong."""
    model, rows = model_of(weights), []
    with torch.no_grad():
        for row in ids.tolist():
            logits = [model(torch.tensor([row[:t]])).logits[0, -1] / temperature for t in range(1, len(row))]
            rows.append(torch.stack([x.log_softmax(-1)[row[t + 1]] for t, x in enumerate(logits)]))
    return torch.stack(rows)


def entropy_by_token(weights, ids, mask, temperature=1.0):
    model, found = model_of(weights), []
    with torch.no_grad():
        for row, counts in zip(ids.tolist(), mask.tolist(), strict=True):
            for t in range(1, len(row)):
                if counts[t]:
                    p = (model(torch.tensor([row[:t]])).logits[0, -1] / temperature).softmax(-1)
                    found.append(float(-(p * p.log()).sum()))
    return sum(found) / max(len(found), 1)


def toy_ids(prompt):
    return ["0123456789+=".index(c) + 2 for c in prompt]


SCRIPT = [[1.0, 0.0], [2.0, 2.0], [0.0, 3.0], [5.0, 5.0], [-1.0, 1.0]]


def advantages_by_hand(groups):
    relative = [r - sum(g) / len(g) for g in groups for r in g]
    mean = sum(relative) / len(relative)
    std = math.sqrt(sum((r - mean) ** 2 for r in relative) / (len(relative) - 1))
    return torch.tensor([(r - mean) / (std + 1e-4) for r in relative])


@pytest.mark.exercise("16.14")
class TestCollect:
    TWO = {"group_size": 2, "batch_size": 3}

    @pytest.mark.parametrize("temperature", [1.0, 0.7])
    def test_the_whole_batch(self, observe, temperature):
        seen = observe(scenarios.collect, SCRIPT, **self.TWO, temperature=temperature)
        batch, prompts = seen.value["batch"], seen.value["calls"][0]
        tokens = [scenarios.TOKENS[(n + i) % 6] for n in range(3) for i in range(2)]
        rows = [toy_ids(prompts[n // 2]) + ids for n, ids in enumerate(tokens)]
        width = max(map(len, rows))
        seen["batch"]["ids"].close(torch.tensor([row + [0] * (width - len(row)) for row in rows]))
        mask, old = torch.zeros(6, width, dtype=torch.long), torch.zeros(6, width)
        for n, (row, ids) in enumerate(zip(rows, tokens, strict=True)):
            mask[n, len(row) - len(ids) : len(row)] = 1
            for i in range(len(ids)):
                old[n, len(row) - len(ids) + i] = -(n // 2 + 1.0) - i / 8
        seen["batch"]["mask"].close(mask)
        seen["batch"]["old_log_probs"].close(old[:, 1:])
        seen["batch"]["advantages"].close(advantages_by_hand(SCRIPT[:3]), rtol=1e-4)
        counted = mask[:, 1:].bool()
        expected = log_probs_by_token(seen.value["reference"], batch["ids"], temperature)
        seen.check(bool(counted.any()), "some token must count")
        found = batch["ref_log_probs"]
        seen.check(list(found.shape) == [6, width - 1], "ref_log_probs have one column less than ids")
        off = float((found - expected)[counted].abs().max())
        seen.check(off < 1e-6, f"ref_log_probs are off those of the reference, token by token, by {off}")
        seen["metrics"]["entropy"].close(
            entropy_by_token(seen.value["weights"], batch["ids"], mask, temperature), rtol=1e-5
        )

    def test_metrics_are_those_of_all_that_was_drawn(self, observe):
        seen = observe(scenarios.collect, SCRIPT, **self.TWO, dynamic_sampling=True)
        # drawn: 0 1 2 | 3 | 4: kept 0, 2, 4
        seen.check([len(c) for c in seen.value["calls"]] == [3, 1, 1], "3 groups, then what is missing, twice")
        seen["batch"]["advantages"].close(advantages_by_hand([SCRIPT[0], SCRIPT[2], SCRIPT[4]]), rtol=1e-4)
        seen["metrics"]["reward"].close(1.8, rtol=1e-5)
        seen["metrics"]["signal"].close(0.6)
        seen["metrics"]["completions"].close(10.0)

    def test_no_refill_without_the_switch(self, observe):
        seen = observe(scenarios.collect, [[1.0, 1.0]], **self.TWO)
        seen.check([len(c) for c in seen.value["calls"]] == [3], "one draw, whatever the rewards are")
        seen["batch"]["advantages"].close(torch.zeros(6))
        seen["metrics"]["signal"].close(0.0)

    @pytest.mark.parametrize("rounds", [1, 3])
    def test_the_bound_is_the_configs(self, observe, rounds):
        seen = observe(scenarios.collect, [[1.0, 1.0]], **self.TWO, dynamic_sampling=True, max_rounds=rounds)
        seen.check(len(seen.value["calls"]) == rounds, f"max_rounds is {rounds}")
        seen["batch"].close(None)
        seen["metrics"]["entropy"].close(0.0)
        seen["metrics"]["completions"].close(6.0 * rounds)

    def test_fewer_groups_than_wanted_are_trained_all_the_same(self, observe):
        seen = observe(scenarios.collect, SCRIPT, **self.TWO, dynamic_sampling=True, max_rounds=1)
        seen["batch"]["advantages"].close(advantages_by_hand([SCRIPT[0], SCRIPT[2]]), rtol=1e-4)

    def test_prompts_come_in_the_streams_order_each_once(self, observe):
        seen = observe(scenarios.collect, [[1.0, 1.0]], group_size=2, batch_size=2, dynamic_sampling=True, max_rounds=4)
        draw = torch.Generator().manual_seed(11)
        order = [i for _ in range(2) for i in torch.randperm(5, generator=draw).tolist()][:8]
        prompts = [scenarios.PROMPTS[i] for i in order]
        seen["calls"].close([prompts[i : i + 2] for i in range(0, 8, 2)])

    def test_the_overlong_filter(self, observe):
        plain = observe(scenarios.collect, SCRIPT, **self.TWO)
        seen = observe(scenarios.collect, SCRIPT, **self.TWO, overlong_filter=True)
        finished = torch.tensor([scenarios.TOKENS[(n + i) % 6][-1] == 1 for n in range(3) for i in range(2)])
        expected = plain.value["batch"]["mask"] * finished[:, None]
        seen["batch"]["mask"].close(expected)
        seen["batch"]["advantages"].close(plain.value["batch"]["advantages"])
        batch = seen.value["batch"]
        seen["metrics"]["entropy"].close(entropy_by_token(seen.value["weights"], batch["ids"], expected), rtol=1e-5)

    def test_without_a_reference(self, observe):
        seen = observe(scenarios.collect, SCRIPT, **self.TWO, reference=False)
        seen["batch"]["ref_log_probs"].close(None)

    def test_the_reference_is_asked_even_if_the_kl_costs_nothing(self, observe):
        # It is watched all the same: the metric kl is about it.
        seen = observe(scenarios.collect, SCRIPT, **self.TWO, kl_coef=0.0)
        seen.check(seen.value["batch"]["ref_log_probs"] is not None, "there is a reference: its log-probs are wanted")

    def test_no_gradient_and_few_forwards(self, observe):
        seen = observe(scenarios.collect, SCRIPT, **self.TWO)
        watched = seen.value["gradients"]
        seen.check(watched["reference"] == [False], f"one forward of the reference, without gradient: {watched}")
        seen.check(watched["policy"] == [False], f"one forward of the policy, without gradient: {watched}")

    @pytest.mark.parametrize("rewards", [[[NAN, NAN]], [[NAN, NAN], [1.0, 0.0]], [[1.0, NAN], [2.0, 0.0]]])
    def test_a_reward_model_that_returns_nan_has_not_scored(self, observe, rewards):
        seen = observe(scenarios.collect, rewards, **self.TWO)
        flat = [r for n in range(3) for r in rewards[n % len(rewards)]]
        advantages = seen.value["batch"]["advantages"]
        seen.check(bool(advantages.isfinite().all()), "NaN rewards must not reach the advantages")
        unscored = [a for a, r in zip(advantages.tolist(), flat, strict=True) if math.isnan(r)]
        seen.check(all(a == 0 for a in unscored), "a response that is not scored has advantage 0")

    def test_its_own_samples(self, observe):
        seen = observe(scenarios.collect_for_real, **self.TWO, temperature=0.8)
        batch = seen.value["batch"]
        counted = batch["mask"][:, 1:].bool()
        expected = log_probs_by_token(seen.value["weights"], batch["ids"], 0.8)
        off = float((batch["old_log_probs"] - expected)[counted].abs().max())
        seen.check(off < 1e-5, f"old_log_probs must be those of the policy that sampled; they are off by {off}")

    def test_the_generator_decides(self, observe):
        first = observe(scenarios.collect_for_real, step_number=3, **self.TWO)
        observe(scenarios.collect_for_real, step_number=3, **self.TWO)["batch"]["ids"].close(
            first.value["batch"]["ids"]
        )

    @for_all(
        examples=6, seed=seeds, size=st.integers(2, 3), batch_size=st.integers(1, 3), temperature=st.floats(0.5, 2),
        rewards=st.lists(st.lists(quarters, min_size=3, max_size=3), min_size=3, max_size=5), filtered=st.booleans(),
    )  # fmt: skip
    def test_holds_for_all_rewards(self, observe, seed, size, batch_size, temperature, rewards, filtered):
        script = [group[:size] for group in rewards]
        settings = {"group_size": size, "batch_size": batch_size, "temperature": temperature, "model_seed": seed % 1000}
        seen = observe(scenarios.collect, script, step_number=seed, overlong_filter=filtered, **settings)
        policy, reference = fresh_weights(seed % 1000)
        order = torch.randperm(5, generator=torch.Generator().manual_seed(11 + seed)).tolist()
        prompts = [scenarios.PROMPTS[i] for i in order[:batch_size]]
        seen["calls"].close([prompts])
        tokens = [scenarios.TOKENS[(n + i) % 6] for n in range(batch_size) for i in range(size)]
        rows = [toy_ids(prompts[n // size]) + ids for n, ids in enumerate(tokens)]
        width = max(map(len, rows))
        ids, mask = torch.zeros(len(rows), width, dtype=torch.long), torch.zeros(len(rows), width, dtype=torch.long)
        for n, (row, response) in enumerate(zip(rows, tokens, strict=True)):
            ids[n, : len(row)] = torch.tensor(row)
            mask[n, len(row) - len(response) : len(row)] = int(response[-1] == 1 or not filtered)
        seen["batch"]["ids"].close(ids)
        seen["batch"]["mask"].close(mask)
        relative = [r - sum(group) / size for group in script[:batch_size] for r in group]
        if any(abs(r) > 1e-9 for r in relative):
            seen["batch"]["advantages"].close(advantages_by_hand(script[:batch_size]), rtol=1e-4, atol=1e-5)
        counted = mask[:, 1:].bool()
        off = (seen.value["batch"]["ref_log_probs"] - log_probs_by_token(reference, ids, temperature))[counted].abs()
        seen.check(bool((off < 1e-6).all()), "ref_log_probs are off those of the reference, token by token")
        seen["metrics"]["entropy"].close(entropy_by_token(policy, ids, mask, temperature), rtol=1e-5, atol=1e-8)


ROWS = {
    "ids": torch.tensor([[3, 4, 5, 1, 0], [6, 7, 8, 9, 1], [2, 5, 1, 0, 0]]),
    "mask": torch.tensor([[0, 0, 1, 1, 0], [0, 0, 1, 1, 1], [0, 1, 1, 0, 0]]),
    "old_log_probs": double([[0, -2.5, -2.5, 0], [0, -2.6, -2.3, -2.8], [-2.5, -2.9, 0, 0]]),
    "ref_log_probs": double([[-1.0, -2.4, -2.7, -9], [-2.2, -2.2, -2.9, -2.5], [-2.7, -2.6, -1, -1]]),
    "advantages": double([1.0, -1.0, 0.5]),
}


def updates_by_hand(weights, rows, epochs, rate, low=0.2, high=0.2, kl_coef=0.1, estimator="k3", correction=True,
                    temperature=1.0, max_grad_norm=1e6):  # fmt: skip
    """Plain gradient descent with the loss written out, one forward over the batch in each epoch."""
    leaves = {n: v.clone().requires_grad_() for n, v in weights.items()}
    model, seen = TinyLM(VOCABULARY).double().eval(), []
    mask = rows["mask"][:, 1:].bool()
    for _ in range(epochs):
        logits = torch.func.functional_call(model, leaves, (rows["ids"],)).logits[:, :-1] / temperature
        lp = logits.log_softmax(-1).gather(-1, rows["ids"][:, 1:, None]).squeeze(-1)[mask]
        old, a = rows["old_log_probs"][mask], rows["advantages"][:, None].expand(mask.shape)[mask]
        ratio = (lp - old).exp()
        loss = -torch.minimum(ratio * a, ratio.clamp(1 - low, 1 + high) * a)
        kl = torch.zeros(())
        if rows["ref_log_probs"] is not None:
            k = lp - rows["ref_log_probs"][mask]
            kl = (-k).exp() - 1 + k
            estimate = {"k1": k, "k2": k * k / 2, "k3": kl}[estimator]
            weight = ratio.detach() if estimator == "k2" else ratio
            loss = loss + kl_coef * (weight * estimate if correction else estimate)
        loss = loss.mean()
        gradients = torch.autograd.grad(loss, list(leaves.values()))
        norm = math.sqrt(sum(float(g.square().sum()) for g in gradients))
        scale = min(1.0, max_grad_norm / (norm + 1e-6))
        held = ((a > 0) & (ratio > 1 + high)) | ((a < 0) & (ratio < 1 - low))
        seen.append([float(loss.detach()), norm, float(held.double().mean()), float(kl.detach().mean())])
        leaves = {
            n: (v - rate * scale * g).detach().requires_grad_()
            for (n, v), g in zip(leaves.items(), gradients, strict=True)
        }
    means = [sum(column) / epochs for column in zip(*seen, strict=True)]
    return {n: v.detach() for n, v in leaves.items()}, dict(
        zip(("loss", "grad_norm", "clip_fraction", "kl"), means, strict=True)
    )


@pytest.mark.exercise("16.15")
class TestUpdate:
    @pytest.mark.parametrize("options", [
        {}, {"kl_coef": 2.0, "estimator": "k2"}, {"kl_coef": 1.0, "correction": False}, {"low": 0.1, "high": 0.5},
        {"temperature": 0.7}, {"max_grad_norm": 0.05}, {"kl_coef": 0.5, "estimator": "k1"}, {"kl_coef": 0.0},
    ])  # fmt: skip
    def test_equals_the_loss_written_out(self, observe, options):
        names = {
            "low": "clip_range",
            "high": "clip_range_high",
            "estimator": "kl_estimator",
            "correction": "kl_correction",
        }
        settings = {names.get(name, name): value for name, value in options.items()}
        epochs = 1 if options else 2
        seen = observe(scenarios.updates, **ROWS, grpo_epochs=epochs, learning_rate=0.5, **settings)
        after, metrics = updates_by_hand(seen.value["before"], ROWS, epochs, 0.5, **options)
        seen["after"].close(after, rtol=1e-5, atol=1e-7)
        seen["metrics"].close(metrics, rtol=1e-5, atol=1e-7)

    def test_without_a_reference(self, observe):
        rows = {**ROWS, "ref_log_probs": None}
        seen = observe(scenarios.updates, **rows, grpo_epochs=2, learning_rate=0.5)
        after, metrics = updates_by_hand(seen.value["before"], rows, 2, 0.5)
        seen["after"].close(after)
        seen["metrics"].close(metrics, rtol=1e-5, atol=1e-7)

    def test_nothing_drops_out(self, observe):
        plain = observe(scenarios.updates, **ROWS, grpo_epochs=1).value["after"]
        observe(scenarios.updates, **ROWS, grpo_epochs=1, dropout=0.5)["after"].close(
            plain, says="with dropout the ratio is not 1 where nothing has changed"
        )

    @pytest.mark.parametrize("epochs", [1, 3])
    def test_as_many_steps_and_forwards_as_epochs(self, observe, epochs):
        seen = observe(scenarios.updates, **ROWS, grpo_epochs=epochs)
        seen["steps"].close(epochs)
        seen["forwards"].close(epochs)
        seen["reference forwards"].close(0)

    def test_old_gradients_are_cleared(self, observe):
        expected = observe(scenarios.updates, **ROWS, grpo_epochs=1).value["after"]
        observe(scenarios.updates, **ROWS, grpo_epochs=1, stale_gradient=True)["after"].close(
            expected, says="gradients that were left from before this step must not count"
        )

    def test_nothing_counts_nothing_happens(self, observe):
        rows = {**ROWS, "mask": torch.zeros_like(ROWS["mask"])}
        seen = observe(scenarios.updates, **rows)
        seen["after"].close(seen.value["before"], rtol=0, atol=0)
        seen["steps"].close(0)
        seen["metrics"].close({"loss": 0.0, "grad_norm": 0.0, "clip_fraction": 0.0, "kl": 0.0})

    def test_only_the_prompt_is_masked_in(self, observe):
        # Column 0 has no log-probability: a mask that counts it alone counts nothing.
        mask = torch.zeros_like(ROWS["mask"])
        mask[:, 0] = 1
        seen = observe(scenarios.updates, **{**ROWS, "mask": mask})
        seen["steps"].close(0)
        seen["after"].close(seen.value["before"], rtol=0, atol=0)

    def test_a_fully_masked_row_has_no_influence(self, observe):
        mask = ROWS["mask"].clone()
        mask[1] = 0
        rows = {**ROWS, "mask": mask, "grpo_epochs": 1}
        expected = observe(scenarios.updates, **rows).value["after"]
        wild = {**rows, "advantages": double([1.0, 1e6, 0.5])}
        observe(scenarios.updates, **wild)["after"].close(expected)

    def test_the_batch_stays_as_it_was(self, observe):
        observe(scenarios.updates, **ROWS, grpo_epochs=1).inputs_unchanged()

    @pytest.mark.parametrize("reward", ["nan", "some nan", "equal"])
    def test_steps_without_much_reward_stay_finite(self, observe, reward):
        seen = observe(scenarios.train, 1, reward=reward, grpo_epochs=1)
        finite = all(bool(v.isfinite().all()) for v in seen.value["after"].values())
        seen.check(finite, "a reward model that returns NaN, or the same for all, must not break the policy")

    @pytest.mark.trains
    def test_the_reference_does_not_move_while_the_policy_does(self, observe):
        # In three steps, one that is brought up to date now and then would have moved.
        seen = observe(scenarios.train, 3, grpo_epochs=1)
        seen["reference after"].close(seen.value["reference before"], rtol=0, atol=0)
        moved = max(far(seen.value["after"][n], seen.value["before"][n]) for n in seen.value["after"])
        seen.check(moved > 0, "the policy must move")
        seen.check(not seen.value["reference has gradients"], "no gradient may reach the reference")

    @pytest.mark.trains
    @pytest.mark.parametrize("seed", [0, 1, 2])
    def test_it_learns(self, observe, seed):
        settings = {"dtype": "float32", "optimizer": "adamw", "learning_rate": 0.02, "batch_size": 4, "group_size": 16}
        seen = observe(scenarios.train, 15, reward="digit", kl_coef=0.0, seed=seed, max_new_tokens=2, **settings)
        rewards = [metrics["reward"] for metrics in seen.value["history"]]
        first, last = sum(rewards[:2]) / 2, sum(rewards[-2:]) / 2
        seen.check(
            last > first + 0.25, f"15 steps raise the reward by a quarter at least; it went {first:.2f} -> {last:.2f}"
        )

    @for_all(
        examples=8, seed=seeds, epochs=st.integers(1, 3), kl_coef=st.floats(0, 2), low=st.floats(0.05, 0.4),
        high=st.floats(0.05, 0.6), estimator=st.sampled_from(["k1", "k2", "k3"]), correction=st.booleans(),
        temperature=st.floats(0.5, 2),
    )  # fmt: skip
    def test_holds_for_all_batches(self, observe, seed, epochs, kl_coef, low, high, estimator, correction, temperature):
        draw = torch.Generator().manual_seed(seed)
        ids, starts = torch.randint(2, VOCABULARY, (3, 5), generator=draw), torch.randint(1, 4, (3, 1), generator=draw)
        rows = {
            "ids": ids,
            "mask": (torch.arange(5) >= starts).long(),
            "old_log_probs": -2.6 + 0.4 * torch.randn(3, 4, generator=draw, dtype=torch.float64),
            "ref_log_probs": -2.6 + 0.4 * torch.randn(3, 4, generator=draw, dtype=torch.float64),
            "advantages": torch.randn(3, generator=draw, dtype=torch.float64),
        }
        settings = {"clip_range": low, "clip_range_high": high, "kl_estimator": estimator, "kl_correction": correction}
        settings |= {"kl_coef": kl_coef, "temperature": temperature, "grpo_epochs": epochs, "learning_rate": 0.1}
        seen = observe(scenarios.updates, **rows, **settings, model_seed=seed)
        after, metrics = updates_by_hand(
            fresh_weights(seed)[0], rows, epochs, 0.1, low, high, kl_coef, estimator, correction, temperature
        )
        seen["after"].close(after, rtol=1e-5, atol=1e-7)
        seen["metrics"].close(metrics, rtol=1e-5, atol=1e-7)


@pytest.mark.exercise("16.16")
class TestSaveCheckpoint:
    @pytest.mark.parametrize("fails", ["model", "tokenizer", "settings", "interrupted"])
    def test_a_failure_leaves_nothing_behind(self, observe, fails):
        seen = observe(scenarios.save, fails=fails)
        seen["error"].close({"settings": "TypeError", "interrupted": "KeyboardInterrupt"}.get(fails, "OSError"))
        seen["files"].close({})
        seen["folders"].close([])

    @pytest.mark.parametrize("fails", ["model", "tokenizer", "settings", "interrupted"])
    def test_a_failure_leaves_what_was_there(self, observe, fails):
        whole = observe(scenarios.save, epochs=[1]).value["files"]
        seen = observe(scenarios.save, epochs=[1, 1], fails=fails)
        seen["error"].close({"settings": "TypeError", "interrupted": "KeyboardInterrupt"}.get(fails, "OSError"))
        seen["files"].close(whole)
        seen["folders"].close(["epoch_1"])

    def test_an_earlier_checkpoint_is_replaced(self, observe):
        seen = observe(scenarios.save, old_file="leftover.txt")
        seen.check("epoch_1/leftover.txt" not in seen.value["files"], "files of the earlier checkpoint are still there")
        seen["folders"].close(["epoch_1"])
        seen["error"].close(None)

    def test_what_a_killed_run_has_left_is_in_nobodys_way(self, observe):
        whole = observe(scenarios.save).value["files"]
        seen = observe(scenarios.save, epochs=[1, 1], killed=True)
        seen["error"].close(None)
        of_the_checkpoint = {name: text for name, text in seen.value["files"].items() if name.startswith("epoch_1/")}
        seen.check(sorted(of_the_checkpoint) == sorted(whole), f"the checkpoint holds {sorted(of_the_checkpoint)}")

    def test_later_epochs_leave_earlier_ones_alone(self, observe):
        seen = observe(scenarios.save, epochs=[1, 2, 10])
        seen["paths"].close(["epoch_1", "epoch_2", "epoch_10"])
        for epoch in (1, 2, 10):
            seen["files"][f"epoch_{epoch}/model.safetensors"].close({"w": torch.full((2,), float(epoch))})

    def test_nobody_finds_half_a_checkpoint(self, observe):
        # While model and tokenizer are saved, a folder epoch_1 is not there, or it is the whole earlier one.
        seen = observe(scenarios.save, epochs=[1, 1])
        whole = sorted(seen.value["files"])
        half = [names for names in seen.value["meanwhile"] if names not in ([], whole)]
        seen["meanwhile"].check(not half, f"while it was saving, a reader would have found only {half[:1]}")
        seen["meanwhile"].check(
            seen.value["meanwhile"][2:] == [whole] * 2, "the earlier one stays until the new is whole"
        )

    def test_the_settings_are_in_it_before_it_has_its_name(self, observe):
        seen = observe(scenarios.save, epochs=[1, 1])
        whole = sorted(seen.value["files"])
        half = [names for names in seen.value["reading"] if names not in ([], whole)]
        seen["reading"].check(not half, f"when the settings were read, a reader would have found only {half[:1]}")

    def test_it_is_renamed_not_copied(self, observe):
        # While a copy is made, whoever looks finds half of it; from another disk even a move is a copy.
        seen = observe(scenarios.save, epochs=[1, 1, 2])
        seen["same file"].close([True, True, True])
        seen["written within"].close([True, True, True])

    def test_makes_the_folder(self, observe):
        seen = observe(scenarios.save, nested="runs/of/mine")
        seen["paths"].close(["epoch_1"])
        seen["folders"].close(["runs", "runs/of", "runs/of/mine", "runs/of/mine/epoch_1"])

    def test_all_settings_as_json(self, observe):
        settings = {"name": "größer", "rate": 1e-6, "switches": [True, None, "x"], "depth": 0}
        seen = observe(scenarios.save, settings=settings)
        seen["files"]["epoch_1/run_config.json"].close(settings)

    @pytest.mark.parametrize("epoch", [0, -1])
    def test_refuses_epochs_before_the_first(self, observe, epoch):
        with observe.raises(ValueError):
            observe(scenarios.refuse_epoch, epoch)

    @pytest.mark.slow
    def test_transformers_reads_it_again(self, observe):
        seen = observe(scenarios.save_a_llama)
        seen.check(seen.value["same weights"], "from_pretrained must give the same weights")
        names = set(seen.value["names"])
        wanted = {"model.safetensors", "config.json", "run_config.json", "tokenizer.json"}
        seen.check(wanted <= names, f"missing: {sorted(wanted - names)}")
        seen["settings"]["group_size"].close(4)
        seen["settings"]["kl_coef"].close(0.01)

    @for_all(
        examples=6, epochs=st.lists(st.integers(1, 10**6), min_size=1, max_size=3, unique=True),
        name=st.text("ab ß\"\\", max_size=6), rate=st.floats(-1e9, 1e9), depth=st.integers(-9, 9),
    )  # fmt: skip
    def test_holds_for_all_runs(self, observe, epochs, name, rate, depth):
        settings = {"name": name, "rate": rate, "switches": [name, depth], "depth": depth}
        seen = observe(scenarios.save, epochs=epochs, settings=settings)
        seen["paths"].close([f"epoch_{epoch}" for epoch in epochs])
        expected = {}
        for epoch in epochs:
            expected[f"epoch_{epoch}/model.safetensors"] = {"w": torch.full((2,), float(epoch))}
            expected[f"epoch_{epoch}/tokenizer.json"] = f"tokenizer of epoch {epoch}"
            expected[f"epoch_{epoch}/run_config.json"] = settings
        seen["files"].close(expected)
