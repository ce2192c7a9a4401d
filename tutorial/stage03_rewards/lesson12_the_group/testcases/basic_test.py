"""Is it right? Every exercise of lesson 12, on small numbers that can be checked by hand."""

import itertools
import statistics

import pytest
import torch
from lesson12_the_group.group.advantages import advantages, combine_rewards, group_baseline
from lesson12_the_group.group.budget import allocate, question_weights
from lesson12_the_group.testcases.scenarios import moving_baselines

from course.base.property_tests import drawn

EPS = 1e-4


def double(values):
    return torch.tensor(values, dtype=torch.float64)


def random_rewards(random, prompts, group):
    return [[round(random.uniform(-2, 2), 3) for _ in range(group)] for _ in range(prompts)]


def slow_advantages(rows, scaling=1.0, clipping=float("inf"), kind="mean", normalize=True):
    """With the mean or the median as baseline; one group after the other."""
    result = []
    for row in rows:
        shaped = [max(-clipping, min(clipping, r * scaling)) for r in row]
        center, std = getattr(statistics, kind)(shaped), statistics.stdev(shaped)
        unit = std + EPS if normalize else 1.0
        result.append([0.0 if std == 0 else (r - center) / unit for r in shaped])
    return result


@pytest.mark.exercise("12.1")
class TestGroupBaseline:
    REWARDS = double([[0, 0, 1, 1], [0, 1, 2, 5]])

    def test_mean(self, observe):
        observe(group_baseline, self.REWARDS, "mean").close(double([[0.5] * 4, [2] * 4]))

    def test_median(self, observe):
        # The page's example: between the two middle rewards, 0 and 1
        observe(group_baseline, self.REWARDS, "median").close(double([[0.5] * 4, [1.5] * 4]))

    def test_median_of_an_odd_number(self, observe):
        observe(group_baseline, double([[7, 1, 2]]), "median").close(double([[2, 2, 2]]))

    def test_leave_one_out(self, observe):
        expected = double([[2 / 3, 2 / 3, 1 / 3, 1 / 3], [8 / 3, 7 / 3, 2, 1]])
        observe(group_baseline, self.REWARDS, "leave_one_out").close(expected)

    def test_the_loop_on_drawn_rewards(self, observe):
        random = drawn()
        for group in (random.choice([2, 4, 6]), random.choice([3, 5, 7])):
            rows = random_rewards(random, random.randint(1, 4), group)
            others = [[statistics.mean(row[:i] + row[i + 1 :]) for i in range(group)] for row in rows]
            observe(group_baseline, double(rows), "mean").close(double([[statistics.mean(r)] * group for r in rows]))
            observe(group_baseline, double(rows), "median").close(
                double([[statistics.median(r)] * group for r in rows])
            )
            observe(group_baseline, double(rows), "leave_one_out").close(double(others))


@pytest.mark.exercise("12.2")
class TestMovingBaseline:
    def test_four_batches(self, observe):
        # means 1, 0, 2, 5; decay 0.9: the average goes 1, 0.9, 1.01, and each batch sees the one before it
        batches = [double([[1, 1]]), double([[0, 0]]), double([[2, 2]]), double([[5, 5]])]
        observe(moving_baselines, batches, 0.9).close([1.0, 1.0, 0.9, 1.01])

    def test_all_groups_have_the_same(self, observe):
        zeros = double([[0, 0], [0, 0]])
        observe(moving_baselines, [double([[0, 1], [1, 1]]), zeros, zeros], 0.5).close([0.75, 0.75, 0.375])

    def test_an_average_of_zero_is_an_average(self, observe):
        # After the first batch the average is 0. It is not taken for "no batch yet".
        x = drawn().uniform(0.5, 2)
        seen = observe(moving_baselines, [double([[0, 0]]), double([[x, x]]), double([[1, 1]])], 0.5)
        seen.close([0.0, 0.0, x / 2])

    def test_the_loop_on_drawn_batches(self, observe):
        random = drawn()
        batches = [random_rewards(random, 2, 3) for _ in range(4)]
        decay, expected = random.choice([0.2, 0.7, 0.95]), []
        average = statistics.mean(batches[0][0] + batches[0][1])
        for i, batch in enumerate(batches):
            expected.append(average)
            average = average if i == 0 else decay * average + (1 - decay) * statistics.mean(batch[0] + batch[1])
        observe(moving_baselines, [double(b) for b in batches], decay).close(expected)


@pytest.mark.exercise("12.3")
class TestAdvantages:
    def test_worked_example(self, observe):
        # Rewards 0, 0, 0, 1: mean 1/4, standard deviation 1/2. Another group has rewards, and so a unit, of its own.
        expected = double([[-0.25, -0.25, -0.25, 0.75], [-1, -1, -1, 3]]) / (double([[0.5], [2]]) + EPS)
        observe(advantages, double([[0, 0, 0, 1], [0, 0, 0, 4]])).close(expected)

    def test_without_normalization(self, observe):
        observe(advantages, double([[0, 0, 0, 1]]), normalize=False).close(double([[-0.25, -0.25, -0.25, 0.75]]))

    def test_each_group_for_itself(self, observe):
        seen = observe(advantages, double([[0, 1], [10, 30]]), normalize=False)
        seen.close(double([[-0.5, 0.5], [-10, 10]]))

    def test_scaling(self, observe):
        observe(advantages, double([[0, 1]]), scaling=4.0, normalize=False).close(double([[-2, 2]]))

    def test_clipping_comes_after_scaling_and_before_the_baseline(self, observe):
        # 0, 4, 40 become 0, 2, 20 and then 0, 2, 4: the mean is 2. Clipped last, it would be -4, -4, 4.
        seen = observe(advantages, double([[0, 4, 40]]), scaling=0.5, clipping=4.0, normalize=False)
        seen.close(double([[-2, 0, 2]]))

    def test_negative_rewards_are_clipped_too(self, observe):
        seen = observe(advantages, double([[-9, -1, 1]]), clipping=1.0, normalize=False)
        seen.close(double([[-2 / 3, -2 / 3, 4 / 3]]))

    def test_the_unit_is_that_of_the_clipped_rewards(self, observe):
        # 0 and 8 become 0 and 2: standard deviation √2
        seen = observe(advantages, double([[0, 8]]), clipping=2.0)
        seen.close(double([[-1, 1]]) / (2**0.5 + EPS))

    def test_the_median_as_baseline(self, observe):
        # The unit is the ordinary standard deviation, about the mean.
        seen = observe(advantages, double([[0, 0, 3]]), kind="median")
        seen.close(double([[0, 0, 3]]) / (3**0.5 + EPS))

    def test_equal_rewards_give_zero(self, observe):
        observe(advantages, double([[1, 1, 1], [0, 1, 2]]))[0].close(double([0, 0, 0]))

    def test_the_loop_on_drawn_rewards(self, observe):
        random = drawn()
        for kind, normalize in (("mean", True), ("median", True), ("median", False)):
            rows = random_rewards(random, random.randint(1, 3), random.randint(3, 5))
            options = random.choice([0.5, 2.0]), random.choice([0.7, 3.0]), kind, normalize
            seen = observe(advantages, double(rows), kind, *options[:2], normalize)
            seen.close(double(slow_advantages(rows, *options)))


@pytest.mark.exercise("12.4")
class TestCombineRewards:
    RIGHT, FORMAT = double([[0, 0, 1]]), double([[0, 1, 1]])

    def test_worked_example(self, observe):
        # Sums 0, 1, 2: advantages -1, 0, 1. And with 0, 0, 1 for both: 0, 0, 2 have the advantages of 0, 0, 1.
        seen = observe(combine_rewards, [self.RIGHT, self.FORMAT], [1.0, 1.0], normalize_each=False)
        seen.close(double([[-1, 0, 1]]) / (1 + EPS))
        same = observe(combine_rewards, [self.RIGHT, self.RIGHT], [1.0, 1.0], normalize_each=False)
        same.close(double(slow_advantages([[0, 0, 2]])))

    def test_each_normalized_first(self, observe):
        one, two = slow_advantages([[0, 0, 1]])[0], slow_advantages([[0, 1, 1]])[0]
        seen = observe(combine_rewards, [self.RIGHT, self.FORMAT], [1.0, 3.0], normalize_each=True)
        seen.close(double([[a + 3 * b for a, b in zip(one, two, strict=True)]]))

    def test_both_at_once_are_worth_more_if_each_is_normalized(self, observe):
        # 0, 0, 1 twice: twice the advantages
        seen = observe(combine_rewards, [self.RIGHT, self.RIGHT], [1.0, 1.0], normalize_each=True)
        seen.close(2 * double(slow_advantages([[0, 0, 1]])))

    def test_the_unit_of_a_reward(self, observe):
        # The format is paid in hundreds. Normalized first, its unit does not matter; otherwise it decides alone.
        plain = observe(combine_rewards, [self.RIGHT, 100 * self.FORMAT], [1.0, 1.0], normalize_each=False)
        plain.close(double(slow_advantages([[0, 100, 101]])))
        one, two = slow_advantages([[0, 0, 1]])[0], slow_advantages([[0, 100, 100]])[0]
        each = observe(combine_rewards, [self.RIGHT, 100 * self.FORMAT], [1.0, 1.0], normalize_each=True)
        each.close(double([[a + b for a, b in zip(one, two, strict=True)]]))

    def test_the_loop_on_drawn_rewards(self, observe):
        random = drawn()
        parts = [random_rewards(random, 2, 3) for _ in range(3)]
        weights = [random.choice([0.5, 1.0, 2.0, -1.0]) for _ in parts]
        total = [
            [sum(w * part[i][j] for w, part in zip(weights, parts, strict=True)) for j in range(3)] for i in range(2)
        ]
        tensors = [double(part) for part in parts]
        observe(combine_rewards, tensors, weights, normalize_each=False).close(double(slow_advantages(total)))
        each = sum(w * double(slow_advantages(part)) for w, part in zip(weights, parts, strict=True))
        observe(combine_rewards, tensors, weights, normalize_each=True).close(each)


def expected_dead(pass_rates, sizes):
    return sum(p**size + (1 - p) ** size for p, size in zip(pass_rates, sizes, strict=True))


def check_allocation(observe, pass_rates, budget, smallest, largest):
    """The sizes must fit, and no other choice may have fewer dead groups."""
    seen = observe(allocate, pass_rates, budget, smallest, largest)
    sizes = list(seen.value)
    seen.check(len(sizes) == len(pass_rates), f"{len(pass_rates)} questions, {len(sizes)} sizes")
    seen.check(all(smallest <= s <= largest for s in sizes), f"each size must be in {smallest} to {largest}: {sizes}")
    seen.check(sum(sizes) == budget, f"the sizes {sizes} sum to {sum(sizes)}, not to the budget, {budget}")
    choices = itertools.product(range(smallest, largest + 1), repeat=len(pass_rates))
    best = min((c for c in choices if sum(c) == budget), key=lambda c: expected_dead(pass_rates, c))
    found, least = expected_dead(pass_rates, sizes), expected_dead(pass_rates, best)
    seen.check(
        found <= least + 1e-9, f"with {sizes} {found:.4f} groups are dead on average; with {list(best)} {least:.4f}"
    )


@pytest.mark.exercise("12.5")
class TestAllocate:
    def test_worked_example(self, observe):
        # The page's example: 16 completions for an even question and a hard one. With 8 and 8, 0.0078 + 0.4305 groups are
        # dead on average; with 5 and 11 it is 0.0625 + 0.3138.
        observe(allocate, [0.5, 0.1], 16, 2, 14).close([5, 11])

    def test_equal_questions_share_equally(self, observe):
        observe(allocate, [0.3, 0.3, 0.3], 12, 2, 8).close([4, 4, 4])

    def test_easy_is_as_hard(self, observe):
        # 0.9 and 0.1 are dead equally often.
        observe(allocate, [0.9, 0.1], 12, 2, 8).close([6, 6])

    def test_the_largest_size_is_kept(self, observe):
        observe(allocate, [0.5, 0.1], 16, 2, 9).close([7, 9])

    def test_every_choice_on_drawn_questions(self, observe):
        random = drawn()
        for budget in (random.randint(7, 11), random.randint(12, 16), 17):
            pass_rates = [round(random.uniform(0.02, 0.98), 3) for _ in range(3)]
            check_allocation(observe, pass_rates, budget, 2, 6)
        check_allocation(observe, [random.uniform(0.3, 0.5), random.uniform(0.05, 0.2)], 16, 2, 14)


@pytest.mark.exercise("12.6")
class TestQuestionWeights:
    def test_worked_example(self, observe):
        # p = 1/2, 1/10 and 9/10: p (1 - p) = 25, 9 and 9 hundredths
        seen = observe(question_weights, double([3, 0, 8]), double([6, 8, 8]))
        seen.close(double([25 / 43, 9 / 43, 9 / 43]))

    def test_a_new_question_counts_as_even(self, observe):
        # p = 1/2 and 1/4: 4 and 3 sixteenths
        observe(question_weights, double([0, 0]), double([0, 2])).close(double([4 / 7, 3 / 7]))

    def test_the_loop_on_drawn_counts(self, observe):
        random = drawn()
        tries = [random.randint(1, 9) for _ in range(5)]
        right = [0, tries[1], *(random.randint(0, n) for n in tries[2:])]  # one is hard, one is easy
        rates = [(c + 1) / (n + 2) for c, n in zip(right, tries, strict=True)]
        total = sum(p * (1 - p) for p in rates)
        seen = observe(question_weights, double(right), double(tries))
        seen.close(double([p * (1 - p) / total for p in rates]))
