"""Lesson 16's trainer on the engine. Prompts, rewards, DAPO's changes, loss and schedule are the lesson's own code;
exchanged are sampling, the scoring of a batch by policy and reference, and the updates."""

from __future__ import annotations

from typing import Any

import torch
from lesson14_grpo_ppo_clip.given.engine_trainer import exchanged, fused_optimizer
from lesson16_grpo_rlhf.loss.kl import kl_estimate
from lesson16_grpo_rlhf.loss.rlhf import clip_fraction, rlhf_loss
from lesson16_grpo_rlhf.training import rlhf_trainer as lesson
from torch import Tensor, nn

from lab.engine.config import EngineConfig
from lab.engine.generate import generate
from lab.engine.update import backward, score


class FastRLHFTrainer(lesson.RLHFTrainer):
    """Trains `model` in place, as lesson 16's RLHFTrainer does. model and reference are Llamas of transformers."""

    def __init__(self, *arguments: Any, engine: EngineConfig | None = None):
        super().__init__(*arguments)
        self.engine = engine or EngineConfig()
        if self.engine.first_update_log_probs:
            raise ValueError("lesson 16's metrics need the sampler's log-probabilities: first_update_log_probs=False")
        if self.engine.fused_adamw:
            self.optimizer = fused_optimizer(self.optimizer, self.model.parameters())

    def draw_groups(self, *arguments: Any) -> list[lesson.Group]:
        def sample(*of: Any, **named: Any) -> tuple[list[Tensor], list[Tensor]]:
            return generate(*of, **named, config=self.engine)

        with exchanged(lesson, generate=sample):
            return super().draw_groups(*arguments)

    def collect(self, generator: torch.Generator) -> tuple[lesson.Batch | None, dict[str, float]]:
        """The lesson's collect; the engine computes the reference's log-probabilities and the policy's entropy."""
        config, stream, temperature = self.config, self.prompt_stream(generator), self.config.temperature

        def draw(count: int) -> list[lesson.Group]:
            return self.draw_groups([next(stream) for _ in range(count)], generator)

        if config.dynamic_sampling:
            kept, drawn = lesson.dynamic_sampling(draw, config.batch_size, config.max_rounds)
        else:
            kept = drawn = draw(config.batch_size)
        metrics = self.describe(drawn)
        if not kept:
            return None, {**metrics, "entropy": 0.0}
        rewards = torch.cat([group.rewards for group in kept])
        advantages = lesson.standardize(lesson.relative_rewards(rewards, config.group_size))
        rollout = lesson.Rollout(
            prompts=[group.prompt for group in kept for _ in group.responses],
            responses=[text for group in kept for text in group.responses],
            token_ids=[row for group in kept for row in group.token_ids],
            log_probs=[row for group in kept for row in group.log_probs],
            rewards=rewards,
            advantages=advantages,
        )
        ids, mask, old_log_probs = self.batch_of(rollout)
        ref_log_probs = None
        if self.reference is not None:
            there = self.reference.device
            ref_log_probs, _ = score(
                self.reference, ids.to(there), mask.to(there), temperature=temperature, config=self.engine
            )
            ref_log_probs = ref_log_probs.to(ids.device)
        _, entropy = score(self.model, ids, mask, temperature=temperature, config=self.engine, entropy=True)
        if config.overlong_filter:
            mask = lesson.overlong_filter(mask, rollout.token_ids, self.tokenizer.eos_token_id)
        batch = lesson.Batch(ids, mask, old_log_probs, ref_log_probs, advantages.to(ids.device))
        return batch, {**metrics, "entropy": lesson.masked_mean(entropy, mask[:, 1:])}

    def update(self, batch: lesson.Batch) -> dict[str, float]:
        """The lesson's updates."""
        config, counted = self.config, batch.mask[:, 1:].bool()  # with M ones
        owner = counted.nonzero()[:, 0]  # (M,) the row of each token
        old, a = batch.old_log_probs[counted], batch.advantages[owner]  # (M,)
        ref = None if batch.ref_log_probs is None else batch.ref_log_probs[counted]

        def loss_of(log_probs: Tensor, numbers: Tensor) -> Tensor:
            """Each token stands as a row of its own; the denominator is the whole batch's."""
            return rlhf_loss(
                log_probs[:, None], old[numbers, None], a[numbers], torch.ones_like(numbers)[:, None],
                config.clip_range, config.clip_range_high, config.kl_coef,
                None if ref is None else ref[numbers, None], config.kl_estimator, config.kl_correction, len(owner),
            )  # fmt: skip

        trained = counted.any(1)
        if self.engine.skip_silent and config.kl_coef == 0 and ref is None:  # the metric kl needs all rows
            trained = trained & (batch.advantages != 0)
        seen: list[dict[str, float]] = []
        for _ in range(config.grpo_epochs if len(owner) else 0):
            self.optimizer.zero_grad()
            loss, log_probs = backward(
                self.model, batch.ids, batch.mask, trained.nonzero()[:, 0], loss_of, temperature=config.temperature,
                micro_batch_size=0, config=self.engine,
            )  # fmt: skip
            grad_norm = nn.utils.clip_grad_norm_(self.model.parameters(), config.max_grad_norm)
            self.optimizer.step()
            ones = torch.ones_like(owner)[:, None]
            held = clip_fraction(log_probs[:, None], old[:, None], a, ones, config.clip_range, config.clip_range_high)
            kl = 0.0 if ref is None else kl_estimate(log_probs, ref).mean().item()
            seen.append({"loss": loss, "grad_norm": grad_norm.item(), "clip_fraction": held, "kl": kl})
        names = ("loss", "grad_norm", "clip_fraction", "kl")
        return {name: sum(one[name] for one in seen) / max(len(seen), 1) for name in names}
