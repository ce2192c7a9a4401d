"""Addition as a reinforcement learning task: a prompt, the true sum, and nothing else. The model may write whatever
working it likes; only the final number is rewarded.
"""

import zlib
from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Int
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import Dataset

TEMPLATE = "### Instruction:\n{a}+{b}=\n\n### Response:\n"


def is_held_out(a: int, b: int) -> bool:
    """Returns whether a + b is kept for testing: about one pair in ten; a + b and b + a always together. Given."""
    return zlib.crc32(f"{min(a, b)}+{max(a, b)}".encode()) % 10 == 0


class AdditionDataset(Dataset):
    """Prompts and sums. Items are `(prompt, ground_truth)`; `data` is the list of all of them.

    Args:
        tokenizer: has `encode(text)` -> list of ids, and `pad_token_id`.
        digits: 1 for the 81 sums of 1..9 and 1..9; 2 for the 8,100 sums of 10..99 and 10..99.
        split: "all", "train" (without the held-out pairs) or "test" (only the held-out pairs).
    """

    def __init__(self, tokenizer: Any, digits: int = 1, split: str = "all"):
        """Fills `data` in order, a in the outer loop. Given."""
        if digits not in (1, 2) or split not in ("all", "train", "test"):
            raise ValueError(f"digits={digits!r} must be 1 or 2, split={split!r} 'all', 'train' or 'test'")
        self.tokenizer = tokenizer
        operands = range(10 ** (digits - 1), 10**digits)
        self.data: list[tuple[str, int]] = [
            (TEMPLATE.format(a=a, b=b), a + b)
            for a in operands
            for b in operands
            if split == "all" or is_held_out(a, b) == (split == "test")
        ]

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> tuple[str, int]:
        return self.data[index]

    def get_batch(
        self, prompts: Sequence[str], responses: Sequence[Tensor], device: torch.device | str | None = None
    ) -> tuple[Int[Tensor, "batch length"], Int[Tensor, "batch length"]]:
        """Returns (ids, mask): prompts and responses in one rectangle to train on, both int64, on `device`.

        Args:
            prompts: one text per row.
            responses: the token ids of one response per row, 1-D, with its EOS unless it was cut off.

        A row of ids is the encoded prompt, the response, and padding on the right up to the longest row. The mask is 1
        on the tokens of the response (its EOS too) and 0 on prompt and padding. Make it from lengths: if the padding
        token is also the EOS token, comparing ids would lose the true EOS.
        """
        # > Encode each prompt; join prompt and response.
        # > Pad on the right with the tokenizer's padding token.
        # > The mask has a 0 for each prompt token, a 1 for each response token, 0 for padding.
        rows, masks = [], []
        for prompt, response in zip(prompts, responses, strict=True):
            prompt_ids = self.tokenizer.encode(prompt)
            rows.append(torch.tensor(prompt_ids + response.tolist()))
            masks.append(torch.tensor([0] * len(prompt_ids) + [1] * len(response)))
        ids = pad_sequence(rows, batch_first=True, padding_value=self.tokenizer.pad_token_id)
        mask = pad_sequence(masks, batch_first=True)
        return ids.to(device), mask.to(device)
