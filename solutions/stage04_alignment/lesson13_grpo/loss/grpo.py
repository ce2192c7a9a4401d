"""The group-weighted likelihood: raise the log-probability of each response by its share of a softmax.

    L = - sum_i softmax(rewards / beta)_i * log p(y_i | x),    log p(y | x) = sum_t log p(y_t | x, y_<t)

This is the loss that many introductions call GRPO. It is reward-weighted regression over a group (Peters and
Schaal 2007), not the objective of DeepSeekMath (arXiv 2402.03300, equation 3), which is lesson 14.
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
    """log p(response | prompt), summed over the tokens of each response, with gradient to the model.

    Args:
        model: called as `model(input_ids)`, gives `.logits` (batch, tokens, vocabulary).
        prompt_ids: the prompt's token ids, at least one.
        response_ids: for each response of the group a 1-D tensor of its ids, EOS included where it has one;
            the lengths differ.
        temperature: the logits are divided by it before the softmax, as they were for sampling.

    The prompt's own tokens are not part of the sum, the EOS at the end of a response is. What stands behind a
    response as padding never is, even if it is the EOS token. Computed in float32 at least; float64 stays float64.
    """
    # > Pad prompt + response on the right to a rectangle. A causal model never looks ahead, so that right
    # > padding needs no attention mask.
    # > The logits at position t are for the token at t + 1: shift by one.
    # > Log-softmax, then pick each next token's log-probability.
    # > Mask by the lengths (not by comparing ids with the padding token), and sum over the tokens.
    rows = [torch.cat([prompt_ids, response]) for response in response_ids]
    ids = nn.utils.rnn.pad_sequence(rows, batch_first=True)  # (G, L)
    logits = model(ids).logits[:, :-1]  # (G, L - 1, V)
    logits = logits.to(torch.promote_types(logits.dtype, torch.float32)) / temperature
    log_probs = logits.log_softmax(-1).gather(-1, ids[:, 1:, None]).squeeze(-1)  # (G, L - 1)
    position = torch.arange(1, ids.shape[1], device=ids.device)  # of the token that is predicted
    ends = torch.tensor([len(row) for row in rows], device=ids.device)
    mask = (position >= len(prompt_ids)) & (position < ends[:, None])
    return log_probs.masked_fill(~mask, 0.0).sum(-1)


def compute_grpo_loss(
    log_probs: Float[Tensor, "group"],
    rewards: Float[Tensor, "group"] | Int[Tensor, "group"],
    beta: float = 0.1,
) -> Float[Tensor, ""]:
    """- sum_i softmax(rewards / beta)_i * log_probs_i for the responses to one prompt.

    Args:
        log_probs: summed log-probabilities of the G responses.
        rewards: their rewards, any real numbers; no gradient flows into them.
        beta: temperature of the weights: near 0 only the best response counts, at infinity all count alike.

    The result has the dtype of log_probs, and is right for rewards as large as 1e4 at a beta of 0.1. The weights are
    computed in float32 at least, and in float64 where log_probs are float64.

    Raises ValueError if log_probs or rewards is not one-dimensional, if their lengths differ, if the group is
    empty, or if beta is not greater than 0; the message names the argument at fault (either, where lengths differ).
    """
    # > Check the arguments.
    # > Weights: softmax of rewards / beta over the group, held constant (no gradient).
    # > The loss is minus the weighted sum of the log-probabilities.
    for name, value in (("log_probs", log_probs), ("rewards", rewards)):
        if value.ndim != 1:
            raise ValueError(f"{name} must have one dimension, the group; its shape is {tuple(value.shape)}")
    if len(log_probs) != len(rewards):
        raise ValueError(f"rewards must be as many as log_probs, not {len(rewards)} for {len(log_probs)}")
    if len(log_probs) == 0:
        raise ValueError("log_probs and rewards are empty: a group has at least one response")
    if not beta > 0:
        raise ValueError(f"beta must be greater than 0, not {beta}")
    precise = torch.promote_types(log_probs.dtype, torch.float32)  # half precision ends at 65504
    weights = (rewards.detach().to(precise) / beta).softmax(0).to(log_probs.dtype)
    return -(weights * log_probs).sum()
