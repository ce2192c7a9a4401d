"""One step of REINFORCE on a language model: draw completions, reward them, follow the gradient once."""

from collections.abc import Callable
from typing import Any

import torch
from lesson01_language_model.probability.texts import completion_mask, token_log_probs
from lesson05_reinforce.loss.reinforce import reinforce_loss, reward_to_go
from torch import Tensor, nn


def reinforce_step(
    model: nn.Module,
    optimizer: Any,
    prompts: list[Tensor],
    sample: Callable[[Tensor], list[Tensor]],
    reward: Callable[[Tensor, Tensor], Tensor],
) -> dict[str, float]:
    """Draws completions of each prompt once, makes one step of the optimizer, and returns two numbers about it.

    Args:
        model: called as `model(ids)` with ids (batch, tokens); returns `.logits`.
        optimizer: of the model's parameters. Gradients that are left over from before must not count.
        prompts: 1-D tensors of token ids. Their lengths differ.
        sample: `sample(prompt)` draws completions of one prompt from the model: a list of 1-D tensors of token ids.
        reward: `reward(prompt, completion)` returns the reward of each token of the completion: a 1-D tensor of its
            length and of the model's dtype, without gradient. The return of a token is its `reward_to_go` with gamma 1.

    Returns two Python numbers:
        "reward": the mean over all completions of the sum of their tokens' rewards. This is the number to watch.
        "loss": `reinforce_loss` of all completions together, before the step.
    """
    # > Draw the completions of every prompt. Ask for the rewards of each one.
    # > A row for each completion: prompt, then completion, then padding (any id). One forward pass for all rows.
    # > token_log_probs and completion_mask of lesson 01. Column t is about the token at t + 1: the mask is true where
    # > the rewards of the completion's tokens belong.
    # > Returns, loss, and one step of the optimizer that uses the gradient of this loss alone.
    pairs = [(prompt, completion) for prompt in prompts for completion in sample(prompt)]
    paid = [reward(prompt, completion) for prompt, completion in pairs]  # (C,) each
    ids = nn.utils.rnn.pad_sequence([torch.cat(pair) for pair in pairs], batch_first=True)  # (B, T)
    log_probs = token_log_probs(model(ids).logits, ids)  # (B, T - 1)
    prompt_lengths, completion_lengths = torch.tensor([[len(x), len(y)] for x, y in pairs]).T
    mask = completion_mask(prompt_lengths, completion_lengths, ids.shape[1])
    rewards = torch.zeros_like(log_probs)
    rewards[mask] = torch.cat(paid)  # row by row, as the pairs are
    loss = reinforce_loss(log_probs, mask, reward_to_go(rewards, mask))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return {"reward": (rewards.sum() / len(pairs)).item(), "loss": loss.item()}
