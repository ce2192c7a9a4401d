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
    # Pad prompt + response on the right to a rectangle. A causal model never looks ahead, so that right
    # padding needs no attention mask.
    # The logits at position t are for the token at t + 1: shift by one.
    # Log-softmax, then pick each next token's log-probability.
    # Mask by the lengths (not by comparing ids with the padding token), and sum over the tokens.
    raise NotImplementedError("not written yet: exercise 13.4, loss/grpo.py:sequence_log_probs")


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
    # Check the arguments.
    # Weights: softmax of rewards / beta over the group, held constant (no gradient).
    # The loss is minus the weighted sum of the log-probabilities.
    raise NotImplementedError("not written yet: exercise 13.2, loss/grpo.py:compute_grpo_loss")
