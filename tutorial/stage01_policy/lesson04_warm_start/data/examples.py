"""From texts to a batch that a model can imitate: token ids, and labels that say which tokens it should learn.

Left out: chat templates, packing of several examples into one row, attention masks (the padding is on the right, and a
causal model never looks there from a real token).
"""

from typing import Any

import torch
from jaxtyping import Int
from torch import Tensor

IGNORE = -100  # the label of a token that is not learned; torch's cross_entropy knows this number
Pair = tuple[Tensor, Tensor]  # the token ids of a prompt and of its completion, both 1-D
Rows = Int[Tensor, "batch tokens"]  # token ids or labels, a row for each pair


def encode_pair(tokenizer: Any, prompt: str, completion: str) -> Pair:
    """Returns (prompt_ids, completion_ids), 1-D tensors of int64: what the model will read, and what it should write.

    The prompt is encoded with the special tokens that the tokenizer adds (BOS, if it has one), as it is when the model
    answers. The completion is encoded separately, without special tokens, and ends with EOS, `tokenizer.eos_token_id`.
    In one joint text a token could hold the end of the prompt and the beginning of the completion.
    `tokenizer.encode(text, add_special_tokens=True)` returns a list of ids.
    """
    # Encode the prompt; encode the completion without special tokens; append the id of EOS to the completion.
    raise NotImplementedError("not written yet: exercise 04.1, data/examples.py:encode_pair")


def make_batch(pairs: list[Pair], pad_id: int, max_length: int) -> tuple[Rows, Rows]:
    """Returns (ids, labels): each row is a prompt, its completion, and padding on the right.

    ids: the tokens, as the model reads them; `pad_id` on the padding. The longest row has no padding.
    labels: at the places of the completion the same ids, at the places of prompt and padding IGNORE. They stand under
    their own tokens. The shift by one (the logits at t predict the token at t + 1) is the loss's business.

    A completion that ends with EOS has the label EOS there, also if `pad_id` is the same number. A completion that was
    cut off has no EOS and gets none. A row that is longer than `max_length` loses its end.
    """
    # Each row: prompt ids, then completion ids. Its labels: IGNORE for each prompt id, then the completion ids.
    # Cut both to max_length.
    # Pad the ids with pad_id and the labels with IGNORE.
    raise NotImplementedError("not written yet: exercise 04.2, data/examples.py:make_batch")
