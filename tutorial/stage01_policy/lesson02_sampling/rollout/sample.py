"""Draws completions of one prompt and remembers with which probability; gives that probability again for training.

One forward pass over everything for each new token: lesson 03 writes the cache that saves most of this work.
"""

from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from lesson02_sampling.policy.distribution import sampling_log_probs
from torch import Tensor, nn


@dataclass
class Completion:
    token_ids: Int[Tensor, "tokens"]  # with the EOS at the end, if it was drawn
    log_probs: Float[Tensor, "tokens"]  # with which these tokens were drawn
    kept: Bool[Tensor, "tokens vocab"]  # the tokens that could have been drawn at each position
    finished: bool  # whether EOS was drawn


@torch.no_grad()
def sample(
    model: nn.Module,
    prompt_ids: Int[Tensor, "prompt"],
    num_samples: int,
    eos_token_id: int,
    max_new_tokens: int,
    generator: torch.Generator | None = None,
    **settings: Any,
) -> list[Completion]:
    """Returns `num_samples` completions of one prompt, drawn independently.

    Args:
        model: called as `model(input_ids)`; returns `.logits` of shape (batch, tokens, vocabulary).
        prompt_ids: the prompt's token ids, at least one.
        eos_token_id: a completion ends with the first EOS, which belongs to it.
        max_new_tokens: a completion without EOS is cut off after so many tokens; it is not finished.
        generator: of the random draws; torch's global one if None.
        settings: temperature, top_k, top_p, min_p of `sampling_log_probs`.

    The number of forward passes is that of the longest completion: one pass gives the next token of all.
    """
    # One row for each completion; all start with the prompt.
    # Loop: the logits at the last position, their sampling_log_probs, one draw for each row (torch.multinomial).
    # Remember the tokens, their log-probs, and which tokens could have been drawn. Append the tokens to the rows.
    # Stop if every row has drawn EOS. A row that has ended stays in the batch until then.
    # Cut each row after its first EOS.
    raise NotImplementedError("not written yet: exercise 02.3, rollout/sample.py:sample")


def completion_log_probs(
    model: nn.Module,
    prompt_ids: Int[Tensor, "prompt"],
    token_ids: Int[Tensor, "tokens"],
    kept: Bool[Tensor, "tokens vocab"] | None = None,
    temperature: float = 1.0,
) -> Float[Tensor, "tokens"]:
    """Returns the log-probability of each token of a completion, with gradient to the model.

    Args:
        token_ids: of the completion, without the prompt.
        kept: which tokens could have been drawn at each position; the softmax is taken over these only. If the weights
            have changed since, it is still the set of the time when the completion was drawn. None: all tokens.
        temperature: the one that the completion was drawn with.

    With the weights, the temperature and `kept` of `sample`, these are the log-probs of `sample`.
    """
    # One forward pass over prompt and completion. The logits at position t predict the token at t + 1.
    # Divide by the temperature; set the logits of the tokens that are not kept to -inf; log-softmax.
    # Pick the log-probability of each token.
    raise NotImplementedError("not written yet: exercise 02.4, rollout/sample.py:completion_log_probs")
