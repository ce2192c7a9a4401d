"""Ragged prompts as one rectangle: padding on the left, the position of each token, and what each token may look at."""

import torch
from jaxtyping import Bool, Int
from torch import Tensor

Mask = Bool[Tensor, "batch columns"]  # True for a token, False for padding. transformers' `attention_mask` has 1 and 0


def left_pad(prompts: list[Int[Tensor, "_"]], pad_id: int) -> tuple[Int[Tensor, "batch columns"], Mask]:
    """Returns (ids, mask): the prompts as one rectangle, as wide as the longest of them, and where it holds tokens.

    Shorter prompts have `pad_id` in front, so that all prompts end in the last column and new tokens go into the next.

    Args:
        prompts: a 1-D tensor of token ids for each row, at least one id. Their lengths may differ.
        pad_id: the id that stands on padding. It may be that of a token, such as EOS: a prompt may hold it.
    """
    # > The number of columns: the length of the longest prompt.
    # > Put the missing number of pad_id in front of each prompt.
    # > The mask comes from the lengths, not from the ids.
    columns = max(len(prompt) for prompt in prompts)
    ids = torch.full((len(prompts), columns), pad_id, device=prompts[0].device)
    mask = torch.zeros_like(ids, dtype=torch.bool)
    for row, prompt in enumerate(prompts):
        ids[row, columns - len(prompt) :] = prompt
        mask[row, columns - len(prompt) :] = True
    return ids, mask


def token_positions(mask: Mask) -> Int[Tensor, "batch columns"]:
    """Returns the position of each token: how many tokens of its row stand before it. Padding is not counted.

    Padding may stand anywhere, on the right too. Which position it gets does not matter, as nobody looks at it. But the
    model looks every position up in a table, so it must be at least 0 and less than the number of columns.
    """
    # > Count the tokens of the row up to each column. Before the first token there are none.
    return (mask.cumsum(-1) - 1).clamp(min=0)


def visible_columns(mask: Mask, new: int) -> Bool[Tensor, "batch new columns"]:
    """Returns which columns each of the last `new` columns may look at: those that hold a token, up to itself.
    Padding follows the same rule: on the left it may look at nothing.

    Args:
        mask: of all columns, those that are in the cache and the new ones.
        new: how many columns at the right end go through the model now. Without a cache that is all of them.
    """
    # > Number the columns. Which numbers do the new ones have?
    # > Visible is a column that holds a token and is not to the right of the new column.
    column = torch.arange(mask.shape[1], device=mask.device)  # (S,)
    query = column[mask.shape[1] - new :, None]  # (T, 1)
    return mask[:, None, :] & (column <= query)  # (B, T, S)
