"""Prompts with several responses each, as token ids.

A line of the data file is one prompt, with responses to it and their rewards:

    {"prompt": "2+3=", "responses": ["5", "6"], "rewards": [1.0, 0.0], "answer": 5}

`rewards` may be missing: the trainer then computes them. `responses` may be missing too: the model then writes its own.
Left out on purpose: files larger than memory, chat messages, caching.
"""

from pathlib import Path
from typing import Any

import torch
from lesson13_grpo.given.rows import read_rows
from torch.utils.data import Dataset

DATASET_COLUMNS = ("prompt", "prompt_ids", "responses", "response_ids", "rewards")  # others are the data file's


class GRPODataset(Dataset):
    """The rows of a JSON Lines file as token ids.

    Args:
        data_path: the file. Reading and checking it is given, in given/rows.py.
        tokenizer: has `encode(text, add_special_tokens=True)`, which returns a list of ids, and `eos_token_id`.
        num_samples: the maximum number of responses used per row, at least 1.
        max_length: the maximum number of tokens of prompt + response, at least 2.
    """

    def __init__(self, data_path: str | Path, tokenizer: Any, num_samples: int = 4, max_length: int = 2048):
        """Reads the file. Given."""
        if num_samples < 1 or max_length < 2:
            raise ValueError(f"num_samples must be at least 1 and max_length at least 2: {num_samples}, {max_length}")
        self.rows = read_rows(data_path)
        self.tokenizer, self.num_samples, self.max_length = tokenizer, num_samples, max_length

    def __len__(self) -> int:
        """Returns the number of rows. Given."""
        return len(self.rows)

    def __getitem__(self, idx: int) -> dict[str, Any]:
        """Returns row `idx` (`self.rows[idx]`, a dict) with token ids:

        prompt, responses: the texts; only the first num_samples responses. None if the row has no responses.
        prompt_ids: (P,) int64, the encoded prompt, with the special tokens that the tokenizer adds.
        response_ids: list of (T_i,) int64, each an encoded response, without special tokens, and then EOS.
            None if the row has no responses.
        rewards: (n,) float32, only the first num_samples. None if the row has no rewards.
        Every other column of the row, unchanged.

        A prompt that is too long loses its beginning: it keeps its last max_length - 1 tokens. A response that is too
        long loses its end: it keeps the first max_length - P of its tokens, EOS included. So a cut response has no EOS.
        """
        # Prompt: encode, keep the last max_length - 1 tokens.
        # Responses: the first num_samples; encode without special tokens, append EOS, keep what fits.
        # Rewards: the first num_samples, as float32.
        raise NotImplementedError("not written yet: exercise 13.1, data/grpo_dataset.py:GRPODataset.__getitem__")


def collate(items: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """Returns one dict of lists: `batch["prompt_ids"][i]` is `items[i]["prompt_ids"]`.

    Nothing is padded or stacked. A column that an item lacks is None there. Given.
    """
    names = dict.fromkeys(name for item in items for name in item)
    return {name: [item.get(name) for item in items] for name in names}
