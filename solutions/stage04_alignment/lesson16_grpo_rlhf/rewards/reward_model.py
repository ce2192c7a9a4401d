"""A reward model learns from preferences: which of two responses is the better one, never how good either is.

The model is any that gives one logit per sequence, as transformers' sequence classifiers with num_labels=1 do:
`model(input_ids=..., attention_mask=...).logits` is (rows, 1). `lab.rl.rewards.ModelReward` turns a trained one into a
reward function. Left out on purpose: margins, ties, ensembles.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from lab.rl.optimizers import make_optimizer

Pair = tuple[str, str, str]  # prompt, the response that was preferred, the other one


def preference_loss(chosen: Float[Tensor, "pairs"], rejected: Float[Tensor, "pairs"]) -> Float[Tensor, ""]:
    """The mean over pairs of - log sigmoid(chosen - rejected), in nats.

    Bradley and Terry (1952): P(the first is preferred) = sigmoid(difference of the scores). Only differences count,
    so the scores have no zero point. Source: Ouyang et al. (arXiv 2203.02155), equation 1.

    Args:
        chosen, rejected: scores of the preferred response and of the other one, pair by pair.

    Finite for any finite scores: if the difference is -1000 the loss is 1000. Raises ValueError if the shapes differ.
    """
    # > logsigmoid of the difference (sigmoid first and log after it gives log 0); minus its mean.
    if chosen.shape != rejected.shape:
        raise ValueError(f"one score of each response of a pair: {tuple(chosen.shape)}, {tuple(rejected.shape)}")
    return -nn.functional.logsigmoid(chosen - rejected).mean()


def encode_rows(tokenizer: Any, texts: Sequence[str]) -> tuple[Int[Tensor, "rows length"], Int[Tensor, "rows length"]]:
    """(input_ids, attention_mask) of texts, padded on the right; the mask is 0 on padding. Given."""
    rows = [torch.tensor(tokenizer.encode(text)) for text in texts]
    ids = nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=tokenizer.pad_token_id)
    mask = nn.utils.rnn.pad_sequence([torch.ones_like(row) for row in rows], batch_first=True)
    return ids, mask


def reward_model_step(
    model: nn.Module, tokenizer: Any, optimizer: Any, pairs: Sequence[Pair], max_grad_norm: float = 1.0
) -> dict[str, float]:
    """One optimizer step on preference pairs.

    Args:
        model: called as `model(input_ids=..., attention_mask=...)`, gives `.logits` (rows, 1); both arguments go to the
            device of its parameters. The model stays in its mode (training or evaluation).
        pairs: (prompt, chosen, rejected). What is scored is the prompt with the response behind it, as text.
        max_grad_norm: the norm that the gradient of all parameters together is clipped to.

    A row's score must not depend on the padding that other rows cause: the model gets the attention mask.

    Returns floats, all from before the step: loss; accuracy, the share of pairs whose chosen response has the higher
    score; margin, the mean of chosen - rejected; grad_norm, before clipping.
    """
    # > Encode prompt + chosen of all pairs and prompt + rejected of all pairs (encode_rows); score them.
    # > The loss; clear old gradients, backward, clip, step.
    # > The metrics, as floats.
    device = next(model.parameters()).device
    texts = [prompt + chosen for prompt, chosen, _ in pairs] + [prompt + rejected for prompt, _, rejected in pairs]
    ids, mask = encode_rows(tokenizer, texts)
    scores = model(input_ids=ids.to(device), attention_mask=mask.to(device)).logits.squeeze(-1)  # (2 N,)
    chosen, rejected = scores.chunk(2)
    loss = preference_loss(chosen, rejected)
    optimizer.zero_grad()
    loss.backward()
    grad_norm = nn.utils.clip_grad_norm_(model.parameters(), max_grad_norm)
    optimizer.step()
    return {
        "loss": loss.item(),
        "accuracy": (chosen > rejected).float().mean().item(),
        "margin": (chosen - rejected).mean().item(),
        "grad_norm": grad_norm.item(),
    }


@dataclass
class RewardModelConfig:
    """Settings of fit_reward_model."""

    epochs: int = 3  # passes over the pairs
    batch_size: int = 32  # pairs in one step
    learning_rate: float = 1e-3  # falls linearly to 0
    optimizer: str = "adamw"  # or "sgd"
    max_grad_norm: float = 1.0
    seed: int = 0  # of the order of the pairs


def fit_reward_model(
    model: nn.Module, tokenizer: Any, pairs: Sequence[Pair], config: RewardModelConfig
) -> list[dict[str, float]]:
    """Trains `model` in place, in steps of reward_model_step; returns the metrics of each. Given."""
    optimizer = make_optimizer(config.optimizer, model.parameters(), config.learning_rate)
    generator = torch.Generator().manual_seed(config.seed)
    order = torch.cat([torch.randperm(len(pairs), generator=generator) for _ in range(config.epochs)])
    batches, history = order.split(config.batch_size), []
    model.train()
    for step, chosen in enumerate(batches):
        for group in optimizer.param_groups:
            group["lr"] = config.learning_rate * (1 - step / len(batches))
        batch = [pairs[i] for i in chosen.tolist()]
        history.append(reward_model_step(model, tokenizer, optimizer, batch, config.max_grad_norm))
    model.eval()
    return history
