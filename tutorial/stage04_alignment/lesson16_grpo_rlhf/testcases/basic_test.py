"""Is the algorithm right? Every exercise of lesson 16, on small numbers that a pocket calculator gives."""

import itertools
import math

import pytest
import torch
from lesson16_grpo_rlhf.loss.kl import kl_estimate, kl_term, reward_minus_kl
from lesson16_grpo_rlhf.loss.rlhf import rlhf_loss
from lesson16_grpo_rlhf.rewards.relative import relative_rewards, standardize
from lesson16_grpo_rlhf.rewards.reward_model import preference_loss
from lesson16_grpo_rlhf.rollout.dapo import length_penalty, overlong_filter
from lesson16_grpo_rlhf.testcases import scenarios
from lesson16_grpo_rlhf.training.measures import exact_kl, token_entropy

from course.base.property_tests import drawn
from lab.models.char_tokenizer import CharTokenizer
from lab.models.drawn_logits import added
from lab.models.tiny_language_models import TinyLM
from lab.models.tiny_reward_model import TinyScorer


def double(values):
    return torch.tensor(values, dtype=torch.float64)


def numbers(draw, rows, columns, least=-2.0, most=2.0):
    """A table of numbers, as lists."""
    return [[draw.uniform(least, most) for _ in range(columns)] for _ in range(rows)]


def some_seed():
    return drawn().randrange(10**6)


def mean_of(values):
    return sum(values) / len(values)


def standardized(values, eps=1e-4):
    """Minus the mean, over the unbiased standard deviation + eps."""
    mean = mean_of(values)
    std = math.sqrt(sum((v - mean) ** 2 for v in values) / (len(values) - 1))
    return [(v - mean) / (std + eps) for v in values]


def probabilities(logits):
    return [math.exp(x) / sum(math.exp(y) for y in logits) for x in logits]


def estimate_of(estimator, lp, ref):
    """The KL estimate of one token."""
    k = lp - ref
    return {"k1": k, "k2": k * k / 2, "k3": math.exp(-k) - 1 + k}[estimator]


def slope_of(estimator, lp, ref):
    """Its derivative by lp."""
    return {"k1": 1.0, "k2": lp - ref, "k3": 1 - math.exp(ref - lp)}[estimator]


def slope_of_term(estimator, correction, now, old, ref):
    """The derivative of a token's KL term by the present log-probability: for k2 the ratio is a constant."""
    slope, ratio = slope_of(estimator, now, ref), math.exp(now - old)
    if not correction:
        return slope
    return ratio * (slope if estimator == "k2" else slope + estimate_of(estimator, now, ref))


@pytest.mark.exercise("16.1")
class TestRelativeRewards:
    def test_minus_the_mean_of_the_group(self, observe):
        # the page's example: means 2 and 10
        observe(relative_rewards, double([3.0, 1.0, 8.0, 12.0]), 2).close(double([1.0, -1.0, -2.0, 2.0]))

    def test_groups_stand_one_after_the_other(self, observe):
        # means 2 and -1
        seen = observe(relative_rewards, double([3.0, 1.0, 2.0, 6.0, -4.0, -5.0]), 3)
        seen.close(double([1.0, -1.0, 0.0, 7.0, -3.0, -4.0]))

    def test_groups_drawn_at_random(self, observe):
        draw = drawn()
        group_size = draw.randint(2, 5)
        groups = numbers(draw, 3, group_size)
        rewards, expected = [r for group in groups for r in group], [r - mean_of(g) for g in groups for r in g]
        observe(relative_rewards, double(rewards), group_size).close(double(expected))


@pytest.mark.exercise("16.2")
class TestStandardize:
    def test_one_deviation_for_all(self, observe):
        # the page's example: squares 1 + 1 + 4 + 4 over 3
        std = math.sqrt(10 / 3) + 1e-4
        observe(standardize, double([1.0, -1.0, -2.0, 2.0])).close(double([1.0, -1.0, -2.0, 2.0]) / std)

    def test_the_mean_is_subtracted(self, observe):
        # mean 3, squares 4 + 1 + 9 over 2
        std = math.sqrt(7) + 1e-4
        observe(standardize, double([1.0, 2.0, 6.0])).close(double([-2.0, -1.0, 3.0]) / std)

    def test_eps_is_added_to_the_deviation(self, observe):
        # squares 1 + 4 + 1 over 2
        observe(standardize, double([1.0, -2.0, 1.0]), eps=0.5).close(double([1.0, -2.0, 1.0]) / (math.sqrt(3) + 0.5))

    def test_values_drawn_at_random(self, observe):
        draw = drawn()
        (values,) = numbers(draw, 1, draw.randint(3, 9))
        observe(standardize, double(values)).close(double(standardized(values)))
        observe(standardize, double(values), eps=0.5).close(double(standardized(values, 0.5)))


@pytest.mark.exercise("16.3")
class TestExactKl:
    def test_worked_example(self, observe):
        p, q = double([[0.5, 0.25, 0.25], [0.5, 0.5, 1e-9]]), double([[0.25, 0.25, 0.5], [0.25, 0.5, 0.25]])
        # 0.5 log 2 + 0.25 log 1/2; and 0.5 log 2. Adding 3 to the logits of a row changes nothing.
        observe(exact_kl, p.log() + 3, q.log()).close(double([0.25, 0.5]) * math.log(2), rtol=1e-6, atol=1e-7)

    def test_gradient_to_both(self, observe):
        p, q = double([0.5, 0.25, 0.25]), double([0.25, 0.25, 0.5])
        seen = observe(exact_kl, p.log()[None], q.log()[None], grad_of=("logits", "ref_logits"))
        seen.grad("logits").close((p * ((p / q).log() - 0.25 * math.log(2)))[None])
        seen.grad("ref_logits").close((q - p)[None])

    def test_logits_drawn_at_random(self, observe):
        draw = drawn()
        logits, ref_logits = numbers(draw, 3, 5), numbers(draw, 3, 5)
        expected = []
        for p, q in zip(map(probabilities, logits), map(probabilities, ref_logits), strict=True):
            expected.append(sum(a * math.log(a / b) for a, b in zip(p, q, strict=True)))
        observe(exact_kl, double(logits), double(ref_logits)).close(double(expected))


@pytest.mark.exercise("16.4")
class TestTokenEntropy:
    def test_uniform_and_almost_certain(self, observe):
        seen = observe(token_entropy, double([[[0.0] * 4, [1000.0, 0.0, 0.0, 0.0]]]))
        seen.close(double([[math.log(4), 0.0]]))

    def test_temperature_divides_the_logits(self, observe):
        # Odds of 9 at temperature 1 are odds of 3 at temperature 2.
        expected = -(0.75 * math.log(0.75) + 0.25 * math.log(0.25))
        observe(token_entropy, double([[[math.log(9), 0.0]]]), temperature=2.0).close(double([[expected]]))

    def test_logits_drawn_at_random(self, observe):
        draw = drawn()
        rows, temperature = [numbers(draw, 3, 5), numbers(draw, 3, 5)], draw.uniform(0.5, 2.0)
        expected = [[-sum(p * math.log(p) for p in probabilities([x / temperature for x in logits])) for logits in row]
                    for row in rows]  # fmt: skip
        # 1000 more for all logits changes nothing.
        observe(token_entropy, double(rows) + 1000, temperature=temperature).close(double(expected))


@pytest.mark.exercise("16.5")
class TestKlEstimate:
    # Tokens that are half as likely as in the reference, and twice as likely: k = -log 2 and log 2.
    LP, REF, LOG2 = double([[0.25, 0.5]]).log(), double([[0.5, 0.25]]).log(), math.log(2)

    @pytest.mark.parametrize(("name", "unlikely", "likely"), [
        ("k1", -LOG2, LOG2), ("k2", LOG2**2 / 2, LOG2**2 / 2), ("k3", 2 - 1 - LOG2, 0.5 - 1 + LOG2),
    ])  # fmt: skip
    def test_value(self, observe, name, unlikely, likely):
        observe(kl_estimate, self.LP, self.REF, name).close(double([[unlikely, likely]]))

    @pytest.mark.parametrize(
        ("name", "unlikely", "likely"), [("k1", 1.0, 1.0), ("k2", -LOG2, LOG2), ("k3", 1 - 2, 1 - 0.5)]
    )
    def test_gradient_to_the_policy_alone(self, observe, name, unlikely, likely):
        seen = observe(kl_estimate, self.LP, self.REF, name, grad_of=("log_probs", "ref_log_probs"))
        seen.grad("log_probs").close(double([[unlikely, likely]]))
        seen.grad("ref_log_probs").no_gradient("the reference is a constant: no gradient may flow into it")

    def test_k3_is_the_default(self, observe):
        observe(kl_estimate, double([[-1.0]]), double([[-2.0]])).close(double([[math.exp(-1)]]))

    @pytest.mark.parametrize("estimator", ["k1", "k2", "k3"])
    def test_tokens_drawn_at_random(self, observe, estimator):
        lp, ref = numbers(drawn(), 2, 5, -4.0, -0.5)
        names = [] if estimator == "k3" else [estimator]  # k3 is the default
        seen = observe(kl_estimate, double([lp]), double([ref]), *names, grad_of=("log_probs", "ref_log_probs"))
        seen.close(double([[estimate_of(estimator, a, b) for a, b in zip(lp, ref, strict=True)]]))
        seen.grad("log_probs").close(double([[slope_of(estimator, a, b) for a, b in zip(lp, ref, strict=True)]]))
        seen.grad("ref_log_probs").no_gradient("the reference is a constant: no gradient may flow into it")


def expected_gradient(observe, logits, old_logits, ref_logits, estimator, correction=True):
    """The gradient to the logits of the expectation, over the old policy's draws, of kl_term. Exact, nothing is
    sampled: every token of the vocabulary is a row, weighted with the probability of drawing it."""
    lp, old, ref = (x.log_softmax(0)[:, None] for x in (logits, old_logits, ref_logits))
    seen = observe(kl_term, lp, old, ref, estimator, correction, grad_of="log_probs")
    to_lp = seen.grad("log_probs").value
    weighted = torch.zeros_like(logits) if to_lp is None else (old.exp() * to_lp)[:, 0]
    return seen, weighted - lp[:, 0].exp() * weighted.sum()  # through the log-softmax


@pytest.mark.exercise("16.6")
class TestKlTerm:
    # Probability 0.5 now, 0.25 when it was drawn, 0.125 in the reference: ratio 2, k = log 4.
    NOW, OLD, REF, K = double([[0.5]]).log(), double([[0.25]]).log(), double([[0.125]]).log(), math.log(4)

    @pytest.mark.parametrize(("estimator", "estimate"), [("k1", K), ("k2", K**2 / 2), ("k3", 0.25 - 1 + K)])
    def test_the_ratio_weighs_the_estimate(self, observe, estimator, estimate):
        observe(kl_term, self.NOW, self.OLD, self.REF, estimator).close(double([[2 * estimate]]))

    @pytest.mark.parametrize(("estimator", "estimate"), [("k1", K), ("k2", K**2 / 2), ("k3", 0.25 - 1 + K)])
    def test_without_correction_it_is_the_estimate(self, observe, estimator, estimate):
        observe(kl_term, self.NOW, self.OLD, self.REF, estimator, correction=False).close(double([[estimate]]))

    @pytest.mark.parametrize(("estimator", "gradient"), [("k1", 2 * (K + 1)), ("k2", 2 * K), ("k3", 2 * K)])
    def test_gradient_of_one_token(self, observe, estimator, gradient):
        names = ("log_probs", "old_log_probs", "ref_log_probs")
        seen = observe(kl_term, self.NOW, self.OLD, self.REF, estimator, grad_of=names)
        seen.grad("log_probs").close(double([[gradient]]))
        seen.grad("old_log_probs").no_gradient("the old log-probabilities are constants")
        seen.grad("ref_log_probs").no_gradient("the reference is a constant")

    def test_each_token_has_its_own_ratio(self, observe):
        # Ratios 2 and 1/2, k = log 2 for both.
        now, old = double([[0.5, 0.25]]).log(), double([[0.25, 0.5]]).log()
        observe(kl_term, now, old, now - math.log(2), "k1").close(double([[2.0, 0.5]]) * math.log(2))

    @pytest.mark.parametrize("old", [[0.0, 1.0, 2.0], [1.0, 1.0, 0.0]])
    @pytest.mark.parametrize("estimator", ["k1", "k2", "k3"])
    def test_the_expected_gradient_is_that_of_the_kl(self, observe, estimator, old):
        # The page's example, with tokens that the policy itself has drawn, and with those of an older one.
        logits, ref = double([0.0, 1.0, 2.0]), double([0.25, 0.25, 0.5]).log()
        p, q = logits.softmax(0), ref.exp()
        wanted = p * ((p / q).log() - (p * (p / q).log()).sum())
        seen, gradient = expected_gradient(observe, logits, double(old), ref, estimator)
        off = float((gradient - wanted).abs().max())
        seen.check(off < 1e-12, f"{estimator}: the expected gradient must be that of KL(pi || ref); off by {off}")

    @pytest.mark.parametrize("correction", [True, False])
    @pytest.mark.parametrize("estimator", ["k1", "k2", "k3"])
    def test_tokens_drawn_at_random(self, observe, estimator, correction):
        now, old, ref = numbers(drawn(), 3, 5, -4.0, -0.5)
        expected, slopes, names = [], [], ("log_probs", "old_log_probs", "ref_log_probs")
        for a, b, c in zip(now, old, ref, strict=True):
            expected.append((math.exp(a - b) if correction else 1.0) * estimate_of(estimator, a, c))
            slopes.append(slope_of_term(estimator, correction, a, b, c))
        seen = observe(kl_term, double([now]), double([old]), double([ref]), estimator, correction, grad_of=names)
        seen.close(double([expected]))
        seen.grad("log_probs").close(double([slopes]))
        for name in names[1:]:
            seen.grad(name).no_gradient(f"{name} are constants")


ONE_TOKEN = torch.tensor([[1]])


@pytest.mark.exercise("16.7")
class TestRlhfLoss:
    @pytest.mark.parametrize(("advantage", "ratio", "loss", "gradient"), [
        (1.0, 1.25, -1.25, -1.25),  # inside the wider upper bound: pushed up
        (1.0, 2.0, -1.28, 0.0),
        (1.0, 0.5, -0.5, -0.5),
        (-1.0, 0.5, 0.8, 0.0),
        (-1.0, 0.75, 0.8, 0.0),  # outside the lower bound, which is the narrower one
        (-1.0, 1.25, 1.25, 1.25),
        (-1.0, 2.0, 2.0, 2.0),
    ])  # fmt: skip
    def test_clip_higher(self, observe, advantage, ratio, loss, gradient):
        old = double([[-1.5]])
        seen = observe(
            rlhf_loss, old + math.log(ratio), old, double([advantage]), ONE_TOKEN, 0.2, 0.28, grad_of="log_probs"
        )
        seen.close(loss)
        seen.grad("log_probs").close(double([[gradient]]))

    def test_only_response_tokens_count_and_all_alike(self, observe):
        # The mean over the three tokens, not over two means of rows.
        lp = double([[-1.0, -2.0, -3.0], [-1.0, -2.0, -3.0]])
        mask = torch.tensor([[0, 1, 1], [0, 1, 0]])
        seen = observe(rlhf_loss, lp, lp, double([1.0, -0.5]), mask, grad_of="log_probs")
        seen.close(-(2 * 1.0 - 0.5) / 3)
        seen.grad("log_probs").close(double([[0, -1, -1], [0, 0.5, 0]]) / 3)

    def test_the_kl_is_added_with_its_price(self, observe):
        # Ratio 1: -1 for each token; k3 of the first is 2 - 1 - log 2, of the second 0.
        lp, ref = double([[0.25, 0.5]]).log(), double([[0.5, 0.5]]).log()
        seen = observe(rlhf_loss, lp, lp, double([1.0]), torch.tensor([[1, 1]]), kl_coef=0.5, ref_log_probs=ref)
        seen.close(-1 + 0.5 * (1 - math.log(2)) / 2)

    @pytest.mark.parametrize(("estimator", "correction", "kl", "gradient"), [
        ("k1", True, 2 * math.log(2), 2 * (math.log(2) + 1)),
        ("k2", True, math.log(2) ** 2, 2 * math.log(2)),
        ("k3", True, 2 * (0.5 - 1 + math.log(2)), 2 * math.log(2)),
        ("k3", False, 0.5 - 1 + math.log(2), 1 - 0.5),
    ])  # fmt: skip
    def test_the_kl_is_the_chosen_one_and_not_clipped(self, observe, estimator, correction, kl, gradient):
        # A > 0 and ratio 2: the clip has removed the first term's gradient; that of the KL is still there. k = log 2.
        now, old, ref = (double([[p]]).log() for p in (0.5, 0.25, 0.25))
        arguments = (now, old, double([1.0]), ONE_TOKEN, 0.2, 0.28, 0.1, ref, estimator, correction)
        seen = observe(rlhf_loss, *arguments, grad_of="log_probs")
        seen.close(-1.28 + 0.1 * kl)
        seen.grad("log_probs").close(double([[0.1 * gradient]]))

    def test_constants_are_constants(self, observe):
        lp, mask = double([[-1.0, -2.0]]), torch.tensor([[1, 1]])
        names = ("old_log_probs", "advantages", "ref_log_probs")
        seen = observe(rlhf_loss, lp, lp - 0.1, double([1.0]), mask, kl_coef=0.1, ref_log_probs=lp - 0.5, grad_of=names)
        for name in names:
            seen.grad(name).no_gradient(f"{name} are constants: no gradient may flow into them")

    @pytest.mark.parametrize("correction", [True, False])
    @pytest.mark.parametrize("estimator", ["k1", "k2", "k3"])
    def test_batches_drawn_at_random(self, observe, estimator, correction):
        draw = drawn()
        old, moves, ref = (numbers(draw, 3, 4, *ends) for ends in ((-4.0, -1.0), (-0.5, 0.5), (-4.0, -1.0)))
        advantages, mask = numbers(draw, 1, 3)[0], [[0] * n + [1] * (4 - n) for n in draw.choices(range(4), k=3)]
        low, high, price, terms = draw.uniform(0.1, 0.2), draw.uniform(0.2, 0.3), draw.uniform(0.1, 1.0), []
        gradient, names = torch.zeros(3, 4).double(), ("log_probs", "old_log_probs", "advantages", "ref_log_probs")
        for row, t in itertools.product(range(3), range(4)):
            if mask[row][t]:
                a, ratio, lp = advantages[row], math.exp(moves[row][t]), old[row][t] + moves[row][t]
                weight = ratio if correction else 1.0
                policy = -min(ratio * a, min(max(ratio, 1 - low), 1 + high) * a)
                terms.append(policy + price * weight * estimate_of(estimator, lp, ref[row][t]))
                gradient[row, t] = -ratio * a if policy == -ratio * a else 0.0  # none beyond the clip
                gradient[row, t] += price * slope_of_term(estimator, correction, lp, old[row][t], ref[row][t])
        arguments = (double(old) + double(moves), double(old), double(advantages), torch.tensor(mask))
        seen = observe(rlhf_loss, *arguments, low, high, price, double(ref), estimator, correction, grad_of=names)
        seen.close(mean_of(terms))
        seen.grad("log_probs").close(gradient / len(terms))
        for name in names[1:]:
            seen.grad(name).no_gradient(f"{name} are constants: no gradient may flow into them")


@pytest.mark.exercise("16.8")
class TestPreferenceLoss:
    def test_equal_scores_are_a_coin_toss(self, observe):
        observe(preference_loss, double([5.0, -3.0]), double([5.0, -3.0])).close(math.log(2))

    def test_worked_example(self, observe):
        # Odds of 3 to 1 for the first pair, 1 to 3 for the second: -log 3/4 and -log 1/4.
        chosen, rejected = double([math.log(3), 1.0]), double([0.0, 1.0 + math.log(3)])
        seen = observe(preference_loss, chosen, rejected, grad_of=("chosen", "rejected"))
        seen.close((math.log(4 / 3) + math.log(4)) / 2)
        seen.grad("chosen").close(double([-0.25 / 2, -0.75 / 2]))
        seen.grad("rejected").close(double([0.25 / 2, 0.75 / 2]))

    def test_scores_drawn_at_random(self, observe):
        chosen, rejected = numbers(drawn(), 2, 5)
        wrong = [1 / (1 + math.exp(a - b)) for a, b in zip(chosen, rejected, strict=True)]
        seen = observe(preference_loss, double(chosen), double(rejected), grad_of=("chosen", "rejected"))
        seen.close(mean_of([-math.log(1 - p) for p in wrong]))
        seen.grad("chosen").close(-double(wrong) / 5)
        seen.grad("rejected").close(double(wrong) / 5)


def drawn_pairs():
    """Texts of very different lengths, so that padding shows; the untrained model has some in the wrong order."""
    draw, sizes = drawn(), [(4, 3, 2), (2, 1, 15), (6, 2, 1), (1, 5, 8)]
    return [tuple("".join(draw.choices("abcdefgh", k=n)) for n in lengths) for lengths in sizes]


def scored_one_by_one(weights, pairs):
    """Margins, loss and gradients of the pairs with each text scored alone: no padding anywhere."""
    leaves = {name: value.clone().requires_grad_() for name, value in weights.items()}
    model = TinyScorer(len(weights["tokens.weight"])).double()
    tokenizer = CharTokenizer(scenarios.SCORER_ALPHABET)

    def score(text):
        ids = torch.tensor([tokenizer.encode(text)])
        return torch.func.functional_call(model, leaves, (ids,)).logits.reshape(())

    margins = torch.stack([score(p + c) - score(p + r) for p, c, r in pairs])
    loss = (1 + (-margins).exp()).log().mean()
    gradients = dict(zip(leaves, torch.autograd.grad(loss, list(leaves.values())), strict=True))
    norm = math.sqrt(sum(float(g.square().sum()) for g in gradients.values()))
    return margins.detach(), float(loss.detach()), gradients, norm


@pytest.mark.exercise("16.9")
class TestRewardModelStep:
    def test_a_step_of_plain_gradient_descent(self, observe):
        seen = observe(scenarios.one_reward_model_step, drawn_pairs())
        _, _, gradients, _ = scored_one_by_one(seen.value["before"], drawn_pairs())
        seen["after"].close({n: v - 0.5 * gradients[n] for n, v in seen.value["before"].items()})

    def test_metrics_are_those_before_the_step(self, observe):
        seen = observe(scenarios.one_reward_model_step, drawn_pairs())
        margins, loss, _, norm = scored_one_by_one(seen.value["before"], drawn_pairs())
        expected = {"loss": loss, "margin": float(margins.mean()), "grad_norm": norm}
        seen["metrics"].close({**expected, "accuracy": float((margins > 0).double().mean())})

    def test_old_gradients_are_cleared(self, observe):
        expected = observe(scenarios.one_reward_model_step, drawn_pairs()).value["after"]
        observe(scenarios.one_reward_model_step, drawn_pairs(), stale_gradient=True)["after"].close(
            expected, says="gradients that were left from before this step must not count"
        )

    def test_the_gradient_is_clipped_as_a_whole(self, observe):
        seen = observe(scenarios.one_reward_model_step, drawn_pairs(), max_grad_norm=0.01)
        _, _, gradients, norm = scored_one_by_one(seen.value["before"], drawn_pairs())
        scale = 0.5 * 0.01 / norm
        expected = {n: v - scale * gradients[n] for n, v in seen.value["before"].items()}
        seen["after"].close(expected, rtol=1e-6, atol=1e-6)
        seen["metrics"]["grad_norm"].close(norm)


def sampled(script, wanted, most):
    """(kept, drawn, asked) as in scenarios.sample_dynamically: the n-th group has the rewards script[n % len(script)]."""
    kept, count, asked = [], 0, []
    while len(kept) < wanted and len(asked) < most:
        asked.append(wanted - len(kept))
        for n in range(count, count + asked[-1]):
            if len(set(script[n % len(script)])) > 1:
                kept.append(n)
        count += asked[-1]
    return kept, list(range(count)), asked


@pytest.mark.exercise("16.10")
class TestDynamicSampling:
    def test_groups_without_signal_are_refilled(self, observe):
        script = [[1.0, 0.0], [0.0, 0.0], [1.0, 1.0], [0.0, 1.0]]
        seen = observe(scenarios.sample_dynamically, script, wanted=2, max_rounds=5)
        seen["kept"].close([0, 3])
        seen["drawn"].close([0, 1, 2, 3])
        seen["asked"].close([2, 1, 1])

    def test_the_rounds_are_bounded(self, observe):
        x = drawn().uniform(0.5, 1.0)
        seen = observe(scenarios.sample_dynamically, [[x, x], [0.0, x], [x, x]], wanted=3, max_rounds=2)
        seen["kept"].close([1, 4])
        seen["drawn"].close([0, 1, 2, 3, 4])
        seen["asked"].close([3, 2])

    def test_nothing_found(self, observe):
        x = drawn().uniform(-1.0, 1.0)
        seen = observe(scenarios.sample_dynamically, [[x, x]], wanted=2, max_rounds=3)
        seen["kept"].close([])
        seen["asked"].close([2, 2, 2])

    def test_any_two_scores_that_differ_are_a_signal(self, observe):
        # All responses are at least partly right, or all are wrong to a different degree; or all are half right.
        x = drawn().uniform(0.5, 1.0)
        script = [[x, 1.5 * x], [-2.0 * x, -x], [0.5 * x, 0.5 * x]]
        observe(scenarios.sample_dynamically, script, wanted=3, max_rounds=1)["kept"].close([0, 1])

    def test_rewards_drawn_at_random(self, observe):
        draw = drawn()
        for _ in range(3):
            script = [draw.choices([0.0, 1.0], k=2) for _ in range(draw.randint(5, 15))]
            wanted, most = draw.randint(2, 6), draw.randint(1, 6)
            seen = observe(scenarios.sample_dynamically, script, wanted, most)
            kept, groups, asked = sampled(script, wanted, most)
            seen["kept"].close(kept)
            seen["drawn"].close(groups)
            seen["asked"].close(asked)


@pytest.mark.exercise("16.11")
class TestOverlongFilter:
    MASK = torch.tensor([[0, 1, 1, 1], [0, 0, 1, 1], [0, 1, 0, 0]])

    def test_the_last_token_decides_not_the_length(self, observe):
        # The longest response has just finished; the shortest one was cut off.
        responses = [torch.tensor([5, 6, 1]), torch.tensor([5, 1]), torch.tensor([5])]
        observe(overlong_filter, self.MASK, responses, 1).close(torch.tensor([[0, 1, 1, 1], [0, 0, 1, 1], [0] * 4]))

    def test_an_eos_in_the_middle_does_not_count(self, observe):
        responses = [torch.tensor([1, 5, 6]), torch.tensor([5, 1]), torch.tensor([1])]
        observe(overlong_filter, self.MASK, responses, 1).close(torch.tensor([[0] * 4, [0, 0, 1, 1], [0, 1, 0, 0]]))

    def test_all_truncated(self, observe):
        token = 2 + some_seed()
        responses = [torch.full((n,), token) for n in (3, 2, 1)]
        observe(overlong_filter, self.MASK, responses, 1).close(torch.zeros(3, 4, dtype=torch.long))

    def test_responses_drawn_at_random(self, observe):
        draw = drawn()
        eos, sizes = draw.randrange(4), [(draw.randint(1, 3), draw.randint(1, 4)) for _ in range(10)]
        mask = torch.tensor([[0] * prompt + [1] * n + [0] * (7 - prompt - n) for prompt, n in sizes])
        responses = [draw.choices(range(4), k=n) for _, n in sizes]
        expected = mask.clone()
        for row, response in enumerate(responses):
            if response[-1] != eos:
                expected[row] = 0
        observe(overlong_filter, mask, [torch.tensor(r) for r in responses], eos).close(expected)


@pytest.mark.exercise("16.12")
class TestLengthPenalty:
    def test_a_falling_line(self, observe):
        responses = [torch.full((n,), 5) for n in (1, 6, 7, 9, 10, 12)]
        observe(length_penalty, responses, 10, 4).close(torch.tensor([0.0, 0.0, -0.25, -0.75, -1.0, -1.0]))

    def test_lengths_drawn_at_random(self, observe):
        draw = drawn()
        longest = draw.randint(8, 20)
        cache, lengths, expected = draw.randint(2, longest - 2), draw.choices(range(1, longest + 4), k=10), []
        for n in lengths:
            free = longest - cache
            expected.append(0.0 if n <= free else (free - n) / cache if n <= longest else -1.0)
        seen = observe(length_penalty, [torch.full((n,), 5) for n in lengths], longest, cache)
        seen.close(torch.tensor(expected))


VOCABULARY = 14


def model_of(weights):
    model = TinyLM(VOCABULARY).double()
    model.load_state_dict(weights)
    return model.eval()


def distributions(weights, row, temperature):
    """The log-probabilities of what follows each prefix of a row, a forward for each: no padding, no shift."""
    model = model_of(weights)
    with torch.no_grad():
        logits = [model(torch.tensor([row[:t]])).logits[0, -1] for t in range(1, len(row))]
    return torch.stack(logits).div(temperature).log_softmax(-1)


def tokens_of(group, i):
    """The i-th response of the group that scenarios.collect draws as number `group`."""
    return scenarios.TOKENS[(2 * group + i) % len(scenarios.TOKENS)]


def log_probs_of(group, length):
    """The log-probabilities that scenarios.collect gives to its tokens."""
    return -(group + 1.0) - torch.arange(length) / 8


SCRIPT = [[1.0, 0.0], [2.0, 2.0], [0.0, 3.0], [5.0, 5.0], [-1.0, 1.0]]
THREE = {"group_size": 2, "batch_size": 3, "temperature": 0.7}  # the first three groups of SCRIPT


def scaled(script):
    """The scale, which no advantage depends on, and the rewards times it."""
    x = drawn().uniform(0.5, 2.0)
    return x, [[x * reward for reward in group] for group in script]


@pytest.mark.exercise("16.14")
class TestCollect:
    def rows(self, seen):
        """(prompt, response) of each row, as token ids."""
        prompts = [["0123456789+=".index(c) + 2 for c in prompt] for prompt in seen.value["calls"][0]]
        return [(prompts[n // 2], tokens_of(n // 2, n % 2)) for n in range(6)]

    def test_prompts_responses_and_old_log_probs(self, observe):
        seen = observe(scenarios.collect, SCRIPT, **THREE)
        rows = self.rows(seen)
        width = max(len(prompt + response) for prompt, response in rows)
        ids, mask, old = torch.zeros(6, width).long(), torch.zeros(6, width).long(), torch.zeros(6, width)
        for n, (prompt, response) in enumerate(rows):
            here = slice(len(prompt), len(prompt) + len(response))
            ids[n, : here.stop] = torch.tensor(prompt + response)
            mask[n, here] = 1
            old[n, here] = log_probs_of(n // 2, len(response))
        seen["batch"]["ids"].close(ids)
        seen["batch"]["mask"].close(mask)
        seen["batch"]["old_log_probs"].close(old[:, 1:])

    @pytest.mark.parametrize(("scale", "expected"), [
        # relative: 1/2, -1/2; 0, 0; -3/2, 3/2. All squares: 5 over 5; those of the groups: 1/2, 0 and 9/2, each over 1.
        ("batch", [0.5, -0.5, 0.0, 0.0, -1.5, 1.5]),
        ("group", [math.sqrt(0.5), -math.sqrt(0.5), 0.0, 0.0, -math.sqrt(0.5), math.sqrt(0.5)]),
    ])  # fmt: skip
    def test_advantages(self, observe, scale, expected):
        seen = observe(scenarios.collect, SCRIPT, **THREE, advantage_scale=scale)
        seen["batch"]["advantages"].close(torch.tensor(expected), rtol=1e-3)

    def test_the_references_log_probs_at_the_sampling_temperature(self, observe):
        seen = observe(scenarios.collect, SCRIPT, **THREE)
        for n, (prompt, response) in enumerate(self.rows(seen)):
            row, end = prompt + response, len(prompt + response) - 1
            found = distributions(seen.value["reference"], row, 0.7)
            expected = torch.stack([found[t, row[t + 1]] for t in range(len(prompt) - 1, end)])
            seen["batch"]["ref_log_probs"][n, len(prompt) - 1 : end].close(expected)

    @pytest.mark.parametrize("filtered", [False, True])
    def test_the_entropy_of_the_tokens_that_count(self, observe, filtered):
        seen = observe(scenarios.collect, SCRIPT, **THREE, overlong_filter=filtered, model_seed=some_seed())
        entropies = []
        for prompt, response in self.rows(seen):
            found = distributions(seen.value["weights"], prompt + response, 0.7)[len(prompt) - 1 :]
            if response[-1] == 1 or not filtered:
                entropies += (-(found.exp() * found).sum(-1)).tolist()
        seen["metrics"]["entropy"].close(sum(entropies) / len(entropies), rtol=1e-5)

    def test_the_overlong_filter_masks_rows_without_eos(self, observe):
        settings = {**THREE, "model_seed": some_seed()}
        plain = observe(scenarios.collect, SCRIPT, **settings).value["batch"]["mask"]
        seen = observe(scenarios.collect, SCRIPT, **settings, overlong_filter=True)
        finished = torch.tensor([response[-1] == 1 for _, response in self.rows(seen)])
        seen["batch"]["mask"].close(plain * finished[:, None])

    def test_dynamic_sampling_refills_and_the_metrics_count_all(self, observe):
        # Drawn: groups 0, 1, 2, then 3, then 4; kept: 0, 2 and 4.
        x, script = scaled(SCRIPT)
        seen = observe(scenarios.collect, script, **THREE, dynamic_sampling=True)
        seen.check([len(c) for c in seen.value["calls"]] == [3, 1, 1], "3 groups, then what is missing, twice")
        std = math.sqrt((0.25 + 0.25 + 2.25 + 2.25 + 1 + 1) / 5)
        seen["batch"]["advantages"].close(torch.tensor([0.5, -0.5, -1.5, 1.5, -1, 1]) / std, rtol=1e-3)
        seen["metrics"]["reward"].close(1.8 * x, rtol=1e-5)
        seen["metrics"]["signal"].close(0.6)
        seen["metrics"]["completions"].close(10.0)

    def test_no_refill_without_the_switch(self, observe):
        seen = observe(scenarios.collect, scaled([[1.0, 1.0]])[1], **THREE)
        seen.check([len(c) for c in seen.value["calls"]] == [3], "one draw, whatever the rewards are")
        seen["batch"]["advantages"].close(torch.zeros(6))

    def test_nothing_kept_nothing_to_train_on(self, observe):
        script = scaled([[1.0, 1.0]])[1]
        seen = observe(scenarios.collect, script, **THREE, dynamic_sampling=True, max_rounds=4)
        seen["batch"].close(None)
        seen["metrics"]["completions"].close(24.0)
        seen["metrics"]["entropy"].close(0.0)

    @pytest.mark.parametrize("scale", ["batch", "group"])
    @pytest.mark.parametrize("dynamic", [True, False])
    def test_rewards_drawn_at_random(self, observe, dynamic, scale):
        draw = drawn()
        size, wanted, most, temperature = draw.randint(2, 4), draw.randint(2, 4), 4, draw.uniform(0.5, 2.0)
        script = [[n / 8 for n in draw.sample(range(25), size)] for _ in range(8)] + [[1.0] * size] * 4
        draw.shuffle(script)
        seen = observe(scenarios.collect, script, group_size=size, batch_size=wanted, temperature=temperature,
                       dynamic_sampling=dynamic, max_rounds=most, advantage_scale=scale)  # fmt: skip
        kept, groups, asked = sampled(script, wanted, most) if dynamic else (range(wanted), range(wanted), [wanted])
        seen.check([len(call) for call in seen.value["calls"]] == asked, f"the calls must ask for {asked} groups")
        metrics = seen["metrics"]
        metrics["reward"].close(mean_of([r for n in groups for r in script[n]]), rtol=1e-5)
        metrics["signal"].close(mean_of([len(set(script[n])) > 1 for n in groups]), rtol=1e-5)
        metrics["completions"].close(float(size * len(groups)))
        relative = [[r - mean_of(script[n]) for r in script[n]] for n in kept]
        parts = [list(itertools.chain.from_iterable(relative))] if scale == "batch" else relative
        advantages = [a for part in parts for a in standardized(part)]
        seen["batch"]["advantages"].close(torch.tensor(advantages), rtol=1e-4, atol=1e-5)

        prompts = [prompt for call in seen.value["calls"] for prompt in call]
        entropies = []
        for row, (n, i) in enumerate(itertools.product(kept, range(size))):
            prompt, response = ["0123456789+=".index(c) + 2 for c in prompts[n]], tokens_of(n, i)
            ids, start, end = prompt + response, len(prompt) - 1, len(prompt + response) - 1
            found = distributions(seen.value["reference"], ids, temperature)
            expected = torch.stack([found[t, ids[t + 1]] for t in range(start, end)])
            seen["batch"]["ref_log_probs"][row, start:end].close(expected)
            seen["batch"]["old_log_probs"][row, start:end].close(log_probs_of(n, len(response)))
            found = distributions(seen.value["weights"], ids, temperature)[start:]
            entropies += (-(found.exp() * found).sum(-1)).tolist()
        metrics["entropy"].close(mean_of(entropies), rtol=1e-5)


ROWS = {
    "ids": torch.tensor([[3, 4, 5, 1, 0], [6, 7, 8, 9, 1], [2, 5, 1, 0, 0]]),
    "mask": torch.tensor([[0, 0, 1, 1, 0], [0, 0, 1, 1, 1], [0, 1, 1, 0, 0]]),
    "old_log_probs": double([[0, -2.5, -2.5, 0], [0, -2.6, -2.3, -2.8], [-2.5, -2.9, 0, 0]]),
    "ref_log_probs": double([[-1.0, -2.4, -2.7, -9], [-2.2, -2.2, -2.9, -2.5], [-2.7, -2.6, -1, -1]]),
    "advantages": double([1.0, -1.0, 0.5]),
}


def updates_written_out(weights, epochs, clip_range=0.2, clip_range_high=0.2, kl_coef=0.1, kl_estimator="k3",
                        kl_correction=True, temperature=1.0, max_grad_norm=1e6, rows=ROWS, by_call=None):  # fmt: skip
    """Plain gradient descent (rate 0.5) on the rows with the loss written out: (weights, metrics). `by_call`: the seed
    of what is added to the logits of each epoch's one forward."""
    leaves = {n: v.clone().requires_grad_() for n, v in weights.items()}
    model, seen, mask = TinyLM(VOCABULARY).double().eval(), [], rows["mask"][:, 1:].bool()
    old, ref = rows["old_log_probs"][mask], rows["ref_log_probs"][mask]
    a = rows["advantages"][:, None].expand(mask.shape)[mask]
    for epoch in range(epochs):
        logits = torch.func.functional_call(model, leaves, (rows["ids"],)).logits
        logits = logits if by_call is None else logits + added(by_call, logits.shape, epoch)
        logits = logits[:, :-1] / temperature
        lp = logits.log_softmax(-1).gather(-1, rows["ids"][:, 1:, None]).squeeze(-1)[mask]
        ratio, k = (lp - old).exp(), lp - ref
        k3 = (-k).exp() - 1 + k
        estimate = {"k1": k, "k2": k * k / 2, "k3": k3}[kl_estimator]
        weight = (ratio.detach() if kl_estimator == "k2" else ratio) if kl_correction else 1.0
        clipped = ratio.clamp(1 - clip_range, 1 + clip_range_high)
        loss = (-torch.minimum(ratio * a, clipped * a) + kl_coef * weight * estimate).mean()
        gradients = torch.autograd.grad(loss, list(leaves.values()))
        norm = math.sqrt(sum(float(g.square().sum()) for g in gradients))
        rate = 0.5 * min(1.0, max_grad_norm / norm)
        held = ((a > 0) & (ratio > 1 + clip_range_high)) | ((a < 0) & (ratio < 1 - clip_range))
        seen.append([float(loss.detach()), norm, float(held.double().mean()), float(k3.detach().mean())])
        pairs = zip(leaves.items(), gradients, strict=True)
        leaves = {n: (v - rate * g).detach().requires_grad_() for (n, v), g in pairs}
    means = [sum(column) / epochs for column in zip(*seen, strict=True)]
    names = ("loss", "grad_norm", "clip_fraction", "kl")
    return {n: v.detach() for n, v in leaves.items()}, dict(zip(names, means, strict=True))


@pytest.mark.exercise("16.15")
class TestUpdate:
    @pytest.mark.parametrize(("epochs", "settings"), [
        (2, {}), (2, {"clip_range": 0.05, "clip_range_high": 0.5}), (1, {"temperature": 0.7}), (1, {"kl_coef": 0.0}),
        (1, {"max_grad_norm": 0.05}), (1, {"kl_coef": 2.0, "kl_estimator": "k2"}),
        (1, {"kl_coef": 1.0, "kl_correction": False}),
    ])  # fmt: skip
    def test_gradient_descent_on_the_loss(self, observe, epochs, settings):
        seed = some_seed()
        seen = observe(scenarios.updates, **ROWS, grpo_epochs=epochs, learning_rate=0.5, model_seed=seed, **settings)
        after, metrics = updates_written_out(seen.value["before"], epochs, **settings)
        seen["after"].close(after, rtol=1e-5, atol=1e-6)
        seen["metrics"].close(metrics, rtol=1e-5, atol=1e-7)

    def test_one_step_and_one_forward_per_epoch(self, observe):
        # The logits of this policy are others at each call: with a forward too many, those of the next epoch are.
        seed = some_seed()
        seen = observe(scenarios.updates, **ROWS, grpo_epochs=3, learning_rate=0.5, model_seed=seed, by_call=seed)
        after, _ = updates_written_out(seen.value["before"], 3, by_call=seed)
        seen["after"].close(after, rtol=1e-5, atol=1e-6, says="each of the 3 epochs is one forward and one step")

    def test_old_gradients_are_cleared(self, observe):
        settings = {**ROWS, "grpo_epochs": 1, "model_seed": some_seed()}
        expected = observe(scenarios.updates, **settings).value["after"]
        observe(scenarios.updates, **settings, stale_gradient=True)["after"].close(
            expected, says="gradients that were left from before this step must not count"
        )

    def test_batches_drawn_at_random(self, observe):
        draw = drawn()
        ends = [(start, draw.randint(start + 1, 5)) for start in draw.choices([1, 2], k=3)]
        rows = {
            "ids": torch.tensor([draw.choices(range(2, VOCABULARY), k=5) for _ in ends]),
            "mask": torch.tensor([[int(start <= t < end) for t in range(5)] for start, end in ends]),
            "old_log_probs": double(numbers(draw, 3, 4, -3.0, -2.2)),
            "ref_log_probs": double(numbers(draw, 3, 4, -3.0, -2.2)),
            "advantages": double([draw.uniform(-2.0, 2.0) for _ in ends]),
        }
        settings = {"clip_range": draw.uniform(0.05, 0.2), "clip_range_high": draw.uniform(0.2, 0.4),
                    "kl_coef": draw.uniform(0.1, 1.0), "kl_estimator": draw.choice(["k1", "k2", "k3"]),
                    "temperature": draw.uniform(0.7, 1.5)}  # fmt: skip
        seen = observe(scenarios.updates, **rows, grpo_epochs=1, learning_rate=0.5, **settings)
        after, metrics = updates_written_out(seen.value["before"], 1, **settings, rows=rows)
        seen["after"].close(after, rtol=1e-5, atol=1e-6)
        seen["metrics"].close(metrics, rtol=1e-5, atol=1e-7)


@pytest.mark.exercise("16.17")
class TestRewardMinusKl:
    # Two responses: log-ratios log 2 and log 4; -log 2, and one that the mask hides.
    LP = double([[0.5, 0.5], [0.25, 0.9]]).log()
    REF = double([[0.25, 0.125], [0.5, 0.1]]).log()
    MASK = torch.tensor([[1, 1], [1, 0]])

    def test_the_log_ratio_of_the_response_is_subtracted(self, observe):
        seen = observe(reward_minus_kl, double([1.0, 2.0]), self.LP, self.REF, self.MASK, 0.1)
        seen.close(double([1 - 0.1 * math.log(8), 2 + 0.1 * math.log(2)]))

    def test_a_reward_is_a_number(self, observe):
        names = ("log_probs", "ref_log_probs")
        seen = observe(reward_minus_kl, double([1.0, 2.0]), self.LP, self.REF, self.MASK, 0.1, grad_of=names)
        for name in names:
            seen.grad(name).no_gradient("the policy gradient takes the reward as a constant")

    def test_its_policy_gradient_is_that_of_the_kl_of_whole_responses(self, observe):
        # Token 1: 0 or 1, half each, as in the reference. Token 2 is 0 or 1, half each, in the reference; the policy
        # prefers 0 with p = 0.982 (a logit of 4) after 0, and tosses the same coin after 1. Four responses, enumerated.
        p = 1 / (1 + math.exp(-4))
        lp = double([[0.5, p], [0.5, 1 - p], [0.5, 0.5], [0.5, 0.5]]).log()
        ref = torch.full((4, 2), 0.5, dtype=torch.float64).log()
        seen = observe(reward_minus_kl, torch.zeros(4, dtype=torch.float64), lp, ref, torch.ones(4, 2).long(), 1.0)
        first = double([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])  # which value token 1 has
        gradient = (lp.sum(1).exp()[:, None] * -seen.value[:, None] * (first - 0.5)).sum(0)  # of the KL, by its logits
        kl = p * math.log(2 * p) + (1 - p) * math.log(2 * (1 - p))  # of token 2 after 0
        off = float((gradient - double([kl / 4, -kl / 4])).abs().max())
        seen.check(off < 1e-12, f"the gradient at token 1 is 0.151 and -0.151, since 0 leads away; off by {off}")

    def test_responses_drawn_at_random(self, observe):
        draw = drawn()
        lp, ref = numbers(draw, 3, 4, -4.0, -0.5), numbers(draw, 3, 4, -4.0, -0.5)
        rewards, price = [draw.uniform(-2.0, 2.0) for _ in range(3)], draw.uniform(0.05, 0.5)
        mask, expected = [[1] * n + [0] * (4 - n) for n in draw.choices(range(1, 5), k=3)], []
        for i, reward in enumerate(rewards):
            expected.append(reward - price * sum(lp[i][t] - ref[i][t] for t in range(4) if mask[i][t]))
        arguments, names = (
            (double(rewards), double(lp), double(ref), torch.tensor(mask), price),
            ("log_probs", "ref_log_probs"),
        )
        seen = observe(reward_minus_kl, *arguments, grad_of=names)
        seen.close(double(expected))
        for name in names:
            seen.grad(name).no_gradient("the policy gradient takes the reward as a constant")
