"""Addition as a reinforcement learning task: a prompt, the true sum, and nothing else. The working that a
model writes on the way is its own affair; only the final number is rewarded.
"""

import zlib
from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Int
from torch import Tensor
from torch.utils.data import Dataset

TEMPLATE = "### Instruction:\n{a}+{b}=\n\n### Response:\n"


def is_held_out(a: int, b: int) -> bool:
    """Whether a + b is kept for testing: about one pair in ten, a pair and its mirror image alike."""
    return zlib.crc32(f"{min(a, b)}+{max(a, b)}".encode()) % 10 == 0


class AdditionDataset(Dataset):
    """Prompts and sums. Items are `(prompt, ground_truth)`; `data` is the list of all of them, `tokenizer` what
    was given.

    Args:
        tokenizer: has `encode(text)` -> list of ids, and `pad_token_id`.
        digits: 1 for the 81 sums of 1..9 and 1..9; 2 for the 8,100 sums of 10..99 and 10..99.
        split: "all", "train" (without the held-out pairs) or "test" (the held-out pairs alone).

    Raises ValueError, which names the argument, for other values of digits and split.
    """

    def __init__(self, tokenizer: Any, digits: int = 1, split: str = "all"):
        # Check digits and split.
        # For a and b, each from the smallest to the largest number of that many digits (a in the outer loop),
        # keep the pairs that belong to the split, as (prompt, sum); TEMPLATE gives the prompt.
        raise NotImplementedError("not written yet: exercise 14.1, data/addition.py:AdditionDataset.__init__")

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> tuple[str, int]:
        return self.data[index]

    def get_batch(
        self, prompts: Sequence[str], responses: Sequence[Tensor], device: torch.device | str | None = None
    ) -> tuple[Int[Tensor, "batch length"], Int[Tensor, "batch length"]]:
        """Puts prompts and responses into one rectangle to train on.

        Args:
            prompts: one text per row.
            responses: the token ids of one response per row, 1-D, each with its EOS where it has one. Ids, not
                text: encoding a text again may give other tokens than those that were sampled.

        Returns (ids, mask), both int64, on `device`. A row of ids is the encoded prompt, the response, and
        padding on the right up to the longest row. The mask is 1 on the tokens of the response (its EOS too)
        and 0 on prompt and padding. It is made from lengths: where the padding token is also the EOS token,
        comparing ids would lose the true EOS. Raises ValueError if prompts and responses differ in number.
        """
        # Encode each prompt; join prompt and response.
        # Pad on the right with the tokenizer's padding token.
        # The mask has a 0 for each prompt token, a 1 for each response token, 0 for padding.
        raise NotImplementedError("not written yet: exercise 14.2, data/addition.py:AdditionDataset.get_batch")
