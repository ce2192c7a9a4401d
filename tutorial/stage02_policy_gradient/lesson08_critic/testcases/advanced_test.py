"""Is it robust? Padding with any content, edge cases, and whether a critic learns. Every exercise of lesson 08."""

import math

import pytest
import torch
from lesson08_critic.advantages.gae import gae, place_rewards
from lesson08_critic.critic.values import token_values, value_loss
from lesson08_critic.testcases import scenarios

from course.base.object_spec import Spec


def double(values):
    return torch.tensor(values, dtype=torch.float64)


def mask_of(lengths, width):
    """True on the first tokens of each row."""
    return torch.arange(width) < torch.tensor(lengths)[:, None]


def table(values):
    """A critic that looks at the last token only: the value of the state after token i is values[i]."""
    return Spec("lab.models.tiny_language_models:BigramLM", {"logits": [[v] for v in values]})


def rollout_of(ids, lengths, log_probs, ref_log_probs, scores):
    """The fields of a Rollout; the prompt is the first column."""
    mask = mask_of(lengths, len(ids[0]) - 1)
    rollout = {"ids": torch.tensor(ids), "prompt_length": 1, "mask": mask, "scores": double(scores)}
    return {**rollout, "log_probs": log_probs, "ref_log_probs": ref_log_probs}


MASK = mask_of([2, 3], 4)
BAD = double([[0.5, -0.5, 2.0, math.nan], [0.5, 1.0, 0.0, math.nan]])  # 2 and NaN on the padding


@pytest.mark.exercise("08.1")
class TestTokenValues:
    def test_float32_stays_float32(self, observe):
        seen = observe(scenarios.single_precision_values, table([0.5, 1.0]), torch.tensor([[0, 1, 0]]), 1)
        seen.has_dtype(torch.float32, "a critic in float32 gives values in float32")


@pytest.mark.exercise("08.2")
class TestPlaceRewards:
    def test_padding_may_hold_anything(self, observe):
        ref = torch.zeros_like(BAD)
        seen = observe(place_rewards, double([1.0, 1.0]), BAD, ref, MASK, kl_coef=1.0)
        seen.close(double([[-0.5, 1.5, 0.0, 0.0], [-0.5, -1.0, 1.0, 0.0]]))


@pytest.mark.exercise("08.3")
class TestGae:
    def test_padding_may_hold_anything(self, observe):
        seen = observe(gae, BAD, BAD, MASK, lam=0.0)
        seen[0].close(double([[-0.5, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0]]))
        seen[1].close(double([[0.0, -0.5, 0.0, 0.0], [1.5, 1.0, 0.0, 0.0]]))

    def test_a_long_answer(self, observe):
        # A constant critic. 0.1 ** 400 is 0 in floating point: lambda's powers must count from the token itself.
        rewards = torch.zeros(1, 400, dtype=torch.float64)
        rewards[0, -1] = 1
        seen = observe(gae, rewards, torch.full_like(rewards, 0.5), rewards == rewards, lam=0.1)
        seen[0].close(double([[0.1**k / 2 for k in reversed(range(400))]]))


@pytest.mark.exercise("08.4")
class TestValueLoss:
    def test_padding_may_hold_anything(self, observe):
        seen = observe(value_loss, BAD, BAD, torch.zeros_like(BAD), MASK, grad_of="values")
        seen.close(double((0.25 + 0.25 + 0.25 + 1.0 + 0.0) / 5 / 2))
        seen.grad("values").close(double([[0.1, -0.1, 0.0, 0.0], [0.1, 0.2, 0.0, 0.0]]))


@pytest.mark.exercise("08.6")
class TestPpoStep:
    def test_a_critic_learns_two_states(self, observe):
        # After the prompt come tokens 0 and 1. Answers that begin with 0 get 1, the others 0: the value of the prompt is
        # 1/2, and after the first token the critic can know.
        ids = [[3, 0, 2], [3, 1, 2], [3, 0, 2], [3, 1, 2]]
        log_probs = torch.full((4, 2), -math.log(4), dtype=torch.float64)
        rollout = rollout_of(ids, [2] * 4, log_probs, log_probs, [1.0, 0.0, 1.0, 0.0])
        settings = {"lam": 1.0, "epochs": 4, "minibatch_size": 4}
        seen = observe(scenarios.train_critic, table([0.0] * 4), rollout, settings, lr=2.0, steps=12)
        seen["critic"].close(double([[1.0], [0.0], [0.0], [0.5]]), atol=1e-3)
        explained = seen.value["explained"]
        # A quarter of each of the four returns' variances at the prompt is luck: half of all variance can be explained
        seen["explained"].check(
            explained[0] == 0 and abs(explained[-1] - 0.5) < 1e-3, "explained variance: 0, then 1/2"
        )

    def test_the_generator_decides_the_order(self, observe):
        log_probs = torch.full((6, 1), -math.log(6), dtype=torch.float64)
        rollout = rollout_of([[row, 0] for row in range(6)], [1] * 6, log_probs, log_probs, [1.0, 0, 0, 1, 0, 1])
        policy = table([0.0] * 6)
        policy.kwargs["logits"] = [[0.0] * 6] * 6
        seen = observe(
            scenarios.two_orders, policy, table([0.0] * 6), rollout, {"epochs": 3, "minibatch_size": 1}, lr=0.1
        )
        seen[1].close(seen.value[0], says="two steps with generators of the same seed must use the same order")

    def test_the_rollout_stays_as_it_is(self, observe):
        log_probs = torch.full((2, 1), math.log(1 / 3), dtype=torch.float64)
        rollout = rollout_of([[2, 0], [2, 1]], [1, 1], log_probs, log_probs - 0.5, [1.0, 0.0])
        policy = table([0.0] * 3)
        policy.kwargs["logits"] = [[0.0] * 3] * 3
        seen = observe(scenarios.take_step, policy, table([0.0] * 3), rollout, {"kl_coef": 0.1}, lr=0.1)
        seen.check(seen.value["rollout unchanged"], "the rollout was changed in place; others may still need it")
