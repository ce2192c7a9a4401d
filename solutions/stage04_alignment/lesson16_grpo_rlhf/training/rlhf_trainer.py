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
from lesson16_grpo_rlhf.loss.kl import kl_estimate, reward_minus_kl
from lesson16_grpo_rlhf.loss.rlhf import clip_fraction, masked_mean, rlhf_loss
from lesson16_grpo_rlhf.rewards.relative import compute_advantages
from lesson16_grpo_rlhf.rollout.dapo import Group, dynamic_sampling, has_signal, length_penalty, overlong_filter
from lesson16_grpo_rlhf.training.measures import token_entropy
from torch import Tensor, nn


@dataclass
class RLHFConfig:
    """All settings of a run. The defaults are plain GRPO for a large model; see also dapo_config."""

    batch_size: int = 2  # different prompts in a rollout (groups, with dynamic sampling: groups with signal)
    group_size: int = 4  # responses to each prompt
    grpo_epochs: int = 4  # optimizer updates on one rollout, each on all of it
    learning_rate: float = 1e-6  # a large model's; small ones want 1e-4 to 1e-3
    clip_range: float = 0.2  # clip_low of rlhf_loss
    clip_range_high: float = 0.2  # clip_high; DAPO: 0.28 ("clip-higher")
    kl_coef: float = 0.01  # price of the KL to the reference, per token, in the loss
    kl_estimator: str = "k3"  # "k1", "k2" or "k3"
    kl_correction: bool = True  # False: the bare estimate, whose gradient is not the KL's
    kl_in_reward: float = 0.0  # price of the KL to the reference, per response, in the reward
    advantage_scale: str = "batch"  # one standard deviation for the whole batch, or one for each "group" (DAPO)
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


def dapo_config(max_new_tokens: int = 32, **settings: Any) -> RLHFConfig:
    """DAPO's settings. The soft length penalty covers the last fifth of the tokens, as in the paper (4,096 of 20,480);
    the token mean is rlhf_loss's own. Dropping the KL is a separate choice of that paper. Given."""
    preset = {"clip_range_high": 0.28, "dynamic_sampling": True, "overlong_filter": True, "kl_coef": 0.0,
              "advantage_scale": "group", "length_cache": max(1, max_new_tokens // 5)}  # fmt: skip
    return RLHFConfig(**{**preset, "max_new_tokens": max_new_tokens, **settings})


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
    """A reference: a copy of `model` as it is now, on `device` (the model's own by default), in evaluation mode and
    without gradients. It shares no storage with the model, which stays as it is. Given."""
    return copy.deepcopy(model).eval().requires_grad_(False).to(device)


def score(model: nn.Module, ids: Tensor, mask: Tensor, temperature: float) -> Tensor:
    """The log-probabilities (B, L - 1) of a batch's tokens: lesson 14's token_log_probs, which needs no mask. Given."""
    return token_log_probs(model, ids, temperature)


class RLHFTrainer:
    """Trains `model` in place. `step_number` counts the steps that are done.

    Args:
        reference: of frozen_copy, maybe on another device than the model; None if the KL has no price.
        reward: reward(prompts, responses) gives one number per response, NaN for "not scored" (see lab.rl.rewards).
        generate, score: lesson 14's generate and the function above, or something faster with the same results.
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
        if (config.kl_coef or config.kl_in_reward) and reference is None:
            raise ValueError("the KL has a price (kl_coef, kl_in_reward), so a reference is needed")
        self.model, self.reference, self.tokenizer = model, reference, tokenizer
        self.reward, self.config, self.generate, self.scored_by = reward, config, generate, score
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

    def score(self, model: nn.Module, ids: Tensor, mask: Tensor, temperature: float) -> Tensor:
        """The log-probabilities (B, L - 1) of a batch's tokens, computed on the model's own device. Given."""
        device = next(model.parameters()).device
        return self.scored_by(model, ids.to(device), mask.to(device), temperature).to(ids.device)

    def prompt_stream(self, generator: torch.Generator) -> Iterator[str]:
        """Prompts in random order, each once before any comes again. Given."""
        while True:
            for i in torch.randperm(len(self.dataset), generator=generator).tolist():
                yield self.dataset[i]  # type: ignore[misc]  # see PromptDataset

    def draw_groups(self, prompts: list[str], generator: torch.Generator) -> list[Group]:
        """Samples and rewards one group per prompt. The soft length penalty and the KL in the reward, if they are
        switched on, are part of the rewards. Given."""
        config, size = self.config, self.config.group_size
        device = next(self.model.parameters()).device
        if device.type != "cpu":  # what draws tokens must be where the model is
            seed = int(torch.randint(2**62, (), generator=generator))
            generator = torch.Generator(device).manual_seed(seed)
        ids, log_probs = self.generate(
            self.model, self.tokenizer, prompts, size, config.max_new_tokens, config.temperature, generator=generator
        )
        texts = [self.tokenizer.decode(row.tolist(), skip_special_tokens=True) for row in ids]
        asked = [prompt for prompt in prompts for _ in range(size)]
        rewards = torch.tensor(list(self.reward(asked, texts)), dtype=torch.float32)
        if config.length_cache:
            rewards = rewards + length_penalty(ids, config.max_new_tokens, config.length_cache)
        if config.kl_in_reward:
            batch, mask, old = self.batch_of(Rollout(asked, texts, ids, log_probs, rewards, rewards))
            with torch.no_grad():
                ref = self.score(self.reference, batch, mask, config.temperature)  # type: ignore[arg-type]
            rewards = reward_minus_kl(rewards, old.cpu(), ref.cpu(), mask[:, 1:].cpu(), config.kl_in_reward)
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

        config.batch_size groups from draw_groups, for the next prompts of one `prompt_stream(generator)`; with
        config.dynamic_sampling, those that dynamic_sampling keeps, in at most config.max_rounds rounds.

        Returns (batch, metrics). In the batch, of the groups that are kept: ids, mask and old_log_probs are lesson 14's
        batch_of; with config.overlong_filter the mask passes through overlong_filter; the advantages are
        compute_advantages of the rewards, scaled as config.advantage_scale says; ref_log_probs are self.score of the
        reference at the sampling temperature, without gradient (None without a reference).

        The metrics are those of `describe` over all groups that were *drawn*, and entropy: the mean of the policy's
        token_entropy at the sampling temperature over the batch's tokens that count. If no group was kept the batch is
        None and the entropy 0.0.
        """
        # > Draw: draw_groups for the next prompts of the stream; through dynamic_sampling if that is switched on.
        # > No group kept: there is nothing to train on.
        # > One Rollout of all kept groups (each prompt repeated for its responses), and batch_of it; the filter.
        # > The reference's log-probabilities and the policy's entropy, both without gradient.
        config, stream = self.config, self.prompt_stream(generator)

        def draw(count: int) -> list[Group]:
            return self.draw_groups([next(stream) for _ in range(count)], generator)

        if config.dynamic_sampling:
            kept, drawn = dynamic_sampling(draw, config.batch_size, config.max_rounds)
        else:
            kept = drawn = draw(config.batch_size)
        metrics = {**self.describe(drawn), "entropy": 0.0}
        if not kept:
            return None, metrics

        rewards = torch.cat([group.rewards for group in kept])
        rollout = Rollout(
            prompts=[group.prompt for group in kept for _ in group.responses],
            responses=[text for group in kept for text in group.responses],
            token_ids=[row for group in kept for row in group.token_ids],
            log_probs=[row for group in kept for row in group.log_probs],
            rewards=rewards,
            advantages=compute_advantages(rewards, config.group_size, config.advantage_scale),
        )
        ids, mask, old_log_probs = self.batch_of(rollout)
        if config.overlong_filter:
            mask = overlong_filter(mask, rollout.token_ids, self.tokenizer.eos_token_id)
        ref_log_probs = None
        with torch.no_grad():
            if self.reference is not None:
                ref_log_probs = self.score(self.reference, ids, mask, config.temperature)
            entropy = token_entropy(self.model(ids).logits[:, :-1], config.temperature)
        metrics["entropy"] = masked_mean(entropy, mask[:, 1:])
        return Batch(ids, mask, old_log_probs, ref_log_probs, rollout.advantages.to(ids.device)), metrics

    def update(self, batch: Batch) -> dict[str, float]:
        """config.grpo_epochs optimizer updates on the batch, each on all of it.

        Every update computes the log-probabilities of the policy anew (self.score at the sampling temperature) and
        takes one step on rlhf_loss; old_log_probs, ref_log_probs and advantages are the batch's in all of them. The
        gradient's norm is clipped to config.max_grad_norm. If no token of the batch counts there is no step at all:
        Adam's momentum would move the weights even if the gradient is 0.

        Returns floats, each the mean over the updates of what was seen before the step: loss; grad_norm (before
        clipping); clip_fraction; kl, the mean of k3 over the tokens that count (0 without a reference). All are 0 if no
        token counts.
        """
        # > Column t of the log-probabilities is about token t + 1, and so is mask[:, 1:].
        # > For each GRPO epoch: log-probabilities, loss, clear old gradients, backward, clip, step.
        # > Means of what was seen; zeros if no token counts.
        config, mask = self.config, batch.mask[:, 1:]
        sums = dict.fromkeys(("loss", "grad_norm", "clip_fraction", "kl"), 0.0)
        epochs = config.grpo_epochs if mask.any() else 0
        for _ in range(epochs):
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
            sums["loss"] += loss.item()
            sums["grad_norm"] += grad_norm.item()
            sums["clip_fraction"] += clip_fraction(log_probs, batch.old_log_probs, *held)
            if batch.ref_log_probs is not None:
                sums["kl"] += masked_mean(kl_estimate(log_probs, batch.ref_log_probs), mask)
        return {name: value / max(epochs, 1) for name, value in sums.items()}

    def step(self) -> dict[str, float]:
        """One step: collect, then update if there is something to learn from. Returns the metrics of both, and
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
        """Restores what state_dict gave. Given."""
        self.grpo.load_state_dict(state)
