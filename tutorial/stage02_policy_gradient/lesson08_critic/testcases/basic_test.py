"""Is the algorithm right? Every exercise of lesson 08, on small numbers that can be checked by hand."""

import math
from statistics import pvariance

import pytest
import torch
from lesson08_critic.advantages.gae import gae, place_rewards
from lesson08_critic.critic.values import token_values, value_loss
from lesson08_critic.testcases import scenarios

from course.base.object_spec import Spec
from course.base.property_tests import chosen_seed


def drawn():
    """A generator for inputs: grading uses another seed."""
    return torch.Generator().manual_seed(chosen_seed())


def double(values):
    return torch.tensor(values, dtype=torch.float64)


def normal(draw, *shape):
    return torch.randn(*shape, generator=draw, dtype=torch.float64)


def mask_of(lengths, width):
    """True on the first tokens of each row."""
    return torch.arange(width) < torch.tensor(lengths)[:, None]


def random_mask(draw, rows, width):
    """The first row is full, the second is not, the others have any length."""
    lengths = torch.randint(1, width + 1, (rows,), generator=draw).tolist()
    return mask_of([width, min(lengths[1], width - 1), *lengths[2:]], width)


def table(values):
    """A critic that looks at the last token only: the value of the state after token i is values[i]."""
    return Spec("lab.models.tiny_language_models:BigramLM", {"logits": [[v] for v in values]})


# The worked example of the page: three tokens, score 1; behind them one place of padding with numbers that mean nothing
VALUES, MASK, SCORE = double([[0.5, 0.6, 0.9, 0.7]]), mask_of([3], 4), double([1.0])
LOG_PROBS, REF_LOG_PROBS = double([[-1.0, -0.5, -2.0, -9.0]]), double([[-1.2, -0.4, -2.5, -1.0]])
REWARDS = double([[0.0, 0.0, 1.0, 0.0]])


@pytest.mark.exercise("08.1")
class TestTokenValues:
    CRITIC = table([0.1, 0.2, 0.3, 0.4])

    def test_the_state_before_each_token(self, observe):
        # Prompt of two tokens. Before the first token of the completion the critic has read the prompt, 2 and 3.
        seen = observe(token_values, self.CRITIC, torch.tensor([[2, 3, 0, 1], [1, 2, 3, 0]]), 2)
        seen.close(double([[0.4, 0.1], [0.3, 0.4]]))

    def test_a_prompt_of_one_token(self, observe):
        observe(token_values, self.CRITIC, torch.tensor([[2, 3, 0, 1]]), 1).close(double([[0.3, 0.4, 0.1]]))

    def test_one_text_with_one_token(self, observe):
        values = normal(drawn(), 4).tolist()
        observe(token_values, table(values), torch.tensor([[2, 3, 1]]), 2).close(double([[values[3]]]))

    def test_gradient(self, observe):
        # The sum of the values: token 3 stands before a token of the completion twice, 0 and 2 once.
        critic = table(normal(drawn(), 4).tolist())
        seen = observe(token_values, critic, torch.tensor([[2, 3, 0, 1], [1, 2, 3, 0]]), 2, grad_of="critic")
        seen.grad("critic")["logits"].close(double([[1.0], [0.0], [1.0], [2.0]]))

    def test_a_transformer_reads_the_text_so_far(self, observe):
        draw = drawn()
        for prompt_length in (1, 3):
            spec = Spec("lab.models.tiny_language_models:TinyLM", {"vocab_size": 7}, chosen_seed(), "float64")
            ids = torch.randint(7, (3, prompt_length + 4), generator=draw)
            model = spec.build()
            with torch.no_grad():
                columns = [model(ids[:, : prompt_length + t]).logits[:, -1, 0] for t in range(4)]
            seen = observe(scenarios.transformer_values, spec, ids, prompt_length)
            seen.close(torch.stack(columns, 1), rtol=1e-5)


@pytest.mark.exercise("08.2")
class TestPlaceRewards:
    def test_the_score_is_earned_with_the_last_token(self, observe):
        mask = mask_of([3, 1, 4], 4)
        zeros = torch.zeros(3, 4, dtype=torch.float64)
        seen = observe(place_rewards, double([1.0, 2.0, 3.0]), zeros, zeros, mask)
        seen.close(double([[0, 0, 1, 0], [2, 0, 0, 0], [0, 0, 0, 3]]))

    def test_worked_example(self, observe):
        # -0.1 * 0.2, -0.1 * (-0.1), and 1 - 0.1 * 0.5 at the last token
        seen = observe(place_rewards, SCORE, LOG_PROBS, REF_LOG_PROBS, MASK, kl_coef=0.1)
        seen.close(double([[-0.02, 0.01, 0.95, 0.0]]))

    def test_without_kl_coef_the_reference_does_not_matter(self, observe):
        observe(place_rewards, SCORE, LOG_PROBS, REF_LOG_PROBS, MASK).close(REWARDS)

    def test_a_score_that_is_negative(self, observe):
        seen = observe(place_rewards, double([-2.0]), LOG_PROBS, REF_LOG_PROBS, MASK, kl_coef=0.1)
        seen.close(double([[-0.02, 0.01, -2.05, 0.0]]))

    def test_the_inputs_stay_as_they_are(self, observe):
        observe(place_rewards, SCORE, LOG_PROBS, REF_LOG_PROBS, MASK, kl_coef=0.1).inputs_unchanged()

    def test_carries_no_gradient(self, observe):
        log_probs = normal(drawn(), 1, 4)
        seen = observe(place_rewards, SCORE, log_probs, REF_LOG_PROBS, MASK, 0.1, grad_of="log_probs")
        seen.grad("log_probs").no_gradient("a reward is a number; no gradient may flow from it to the policy")

    def test_equals_a_loop(self, observe):
        draw = drawn()
        for _ in range(4):
            mask, kl_coef = random_mask(draw, 3, 5), torch.rand((), generator=draw).item()
            scores, log_probs, ref = normal(draw, 3), normal(draw, 3, 5), normal(draw, 3, 5)
            expected = torch.zeros(3, 5, dtype=torch.float64)
            for i in range(3):
                length = int(mask[i].sum())
                for t in range(length):
                    expected[i, t] = kl_coef * (ref[i, t] - log_probs[i, t])
                expected[i, length - 1] += scores[i]
            observe(place_rewards, scores, log_probs, ref, mask, kl_coef).close(expected)


def slow_gae(rewards, values, mask, gamma=1.0, lam=0.95, last_values=None):
    """A_t as the sum of all later deltas, each discounted by (gamma * lam) ** distance; row by row."""
    advantages, returns = torch.zeros_like(rewards), torch.zeros_like(rewards)
    for i, row in enumerate(mask):
        length = int(row.sum())
        v = [*values[i, :length].tolist(), 0.0 if last_values is None else last_values[i].item()]
        deltas = [rewards[i, t].item() + gamma * v[t + 1] - v[t] for t in range(length)]
        for t in range(length):
            advantages[i, t] = sum((gamma * lam) ** (s - t) * deltas[s] for s in range(t, length))
            returns[i, t] = advantages[i, t] + v[t]
    return advantages, returns


@pytest.mark.exercise("08.3")
class TestGae:
    def test_worked_example(self, observe):
        # deltas 0.1, 0.3, 0.1; from the end: 0.1, then 0.3 + 0.05, then 0.1 + 0.175. The padding's 0.7 is not used.
        seen = observe(gae, REWARDS, VALUES, MASK, lam=0.5)
        seen[0].close(double([[0.275, 0.35, 0.1, 0.0]]))
        seen[1].close(double([[0.775, 0.95, 1.0, 0.0]]))

    def test_lambda_1_compares_the_score_with_the_value(self, observe):
        seen = observe(gae, REWARDS, VALUES, MASK, lam=1.0)
        seen[0].close(double([[0.5, 0.4, 0.1, 0.0]]))
        seen[1].close(double([[1.0, 1.0, 1.0, 0.0]]))

    def test_lambda_0_compares_with_the_next_value(self, observe):
        seen = observe(gae, REWARDS, VALUES, MASK, lam=0.0)
        seen[0].close(double([[0.1, 0.3, 0.1, 0.0]]))
        seen[1].close(double([[0.6, 0.9, 1.0, 0.0]]))

    def test_gamma(self, observe):
        # deltas 0.54 - 0.5, 0.81 - 0.6, 0.1; the trace is multiplied by 0.9 * 0.5 = 0.45
        seen = observe(gae, REWARDS, VALUES, MASK, gamma=0.9, lam=0.5)
        seen[0].close(double([[0.04 + 0.45 * 0.255, 0.21 + 0.45 * 0.1, 0.1, 0.0]]))

    def test_rewards_before_the_end(self, observe):
        # deltas -0.02 + 0.1, 0.01 + 0.3, 0.95 - 0.9
        seen = observe(gae, double([[-0.02, 0.01, 0.95, 0.0]]), VALUES, MASK, lam=0.0)
        seen[0].close(double([[0.08, 0.31, 0.05, 0.0]]))

    def test_nothing_is_earned_after_the_end(self, observe):
        # Two rows, equal up to the end of the first one, which is one token long. Deltas of the second: 1.4, -0.3
        rewards, values = double([[1.0, 0.0], [1.0, 0.5]]), double([[0.4, 0.8], [0.4, 0.8]])
        seen = observe(gae, rewards, values, mask_of([1, 2], 2), lam=0.5)
        seen[0].close(double([[0.6, 0.0], [1.4 - 0.15, -0.3]]))

    def test_an_answer_of_one_token(self, observe):
        for lam in (0.0, 0.5, 1.0):
            seen = observe(gae, double([[1.0], [0.0]]), double([[0.3], [0.6]]), mask_of([1, 1], 1), lam=lam)
            seen[0].close(double([[0.7], [-0.6]]))

    def test_an_episode_that_was_cut_off(self, observe):
        # The critic expects 0.8 more after the last token: deltas 0.1, 0.3, 0 + 0.8 - 0.9
        last_values = double([0.8])
        seen = observe(gae, torch.zeros_like(REWARDS), VALUES, MASK, lam=0.5, last_values=last_values)
        seen[0].close(double([[0.1 + 0.5 * 0.25, 0.3 - 0.05, -0.1, 0.0]]))
        full = observe(
            gae, double([[0.0, 0.0]]), double([[0.5, 0.6]]), mask_of([2], 2), lam=0.5, last_values=last_values
        )
        full[0].close(double([[0.1 + 0.5 * 0.2, 0.2]]))  # without padding

    def test_a_critic_that_knows_the_mean_gives_the_advantage_of_grpo(self, observe):
        # Scores 1, 0, 0, 1 of one prompt; the critic says 0.5 everywhere. With lambda 1: score - mean at every token.
        mask = mask_of([3, 1, 2, 3], 3)
        rewards = double([[0, 0, 1], [0, 0, 0], [0, 0, 0], [0, 0, 1]])
        seen = observe(gae, rewards, torch.full_like(rewards, 0.5), mask, lam=1.0)
        seen[0].close(torch.where(mask, double([[0.5], [-0.5], [-0.5], [0.5]]), 0.0))

    def test_the_inputs_stay_as_they_are(self, observe):
        observe(gae, normal(drawn(), 1, 4), VALUES, MASK, last_values=double([0.3])).inputs_unchanged()

    @pytest.mark.parametrize("part", [0, 1])
    def test_carries_no_gradient(self, observe, part):
        seen = observe(scenarios.gae_part, REWARDS, normal(drawn(), 1, 4), MASK, part, grad_of="values")
        seen.grad("values").no_gradient("advantages and returns are numbers; no gradient may flow to the critic")

    def test_equals_the_sum_of_later_deltas(self, observe):
        draw = drawn()
        for bootstrapped in (False, True, False):
            mask, gamma, lam = random_mask(draw, 4, 6), *torch.rand(2, generator=draw).tolist()
            rewards, values = normal(draw, 4, 6), normal(draw, 4, 6)
            last_values = normal(draw, 4) if bootstrapped else None
            seen = observe(gae, rewards, values, mask, gamma, lam, last_values)
            advantages, returns = slow_gae(rewards, values, mask, gamma, lam, last_values)
            seen[0].close(advantages)
            seen[1].close(returns)


@pytest.mark.exercise("08.4")
class TestValueLoss:
    ONE = mask_of([1], 1)

    @pytest.mark.parametrize("value, old, target, error, gradient", [
        (0.6, 0.5, 1.0, 0.16, -0.4),  # has moved by less than the clip
        (0.9, 0.5, 1.0, 0.09, 0.0),  # has moved towards the return by more than 0.2: counts as 0.7, and stops
        (0.1, 0.5, 1.0, 0.81, -0.9),  # has moved away from it: is pulled back
        (0.9, 0.5, 0.0, 0.81, 0.9),
        (0.1, 0.5, 0.0, 0.09, 0.0),
        (1.5, 0.5, 1.0, 0.25, 0.5),  # has moved past it: the larger error is its own
    ])  # fmt: skip
    def test_one_token(self, observe, value, old, target, error, gradient):
        seen = observe(value_loss, double([[value]]), double([[old]]), double([[target]]), self.ONE, grad_of="values")
        seen.close(double(error / 2))
        seen.grad("values").close(double([[gradient]]))

    def test_without_clip(self, observe):
        seen = observe(value_loss, double([[0.9]]), double([[0.5]]), double([[1.0]]), self.ONE, math.inf)
        seen.close(double(0.005))

    def test_mean_over_the_tokens_of_all_rows(self, observe):
        # Errors 1, 1, 1 in the first row and 9 in the second: (1 + 1 + 1 + 9) / 4 / 2. Padding holds 100.
        returns = double([[1.0, 1.0, 1.0], [3.0, 100.0, 100.0]])
        zeros = torch.zeros_like(returns)
        observe(value_loss, zeros, zeros, returns, mask_of([3, 1], 3)).close(double(1.5))

    @pytest.mark.parametrize("name", ["old_values", "returns"])
    def test_trains_the_values_alone(self, observe, name):
        seen = observe(value_loss, *normal(drawn(), 3, 1, 4), MASK, grad_of=name)
        seen.grad(name).no_gradient(f"{name} are fixed numbers; the loss trains values alone")

    def test_equals_a_loop(self, observe):
        draw = drawn()
        for _ in range(4):
            mask, clip = random_mask(draw, 3, 4), 0.1 + torch.rand((), generator=draw).item()
            values, old, returns = (normal(draw, 3, 4) for _ in range(3))
            errors = []
            for i, t in mask.nonzero().tolist():
                v, o, r = values[i, t].item(), old[i, t].item(), returns[i, t].item()
                clipped = min(max(v, o - clip), o + clip)
                errors.append(max((v - r) ** 2, (clipped - r) ** 2) / 2)
            observe(value_loss, values, old, returns, mask, clip).close(double(sum(errors) / len(errors)))


PROMPT = 2  # in the tests of the step, tokens 0 and 1 are answers


def rollout_of(ids, lengths, log_probs, ref_log_probs, scores):
    """The fields of a Rollout; the prompt is the first column."""
    return {
        "ids": torch.tensor(ids),
        "prompt_length": 1,
        "mask": mask_of(lengths, len(ids[0]) - 1),
        "log_probs": log_probs,
        "ref_log_probs": ref_log_probs,
        "scores": double(scores),
    }


def slow_step(policy, critic, rollout, lr, epochs=1, epsilon=0.2, value_clip=0.2, value_coef=1.0, gamma=1.0, lam=0.95,
              kl_coef=0.0):  # fmt: skip
    """The tables of policy and critic after updates with all rows at once; token by token."""
    policy, critic = policy.clone().requires_grad_(), critic.clone().requires_grad_()
    ids, mask, old_log_probs = rollout["ids"], rollout["mask"], rollout["log_probs"]
    places = [(i, t, int(ids[i, t]), int(ids[i, t + 1])) for i, t in mask.nonzero().tolist()]  # row, time, state, token
    old_values, rewards = torch.zeros_like(old_log_probs), torch.zeros_like(old_log_probs)
    for i, t, state, _ in places:
        old_values[i, t] = critic[state, 0].item()
        rewards[i, t] = -kl_coef * (old_log_probs[i, t] - rollout["ref_log_probs"][i, t])
        if t == mask[i].sum() - 1:
            rewards[i, t] += rollout["scores"][i]
    advantages, returns = slow_gae(rewards, old_values, mask, gamma, lam)
    every = [advantages[i, t].item() for i, t, _, _ in places]
    mean = sum(every) / len(every)
    std = math.sqrt(sum((a - mean) ** 2 for a in every) / (len(every) - 1))
    for _ in range(epochs):
        policy_loss = critic_loss = 0
        for i, t, state, token in places:
            ratio = (policy[state].log_softmax(0)[token] - old_log_probs[i, t]).exp()
            advantage = (advantages[i, t] - mean) / (std + 1e-8)
            clipped = ratio.clamp(1 - epsilon, 1 + epsilon)
            policy_loss = policy_loss - torch.minimum(ratio * advantage, clipped * advantage) / len(places)
            value, old = critic[state, 0], old_values[i, t]
            near = old + (value - old).clamp(-value_clip, value_clip)
            errors = torch.stack([value - returns[i, t], near - returns[i, t]]).square()
            critic_loss = critic_loss + errors.max() / 2 / len(places)
        gradients = torch.autograd.grad(policy_loss + value_coef * critic_loss, [policy, critic])
        with torch.no_grad():
            policy -= lr * gradients[0]
            critic -= lr * gradients[1]
    return policy.detach(), critic.detach()


@pytest.mark.exercise("08.6")
class TestPpoStep:
    UNIFORM = math.log(1 / 3)

    def model(self, logits):
        return Spec("lab.models.tiny_language_models:BigramLM", {"logits": logits})

    def probe(self, scores):
        """Two answers of one token, 0 and 1, to the same prompt, by a policy that finds all tokens equally likely."""
        log_probs = torch.full((2, 1), self.UNIFORM, dtype=torch.float64)
        return rollout_of([[PROMPT, 0], [PROMPT, 1]], [1, 1], log_probs, log_probs, scores)

    def step(self, observe, scores, **settings):
        policy, critic = self.model([[0.0] * 3] * 3), table([0.0] * 3)
        return observe(scenarios.take_step, policy, critic, self.probe(scores), {"epochs": 1, **settings}, lr=0.1)

    def test_a_reward_that_is_always_1_teaches_the_critic_alone(self, observe):
        # Both advantages are 1, and 0 after whitening. The gradient of (V - 1)^2 / 2 is -1.
        seen = self.step(observe, [1.0, 1.0])
        seen["critic"].close(double([[0.0], [0.0], [0.1]]))
        seen["policy"].close(torch.zeros(3, 3, dtype=torch.float64))

    def test_the_better_answer_becomes_more_likely(self, observe):
        # Advantages 1 and 0, whitened 1/sqrt(2) and -1/sqrt(2); the gradient of the mean of log-probs times these
        move = 0.1 / 2 / math.sqrt(2)
        seen = self.step(observe, [1.0, 0.0])
        seen["policy"].close(double([[0.0] * 3, [0.0] * 3, [move, -move, 0.0]]))
        seen["critic"].close(double([[0.0], [0.0], [0.05]]))  # the mean of the gradients -1 and 0

    def test_the_critic_does_not_change_the_policys_gradient(self, observe):
        move = 0.1 / 2 / math.sqrt(2)
        for value_coef in (0.0, 5.0):
            seen = self.step(observe, [1.0, 0.0], value_coef=value_coef)
            seen["policy"].close(double([[0.0] * 3, [0.0] * 3, [move, -move, 0.0]]))
            seen["critic"].close(double([[0.0], [0.0], [0.05 * value_coef]]))

    def test_the_advantages_are_whitened_over_all_answers(self, observe):
        # Four answers to four prompts, two in each mini-batch. The critic says 0, so the advantages are the scores.
        # Whatever the order, each row of the tables moves once, by lr / 2 times its own gradient.
        scores = normal(drawn(), 4)
        whitened = (scores - scores.mean()) / (scores.std() + 1e-8)
        log_probs = torch.full((4, 1), -math.log(4), dtype=torch.float64)
        rollout = rollout_of([[row, 0] for row in range(4)], [1] * 4, log_probs, log_probs, scores.tolist())
        models = self.model([[0.0] * 4] * 4), table([0.0] * 4)
        seen = observe(scenarios.take_step, *models, rollout, {"epochs": 1, "minibatch_size": 2}, lr=0.1)
        seen["critic"].close(0.1 / 2 * scores[:, None])
        seen["policy"].close(0.1 / 2 * whitened[:, None] * double([0.75, -0.25, -0.25, -0.25]))

    def drawn_case(self, draw):
        """Six answers of one to four tokens, with a policy that has moved a little since it drew them."""
        ids = torch.cat([torch.full((6, 1), PROMPT), torch.randint(3, (6, 4), generator=draw)], 1)
        lengths = torch.randint(1, 5, (6,), generator=draw).tolist()
        policy, critic = normal(draw, 3, 3), 0.3 * normal(draw, 3, 1)
        log_probs = policy.log_softmax(-1)[ids[:, :-1], ids[:, 1:]] + 0.2 * normal(draw, 6, 4)
        reference = log_probs + 0.3 * normal(draw, 6, 4)
        return policy, critic, rollout_of(ids.tolist(), lengths, log_probs, reference, normal(draw, 6).tolist())

    @pytest.mark.parametrize("settings", [
        {"epochs": 2, "kl_coef": 0.5}, {"epochs": 2, "lam": 0.3, "gamma": 0.8},
        {"epochs": 3, "value_coef": 2.0, "epsilon": 0.1, "value_clip": 0.01},
    ])  # fmt: skip
    def test_equals_token_by_token(self, observe, settings):
        policy, critic, rollout = self.drawn_case(drawn())
        expected = slow_step(policy, critic, rollout, lr=0.5, **settings)
        models = self.model(policy.tolist()), self.model(critic.tolist())
        seen = observe(scenarios.take_step, *models, rollout, {"minibatch_size": 6, **settings}, lr=0.5)
        seen["policy"].close(expected[0])
        seen["critic"].close(expected[1])

    def test_explained_variance_of_the_critic_before_the_step(self, observe):
        policy, critic, rollout = self.drawn_case(drawn())
        states, mask = rollout["ids"][:, :-1], rollout["mask"]
        values, zeros = critic[states, 0], torch.zeros_like(rollout["log_probs"])
        rewards = zeros.scatter(1, mask.sum(1, keepdim=True) - 1, rollout["scores"][:, None])
        returns = slow_gae(rewards, values, mask)[1][mask]
        expected = 1 - pvariance((returns - values[mask]).tolist()) / pvariance(returns.tolist())
        models = self.model(policy.tolist()), self.model(critic.tolist())
        seen = observe(scenarios.take_step, *models, rollout, {}, lr=0.5)
        seen["explained variance"].close(expected)

    def test_every_answer_once_in_each_epoch(self, observe):
        # Five answers in mini-batches of two: updates with 2, 2 and 1 of them. The first id tells the rows apart.
        ids = [[row, 0] for row in range(5)]
        log_probs = torch.full((5, 1), -math.log(5), dtype=torch.float64)
        rollout = rollout_of(ids, [1] * 5, log_probs, log_probs, [0.0, 1.0, 2.0, 3.0, 4.0])
        models = self.model([[0.0] * 5] * 5), table([0.0] * 5)
        settings = {"epochs": 4, "minibatch_size": 2}
        seen = observe(scenarios.take_step, *models, rollout, settings, lr=0.1, seed=chosen_seed())
        seen["updates"].check(seen.value["updates"] == 12, "4 epochs with 3 mini-batches each must make 12 updates")
        rows = [part.tolist() for part in seen.value["rows"]][-12:]
        epochs = [[row for part in rows[i : i + 3] for row in part] for i in range(0, 12, 3)]
        once = all(sorted(epoch) == list(range(5)) for epoch in epochs)
        seen["rows"].check(once, "each epoch must use each of the 5 answers once")
        seen["rows"].check(len(set(map(tuple, epochs))) > 1, "the order must be drawn anew in each epoch")
