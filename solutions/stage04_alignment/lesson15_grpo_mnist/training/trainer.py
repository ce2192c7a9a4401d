"""The training loop on digits: GRPO, or PPO with a critic, as the baseline says.

A policy that starts from nothing needs no reference model; what is left is short. Left out on
purpose: files and plots (the experiments in `lab`), early stopping, anything that looks at test images.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from lesson14_grpo_ppo_clip.loss.ppo_clip import clip_fraction
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
    num_steps: int = 4690  # of the learning rate's decay; 10 times through 60,000 images
    learning_rate: float = 2e-3  # of actor and critic
    warmup_steps: int = 100  # in which the rate rises linearly, from rate / warmup_steps
    final_rate: float = 0.0  # from then on it falls linearly, to this fraction of itself by step num_steps
    epsilon: float = 0.2  # of the clip
    divide_by_std: bool = True  # of the advantages
    max_grad_norm: float = 1.0  # of actor and critic, each for itself
    optimizer: str = "adamw"  # or "sgd"
    seed: int = 0  # of the draws; the models' first weights are the caller's


class DigitTrainer:
    """Trains `actor` in place, and `critic` where there is one. `step_number` counts the steps that are done."""

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
        """One optimizer update of the actor on a rollout, and one of the critic where there is one.

        Each has its own loss, optimizer and gradient norm, which is clipped to config.max_grad_norm. The critic
        learns the rollout's rewards. The actor computes each image once, not once for each answer.

        Returns loss, grad_norm (of the actor, before clipping) and clip_fraction; with a critic also value_loss.
        Each is a float, from before the update.
        """
        # > The actor: log-probabilities of the rollout's actions, policy_loss; clear old gradients, backward,
        # > clip the gradient norm, step.
        # > The critic, if there is one: its values, value_loss, and the same with its own optimizer.
        log_probs = action_log_probs(self.actor(rollout.states), rollout.actions)  # (B, G)
        loss = policy_loss(log_probs, rollout.log_probs, advantages, self.config.epsilon)
        norm = _descend(loss, self.actor, self.optimizer, self.config.max_grad_norm)
        metrics = {"loss": loss.item(), "grad_norm": norm}
        flat = [t.detach().reshape(-1, 1) for t in (log_probs, rollout.log_probs)]
        ones = torch.ones_like(flat[0])
        metrics["clip_fraction"] = clip_fraction(*flat, advantages.reshape(-1), ones, self.config.epsilon)  # type: ignore  # two tensors
        if self.critic is not None:
            guess_loss = value_loss(self.critic(rollout.states), rollout.rewards)
            _descend(guess_loss, self.critic, self.critic_optimizer, self.config.max_grad_norm)
            metrics["value_loss"] = guess_loss.item()
        return metrics

    def step(self, indices: Int[Tensor, "batch"]) -> dict[str, float]:
        """One step on these images: a rollout of config.group_size answers to each, drawn with self.generator, and
        config.updates_per_rollout updates on it.

        The advantages are computed once, before the first update, and are the same in all updates; with baseline
        "critic" from the values that the critic gave then.

        Returns the metrics, each a float: reward (mean), no_signal (share_without_signal), entropy (mean of
        -log_probs of the drawn actions, in nats); and those of `update`, each the mean over the updates.
        """
        # > The rollout, the critic's values where there is one, the advantages.
        # > Update several times. Count the step, and gather the metrics.
        config = self.config
        rollout = group_rollout(self.actor, self.environment, indices, config.group_size, self.generator)
        values = None
        if self.critic is not None:
            with torch.no_grad():
                values = self.critic(rollout.states)
        advantages = compute_advantages(rollout.rewards, config.baseline, config.divide_by_std, values)
        updates = [self.update(rollout, advantages) for _ in range(config.updates_per_rollout)]
        self.step_number += 1
        return {
            "reward": rollout.rewards.mean().item(),
            "no_signal": share_without_signal(rollout.rewards),
            "entropy": -rollout.log_probs.mean().item(),
            **{name: sum(u[name] for u in updates) / len(updates) for name in updates[0]},
        }

    def train(self, steps: int) -> list[dict[str, float]]:
        """So many steps, config.images_per_step images at a time, in random order, all images before any comes
        again; the metrics of each step. The learning rate falls as the settings say. Given."""
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


def _descend(loss: Tensor, model: nn.Module, optimizer, max_norm: float) -> float:
    """One step of `model` against the gradient of `loss`; the gradient's norm before it was clipped."""
    optimizer.zero_grad()
    loss.backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    optimizer.step()
    return norm.item()


@torch.no_grad()
def evaluate(
    actor: nn.Module, images: Float[Tensor, "images pixels"], labels: Int[Tensor, "images"]
) -> dict[str, float | list[float]]:
    """How good the policy is on images that it was not trained on. Given.

    "greedy": share of images whose likeliest digit is right. "sampled": mean probability of the right digit,
    which is the expected reward. "by_digit": greedy, for the images of each digit 0 to 9 (NaN where there is none).
    """
    logits = actor(images)
    right = (logits.argmax(-1) == labels).float()
    probability = action_log_probs(logits, labels[:, None]).exp()
    by_digit = [right[labels == digit].mean().item() for digit in range(logits.shape[1])]
    return {"greedy": right.mean().item(), "sampled": probability.mean().item(), "by_digit": by_digit}
