"""The training loop on digits: GRPO, or PPO with a critic, depending on the baseline.

The policy starts from random weights, so there is no reference model. Left out on purpose: files and plots (see
given/experiments.py), early stopping, anything that looks at test images.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from lesson15_grpo_mnist.environment.digits import DigitEnvironment
from lesson15_grpo_mnist.loss.advantages import compute_advantages, share_without_signal
from lesson15_grpo_mnist.loss.ppo import policy_loss, value_loss
from lesson15_grpo_mnist.models.actor import action_log_probs
from lesson15_grpo_mnist.rollout.groups import GroupRollout, group_rollout
from torch import Tensor, nn

from lab.rl.optimizers import make_optimizer


@dataclass
class DigitConfig:
    """The trainer's settings."""

    baseline: str = "group"  # "group", "batch", "none" or "critic": see compute_advantages
    group_size: int = 16  # answers to each image
    images_per_step: int = 128  # different images in a rollout
    updates_per_rollout: int = 1  # optimizer updates on one rollout
    num_steps: int = 4690  # at which the learning rate reaches final_rate; 10 passes over 60,000 images
    learning_rate: float = 2e-3  # of actor and critic
    warmup_steps: int = 100  # the rate rises linearly over these steps
    final_rate: float = 0.0  # the rate falls linearly to this fraction of learning_rate
    epsilon: float = 0.2  # of the clip
    divide_by_std: bool = True  # of the advantages
    max_grad_norm: float = 1.0  # of actor and critic, each on its own
    optimizer: str = "adamw"  # or "sgd"
    seed: int = 0  # of the draws; the caller makes the models and their first weights


class DigitTrainer:
    """Trains `actor` in place, and `critic` if there is one. `step_number` counts the finished steps."""

    def __init__(
        self, actor: nn.Module, environment: DigitEnvironment, config: DigitConfig, critic: nn.Module | None = None
    ):
        if (critic is None) == (config.baseline == "critic"):
            raise ValueError(f"baseline {config.baseline!r} goes {'with' if critic is None else 'without'} a critic")
        self.actor, self.critic, self.environment, self.config = actor, critic, environment, config
        self.optimizer = make_optimizer(config.optimizer, actor.parameters(), config.learning_rate)
        if critic is not None:
            self.critic_optimizer = make_optimizer(config.optimizer, critic.parameters(), config.learning_rate)
        self.generator = torch.Generator().manual_seed(config.seed)
        self.step_number = 0
        self.waiting = torch.empty(0, dtype=torch.long)  # images whose turn is still to come

    def update(self, rollout: GroupRollout, advantages: Float[Tensor, "batch group"]) -> dict[str, float]:
        """Makes one optimizer update of the actor on a rollout, and one of the critic if there is one.

        Each network has its own loss, optimizer and gradient norm; the norm is clipped to config.max_grad_norm. The
        critic learns the rollout's rewards. The actor computes each image once, not once per answer.

        Returns the floats loss and grad_norm (of the actor, before clipping), and with a critic value_loss. All are
        from before the update.
        """
        # The actor: log-probabilities of the rollout's actions, policy_loss; clear old gradients, backward,
        # clip the gradient norm, optimizer step.
        # The critic, if there is one: its values, value_loss, and the same with its own optimizer.
        raise NotImplementedError("not written yet: exercise 15.9, training/trainer.py:DigitTrainer.update")

    def step(self, indices: Int[Tensor, "batch"]) -> dict[str, float]:
        """Makes one step on these images: a rollout of config.group_size answers to each, drawn with self.generator,
        then config.updates_per_rollout updates on it.

        The advantages are computed once, before the first update, and serve all updates. With baseline "critic" they
        come from the values that the critic gave then.

        Returns floats: reward (mean), no_signal (share_without_signal), entropy (mean of -log_probs of the drawn
        actions, in nats), and the metrics of `update`, averaged over the updates.
        """
        # The rollout, the critic's values if there is one, the advantages.
        # Update several times. Count the step and collect the metrics.
        raise NotImplementedError("not written yet: exercise 15.10, training/trainer.py:DigitTrainer.step")

    def train(self, steps: int) -> list[dict[str, float]]:
        """Makes `steps` steps of config.images_per_step images each and returns their metrics. The order is random;
        every image comes once before any comes again. Sets the learning rate before each step. Given."""
        metrics, size = [], self.config.images_per_step
        for _ in range(steps):
            while len(self.waiting) < size:
                order = torch.randperm(len(self.environment), generator=self.generator)
                self.waiting = torch.cat([self.waiting, order])
            indices, self.waiting = self.waiting[:size], self.waiting[size:]
            done = min(1.0, self.step_number / self.config.num_steps)
            rate = self.config.learning_rate * (1 - (1 - self.config.final_rate) * done)
            rate *= min(1.0, (self.step_number + 1) / max(1, self.config.warmup_steps))
            for optimizer in [self.optimizer] + ([self.critic_optimizer] if self.critic is not None else []):
                for group in optimizer.param_groups:
                    group["lr"] = rate
            metrics.append(self.step(indices))
        return metrics


@torch.no_grad()
def evaluate(
    actor: nn.Module, images: Float[Tensor, "images pixels"], labels: Int[Tensor, "images"]
) -> dict[str, float | list[float]]:
    """Measures the policy on images that it was not trained on. Given.

    Returns "greedy": the share of images whose likeliest digit is right; "sampled": the mean probability of the right
    digit, which is the expected reward; "by_digit": greedy, for the images of each digit 0 to 9.
    """
    logits = actor(images)
    right = (logits.argmax(-1) == labels).float()
    probability = action_log_probs(logits, labels[:, None]).exp()
    by_digit = [right[labels == digit].mean().item() for digit in range(logits.shape[1])]
    return {"greedy": right.mean().item(), "sampled": probability.mean().item(), "by_digit": by_digit}
