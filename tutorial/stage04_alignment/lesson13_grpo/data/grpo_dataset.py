"""Prompts with several responses each, read from a JSON Lines file.

A row is one prompt with the responses that were given to it, and their rewards:

    {"prompt": "2+3=", "responses": ["5", "6"], "rewards": [1.0, 0.0], "answer": 5}

`responses` and `rewards` may each be missing: responses alone are scored during training, and for a prompt
alone the model writes its own. Left out on purpose: files larger than memory, chat messages, caching.
"""

import json
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import Dataset


class GRPODataset(Dataset):
    """Rows of a JSON Lines file as token ids.

    Args:
        data_path: the file, UTF-8, one JSON object a line. Blank lines, Windows line ends and a byte order
            mark at the start are fine, and so is any character inside a string.
        tokenizer: has `encode(text, add_special_tokens=...)` -> list of ids, and `eos_token_id`.
        num_samples: at most so many responses (and their rewards) of a row are used: the first ones. At least 1.
        max_length: bound on the tokens of prompt + response, at least 2.

    Raises, when it is made:
        FileNotFoundError: there is no such file; the message names it.
        ValueError: num_samples or max_length is too small (the message names it), there are no rows (the message
            names the file), or a row is bad. Then the message names the file, the line (from 1, blank lines count)
            and what was expected there, such as
            "train.jsonl line 3: expected a key 'prompt' with a non-empty string".
            A row is bad if it is not a JSON object, has no non-empty string `prompt`, has `responses` that are
            not a non-empty list of strings, has `rewards` that are not a non-empty list of numbers that are
            finite in float32 (true and false are not numbers), or has both, but not equally many. A null counts as
            missing. (Python's json reads NaN, Infinity and integers of any size, and raises RecursionError, not
            ValueError, where brackets nest too deeply.)
    """

    def __init__(self, data_path: str | Path, tokenizer: Any, num_samples: int = 4, max_length: int = 2048):
        # Check the two bounds.
        # Read the file line by line, as bytes or text split at line feeds only (str.splitlines would also
        # split at characters such as U+2028 that may stand inside a JSON string). Skip blank lines.
        # Check every row now, not when it is used: one ValueError that names file, line and expectation.
        # Keep the rows in a list; no row at all is an error too.
        raise NotImplementedError("not written yet: exercise 13.1, data/grpo_dataset.py:GRPODataset")

    def __len__(self) -> int:
        """The number of rows."""
        raise NotImplementedError("not written yet: exercise 13.1, data/grpo_dataset.py:GRPODataset")

    def __getitem__(self, idx: int) -> dict[str, Any]:
        """Row `idx` as a dict:

        prompt_ids: (P,) int64, the encoded prompt, with the special tokens that the tokenizer adds in front.
        response_ids: list of (T_i,) int64, each the encoded response and then EOS; None without responses.
        rewards: (n,) float32; None without rewards.
        prompt, responses: the texts (responses cut to num_samples; None where missing).
        Every other column of the row is passed through unchanged.

        Length: a prompt keeps at most its last max_length - 1 tokens (it loses its beginning). A response with
        its EOS keeps the first max_length - P tokens (it loses its end, so that a cut response has no EOS).
        """
        # Prompt: encode, keep the last max_length - 1 tokens.
        # Responses: the first num_samples; encode without special tokens, append EOS, keep what still fits.
        # Rewards: the first num_samples, as float32.
        raise NotImplementedError("not written yet: exercise 13.1, data/grpo_dataset.py:GRPODataset")


def collate(items: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """Turns a list of items into one dict of lists: `batch["prompt_ids"][i]` is `items[i]["prompt_ids"]`.

    Groups differ in size and responses in length, so nothing is stacked here; padding happens where the model
    is called. A column that only some items have is None for the others; the items themselves stay as they are.
    Made for DataLoader's `collate_fn`. Raises ValueError for an empty list of items.
    """
    # Collect the names of all columns that occur, in any item.
    # For each name, the list of the items' values, None where an item has no such column.
    raise NotImplementedError("not written yet: exercise 13.3, data/grpo_dataset.py:collate")
