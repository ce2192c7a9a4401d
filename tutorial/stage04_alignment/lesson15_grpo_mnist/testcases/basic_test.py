"""The subject of lesson 15: every exercise on small numbers that you can check by hand."""

import itertools
import math

import pytest
import torch
from lesson15_grpo_mnist.loss.advantages import compute_advantages
from lesson15_grpo_mnist.loss.ppo import policy_loss, value_loss
from lesson15_grpo_mnist.memory.accounting import expected_share_without_signal, training_bytes
from lesson15_grpo_mnist.models.actor import action_log_probs
from lesson15_grpo_mnist.testcases import scenarios

from course.base.property_tests import drawn
from lab.models.drawn_logits import added


def double(values):
    return torch.tensor(values, dtype=torch.float64)


def whole(values):
    return torch.tensor(values)


def numbers(draw, rows, columns, least=-2.0, most=2.0):
    """A table of numbers, as lists."""
    return [[draw.uniform(least, most) for _ in range(columns)] for _ in range(rows)]


def some_seed():
    return drawn().randrange(10**6)


def flat(rows):
    return list(itertools.chain.from_iterable(rows))


def log_softmax(row):
    return [x - math.log(sum(math.exp(y) for y in row)) for x in row]


def mean_of(values):
    return sum(values) / len(values)


def std_of(values):
    """The unbiased standard deviation."""
    return math.sqrt(sum((v - mean_of(values)) ** 2 for v in values) / (len(values) - 1))


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

    def test_gradient_is_one_hot_minus_probability(self, observe):
        logits = double([[0.5, 0.25, 0.25]]).log()
        seen = observe(action_log_probs, logits, whole([[0, 0, 1]]), grad_of="logits")
        seen.grad("logits").close(double([[2 - 1.5, 1 - 0.75, -0.75]]))

    def test_logits_drawn_at_random(self, observe):
        draw = drawn()
        logits, group_size = numbers(draw, 3, 5), draw.randint(1, 6)
        actions = [draw.choices(range(5), k=group_size) for _ in logits]
        rows = [log_softmax(row) for row in logits]
        expected = [[row[a] for a in chosen] for row, chosen in zip(rows, actions, strict=True)]
        seen = observe(action_log_probs, double(logits), whole(actions), grad_of="logits")
        seen.close(double(expected))
        counts = double([[chosen.count(a) for a in range(5)] for chosen in actions])
        seen.grad("logits").close(counts - group_size * double(rows).exp())


@pytest.mark.exercise("15.4")
class TestGroupRollout:
    # The images are unit vectors, the policy is a table of logits: one row for each image.
    # Image 0 is answered 1, image 1 is answered 0, image 2 is answered 2, almost with certainty.
    SURE = double([[0.0, 60.0, 0.0], [60.0, 0.0, 0.0], [0.0, 0.0, 60.0]])
    DRAWN = double([[0.5, 0.25, 0.125, 0.125]] * 4)  # probabilities

    def test_g_answers_to_each_image(self, observe):
        seen = observe(scenarios.rollout, self.SURE, whole([1, 2, 2]), whole([2, 0, 1]), 3)
        seen["actions"].close(whole([[2, 2, 2], [1, 1, 1], [0, 0, 0]]))
        seen["rewards"].close(torch.tensor([[1.0] * 3, [1.0] * 3, [0.0] * 3]))
        seen["states"].close(torch.eye(3, dtype=torch.float64)[[2, 0, 1]])

    def test_one_forward_over_the_images(self, observe):
        # The logits of this policy are others at each call, and in each row: images 2 and 0 are rows 0 and 1 of call 0.
        seed, images = some_seed(), whole([2, 0])
        seen = observe(scenarios.rollout, self.SURE / 60, whole([1, 2, 2]), images, 5, seed, by_call=seed)
        expected = (self.SURE[images] / 60 + added(seed, (2, 3))).log_softmax(1).gather(1, seen.value["actions"])
        seen["log_probs"].close(expected, says="one forward over the images gives the logits for all answers")
        seen["next logits"].close(added(seed, (1, 3), call=1), says="one forward over the images is enough")

    def test_answers_are_drawn_with_the_policys_probabilities(self, observe):
        # 800 draws: a share this far from its probability comes up less than once in ten million.
        images = torch.zeros(200, dtype=torch.long)
        seen = observe(scenarios.rollout, self.DRAWN.log(), whole([0, 1, 2, 3]), images, 4, some_seed())
        shares = torch.bincount(seen.value["actions"].reshape(-1), minlength=4) / 800
        good = bool(((shares - self.DRAWN[0]).abs() < 0.1).all())
        seen.check(good, f"the answers have shares {shares.tolist()}, the policy gives {self.DRAWN[0].tolist()}")

    def test_answers_to_one_image_are_independent(self, observe):
        # Four independent draws of these four actions: all different in 4.7 % of the groups, all alike in 6.7 %.
        images = torch.zeros(200, dtype=torch.long)
        seen = observe(scenarios.rollout, self.DRAWN.log(), whole([0, 1, 2, 3]), images, 4, some_seed())
        different = [len(set(row)) for row in seen.value["actions"].tolist()]
        seen.check(sum(n == 4 for n in different) < 60, "an answer may come up several times in a group")
        seen.check(sum(n == 1 for n in different) < 60, "the answers of a group must be drawn one by one")

    def test_stores_the_log_probs_of_its_answers_without_gradient(self, observe):
        seen = observe(scenarios.rollout, self.DRAWN.log(), whole([0, 1, 2, 3]), whole([0, 3]), 8, some_seed())
        seen["log_probs"].close(self.DRAWN[0].log()[seen.value["actions"]])
        seen.check(not seen.value["with gradient"], f"{seen.value['with gradient']} must not have a gradient")

    def test_policies_drawn_at_random(self, observe):
        draw = drawn()
        table, labels = numbers(draw, 4, 5), draw.choices(range(5), k=4)
        images, group_size = draw.sample(range(4), 3), draw.randint(3, 8)
        seen = observe(scenarios.rollout, double(table), whole(labels), whole(images), group_size)
        actions = seen.value["actions"].tolist()
        seen.check([len(row) for row in actions] == [group_size] * 3, f"3 images, {group_size} answers to each")
        answers = list(zip(images, actions, strict=True))
        seen["states"].close(double([[float(i == pixel) for pixel in range(4)] for i in images]))
        seen["rewards"].close(torch.tensor([[float(a == labels[i]) for a in row] for i, row in answers]))
        seen["log_probs"].close(double([[log_softmax(table[i])[a] for a in row] for i, row in answers]))


@pytest.mark.exercise("15.5")
class TestAdvantages:
    # The page's example: the first image is easy, the second is hard.
    REWARDS = double([[1.0, 1.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]])
    VALUES = double([0.5, 0.25])

    def test_group_mean(self, observe):
        # means 3/4 and 1/4; unbiased std of both rows: sqrt((3 * 1/16 + 9/16) / 3) = 1/2
        seen = observe(compute_advantages, self.REWARDS)
        a, b = 0.25 / 0.5001, 0.75 / 0.5001
        seen.close(double([[a, a, a, -b], [-a, -a, -a, b]]))

    def test_group_mean_not_divided(self, observe):
        seen = observe(compute_advantages, self.REWARDS, "group", divide_by_std=False)
        seen.close(double([[0.25, 0.25, 0.25, -0.75], [-0.25, -0.25, -0.25, 0.75]]))

    def test_batch_mean(self, observe):
        # The mean of all eight is 1/2; their unbiased std is sqrt(8 * 1/4 / 7).
        seen = observe(compute_advantages, self.REWARDS, "batch")
        seen.close((self.REWARDS - 0.5) / (math.sqrt(2 / 7) + 1e-4))

    def test_an_easy_image_teaches_a_group_nothing_but_a_batch_something(self, observe):
        # All answers to the second image are right. The batch's mean is 5/8.
        rewards = double([[1.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0]])
        observe(compute_advantages, rewards, "group")[1].close(torch.zeros(4, dtype=torch.float64))
        batch = observe(compute_advantages, rewards, "batch", False)
        batch[1].close(torch.full((4,), 3 / 8, dtype=torch.float64))

    def test_no_baseline(self, observe):
        observe(compute_advantages, self.REWARDS, "none").close(self.REWARDS)

    def test_critic_not_divided(self, observe):
        seen = observe(compute_advantages, self.REWARDS, "critic", False, self.VALUES)
        seen.close(double([[0.5, 0.5, 0.5, -0.5], [-0.25, -0.25, -0.25, 0.75]]))

    def test_critic_divided(self, observe):
        # The differences of the test above have the mean 1/8. Their squared distances from it are 3 * 9/64, 25/64,
        # 3 * 9/64 and 25/64, which add up to 104/64; over 7 that is 13/56.
        seen = observe(compute_advantages, self.REWARDS, "critic", True, self.VALUES)
        a, b, std = 3 / 8, 5 / 8, math.sqrt(13 / 56) + 1e-4
        seen.close(double([[a, a, a, -b], [-a, -a, -a, b]]) / std)

    def test_value_b_belongs_to_row_b(self, observe):
        # As many images as answers: values subtracted from columns give no error here.
        seen = observe(compute_advantages, torch.zeros(2, 2, dtype=torch.float64), "critic", False, self.VALUES)
        seen.close(double([[-0.5, -0.5], [-0.25, -0.25]]))

    def test_no_gradient_reaches_the_critic(self, observe):
        seen = observe(compute_advantages, self.REWARDS, "critic", False, self.VALUES, grad_of="values")
        seen.grad("values").no_gradient("the advantage is a constant: no gradient may reach the critic through it")

    @pytest.mark.parametrize("divide", [True, False])
    def test_rewards_drawn_at_random(self, observe, divide):
        draw = drawn()
        rewards, values = numbers(draw, 3, 4), [draw.uniform(-1.0, 1.0) for _ in range(3)]
        differences = [[r - v for r in row] for row, v in zip(rewards, values, strict=True)]

        def divided(number, std):
            return number / (std + 1e-4) if divide else number

        group = [[divided(r - mean_of(row), std_of(row)) for r in row] for row in rewards]
        observe(compute_advantages, double(rewards), "group", divide).close(double(group))
        batch = [[divided(r - mean_of(flat(rewards)), std_of(flat(rewards))) for r in row] for row in rewards]
        observe(compute_advantages, double(rewards), "batch", divide).close(double(batch))
        observe(compute_advantages, double(rewards), "none", divide).close(double(rewards))
        centre = mean_of(flat(differences)) if divide else 0.0
        critic = [[divided(d - centre, std_of(flat(differences))) for d in row] for row in differences]
        seen = observe(compute_advantages, double(rewards), "critic", divide, double(values), grad_of="values")
        seen.close(double(critic))
        seen.grad("values").no_gradient("the advantage is a constant: no gradient may reach the critic through it")


@pytest.mark.exercise("15.6")
class TestPolicyLoss:
    def test_each_answer_has_its_own_advantage(self, observe):
        # Ratio 1: the loss is minus the mean of the advantages, and the gradient minus each of them over 4.
        lp, advantages = double([[-1.0, -2.0], [-0.5, -0.25]]), double([[1.0, -0.5], [0.0, 0.25]])
        seen = observe(policy_loss, lp, lp, advantages, grad_of="log_probs")
        seen.close(-0.75 / 4)
        seen.grad("log_probs").close(-advantages / 4)

    # Ratios 2 and 0.5, with either sign of the advantage: lesson 14's four quadrants in one batch.
    OLD, RATIO = double([[-1.0, -2.0], [-3.0, -1.5]]), double([[2.0, 0.5], [0.5, 2.0]])
    SIGNS = double([[1.0, 1.0], [-1.0, -1.0]])

    def test_the_clip(self, observe):
        seen = observe(policy_loss, self.OLD + self.RATIO.log(), self.OLD, self.SIGNS, grad_of="log_probs")
        seen.close((-1.2 - 0.5 + 0.8 + 2.0) / 4)
        seen.grad("log_probs").close(double([[0.0, -0.5], [0.0, 2.0]]) / 4)

    def test_another_epsilon(self, observe):
        seen = observe(policy_loss, self.OLD + self.RATIO.log(), self.OLD, self.SIGNS, 0.1)
        seen.close((-1.1 - 0.5 + 0.9 + 2.0) / 4)

    def test_the_ratio_of_unlikely_answers(self, observe):
        # exp(-800) is 0 in any precision; the ratio of two such probabilities is not.
        old = double([[-800.0, -800.0]])
        seen = observe(policy_loss, old + 0.1, old, double([[1.0, -1.0]]), grad_of="log_probs")
        seen.close(0.0, atol=1e-9)
        seen.grad("log_probs").close(double([[-0.5, 0.5]]) * math.exp(0.1))

    def test_old_log_probs_and_advantages_are_constants(self, observe):
        old, advantages = double([[-1.0, -2.0]]), double([[1.0, -1.0]])
        seen = observe(policy_loss, old + 0.1, old, advantages, grad_of=("old_log_probs", "advantages"))
        for name in ("old_log_probs", "advantages"):
            seen.grad(name).no_gradient(f"{name} are constants, but gradient flows into them")

    def test_answers_drawn_at_random(self, observe):
        draw = drawn()
        # Most old probabilities are so small that they are 0 in any precision.
        old, moves, advantages = numbers(draw, 3, 4, -2000.0, -1.0), numbers(draw, 3, 4, -0.5, 0.5), numbers(draw, 3, 4)
        epsilon, products, gradient = draw.uniform(0.1, 0.3), [], []
        for move, a in zip(flat(moves), flat(advantages), strict=True):
            ratio = math.exp(move)
            products.append(min(ratio * a, min(max(ratio, 1 - epsilon), 1 + epsilon) * a))
            gradient.append(-ratio * a / 12 if products[-1] == ratio * a else 0.0)  # none beyond the clip
        arguments = (double(old) + double(moves), double(old), double(advantages), epsilon)
        seen = observe(policy_loss, *arguments, grad_of=("log_probs", "old_log_probs", "advantages"))
        seen.close(-mean_of(products))
        seen.grad("log_probs").close(double(gradient).reshape(3, 4), rtol=1e-5)
        for name in ("old_log_probs", "advantages"):
            seen.grad(name).no_gradient(f"{name} are constants, but gradient flows into them")


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
# Minus the mean of A * (one-hot - p). Row 0: A is 1 for action 0 and -1 for action 1.
# Row 1: A is 0.5 + 1.5 for action 2, which has the probability 3/4.
GRADIENT = double([[-1.0, 1.0, 0.0], [2 * 0.125, 2 * 0.125, -2 * 0.25]]) / 4
NORM = math.sqrt((1 + 1 + 0.0625 + 0.0625 + 0.25) / 16)


@pytest.mark.exercise("15.9")
class TestUpdate:
    def test_one_step_of_the_actor(self, observe):
        seen = observe(scenarios.one_update, **UPDATE, learning_rate=0.5)
        seen["after"]["actor"].close(LOGS - 0.5 * GRADIENT)
        seen["metrics"]["loss"].close(-2.0 / 4)
        seen["metrics"]["grad_norm"].close(NORM)

    def test_one_step_of_the_critic(self, observe):
        # Values 0.5 and 0; gradient 2 * mean of (V - r): (-0.5 + 0.5) / 2 and (0 - 1) / 2. It is 0 and -1/2.
        seen = observe(scenarios.one_update, **UPDATE, critic=double([0.5, 0.0]), learning_rate=0.5)
        seen["after"]["critic"].close(double([0.5, 0.25]))
        seen["after"]["actor"].close(LOGS - 0.5 * GRADIENT)
        seen["metrics"]["value_loss"].close((0.25 + 0.25 + 0 + 1) / 4)

    def test_each_gradient_norm_is_clipped_on_its_own(self, observe):
        seen = observe(scenarios.one_update, **UPDATE, critic=double([0.5, 0.0]), learning_rate=0.5, max_grad_norm=0.1)
        seen["after"]["actor"].close(LOGS - 0.5 * GRADIENT * 0.1 / NORM, rtol=1e-5)
        seen["after"]["critic"].close(double([0.5, 0.0 + 0.5 * 0.1]), rtol=1e-5)
        seen["metrics"]["grad_norm"].close(NORM)

    def test_the_ratio_is_that_of_new_and_stored_log_probs(self, observe):
        # Ratios 2, 0.5, 2, 0.5 with the advantages 1, -1, 0.5, 1.5; clipped to 1.5, 0.5, 1.5, 0.5 by epsilon = 0.5.
        moved = UPDATE["old_log_probs"] - double([[2.0, 0.5], [2.0, 0.5]]).log()
        seen = observe(scenarios.one_update, **{**UPDATE, "old_log_probs": moved}, epsilon=0.5)
        seen["metrics"]["loss"].close(-(1.5 - 0.5 + 0.75 + 0.75) / 4)

    def test_rollouts_drawn_at_random(self, observe):
        # Three images, four actions, two answers to each image. The loss is a mean over six answers.
        draw = drawn()
        epsilon, rate = draw.uniform(0.05, 0.3), 0.5
        table, critic = numbers(draw, 3, 4), [draw.uniform(-1.0, 1.0) for _ in range(3)]
        images, actions = draw.sample(range(3), 3), [draw.choices(range(4), k=2) for _ in range(3)]
        rewards, advantages, moves = (numbers(draw, 3, 2) for _ in range(3))
        old, losses, errors = torch.zeros(3, 2).double(), [], []
        gradient, critic_gradient = torch.zeros(3, 4).double(), torch.zeros(3).double()
        for b, g in itertools.product(range(3), range(2)):
            i, action, a, log_probs = images[b], actions[b][g], advantages[b][g], log_softmax(table[images[b]])
            ratio, bounded = math.exp(moves[b][g]), min(max(math.exp(moves[b][g]), 1 - epsilon), 1 + epsilon)
            old[b, g] = log_probs[action] - moves[b][g]
            losses.append(-min(ratio * a, bounded * a))
            for other in range(4) if ratio * a <= bounded * a else ():  # else the clip removes the gradient
                gradient[i, other] -= ratio * a * ((other == action) - math.exp(log_probs[other])) / 6
            errors.append((critic[i] - rewards[b][g]) ** 2)
            critic_gradient[i] += 2 * (critic[i] - rewards[b][g]) / 6
        states = torch.eye(3, dtype=torch.float64)[images]
        arguments = (double(table), states, whole(actions), old, double(rewards), double(advantages), double(critic))
        norm, critic_norm = (math.sqrt(float(g.square().sum())) for g in (gradient, critic_gradient))
        for bound in (1e6, 0.01):  # the smaller one is below both norms; gradients from before must not count
            seen = observe(
                scenarios.one_update, *arguments, True, epsilon=epsilon, learning_rate=rate, max_grad_norm=bound
            )
            seen["after"]["actor"].close(double(table) - rate * min(1, bound / norm) * gradient, rtol=1e-5)
            critic_after = double(critic) - rate * min(1, bound / critic_norm) * critic_gradient
            seen["after"]["critic"].close(critic_after, rtol=1e-5)
            seen["metrics"].close({"loss": mean_of(losses), "grad_norm": norm, "value_loss": mean_of(errors)})


@pytest.mark.exercise("15.10")
class TestStep:
    # Image 0 is always answered 0; it shows a 0. Image 1 is answered 0 or 1, each as often; it shows a 1.
    TABLE = double([[60.0, 0.0], [0.0, 0.0]])
    EACH = whole([0, 1])

    def test_a_rollout_of_the_images(self, observe):
        seen = observe(scenarios.watched_step, self.TABLE, self.EACH, self.EACH, group_size=64, seed=some_seed())
        call, metrics = seen.value["calls"][0], seen["metrics"][0]
        seen.check(tuple(call["actions"].shape) == (2, 64), "config.group_size = 64 answers to each of 2 images")
        seen["calls"][0]["rewards"].close((call["actions"] == self.EACH[:, None]).float())
        metrics["reward"].close(float(call["rewards"].mean()), rtol=1e-5)
        metrics["no_signal"].close(0.5)
        metrics["entropy"].close(math.log(2) / 2, rtol=1e-5)

    def test_advantages_come_from_the_group(self, observe):
        settings = {"group_size": 64, "divide_by_std": False, "seed": some_seed()}
        seen = observe(scenarios.watched_step, self.TABLE, self.EACH, self.EACH, **settings)
        rewards = seen.value["calls"][0]["rewards"]
        seen["calls"][0]["advantages"].close(rewards - rewards.mean(1, keepdim=True), rtol=1e-5, atol=1e-6)

    def test_advantages_come_from_the_batch_if_configured(self, observe):
        settings = {"group_size": 64, "divide_by_std": False, "baseline": "batch", "seed": some_seed()}
        seen = observe(scenarios.watched_step, self.TABLE, self.EACH, self.EACH, **settings)
        rewards = seen.value["calls"][0]["rewards"]
        seen["calls"][0]["advantages"].close(rewards - rewards.mean(), rtol=1e-5, atol=1e-6)

    def test_several_updates_on_one_rollout(self, observe):
        # The watched update only notes its arguments and returns the losses 1, 2, 3.
        settings = {"updates_per_rollout": 3, "seed": some_seed()}
        seen = observe(scenarios.watched_step, self.TABLE, self.EACH, self.EACH, **settings)
        seen.check(len(seen.value["calls"]) == 3, "update must be called updates_per_rollout = 3 times")
        seen["calls"][2].close(seen.value["calls"][0])
        seen["step_number"].close(1)
        seen["metrics"][0]["loss"].close(2.0)

    def test_the_critics_values_are_those_from_before_the_updates(self, observe):
        # The watched update also raises every value of the critic by 1.
        settings = {"critic": double([0.5, 0.25]), "baseline": "critic", "divide_by_std": False, "seed": some_seed()}
        seen = observe(scenarios.watched_step, self.TABLE, self.EACH, self.EACH, updates_per_rollout=2, **settings)
        for i, call in enumerate(seen.value["calls"]):
            expected = call["rewards"] - double([[0.5], [0.25]])
            seen["calls"][i]["advantages"].close(expected, rtol=1e-5, atol=1e-6)

    def test_every_step_draws_anew(self, observe):
        settings = {"steps": 2, "group_size": 64, "seed": some_seed()}
        seen = observe(scenarios.watched_step, self.TABLE, self.EACH, self.EACH, **settings)
        first, second = (call["actions"] for call in seen.value["calls"])
        seen.check(not torch.equal(first, second), "the second step must draw new answers")

    def test_policies_drawn_at_random(self, observe):
        draw = drawn()
        table, labels = numbers(draw, 4, 3), draw.choices(range(3), k=4)
        images, group_size, updates = draw.sample(range(4), 3), draw.randint(4, 8), draw.randint(1, 3)
        settings = {"group_size": group_size, "updates_per_rollout": updates}
        seen = observe(scenarios.watched_step, double(table), whole(labels), whole(images), **settings)
        rows = seen.value["calls"][0]["actions"].tolist()
        rewards = [[float(a == labels[i]) for a in row] for i, row in zip(images, rows, strict=True)]
        log_probs = [[log_softmax(table[i])[a] for a in row] for i, row in zip(images, rows, strict=True)]
        advantages = [[(r - mean_of(row)) / (std_of(row) + 1e-4) for r in row] for row in rewards]
        for i in range(updates):
            seen["calls"][i]["rewards"].close(torch.tensor(rewards))
            seen["calls"][i]["log_probs"].close(double(log_probs), rtol=1e-5)
            seen["calls"][i]["advantages"].close(double(advantages), rtol=1e-5, atol=1e-6)
        metrics = seen["metrics"][0]
        metrics["reward"].close(mean_of(flat(rewards)), rtol=1e-5)
        metrics["no_signal"].close(mean_of([len(set(row)) == 1 for row in rewards]), rtol=1e-5)
        metrics["entropy"].close(-mean_of(flat(log_probs)), rtol=1e-5)
        metrics["loss"].close(mean_of(range(1, updates + 1)))


@pytest.mark.exercise("15.11")
class TestTrainingBytes:
    def test_eight_billion_parameters(self, observe):
        # Two bytes for each number: 16 GB of weights, 16 of gradients, 32 of moments.
        giga = 10**9
        seen = observe(training_bytes, 8 * giga, "bfloat16", "bfloat16", "bfloat16")
        seen.close(
            {"weights": 16 * giga, "gradients": 16 * giga, "adam": 32 * giga, "master_weights": 0, "total": 64 * giga}
        )

    def test_each_part_has_its_own_dtype(self, observe):
        seen = observe(training_bytes, 10, "bfloat16", "float32", "float64", "float32")
        seen.close({"weights": 20, "gradients": 40, "adam": 160, "master_weights": 40, "total": 260})

    def test_sizes_and_dtypes_drawn_at_random(self, observe):
        draw = drawn()
        names = ("float64", "float32", "bfloat16", "float16")
        for copy in (draw.choice(names), None):
            count, dtypes = draw.randint(10**3, 10**10), [*draw.choices(names, k=3), copy]
            w, g, m, master = (0 if name is None else getattr(torch, name).itemsize for name in dtypes)
            parts = {
                "weights": count * w,
                "gradients": count * g,
                "adam": 2 * count * m,
                "master_weights": count * master,
            }
            seen = observe(training_bytes, count, *dtypes)
            seen.close({**parts, "total": sum(parts.values())})


@pytest.mark.exercise("15.12")
class TestExpectedShare:
    def test_a_coin(self, observe):
        # Two tosses are alike in half of all cases, three in a quarter.
        observe(expected_share_without_signal, double([0.5]), 2).close(0.5)
        observe(expected_share_without_signal, double([0.5]), 3).close(0.25)

    def test_a_hard_image(self, observe):
        # Three answers: all right with 1/64, all wrong with 27/64.
        observe(expected_share_without_signal, double([0.25]), 3).close(28 / 64)

    def test_the_mean_is_over_images(self, observe):
        # One image that is always right, one that is a coin: 1 and 1/2.
        observe(expected_share_without_signal, double([1.0, 0.5]), 2).close(0.75)

    def test_images_drawn_at_random(self, observe):
        # All 2^G groups of right and wrong answers are listed; those count in which all are alike.
        draw = drawn()
        success, group_size = [draw.random() for _ in range(4)], draw.randint(2, 6)
        shares = [0.0] * 4
        for i, p in enumerate(success):
            for group in itertools.product([True, False], repeat=group_size):
                if len(set(group)) == 1:
                    shares[i] += math.prod(p if right else 1 - p for right in group)
        observe(expected_share_without_signal, double(success), group_size).close(mean_of(shares))
