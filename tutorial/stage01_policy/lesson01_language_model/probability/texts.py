"""The probability of a text: the log-probability of each token, which tokens count, and their sum.

    log p(y | x) = sum_t log p(y_t | x, y_<t)

x is the prompt, y the completion. Nothing here is trained or sampled: a model comes in, numbers come out.
"""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn


def token_log_probs(
    logits: Float[Tensor, "batch tokens vocab"],
    ids: Int[Tensor, "batch tokens"],
    temperature: float = 1.0,
) -> Float[Tensor, "batch tokens-1"]:
    """Returns the log-probability of each token except the first, given all tokens before it.

    Column t of the result is for the token ids[:, t + 1].

    Args:
        logits: what the model returned for `ids`. logits[:, t] is its prediction of the token at t + 1.
        ids: the token ids that the model read.
        temperature: divides the logits before the softmax. At 1 the distribution is the model's own.

    Logits of any size give finite log-probabilities: softmax first and log second would give log(0).
    """
    # Divide by the temperature, and drop the prediction of the last position: no token follows it.
    # Pick the logit of the token that follows.
    # Subtract the logarithm of the sum of exponentials over the vocabulary (torch's logsumexp does not overflow).
    raise NotImplementedError("not written yet: exercise 01.1, probability/texts.py:token_log_probs")


def completion_mask(
    prompt_lengths: Int[Tensor, "batch"],
    completion_lengths: Int[Tensor, "batch"],
    width: int,
) -> Bool[Tensor, "batch width-1"]:
    """Returns which columns of `token_log_probs` belong to the completion: (batch, width - 1) of bool.

    A row of `width` ids is a prompt, then its completion, then padding. Column t is about the token at t + 1, and it is
    true if that token belongs to the completion. EOS at the end of a completion belongs to it. Lengths decide, not ids:
    padding may have the id of EOS.
    """
    # The position of the token that each column predicts: 1, 2, ..., width - 1.
    # True from the prompt's length on, up to (without) the length of prompt + completion.
    raise NotImplementedError("not written yet: exercise 01.2, probability/texts.py:completion_mask")


def text_log_probs(
    model: nn.Module,
    prompts: list[Tensor],
    completions: list[Tensor],
    temperature: float = 1.0,
) -> Float[Tensor, "batch"]:
    """Returns log p(completion | prompt) for each pair, with gradient to the model. One forward pass for all of them.

    Args:
        model: called as `model(ids)` with ids of shape (batch, tokens); returns `.logits`, (batch, tokens, vocab).
        prompts: a 1-D tensor of token ids for each pair, at least one id. Their lengths may differ.
        completions: a 1-D tensor of token ids for each pair, at least one id. Their lengths may differ.
        temperature: as in `token_log_probs`.

    The sum runs over all tokens of the completion and over no others.
    """
    # Join each prompt with its completion, and pad on the right to a rectangle. Any id will do for padding: the model
    # reads from left to right, so padding on the right changes no prediction that counts.
    # One forward pass; token_log_probs; completion_mask.
    # Put 0 in the columns that do not count, and sum over the others.
    raise NotImplementedError("not written yet: exercise 01.3, probability/texts.py:text_log_probs")
