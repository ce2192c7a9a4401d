"""Advantages and group sizes."""

import pytest
import torch

from lab.rl import group_size
from lab.rl.advantages import advantages, group_median
from lab.train.options import Grpo

ROWS = torch.tensor([[0.0, 0.0, 1.0, 1.0], [1.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0]], dtype=torch.float64)
PLAIN = {"reward_normalization": False}


def of(rewards_=ROWS, average=None, **grpo):
    return advantages(rewards_, Grpo(**grpo), average)[0]


# ---- Advantages ----


def test_group_mean_is_the_default_and_normalised_by_the_unbiased_standard_deviation():
    std = ROWS.std(1, keepdim=True)
    expected = (ROWS - ROWS.mean(1, keepdim=True)) / (std + 1e-4)
    expected[2] = 0.0
    torch.testing.assert_close(of(), expected)


def test_the_median_of_an_even_group_is_the_mean_of_the_two_in_the_middle():
    assert group_median(ROWS).flatten().tolist() == [0.5, 0.0, 1.0]
    assert group_median(torch.tensor([[3.0, 1.0, 2.0]])).item() == 2.0
    assert of(baseline_type="group_median", **PLAIN)[1].tolist() == [1.0, 0.0, 0.0, 0.0]
    assert of(**PLAIN)[1].tolist() == [0.75, -0.25, -0.25, -0.25]


def test_the_moving_average_is_of_the_batches_before():
    grpo = Grpo(baseline_type="exponential_moving_average", ema_decay=0.8, **PLAIN)
    first, average = advantages(ROWS, grpo, None)
    mean = 7 / 12
    assert average == pytest.approx(mean)
    torch.testing.assert_close(first, ROWS - mean)
    second, average = advantages(ROWS - ROWS, grpo, average)
    torch.testing.assert_close(second, ROWS - ROWS - mean)
    assert average == pytest.approx(0.8 * mean)


def test_a_moving_average_is_normalised_by_the_batch_and_by_nothing_where_that_is_even():
    kind = {"baseline_type": "exponential_moving_average"}
    torch.testing.assert_close(of(average=0.5, **kind), (ROWS - 0.5) / (ROWS.std() + 1e-4))
    assert of(torch.ones(2, 2), average=0.5, **kind).tolist() == [[0.5, 0.5], [0.5, 0.5]]


def test_equal_rewards_teach_exactly_nothing():
    third = torch.full((2, 3), 0.1, dtype=torch.float32)
    for kind in ("group_mean", "group_median"):
        for normalised in (True, False):
            assert (of(third, baseline_type=kind, reward_normalization=normalised) == 0).all()


def test_rewards_are_scaled_then_clipped():
    assert of(reward_scaling=3.0, **PLAIN)[0].tolist() == [-1.5, -1.5, 1.5, 1.5]
    assert of(reward_scaling=3.0, reward_clipping=2.0, **PLAIN)[0].tolist() == [-1.0, -1.0, 1.0, 1.0]
    assert of(reward_clipping=0.5, **PLAIN)[0].tolist() == [-0.25, -0.25, 0.25, 0.25]


# ---- Group sizes ----


def test_the_linear_schedule_goes_from_the_smallest_to_the_largest():
    grpo = Grpo(adaptive_group_size=True, min_group_size=4, max_group_size=16)
    sizes = [group_size.group_size(grpo, k, 13, 8) for k in range(13)]
    assert sizes == list(range(4, 17))
    assert group_size.group_size(Grpo(group_size=6), 3, 13, 8) == 6


def test_the_signal_schedule_grows_where_groups_are_alike_and_stays_in_its_limits():
    grpo = Grpo(
        adaptive_group_size=True, group_size=4, min_group_size=4, max_group_size=6, group_size_schedule="signal"
    )
    present, seen = 4, []
    for signal in (0.1, 0.1, 0.1, 0.9, 0.5, 0.5):
        seen.append(group_size.group_size(grpo, 0, 10, present))
        present = group_size.next_size(grpo, present, signal)
    assert seen == [4, 5, 6, 6, 5, 4] and present == 4
