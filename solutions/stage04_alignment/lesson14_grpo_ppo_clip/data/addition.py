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
        self.tokenizer = tokenizer
        self.data: list[tuple[str, int]] = []
        # > Check digits and split.
        # > For a and b, each from the smallest to the largest number of that many digits (a in the outer loop),
        # > keep the pairs that belong to the split, as (prompt, sum); TEMPLATE gives the prompt.
        if digits not in (1, 2):
            raise ValueError(f"digits must be 1 or 2, not {digits!r}")
        if split not in ("all", "train", "test"):
            raise ValueError(f"split must be 'all', 'train' or 'test', not {split!r}")
        operands = range(10 ** (digits - 1), 10**digits)
        for a in operands:
            for b in operands:
                if split == "all" or (split == "test") == is_held_out(a, b):
                    self.data.append((TEMPLATE.format(a=a, b=b), a + b))

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
        # > Encode each prompt; join prompt and response.
        # > Pad on the right with the tokenizer's padding token.
        # > The mask has a 0 for each prompt token, a 1 for each response token, 0 for padding.
        if len(prompts) != len(responses):
            raise ValueError(f"as many responses as prompts are needed, not {len(responses)} for {len(prompts)}")
        rows, masks = [], []
        for prompt, response in zip(prompts, responses, strict=True):
            prompt_ids = torch.tensor(self.tokenizer.encode(prompt), dtype=torch.int64)
            rows.append(torch.cat([prompt_ids, response.cpu()]))
            masks.append(torch.cat([torch.zeros_like(prompt_ids), torch.ones_like(response.cpu())]))
        ids = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=self.tokenizer.pad_token_id)
        mask = torch.nn.utils.rnn.pad_sequence(masks, batch_first=True, padding_value=0)
        return ids.to(device), mask.to(device)
