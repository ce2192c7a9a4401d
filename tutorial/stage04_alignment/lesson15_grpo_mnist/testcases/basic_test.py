"""Does it do the job? Every exercise of lesson 15, on small numbers that a pocket calculator gives."""

import math

import pytest
import torch
from lesson15_grpo_mnist.loss.advantages import compute_advantages
from lesson15_grpo_mnist.loss.ppo import policy_loss, value_loss
from lesson15_grpo_mnist.memory.accounting import expected_share_without_signal, training_bytes
from lesson15_grpo_mnist.models.actor import action_log_probs
from lesson15_grpo_mnist.testcases import scenarios


def double(values):
    return torch.tensor(values, dtype=torch.float64)


def whole(values):
    return torch.tensor(values)


# Three "images" of two pixels; they show a 7, a 2 and a 0.
IMAGES, LABELS = torch.tensor([[0.0, 0.5], [1.0, 0.0], [0.25, 0.75]]), whole([7, 2, 0])


@pytest.mark.exercise("15.1")
class TestEnvironment:
    def test_the_state_is_the_image(self, observe):
        seen = observe(scenarios.play, IMAGES, LABELS, ("reset", whole([2, 0])))
        seen["length"].close(3)
        seen["given"][0].close(IMAGES[[2, 0]])

    def test_right_answers_are_rewarded(self, observe):
        seen = observe(scenarios.play, IMAGES, LABELS, ("reset", whole([2, 0])), ("step", whole([[0, 7], [7, 2]])))
        seen["given"][1].close(torch.tensor([[1.0, 0.0], [1.0, 0.0]]))

    def test_an_episode_ends_with_its_first_action(self, observe):
        answer = ("step", whole([[7]]))
        with observe.raises(RuntimeError, match="reset"):
            observe(scenarios.play, IMAGES, LABELS, ("reset", whole([0])), answer, answer)

    def test_an_action_must_be_a_digit(self, observe):
        with observe.raises(ValueError, match="actions"):
            observe(scenarios.play, IMAGES, LABELS, ("reset", whole([0])), ("step", whole([[10]])))


@pytest.mark.exercise("15.2")
class TestActor:
    def test_layers(self, observe):
        seen = observe(scenarios.network, "actor", torch.zeros(3, 784), dtype="float32")
        seen["shapes"].close([(128, 784), (128,), (128, 128), (128,), (10, 128), (10,)])
        seen.check(tuple(seen.value["output"].shape) == (3, 10), "3 images give logits of shape (3, 10)")

    def test_forward_by_hand(self, observe):
        seen = observe(scenarios.network, "actor", double([[0.5, -1.0], [2.0, 0.25]]), pixels=2, hidden=3, actions=4)
        seen["output"].close(by_hand(seen.value["weights"], double([[0.5, -1.0], [2.0, 0.25]])))


def by_hand(weights, x):
    """Matrix products and ReLU, layer by layer."""
    for i in range(0, 6, 2):
        x = x @ weights[i].T + weights[i + 1]
        x = x.clamp(min=0) if i < 4 else x
    return x


@pytest.mark.exercise("15.3")
class TestActionLogProbs:
    def test_looks_up_each_rows_own_actions(self, observe):
        logits = double([[0.5, 0.25, 0.25], [0.1, 0.2, 0.7]]).log()
        seen = observe(action_log_probs, logits, whole([[0, 2], [2, 2]]))
        seen.close(double([[0.5, 0.25], [0.7, 0.7]]).log())

    def test_logits_need_not_be_normalised(self, observe):
        # exp gives 1, 3 and 4: probabilities 1/8, 3/8 and 1/2
        seen = observe(action_log_probs, double([[0.0, math.log(3), math.log(4)]]), whole([[1]]))
        seen.close(double([[math.log(3 / 8)]]))


@pytest.mark.exercise("15.4")
class TestGroupRollout:
    # Image 0 is answered 1, image 1 is answered 0, image 2 is answered 2: as good as certainly.
    SURE = double([[0.0, 60.0, 0.0], [60.0, 0.0, 0.0], [0.0, 0.0, 60.0]])

    def test_g_answers_to_each_image(self, observe):
        seen = observe(scenarios.rollout, self.SURE, whole([1, 2, 2]), whole([2, 0, 1]), 3)
        seen["actions"].close(whole([[2, 2, 2], [1, 1, 1], [0, 0, 0]]))
        seen["rewards"].close(torch.tensor([[1.0] * 3, [1.0] * 3, [0.0] * 3]))
        seen["states"].close(torch.eye(3, dtype=torch.float64)[[2, 0, 1]])

    def test_one_forward_over_the_images(self, observe):
        seen = observe(scenarios.rollout, self.SURE, whole([1, 2, 2]), whole([2, 0]), 5)
        seen["forwards"].close([(2, 3)])

    def test_stores_the_log_probs_of_its_answers(self, observe):
        # Probabilities 1/2, 1/4, 1/8, 1/8
        logs = double([[0.5, 0.25, 0.125, 0.125]] * 4).log()
        seen = observe(scenarios.rollout, logs, whole([0, 1, 2, 3]), whole([0, 3]), 8)
        seen["log_probs"].close(logs[0][seen.value["actions"]])


@pytest.mark.exercise("15.5")
class TestAdvantages:
    # The first image is easy, the second is hard.
    REWARDS = double([[1.0, 1.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]])

    def test_against_the_other_answers_to_the_same_image(self, observe):
        # means 3/4 and 1/4; unbiased std of both rows sqrt((3 * 1/16 + 9/16) / 3) = 1/2
        seen = observe(compute_advantages, self.REWARDS)
        a, b = 0.25 / 0.5001, 0.75 / 0.5001
        seen.close(double([[a, a, a, -b], [-a, -a, -a, b]]))

    def test_against_the_whole_batch(self, observe):
        # mean 1/2 of all eight; unbiased std sqrt(8 * 1/4 / 7)
        seen = observe(compute_advantages, self.REWARDS, "batch")
        seen.close((self.REWARDS - 0.5) / (math.sqrt(2 / 7) + 1e-4))

    def test_without_a_baseline(self, observe):
        observe(compute_advantages, self.REWARDS, "none").close(self.REWARDS)

    def test_against_a_critic(self, observe):
        seen = observe(compute_advantages, self.REWARDS, "critic", False, double([0.5, 0.25]))
        seen.close(double([[0.5, 0.5, 0.5, -0.5], [-0.25, -0.25, -0.25, 0.75]]))

    def test_without_dividing(self, observe):
        seen = observe(compute_advantages, self.REWARDS, "group", divide_by_std=False)
        seen.close(double([[0.25, 0.25, 0.25, -0.75], [-0.25, -0.25, -0.25, 0.75]]))


@pytest.mark.exercise("15.6")
class TestPolicyLoss:
    def test_each_answer_has_its_own_advantage(self, observe):
        # Ratio 1: the loss is minus the mean of the advantages, and the gradient minus each of them over 4.
        lp, advantages = double([[-1.0, -2.0], [-0.5, -0.25]]), double([[1.0, -0.5], [0.0, 0.25]])
        seen = observe(policy_loss, lp, lp, advantages, grad_of="log_probs")
        seen.close(-0.75 / 4)
        seen.grad("log_probs").close(-advantages / 4)

    def test_the_clip(self, observe):
        # Ratios 2 and 0.5, with either sign: lesson 14's four quadrants, in one batch.
        old = double([[-1.0, -2.0], [-3.0, -1.5]])
        ratio, advantages = double([[2.0, 0.5], [0.5, 2.0]]), double([[1.0, 1.0], [-1.0, -1.0]])
        seen = observe(policy_loss, old + ratio.log(), old, advantages, grad_of="log_probs")
        seen.close((-1.2 - 0.5 + 0.8 + 2.0) / 4)
        seen.grad("log_probs").close(double([[0.0, -0.5], [0.0, 2.0]]) / 4)


@pytest.mark.exercise("15.7")
class TestCritic:
    def test_layers(self, observe):
        seen = observe(scenarios.network, "critic", torch.zeros(3, 784), dtype="float32")
        seen["shapes"].close([(128, 784), (128,), (128, 128), (128,), (1, 128), (1,)])
        seen.check(tuple(seen.value["output"].shape) == (3,), "3 images give 3 values, of shape (3,)")

    def test_forward_by_hand(self, observe):
        states = double([[0.5, -1.0], [2.0, 0.25], [-3.0, 1.0]])
        seen = observe(scenarios.network, "critic", states, pixels=2, hidden=3)
        seen["output"].close(by_hand(seen.value["weights"], states)[:, 0])


@pytest.mark.exercise("15.8")
class TestValueLoss:
    def test_worked_example(self, observe):
        # 0.5 against 1 and 0: 1/4 and 1/4; 0.25 against 0 and 0: 1/16 and 1/16
        seen = observe(value_loss, double([0.5, 0.25]), double([[1.0, 0.0], [0.0, 0.0]]), grad_of="values")
        seen.close((1 / 4 + 1 / 4 + 1 / 16 + 1 / 16) / 4)
        seen.grad("values").close(double([0.0, 2 * (0.25 + 0.25) / 4]))

    def test_refuses_a_column_of_values(self, observe):
        with observe.raises(ValueError, match="values"):
            observe(value_loss, double([[0.5], [0.25]]), double([[1.0], [0.0]]))


# Two images (unit vectors) and three actions. The probabilities are 1/2, 1/4, 1/4 and 1/8, 1/8, 3/4.
LOGS = double([[0.5, 0.25, 0.25], [0.125, 0.125, 0.75]]).log()
ACTIONS = whole([[0, 1], [2, 2]])
UPDATE = {
    "table": LOGS,
    "states": torch.eye(2, dtype=torch.float64),
    "actions": ACTIONS,
    "old_log_probs": LOGS.gather(1, ACTIONS),  # nothing has changed since: the ratio is 1
    "rewards": double([[1.0, 0.0], [0.0, 1.0]]),
    "advantages": double([[1.0, -1.0], [0.5, 1.5]]),
}


@pytest.mark.exercise("15.9")
class TestUpdate:
    def test_one_step_of_the_actor(self, observe):
        # Gradient to a row of logits: - mean of A (one-hot - p). Row 0: A is 1 for action 0 and -1 for action 1;
        # row 1: A is 0.5 + 1.5 for action 2, whose probability is 3/4.
        seen = observe(scenarios.one_update, **UPDATE, learning_rate=0.5)
        gradient = double([[-1.0, 1.0, 0.0], [2 * 0.125, 2 * 0.125, -2 * 0.25]]) / 4
        seen["after"]["actor"].close(LOGS - 0.5 * gradient)
        seen["metrics"][0]["grad_norm"].close(math.sqrt((1 + 1 + 0.0625 + 0.0625 + 0.25) / 16))
        seen["metrics"][0]["loss"].close(-2.0 / 4)

    def test_one_step_of_the_critic(self, observe):
        # Values 0.5 and 0; gradient 2 * mean of (V - r): (-0.5 + 0.5) / 2 and (0 - 1) / 2.
        seen = observe(scenarios.one_update, **UPDATE, critic=double([0.5, 0.0]), learning_rate=0.5)
        seen["after"]["critic"].close(double([0.5, 0.25]))
        seen["metrics"][0]["value_loss"].close((0.25 + 0.25 + 0 + 1) / 4)


@pytest.mark.exercise("15.10")
class TestStep:
    # Image 0 is always answered 0; it shows a 0. Image 1 is answered 0 or 1, each as often; it shows a 1.
    TABLE = double([[60.0, 0.0], [0.0, 0.0]])

    def test_several_updates_on_one_rollout(self, observe):
        seen = observe(scenarios.watched_step, self.TABLE, whole([0, 1]), whole([0, 1]), updates_per_rollout=3)
        seen.check(len(seen.value["calls"]) == 3, "update must be called updates_per_rollout = 3 times")
        seen["calls"][2].close(seen.value["calls"][0])
        seen["step_number"].close(1)
        seen["metrics"][0]["loss"].close(2.0)

    def test_advantages_come_from_the_group(self, observe):
        seen = observe(
            scenarios.watched_step, self.TABLE, whole([0, 1]), whole([0, 1]), group_size=64, divide_by_std=False
        )
        rewards = seen.value["calls"][0]["rewards"]
        seen["calls"][0]["advantages"].close(rewards - rewards.mean(1, keepdim=True), rtol=1e-5, atol=1e-6)
        seen["metrics"][0]["no_signal"].close(0.5)


@pytest.mark.exercise("15.11")
class TestTrainingBytes:
    def test_eight_billion_parameters(self, observe):
        # Two bytes for each number: 16 GB of weights, 16 of gradients, 32 of moments.
        seen = observe(training_bytes, 8_000_000_000, "bfloat16", "bfloat16", "bfloat16")
        giga = 10**9
        seen.close(
            {"weights": 16 * giga, "gradients": 16 * giga, "adam": 32 * giga, "master_weights": 0, "total": 64 * giga}
        )

    def test_refuses_an_unknown_dtype(self, observe):
        with observe.raises(ValueError, match="int3"):
            observe(training_bytes, 10, "int3")


@pytest.mark.exercise("15.12")
class TestExpectedShare:
    def test_a_coin(self, observe):
        # Two tosses are alike in half of all cases, three in a quarter.
        observe(expected_share_without_signal, double([0.5]), 2).close(0.5)
        observe(expected_share_without_signal, double([0.5]), 3).close(0.25)

    def test_the_mean_is_over_images(self, observe):
        # One image that is always right, one that is a coin: 1 and 1/2.
        observe(expected_share_without_signal, double([1.0, 0.5]), 2).close(0.75)
