"""Every text that a small model can write, and exact averages over all of them.

With V tokens and at most N of them the number of texts grows like V^N, so this works for toys only. There it replaces
sampling: no noise, no luck. Later lessons test their estimates against it.
"""

import torch
from jaxtyping import Float
from lesson01_language_model.probability.texts import text_log_probs
from torch import Tensor, nn


def all_completions(vocab_size: int, max_new_tokens: int, eos: int) -> list[Tensor]:
    """Returns every completion that sampling can end with, once each and in any order, as 1-D tensors of token ids.

    Sampling stops after EOS (id `eos`) or after `max_new_tokens` tokens, whichever comes first. So a completion either
    ends with its only EOS, or it was cut off: it has `max_new_tokens` tokens and no EOS. The shortest is EOS alone.
    """
    # > Start with one unfinished text, the empty one. Repeat max_new_tokens times:
    # > extend each unfinished text by each of the tokens; those that now end with EOS are finished.
    # > Return the finished texts and those that are still unfinished: they were cut off.
    finished: list[list[int]] = []
    unfinished: list[list[int]] = [[]]
    for _ in range(max_new_tokens):
        longer = [[*text, token] for text in unfinished for token in range(vocab_size)]
        finished += [text for text in longer if text[-1] == eos]
        unfinished = [text for text in longer if text[-1] != eos]
    return [torch.tensor(text) for text in finished + unfinished]


def expected_value(
    model: nn.Module,
    prompt: Tensor,
    completions: list[Tensor],
    values: Float[Tensor, "texts"],
) -> Float[Tensor, ""]:
    """Returns sum_y p(y | prompt) * values[y], over the given completions y, with gradient to the model.

    With all completions of the prompt this is the mean that infinitely many samples would have. If the values are 1 for
    some texts and 0 for the others, it is the probability of those texts; if they are rewards, the expected reward.
    """
    # > The probability of each completion: exp of text_log_probs. The prompt is the same for all.
    # > Weight the values with the probabilities, and sum.
    log_probs = text_log_probs(model, [prompt] * len(completions), completions)  # (N,)
    return (log_probs.exp() * values).sum()
