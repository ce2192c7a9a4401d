"""Is it right? Every exercise of lesson 11, on small numbers that can be checked by hand."""

import itertools
import math

import pytest
import torch
from lesson11_better_or_lucky.evaluation.accuracy import accuracy, paired_difference, pass_at_k
from lesson11_better_or_lucky.rewards.hacking import monitors, robust_score
from lesson11_better_or_lucky.testcases.scenarios import hack

from course.base.property_tests import drawn


def double(values):
    return torch.tensor(values, dtype=torch.float64)


def random_text(random, longest, shortest=0):
    return "".join(random.choice("0123") for _ in range(random.randint(shortest, longest)))


def mean_and_error(values):
    """The mean of a list and the standard error of this mean."""
    center = sum(values) / len(values)
    variance = sum((v - center) ** 2 for v in values) / (len(values) - 1)
    return center, math.sqrt(variance / len(values))


@pytest.mark.exercise("11.1")
class TestPassAtK:
    def test_worked_example(self, observe):
        # The page's example: 2 of 4 are right. Of the 6 pairs, one holds wrong completions only.
        observe(pass_at_k, 4, 2, 2).close(5 / 6)

    def test_one_completion_is_the_accuracy(self, observe):
        observe(pass_at_k, 8, 3, 1).close(3 / 8)

    def test_too_few_wrong_ones_to_fill_k(self, observe):
        observe(pass_at_k, 5, 3, 3).close(1.0)  # 2 wrong ones: a right one is among any 3

    def test_none_and_all(self, observe):
        observe(pass_at_k, 6, 0, 4).close(0.0)
        observe(pass_at_k, 6, 6, 4).close(1.0)

    def test_it_is_the_share_of_the_choices(self, observe):
        random = drawn()
        for _ in range(3):
            n = random.randint(4, 9)
            c, k = random.randint(1, n - 1), random.randint(2, n - 1)
            choices = list(itertools.combinations(range(n), k))  # completions 0 to c - 1 are the right ones
            share = sum(min(choice) < c for choice in choices) / len(choices)
            observe(pass_at_k, n, c, k).close(share)


@pytest.mark.exercise("11.2")
class TestAccuracy:
    def test_worked_example(self, observe):
        # Three questions with means 1, 1/2, 0: their standard deviation is 1/2.
        seen = observe(accuracy, double([[1, 1], [1, 0], [0, 0]]))
        seen[0].close(0.5)
        seen[1].close(0.5 / math.sqrt(3))

    def test_more_completions_of_the_same_questions_add_nothing(self, observe):
        # Each completion ten times over: the questions are as many as before.
        right = double([[1, 1], [1, 0], [0, 0]]).repeat(1, 10)
        observe(accuracy, right)[1].close(0.5 / math.sqrt(3))

    def test_one_completion_each(self, observe):
        seen = observe(accuracy, double([[1], [1], [1], [0]]))
        seen[0].close(0.75)
        seen[1].close(0.25)  # variance (3 · 1/16 + 9/16) / 3 = 1/4, over 4

    def test_the_loop_on_drawn_scores(self, observe):
        random = drawn()
        for _ in range(2):
            questions, samples = random.randint(2, 7), random.randint(1, 5)
            rows = [[random.random() for _ in range(samples)] for _ in range(questions)]
            center, error = mean_and_error([sum(row) / samples for row in rows])
            seen = observe(accuracy, double(rows))
            seen[0].close(center)
            seen[1].close(error)


@pytest.mark.exercise("11.3")
class TestPairedDifference:
    def test_worked_example(self, observe):
        # Two hard questions and an easy one; each gains: 1/2, 1/2 and 0.
        before, after = double([[0, 0], [1, 0], [1, 1]]), double([[1, 0], [1, 1], [1, 1]])
        seen = observe(paired_difference, before, after)
        seen[0].close(1 / 3)
        seen[1].close(1 / 6)  # variance (1/36 + 1/36 + 4/36) / 2 = 1/12, over 3

    def test_a_gain_that_is_the_same_everywhere_is_certain(self, observe):
        # The questions differ much, the gain does not.
        before = double([[0.0], [0.25], [0.5], [0.75]])
        seen = observe(paired_difference, before, before + 0.25)
        seen[0].close(0.25)
        seen[1].close(0.0)

    def test_a_loss_is_negative(self, observe):
        seen = observe(paired_difference, double([[1, 1], [1, 1]]), double([[1, 0], [0, 0]]))
        seen[0].close(-0.75)
        seen[1].close(0.25)

    def test_another_number_of_completions(self, observe):
        seen = observe(paired_difference, double([[0, 0], [1, 1]]), double([[1, 1, 0, 0], [1, 1, 1, 0]]))
        seen[0].close(0.125)  # +1/2 and -1/4
        seen[1].close(0.375)

    def test_the_loop_on_drawn_scores(self, observe):
        random = drawn()
        questions, samples = random.randint(2, 7), random.randint(1, 4)
        before = [[random.random() for _ in range(samples)] for _ in range(questions)]
        after = [[random.random() for _ in range(samples + 1)] for _ in range(questions)]
        gains = [sum(a) / len(a) - sum(b) / len(b) for a, b in zip(after, before, strict=True)]
        center, error = mean_and_error(gains)
        seen = observe(paired_difference, double(before), double(after))
        seen[0].close(center)
        seen[1].close(error)


@pytest.mark.exercise("11.4")
class TestExploit:
    def test_it_is_paid_in_full_and_wrong(self, observe):
        check_hack(observe(hack, ["3141=", "0987=", "5555="]))

    def test_a_number_that_reads_the_same_both_ways(self, observe):
        # The prompt's own digits would be right here.
        random = drawn()
        halves = [f"{random.randrange(100):02d}" for _ in range(20)]
        check_hack(observe(hack, [f"{half}{half[::-1]}=" for half in halves]))

    def test_drawn_prompts(self, observe):
        random = drawn()
        check_hack(observe(hack, [f"{random.randrange(10_000):04d}=" for _ in range(20)]))


def check_hack(seen):
    long = [text for text in seen["completions"].value if len(text) > 12]
    seen.check(not long, f"{long[:1]} has more than 12 characters")
    unpaid = [c for c, paid in zip(seen["completions"].value, seen["paid"].value, strict=True) if paid < 1]
    seen.check(not unpaid, f"digits_found does not pay in full for {unpaid[:1]}")
    right = [c for c, right in zip(seen["completions"].value, seen["right"].value, strict=True) if right]
    seen.check(not right, f"{right[:1]} is the right answer, not a hack")


@pytest.mark.exercise("11.5")
class TestRobustScore:
    def test_right(self, observe):
        observe(robust_score, "1413", "1413").close(1.0)

    def test_each_right_place_counts(self, observe):
        observe(robust_score, "1423", "1413").close(0.75)

    def test_a_right_digit_at_a_wrong_place_does_not(self, observe):
        observe(robust_score, "4131", "1413").close(0.0)

    def test_what_is_missing_costs(self, observe):
        observe(robust_score, "14", "1413").close(0.5)
        observe(robust_score, "", "1413").close(0.0)

    def test_what_is_too_much_costs(self, observe):
        # The worked example: a right answer with four more characters
        observe(robust_score, "14130000", "1413").close(0.5)

    def test_the_hack_earns_little(self, observe):
        observe(robust_score, "0123456789", "1413").close(0.1)  # 3 stands at its place

    def test_the_loop_on_drawn_texts(self, observe):
        random = drawn()
        for _ in range(4):
            completion, answer = random_text(random, 8), random_text(random, 6, shortest=1)
            agree = 0
            for place in range(len(answer)):
                agree += completion[place : place + 1] == answer[place]
            observe(robust_score, completion, answer).close(agree / max(len(completion), len(answer)))


@pytest.mark.exercise("11.6")
class TestMonitors:
    def test_worked_example(self, observe):
        # Four completions: two are paid in full, one of them is wrong, and it is the longest.
        seen = observe(monitors, double([1, 1, 0.5, 0.5]), double([1, 0, 0, 0]), double([4, 12, 4, 4]))
        seen["gap"].close(0.75 - 0.25)
        seen["paid_wrong"].close(0.5)
        # less the means: rewards 1/4, 1/4, -1/4, -1/4; lengths -2, 6, -2, -2. Products: -1/2 + 3/2 + 1/2 + 1/2 = 2.
        seen["length_correlation"].close(2 / math.sqrt(0.25 * 48))

    def test_the_longer_the_better_paid(self, observe):
        seen = observe(monitors, double([0.25, 0.5, 0.75, 1]), double([0, 0, 0, 0]), double([2, 4, 6, 8]))
        seen["length_correlation"].close(1.0)
        seen["paid_wrong"].close(1.0)
        seen["gap"].close(0.625)

    def test_the_shorter_the_better_paid(self, observe):
        seen = observe(monitors, double([1, 0.5, 0]), double([1, 0, 0]), double([3, 4, 5]))
        seen["length_correlation"].close(-1.0)
        seen["paid_wrong"].close(0.0)

    def test_nobody_is_paid_in_full(self, observe):
        reward = drawn().uniform(0.1, 0.9)
        observe(monitors, double([reward, 0.25]), double([0, 0]), double([4, 5]))["paid_wrong"].close(0.0)

    def test_constant_rewards_or_lengths(self, observe):
        x = drawn().uniform(0.1, 0.9)
        observe(monitors, double([x, x]), double([0, 1]), double([4, 5]))["length_correlation"].close(0.0)
        observe(monitors, double([x, 1.0]), double([0, 1]), double([4, 4]))["length_correlation"].close(0.0)

    def test_the_loop_on_drawn_numbers(self, observe):
        random = drawn()
        count = random.randint(5, 12)
        rewards = [random.choice([0, 0.25, 0.5, 1]) for _ in range(count)] + [1, 1, 1, 0]
        truth = [random.choice([0, 1]) for _ in range(count)] + [1, 1, 0, 0]
        lengths = [random.randint(1, 12) for _ in range(count)] + [3, 5, 4, 7]
        full = [t for r, t in zip(rewards, truth, strict=True) if r == 1]
        r_mean, n_mean = sum(rewards) / len(rewards), sum(lengths) / len(lengths)
        top = sum((r - r_mean) * (n - n_mean) for r, n in zip(rewards, lengths, strict=True))
        bottom = sum((r - r_mean) ** 2 for r in rewards) * sum((n - n_mean) ** 2 for n in lengths)
        seen = observe(monitors, double(rewards), double(truth), double(lengths))
        seen["gap"].close((sum(rewards) - sum(truth)) / len(rewards))
        seen["paid_wrong"].close(full.count(0) / len(full))
        seen["length_correlation"].close(top / math.sqrt(bottom))
