"""Lesson 16's trainer on the engine: sampling, and the log-probabilities of policy and reference, are passed in. All
else is the lesson's own code."""

from __future__ import annotations

from functools import partial
from typing import Any

from lesson16_grpo_rlhf.training.rlhf_trainer import RLHFTrainer

from lab.engine import EngineConfig, generate
from lab.engine.update import token_log_probs
from lab.rl.optimizers import fused


def make_trainer(*arguments: Any, engine: EngineConfig | None = None) -> RLHFTrainer:
    """RLHFTrainer(*arguments), which takes the same steps in less time. The models are Llamas of transformers."""
    engine = engine or EngineConfig()
    if engine.first_update_log_probs:
        raise ValueError("the trainer needs the sampler's log-probabilities: first_update_log_probs=False")
    score = partial(token_log_probs, config=engine)
    made = RLHFTrainer(*arguments, generate=partial(generate, config=engine), score=score)
    if engine.fused_adamw:
        made.grpo.optimizer = fused(made.grpo.optimizer)
    return made
