"""Robustness: missing scores, bad input, drawn inputs, proofs by enumeration, and whether it learns."""

import math

import pytest
import torch
from hypothesis import strategies as st
from lesson16_grpo_rlhf.loss.kl import kl_estimate, kl_term, reward_minus_kl
from lesson16_grpo_rlhf.loss.rlhf import rlhf_loss
from lesson16_grpo_rlhf.rewards.relative import relative_rewards, standardize
from lesson16_grpo_rlhf.rewards.reward_model import preference_loss
from lesson16_grpo_rlhf.rollout.dapo import length_penalty, overlong_filter
from lesson16_grpo_rlhf.testcases import scenarios
from lesson16_grpo_rlhf.training.measures import exact_kl, token_entropy

from course.base.property_tests import for_all

NAN = float("nan")
seeds = st.integers(0, 10**6)
quarters = st.integers(-8, 8).map(lambda n: n / 4)


def double(values):
    return torch.tensor(values, dtype=torch.float64)


def normal(seed, *shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.exercise("16.1")
class TestRelativeRewards:
    @for_all(examples=15, table=st.lists(st.lists(quarters, min_size=3, max_size=3), min_size=1, max_size=3))
    def test_equals_the_loop(self, observe, table):
        expected = [r - math.fsum(group) / 3 for group in table for r in group]
        observe(relative_rewards, double(table).flatten(), 3).close(double(expected))

    def test_a_response_without_a_score_stays_nan_and_does_not_count(self, observe):
        seen = observe(relative_rewards, double([1.0, NAN, 2.0, 4.0, 7.0, 1.0]), 3)
        seen.check(seen.value.isnan().tolist() == [False, True] + [False] * 4, "only the second one was not scored")
        seen[::2].close(double([-0.5, 0.5, 3.0]))

    def test_a_group_without_any_score(self, observe):
        seen = observe(relative_rewards, double([NAN, NAN, 1.0, 4.0]), 2)
        seen.check(seen.value.isnan().tolist() == [True, True, False, False], "the first group is not scored: NaN")
        seen[2:].close(double([-1.5, 1.5]))

    @pytest.mark.parametrize("size", [3, 7])
    @pytest.mark.parametrize("value", [0.1, 1 / 3, -7.7])
    def test_equal_rewards_give_exactly_zero_in_float32(self, observe, value, size):
        rewards = torch.cat([torch.full((size,), value), torch.arange(float(size))])
        seen = observe(relative_rewards, rewards, size)
        seen.check(bool((seen.value[:size] == 0).all()), "equal rewards: only exactly 0 gives no reason to learn")

    def test_input_stays_as_it_was(self, observe):
        observe(relative_rewards, double([1.0, NAN, 2.0, 2.0]), 2).inputs_unchanged()

    @pytest.mark.parametrize(("rewards", "size"), [([1.0, 0.0], 1), ([1.0, 2.0, 3.0], 2)])
    def test_refuses_what_makes_no_groups(self, observe, rewards, size):
        with observe.raises(ValueError):
            observe(relative_rewards, double(rewards), size)


@pytest.mark.exercise("16.2")
class TestStandardize:
    @for_all(examples=15, values=st.lists(quarters, min_size=2, max_size=6))
    def test_equals_the_loop(self, observe, values):
        mean = math.fsum(values) / len(values)
        std = math.sqrt(math.fsum((v - mean) ** 2 for v in values) / (len(values) - 1))
        observe(standardize, double(values)).close(double([(v - mean) / (std + 1e-4) for v in values]))

    def test_a_response_without_a_score_gets_zero_and_does_not_count(self, observe):
        a = 1 / (math.sqrt(2) + 1e-4)
        observe(standardize, double([2.0, NAN, 0.0])).close(double([a, 0.0, -a]))

    @pytest.mark.parametrize("values", [[NAN, NAN], [5.0, NAN], [0.0, 0.0, NAN]])
    def test_nothing_to_compare_gives_zero(self, observe, values):
        observe(standardize, double(values)).close(torch.zeros(len(values), dtype=torch.float64))


@pytest.mark.exercise("16.3")
class TestExactKl:
    @for_all(examples=15, seed=seeds)
    def test_equals_the_loop(self, observe, seed):
        logits = normal(seed, 2, 3, 5)
        p, q = logits.softmax(-1).tolist()
        rows = [math.fsum(x * math.log(x / y) for x, y in zip(a, b, strict=True)) for a, b in zip(p, q, strict=True)]
        observe(exact_kl, logits[0], logits[1]).close(double(rows), atol=1e-12)


@pytest.mark.exercise("16.4")
class TestTokenEntropy:
    @for_all(examples=15, seed=seeds, temperature=st.floats(0.25, 4))
    def test_equals_the_loop(self, observe, seed, temperature):
        logits = normal(seed, 2, 3, 4)
        rows = (logits / temperature).softmax(-1).flatten(0, 1).tolist()
        expected = double([-math.fsum(p * math.log(p) for p in row) for row in rows]).reshape(2, 3)
        observe(token_entropy, logits, temperature).close(expected)


@pytest.mark.exercise("16.5")
class TestKlEstimate:
    @for_all(examples=15, seed=seeds)
    def test_k1_and_k3_are_right_on_average(self, observe, seed):
        # No sampling: all 6 tokens, each weighted with its probability.
        lp, ref = normal(seed, 2, 6, 1).log_softmax(1)
        expected = (lp.exp() * (lp - ref)).sum()
        for name in ("k1", "k3"):
            seen = observe(kl_estimate, lp, ref, name)
            off = abs(float((lp.exp() * seen.value).sum() - expected))
            seen.check(off < 1e-12, f"the mean of {name} over all tokens is off the KL by {off}")

    @for_all(examples=15, seed=seeds)
    def test_k2_and_k3_are_never_negative(self, observe, seed):
        lp, ref = normal(seed, 2, 3, 4)
        for name in ("k2", "k3"):
            seen = observe(kl_estimate, lp, ref, name)
            seen.check(bool((seen.value >= -1e-12).all()), f"{name} is never negative")

    def test_nothing_is_limited(self, observe):
        # k = -4 and 40
        lp, ref = double([[-5.0, -1.0]]), double([[-1.0, -41.0]])
        observe(kl_estimate, lp, ref, "k1").close(double([[-4.0, 40.0]]))
        observe(kl_estimate, lp, ref, "k3").close(double([[math.exp(4) - 1 - 4, 39.0]]))

    def test_refuses_another_name(self, observe):
        with observe.raises(ValueError):
            observe(kl_estimate, double([[-1.0]]), double([[-1.0]]), "k9")


def expected_gradient(observe, logits, old_logits, ref_logits, estimator, correction=True):
    """(observation, expected value, expected gradient to the logits) of kl_term over the old policy's draws. Exact:
    every token of the vocabulary is a row of its own, weighted with the probability of drawing it."""
    lp, old, ref = (x.log_softmax(0)[:, None] for x in (logits, old_logits, ref_logits))
    seen = observe(kl_term, lp, old, ref, estimator, correction, grad_of="log_probs")
    to_lp = seen.grad("log_probs").value
    weighted = torch.zeros_like(logits) if to_lp is None else (old.exp() * to_lp)[:, 0]
    value = float((old.exp() * seen.value.detach()).sum())
    return seen, value, weighted - lp[:, 0].exp() * weighted.sum()  # through the log-softmax


def kl_and_gradient(logits, ref_logits):
    """KL(pi || ref) and its gradient to the logits of pi."""
    p, q = logits.softmax(0), ref_logits.softmax(0)
    kl = (p * (p / q).log()).sum()
    return float(kl), p * ((p / q).log() - kl)


def far(a, b):
    return float((a - b).abs().max())


@pytest.mark.exercise("16.6")
class TestKlTerm:
    """What the page says about gradients, proved with a vocabulary of six, enumerated: no luck."""

    @pytest.mark.parametrize("estimator", ["k1", "k2", "k3"])
    @for_all(examples=10, seed=seeds)
    def test_the_corrected_terms_have_the_gradient_of_the_kl(self, observe, seed, estimator):
        logits, old, ref = normal(seed, 3, 6)
        kl, gradient = kl_and_gradient(logits, ref)
        seen, value, found = expected_gradient(observe, logits, old, ref, estimator)
        off = far(found, gradient)
        seen.check(off < 1e-11, f"{estimator}: the expected gradient must be that of KL(pi || ref); off by {off}")
        wrong = 0.0 if estimator == "k2" else abs(value - kl)
        seen.check(wrong < 1e-11, f"{estimator}: the expected value must be KL(pi || ref); it is off by {wrong}")

    @for_all(examples=10, seed=seeds)
    def test_bare_k1_is_nothing_at_the_first_update_and_then_leads_away_from_the_old_policy(self, observe, seed):
        logits, old, ref = normal(seed, 3, 6)
        seen, _, first = expected_gradient(observe, logits, logits, ref, "k1", correction=False)
        off = far(first, torch.zeros(6))
        seen.check(off < 1e-12, f"at the first update bare k1 has the expected gradient 0; this is off by {off}")
        seen, _, later = expected_gradient(observe, logits, old, ref, "k1", correction=False)
        off = far(later, -(logits.softmax(0) - old.softmax(0)))  # minus the gradient of KL(old || pi)
        seen.check(off < 1e-12, f"later it has that of -KL(old || pi), whatever the reference is; off by {off}")

    @for_all(examples=10, seed=seeds)
    def test_bare_k2_and_k3_on_policy(self, observe, seed):
        logits, ref = normal(seed, 2, 6)
        seen, _, found = expected_gradient(observe, logits, logits, ref, "k2", correction=False)
        off = far(found, kl_and_gradient(logits, ref)[1])
        seen.check(off < 1e-11, f"bare k2 has the expected gradient of KL(pi || ref); this is off by {off}")
        seen, _, found = expected_gradient(observe, logits, logits, ref, "k3", correction=False)
        off = far(found, logits.softmax(0) - ref.softmax(0))
        seen.check(off < 1e-11, f"bare k3 has the expected gradient of KL(ref || pi); this is off by {off}")

    @pytest.mark.parametrize("estimator", ["k1", "k2", "k3"])
    def test_summed_over_a_response_it_is_not_the_gradient_of_the_kl(self, observe, estimator):
        # The four responses of 16.17's example: the KL of whole responses has the gradient 0.151 and -0.151 at token 1.
        # Token 1 is as likely as in the reference, so its own term has none, and the term of token 2 does not know it.
        p = 1 / (1 + math.exp(-4))
        lp = double([[0.5, p], [0.5, 1 - p], [0.5, 0.5], [0.5, 0.5]]).log()
        ref = torch.full((4, 2), 0.5, dtype=torch.float64).log()
        seen = observe(kl_term, lp, lp, ref, estimator, grad_of="log_probs")
        first = double([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])  # which value token 1 has
        to_first = seen.grad("log_probs").value[:, :1]
        off = far((lp.sum(1).exp()[:, None] * to_first * (first - 0.5)).sum(0), torch.zeros(2))
        seen.check(off < 1e-12, f"the expected gradient at token 1 is 0 for a term per token; it is {off}")


def loss_by_loop(lp, old, advantages, mask, low, high, kl_coef, ref, estimator, correction):
    terms = []
    for b, row in enumerate(lp):
        for t, now in enumerate(row):
            if mask[b][t]:
                ratio, k = math.exp(now - old[b][t]), now - ref[b][t]
                clipped = min(max(ratio, 1 - low), 1 + high)
                estimate = {"k1": k, "k2": k * k / 2, "k3": math.exp(-k) - 1 + k}[estimator]
                kl = kl_coef * estimate * (ratio if correction else 1)
                terms.append(-min(ratio * advantages[b], clipped * advantages[b]) + kl)
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
    def test_a_loss_of_zero_can_be_trained_on(self, observe):
        # Equal rewards: all advantages are 0, and a trainer calls backward() all the same.
        lp = double([[-1.0, -2.0]])
        seen = observe(rlhf_loss, lp, lp, double([0.0]), torch.tensor([[1, 1]]), grad_of="log_probs")
        seen.check(seen.value.requires_grad, "the loss is 0 and a constant: backward() fails on it")

    @for_all(seed=seeds, low=st.floats(0.05, 0.5), high=st.floats(0.05, 0.5), kl_coef=st.sampled_from([0.0, 0.04, 1.0]),
             estimator=st.sampled_from(["k1", "k2", "k3"]), correction=st.booleans())  # fmt: skip
    def test_equals_the_loop(self, observe, seed, low, high, kl_coef, estimator, correction):
        *batch, ref = some_batch(seed)
        expected = loss_by_loop(*(x.tolist() for x in batch), low, high, kl_coef, ref.tolist(), estimator, correction)
        observe(rlhf_loss, *batch, low, high, kl_coef, ref, estimator, correction).close(expected)

    def test_what_the_mask_hides_has_no_influence(self, observe):
        lp, old, advantages, mask, ref = some_batch(6)
        mask[0, 0] = mask[2] = 0
        clean = observe(rlhf_loss, lp, old, advantages, mask, 0.2, 0.28, 0.5, ref, grad_of="log_probs")
        lp, old, ref = (x.masked_fill(mask == 0, NAN) for x in (lp, old, ref))
        seen = observe(rlhf_loss, lp, old, advantages, mask, 0.2, 0.28, 0.5, ref, grad_of="log_probs")
        seen.close(clean.value.detach())
        seen.grad("log_probs").close(clean.grad("log_probs").value)

    def test_a_batch_of_nothing_but_truncated_responses(self, observe):
        lp, old, advantages, mask, ref = some_batch(7)
        arguments = (lp, old, advantages, torch.zeros_like(mask), 0.2, 0.28, 0.5, ref)
        seen = observe(rlhf_loss, *arguments, grad_of="log_probs")
        seen.close(0.0)
        seen.grad("log_probs").close(torch.zeros_like(lp))

    def test_without_a_price_the_reference_does_not_matter(self, observe):
        *batch, ref = some_batch(8)
        expected = observe(rlhf_loss, *batch).value.detach()
        observe(rlhf_loss, *batch, ref_log_probs=torch.full_like(ref, NAN)).close(expected)

    def test_inputs_stay_as_they_were(self, observe):
        *batch, ref = some_batch(11)
        observe(rlhf_loss, *batch, 0.2, 0.28, 0.1, ref).inputs_unchanged()

    def test_refuses_a_price_without_a_reference(self, observe):
        with observe.raises(ValueError):
            observe(rlhf_loss, *some_batch(1)[:4], kl_coef=0.1)

    @pytest.mark.parametrize("which", [1, 2, 3, 4])
    def test_refuses_shapes_that_do_not_fit(self, observe, which):
        batch = list(some_batch(1))
        batch[which] = batch[which][:1]  # one row instead of three: it would broadcast
        lp, old, advantages, mask, ref = batch
        with observe.raises(ValueError):
            observe(rlhf_loss, lp, old, advantages, mask, 0.2, 0.2, 0.1, ref)


@pytest.mark.exercise("16.8")
class TestPreferenceLoss:
    @pytest.mark.parametrize(("difference", "loss", "gradient"), [(-1000.0, 1000.0, -1.0), (1000.0, 0.0, 0.0)])
    def test_far_apart_stays_finite(self, observe, difference, loss, gradient):
        seen = observe(preference_loss, double([difference]), double([0.0]), grad_of="chosen")
        seen.close(loss)
        seen.grad("chosen").close(double([gradient]))

    @for_all(examples=10, seed=seeds, shift=quarters)
    def test_only_differences_count(self, observe, seed, shift):
        chosen, rejected = normal(seed, 2, 3)
        shifts = shift * double([1.0, 2.0, -1.0])  # each pair's own zero point
        expected = observe(preference_loss, chosen, rejected).value
        observe(preference_loss, chosen + shifts, rejected + shifts).close(expected.detach())

    def test_refuses_shapes_that_broadcast(self, observe):
        with observe.raises(ValueError):
            observe(preference_loss, double([1.0, 2.0]), double([1.0]))


PAIRS = [("1+1=", "aab", "cd"), ("2=", "a", "bcdefgh hgfedcb"), ("3+3+3=", "hg", "b"), ("1=", "ab cd ef gh", "e")]


@pytest.mark.exercise("16.9")
class TestRewardModelStep:
    @pytest.mark.parametrize("training", [True, False])
    def test_the_model_stays_in_its_mode(self, observe, training):
        plain = observe(scenarios.one_reward_model_step, PAIRS, training=training).value["after"]
        seen = observe(scenarios.one_reward_model_step, PAIRS, training=training, dropout=0.5)
        seen["training"].close(training)
        same = all(torch.equal(plain[n], v) for n, v in seen.value["after"].items())
        seen.check(same != training, "dropout is at work in training mode, and only there")

    def test_no_more_than_two_forwards(self, observe):
        seen = observe(scenarios.one_reward_model_step, PAIRS)
        seen.check(seen.value["forwards"] <= 2, f"all rows fit in one batch, or two; not {seen.value['forwards']}")

    @pytest.mark.trains
    @pytest.mark.parametrize("seed", [0, 1, 2])
    def test_it_learns_what_is_preferred(self, observe, seed):
        seen = observe(scenarios.fit_a_reward_model, epochs=12, seed=seed)
        right = int((seen.value["chosen"] > seen.value["rejected"]).sum())
        seen.check(right >= 26, f"of 32 pairs that it never saw, it orders {right} rightly; 26 at least")

    @pytest.mark.slow
    def test_with_transformers(self, observe):
        seen = observe(scenarios.one_classifier_step, PAIRS)
        before, after = (x.double()[:4] - x.double()[4:] for x in (seen.value["before"], seen.value["after"]))
        seen["metrics"]["loss"].close(float((1 + (-before).exp()).log().mean()), rtol=1e-4)
        seen.check(
            bool((1 + (-after).exp()).log().mean() < (1 + (-before).exp()).log().mean()), "a step must lower the loss"
        )


@pytest.mark.exercise("16.10")
class TestDynamicSampling:
    groups = st.lists(st.sampled_from([0.0, 1.0, 0.5, NAN]), min_size=3, max_size=3)

    @for_all(script=st.lists(groups, min_size=1, max_size=5), wanted=st.integers(1, 4), rounds=st.integers(1, 4))
    def test_equals_the_loop(self, observe, script, wanted, rounds):
        kept, asked, number = [], [], 0
        while len(kept) < wanted and len(asked) < rounds:
            asked.append(wanted - len(kept))
            for _ in range(asked[-1]):
                if len({r for r in script[number % len(script)] if not math.isnan(r)}) > 1:
                    kept.append(number)
                number += 1
        seen = observe(scenarios.sample_dynamically, script, wanted, rounds)
        seen.close({"kept": kept, "drawn": list(range(number)), "asked": asked})

    @pytest.mark.parametrize(
        ("group", "signal"), [([NAN, NAN], False), ([1.0, NAN, 1.0], False), ([1.0, NAN, 0.0], True)]
    )
    def test_what_is_not_scored_is_no_difference(self, observe, group, signal):
        observe(scenarios.sample_dynamically, [group], 1, 1)["kept"].close([0] if signal else [])

    def test_the_error_of_a_draw_reaches_the_caller(self, observe):
        with observe.raises(ZeroDivisionError):
            observe(scenarios.sample_from_a_broken_source)


@pytest.mark.exercise("16.11")
class TestOverlongFilter:
    def test_the_given_mask_stays_as_it_was(self, observe):
        mask = torch.tensor([[0, 1, 1], [0, 1, 0]])
        seen = observe(overlong_filter, mask, [torch.tensor([5, 6]), torch.tensor([1])], 1)
        seen.inputs_unchanged()
        seen.has_dtype(torch.int64, "an integer mask gives an integer mask")


@pytest.mark.exercise("16.12")
class TestLengthPenalty:
    @for_all(lengths=st.lists(st.integers(0, 40), min_size=1, max_size=6), longest=st.integers(1, 30), data=st.data())
    def test_equals_the_three_cases(self, observe, lengths, longest, data):
        cache = data.draw(st.integers(1, longest))
        free = longest - cache
        expected = [0.0 if n <= free else -1.0 if n > longest else (free - n) / cache for n in lengths]
        responses = [torch.full((n,), 5) for n in lengths]
        observe(length_penalty, responses, longest, cache).close(torch.tensor(expected), rtol=1e-5)

    @pytest.mark.parametrize("cache", [0, 11])
    def test_refuses_a_cache_that_does_not_fit(self, observe, cache):
        with observe.raises(ValueError):
            observe(length_penalty, [torch.tensor([5])], 10, cache)


TWO = {"group_size": 2, "batch_size": 2}


@pytest.mark.exercise("16.14")
class TestCollect:
    def test_prompts_come_in_the_streams_order_each_once(self, observe):
        seen = observe(scenarios.collect, [[1.0, 1.0]], **TWO, dynamic_sampling=True, max_rounds=4)
        draw = torch.Generator().manual_seed(11)
        order = [i for _ in range(2) for i in torch.randperm(5, generator=draw).tolist()][:8]
        prompts = [scenarios.PROMPTS[i] for i in order]
        seen["calls"].close([prompts[i : i + 2] for i in range(0, 8, 2)])

    def test_fewer_groups_than_wanted_are_trained_all_the_same(self, observe):
        seen = observe(scenarios.collect, [[1.0, 0.0], [2.0, 2.0]], **TWO, dynamic_sampling=True, max_rounds=1)
        seen["batch"]["advantages"].close(torch.tensor([0.5, -0.5]) / math.sqrt(0.5), rtol=1e-3)

    def test_the_error_of_a_draw_reaches_the_caller(self, observe):
        with observe.raises(ZeroDivisionError):
            observe(scenarios.collect_from_a_broken_source)

    def test_without_a_reference(self, observe):
        observe(scenarios.collect, [[1.0, 0.0]], **TWO, reference=False)["batch"]["ref_log_probs"].close(None)

    def test_the_reference_is_watched_even_if_the_kl_costs_nothing(self, observe):
        seen = observe(scenarios.collect, [[1.0, 0.0]], **TWO, kl_coef=0.0)
        seen.check(seen.value["batch"]["ref_log_probs"] is not None, "the metric kl needs them")

    def test_no_gradient_and_few_forwards(self, observe):
        seen = observe(scenarios.collect, [[1.0, 0.0]], **TWO)
        seen["gradients"].close({"policy": [False], "reference": [False]})

    def test_a_reward_model_that_returns_nan_has_not_scored(self, observe):
        seen = observe(scenarios.collect, [[NAN, NAN], [1.0, 0.0]], **TWO)
        seen["batch"]["advantages"].close(torch.tensor([0, 0, 0.5, -0.5]) / math.sqrt(0.5), rtol=1e-3)


ROWS = {
    "ids": torch.tensor([[3, 4, 5, 1], [6, 1, 0, 0]]),
    "mask": torch.tensor([[0, 0, 1, 1], [0, 1, 0, 0]]),
    "old_log_probs": double([[0.0, -2.5, -2.5], [-2.5, 0.0, 0.0]]),
    "ref_log_probs": double([[-1.0, -2.4, -2.7], [-2.2, -1.0, -1.0]]),
    "advantages": double([1.0, -1.0]),
    "grpo_epochs": 1,
}


@pytest.mark.exercise("16.15")
class TestUpdate:
    @pytest.mark.parametrize("first_column", [0, 1])
    def test_no_token_counts_no_step(self, observe, first_column):
        # Column 0 has no log-probability: a mask that counts it alone counts nothing.
        mask = torch.zeros_like(ROWS["mask"])
        mask[:, 0] = first_column
        seen = observe(scenarios.updates, **{**ROWS, "mask": mask})
        seen["after"].close(seen.value["before"], rtol=0, atol=0)
        seen["steps"].close(0)
        seen["metrics"].close({"loss": 0.0, "grad_norm": 0.0, "clip_fraction": 0.0, "kl": 0.0})

    def test_without_a_reference(self, observe):
        expected = observe(scenarios.updates, **ROWS, kl_coef=0.0).value["after"]
        seen = observe(scenarios.updates, **{**ROWS, "ref_log_probs": None})
        seen["after"].close(expected)
        seen["metrics"]["kl"].close(0.0)

    def test_the_policy_is_not_put_into_training_mode(self, observe):
        plain = observe(scenarios.updates, **ROWS).value["after"]
        observe(scenarios.updates, **ROWS, dropout=0.5)["after"].close(
            plain, says="with dropout the ratio is not 1 although nothing has changed"
        )

    def test_the_batch_stays_as_it_was(self, observe):
        observe(scenarios.updates, **ROWS).inputs_unchanged()

    @pytest.mark.trains
    def test_the_reference_does_not_move_while_the_policy_does(self, observe):
        seen = observe(scenarios.train, 3, grpo_epochs=1)
        seen["reference after"].close(seen.value["reference before"], rtol=0, atol=0)
        moved = max(far(seen.value["after"][n], seen.value["before"][n]) for n in seen.value["after"])
        seen.check(moved > 0, "the policy must move")

    @pytest.mark.trains
    @pytest.mark.parametrize("reward", ["nan", "some nan", "equal"])
    def test_steps_without_much_reward_stay_finite(self, observe, reward):
        seen = observe(scenarios.train, 1, reward=reward, grpo_epochs=1)
        finite = all(bool(v.isfinite().all()) for v in seen.value["after"].values())
        seen.check(finite, "a reward model that returns NaN, or the same for all, must not break the policy")

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


@pytest.mark.exercise("16.17")
class TestRewardMinusKl:
    @for_all(examples=10, seed=seeds, kl_coef=st.floats(0, 2))
    def test_equals_the_loop(self, observe, seed, kl_coef):
        lp, _, rewards, mask, ref = some_batch(seed)
        rows = zip(lp.tolist(), ref.tolist(), mask.tolist(), strict=True)
        sums = [math.fsum(a - b for a, b, c in zip(*row, strict=True) if c) for row in rows]
        expected = [r - kl_coef * s for r, s in zip(rewards.tolist(), sums, strict=True)]
        observe(reward_minus_kl, rewards, lp, ref, mask, kl_coef).close(double(expected))

    def test_what_is_not_scored_stays_so_and_what_the_mask_hides_has_no_influence(self, observe):
        lp, mask = double([[-1.0, NAN], [-1.0, -1.0]]), torch.tensor([[1, 0], [1, 1]])
        seen = observe(reward_minus_kl, double([1.0, NAN]), lp, double([[-2.0, NAN], [-1.0, -1.0]]), mask, 0.5)
        seen[0].close(0.5)
        seen.check(bool(seen.value[1].isnan()), "a response that was not scored stays NaN")
