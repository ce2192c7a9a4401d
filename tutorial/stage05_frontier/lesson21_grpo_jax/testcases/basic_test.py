"""Is it right? Every exercise of lesson 21, on small numbers that can be checked by hand."""

import math
import statistics

import pytest
import torch
from lesson21_grpo_jax.loss.grpo import group_advantages, grpo_loss
from lesson21_grpo_jax.rollout.answers import token_log_probs
from lesson21_grpo_jax.testcases.scenarios import (
    a_pass,
    all_gradients,
    batch_log_probs,
    compiled_advantages,
    compiled_loss,
    counted_draws,
    draws,
    steps,
)

from course.base.property_tests import drawn

EPS, NAN, GROUP = 1e-4, math.nan, 64


def double(values):
    return torch.tensor(values, dtype=torch.float64)


def numbers(random, rows, columns, low=-2.0, high=2.0):
    return [[round(random.uniform(low, high), 3) for _ in range(columns)] for _ in range(rows)]


def slow_advantages(rewards, group_size, divide_by_std=True):
    """One group after the other; NaN is not scored."""
    result = []
    for start in range(0, len(rewards), group_size):
        group = rewards[start : start + group_size]
        scored = [r for r in group if not math.isnan(r)]
        if len(set(scored)) < 2:
            result += [0.0] * group_size
            continue
        unit = statistics.stdev(scored) + EPS if divide_by_std else 1
        result += [0.0 if math.isnan(r) else (r - statistics.mean(scored)) / unit for r in group]
    return result


@pytest.mark.exercise("21.1")
class TestGroupAdvantages:
    def test_worked_example(self, observe):
        # 0, 0, 0, 1: mean 1/4, standard deviation 1/2. Then the same in another unit.
        expected = [a / (0.5 + EPS) for a in (-0.25, -0.25, -0.25, 0.75)]
        expected += [a / (2 + EPS) for a in (-1, -1, -1, 3)]
        observe(group_advantages, double([0, 0, 0, 1, 0, 0, 0, 4]), 4).close(double(expected))

    def test_without_division(self, observe):
        seen = observe(group_advantages, double([0, 0, 0, 1, 0, 0, 0, 4]), 4, divide_by_std=False)
        seen.close(double([-0.25, -0.25, -0.25, 0.75, -1, -1, -1, 3]))

    def test_a_completion_that_was_not_scored(self, observe):
        # Scored are 1, 2 and 3 of the first group (mean 2, standard deviation 1), 0 and 2 of the second (1 and √2).
        one, two = 1 / (1 + EPS), 1 / (2**0.5 + EPS)
        seen = observe(group_advantages, double([1, NAN, 2, 3, 0, NAN, NAN, 2]), 4)
        seen.close(double([-one, 0, 0, one, -two, 0, 0, two]))

    def test_equal_rewards_give_zero(self, observe):
        observe(group_advantages, double([3, 3, 3, 3, 0, 0, 1, 2]), 4)[:4].close(double([0, 0, 0, 0]), atol=0)

    def test_it_works_under_jit(self, observe):
        seen = observe(compiled_advantages, double([1, NAN, 2, 3, 5, 5, 5, 5]), 4)
        seen.close(double([-1 / (1 + EPS), 0, 0, 1 / (1 + EPS), 0, 0, 0, 0]))

    def test_the_loop_on_drawn_rewards(self, observe):
        random = drawn()
        for divide in (True, False):
            rewards = [r for row in numbers(random, 2, 4) for r in row]
            rewards[random.randrange(8)] = NAN
            for function in (group_advantages, compiled_advantages):
                seen = observe(function, double(rewards), 4, divide_by_std=divide)
                seen.close(double(slow_advantages(rewards, 4, divide)))


def slow_log_probs(logits, ids, temperature):
    result = []
    for row, following in zip(logits, ids[1:], strict=False):
        powers = [math.exp(x / temperature) for x in row]
        result.append(math.log(powers[following] / sum(powers)))
    return result


@pytest.mark.exercise("21.2")
class TestTokenLogProbs:
    # Powers of e that are easy: the probabilities after token 0 are 1/4 and 3/4, after token 1 they are 1/2 and 1/2.
    LOGITS = double([[0, math.log(3)], [0, 0], [5, -5]])

    def test_worked_example(self, observe):
        seen = observe(token_log_probs, self.LOGITS, torch.tensor([0, 1, 0]))
        seen.close(double([math.log(3 / 4), math.log(1 / 2)]))

    def test_temperature(self, observe):
        # At temperature 1/2 the powers are squared: 1 and 9.
        seen = observe(token_log_probs, self.LOGITS, torch.tensor([1, 0, 1]), temperature=0.5)
        seen.close(double([math.log(1 / 10), math.log(1 / 2)]))

    def test_logits_far_apart(self, observe):
        far = drawn().randrange(800, 2000)  # e^-far is 0 in float64; its logarithm is still known
        seen = observe(token_log_probs, double([[0, far], [0, 0]]), torch.tensor([0, 0]))
        seen.close(double([-far]), says="log(softmax) is -inf here; log_softmax is not")

    def test_a_batch_by_vmap(self, observe):
        ids = torch.tensor([[0, 1, 0], [0, 0, 1]])
        seen = observe(batch_log_probs, torch.stack([self.LOGITS, self.LOGITS]), ids, 1.0)
        seen.close(double([[3 / 4, 1 / 2], [1 / 4, 1 / 2]]).log())

    def test_the_loop_on_drawn_rows(self, observe):
        random = drawn()
        logits, ids = numbers(random, 3, 2), [random.randrange(2) for _ in range(3)]
        seen = observe(token_log_probs, double(logits), torch.tensor(ids), 0.7)
        seen.close(double(slow_log_probs(logits, ids, 0.7)))


def slow_loss(log_probs, old_log_probs, advantages, mask, aggregation):
    """One token after the other; epsilon is 0.2."""
    rows = []
    for row, a in enumerate(advantages):
        terms = []
        for new, old, counts in zip(log_probs[row], old_log_probs[row], mask[row], strict=True):
            ratio = math.exp(new - old)
            terms += [-min(ratio * a, min(max(ratio, 0.8), 1.2) * a)] * counts
        rows.append(terms)
    if aggregation == "sequence":
        return statistics.mean(sum(terms) / max(len(terms), 1) for terms in rows)
    return sum(map(sum, rows)) / sum(map(len, rows))


def batch_of(random):
    """Drawn arguments of grpo_loss, 2 rows of 4 tokens, some far outside the clip."""
    old = numbers(random, 2, 4, -3, -1)
    new = [[round(x + random.choice([-0.5, -0.1, 0.1, 0.5]), 3) for x in row] for row in old]
    mask = [[0, 1, 1, 1], random.choice([[1, 1, 0, 0], [0, 0, 0, 1]])]
    return new, old, [round(random.uniform(0.5, 2), 3) * random.choice([1, -1]) for _ in range(2)], mask


def tensors(new, old, advantages, mask):
    return double(new), double(old), double(advantages), torch.tensor(mask)


@pytest.mark.exercise("21.3")
class TestGrpoLoss:
    # Four quadrants: the ratio is 1.5 or 0.5, the advantage 1 or -1. The clip is at 0.8 and 1.2.
    QUADRANTS = (
        double([[1.5, 0.5, 1, 1], [1.5, 0.5, 1, 1]]).log(),
        torch.zeros(2, 4, dtype=torch.float64),
        double([1, -1]),
        torch.tensor([[1, 1, 0, 0], [1, 1, 0, 0]]),
    )

    def test_the_four_quadrants(self, observe):
        # The objectives are 1.2, 0.5, -1.5 and -0.8. Their mean is -0.15.
        observe(grpo_loss, *self.QUADRANTS).close(0.15)

    def test_only_two_quadrants_have_a_gradient(self, observe):
        # The gradient of -ratio * A to the log-probability is -ratio * A, over 4 tokens.
        seen = observe(grpo_loss, *self.QUADRANTS, grad_of="log_probs")
        seen.grad("log_probs").close(double([[0, -0.5 / 4, 0, 0], [1.5 / 4, 0, 0, 0]]))

    def test_the_first_update(self, observe):
        # All ratios are 1: the loss is minus the mean advantage, and the gradient is not 0.
        old = double([[-1.0, -2.0, -1.0, -9.0], [-0.5, -3.0, -1.0, -9.0]])
        seen = observe(grpo_loss, old, old, *self.QUADRANTS[2:], grad_of="log_probs")
        seen.close(0.0)
        seen.grad("log_probs").close(double([[-0.25, -0.25, 0, 0], [0.25, 0.25, 0, 0]]))

    def test_old_log_probs_and_advantages_are_constants(self, observe):
        seen = observe(all_gradients, *self.QUADRANTS)
        seen[1].no_gradient("gradient flows into old_log_probs; they are constants, see jax.lax.stop_gradient")
        seen[2].no_gradient("gradient flows into the advantages; they are constants, see jax.lax.stop_gradient")

    @pytest.mark.parametrize(("aggregation", "expected"), [("token", -(3 + 3 + 3 - 1) / 4), ("sequence", -(3 - 1) / 2)])
    def test_aggregations(self, observe, aggregation, expected):
        # Ratios of 1: three tokens with the advantage 3, one with -1
        zeros, mask = torch.zeros(2, 4, dtype=torch.float64), torch.tensor([[0, 1, 1, 1], [1, 0, 0, 0]])
        observe(grpo_loss, zeros, zeros, double([3, -1]), mask, aggregation=aggregation).close(expected)

    def test_outside_the_mask_nothing_counts(self, observe):
        # Not even NaN: it must not reach the gradient, where 0 * NaN would be NaN.
        new, old = double([[-1.0, NAN, -1.0, 9.0], [-1.0] * 4]), double([[-1.0, -1.0, NAN, -900.0], [-1.0] * 4])
        mask = torch.tensor([[1, 0, 0, 0], [1, 0, 0, 0]])
        seen = observe(grpo_loss, new, old, double([2.0, 0.0]), mask, grad_of="log_probs")
        seen.close(-1.0)
        seen.grad("log_probs").close(double([[-1.0, 0, 0, 0], [0, 0, 0, 0]]))

    def test_epsilon(self, observe):
        # With 0.4: min(1.5, 1.4) = 1.4, then 0.5, -1.5 and -max(0.5, 0.6) = -0.6
        observe(grpo_loss, *self.QUADRANTS, epsilon=0.4).close(0.05)

    @pytest.mark.parametrize("aggregation", ["token", "sequence"])
    def test_the_loop_on_drawn_batches_under_jit(self, observe, aggregation):
        batch = batch_of(drawn())
        seen = observe(compiled_loss, *tensors(*batch), aggregation=aggregation)
        seen.close(slow_loss(*batch, aggregation))

    def test_gradients_on_drawn_batches_with_nan_outside_the_mask(self, observe):
        new, old, advantages, mask = tensors(*batch_of(drawn()))
        new.requires_grad_()
        ratio = ((new - old) * mask).exp()
        objective = torch.minimum(ratio * advantages[:, None], ratio.clamp(0.8, 1.2) * advantages[:, None]) * mask
        (-objective.sum() / mask.sum()).backward()
        hidden = [x.detach().masked_fill(mask == 0, NAN) for x in (new, old)]
        seen = observe(all_gradients, *hidden, advantages, mask)
        seen[0].close(new.grad)
        seen[1].no_gradient("gradient flows into old_log_probs; they are constants, see jax.lax.stop_gradient")
        seen[2].no_gradient("gradient flows into the advantages; they are constants, see jax.lax.stop_gradient")


@pytest.mark.exercise("21.4")
class TestSampleAnswers:
    EQUAL = torch.zeros(3, 5, dtype=torch.float64)

    def test_log_probs_are_those_of_the_answers(self, observe):
        random = drawn()
        logits = double(numbers(random, 3, 5))
        seen = observe(draws, logits, random.randrange(1000))
        answers, log_probs = seen.value
        seen.check(tuple(log_probs.shape) == (3, GROUP), "a row for each image, a column for each answer")
        seen.check(bool(((answers >= 0) & (answers < 5)).all()), "answers are numbers of classes, 0 to 4")
        seen[1].close(logits.log_softmax(-1).gather(1, answers.long()))

    def test_a_key_decides_everything(self, observe):
        seed = drawn().randrange(1000)
        seen = observe(draws, self.EQUAL, seed)
        again, other = observe(draws, self.EQUAL, seed), observe(draws, self.EQUAL, seed + 1)
        again.check(bool((again.value[0] == seen.value[0]).all()), "the same key must give the same answers")
        other.check(bool((other.value[0] != seen.value[0]).any()), "another key must give other answers")

    def test_rows_have_draws_of_their_own(self, observe):
        seen = observe(draws, self.EQUAL, drawn().randrange(1000))
        alike = len({tuple(row) for row in seen.value[0].tolist()}) < 3
        seen.check(not alike, "images with the same logits got the same answers: each row needs a key of its own")

    def test_how_often_each_class_is_drawn(self, observe):
        # 64 answers by each of 10 keys; six standard deviations are 75 at most.
        shares = double([[0.6, 0.1, 0.1, 0.1, 0.1], [0.1, 0.1, 0.5, 0.2, 0.1], [0.2, 0.2, 0.2, 0.2, 0.2]])
        seen = observe(counted_draws, shares.log(), drawn().randrange(1000), 10)
        for counts, expected in zip(seen.value["counts"], 10 * GROUP * shares, strict=True):
            near = bool(((counts - expected).abs() < 76).all())
            seen.check(near, f"of {10 * GROUP} draws about {expected.tolist()} are expected, not {counts.tolist()}")
        seen.check(seen.value["groups of one class"] < 2, "all answers of a group are one draw")


def slow_gradient(weights, images, labels, answers):
    """The gradient of a step's loss by the formula: before the update the ratio is 1."""
    group_size, logits = answers.shape[1], images @ weights
    rewards = (answers == labels[:, None]).double()
    advantages = double(slow_advantages(rewards.flatten().tolist(), group_size)).view_as(rewards)
    gradient = torch.zeros_like(logits)
    for image, (row, of_row) in enumerate(zip(answers, advantages, strict=True)):
        for answer, advantage in zip(row.tolist(), of_row.tolist(), strict=True):
            one = torch.eye(logits.shape[1], dtype=torch.float64)[answer]
            gradient[image] -= advantage * (one - logits[image].softmax(0)) / answers.numel()
    return images.T @ gradient


@pytest.mark.exercise("21.5")
class TestMakeTrainStep:
    def test_three_steps_of_one_compiled_program(self, observe):
        random, labels = drawn(), torch.tensor([0, 1, 2])
        weights, images = double(numbers(random, 2, 5)), double(numbers(random, 3, 2))
        seen = observe(steps, weights, images, labels, random.randrange(1000))
        velocity = 0.0
        for number, step in enumerate(seen.value["steps"]):
            part, before = seen["steps"][number], step["before"]
            gradient = slow_gradient(before, images, labels, step["answers"]) + 0.1 * before  # with weight decay
            velocity = 0.9 * velocity + gradient
            wanted = f"the answers come from fold_in(state.key, {number}), and the optimizer goes on from its state"
            part["after"].close(before - 0.5 * velocity, says=wanted)
            part["reward"].close((step["answers"] == labels[:, None]).double().mean())
            ratios = (
                "before the first update of a rollout all ratios are 1 (rewards of another data type make it inexact)"
            )
            part["loss"].close(0.0, says=ratios)

            part["step"].close(number + 1)
        calls = [step["calls"] for step in seen.value["steps"]]
        once = "jax.jit, wrapped around it once, calls it in the first one only"
        seen.check(
            calls[0] > 0 == calls[1] == calls[2], f"Python called the policy {calls} times in three steps; {once}"
        )
        first = seen.value["steps"][0]["after"]
        seen["first step again"].close(first, says="the same state and images must give the same step again")


@pytest.mark.exercise("21.6")
class TestTrainPass:
    # 23 images are five batches of 4, and three that are left out.

    def test_each_image_once_at_most(self, observe):
        seen = observe(a_pass, 23, 4, drawn().randrange(1000))
        seen["before"].close(torch.arange(5), says="each step takes the state that the one before it gave")
        seen["last"].close(5)
        labels = seen.value["labels"]
        seen.check(tuple(labels.shape) == (5, 4), "23 images fill five batches of 4; all batches have the same shape")
        seen.check(len(set(labels.flatten().tolist())) == 20, "no image comes twice")
        seen["images"].close(torch.stack([labels, labels + 0.5], dim=-1).double(), says="images belong to labels")

    def test_the_order_is_random(self, observe):
        seed = drawn().randrange(1000)
        seen, again, other, third = (observe(a_pass, 23, 4, number) for number in (seed, seed, seed + 1, seed + 2))
        again["labels"].close(seen.value["labels"], says="the same key must give the same order")
        other.check(bool((other.value["labels"] != seen.value["labels"]).any()), "another key, another order")
        used = set().union(*(one.value["labels"].flatten().tolist() for one in (seen, other, third)))
        third.check(len(used) > 20, "three passes left out the same images: shuffle first, then cut")

    def test_python_calls_the_step_once(self, observe):
        seen = observe(a_pass, 23, 4, drawn().randrange(1000), compiled=True)
        calls = seen.value["calls"]
        seen.check(calls <= 2, f"5 batches, and Python called the step {calls} times: lax.scan does the repeating")
