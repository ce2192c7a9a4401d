"""The group-weighted likelihood: raise the log-probability of each response by its share of a softmax.

    L = - sum_i softmax(rewards / beta)_i * log p(y_i | x),    log p(y | x) = sum_t log p(y_t | x, y_<t)

This is reward-weighted regression over a group (Peters and Schaal 2007), not yet the objective of DeepSeekMath
(arXiv 2402.03300, equation 3), which is lesson 14.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn


def sequence_log_probs(
    model: nn.Module,
    prompt_ids: Int[Tensor, "prompt"],
    response_ids: list[Tensor],
    temperature: float = 1.0,
) -> Float[Tensor, "group"]:
    """Returns log p(response | prompt) of each response, summed over its tokens, with gradient to the model.

    Args:
        model: called as `model(input_ids)`; returns `.logits` of shape (batch, tokens, vocabulary).
        prompt_ids: the prompt's token ids, at least one.
        response_ids: a 1-D tensor of token ids for each response of the group; their lengths differ.
        temperature: divides the logits before the softmax, as it did when the responses were sampled.

    The prompt's tokens are not part of the sum. Every token of a response is, including a final EOS. The padding that
    you add after a response is not, even if its id is that of EOS.
    """
    # > Pad prompt + response on the right to a rectangle. A causal model does not look ahead, so that padding on the
    # > right needs no attention mask.
    # > The logits at position t predict the token at t + 1: shift by one.
    # > Log-softmax over the vocabulary, then pick the log-probability of each next token.
    # > Mask by the lengths (not by comparing ids with the padding token), and sum over the tokens.
    rows = [torch.cat([prompt_ids, response]) for response in response_ids]
    ids = nn.utils.rnn.pad_sequence(rows, batch_first=True)  # (G, L)
    logits = model(ids).logits[:, :-1] / temperature  # (G, L - 1, V)
    log_probs = logits.log_softmax(-1).gather(-1, ids[:, 1:, None]).squeeze(-1)  # (G, L - 1)
    position = torch.arange(1, ids.shape[1], device=ids.device)  # of the token that is predicted
    ends = torch.tensor([len(row) for row in rows], device=ids.device)
    mask = (position >= len(prompt_ids)) & (position < ends[:, None])  # (G, L - 1)
    return (log_probs * mask).sum(-1)


def compute_grpo_loss(
    log_probs: Float[Tensor, "group"],
    rewards: Float[Tensor, "group"] | Int[Tensor, "group"],
    beta: float = 0.1,
) -> Float[Tensor, ""]:
    """Returns - sum_i softmax(rewards / beta)_i * log_probs_i for the responses to one prompt.

    Args:
        log_probs: summed log-probabilities of the G responses.
        rewards: their rewards, any real numbers. No gradient flows into them.
        beta: temperature of the weights: near 0 only the best response counts; if it is very large, all count alike.

    Raises ValueError if log_probs and rewards are not two equally long, one-dimensional tensors, if they are empty, or
    if beta is not greater than 0.
    """
    # > Check shapes and beta.
    # > Weights: softmax of rewards / beta over the group, without gradient.
    # > The loss is minus the weighted sum of the log-probabilities.
    if log_probs.ndim != 1 or log_probs.shape != rewards.shape or len(rewards) == 0:
        shapes = f"{tuple(log_probs.shape)} and {tuple(rewards.shape)}"
        raise ValueError(f"log_probs and rewards must have one number for each response; their shapes are {shapes}")
    if beta <= 0:
        raise ValueError(f"beta must be greater than 0, not {beta}")
    weights = (rewards.detach() / beta).softmax(0)
    return -(weights * log_probs).sum()
