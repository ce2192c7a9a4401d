"""What lesson 14 gives: the data set of sums. (Resuming, which needs state_dict, is tested with lab/train.)"""

from types import SimpleNamespace

import pytest

from course.base import switch

LESSON = "lesson14_grpo_ppo_clip"
pytestmark = pytest.mark.skipif(
    switch.finder.tree_of(LESSON) != "solutions", reason="about the reference, not the learner's code: needs SOLUTION=1"
)


@pytest.mark.parametrize(("digits", "count"), [(1, 81), (2, 8100)])
def test_no_sum_is_both_trained_and_tested_not_even_mirrored(digits, count):
    from lesson14_grpo_ppo_clip.data.addition import TEMPLATE, AdditionDataset

    data = {split: AdditionDataset(SimpleNamespace(), digits, split).data for split in ("all", "train", "test")}
    first, last = 10 ** (digits - 1), 10**digits - 1
    assert len(data["all"]) == count
    assert data["all"][0] == (TEMPLATE.format(a=first, b=first), 2 * first)
    assert data["all"][-1] == (TEMPLATE.format(a=last, b=last), 2 * last)
    assert sorted(data["train"] + data["test"]) == sorted(data["all"])
    pairs = {tuple(map(int, prompt.split("\n")[1].rstrip("=").split("+"))) for prompt, _ in data["test"]}
    assert all((b, a) in pairs for a, b in pairs)
    assert 0.07 < len(pairs) / count < 0.13
