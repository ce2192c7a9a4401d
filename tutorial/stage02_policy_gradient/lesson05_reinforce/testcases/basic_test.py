"""Is the algorithm right? Every exercise of lesson 05, on small numbers that can be checked by hand."""

import itertools
import math

import pytest
import torch
from lesson05_reinforce.bandit.gradient import exact_gradient, sampled_gradients
from lesson05_reinforce.exact.gradient import exact_policy_gradient
from lesson05_reinforce.loss.reinforce import reinforce_loss, reward_to_go
from lesson05_reinforce.testcases import scenarios

from course.base.object_spec import Spec
from course.base.property_tests import chosen_seed


def double(values):
    return torch.tensor(values, dtype=torch.float64)


def tensors(texts):
    return [torch.tensor(text) for text in texts]


def drawn():
    """A generator for inputs: grading uses another seed."""
    return torch.Generator().manual_seed(chosen_seed())


def normal(generator, *shape):
    return torch.randn(*shape, dtype=torch.float64, generator=generator)


def softmax(row):
    weights = [math.exp(x) for x in row]
    return [w / sum(weights) for w in weights]


# The page's bandit: the policy is (0.5, 0.25, 0.25), the arms pay 0, 1 and 2, so J = 0.75.
ARMS, PAID = double([math.log(2), 0.0, 0.0]), double([0.0, 1.0, 2.0])

# The page's language model, that of lesson 01. Token 0 is EOS, 1 is "a", 2 is "b". After "a" come EOS, a, b with
# probabilities 1/2, 1/4, 1/4; after "b" 0.2, 0.2, 0.6.
PROBABILITIES = [[0.1, 0.8, 0.1], [0.5, 0.25, 0.25], [0.2, 0.2, 0.6]]
LOGITS = [[math.log(p) for p in row] for row in PROBABILITIES]
TABLE = Spec("lab.models.tiny_language_models:BigramLM", {"logits": LOGITS})
# The seven texts of at most two tokens after "a"
SEVEN = [[0], [1, 0], [1, 1], [1, 2], [2, 0], [2, 1], [2, 2]]


def table(generator, vocab_size):
    """A table with random logits, and the logits."""
    logits = normal(generator, vocab_size, vocab_size).tolist()
    return Spec("lab.models.tiny_language_models:BigramLM", {"logits": logits}), logits


def text_probability(logits, prompt, completion):
    """p(completion | prompt) of a table, token by token."""
    pairs = itertools.pairwise([prompt[-1], *completion])
    return math.prod(softmax(logits[last])[token] for last, token in pairs)


@pytest.mark.exercise("05.1")
class TestExactGradient:
    def test_worked_example(self, observe):
        # pi * (r - J) = 0.5 * -0.75, 0.25 * 0.25, 0.25 * 1.25
        observe(exact_gradient, ARMS, PAID).close(double([-0.375, 0.0625, 0.3125]))

    def test_equal_rewards_give_no_direction(self, observe):
        observe(exact_gradient, ARMS, double([5.0, 5.0, 5.0])).close(double([0, 0, 0]))

    def test_the_policy_depends_on_differences_of_logits_only(self, observe):
        observe(exact_gradient, ARMS + 3, PAID).close(double([-0.375, 0.0625, 0.3125]))

    def test_negative_rewards(self, observe):
        # two arms with 0.5 each, J = -2: 0.5 * (-1 + 2) and 0.5 * (-3 + 2)
        observe(exact_gradient, double([0.0, 0.0]), double([-1.0, -3.0])).close(double([0.5, -0.5]))

    def test_equals_finite_differences_on_drawn_arms(self, observe):
        generator, h = drawn(), 1e-5
        logits, rewards = normal(generator, 5), normal(generator, 5)

        def expected_reward(row):
            return sum(p * r for p, r in zip(softmax(row), rewards.tolist(), strict=True))

        slopes = []
        for k in range(5):
            up, down = logits.tolist(), logits.tolist()
            up[k], down[k] = up[k] + h, down[k] - h
            slopes.append((expected_reward(up) - expected_reward(down)) / (2 * h))
        observe(exact_gradient, logits, rewards).close(double(slopes), rtol=1e-5, atol=1e-8)

    def test_leaves_its_arguments_alone(self, observe):
        observe(exact_gradient, ARMS, normal(drawn(), 3)).inputs_unchanged()


@pytest.mark.exercise("05.2")
class TestSampledGradients:
    def test_worked_example(self, observe):
        # Three draws: arm 0 paid 0, arm 1 paid 1, arm 2 paid 2. Each row is the reward times (onehot - pi).
        seen = observe(sampled_gradients, ARMS, torch.tensor([0, 1, 2]), PAID)
        seen.close(double([[0, 0, 0], [-0.5, 0.75, -0.25], [-1, -0.5, 1.5]]))

    def test_each_draw_has_its_own_reward(self, observe):
        # As many draws as arms, and the same arm twice with different rewards
        rewards = normal(drawn(), 3)
        seen = observe(sampled_gradients, ARMS, torch.tensor([2, 0, 2]), rewards)
        seen.close(rewards[:, None] * double([[-0.5, -0.25, 0.75], [0.5, -0.25, -0.25], [-0.5, -0.25, 0.75]]))

    def test_one_draw(self, observe):
        seen = observe(sampled_gradients, double([0.0, 0.0]), torch.tensor([1]), double([1.0]))
        seen.close(double([[-0.5, 0.5]]))

    def test_their_mean_is_the_exact_gradient(self, observe):
        # Of 100 draws in proportion to (0.5, 0.25, 0.25): the share of each arm is just its probability
        actions = torch.tensor([0] * 50 + [1] * 25 + [2] * 25)
        seen = observe(sampled_gradients, ARMS, actions, PAID[actions])
        mean = seen.value.mean(0) if seen.value.ndim == 2 else seen.value
        right = torch.allclose(mean.double(), double([-0.375, 0.0625, 0.3125]))
        seen.check(right, f"the mean over these draws must be (-0.375, 0.0625, 0.3125), not {mean.tolist()}")

    def test_equals_the_loop_on_drawn_inputs(self, observe):
        generator = drawn()
        logits, rewards = normal(generator, 4), normal(generator, 6)
        actions = torch.randint(4, (6,), generator=generator)
        pi = softmax(logits.tolist())
        expected = [
            [r * ((1.0 if k == a else 0.0) - pi[k]) for k in range(4)]
            for a, r in zip(actions.tolist(), rewards.tolist(), strict=True)
        ]
        observe(sampled_gradients, logits, actions, rewards).close(double(expected))

    def test_leaves_its_arguments_alone(self, observe):
        observe(sampled_gradients, ARMS, torch.tensor([0, 1]), double([1.0, 2.0])).inputs_unchanged()


@pytest.mark.exercise("05.3")
class TestExactPolicyGradient:
    def test_worked_example(self, observe):
        # Only the text "b EOS" is paid: J = p = 0.25 * 0.2. The gradient is p (onehot - pi), in the rows of a and b.
        rewards = double([float(text == [2, 0]) for text in SEVEN])
        seen = observe(exact_policy_gradient, TABLE, torch.tensor([1]), tensors(SEVEN), rewards)
        seen.close({"logits": double([[0, 0, 0], [-0.025, -0.0125, 0.0375], [0.04, -0.01, -0.03]])}, atol=1e-12)

    def test_equal_rewards_give_no_direction(self, observe):
        # J is the same for every policy: all seven texts together have probability 1.
        seen = observe(exact_policy_gradient, TABLE, torch.tensor([1]), tensors(SEVEN), double([3.0] * 7))
        seen.close({"logits": torch.zeros(3, 3, dtype=torch.float64)}, atol=1e-12)

    def test_one_gradient_for_each_parameter_by_name(self, observe):
        model = Spec("lab.models.tiny_language_models:TinyLM", {"vocab_size": 3}, chosen_seed(), "float64")
        seen = observe(exact_policy_gradient, model, torch.tensor([1]), tensors(SEVEN), double(range(7)))
        names = {name for name, _ in model.build().named_parameters()}
        found = set(seen.value) if isinstance(seen.value, dict) else set()
        seen.check(found == names, f"the keys must be the names of the parameters, {sorted(names)}")

    def test_equals_finite_differences_on_a_drawn_table(self, observe):
        generator, h = drawn(), 1e-5
        model, logits = table(generator, 3)
        rewards = normal(generator, 7)

        def expected_reward(rows):
            return sum(text_probability(rows, [1], y) * r for y, r in zip(SEVEN, rewards.tolist(), strict=True))

        slopes = torch.zeros(3, 3, dtype=torch.float64)
        for i, k in itertools.product(range(3), range(3)):
            up, down = [list(row) for row in logits], [list(row) for row in logits]
            up[i][k] += h
            down[i][k] -= h
            slopes[i, k] = (expected_reward(up) - expected_reward(down)) / (2 * h)
        seen = observe(exact_policy_gradient, model, torch.tensor([1]), tensors(SEVEN), rewards)
        seen.close({"logits": slopes}, rtol=1e-5, atol=1e-8)

    def test_a_second_call_gives_the_same(self, observe):
        paid = 1 + torch.rand((), dtype=torch.float64, generator=drawn())
        rewards = paid * double([float(text == [2, 0]) for text in SEVEN])
        seen = observe(scenarios.two_exact_gradients, TABLE, torch.tensor([1]), tensors(SEVEN), rewards)
        expected = {"logits": paid * double([[0, 0, 0], [-0.025, -0.0125, 0.0375], [0.04, -0.01, -0.03]])}
        seen["first"].close(expected, atol=1e-12, says="what .grad holds before has no part in the result")
        seen["second"].close(expected, atol=1e-12, says="the first call must leave nothing behind")


ALL = torch.ones(1, 3, dtype=torch.bool)


@pytest.mark.exercise("05.4")
class TestRewardToGo:
    def test_a_reward_at_the_end_is_every_tokens_return(self, observe):
        observe(reward_to_go, double([[0, 0, 1]]), ALL).close(double([[1, 1, 1]]))

    def test_a_token_is_not_credited_with_the_past(self, observe):
        observe(reward_to_go, double([[1, 2, 3]]), ALL).close(double([[6, 5, 3]]))

    def test_discount_counts_from_the_token_itself(self, observe):
        # 1 + 2/2 + 3/4, 2 + 3/2, 3
        observe(reward_to_go, double([[1, 2, 3]]), ALL, gamma=0.5).close(double([[2.75, 3.5, 3]]))

    def test_gamma_0_sees_the_tokens_own_reward_only(self, observe):
        observe(reward_to_go, double([[1, 2, 3]]), ALL, gamma=0.0).close(double([[1, 2, 3]]))

    def test_columns_outside_the_mask(self, observe):
        # prompt, two tokens, padding: the 9s are no rewards of this completion
        mask = torch.tensor([[False, True, True, False]])
        observe(reward_to_go, double([[9, 1, 2, 9]]), mask).close(double([[0, 3, 2, 0]]))

    def test_completions_do_not_mix(self, observe):
        mask = torch.tensor([[True, True, False], [False, True, True], [True, True, True]])
        seen = observe(reward_to_go, double([[1, 2, 0], [0, 4, 8], [0, 0, -1]]), mask, gamma=0.5)
        seen.close(double([[2, 2, 0], [0, 8, 8], [-0.25, -0.5, -1]]))

    def test_equals_the_double_loop_on_drawn_inputs(self, observe):
        generator = drawn()
        rewards = normal(generator, 4, 6)
        starts, lengths = torch.randint(3, (4,), generator=generator), torch.randint(1, 4, (4,), generator=generator)
        mask = torch.zeros(4, 6, dtype=torch.bool)
        expected = torch.zeros(4, 6, dtype=torch.float64)
        for i, (start, length) in enumerate(zip(starts.tolist(), lengths.tolist(), strict=True)):
            for t in range(start, start + length):
                mask[i, t] = True
                expected[i, t] = sum(0.9 ** (k - t) * rewards[i, k].item() for k in range(t, start + length))
        observe(reward_to_go, rewards, mask, gamma=0.9).close(expected)

    def test_leaves_its_arguments_alone(self, observe):
        mask = torch.tensor([[False, True, True, False]])
        observe(reward_to_go, normal(drawn(), 1, 4), mask).inputs_unchanged()


# Two completions in four columns. The first: "b EOS" after the prompt a; the second: "a". Padding follows.
LOG_PROBS = [[math.log(0.25), math.log(0.2), -1.0, -1.0], [math.log(0.5), -2.0, -3.0, -1.0]]
MASK = torch.tensor([[True, True, False, False], [True, False, False, False]])


@pytest.mark.exercise("05.5")
class TestReinforceLoss:
    def test_worked_example(self, observe):
        # -(1/2) (1 * log 0.25 + 1 * log 0.2 + 3 * log 0.5)
        seen = observe(reinforce_loss, double(LOG_PROBS), MASK, double([[1, 1, 0, 0], [3, 0, 0, 0]]))
        seen.close(-(math.log(0.25) + math.log(0.2) + 3 * math.log(0.5)) / 2)

    def test_gradient_is_minus_the_return_over_the_number_of_completions(self, observe):
        returns = double([[4, 2, 0, 0], [-6, 0, 0, 0]])
        seen = observe(reinforce_loss, double(LOG_PROBS), MASK, returns, grad_of="log_probs")
        seen.grad("log_probs").close(double([[-2, -1, 0, 0], [3, 0, 0, 0]]))

    def test_a_token_of_a_long_completion_counts_as_much_as_one_of_a_short(self, observe):
        mask = torch.tensor([[True, True, True, True], [True, False, False, False]])
        log_probs = torch.full((2, 4), -1.0, dtype=torch.float64)
        seen = observe(reinforce_loss, log_probs, mask, torch.ones_like(log_probs), grad_of="log_probs")
        seen.grad("log_probs").close(double([[-0.5] * 4, [-0.5, 0, 0, 0]]))
        seen.close(2.5)

    def test_columns_outside_the_mask_do_not_count(self, observe):
        seen = observe(
            reinforce_loss, double(LOG_PROBS), MASK, double([[0, 0, 9, 9], [0, 9, 9, 9]]), grad_of="log_probs"
        )
        seen.close(0.0)
        seen.grad("log_probs").close(torch.zeros(2, 4, dtype=torch.float64))

    def test_the_same_completions_twice_give_the_same_loss(self, observe):
        returns = double([[1, 1, 0, 0], [3, 0, 0, 0]])
        seen = observe(reinforce_loss, double(LOG_PROBS * 2), MASK.repeat(2, 1), returns.repeat(2, 1))
        seen.close(-(math.log(0.25) + math.log(0.2) + 3 * math.log(0.5)) / 2)

    def test_no_gradient_flows_into_the_returns(self, observe):
        returns = normal(drawn(), 2, 4)
        seen = observe(reinforce_loss, double(LOG_PROBS), MASK, returns, grad_of=["log_probs", "returns"])
        seen.grad("returns").no_gradient("the returns are weights: no gradient may flow into them")
        seen.grad("log_probs").close(-returns * MASK / 2)

    def test_equals_the_loop_on_drawn_inputs(self, observe):
        generator = drawn()
        log_probs, returns = -normal(generator, 3, 5).abs(), normal(generator, 3, 5)
        mask = torch.rand(3, 5, generator=generator) < 0.7
        total = 0.0
        for i, t in itertools.product(range(3), range(5)):
            total += returns[i, t].item() * log_probs[i, t].item() if mask[i, t] else 0.0
        seen = observe(reinforce_loss, log_probs, mask, returns, grad_of="log_probs")
        seen.close(-total / 3)
        seen.grad("log_probs").close(-returns * mask / 3)


def gradient_of_table(probabilities, prompt, completion, returns):
    """Sum over the tokens of return * (onehot - pi), in the row of the token before: what REINFORCE adds up."""
    gradient = torch.zeros(len(probabilities), len(probabilities), dtype=torch.float64)
    for last, token, weight in zip([prompt[-1], *completion], completion, returns, strict=False):
        for k, p in enumerate(probabilities[last]):
            gradient[last, k] += weight * ((k == token) - p)
    return gradient


@pytest.mark.exercise("05.6")
class TestReinforceStep:
    def test_worked_example(self, observe):
        # "b EOS" earns 1 at its end, "a EOS" nothing. Half of the gradient of log p(b EOS) is added to the logits.
        seen = observe(
            scenarios.steps, TABLE, tensors([[1]]), [tensors([[2, 0], [1, 0]])], [[double([0, 1]), double([0, 0])]]
        )
        change = double([[0, 0, 0], [-0.25, -0.125, 0.375], [0.4, -0.1, -0.3]])
        seen["parameters"][0].close({"logits": double(LOGITS) + change})
        seen["results"][0].close({"reward": 0.5, "loss": -(math.log(0.25) + math.log(0.2)) / 2})

    def test_a_token_is_credited_with_its_own_and_later_rewards(self, observe):
        # "a b" is paid 1 for a: only the choice of a is credited, not that of b.
        seen = observe(scenarios.steps, TABLE, tensors([[1]]), [tensors([[1, 2]])], [[double([1, 0])]])
        change = double([[0, 0, 0], [-0.5, 0.75, -0.25], [0, 0, 0]])
        seen["parameters"][0].close({"logits": double(LOGITS) + change})

    def test_the_reward_is_the_sum_over_a_completion_and_the_mean_over_completions(self, observe):
        completions, rewards = [tensors([[1, 1, 0], [0]])], [[double([1, 2, 4]), double([-3])]]
        seen = observe(scenarios.steps, TABLE, tensors([[1]]), completions, rewards)
        seen["results"][0]["reward"].close(2.0)

    def test_the_prompt_is_not_trained(self, observe):
        # Prompt "b b a", completion EOS: only p(EOS | a) rises.
        seen = observe(scenarios.steps, TABLE, tensors([[2, 2, 1]]), [tensors([[0]])], [[double([1])]])
        change = double([[0, 0, 0], [0.5, -0.25, -0.25], [0, 0, 0]])
        seen["parameters"][0].close({"logits": double(LOGITS) + change})

    def test_gradients_from_before_have_no_part_in_the_step(self, observe):
        before = 5 + torch.rand((), generator=drawn()).item()
        seen = observe(
            scenarios.steps, TABLE, tensors([[1]]), [tensors([[0]])], [[double([1])]], count=2, left_over=before
        )
        once = double(LOGITS) + double([[0, 0, 0], [0.5, -0.25, -0.25], [0, 0, 0]])
        seen["parameters"][0].close({"logits": once})
        again = once.clone()
        again[1] += double([1, 0, 0]) - double(softmax(once[1].tolist()))
        seen["parameters"][1].close({"logits": again}, says="the second step must follow its own gradient alone")

    def test_without_reward_nothing_moves(self, observe):
        seen = observe(
            scenarios.steps, TABLE, tensors([[1]]), [tensors([[2, 0], [0]])], [[double([0, 0]), double([0])]]
        )
        seen["parameters"][0].close({"logits": double(LOGITS)})
        seen["results"][0].close({"reward": 0.0, "loss": 0.0})

    def test_equals_the_loop_on_drawn_prompts(self, observe):
        generator = drawn()
        model, logits = table(generator, 4)

        def text(longest):
            return torch.randint(4, (int(torch.randint(1, longest + 1, (), generator=generator)),), generator=generator)

        prompts = [torch.cat([torch.tensor([i]), text(3)]) for i in range(3)]
        completions = [[torch.cat([torch.tensor([j]), text(4)]) for j in range(n)] for n in (2, 3, 1)]
        rewards = [[normal(generator, len(y)) for y in group] for group in completions]
        rewards[1][0] *= 0  # a completion that earned nothing counts in the mean
        change, paid = torch.zeros(4, 4, dtype=torch.float64), []
        for prompt, group, group_rewards in zip(prompts, completions, rewards, strict=True):
            for y, r in zip(group, group_rewards, strict=True):
                to_go = [sum(r.tolist()[t:]) for t in range(len(r))]
                change += gradient_of_table([softmax(row) for row in logits], prompt.tolist(), y.tolist(), to_go)
                paid.append(sum(r.tolist()))
        seen = observe(scenarios.steps, model, prompts, completions, rewards, lr=0.3)
        seen["parameters"][0].close({"logits": double(logits) + 0.3 * change / 6})
        seen["results"][0]["reward"].close(sum(paid) / 6)
        seen["draws"].close(3, says="the completions of each prompt are drawn once")
