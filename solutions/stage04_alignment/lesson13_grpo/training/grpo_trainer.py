"""A trainer for the group-weighted likelihood: on rows that carry responses (offline) or on the model's own (online).

Left out on purpose: checkpoints, schedules, several updates per batch (this loss has no ratio, so data serve
once), batching over prompts (one forward per prompt keeps the code plain).
"""

from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from lesson13_grpo.data.grpo_dataset import GRPODataset, collate
from lesson13_grpo.loss.grpo import compute_grpo_loss, sequence_log_probs
from torch import Tensor, nn

from lab.rl.optimizers import make_optimizer
from lab.rl.rewards import RewardFunction
from lab.rl.sampling import sample


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
    max_grad_norm: float = 1.0  # the gradient is scaled down to this norm where it is larger
    optimizer: str = "adamw"  # or "sgd"
    reward: RewardFunction | None = None  # see lab/rl/rewards.py; needed wherever rows carry no rewards
    seed: int = 0  # of sampling and of the order of the rows


@dataclass
class Response:
    """One sampled response: `text` without special tokens, `token_ids` (T,) with EOS unless it was cut off."""

    text: str
    token_ids: Tensor


class GRPOTrainer:
    """Trains `model` on `train_dataset`. `metrics` of a step: loss, reward, grad_norm, response_length."""

    def __init__(self, model: nn.Module, train_dataset: GRPODataset, config: GRPOConfig):
        self.model, self.train_dataset, self.config = model, train_dataset, config
        self.tokenizer = train_dataset.tokenizer
        self.optimizer = make_optimizer(config.optimizer, model.parameters(), config.learning_rate)
        self.generator = torch.Generator().manual_seed(config.seed)
        model.eval()  # no dropout: responses are scored by the very model that wrote them

    def generate_responses(
        self, prompts: list[str], num_samples: int = 4
    ) -> tuple[list[list[Response]], list[Float[Tensor, "group"]]]:
        """Samples `num_samples` responses to each prompt.

        Returns two lists with one entry per prompt: its responses, and their summed log-probabilities
        (num_samples,) under the present model, at the sampling temperature, with gradient to the model.
        The log-probabilities are of the very tokens that were sampled: text is never encoded again, since
        other tokens may give the same text. Prompts are encoded whole (the data set's max_length is a bound on
        stored rows), with the special tokens that the tokenizer adds in front.
        """
        # > For each prompt: encode it, and draw token ids with lab.rl.sampling.sample (max_new_tokens, temperature
        # > and generator are the trainer's).
        # > Decode each response without special tokens for its text; keep the token ids.
        # > Score the sampled ids with sequence_log_probs.
        responses, log_probs = [], []
        for prompt in prompts:
            prompt_ids = torch.tensor(self.tokenizer.encode(prompt))
            sampled = sample(
                self.model,
                prompt_ids,
                num_samples,
                eos_token_id=self.tokenizer.eos_token_id,
                max_new_tokens=self.config.max_new_tokens,
                temperature=self.config.temperature,
                generator=self.generator,
            )
            texts = [self.tokenizer.decode(ids.tolist(), skip_special_tokens=True) for ids in sampled]
            responses.append([Response(text, ids) for text, ids in zip(texts, sampled, strict=True)])
            log_probs.append(sequence_log_probs(self.model, prompt_ids, sampled, self.config.temperature))
        return responses, log_probs

    def compute_rewards(
        self, prompts: list[str], responses: list[list[str]], **columns: list[Any]
    ) -> list[Float[Tensor, "group"]]:
        """Scores every response with the configured reward function.

        Args:
            prompts: P texts.
            responses: for each prompt the texts of its responses; the groups may differ in size.
            columns: the data set's other columns, P entries each (such as answer=[...]).

        Returns a float32 tensor of rewards for each prompt. The reward function is called once, with all
        responses in order, and with each prompt's text and column entries repeated for each of its responses.

        Raises ValueError if the configuration has no reward function, or if that gives the wrong number of
        rewards or one that is not finite (the message names the response's index, from 0, through all groups).
        """
        # > Flatten the groups: one entry per response, prompts and columns repeated to match.
        # > Call the reward function once; check how many numbers came back, and that all are finite.
        # > Split the numbers into the groups again.
        if self.config.reward is None:
            raise ValueError("the rows carry no rewards, and GRPOConfig.reward is not set")
        sizes = [len(group) for group in responses]
        flat = [text for group in responses for text in group]
        rewards = self.config.reward(
            _repeat(prompts, sizes), flat, **{name: _repeat(column, sizes) for name, column in columns.items()}
        )
        if len(rewards) != len(flat):
            raise ValueError(f"the reward function gave {len(rewards)} rewards for {len(flat)} responses")
        scores = torch.as_tensor(rewards, dtype=torch.float32)
        if not scores.isfinite().all():
            index = int((~scores.isfinite()).nonzero()[0])
            raise ValueError(f"the reward of response {index} is {float(scores[index])}, not a finite number")
        return list(scores.split(sizes))

    def training_step(self, batch: dict[str, list[Any]]) -> dict[str, float]:
        """One update of the model on a batch as `collate` makes it.

        A row with responses and rewards is used as it is; one with responses alone is scored with
        compute_rewards; for one with a prompt alone, `config.num_samples` responses are generated and scored.
        Rewards without responses raise ValueError, and so does a batch whose rows are of different kinds: a data
        set to train on has rows of one kind. Columns
        other than the data set's own (prompt, prompt_ids, responses, response_ids, rewards) go to the reward
        function.

        The loss is the mean of compute_grpo_loss over the prompts. Returns the metrics of the step:
        loss; reward, the mean over all responses; grad_norm, before clipping; response_length, the mean number
        of tokens.
        """
        # > See what the rows carry; refuse what cannot be used.
        # > Log-probabilities: of the row's responses, or of freshly generated ones.
        # > Rewards: the row's, or computed.
        # > Loss: mean over the prompts of the group loss.
        # > Update: clear old gradients, backward, clip the gradient norm, step.
        prompts, columns = batch["prompt"], {k: v for k, v in batch.items() if k not in _OWN_COLUMNS}
        response_ids, rewards = batch["response_ids"], batch["rewards"]
        if len({(ids is None, r is None) for ids, r in zip(response_ids, rewards, strict=True)}) > 1:
            raise ValueError("the batch mixes rows with and without responses or rewards")
        if response_ids[0] is None:
            if rewards[0] is not None:
                raise ValueError("a row has rewards but no responses: there is nothing to weight")
            groups, log_probs = self.generate_responses(prompts, self.config.num_samples)
            response_ids = [[r.token_ids for r in group] for group in groups]
            texts = [[r.text for r in group] for group in groups]
        else:
            log_probs = [
                sequence_log_probs(self.model, prompt, group, self.config.temperature)
                for prompt, group in zip(batch["prompt_ids"], response_ids, strict=True)
            ]
            texts = batch["responses"]
        if rewards[0] is None:
            rewards = self.compute_rewards(prompts, texts, **columns)

        losses = [compute_grpo_loss(lp, r, self.config.beta) for lp, r in zip(log_probs, rewards, strict=True)]
        loss = torch.stack(losses).mean()
        self.optimizer.zero_grad()
        loss.backward()
        grad_norm = nn.utils.clip_grad_norm_(self.model.parameters(), self.config.max_grad_norm)
        self.optimizer.step()
        lengths = torch.tensor([len(ids) for group in response_ids for ids in group], dtype=torch.float32)
        return {
            "loss": loss.item(),
            "reward": torch.cat(list(rewards)).mean().item(),
            "grad_norm": grad_norm.item(),
            "response_length": lengths.mean().item(),
        }

    def train(self) -> list[dict[str, float]]:
        """`config.num_steps` training steps; returns the metrics of each.

        Every epoch goes through all rows once, in a fresh random order drawn with the trainer's generator, in
        batches of `config.batch_size`; the last batch of an epoch may be smaller.
        """
        # > Until num_steps steps are done: draw an order of the rows, cut it into batches, collate each, step.
        history: list[dict[str, float]] = []
        while len(history) < self.config.num_steps:
            order = torch.randperm(len(self.train_dataset), generator=self.generator)
            for indices in order.split(self.config.batch_size):
                if len(history) == self.config.num_steps:
                    break
                batch = collate([self.train_dataset[i] for i in indices.tolist()])
                history.append(self.training_step(batch))
        return history


_OWN_COLUMNS = ("prompt", "prompt_ids", "responses", "response_ids", "rewards")


def _repeat(entries: list[Any], sizes: list[int]) -> list[Any]:
    return [entry for entry, size in zip(entries, sizes, strict=True) for _ in range(size)]
