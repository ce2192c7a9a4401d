"""GRPO against a reward model, with a frozen reference and DAPO's changes as switches.

Learning rate, batches with stored log-probabilities and the state to resume from are lesson 14's: this trainer has a
GRPOTrainer that does them. Left out on purpose: micro-batches, evaluation, files.
"""

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Int
from lesson14_grpo_ppo_clip.data.addition import AdditionDataset
from lesson14_grpo_ppo_clip.loss.ppo_clip import token_log_probs
from lesson14_grpo_ppo_clip.rollout.generate import Rollout, generate
from lesson14_grpo_ppo_clip.training import grpo_trainer
from lesson16_grpo_rlhf.loss.kl import kl_estimate
from lesson16_grpo_rlhf.loss.rlhf import clip_fraction, masked_mean, rlhf_loss
from lesson16_grpo_rlhf.rewards.relative import relative_rewards, standardize
from lesson16_grpo_rlhf.rollout.dapo import Group, dynamic_sampling, has_signal, length_penalty, overlong_filter
from lesson16_grpo_rlhf.training.measures import token_entropy
from torch import Tensor, nn


@dataclass
class RLHFConfig:
    """All settings of a run. The defaults are plain GRPO for a large model; see also DAPO below."""

    batch_size: int = 2  # different prompts in a rollout (groups, with dynamic sampling: groups with signal)
    group_size: int = 4  # responses to each prompt
    grpo_epochs: int = 4  # optimizer updates on one rollout, each on all of it
    learning_rate: float = 1e-6  # a large model's; small ones want 1e-4 to 1e-3
    clip_range: float = 0.2  # how far below 1 the ratio counts
    clip_range_high: float = 0.2  # and how far above; DAPO: 0.28 ("clip-higher")
    kl_coef: float = 0.01  # price of the KL to the reference, per token; DAPO: 0
    kl_estimator: str = "k3"  # "k1", "k2" or "k3"
    kl_correction: bool = True  # False: the bare estimate, whose gradient is not the KL's
    dynamic_sampling: bool = False  # DAPO: groups without signal are dropped and refilled
    max_rounds: int = 4  # of sampling in one step, with dynamic_sampling
    overlong_filter: bool = False  # DAPO: truncated responses are not trained
    length_cache: int = 0  # DAPO: the soft penalty grows over the last so many tokens; 0: no penalty
    max_new_tokens: int = 32  # of a response
    temperature: float = 1.0  # of sampling, and of all log-probabilities
    num_steps: int = 200  # rollouts in the whole run, and the learning rate's decay
    warmup_steps: int = 10  # the learning rate rises linearly over so many steps
    final_rate: float = 1.0  # and falls linearly to this fraction of itself
    max_grad_norm: float = 1.0  # of all parameters together
    optimizer: str = "adamw"  # or "sgd"
    seed: int = 0  # of prompts and responses


DAPO = {
    "clip_range_high": 0.28,
    "kl_coef": 0.0,
    "dynamic_sampling": True,
    "overlong_filter": True,
}  # RLHFConfig(**DAPO)


class PromptDataset(AdditionDataset):
    """A list of prompts; get_batch is lesson 14's. Given."""

    def __init__(self, tokenizer: Any, prompts: Sequence[str]):
        self.tokenizer, self.data = tokenizer, list(prompts)  # type: ignore[arg-type]  # texts, not pairs


@dataclass
class Batch:
    """What the updates of one step train on; all on the policy's device."""

    ids: Int[Tensor, "batch length"]
    mask: Int[Tensor, "batch length"]  # 1 on the response tokens that count
    old_log_probs: Float[Tensor, "batch length-1"]  # as they were sampled
    ref_log_probs: Float[Tensor, "batch length-1"] | None  # of the reference; None without one
    advantages: Float[Tensor, "batch"]


def frozen_copy(model: nn.Module, device: torch.device | str | None = None) -> nn.Module:
    """A reference: a copy of `model` as it is now, that nothing will ever change.

    It shares no storage with the model, is in evaluation mode, no parameter of it wants a gradient, and it is on
    `device` (the model's own by default). The model itself stays as it was: its mode, its requires_grad, its device.
    """
    # > A deep copy; evaluation mode; no gradients; the device.
    reference = copy.deepcopy(model).eval().requires_grad_(False)
    return reference if device is None else reference.to(device)


def score(model: nn.Module, ids: Tensor, mask: Tensor, temperature: float) -> Tensor:
    """The log-probabilities (B, L - 1) of a batch's tokens: lesson 14's token_log_probs, for which the mask is not
    needed. Given."""
    return token_log_probs(model, ids, temperature)


class RLHFTrainer:
    """Trains `model` in place. `step_number` counts the steps that are done.

    Args:
        reference: of frozen_copy, maybe on another device than the model; None where there is no KL to be had.
        reward: reward(prompts, responses) gives one number per response, NaN for "not scored" (see lab.rl.rewards).
        generate, score: called as lesson 14's generate and the function above, which they are unless something faster
            with the same results is passed in.
    """

    def __init__(
        self,
        model: nn.Module,
        reference: nn.Module | None,
        tokenizer: Any,
        prompts: Sequence[str],
        reward: Callable[[list[str], list[str]], Sequence[float]],
        config: RLHFConfig,
        generate: Callable[..., tuple[list[Tensor], list[Tensor]]] = generate,
        score: Callable[..., Tensor] = score,
    ):
        if config.kl_coef != 0 and reference is None:
            raise ValueError("kl_coef is not 0, so a reference is needed")
        self.model, self.reference, self.tokenizer, self.reward, self.config = (
            model,
            reference,
            tokenizer,
            reward,
            config,
        )
        self.generate, self.score = generate, score
        self.dataset = PromptDataset(tokenizer, prompts)
        names = ("num_steps", "learning_rate", "warmup_steps", "final_rate", "optimizer")
        shared = grpo_trainer.GRPOConfig(**{name: getattr(config, name) for name in names})
        self.grpo = grpo_trainer.GRPOTrainer(model, tokenizer, self.dataset, shared)

    @property
    def optimizer(self) -> Any:
        return self.grpo.optimizer

    @property
    def step_number(self) -> int:
        return self.grpo.step_number

    def batch_of(self, rollout: Rollout) -> tuple[Tensor, Tensor, Tensor]:
        """Lesson 14's. Given."""
        return self.grpo.batch_of(rollout)

    def prompt_stream(self, generator: torch.Generator) -> Iterator[str]:
        """Prompts in random order, each once before any comes again. Given."""
        while True:
            for i in torch.randperm(len(self.dataset), generator=generator).tolist():
                yield self.dataset[i]  # type: ignore[misc]  # see PromptDataset

    def draw_groups(self, prompts: list[str], generator: torch.Generator) -> list[Group]:
        """Samples and rewards one group per prompt, the soft length penalty included. Given."""
        config, size = self.config, self.config.group_size
        device = next(self.model.parameters()).device
        if device.type != "cpu":  # what draws tokens must be where the model is
            seed = int(torch.randint(2**62, (), generator=generator))
            generator = torch.Generator(device).manual_seed(seed)
        ids, log_probs = self.generate(
            self.model, self.tokenizer, prompts, size, config.max_new_tokens, config.temperature, generator=generator
        )
        texts = [self.tokenizer.decode(row.tolist(), skip_special_tokens=True) for row in ids]
        rewards = torch.tensor(list(self.reward([p for p in prompts for _ in range(size)], texts)), dtype=torch.float32)
        if config.length_cache:
            rewards = rewards + length_penalty(ids, config.max_new_tokens, config.length_cache)
        parts = [slice(i * size, (i + 1) * size) for i in range(len(prompts))]
        return [Group(p, texts[s], ids[s], log_probs[s], rewards[s]) for p, s in zip(prompts, parts, strict=True)]

    def describe(self, groups: list[Group]) -> dict[str, float]:
        """reward (mean of the scored), signal (share of groups), completion_length (tokens), truncated (share of
        responses), unscored (share), completions (number). Given."""
        rewards = torch.cat([group.rewards for group in groups])
        ids = [row for group in groups for row in group.token_ids]
        return {
            "reward": rewards.nanmean().item(),
            "signal": sum(has_signal(group.rewards) for group in groups) / len(groups),
            "completion_length": sum(map(len, ids)) / len(ids),
            "truncated": sum(int(row[-1]) != self.tokenizer.eos_token_id for row in ids) / len(ids),
            "unscored": rewards.isnan().float().mean().item(),
            "completions": float(len(ids)),
        }

    def collect(self, generator: torch.Generator) -> tuple[Batch | None, dict[str, float]]:
        """Samples what one step trains on.

        config.batch_size groups from draw_groups, for the next prompts of `prompt_stream(generator)`; with
        config.dynamic_sampling, those that dynamic_sampling keeps, in at most config.max_rounds rounds.

        Returns (batch, metrics). The metrics are those of `describe`, over all groups that were *drawn*, and entropy:
        the mean of the policy's token_entropy, at the sampling temperature, over the tokens that count in the batch.
        In the batch: lesson 14's batch_of gives ids, mask and old_log_probs of the groups that are kept; the mask
        passes through overlong_filter if config.overlong_filter is set; the advantages are the relative rewards,
        standardized over the batch; ref_log_probs are self.score of the reference at the sampling temperature (its
        token_log_probs), without gradient, computed on the reference's device (None where there is no reference).

        Where no group was kept the batch is None and the entropy 0.0.
        """
        # > Draw: draw_groups for the next prompts of the stream; through dynamic_sampling if that is switched on.
        # > No group kept: there is nothing to train on.
        # > One Rollout of all kept groups, and batch_of it; the filter; the advantages.
        # > The reference's log-probabilities, and the policy's entropy, both without gradient.
        config = self.config
        stream = self.prompt_stream(generator)

        def draw(count: int) -> list[Group]:
            return self.draw_groups([next(stream) for _ in range(count)], generator)

        if config.dynamic_sampling:
            kept, drawn = dynamic_sampling(draw, config.batch_size, config.max_rounds)
        else:
            kept = drawn = draw(config.batch_size)
        metrics = self.describe(drawn)
        if not kept:
            return None, {**metrics, "entropy": 0.0}

        rewards = torch.cat([group.rewards for group in kept])
        advantages = standardize(relative_rewards(rewards, config.group_size))
        rollout = Rollout(
            prompts=[group.prompt for group in kept for _ in group.responses],
            responses=[text for group in kept for text in group.responses],
            token_ids=[row for group in kept for row in group.token_ids],
            log_probs=[row for group in kept for row in group.log_probs],
            rewards=rewards,
            advantages=advantages,
        )
        ids, mask, old_log_probs = self.batch_of(rollout)
        if config.overlong_filter:
            mask = overlong_filter(mask, rollout.token_ids, self.tokenizer.eos_token_id)
        ref_log_probs = None
        with torch.no_grad():
            if self.reference is not None:
                device = next(self.reference.parameters()).device
                there = (ids.to(device), mask.to(device))
                ref_log_probs = self.score(self.reference, *there, config.temperature).to(ids.device)
            entropy = token_entropy(self.model(ids).logits[:, :-1], config.temperature)
        batch = Batch(ids, mask, old_log_probs, ref_log_probs, advantages.to(ids.device))
        return batch, {**metrics, "entropy": masked_mean(entropy, mask[:, 1:])}

    def update(self, batch: Batch) -> dict[str, float]:
        """config.grpo_epochs optimizer updates on the batch, each on all of it.

        Every update computes the log-probabilities of the policy anew (self.score, at the sampling temperature) and
        takes one step on rlhf_loss; old_log_probs, ref_log_probs and advantages are the batch's in all of them.
        The gradient's norm is clipped to config.max_grad_norm. A batch in which no token counts makes no step at all:
        Adam's momentum would move the weights even where the gradient is 0.

        Returns floats, each the mean over the updates, and each from before its update's step: loss; grad_norm (before
        clipping); clip_fraction; kl, the mean of k3 over the tokens that count (0 without reference). All are 0 where
        no token counts.
        """
        # > No token counts: zeros.
        # > For each GRPO epoch: log-probabilities, loss, clear old gradients, backward, clip, step.
        # > Means of what was seen.
        config, mask = self.config, batch.mask[:, 1:]
        seen: list[dict[str, float]] = []
        for _ in range(config.grpo_epochs if mask.any() else 0):
            log_probs = self.score(self.model, batch.ids, batch.mask, config.temperature)
            loss = rlhf_loss(
                log_probs, batch.old_log_probs, batch.advantages, mask, config.clip_range, config.clip_range_high,
                config.kl_coef, batch.ref_log_probs, config.kl_estimator, config.kl_correction,
            )  # fmt: skip
            self.optimizer.zero_grad()
            loss.backward()
            grad_norm = nn.utils.clip_grad_norm_(self.model.parameters(), config.max_grad_norm)
            self.optimizer.step()
            held = (batch.advantages, mask, config.clip_range, config.clip_range_high)
            kl = 0.0
            if batch.ref_log_probs is not None:
                kl = masked_mean(kl_estimate(log_probs, batch.ref_log_probs), mask)
            seen.append({
                "loss": loss.item(),
                "grad_norm": grad_norm.item(),
                "clip_fraction": clip_fraction(log_probs, batch.old_log_probs, *held),
                "kl": kl,
            })  # fmt: skip
        names = ("loss", "grad_norm", "clip_fraction", "kl")
        return {name: sum(one[name] for one in seen) / max(len(seen), 1) for name in names}

    def step(self) -> dict[str, float]:
        """One step: collect, then update where there is something to learn from. Returns the metrics of both, and
        learning_rate. Given."""
        rate = self.grpo.learning_rate()
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        batch, metrics = self.collect(grpo_trainer.step_generator(self.config.seed, self.step_number))
        nothing = {"loss": 0.0, "grad_norm": 0.0, "clip_fraction": 0.0, "kl": 0.0}
        metrics |= nothing if batch is None else self.update(batch)
        self.grpo.step_number += 1
        return {**metrics, "learning_rate": rate}

    def train(self) -> list[dict[str, float]]:
        """Steps until config.num_steps are done; returns the metrics of each. Given."""
        return [self.step() for _ in range(self.step_number, self.config.num_steps)]

    def state_dict(self) -> dict[str, Any]:
        """What, beside the weights, is needed to go on as if nothing had happened. Given."""
        return self.grpo.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Takes up what state_dict gave. Given."""
        self.grpo.load_state_dict(state)
