"""Edge cases, invariants, gradients, scale, bad input, and whether it learns: lesson 15 looked at closely."""

import math

import pytest
import torch
from hypothesis import strategies as st
from lesson15_grpo_mnist.loss.advantages import compute_advantages
from lesson15_grpo_mnist.loss.ppo import policy_loss, value_loss
from lesson15_grpo_mnist.memory.accounting import expected_share_without_signal, training_bytes
from lesson15_grpo_mnist.models.actor import action_log_probs
from lesson15_grpo_mnist.testcases import scenarios

from course.base.property_tests import for_all


def double(values):
    return torch.tensor(values, dtype=torch.float64)


def whole(values):
    return torch.tensor(values)


def random(seed, *shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


IMAGES, LABELS = torch.tensor([[0.0, 0.5], [1.0, 0.0], [0.25, 0.75]]), whole([7, 2, 0])


@pytest.mark.exercise("15.1")
class TestEnvironment:
    @for_all(
        indices=st.lists(st.integers(0, 2), min_size=1, max_size=5), group=st.integers(1, 4), seed=st.integers(0, 999)
    )
    def test_each_answer_against_its_own_image(self, observe, indices, group, seed):
        actions = torch.randint(10, (len(indices), group), generator=torch.Generator().manual_seed(seed))
        expected = [[float(int(a) == int(LABELS[i])) for a in row] for i, row in zip(indices, actions, strict=True)]
        seen = observe(scenarios.play, IMAGES, LABELS, ("reset", whole(indices)), ("step", actions))
        seen["given"].close([IMAGES[indices], torch.tensor(expected)])

    def test_rewards_are_float32(self, observe):
        seen = observe(scenarios.play, IMAGES.double(), LABELS, ("reset", whole([0])), ("step", whole([[7, 1]])))
        seen.check(seen.value["given"][1].dtype == torch.float32, "rewards are float32")

    def test_as_many_rows_as_columns(self, observe):
        # A square of answers: a label that is compared with a column instead of a row gives no error here.
        answers = whole([[7, 2, 0]] * 3)
        seen = observe(scenarios.play, IMAGES, LABELS, ("reset", whole([0, 1, 2])), ("step", answers))
        seen["given"][1].close(torch.eye(3))

    def test_a_new_reset_forgets_the_old_one(self, observe):
        calls = (("reset", whole([0])), ("reset", whole([1])), ("step", whole([[7, 2]])))
        observe(scenarios.play, IMAGES, LABELS, *calls)["given"][2].close(torch.tensor([[0.0, 1.0]]))

    def test_episodes_follow_each_other(self, observe):
        calls = [c for i in (0, 1) for c in (("reset", whole([i])), ("step", whole([[2]])))]
        observe(scenarios.play, IMAGES, LABELS, *calls)["given"][3].close(torch.tensor([[1.0]]))

    def test_no_step_before_a_reset(self, observe):
        with observe.raises(RuntimeError, match="reset"):
            observe(scenarios.play, IMAGES, LABELS, ("step", whole([[7]])))

    @pytest.mark.parametrize("actions", [
        whole([7]), whole([[7], [7]]), whole([[-1]]), whole([[7, 10]]), torch.tensor([[7.0]]), torch.tensor([[True]]),
        whole([[[7]]]),
    ])  # fmt: skip
    def test_refuses_actions_that_do_not_fit(self, observe, actions):
        with observe.raises(ValueError, match="actions"):
            observe(scenarios.play, IMAGES, LABELS, ("reset", whole([0])), ("step", actions))

    def test_after_bad_actions_the_episode_is_still_open(self, observe):
        seen = observe(
            scenarios.step_again_after_an_error, IMAGES, LABELS, whole([0]), bad=whole([[10]]), good=whole([[7]])
        )
        seen.close(torch.tensor([[1.0]]))

    @pytest.mark.parametrize("index", [3, -1])
    def test_refuses_an_image_that_is_not_there(self, observe, index):
        with observe.raises(IndexError):
            observe(scenarios.play, IMAGES, LABELS, ("reset", whole([0, index])))

    @pytest.mark.parametrize("labels", [[7, 2], [7, 2, 0, 1], [7, 2, 10], [7, -1, 0]])
    def test_refuses_labels_that_do_not_fit(self, observe, labels):
        with observe.raises(ValueError, match="labels"):
            observe(scenarios.play, IMAGES, whole(labels))


def by_hand(weights, x):
    """Matrix products and ReLU, layer by layer."""
    for i in range(0, 6, 2):
        x = x @ weights[i].T + weights[i + 1]
        x = x.clamp(min=0) if i < 4 else x
    return x


@pytest.mark.exercise("15.2")
class TestActor:
    @for_all(seed=st.integers(0, 999), batch=st.integers(1, 4), hidden=st.integers(1, 6), actions=st.integers(2, 5))
    def test_equals_the_layers_written_out(self, observe, seed, batch, hidden, actions):
        states = 3 * random(seed, batch, 4)
        sizes = {"pixels": 4, "hidden": hidden, "actions": actions}
        seen = observe(scenarios.network, "actor", states, seed=seed, **sizes)
        seen["output"].close(by_hand(seen.value["weights"], states))

    @pytest.mark.parametrize("batch", [1, 2])
    def test_a_row_for_each_image(self, observe, batch):
        states = random(3, batch, 4)
        seen = observe(scenarios.network, "actor", states, pixels=4, hidden=3, actions=5)
        seen["output"].close(by_hand(seen.value["weights"], states))

    def test_logits_may_have_any_sign_and_size(self, observe):
        seen = observe(scenarios.network, "actor", 100 * random(0, 20, 4), pixels=4, hidden=8)
        output = seen.value["output"]
        seen.check(
            bool((output < 0).any() and (output > 1).any()), "logits are any real numbers, not yet probabilities"
        )

    def test_starts_with_pytorchs_own_values(self, observe):
        # Uniform within 1 / sqrt(inputs): 784 of them, then 128 and 128.
        weights = observe(scenarios.network, "actor", torch.zeros(3, 784), dtype="float32")
        for i, (tensor, inputs) in enumerate(
            zip(weights.value["weights"], (784, 784, 128, 128, 128, 128), strict=True)
        ):
            bound = 1 / math.sqrt(inputs)
            top = float(tensor.abs().max())
            weights.check(
                0.5 * bound < top <= bound * 1.0001, f"tensor {i} should reach up to {bound:.3f}, not {top:.3f}"
            )

    def test_other_sizes(self, observe):
        seen = observe(scenarios.network, "actor", torch.zeros(1, 4), pixels=4, hidden=3, actions=5)
        seen["shapes"].close([(3, 4), (3,), (3, 3), (3,), (5, 3), (5,)])

    def test_gradient_reaches_every_layer(self, observe):
        seen = observe(scenarios.network, "actor", random(1, 6, 4), gradients=True, pixels=4, hidden=8, actions=5)
        sizes = [g.numel() * bool((g != 0).any()) for g in seen.value["gradients"]]
        seen.check(len(sizes) == 6 and all(sizes), "every weight and bias must get a gradient from the output")
        seen["gradients"][5].close(torch.full((5,), 6.0, dtype=torch.float64))

    def test_every_actor_has_its_own_weights(self, observe):
        seen = observe(scenarios.two_networks, "actor", pixels=4, hidden=3)
        seen.check(not torch.equal(seen.value[0][0], seen.value[1][0]), "two actors start with different weights")

    @for_all(
        examples=15,
        seed=st.integers(0, 10**6),
        batch=st.integers(1, 4),
        hidden=st.integers(1, 6),
        outputs=st.integers(2, 5),
    )
    def test_computes_with_the_weights_it_is_given(self, observe, seed, batch, hidden, outputs):
        shapes = [(hidden, 4), (hidden,), (hidden, hidden), (hidden,), (outputs, hidden), (outputs,)]
        weights = [random(seed + i, *shape) for i, shape in enumerate(shapes)]
        states, sizes = 3 * random(seed + 6, batch, 4), {"pixels": 4, "hidden": hidden, "actions": outputs}
        seen = observe(scenarios.network_of, "actor", weights, states, **sizes)
        seen.close(by_hand(weights, states))


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

    def test_gradient_is_one_hot_minus_probability(self, observe):
        logits = double([[0.5, 0.25, 0.25]]).log()
        seen = observe(action_log_probs, logits, whole([[0, 0, 1]]), grad_of="logits")
        seen.grad("logits").close(double([[2 - 1.5, 1 - 0.75, -0.75]]))

    def test_large_logits_stay_finite(self, observe):
        seen = observe(action_log_probs, double([[0.0, 1e4], [-1e4, 0.0]]), whole([[0, 1], [0, 1]]))
        seen.close(double([[-1e4, 0.0], [-1e4, 0.0]]))

    def test_half_precision_is_raised_to_single(self, observe):
        seen = observe(action_log_probs, torch.tensor([[0.0, 3.0, 5.0]], dtype=torch.bfloat16), whole([[0, 1]]))
        good = seen.value.dtype in (torch.float32, torch.float64)
        seen.check(good, "at least float32, also for half precision logits")
        seen.close(torch.tensor([0.0, 3.0, 5.0]).log_softmax(0)[None, :2], rtol=1e-5)

    def test_double_precision_stays(self, observe):
        logits = double([[0.1, 0.2, 0.3]])
        seen = observe(action_log_probs, logits, whole([[0, 1, 2]]))
        seen.close(logits.log_softmax(-1), rtol=1e-12)

    def test_as_many_answers_as_states(self, observe):
        logits = double([[0.5, 0.25, 0.25], [0.1, 0.2, 0.7], [0.2, 0.2, 0.6]]).log()
        seen = observe(action_log_probs, logits, whole([[0, 1, 2]] * 3))
        seen.close(logits)

    def test_inputs_stay_as_they_were(self, observe):
        observe(action_log_probs, double([[0.0, 1.0]]), whole([[1]])).inputs_unchanged()


@pytest.mark.exercise("15.4")
class TestGroupRollout:
    FLAT = torch.zeros(4, 4, dtype=torch.float64)  # four actions, each with probability 1/4

    def test_answers_are_drawn_from_the_policy(self, observe):
        # 4,000 draws for each of four images: a share differs from p by 5 standard deviations once in a million.
        probabilities = double([[0.7, 0.1, 0.1, 0.1], [0.1, 0.2, 0.3, 0.4], [0.25] * 4, [0.0625, 0.0625, 0.375, 0.5]])
        seen = observe(scenarios.rollout, probabilities.log(), whole([0, 1, 2, 3]), whole([0, 1, 2, 3]), 4000)
        for row, p in zip(seen.value["actions"], probabilities, strict=True):
            share = torch.bincount(row, minlength=4)[:4] / 4000
            bound = 5 * (p * (1 - p) / 4000).sqrt()
            seen.check(
                bool(((share - p).abs() < bound).all()), f"drawn shares {share.tolist()}, probabilities {p.tolist()}"
            )

    def test_answers_to_an_image_are_independent(self, observe):
        # Two of four answers are alike in a quarter of the groups; never, if drawn without putting back.
        seen = observe(scenarios.rollout, self.FLAT, whole([0] * 4), torch.zeros(4000, dtype=torch.long), 2)
        first, second = seen.value["actions"].T
        share = float((first == second).double().mean())
        seen.check(abs(share - 0.25) < 0.035, f"two answers are alike in {share:.0%} of the groups, and should in 25 %")

    def test_more_answers_than_actions(self, observe):
        seen = observe(scenarios.rollout, self.FLAT, whole([0, 1, 2, 3]), whole([1, 2]), 9)
        seen.check(tuple(seen.value["actions"].shape) == (2, 9), "2 images with 9 answers each")

    def test_equals_environment_and_policy(self, observe):
        table = random(2, 4, 4)
        seen = observe(scenarios.rollout, table, whole([3, 1, 0, 2]), whole([3, 3, 0]), 6)
        actions, expected = seen.value["actions"], table.log_softmax(1)[[3, 3, 0]]
        seen["log_probs"].close(expected.gather(1, actions))
        seen["rewards"].close((actions == whole([[2], [2], [3]])).float())
        seen["forwards"].close([(3, 4)])

    def test_nothing_has_a_gradient(self, observe):
        seen = observe(scenarios.rollout, self.FLAT, whole([0, 1, 2, 3]), whole([0]), 2)
        seen.check(not seen.value["with gradient"], f"no gradient may be kept in {seen.value['with gradient']}")

    def test_all_draws_come_from_the_generator(self, observe):
        arguments = (self.FLAT, whole([0, 1, 2, 3]), whole([0, 1, 2, 3]), 32)
        first = observe(scenarios.rollout, *arguments, seed=1).value
        # The global random state is another one here.
        observe(scenarios.rollout, *arguments, seed=1, trap=99)["actions"].close(first["actions"])
        seen = observe(scenarios.rollout, *arguments, seed=2)
        seen.check(not torch.equal(seen.value["actions"], first["actions"]), "another seed must draw other answers")

    def test_unnormalised_and_large_logits(self, observe):
        table = double([[0.0, 1e4], [1e4, 0.0]])
        seen = observe(scenarios.rollout, table, whole([1, 1]), whole([0, 1]), 3)
        seen["actions"].close(whole([[1, 1, 1], [0, 0, 0]]))
        seen["log_probs"].close(torch.zeros(2, 3, dtype=torch.float64))

    @for_all(
        examples=10, seed=st.integers(0, 10**6), indices=st.lists(st.integers(0, 3), min_size=1, max_size=4),
        labels=st.lists(st.integers(0, 3), min_size=4, max_size=4), size=st.integers(1, 6),
    )  # fmt: skip
    def test_holds_for_all_policies(self, observe, seed, indices, labels, size):
        table = random(seed, 4, 4)
        seen = observe(scenarios.rollout, table, whole(labels), whole(indices), size, seed=seed)
        actions = seen.value["actions"]
        seen.check(tuple(actions.shape) == (len(indices), size), f"{len(indices)} images with {size} answers each")
        seen["log_probs"].close(table.log_softmax(1)[indices].gather(1, actions))
        seen["rewards"].close((actions == whole(labels)[indices][:, None]).float())
        seen["states"].close(torch.eye(4, dtype=torch.float64)[indices])

    @for_all(examples=4, seed=st.integers(0, 10**6))
    def test_answers_are_drawn_from_any_policy(self, observe, seed):
        # A share differs from p by six standard deviations once in 500 million.
        table = random(seed, 4, 4)
        seen = observe(scenarios.rollout, table, whole([0, 1, 2, 3]), whole([0, 1, 2, 3]), 2000, seed=seed)
        for row, p in zip(seen.value["actions"], table.softmax(1), strict=True):
            share = torch.bincount(row, minlength=4)[:4] / 2000
            bound = 6 * (p * (1 - p) / 2000).sqrt() + 0.002
            seen.check(
                bool(((share - p).abs() < bound).all()), f"drawn shares {share.tolist()}, probabilities {p.tolist()}"
            )


def advantages_by_loop(rewards, baseline, divide, values=None, eps=1e-4):
    """Python numbers, one after the other."""

    def against(all_rewards):
        if len(set(all_rewards)) == 1:
            return [0.0] * len(all_rewards)
        mean = math.fsum(all_rewards) / len(all_rewards)
        std = math.sqrt(math.fsum((r - mean) ** 2 for r in all_rewards) / (len(all_rewards) - 1))
        return [(r - mean) / (std + eps) if divide else r - mean for r in all_rewards]

    if baseline == "group":
        return double([against(row) for row in rewards])
    flat = [r for row in rewards for r in row]
    if baseline == "batch":
        return double(against(flat)).reshape(len(rewards), -1)
    if baseline == "none":
        return double(rewards)
    differences = [r - v for row, v in zip(rewards, values, strict=True) for r in row]
    mean = math.fsum(differences) / len(differences)
    std = math.sqrt(math.fsum((d - mean) ** 2 for d in differences) / (len(differences) - 1))
    return double([d / (std + eps) if divide else d for d in differences]).reshape(len(rewards), -1)


@pytest.mark.exercise("15.5")
class TestAdvantages:
    MIXED = double([[1.0, 0.0, 0.0, 0.0], [1.0, 1.0, 0.0, 1.0], [1.0, 1.0, 1.0, 1.0]])
    VALUES = double([0.5, 0.75, 0.25])

    @for_all(
        rewards=st.lists(st.lists(st.integers(-2, 2).map(float), min_size=3, max_size=3), min_size=1, max_size=4),
        baseline=st.sampled_from(["group", "batch", "none", "critic"]),
        divide=st.booleans(),
        seed=st.integers(0, 99),
    )
    def test_equals_the_loop(self, observe, rewards, baseline, divide, seed):
        values = random(seed, len(rewards))
        seen = observe(compute_advantages, double(rewards), baseline, divide, values)
        seen.close(advantages_by_loop(rewards, baseline, divide, values.tolist()))

    @pytest.mark.parametrize("divide", [True, False])
    @pytest.mark.parametrize("baseline", ["group", "batch", "none", "critic"])
    def test_one_table_four_baselines(self, observe, baseline, divide):
        seen = observe(compute_advantages, self.MIXED, baseline, divide, self.VALUES)
        seen.close(advantages_by_loop(self.MIXED.tolist(), baseline, divide, self.VALUES.tolist()))

    def test_an_easy_image_teaches_a_group_nothing_but_a_batch_something(self, observe):
        # Three right answers to the last image: nothing to learn within the group, "better than the others" in the batch.
        group = observe(compute_advantages, self.MIXED, "group")
        group[2].close(torch.zeros(4, dtype=torch.float64))
        batch = observe(compute_advantages, self.MIXED, "batch", False)
        batch[2].close(torch.full((4,), 1 - 8 / 12, dtype=torch.float64))

    def test_a_group_ignores_the_other_images(self, observe):
        other = self.MIXED.clone()
        other[0] = double([9.0, -9.0, 3.0, 1.0])
        expected = observe(compute_advantages, self.MIXED).value
        observe(compute_advantages, other)[1].close(expected[1])

    @pytest.mark.parametrize("baseline", ["group", "batch"])
    @pytest.mark.parametrize("value", [0.0, 1.0, 0.1, 1 / 3])
    def test_equal_rewards_give_exactly_zero(self, observe, baseline, value):
        seen = observe(compute_advantages, torch.full((3, 8), value), baseline)
        seen.check(bool((seen.value == 0).all()), "equal rewards teach nothing: every advantage must be exactly 0")

    def test_values_are_looked_at_by_the_critic_alone(self, observe):
        for baseline in ("group", "batch", "none"):
            expected = observe(compute_advantages, self.MIXED, baseline).value
            observe(compute_advantages, self.MIXED, baseline, True, double([1.0, 2.0])).close(expected)

    def test_as_many_images_as_answers(self, observe):
        # A square: values that are subtracted from columns give no error here.
        seen = observe(compute_advantages, torch.zeros(3, 3, dtype=torch.float64), "critic", False, self.VALUES)
        seen.close(-self.VALUES[:, None].expand(3, 3))

    def test_no_gradient_reaches_the_critic(self, observe):
        seen = observe(compute_advantages, self.MIXED, "critic", False, self.VALUES, grad_of=("values", "rewards"))
        seen.grad("values").no_gradient("the advantage is a constant: no gradient may reach the critic through it")
        seen.grad("rewards").no_gradient("the advantage is a constant: no gradient may reach the rewards")

    def test_no_gradient_to_the_rewards_of_any_baseline(self, observe):
        for baseline in ("group", "batch", "none"):
            seen = observe(compute_advantages, self.MIXED, baseline, grad_of="rewards")
            seen.grad("rewards").no_gradient("the advantage is a constant: no gradient may reach the rewards")

    @pytest.mark.parametrize("baseline", ["group", "batch", "critic"])
    def test_eps_is_added_to_the_std(self, observe, baseline):
        small = 1e-4 * self.MIXED
        seen = observe(compute_advantages, small, baseline, True, 1e-4 * self.VALUES, eps=0.01)
        seen.close(advantages_by_loop(small.tolist(), baseline, True, (1e-4 * self.VALUES).tolist(), eps=0.01))

    def test_one_answer_to_each_image(self, observe):
        rewards = double([[1.0], [0.0], [0.0], [0.0]])
        observe(compute_advantages, rewards, "batch", False).close(double([[0.75], [-0.25], [-0.25], [-0.25]]))
        observe(compute_advantages, rewards, "critic", False, double([0.5] * 4)).close(rewards - 0.5)
        observe(compute_advantages, rewards, "none").close(rewards)
        with observe.raises(ValueError):
            observe(compute_advantages, rewards, "group")

    def test_a_perfect_critic_leaves_nothing(self, observe):
        rewards = double([[1.0, 1.0], [0.0, 0.0]])
        seen = observe(compute_advantages, rewards, "critic", True, double([1.0, 0.0]))
        seen.close(torch.zeros(2, 2, dtype=torch.float64))

    def test_inputs_stay_as_they_were(self, observe):
        for baseline in ("group", "batch", "none", "critic"):
            observe(compute_advantages, self.MIXED, baseline, True, self.VALUES).inputs_unchanged()

    @pytest.mark.parametrize("baseline", ["mean", "", "Group"])
    def test_refuses_another_baseline(self, observe, baseline):
        with observe.raises(ValueError):
            observe(compute_advantages, self.MIXED, baseline, True, self.VALUES)

    @pytest.mark.parametrize("values", [None, double([0.5]), double([[0.5], [0.5], [0.5]]), double([0.5] * 4)])
    def test_refuses_values_that_do_not_fit(self, observe, values):
        with observe.raises(ValueError, match="values"):
            observe(compute_advantages, self.MIXED, "critic", True, values)

    @pytest.mark.parametrize("baseline", ["group", "batch", "none", "critic"])
    def test_refuses_flat_rewards(self, observe, baseline):
        with observe.raises(ValueError):
            observe(compute_advantages, double([1.0, 0.0, 0.0, 1.0]), baseline, True, double([0.5] * 4))

    def test_two_rewards_have_a_spread(self, observe):
        # Less their values: 0.5 and -0.25; mean 0.125, squares 2 * 0.375^2 over 1.
        seen = observe(compute_advantages, double([[1.0], [0.0]]), "critic", True, double([0.5, 0.25]))
        seen.close(double([[0.5], [-0.25]]) / (math.sqrt(2) * 0.375 + 1e-4))

    def test_refuses_a_lone_reward(self, observe):
        for baseline in ("batch", "critic"):
            with observe.raises(ValueError):
                observe(compute_advantages, double([[1.0]]), baseline, True, double([0.5]))


def loss_by_loop(log_probs, old, advantages, epsilon):
    terms = []
    for row in range(len(log_probs)):
        for lp, o, a in zip(log_probs[row], old[row], advantages[row], strict=True):
            ratio = math.exp(lp - o)
            terms.append(-min(ratio * a, min(max(ratio, 1 - epsilon), 1 + epsilon) * a))
    return math.fsum(terms) / len(terms)


def some_answers(seed, batch=3, group=4):
    old = -2 * torch.rand(batch, group, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return old + 0.4 * random(seed + 1, batch, group), old, random(seed + 2, batch, group)


@pytest.mark.exercise("15.6")
class TestPolicyLoss:
    @for_all(
        seed=st.integers(0, 10**6), epsilon=st.floats(0.05, 0.5), shape=st.tuples(st.integers(1, 4), st.integers(1, 4))
    )
    def test_equals_the_loop(self, observe, seed, epsilon, shape):
        answers = some_answers(seed, *shape)
        observe(policy_loss, *answers, epsilon).close(loss_by_loop(*(x.tolist() for x in answers), epsilon))

    @pytest.mark.parametrize("epsilon", [0.1, 0.2, 0.4])
    def test_a_batch_of_three_times_four(self, observe, epsilon):
        answers = some_answers(1)
        observe(policy_loss, *answers, epsilon).close(loss_by_loop(*(x.tolist() for x in answers), epsilon))

    def test_an_answer_that_was_certain_counts(self, observe):
        certain = double([[0.0, -1.0]])  # the first has probability 1
        observe(policy_loss, certain, certain, double([[1.0, 3.0]])).close(-(1.0 + 3.0) / 2)

    def test_the_default_epsilon_is_a_fifth(self, observe):
        answers = some_answers(1)
        observe(policy_loss, *answers).close(loss_by_loop(*(x.tolist() for x in answers), 0.2))

    def test_gradient_equals_finite_differences(self, observe):
        lp, old, advantages = some_answers(5)
        numeric, h = torch.zeros_like(lp), 1e-6
        for b, g in [(b, g) for b in range(lp.shape[0]) for g in range(lp.shape[1])]:
            moved = [lp.clone(), lp.clone()]
            moved[0][b, g] += h
            moved[1][b, g] -= h
            high, low = (loss_by_loop(m.tolist(), old.tolist(), advantages.tolist(), 0.2) for m in moved)
            numeric[b, g] = (high - low) / (2 * h)
        seen = observe(policy_loss, lp, old, advantages, grad_of="log_probs")
        seen.grad("log_probs").close(numeric, rtol=1e-4, atol=1e-8)

    def test_gradient_goes_to_the_new_log_probs_alone(self, observe):
        seen = observe(policy_loss, *some_answers(2), grad_of=("old_log_probs", "advantages"))
        for name in ("old_log_probs", "advantages"):
            seen.grad(name).no_gradient(f"{name} are constants, but gradient flows into them")

    def test_at_the_first_update_the_loss_says_nothing_and_the_gradient_all(self, observe):
        lp = some_answers(3)[0]
        advantages = double([[1.0, -1.0, 0.5, -0.5]] * 3)
        seen = observe(policy_loss, lp, lp, advantages, grad_of="log_probs")
        seen.close(0.0)
        seen.grad("log_probs").close(-advantages / 12)

    def test_a_square_of_answers_is_not_turned(self, observe):
        lp, old, advantages = some_answers(4, 3, 3)
        seen = observe(policy_loss, lp, old, advantages, grad_of="log_probs")
        seen.close(loss_by_loop(lp.tolist(), old.tolist(), advantages.tolist(), 0.2))

    def test_unlikely_actions(self, observe):
        # Probabilities of exp(-800) are 0 in any precision; their ratio is not.
        old = double([[-800.0, -800.0]])
        seen = observe(policy_loss, old + 0.1, old, double([[1.0, -1.0]]), grad_of="log_probs")
        seen.close(0.0, atol=1e-9)
        seen.grad("log_probs").close(double([[-0.5, 0.5]]) * math.exp(0.1))

    @pytest.mark.parametrize("which", [0, 1, 2])
    def test_refuses_other_shapes(self, observe, which):
        answers = list(some_answers(1))
        answers[which] = answers[which].T.contiguous()  # as many numbers, another shape
        with observe.raises(ValueError):
            observe(policy_loss, *answers)

    def test_inputs_stay_as_they_were(self, observe):
        observe(policy_loss, *some_answers(1)).inputs_unchanged()

    def test_one_answer(self, observe):
        seen = observe(policy_loss, double([[-0.3]]), double([[-0.3]]), double([[2.0]]), grad_of="log_probs")
        seen.close(-2.0)
        seen.grad("log_probs").close(double([[-2.0]]))


@pytest.mark.exercise("15.7")
class TestCritic:
    @for_all(seed=st.integers(0, 999), batch=st.integers(1, 4), hidden=st.integers(1, 6))
    def test_equals_the_layers_written_out(self, observe, seed, batch, hidden):
        states = 3 * random(seed, batch, 4)
        seen = observe(scenarios.network, "critic", states, seed=seed, pixels=4, hidden=hidden)
        seen["output"].close(by_hand(seen.value["weights"], states)[:, 0])

    def test_a_batch_of_one(self, observe):
        seen = observe(scenarios.network, "critic", torch.zeros(1, 4), pixels=4, hidden=3)
        seen.check(tuple(seen.value["output"].shape) == (1,), "one image gives one value, of shape (1,)")

    def test_values_may_have_any_sign_and_size(self, observe):
        seen = observe(scenarios.network, "critic", 100 * random(0, 20, 4), pixels=4, hidden=8)
        output = seen.value["output"]
        right = bool((output < 0).any() and (output.abs() > 1).any())
        seen.check(right, "V(s) is any real number: nothing stands behind the last layer")

    def test_starts_with_pytorchs_own_values(self, observe):
        weights = observe(scenarios.network, "critic", torch.zeros(3, 784), dtype="float32")
        for i, (tensor, inputs) in enumerate(zip(weights.value["weights"][:5], (784, 784, 128, 128, 128), strict=True)):
            bound = 1 / math.sqrt(inputs)
            top = float(tensor.abs().max())
            weights.check(
                0.5 * bound < top <= bound * 1.0001, f"tensor {i} should reach up to {bound:.3f}, not {top:.3f}"
            )

    def test_other_sizes(self, observe):
        seen = observe(scenarios.network, "critic", torch.zeros(1, 4), pixels=4, hidden=3)
        seen["shapes"].close([(3, 4), (3,), (3, 3), (3,), (1, 3), (1,)])

    def test_gradient_reaches_every_layer(self, observe):
        seen = observe(scenarios.network, "critic", random(1, 6, 4), gradients=True, pixels=4, hidden=8)
        sizes = [g.numel() * bool((g != 0).any()) for g in seen.value["gradients"]]
        seen.check(len(sizes) == 6 and all(sizes), "every weight and bias must get a gradient from the output")
        seen["gradients"][5].close(torch.full((1,), 6.0, dtype=torch.float64))

    def test_every_critic_has_its_own_weights(self, observe):
        seen = observe(scenarios.two_networks, "critic", pixels=4, hidden=3)
        seen.check(not torch.equal(seen.value[0][0], seen.value[1][0]), "two critics start with different weights")

    @for_all(examples=15, seed=st.integers(0, 10**6), batch=st.integers(1, 4), hidden=st.integers(1, 6))
    def test_computes_with_the_weights_it_is_given(self, observe, seed, batch, hidden):
        shapes = [(hidden, 4), (hidden,), (hidden, hidden), (hidden,), (1, hidden), (1,)]
        weights = [random(seed + i, *shape) for i, shape in enumerate(shapes)]
        states, sizes = 3 * random(seed + 6, batch, 4), {"pixels": 4, "hidden": hidden}
        seen = observe(scenarios.network_of, "critic", weights, states, **sizes)
        seen.close(by_hand(weights, states)[:, 0])


@pytest.mark.exercise("15.8")
class TestValueLoss:
    @for_all(seed=st.integers(0, 999), batch=st.integers(1, 4), group=st.integers(1, 4))
    def test_equals_the_loop(self, observe, seed, batch, group):
        values, rewards = random(seed, batch), random(seed + 1, batch, group)
        squares = [(float(values[b]) - float(r)) ** 2 for b in range(batch) for r in rewards[b]]
        observe(value_loss, values, rewards).close(math.fsum(squares) / len(squares))

    def test_a_square_of_rewards(self, observe):
        # Values that meet columns instead of rows give no error here: with the right rows it is 0.
        values = double([1.0, 2.0, 3.0])
        observe(value_loss, values, values[:, None].expand(3, 3).contiguous()).close(0.0)

    def test_is_least_at_the_mean_of_each_row(self, observe):
        rewards = double([[1.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 0.0]])
        seen = observe(value_loss, double([0.25, 0.75]), rewards, grad_of="values")
        seen.close(3 / 16)  # the variance that no critic can foresee
        seen.grad("values").close(torch.zeros(2, dtype=torch.float64))

    def test_gradient(self, observe):
        values, rewards = double([0.5, -1.0]), double([[1.0, 0.0, 0.0], [2.0, 1.0, 0.0]])
        seen = observe(value_loss, values, rewards, grad_of="values")
        seen.grad("values").close(double([2 * (1.5 - 1.0) / 6, 2 * (-3.0 - 3.0) / 6]))

    def test_gradient_goes_to_the_values_alone(self, observe):
        seen = observe(value_loss, double([0.5]), double([[1.0, 0.0]]), grad_of="rewards")
        seen.grad("rewards").no_gradient("the rewards are constants, but gradient flows into them")

    def test_one_answer_to_each_image(self, observe):
        observe(value_loss, double([0.5, 0.25]), double([[1.0], [0.0]])).close((0.25 + 0.0625) / 2)

    def test_repeating_every_answer_changes_nothing(self, observe):
        values, rewards = random(1, 3), random(2, 3, 4)
        expected = observe(value_loss, values, rewards).value
        observe(value_loss, values, torch.cat([rewards, rewards], 1)).close(expected)

    def test_large_errors_count_by_their_square(self, observe):
        observe(value_loss, double([10.0]), double([[0.0, 20.0]])).close(100.0)

    def test_single_precision_stays_single_precision(self, observe):
        seen = observe(value_loss, torch.tensor([0.5]), torch.tensor([[1.0, 0.0]]))
        seen.has_dtype(torch.float32, "float32 values and rewards give a float32 loss")

    def test_inputs_stay_as_they_were(self, observe):
        observe(value_loss, double([0.5]), double([[1.0, 0.0]])).inputs_unchanged()

    @pytest.mark.parametrize(("values", "rewards"), [
        ([[0.5], [0.5]], [[1.0, 0.0], [0.0, 1.0]]), ([0.5], [[1.0], [0.0]]), ([0.5, 0.5], [1.0, 0.0]), (0.5, [[1.0]]),
        ([0.5, 0.5, 0.5], [[1.0, 0.0, 1.0]]), ([[0.5, 0.5]], [[1.0, 0.0]]),
    ])  # fmt: skip
    def test_refuses_values_that_do_not_fit(self, observe, values, rewards):
        with observe.raises(ValueError, match="values"):
            observe(value_loss, double(values), double(rewards))


TABLE = double([[0.3, -0.2, 0.1], [0.0, 0.4, -0.6], [1.0, 0.5, 0.0]])
STATES = double([[1.0, 0.0, 0.0], [0.0, 0.5, 0.5]])
ROLLOUT = {
    "table": TABLE,
    "states": STATES,
    "actions": whole([[0, 2, 1], [2, 2, 0]]),
    "old_log_probs": (STATES @ TABLE).log_softmax(1).gather(1, whole([[0, 2, 1], [2, 2, 0]]))
    - double([[0.5, -0.5, 0.1], [0.5, -0.5, 0.0]]),
    "rewards": double([[1.0, 0.0, 1.0], [0.0, 0.0, 1.0]]),
    "advantages": double([[1.0, -0.5, 0.5], [-1.0, 2.0, 0.25]]),
}
CRITIC = double([0.5, -0.25, 2.0])


def written_out(rollout, epsilon=0.2, max_norm=1e6, rate=0.5):
    """Loss, gradient and next table of the actor, by torch's autograd from the formula."""
    table = rollout["table"].clone().requires_grad_()
    log_probs = (rollout["states"] @ table).log_softmax(1).gather(1, rollout["actions"])
    ratio, a = (log_probs - rollout["old_log_probs"]).exp(), rollout["advantages"]
    loss = -torch.minimum(ratio * a, ratio.clamp(1 - epsilon, 1 + epsilon) * a).mean()
    (gradient,) = torch.autograd.grad(loss, table)
    norm = float(gradient.norm())
    return loss.item(), norm, (table - rate * min(1.0, max_norm / norm) * gradient).detach()


@pytest.mark.exercise("15.9")
class TestUpdate:
    @pytest.mark.parametrize("epsilon", [0.2, 0.7])
    @pytest.mark.parametrize("max_norm", [1e6, 0.05])
    def test_equals_the_update_written_out(self, observe, epsilon, max_norm):
        loss, norm, after = written_out(ROLLOUT, epsilon, max_norm)
        seen = observe(scenarios.one_update, **ROLLOUT, epsilon=epsilon, max_grad_norm=max_norm)
        seen["metrics"][0]["loss"].close(loss)
        seen["metrics"][0]["grad_norm"].close(norm)
        seen["after"]["actor"].close(after, rtol=1e-5, atol=1e-8)

    def test_clip_fraction(self, observe):
        # Ratios exp(0.5), exp(-0.5), exp(0.1), exp(0.5), exp(-0.5), 1: held back are the first two.
        seen = observe(scenarios.one_update, **ROLLOUT)
        seen["metrics"][0]["clip_fraction"].close(2 / 6)

    def test_clip_fraction_counts_an_answer_that_has_become_certain(self, observe):
        certain = {
            "table": double([[1000.0, 0.0, 0.0]]), "states": double([[1.0]]), "actions": whole([[0, 0]]),
            "old_log_probs": double([[-1.0, 0.0]]), "rewards": double([[1.0, 1.0]]), "advantages": double([[1.0, 1.0]]),
        }  # fmt: skip
        seen = observe(scenarios.one_update, **certain)
        seen["metrics"][0]["clip_fraction"].close(1 / 2)

    @pytest.mark.parametrize("max_norm", [1e6, 0.05])
    def test_the_critic_written_out(self, observe, max_norm):
        values = STATES @ CRITIC
        gradient = (2 * (values[:, None] - ROLLOUT["rewards"]) / 6).sum(1) @ STATES
        scale = min(1.0, max_norm / float(gradient.norm()))
        seen = observe(scenarios.one_update, **ROLLOUT, critic=CRITIC, max_grad_norm=max_norm)
        seen["metrics"][0]["value_loss"].close(float((values[:, None] - ROLLOUT["rewards"]).square().mean()))
        seen["after"]["critic"].close(CRITIC - 0.5 * scale * gradient, rtol=1e-5, atol=1e-8)

    @pytest.mark.parametrize("max_norm", [1e6, 0.05])
    def test_actor_and_critic_do_not_meet(self, observe, max_norm):
        alone = observe(scenarios.one_update, **ROLLOUT, max_grad_norm=max_norm).value
        seen = observe(scenarios.one_update, **ROLLOUT, critic=CRITIC, max_grad_norm=max_norm)
        seen["after"]["actor"].close(alone["after"]["actor"])
        seen["metrics"][0]["loss"].close(alone["metrics"][0]["loss"])
        seen["metrics"][0]["grad_norm"].close(alone["metrics"][0]["grad_norm"])

    def test_the_critic_learns_from_rewards_not_advantages(self, observe):
        other = {**ROLLOUT, "advantages": 10 * ROLLOUT["advantages"]}
        expected = observe(scenarios.one_update, **ROLLOUT, critic=CRITIC).value["after"]["critic"]
        observe(scenarios.one_update, **other, critic=CRITIC)["after"]["critic"].close(expected)

    def test_the_second_update_has_another_ratio(self, observe):
        once = written_out(ROLLOUT, rate=0.05)
        twice = written_out({**ROLLOUT, "table": once[2]}, rate=0.05)
        seen = observe(scenarios.one_update, **ROLLOUT, times=2, learning_rate=0.05)
        seen["metrics"][1]["loss"].close(twice[0], rtol=1e-5)
        seen["after"]["actor"].close(twice[2], rtol=1e-5, atol=1e-8)

    def test_old_gradients_are_cleared(self, observe):
        expected = observe(scenarios.one_update, **ROLLOUT, critic=CRITIC).value["after"]
        observe(scenarios.one_update, **ROLLOUT, critic=CRITIC, stale=True)["after"].close(
            expected, says="gradients that were left from before this step must not count"
        )

    def test_each_image_is_computed_once(self, observe):
        seen = observe(scenarios.one_update, **ROLLOUT, critic=CRITIC)
        seen.check(all(rows == 2 for rows, _ in seen.value["forwards"]), "the actor computes 2 images, not 6 answers")
        seen.check(len(seen.value["forwards"]) == 1, "one forward of the actor is enough")
        seen.check(len(seen.value["critic forwards"]) == 1, "one forward of the critic is enough")

    def test_advantages_of_zero_leave_the_policy_alone(self, observe):
        zeros = {**ROLLOUT, "advantages": torch.zeros(2, 3, dtype=torch.float64)}
        seen = observe(scenarios.one_update, **zeros)
        seen["after"]["actor"].close(TABLE, rtol=0, atol=0)

    def test_metrics_are_plain_numbers(self, observe):
        seen = observe(scenarios.one_update, **ROLLOUT, critic=CRITIC)
        wanted = {"loss", "grad_norm", "clip_fraction", "value_loss"}
        found = {name for name, value in seen.value["metrics"][0].items() if type(value) is float}
        seen.check(
            wanted <= found, f"the metrics must be floats; {', '.join(sorted(wanted - found))} are not there as such"
        )

    def test_without_a_critic_there_is_no_value_loss(self, observe):
        seen = observe(scenarios.one_update, **ROLLOUT)
        seen.check("value_loss" not in seen.value["metrics"][0], "value_loss belongs to the critic; there is none")

    @for_all(examples=10, seed=st.integers(0, 10**6), epsilon=st.floats(0.05, 0.7), rate=st.floats(0.01, 1))
    def test_holds_for_all_rollouts(self, observe, seed, epsilon, rate):
        table, states, critic, advantages, noise = (
            random(seed + i, *shape) for i, shape in enumerate([(3, 3), (2, 3), (3,), (2, 3), (2, 3)])
        )
        draw = torch.Generator().manual_seed(seed)
        actions = torch.randint(3, (2, 3), generator=draw)
        rollout = {
            "table": table, "states": states, "actions": actions, "advantages": advantages,
            "old_log_probs": (states @ table).log_softmax(1).gather(1, actions) + 0.4 * noise,
            "rewards": torch.randint(2, (2, 3), generator=draw).double(),
        }  # fmt: skip
        seen = observe(scenarios.one_update, **rollout, critic=critic, epsilon=epsilon, learning_rate=rate)
        loss, norm, after = written_out(rollout, epsilon, rate=rate)
        metrics = seen["metrics"][0]
        metrics["loss"].close(loss, atol=1e-8)
        metrics["grad_norm"].close(norm, rtol=1e-5)
        seen["after"]["actor"].close(after, rtol=1e-5, atol=1e-8)
        ratio = (-0.4 * noise).exp()
        held = torch.where(advantages > 0, ratio > 1 + epsilon, ratio < 1 - epsilon)
        metrics["clip_fraction"].close(float(held.double().mean()), rtol=1e-5)
        errors = (states @ critic)[:, None] - rollout["rewards"]
        metrics["value_loss"].close(float(errors.square().mean()))
        gradient = (2 * errors / 6).sum(1) @ states
        seen["after"]["critic"].close(critic - rate * gradient, rtol=1e-5, atol=1e-8)


@pytest.mark.exercise("15.10")
class TestStep:
    TABLE = double([[0.4, 0.1, -0.3], [0.0, 0.0, 0.2], [60.0, 0.0, 0.0]])
    LABELS, ALL = whole([0, 2, 1]), whole([0, 1, 2])

    def watched(self, observe, **settings):
        return observe(scenarios.watched_step, self.TABLE, self.LABELS, self.ALL, **settings)

    def test_the_rollout_is_the_policys(self, observe):
        seen = self.watched(observe, group_size=5)
        call = seen.value["calls"][0]
        seen["calls"][0]["log_probs"].close(self.TABLE.log_softmax(1).gather(1, call["actions"]))
        seen["calls"][0]["rewards"].close((call["actions"] == self.LABELS[:, None]).float())
        seen["metrics"][0]["reward"].close(float(call["rewards"].mean()))
        seen["metrics"][0]["entropy"].close(-float(call["log_probs"].mean()))

    def test_takes_the_images_it_is_given(self, observe):
        seen = observe(scenarios.watched_step, self.TABLE, self.LABELS, whole([1, 1, 0]))
        seen["calls"][0]["states"].close(torch.eye(3, dtype=torch.float64)[[1, 1, 0]])

    @pytest.mark.parametrize("divide", [True, False])
    @pytest.mark.parametrize("baseline", ["group", "batch", "none"])
    def test_the_configured_advantage(self, observe, baseline, divide):
        seen = self.watched(observe, baseline=baseline, divide_by_std=divide, group_size=16)
        call = seen.value["calls"][0]
        expected = advantages_by_loop(call["rewards"].tolist(), baseline, divide)
        seen["calls"][0]["advantages"].close(expected.float(), rtol=1e-4, atol=1e-5)

    @pytest.mark.parametrize("divide", [True, False])
    def test_the_critics_advantage_is_that_of_before_the_updates(self, observe, divide):
        # The watched updates move every value up by one.
        settings = {"critic": CRITIC, "baseline": "critic", "updates_per_rollout": 2, "divide_by_std": divide}
        seen = self.watched(observe, **settings)
        for call in seen.value["calls"]:
            expected = advantages_by_loop(call["rewards"].tolist(), "critic", divide, CRITIC.tolist())
            observed = call["advantages"]
            good = torch.allclose(observed.double(), expected, rtol=1e-4, atol=1e-5)
            seen.check(good, "the values are those from before the first update, for every update")

    def test_the_critics_advantage_has_no_gradient(self, observe):
        seen = self.watched(observe, critic=CRITIC, baseline="critic")
        seen.check(not seen.value["calls"][0]["advantages"].requires_grad, "advantages are constants")

    def test_no_signal_counts_groups_of_one_mind(self, observe):
        seen = self.watched(observe, group_size=32)
        rewards = seen.value["calls"][0]["rewards"]
        seen["metrics"][0]["no_signal"].close(float((rewards.amin(1) == rewards.amax(1)).double().mean()), rtol=1e-5)

    def test_means_over_the_updates(self, observe):
        seen = self.watched(observe, updates_per_rollout=3)
        for name, expected in {"loss": 2.0, "grad_norm": 4.0, "clip_fraction": 0.5}.items():
            seen["metrics"][0][name].close(expected)

    def test_group_size(self, observe):
        seen = self.watched(observe, group_size=7)
        seen.check(tuple(seen.value["calls"][0]["actions"].shape) == (3, 7), "config.group_size = 7 answers each")

    def test_two_steps_draw_differently_and_a_seed_repeats_them(self, observe):
        first = self.watched(observe, steps=2, group_size=64, seed=3)
        one, two = (call["actions"] for call in first.value["calls"])
        first.check(not torch.equal(one, two), "the second step must draw anew")
        first["step_number"].close(2)
        self.watched(observe, steps=2, group_size=64, seed=3)["calls"].close(first.value["calls"])
        other = self.watched(observe, steps=2, group_size=64, seed=4)
        other.check(not torch.equal(other.value["calls"][0]["actions"], one), "another seed must draw other answers")

    def test_metrics_are_plain_numbers(self, observe):
        seen = self.watched(observe)
        for name in ("reward", "no_signal", "entropy", "loss", "grad_norm", "clip_fraction"):
            value = seen["metrics"][0][name].value
            seen.check(type(value) is float, f"{name} must be a float, not a {type(value).__name__}")

    @pytest.mark.trains
    @pytest.mark.parametrize("baseline", ["group", "batch", "none", "critic"])
    def test_it_learns(self, observe, baseline):
        for seed in (0, 1):
            seen = observe(scenarios.learn_blobs, baseline, seed=seed)
            before, after = seen.value["before"], seen.value["after"]
            seen.check(before < 0.2, f"an untrained policy guesses: right with probability {before:.2f}")
            seen.check(after > LEARNED, f"after 40 steps it is right with probability {after:.2f}, not over {LEARNED}")

    @for_all(
        examples=10, seed=st.integers(0, 10**6), indices=st.lists(st.integers(0, 2), min_size=1, max_size=4),
        labels=st.lists(st.integers(0, 2), min_size=3, max_size=3), size=st.integers(2, 9), divide=st.booleans(),
        baseline=st.sampled_from(["group", "batch", "none", "critic"]),
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
        seen["calls"][0]["log_probs"].close(log_probs)
        seen["calls"][0]["rewards"].close((actions == whole(labels)[indices][:, None]).float())
        expected = advantages_by_loop(rewards, baseline, divide, critic[indices].tolist())
        good = torch.allclose(call["advantages"].double(), expected, rtol=1e-3, atol=1e-5)
        seen.check(good, f"advantages with baseline {baseline!r} and divide_by_std={divide} are others")
        metrics["reward"].close(sum(map(sum, rewards)) / (size * len(indices)), rtol=1e-5)
        metrics["entropy"].close(-float(log_probs.mean()), rtol=1e-5)
        metrics["no_signal"].close(sum(len(set(row)) == 1 for row in rewards) / len(rewards), rtol=1e-5)


LEARNED = 0.5


@pytest.mark.trains
@pytest.mark.exercise("15.9")
class TestCriticOnProbes:
    """Tasks whose values are known. The policy's table is set so that it hardly moves."""

    def values(self, observe, table, labels, images=None, steps=60, **settings):
        defaults = {"baseline": "critic", "group_size": 64, "learning_rate": 0.5, "divide_by_std": False}
        pixels = len(table) if images is None else images.shape[1]
        seen = observe(
            scenarios.train, table, labels, steps, critic=torch.zeros(pixels, dtype=torch.float64), images=images,
            **{**defaults, **settings},
        )  # fmt: skip
        states = torch.eye(pixels, dtype=torch.float64) if images is None else images
        return seen, states @ seen.value["after"]["critic"]

    def test_a_constant_reward_is_learned_as_it_is(self, observe):
        # The policy is always right, so that the reward is 1 whatever the state.
        seen, values = self.values(observe, double([[60.0, 0.0], [0.0, 60.0]]), whole([0, 1]))
        seen.check(
            bool((values - 1).abs().max() < 1e-6), f"the reward is always 1, but the values are {values.tolist()}"
        )

    def test_two_images_with_rewards_0_and_1(self, observe):
        # Always "0": the first image shows a 0, the second a 1.
        seen, values = self.values(observe, double([[60.0, 0.0], [60.0, 0.0]]), whole([0, 1]))
        good = bool((values - double([1.0, 0.0])).abs().max() < 1e-6)
        seen.check(good, f"the rewards are 1 and 0, but the values are {values.tolist()}")

    def test_what_the_state_does_not_show_is_averaged(self, observe):
        # Four images that look alike; three of them show a 0, and "0" is the answer. The best guess is 3/4.
        images = torch.ones(4, 1, dtype=torch.float64)
        seen, values = self.values(observe, double([[60.0, 0.0]]), whole([0, 0, 0, 1]), images)
        seen.check(bool((values - 0.75).abs().max() < 1e-6), f"3 of 4 are right, but the values are {values.tolist()}")

    def test_the_chance_of_a_coin(self, observe):
        # V starts at 0; against the gradient 2 (V - mean of r) a step of 1/2 goes to the mean of the 64 rewards.
        seen, values = self.values(observe, torch.zeros(1, 2, dtype=torch.float64), whole([0]), steps=1)
        seen.check(
            abs(float(values[0]) - seen.value["metrics"][0]["reward"]) < 1e-6,
            f"the mean reward was {seen.value['metrics'][0]['reward']}, and the value is {float(values[0])}",
        )

    def test_a_right_critic_leaves_no_advantage(self, observe):
        # Once the value is 1 and the reward always 1, nothing is better than expected: the policy's loss is 0.
        table = double([[60.0, 0.0], [0.0, 60.0]])
        seen, _ = self.values(observe, table, whole([0, 1]))
        losses = [m["loss"] for m in seen.value["metrics"]]
        seen.check(abs(losses[0] + 1) < 1e-6, "before the critic knows anything the advantage is the reward, 1")
        seen.check(abs(losses[-1]) < 1e-6, f"a critic that knows the reward leaves an advantage of 0: {losses[-1]}")

    @pytest.mark.trains
    def test_the_network_tells_good_states_from_bad(self, observe):
        # Always "0": right for the images of a 0, wrong for all others.
        labels = torch.arange(10).repeat(20)
        for seed in (0, 1):
            seen = observe(scenarios.learn_values, labels, seed=seed)
            error = float((seen.value - (labels == 0).float()).abs().mean())
            seen.check(error < 0.1, f"the values are {error:.2f} off on average; the rewards are known without doubt")


@pytest.mark.exercise("15.11")
class TestTrainingBytes:
    @for_all(
        parameters=st.integers(0, 10**12),
        dtypes=st.tuples(*[st.sampled_from(["float64", "float32", "bfloat16", "float16"])] * 3),
        master=st.sampled_from([None, "float32", "float64"]),
    )
    def test_equals_the_sum(self, observe, parameters, dtypes, master):
        size = {"float64": 8, "float32": 4, "bfloat16": 2, "float16": 2, None: 0}
        w, g, m = (size[d] for d in dtypes)
        expected = {
            "weights": w * parameters, "gradients": g * parameters, "adam": 2 * m * parameters,
            "master_weights": size[master] * parameters, "total": (w + g + 2 * m + size[master]) * parameters,
        }  # fmt: skip
        seen = observe(training_bytes, parameters, *dtypes, master)
        seen.check(seen.value == expected, f"expected {expected}")

    def test_each_dtype_goes_to_its_own_part(self, observe):
        seen = observe(training_bytes, 10, "bfloat16", "float32", "float64", "float32")
        seen.close({"weights": 20, "gradients": 40, "adam": 160, "master_weights": 40, "total": 260})

    def test_mixed_precision_takes_sixteen_bytes_a_parameter(self, observe):
        seen = observe(training_bytes, 8_000_000_000, "bfloat16", "bfloat16", "float32", "float32")
        seen["total"].close(128 * 10**9)
        seen["adam"].close(64 * 10**9)

    def test_the_default_is_single_precision(self, observe):
        seen = observe(training_bytes, 118_282)
        seen.close({"weights": 473128, "gradients": 473128, "adam": 946256, "master_weights": 0, "total": 1892512})

    def test_numbers_are_whole(self, observe):
        seen = observe(training_bytes, 3, "bfloat16", master_weights="float32")
        kinds = {type(v) for v in seen.value.values()}
        seen.check(kinds == {int}, "bytes are whole numbers (int)")

    @pytest.mark.parametrize("which", ["weights", "gradients", "moments", "master_weights"])
    def test_refuses_unknown_dtypes_by_name(self, observe, which):
        with observe.raises(ValueError, match="int3"):
            observe(training_bytes, 10, **{which: "int3"})

    def test_refuses_fewer_parameters_than_none(self, observe):
        observe(training_bytes, 0)["total"].close(0)
        with observe.raises(ValueError):
            observe(training_bytes, -1)


@pytest.mark.exercise("15.12")
class TestExpectedShare:
    @for_all(success=st.lists(st.floats(0, 1), min_size=1, max_size=5), group=st.integers(1, 20))
    def test_equals_the_loop(self, observe, success, group):
        expected = math.fsum(p**group + (1 - p) ** group for p in success) / len(success)
        observe(expected_share_without_signal, double(success), group).close(expected, rtol=1e-6, atol=1e-12)

    @pytest.mark.parametrize("group", [1, 2, 3, 4])
    def test_equals_counting_all_groups(self, observe, group):
        p = 0.3
        share = 0.0
        for number in range(2**group):  # every pattern of right and wrong
            right = number.bit_count()
            share += p**right * (1 - p) ** (group - right) if right in (0, group) else 0.0
        observe(expected_share_without_signal, double([p]), group).close(share)

    def test_a_group_of_one_never_has_signal(self, observe):
        observe(expected_share_without_signal, double([0.0, 0.2, 1.0]), 1).close(1.0)

    def test_certain_answers_never_have_signal(self, observe):
        observe(expected_share_without_signal, double([0.0, 1.0]), 64).close(1.0)

    def test_right_and_wrong_change_places(self, observe):
        success = double([0.1, 0.35, 0.8])
        expected = observe(expected_share_without_signal, success, 5).value
        observe(expected_share_without_signal, 1 - success, 5).close(expected)

    def test_larger_groups_have_more_signal(self, observe):
        shares = [float(observe(expected_share_without_signal, double([0.05, 0.6]), g).value) for g in (2, 4, 8, 16)]
        seen = observe(expected_share_without_signal, double([0.05, 0.6]), 32)
        seen.check(sorted(shares, reverse=True) == shares, f"the share must fall with G; it is {shares}")

    @pytest.mark.parametrize("success", [[1.5], [-0.1], [0.5, float("nan")], []])
    def test_refuses_what_is_no_probability(self, observe, success):
        with observe.raises(ValueError, match="success"):
            observe(expected_share_without_signal, double(success), 2)

    @pytest.mark.parametrize("group", [0, -3])
    def test_refuses_an_empty_group(self, observe, group):
        with observe.raises(ValueError):
            observe(expected_share_without_signal, double([0.5]), group)
