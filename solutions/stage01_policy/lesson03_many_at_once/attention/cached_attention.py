"""Attention that remembers: the keys and values of past columns are kept, so that each column is computed once.

Left out: what makes it fast on a GPU. Here each new column copies the cache; engines allocate its memory in advance.
"""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

NewColumns = Float[Tensor, "batch heads new width"]  # of the columns that go through the model now, for each head
AllColumns = Float[Tensor, "batch heads columns width"]  # of all columns so far, the new ones last


class KVCache:
    """The keys and values of all columns that a model has seen, for each of its layers 0, 1, 2, ..."""

    def __init__(self):
        # > A new cache is empty: there is no layer yet, and no column.
        self.layers: dict[int, tuple[Tensor, Tensor]] = {}  # layer -> keys and values, (B, H, S, D) each

    def update(self, layer: int, keys: NewColumns, values: NewColumns) -> tuple[AllColumns, AllColumns]:
        """Appends the keys and values of new columns to those of this layer. Returns those of all columns of this
        layer, the oldest first. The first update of a layer finds no column."""
        # > Append along the columns, store, and return what is stored.
        if layer in self.layers:
            past_keys, past_values = self.layers[layer]
            keys, values = torch.cat([past_keys, keys], dim=2), torch.cat([past_values, values], dim=2)
        self.layers[layer] = keys, values
        return keys, values

    def repeat(self, times: int) -> None:
        """Makes `times` rows of each row, in all layers: row i becomes the rows i * times to i * times + times - 1.
        So a prompt is computed once, however many completions it gets."""
        # > Keys and values of each layer, along the rows.
        for layer, (keys, values) in self.layers.items():
            self.layers[layer] = keys.repeat_interleave(times, dim=0), values.repeat_interleave(times, dim=0)

    def select(self, rows: Int[Tensor, "kept"]) -> None:
        """Keeps the rows with these indices, in this order, in all layers. The others are forgotten."""
        # > Keys and values of each layer, along the rows.
        for layer, (keys, values) in self.layers.items():
            self.layers[layer] = keys[rows], values[rows]


def attend(
    queries: NewColumns,
    keys: NewColumns,
    values: NewColumns,
    visible: Bool[Tensor, "batch new columns"],
    cache: KVCache | None = None,
    layer: int = 0,
) -> NewColumns:
    """Returns the attention of the new columns: for each query the mean of the values that it may look at, weighted by

        softmax over visible columns s of  q . k_s / sqrt(width)

    Args:
        visible: which columns each new column may look at, the same for all heads; from `visible_columns`.
        cache: if there is one, the columns are those of the cache and then the new ones, and the new ones are added to
            it. Otherwise the columns are the new ones.
        layer: which layer of the cache.

    A query that may look at nothing (padding) gets numbers that nobody reads. They must be finite: in the next layer
    they have the weight 0, and 0 * NaN is NaN. Hardening: in half precision, too. float16 has no number below -65504.

    Source: Vaswani et al., arXiv 1706.03762, equation 1.
    """
    # > With a cache: add the new keys and values to it, and go on with those of all columns.
    # > The score of each pair of query and key, divided by the square root of the width.
    # > Scores of columns that are not visible become the smallest finite number: their weight is then 0.
    # > Softmax over the columns; the weighted sum of the values.
    if cache is not None:
        keys, values = cache.update(layer, keys, values)
    scores = queries @ keys.transpose(-1, -2) / queries.shape[-1] ** 0.5  # (B, H, T, S)
    scores = scores.masked_fill(~visible[:, None], torch.finfo(scores.dtype).min)
    return scores.softmax(-1) @ values
