"""Robustness: properties over drawn inputs, edge cases, bad input, and whether it learns."""

import math

import pytest
import torch
from hypothesis import strategies as st
from lesson15_grpo_mnist.loss.advantages import compute_advantages
from lesson15_grpo_mnist.loss.ppo import policy_loss, value_loss
from lesson15_grpo_mnist.models.actor import action_log_probs
from lesson15_grpo_mnist.testcases import scenarios

from course.base.property_tests import for_all

BASELINES = ["group", "batch", "none", "critic"]


def double(values):
    return torch.tensor(values, dtype=torch.float64)


def whole(values):
    return torch.tensor(values)


def random(seed, *shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.exercise("15.3")
class TestActionLogProbs:
    @for_all(seed=st.integers(0, 999), batch=st.integers(1, 4), group=st.integers(1, 6))
    def test_equals_the_loop(self, observe, seed, batch, group):
        logits = 3 * random(seed, batch, 5)
        actions = torch.randint(5, (batch, group), generator=torch.Generator().manual_seed(seed))
        expected = [
            [float(row[a]) - math.log(math.fsum(math.exp(x) for x in row.tolist())) for a in wanted.tolist()]
            for row, wanted in zip(logits, actions, strict=True)
        ]
        observe(action_log_probs, logits, actions).close(double(expected))

    def test_large_logits_stay_finite(self, observe):
        seen = observe(action_log_probs, double([[0.0, 1e4], [-1e4, 0.0]]), whole([[0, 1], [0, 1]]))
        seen.close(double([[-1e4, 0.0], [-1e4, 0.0]]))


@pytest.mark.exercise("15.4")
class TestGroupRollout:
    @for_all(
        examples=10, seed=st.integers(0, 10**6), indices=st.lists(st.integers(0, 3), min_size=1, max_size=4),
        labels=st.lists(st.integers(0, 3), min_size=4, max_size=4), size=st.integers(1, 9),
    )  # fmt: skip
    def test_equals_environment_and_policy(self, observe, seed, indices, labels, size):
        table = random(seed, 4, 4)
        seen = observe(scenarios.rollout, table, whole(labels), whole(indices), size, seed=seed)
        actions = seen.value["actions"]
        seen.check(tuple(actions.shape) == (len(indices), size), f"{len(indices)} images with {size} answers each")
        seen["log_probs"].close(table.log_softmax(1)[indices].gather(1, actions))
        seen["rewards"].close((actions == whole(labels)[indices][:, None]).float())
        seen["states"].close(torch.eye(4, dtype=torch.float64)[indices])

    def test_all_draws_come_from_the_generator(self, observe):
        arguments = (torch.zeros(4, 4, dtype=torch.float64), whole([0, 1, 2, 3]), whole([0, 1, 2, 3]), 32)
        first = observe(scenarios.rollout, *arguments, seed=1).value
        # The global random state is another one here.
        observe(scenarios.rollout, *arguments, seed=1, other_seed=99)["actions"].close(first["actions"])
        seen = observe(scenarios.rollout, *arguments, seed=2)
        seen.check(not torch.equal(seen.value["actions"], first["actions"]), "another seed must draw other answers")

    def test_large_logits(self, observe):
        table = double([[0.0, 1e4], [1e4, 0.0]])
        seen = observe(scenarios.rollout, table, whole([1, 1]), whole([0, 1]), 3)
        seen["actions"].close(whole([[1, 1, 1], [0, 0, 0]]))
        seen["log_probs"].close(torch.zeros(2, 3, dtype=torch.float64))


def advantages_by_loop(rewards, baseline, divide, values=None, eps=1e-4):
    """Python numbers, one after the other."""

    def against_their_mean(numbers):
        if len(set(numbers)) == 1:
            return [0.0] * len(numbers)
        mean = math.fsum(numbers) / len(numbers)
        std = math.sqrt(math.fsum((x - mean) ** 2 for x in numbers) / (len(numbers) - 1))
        return [(x - mean) / (std + eps) if divide else x - mean for x in numbers]

    if baseline == "group":
        return double([against_their_mean(row) for row in rewards])
    flat = [r for row in rewards for r in row]
    if baseline == "batch":
        return double(against_their_mean(flat)).reshape(len(rewards), -1)
    if baseline == "none":
        return double(rewards)
    differences = [r - v for row, v in zip(rewards, values, strict=True) for r in row]
    return double(against_their_mean(differences) if divide else differences).reshape(len(rewards), -1)


@pytest.mark.exercise("15.5")
class TestAdvantages:
    MIXED = double([[1.0, 0.0, 0.0, 0.0], [1.0, 1.0, 0.0, 1.0], [1.0, 1.0, 1.0, 1.0]])
    VALUES = double([0.5, 0.75, 0.25])

    @for_all(
        rewards=st.lists(st.lists(st.integers(-2, 2).map(float), min_size=3, max_size=3), min_size=1, max_size=4),
        baseline=st.sampled_from(BASELINES),
        divide=st.booleans(),
        seed=st.integers(0, 99),
    )
    def test_equals_the_loop(self, observe, rewards, baseline, divide, seed):
        values = random(seed, len(rewards))
        seen = observe(compute_advantages, double(rewards), baseline, divide, values)
        seen.close(advantages_by_loop(rewards, baseline, divide, values.tolist()))

    @pytest.mark.parametrize("baseline", ["group", "batch", "critic"])
    def test_eps_is_added_to_the_std(self, observe, baseline):
        small, values = 1e-4 * self.MIXED, 1e-4 * self.VALUES
        seen = observe(compute_advantages, small, baseline, True, values, eps=0.01)
        seen.close(advantages_by_loop(small.tolist(), baseline, True, values.tolist(), eps=0.01))

    @pytest.mark.parametrize("value", [1.0, 1 / 3])
    def test_equal_rewards_teach_nothing(self, observe, value):
        observe(compute_advantages, torch.full((3, 8), value), "group").close(torch.zeros(3, 8), atol=0)
        observe(compute_advantages, torch.full((3, 8), value), "batch").close(torch.zeros(3, 8), atol=0)

    def test_equal_differences_from_the_critic_teach_nothing(self, observe):
        # Divided without centring, they would become 0.5 / eps = 5,000.
        seen = observe(compute_advantages, torch.ones(2, 4), "critic", True, torch.full((2,), 0.5))
        seen.close(torch.zeros(2, 4), atol=1e-2)

    def test_one_answer_to_each_image(self, observe):
        rewards = double([[1.0], [0.0], [0.0], [0.0]])
        observe(compute_advantages, rewards, "batch", False).close(double([[0.75], [-0.25], [-0.25], [-0.25]]))
        observe(compute_advantages, rewards, "critic", False, double([0.5] * 4)).close(rewards - 0.5)
        observe(compute_advantages, rewards, "none").close(rewards)
        with observe.raises(ValueError):
            observe(compute_advantages, rewards, "group")

    def test_no_gradient_to_the_rewards(self, observe):
        for baseline in BASELINES:
            seen = observe(compute_advantages, self.MIXED, baseline, False, self.VALUES, grad_of="rewards")
            seen.grad("rewards").no_gradient("the advantage is a constant: no gradient may reach the rewards")

    def test_refuses_another_baseline(self, observe):
        with observe.raises(ValueError):
            observe(compute_advantages, self.MIXED, "mean", True, self.VALUES)

    @pytest.mark.parametrize("values", [None, double([0.5]), double([[0.5], [0.5], [0.5]])])
    def test_refuses_values_that_do_not_fit(self, observe, values):
        with observe.raises(ValueError, match="values"):
            observe(compute_advantages, self.MIXED, "critic", True, values)

    @pytest.mark.parametrize("baseline", BASELINES)
    def test_refuses_flat_rewards(self, observe, baseline):
        with observe.raises(ValueError):
            observe(compute_advantages, double([1.0, 0.0, 0.0, 1.0]), baseline, True, double([0.5] * 4))


def loss_by_loop(log_probs, old, advantages, epsilon):
    terms = []
    for lp, o, a in zip(*(x.reshape(-1).tolist() for x in (log_probs, old, advantages)), strict=True):
        ratio = math.exp(lp - o)
        terms.append(-min(ratio * a, min(max(ratio, 1 - epsilon), 1 + epsilon) * a))
    return math.fsum(terms) / len(terms)


def some_answers(seed, batch=3, group=4):
    old = -2 * torch.rand(batch, group, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return old + 0.4 * random(seed + 1, batch, group), old, random(seed + 2, batch, group)


@pytest.mark.exercise("15.6")
class TestPolicyLoss:
    def test_a_loss_of_zero_can_be_trained_on(self, observe):
        # Equal rewards: all advantages are 0, and a trainer calls backward() all the same.
        lp = double([[-1.0, -2.0]])
        seen = observe(policy_loss, lp, lp, double([[0.0, 0.0]]), grad_of="log_probs")
        seen.check(seen.value.requires_grad, "the loss is 0 and a constant: backward() fails on it")

    @for_all(
        seed=st.integers(0, 10**6), epsilon=st.floats(0.05, 0.5), shape=st.tuples(st.integers(1, 4), st.integers(1, 4))
    )
    def test_equals_the_loop(self, observe, seed, epsilon, shape):
        answers = some_answers(seed, *shape)
        observe(policy_loss, *answers, epsilon).close(loss_by_loop(*answers, epsilon))

    def test_an_answer_with_probability_one_counts(self, observe):
        certain = double([[0.0, -1.0]])  # log 1 is 0
        observe(policy_loss, certain, certain, double([[1.0, 3.0]])).close(-(1.0 + 3.0) / 2)

    @pytest.mark.parametrize("which", [0, 1, 2])
    def test_refuses_other_shapes(self, observe, which):
        answers = list(some_answers(1))
        answers[which] = answers[which].T.contiguous()  # as many numbers, another shape
        with observe.raises(ValueError):
            observe(policy_loss, *answers)


def written_out(rollout, epsilon, max_norm, rate):
    """Loss, gradient norm and next table of the actor, by torch's autograd from the formula."""
    table = rollout["table"].clone().requires_grad_()
    log_probs = (rollout["states"] @ table).log_softmax(1).gather(1, rollout["actions"])
    ratio, a = (log_probs - rollout["old_log_probs"]).exp(), rollout["advantages"]
    loss = -torch.minimum(ratio * a, ratio.clamp(1 - epsilon, 1 + epsilon) * a).mean()
    (gradient,) = torch.autograd.grad(loss, table)
    norm = float(gradient.norm())
    return loss.item(), norm, (table - rate * min(1.0, max_norm / (norm + 1e-6)) * gradient).detach()


def some_rollout(seed):
    table, states, advantages, noise = (random(seed + i, *s) for i, s in enumerate([(3, 3), (2, 3), (2, 3), (2, 3)]))
    draw = torch.Generator().manual_seed(seed)
    actions = torch.randint(3, (2, 3), generator=draw)
    return {
        "table": table, "states": states, "actions": actions, "advantages": advantages,
        "old_log_probs": (states @ table).log_softmax(1).gather(1, actions) + 0.4 * noise,
        "rewards": torch.randint(2, (2, 3), generator=draw).double(),
    }  # fmt: skip


@pytest.mark.exercise("15.9")
class TestUpdate:
    @for_all(
        examples=15, seed=st.integers(0, 10**6), epsilon=st.floats(0.05, 0.7), rate=st.floats(0.01, 1),
        max_norm=st.sampled_from([1e6, 0.05]),
    )  # fmt: skip
    def test_equals_the_update_written_out(self, observe, seed, epsilon, rate, max_norm):
        rollout, critic = some_rollout(seed), random(seed + 9, 3)
        settings = {"epsilon": epsilon, "learning_rate": rate, "max_grad_norm": max_norm}
        seen = observe(scenarios.one_update, **rollout, critic=critic, **settings)
        loss, norm, after = written_out(rollout, epsilon, max_norm, rate)
        seen["metrics"]["loss"].close(loss, atol=1e-8)
        seen["metrics"]["grad_norm"].close(norm, rtol=1e-5)
        seen["after"]["actor"].close(after, rtol=1e-5, atol=1e-8)
        errors = (rollout["states"] @ critic)[:, None] - rollout["rewards"]
        gradient = (2 * errors / 6).sum(1) @ rollout["states"]
        scale = min(1.0, max_norm / (float(gradient.norm()) + 1e-6))
        seen["metrics"]["value_loss"].close(float(errors.square().mean()))
        seen["after"]["critic"].close(critic - rate * scale * gradient, rtol=1e-5, atol=1e-8)

    def test_each_image_is_computed_once(self, observe):
        seen = observe(scenarios.one_update, **some_rollout(1), critic=random(2, 3))
        seen["forwards"].close([(2, 3)], says="one forward pass of the actor, over 2 images and not over 6 answers")
        seen["critic forwards"].close([(2, 3)], says="one forward pass of the critic, over 2 images")

    def test_metrics_are_floats(self, observe):
        seen = observe(scenarios.one_update, **some_rollout(1), critic=random(2, 3))
        for name in ("loss", "grad_norm", "value_loss"):
            value = seen["metrics"][name].value
            seen.check(type(value) is float, f"{name} must be a float, not a {type(value).__name__}")

    def test_without_a_critic_there_is_no_value_loss(self, observe):
        seen = observe(scenarios.one_update, **some_rollout(1))
        seen.check("value_loss" not in seen.value["metrics"], "value_loss belongs to the critic; there is none")


@pytest.mark.exercise("15.9")
class TestCriticOnProbes:
    """Tasks whose values are known: the way to test any critic. The policy is so sure that it hardly moves."""

    def values(self, observe, table, labels, images=None):
        settings = {"baseline": "critic", "group_size": 64, "divide_by_std": False}
        pixels = len(table) if images is None else images.shape[1]
        critic = torch.zeros(pixels, dtype=torch.float64)
        seen = observe(scenarios.train, table, labels, 40, critic=critic, images=images, **settings)
        states = torch.eye(pixels, dtype=torch.float64) if images is None else images
        return seen, states @ seen.value["after"]["critic"]

    def test_a_constant_reward_is_its_value(self, observe):
        # The policy is always right: the reward is 1 in every state.
        seen, values = self.values(observe, double([[60.0, 0.0], [0.0, 60.0]]), whole([0, 1]))
        good = bool((values - 1).abs().max() < 1e-4)
        seen.check(good, f"the reward is always 1, but the values are {values.tolist()}")

    def test_two_states_with_rewards_1_and_0(self, observe):
        # The answer is always 0; the first image shows a 0, the second a 1.
        seen, values = self.values(observe, double([[60.0, 0.0], [60.0, 0.0]]), whole([0, 1]))
        good = bool((values - double([1.0, 0.0])).abs().max() < 1e-4)
        seen.check(good, f"the rewards are 1 and 0, but the values are {values.tolist()}")

    def test_states_that_look_alike_share_their_mean(self, observe):
        # Four images that look alike; three of them show a 0, and 0 is the answer.
        images = torch.ones(4, 1, dtype=torch.float64)
        seen, values = self.values(observe, double([[60.0, 0.0]]), whole([0, 0, 0, 1]), images)
        good = bool((values - 0.75).abs().max() < 1e-4)
        seen.check(good, f"3 of 4 answers are right, but the values are {values.tolist()}")

    def test_a_right_critic_leaves_no_advantage(self, observe):
        # As soon as the value is 1, like every reward, no answer is better than expected: the policy's loss is 0.
        seen, _ = self.values(observe, double([[60.0, 0.0], [0.0, 60.0]]), whole([0, 1]))
        losses = [m["loss"] for m in seen.value["metrics"]]
        seen.check(abs(losses[0] + 1) < 1e-6, "the first advantage is the reward, 1: the critic's value is still 0")
        seen.check(abs(losses[-1]) < 1e-4, f"a critic that predicts the reward leaves no advantage: {losses[-1]}")


@pytest.mark.exercise("15.10")
class TestStep:
    @for_all(
        examples=10, seed=st.integers(0, 10**6), indices=st.lists(st.integers(0, 2), min_size=1, max_size=4),
        labels=st.lists(st.integers(0, 2), min_size=3, max_size=3), size=st.integers(2, 9), divide=st.booleans(),
        baseline=st.sampled_from(BASELINES),
    )  # fmt: skip
    def test_holds_for_all_settings(self, observe, seed, indices, labels, size, divide, baseline):
        table, critic = random(seed, 3, 3), random(seed + 1, 3)
        settings = {"seed": seed, "group_size": size, "divide_by_std": divide, "baseline": baseline}
        settings |= {"critic": critic} if baseline == "critic" else {}
        seen = observe(scenarios.watched_step, table, whole(labels), whole(indices), **settings)
        call, metrics = seen.value["calls"][0], seen["metrics"][0]
        actions, rewards = call["actions"], call["rewards"].tolist()
        seen.check(tuple(actions.shape) == (len(indices), size), f"{len(indices)} images with {size} answers each")
        log_probs = table.log_softmax(1)[indices].gather(1, actions)
        seen["calls"][0]["states"].close(torch.eye(3, dtype=torch.float64)[indices])
        seen["calls"][0]["log_probs"].close(log_probs)
        expected = advantages_by_loop(rewards, baseline, divide, critic[indices].tolist())
        good = torch.allclose(call["advantages"].double(), expected, rtol=1e-3, atol=1e-5)
        seen.check(good, f"these are not the advantages of baseline {baseline!r} with divide_by_std={divide}")
        metrics["reward"].close(sum(map(sum, rewards)) / (size * len(indices)), rtol=1e-5)
        metrics["entropy"].close(-float(log_probs.mean()), rtol=1e-5)
        metrics["no_signal"].close(sum(len(set(row)) == 1 for row in rewards) / len(rewards), rtol=1e-5)

    def test_the_error_of_an_update_reaches_the_caller(self, observe):
        with observe.raises(ZeroDivisionError):
            observe(scenarios.step_with_a_broken_update, random(0, 3, 3), whole([0, 1, 2]), whole([0, 1]))

    def test_metrics_are_averaged_over_the_updates(self, observe):
        table, each = torch.zeros(2, 2, dtype=torch.float64), whole([0, 1])
        seen = observe(scenarios.watched_step, table, each, each, updates_per_rollout=3)
        for name, expected in {"loss": 2.0, "grad_norm": 4.0}.items():
            seen["metrics"][0][name].close(expected)
        kinds = {name: type(value).__name__ for name, value in seen.value["metrics"][0].items()}
        seen.check(set(kinds.values()) == {"float"}, f"every metric must be a float; they are {kinds}")

    def test_a_seed_repeats_the_draws(self, observe):
        def two_steps(seed):
            table, each = torch.zeros(2, 2, dtype=torch.float64), whole([0, 1])
            return observe(scenarios.watched_step, table, each, each, steps=2, group_size=64, seed=seed)

        first = two_steps(3)
        first["step_number"].close(2)
        two_steps(3)["calls"].close(first.value["calls"])
        other = two_steps(4)
        same = torch.equal(other.value["calls"][0]["actions"], first.value["calls"][0]["actions"])
        other.check(not same, "another seed must draw other answers")

    @pytest.mark.trains
    @pytest.mark.parametrize("baseline", BASELINES)
    def test_it_learns(self, observe, baseline):
        seen = observe(scenarios.learn_blobs, baseline)
        before, after = seen.value["before"], seen.value["after"]
        seen.check(before < 0.2, f"an untrained policy guesses: it is right with probability {before:.2f}")
        seen.check(after > 0.5, f"after 40 steps it is right with probability {after:.2f}, not over 0.5")
