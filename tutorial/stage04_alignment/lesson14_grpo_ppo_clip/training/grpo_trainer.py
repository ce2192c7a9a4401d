"""The GRPO loop: sample groups, then take several clipped steps on them.

Every random draw of step k comes from a generator that is seeded with (seed, k) alone. A run that is stopped
and resumed therefore repeats nothing and skips nothing, without any random state to store. Left out on purpose:
a reference model and its KL term (lesson 16), evaluation and files (the training command in `lab`).
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from lesson14_grpo_ppo_clip.data.addition import AdditionDataset
from lesson14_grpo_ppo_clip.loss.ppo_clip import grpo_loss
from lesson14_grpo_ppo_clip.rewards.addition import calculate_reward
from lesson14_grpo_ppo_clip.rollout.generate import Rollout, generate, generate_group
from torch import Tensor, nn

from lab.rl.optimizers import make_optimizer


@dataclass
class GRPOConfig:
    """The trainer's settings."""

    prompts_per_step: int = 32  # different prompts in a rollout
    group_size: int = 8  # completions of each prompt
    updates_per_generation: int = 2  # optimizer updates on one rollout
    micro_batch_size: int = 0  # completions in one forward and backward; 0: all. Changes memory, not the update
    max_new_tokens: int = 32
    temperature: float = 1.0
    epsilon: float = 0.2  # of the clip
    aggregation: str = "token"  # "token", "sequence" or "constant": see ppo_clip_loss
    divide_by_std: bool = True  # of the advantages
    num_steps: int = 200  # of train(), and of the learning rate's decay
    learning_rate: float = 5e-4
    warmup_steps: int = 20  # the learning rate rises linearly over so many steps
    final_rate: float = 1.0  # and falls linearly to this fraction of itself by step num_steps; 1: no decay
    max_grad_norm: float = 1.0
    optimizer: str = "adamw"  # or "sgd"
    seed: int = 0
    reward: Callable[[int, str], float] = calculate_reward  # of (ground_truth, response text)


def step_generator(seed: int, step: int) -> torch.Generator:
    """The random generator of one step. Given."""
    return torch.Generator().manual_seed(seed * 1_000_003 + step)


class GRPOTrainer:
    """Trains `model` in place. `step_number` counts the steps that are done.

    generate and loss are called as this lesson's generate and grpo_loss are. Something faster with the same results can
    be passed in.
    """

    def __init__(
        self,
        model: nn.Module,
        tokenizer: Any,
        dataset: AdditionDataset,
        config: GRPOConfig,
        generate: Callable[..., tuple[list[Tensor], list[Tensor]]] = generate,
        loss: Callable[..., tuple[Tensor, dict[str, float]]] = grpo_loss,
    ):
        self.model, self.tokenizer, self.dataset, self.config = model, tokenizer, dataset, config
        self.generate, self.loss = generate, loss
        self.optimizer = make_optimizer(config.optimizer, model.parameters(), config.learning_rate)
        self.step_number = 0
        model.eval()  # no dropout: with it the ratio would not be 1 where nothing has changed

    def learning_rate(self) -> float:
        """Returns the rate of the next step, number k = self.step_number (the first is 0). It is the product of

        learning_rate,
        min(1, (k + 1) / warmup_steps), a linear rise, or 1 if warmup_steps is 0, and
        1 - (1 - final_rate) * min(1, k / num_steps), a linear fall to final_rate.

        Adam's first steps move every single weight by the learning rate, however small its gradient. At full size they
        destroy a trained policy.
        """
        # The product of the three factors.
        raise NotImplementedError("not written yet: exercise 14.10, training/grpo_trainer.py:GRPOTrainer.learning_rate")

    def batch_of(self, rollout: Rollout) -> tuple[Tensor, Tensor, Tensor]:
        """Returns (ids, mask, old_log_probs) of a rollout: get_batch's two, (B, L), and the stored log-probabilities,
        (B, L - 1), each at the place of its token in `mask[:, 1:]`, 0 elsewhere."""
        # get_batch; then put the stored log-probabilities where the mask is 1.
        raise NotImplementedError("not written yet: exercise 14.11, training/grpo_trainer.py:GRPOTrainer.batch_of")

    def update(self, ids: Tensor, mask: Tensor, advantages: Tensor, old_log_probs: Tensor) -> dict[str, float]:
        """Makes one optimizer update on a batch, in micro-batches of config.micro_batch_size rows (0: all rows).
        Returns loss and clip_fraction of the whole batch, and grad_norm before it is clipped, all as floats.

        Each micro-batch's loss is self.loss, which is called as grpo_loss is. The gradient is that of the whole
        batch, however it is split. The denominators of "token" and "sequence" are those of the whole batch; that of
        "constant" is rows * max_new_tokens. The gradient's norm is clipped to config.max_grad_norm.

        Hardening: a batch without a single response token leaves the weights alone.
        """
        # The denominator of the whole batch.
        # Clear old gradients. For each micro-batch: its loss with that denominator, backward. Losses add up;
        # the clip fraction is a mean over tokens, so weigh a micro-batch's by its number of tokens.
        # Clip the gradient norm, step.
        raise NotImplementedError("not written yet: exercise 14.12, training/grpo_trainer.py:GRPOTrainer.update")

    def step(self) -> dict[str, float]:
        """Takes one step: a rollout, and config.updates_per_generation updates on it. Returns the metrics.

        The prompts are config.prompts_per_step different ones (all, if there are fewer), drawn with
        `step_generator(config.seed, self.step_number)`. The same generator then draws the completions, with
        generate_group, which gets self.generate. batch_of makes the batch, and self.update is called for each
        update on it, every time with the rollout's old_log_probs.

        The metrics are floats: reward (mean), signal (share of groups whose rewards differ: the others teach
        nothing), completion_length (mean, in tokens), entropy (mean of -log_probs over all sampled tokens, an unbiased
        estimate in nats per token), learning_rate; and loss, grad_norm, clip_fraction, each the mean over the updates.
        """
        # Draw the prompts (torch.randperm) and the rollout with this step's generator.
        # Set the learning rate in each of the optimizer's param_groups.
        # Make the batch once, update several times.
        # Count the step, and gather the metrics.
        raise NotImplementedError("not written yet: exercise 14.13, training/grpo_trainer.py:GRPOTrainer.step")

    def train(self) -> list[dict[str, float]]:
        """Takes steps until config.num_steps are done. Returns the metrics of each. Given."""
        return [self.step() for _ in range(self.step_number, self.config.num_steps)]

    def state_dict(self) -> dict[str, Any]:
        """Returns what a resumed run needs besides the model's weights, as a copy. Given."""
        return {"step_number": self.step_number, "optimizer": copy.deepcopy(self.optimizer.state_dict())}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restores what state_dict returned. The caller restores the model's weights. Given."""
        self.step_number = state["step_number"]
        self.optimizer.load_state_dict(state["optimizer"])
