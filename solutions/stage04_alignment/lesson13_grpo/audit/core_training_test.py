"""The shortest right code trains as the reference does: lesson 13 filled with core variants.

Offline nothing is drawn, so core variants and reference must arrive at the same weights. Online two core variants draw
from torch's global random state, so they see other responses; they must become as good as the reference.
"""

from contextlib import ExitStack

import pytest
import torch

from course.base import manifest, switch
from course.diagnosis import audit_files, substitute

LESSON = "lesson13_grpo"
pytestmark = pytest.mark.skipif(
    switch.finder.tree_of(LESSON) != "solutions", reason="about the reference, not the learner's code: needs SOLUTION=1"
)


def learn(online, core):
    """The weights after 60 steps of the small task in the lesson's scenarios."""
    from lesson13_grpo.testcases import scenarios

    lesson = manifest.find("13")
    with ExitStack() as stack:
        for exercise in lesson.exercises if core else ():
            (variant,) = audit_files.read(lesson, audit_files.CORE, exercise)
            stack.enter_context(substitute.in_place_of(lesson, exercise, audit_files.build(variant, lesson)))
        return scenarios.learn(online=online, steps=60)["after"]


def right_answers(weights):
    """The mean probability of the answers 1, 2 and 3 (ids 5, 6 and 7) to the prompts a, b and c (ids 2, 3 and 4)."""
    from lab.models.tiny_language_models import TinyLM

    model = TinyLM(len(weights["tokens"])).to(weights["tokens"].dtype)
    model.load_state_dict(weights)
    with torch.no_grad():
        probabilities = model(torch.tensor([[2], [3], [4]])).logits[:, -1].softmax(-1)
    return probabilities[[0, 1, 2], [5, 6, 7]].mean().item()


def test_offline_core_variants_arrive_at_the_same_weights():
    reference, core = (learn(online=False, core=core) for core in (False, True))
    for name, value in reference.items():
        torch.testing.assert_close(core[name], value, rtol=1e-6, atol=1e-9)


def test_online_core_variants_become_as_good():
    reference, core = (right_answers(learn(online=True, core=core)) for core in (False, True))
    assert reference > 0.9
    assert core > reference - 0.05
