"""Lesson 14's trainer on the engine: what takes the time, `generate` and the gradient of grpo_loss, is passed in.
Prompts, rewards, advantages, the loss of a token and the schedule are the lesson's own code."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from lesson14_grpo_ppo_clip.loss.ppo_clip import clip_fraction, ppo_clip_loss
from lesson14_grpo_ppo_clip.training.grpo_trainer import GRPOTrainer
from torch import Tensor

from lab.engine import EngineConfig, generate
from lab.engine.update import fused_loss
from lab.rl.optimizers import fused


def make_trainer(*arguments: Any, engine: EngineConfig) -> GRPOTrainer:
    """GRPOTrainer(*arguments), which takes the same steps in less time. Its model is a Llama of transformers."""
    if engine.first_update_log_probs:
        raise ValueError("the trainer needs the sampler's log-probabilities: first_update_log_probs=False")
    made = GRPOTrainer(*arguments, generate=partial(generate, config=engine), loss=partial(grpo_loss, engine=engine))
    if engine.fused_adamw:
        made.optimizer = fused(made.optimizer)
    return made


def grpo_loss(
    model: Any, ids: Tensor, mask: Tensor, advantages: Tensor, old_log_probs: Tensor, epsilon: float,
    temperature: float, aggregation: str, denominator: float, *, engine: EngineConfig,
) -> tuple[Tensor, dict[str, float]]:  # fmt: skip
    """The lesson's grpo_loss. ppo_clip_loss sees each token as a row of its own; the denominator is the batch's."""
    counted = mask[:, 1:].bool()  # (B, L - 1), with M ones
    old = old_log_probs[counted]  # (M,)
    owner = counted.nonzero()[:, 0]  # (M,) the row of each token
    share = 1 / counted.sum(1)[owner] if aggregation == "sequence" else 1.0  # of a token in its row's mean
    a = advantages[owner] * share  # (M,)
    ones = torch.ones_like(owner)[:, None]

    def loss_of(log_probs: Tensor, numbers: Tensor) -> Tensor:
        return ppo_clip_loss(
            log_probs[:, None], old[numbers, None], a[numbers], ones[numbers], epsilon, "token", denominator
        )

    trained = counted.any(1) & (advantages != 0) if engine.skip_silent else counted.any(1)
    loss, log_probs = fused_loss(
        model, ids, mask, trained.nonzero()[:, 0], loss_of, temperature=temperature, config=engine
    )
    return loss, {"clip_fraction": clip_fraction(log_probs[:, None], old[:, None], a, ones, epsilon)}
