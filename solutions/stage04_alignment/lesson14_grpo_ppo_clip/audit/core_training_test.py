"""The shortest right code trains as the reference does: lesson 14 filled with core variants takes the same steps.

A step of the trainer depends on nothing but the weights, the optimizer's state, the seed and the step's number. If core
variants and reference, started alike, draw the same completions and arrive at the same weights in every step (up to
rounding), then they are one and the same run: what one learns, the other learns, and as fast. So a few steps on a small
model prove what a whole run of the demo would.
"""

from contextlib import ExitStack

import pytest
import torch

from course.base import manifest, switch
from course.diagnosis import audit_files, substitute

LESSON = "lesson14_grpo_ppo_clip"
pytestmark = pytest.mark.skipif(
    switch.finder.tree_of(LESSON) != "solutions", reason="about the reference, not the learner's code: needs SOLUTION=1"
)


def with_core_variants(stack):
    """Puts the core variant of every exercise in the reference's place."""
    lesson = manifest.find("14")
    for exercise in lesson.exercises:
        (variant,) = audit_files.read(lesson, audit_files.CORE, exercise)
        stack.enter_context(substitute.in_place_of(lesson, exercise, audit_files.build(variant, lesson)))


def short_demo(**settings):
    """Eight steps of the demo with a small model: the metrics of each step, and the weights at the end."""
    from lesson14_grpo_ppo_clip.data.addition import AdditionDataset
    from lesson14_grpo_ppo_clip.training.grpo_trainer import GRPOConfig, GRPOTrainer

    from lab.models import demo_model

    torch.set_num_threads(1)
    tokenizer = demo_model.make_tokenizer()
    model = demo_model.make_model(tokenizer, demo_model.ModelConfig(hidden=32, intermediate=64), seed=0)
    dataset = AdditionDataset(tokenizer, digits=2, split="train")
    homework = demo_model.WarmStartConfig(steps=40, batch_size=32)
    demo_model.warm_start(model, tokenizer, [prompt for prompt, _ in dataset.data[::50]], homework, seed=0)
    config = GRPOConfig(
        prompts_per_step=6, group_size=6, max_new_tokens=10, num_steps=8, learning_rate=3e-3, warmup_steps=3,
        reward=lambda truth, text: float(str(truth)[:1] in text), **settings,
    )  # fmt: skip
    history = GRPOTrainer(model, tokenizer, dataset, config).train()
    return history, dict(model.state_dict())


@pytest.mark.parametrize("settings", [{}, {"aggregation": "sequence", "micro_batch_size": 16, "temperature": 0.8}])
def test_core_variants_take_the_steps_of_the_reference(settings):
    history, weights = short_demo(**settings)
    with ExitStack() as stack:
        with_core_variants(stack)
        again, weights_again = short_demo(**settings)
    for name in ("reward", "signal", "completion_length", "learning_rate"):  # the same completions: to the last bit
        assert [step[name] for step in again] == [step[name] for step in history], name
    for name in ("loss", "grad_norm", "clip_fraction", "entropy"):
        assert [step[name] for step in again] == pytest.approx([step[name] for step in history], rel=1e-3, abs=1e-5)
    for name, value in weights.items():
        torch.testing.assert_close(weights_again[name], value, rtol=1e-3, atol=1e-4)
    # The steps do something: there are rewards to compare, and the policy moves so far that the clip is at work.
    assert all(step["signal"] > 0 for step in history)
    assert history[-1]["clip_fraction"] > 0
