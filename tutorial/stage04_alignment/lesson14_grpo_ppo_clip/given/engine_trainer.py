"""Lesson 14's trainer on the engine. Prompts, rewards, advantages, loss and schedule are the lesson's own code;
exchanged are the two parts that take the time, `generate` and `update`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import torch
from lesson14_grpo_ppo_clip.loss.ppo_clip import clip_fraction, ppo_clip_loss
from lesson14_grpo_ppo_clip.rollout import generate as rollout
from lesson14_grpo_ppo_clip.training.grpo_trainer import GRPOTrainer
from torch import Tensor, nn

from lab.engine.config import EngineConfig
from lab.engine.generate import generate
from lab.engine.update import backward


@contextmanager
def exchanged(module: ModuleType, **functions: Any) -> Iterator[None]:
    """Within the block, `module` finds these functions under its names."""
    own = {name: getattr(module, name) for name in functions}
    try:
        vars(module).update(functions)
        yield
    finally:
        vars(module).update(own)


def fused_optimizer(optimizer: Any, parameters: Any) -> Any:
    """The same AdamW, computed in one loop over each parameter's memory; another optimizer as it is."""
    if not isinstance(optimizer, torch.optim.AdamW):
        return optimizer
    group = optimizer.param_groups[0]
    options = {name: group[name] for name in ("lr", "betas", "eps", "weight_decay")}
    return torch.optim.AdamW(parameters, **options, fused=True)


class FastTrainer(GRPOTrainer):
    """Trains `model` in place, as lesson 14's GRPOTrainer does."""

    def __init__(self, *arguments: Any, engine: EngineConfig | None = None):
        super().__init__(*arguments)
        self.engine = engine or EngineConfig()
        if self.engine.fused_adamw:
            self.optimizer = fused_optimizer(self.optimizer, self.model.parameters())

    def generate(self, *arguments: Any, **named: Any) -> tuple[list[Tensor], list[Tensor]]:
        return generate(*arguments, **named, config=self.engine)

    def step(self) -> dict[str, float]:
        """The lesson's step."""
        self.entropy = 0.0
        with exchanged(rollout, generate=self.generate):
            metrics = super().step()
        if self.engine.first_update_log_probs:
            metrics["entropy"] = self.entropy
        return metrics

    def gradient(self, *arguments: Any, **named: Any) -> tuple[float, Tensor]:
        return backward(*arguments, **named)

    def total(self, count: int) -> int:
        """Rows or tokens of an update; one who does it together with others overrides this and the next."""
        return count

    def share_gradients(self) -> None:
        """Called when the gradients of an update's rows are complete."""

    def update(self, ids: Tensor, mask: Tensor, advantages: Tensor, old_log_probs: Tensor) -> dict[str, float]:
        """The lesson's update. Where old_log_probs are NaN (of the tokens), the present ones are put in."""
        config, engine, rows = self.config, self.engine, self.total(len(ids))
        counted = mask[:, 1:].bool()  # (B, L - 1), with M ones
        tokens = self.total(int(counted.sum()))
        denominator = {"token": tokens, "sequence": rows, "constant": rows * config.max_new_tokens}[config.aggregation]
        old = old_log_probs[counted]  # (M,)
        owner = counted.nonzero()[:, 0]  # (M,) the row of each token
        share = 1 / counted.sum(1)[owner] if config.aggregation == "sequence" else 1.0  # of a token in its row's mean
        a = advantages[owner] * share  # (M,)

        def loss_of(log_probs: Tensor, numbers: Tensor) -> Tensor:
            """Each token stands as a row of its own; the denominator is the whole batch's."""
            before = torch.where(old[numbers].isnan(), log_probs.detach(), old[numbers])
            ones = torch.ones_like(numbers)[:, None]
            return ppo_clip_loss(
                log_probs[:, None], before[:, None], a[numbers], ones, config.epsilon, "token", denominator
            )

        trained = counted.any(1) & (advantages != 0) if engine.skip_silent else counted.any(1)
        self.optimizer.zero_grad()
        loss, log_probs = self.gradient(
            self.model, ids, mask, trained.nonzero()[:, 0], loss_of, temperature=config.temperature,
            micro_batch_size=config.micro_batch_size, config=engine,
        )  # fmt: skip
        if bool((old.isnan() & ~log_probs.isnan()).any()):  # the first update of a rollout
            old_log_probs[counted] = old = log_probs.to(old.dtype)
            self.entropy = -log_probs.nanmean().item()  # over the tokens that are trained on
        ones = torch.ones_like(owner)[:, None]
        self.share_gradients()
        held = clip_fraction(log_probs[:, None], old[:, None], a, ones, config.epsilon)
        held *= len(owner) / max(tokens, 1)  # of all, where others have tokens, too
        grad_norm = nn.utils.clip_grad_norm_(self.model.parameters(), config.max_grad_norm)
        self.optimizer.step()
        return {"loss": loss, "clip_fraction": held, "grad_norm": grad_norm.item()}
