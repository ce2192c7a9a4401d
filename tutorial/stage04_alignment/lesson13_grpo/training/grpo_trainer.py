"""A trainer for the group-weighted likelihood: on rows that carry responses (offline) or on the model's own (online).

Left out on purpose: checkpoints, schedules, several updates per batch (this loss has no ratio, so each response is used
once), batching over prompts (one forward pass per prompt keeps the code plain).
"""

from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from lesson13_grpo.data.grpo_dataset import DATASET_COLUMNS, GRPODataset, collate
from lesson13_grpo.loss.grpo import compute_grpo_loss, sequence_log_probs
from torch import Tensor, nn

from lab.rl.optimizers import make_optimizer
from lab.rl.rewards import RewardFunction
from lab.rl.sampling import sample


def no_reward(prompts: list[str], responses: list[str], **columns: list[Any]) -> list[float]:
    """Stands where no reward function is configured. Given."""
    raise ValueError("the rows carry no rewards: set GRPOConfig.reward")


@dataclass
class GRPOConfig:
    """The trainer's settings."""

    beta: float = 0.1  # temperature of the weights
    num_samples: int = 4  # responses that are sampled for each prompt
    max_new_tokens: int = 32  # bound on a sampled response
    temperature: float = 1.0  # of sampling, and of the log-probabilities
    batch_size: int = 8  # prompts in a step
    num_steps: int = 100  # optimizer steps of train()
    learning_rate: float = 1e-3
    max_grad_norm: float = 1.0  # a larger gradient is scaled down to this norm
    optimizer: str = "adamw"  # or "sgd"
    reward: RewardFunction = no_reward  # see lab/rl/rewards.py; not needed if the rows carry rewards
    seed: int = 0  # of sampling and of the order of the rows


@dataclass
class Response:
    """One sampled response: `text` without special tokens, `token_ids` (T,) with EOS unless it was cut off."""

    text: str
    token_ids: Tensor


class GRPOTrainer:
    """Trains `model` on `train_dataset`. `self.generator` draws the responses and the order of the rows."""

    def __init__(self, model: nn.Module, train_dataset: GRPODataset, config: GRPOConfig):
        """Given."""
        self.model, self.train_dataset, self.config = model, train_dataset, config
        self.tokenizer = train_dataset.tokenizer
        self.optimizer = make_optimizer(config.optimizer, model.parameters(), config.learning_rate)
        self.generator = torch.Generator().manual_seed(config.seed)
        model.eval()  # no dropout, also in training: a response is scored by the same model that wrote it

    def generate_responses(
        self, prompts: list[str], num_samples: int = 4
    ) -> tuple[list[list[Response]], list[Float[Tensor, "group"]]]:
        """Samples `num_samples` responses to each prompt.

        Returns two lists with one entry for each prompt: its responses, and their summed log-probabilities
        (num_samples,) under the model, at the temperature of sampling, with gradient to the model.
        The log-probabilities are those of the token ids that were sampled. Never encode a response's text again:
        other tokens may give the same text. Encode each prompt with the tokenizer's special tokens; it is not cut.
        """
        # For each prompt: encode it, and draw token ids with lab.rl.sampling.sample. eos_token_id is the tokenizer's,
        # max_new_tokens and temperature are the config's, the generator is the trainer's.
        # Decode each response without special tokens for its text; keep the token ids.
        # Score the sampled ids with sequence_log_probs.
        raise NotImplementedError("not written yet: exercise 13.5, training/grpo_trainer.py:GRPOTrainer.generate_responses")

    def compute_rewards(
        self, prompts: list[str], responses: list[list[str]], **columns: list[Any]
    ) -> list[Float[Tensor, "group"]]:
        """Returns a float32 tensor of rewards for each prompt.

        Args:
            prompts: P texts.
            responses: for each prompt the texts of its responses; the groups may differ in size.
            columns: the data file's other columns, P entries each (such as answer=[...]).

        Calls `self.config.reward(prompts, responses, **columns)` once, with flat lists: one entry for each response of
        all groups, in order. Raises ValueError if the rewards are not as many as the responses, or not all finite.
        """
        # Flatten the groups; repeat each prompt, and each entry of a column, for every response of its group.
        # Call the reward function once; check what it returned.
        # Split the rewards into the groups again.
        raise NotImplementedError("not written yet: exercise 13.6, training/grpo_trainer.py:GRPOTrainer.compute_rewards")

    def training_step(self, batch: dict[str, list[Any]]) -> dict[str, float]:
        """Updates the model once, on a batch as `collate` makes it. What the rows lack is None, as in
        `batch["rewards"][0] is None`. All rows are of one kind:

        with responses and rewards: both are used as they are; their log-probs, too, are at config.temperature;
        with responses alone: compute_rewards scores them;
        with a prompt alone: generate_responses writes `config.num_samples` responses, compute_rewards scores them.

        compute_rewards gets the columns that are not among DATASET_COLUMNS. The loss is the mean of compute_grpo_loss
        over the prompts.

        Returns the metrics of the step: loss; reward, the mean over all responses; grad_norm, before clipping;
        response_length, the mean number of tokens over all responses, EOS included.
        """
        # Log-probabilities: of the rows' responses, or of generated ones.
        # Rewards: the rows', or computed.
        # Loss: the mean over the prompts, each with its own group loss.
        # Update: clear old gradients, backward, clip the norm of the gradient to config.max_grad_norm, step.
        raise NotImplementedError("not written yet: exercise 13.7, training/grpo_trainer.py:GRPOTrainer.training_step")

    def train(self) -> list[dict[str, float]]:
        """Takes `config.num_steps` training steps and returns the metrics of each.

        Every epoch goes through all rows once, in a new random order drawn with `self.generator`, in batches of
        `config.batch_size`; the last batch of an epoch may be smaller.
        """
        # Until num_steps steps are taken: draw an order of the rows, cut it into batches, collate each, step.
        raise NotImplementedError("not written yet: exercise 13.8, training/grpo_trainer.py:GRPOTrainer.train")
