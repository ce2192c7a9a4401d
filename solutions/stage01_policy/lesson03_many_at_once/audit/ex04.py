"""Exercise 03.4, KVCache: what people get wrong, other right answers, and the shortest right one."""

import torch

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

APPEND = "keys, values = torch.cat([past_keys, keys], dim=2), torch.cat([past_values, values], dim=2)"
REPEAT = "self.layers[layer] = keys.repeat_interleave(times, dim=0), values.repeat_interleave(times, dim=0)"
SELECT = "self.layers[layer] = keys[rows], values[rows]"

wrong("All layers share one place: each layer gets the columns of the layer before it, too.", {
    "if layer in self.layers:": "layer = 0\nif layer in self.layers:",
})  # fmt: skip

wrong("The newest columns come first; the oldest must, or nothing agrees with the mask.", {
    APPEND: "keys, values = torch.cat([keys, past_keys], dim=2), torch.cat([values, past_values], dim=2)",
})  # fmt: skip

wrong("Only the new columns are returned: the model would forget all columns before them.", {
    "self.layers[layer] = keys, values\nreturn keys, values": "self.layers[layer] = keys, values\nreturn new",
    "if layer in self.layers:": "new = keys, values\nif layer in self.layers:",
})  # fmt: skip

wrong("What is returned is not stored: the next update finds only the first columns.", {
    "self.layers[layer] = keys, values\nreturn keys, values":
        "self.layers.setdefault(layer, (keys, values))\nreturn keys, values",
})  # fmt: skip

wrong("The whole batch is repeated, as 0 1 0 1. The copies of a row must stand together, as 0 0 1 1.", {
    REPEAT: "self.layers[layer] = keys.repeat(times, 1, 1, 1), values.repeat(times, 1, 1, 1)",
})  # fmt: skip

wrong("select keeps the right rows in the old order; the order of the indices counts.", {
    SELECT: "rows = rows.sort().values\nself.layers[layer] = keys[rows], values[rows]",
})  # fmt: skip

wrong("select keeps the rows of the keys only; the values keep all rows.", {
    SELECT: "self.layers[layer] = keys[rows], values",
})  # fmt: skip

wrong("The store belongs to the class: all caches share it, and a new one begins with the columns of an old one.", {
    "self.layers: dict[int, tuple[Tensor, Tensor]] = {}":
        "KVCache.shared = vars(KVCache).get('shared', {})\nself.layers = KVCache.shared",
})  # fmt: skip


@right("two lists, as in transformers before version 5")
class KVCache:
    def __init__(self):
        self.k, self.v = [], []

    def update(self, layer, keys, values):
        for store, new in ((self.k, keys), (self.v, values)):
            if layer == len(store):
                store.append(new)
            else:
                store[layer] = torch.cat((store[layer], new), -2)
        return self.k[layer], self.v[layer]

    def repeat(self, times):
        self.k, self.v = ([torch.repeat_interleave(x, times, 0) for x in store] for store in (self.k, self.v))

    def select(self, rows):
        self.k, self.v = ([x.index_select(0, rows) for x in store] for store in (self.k, self.v))


right("a repeat is a selection", {
    SELECT: "self.layers[layer] = keys.index_select(0, rows), values.index_select(0, rows)",
    REPEAT: "rows = torch.arange(len(keys)).repeat_interleave(times)\nself.layers[layer] = keys[rows], values[rows]",
})  # fmt: skip


@core("one tensor for both")
class CacheOfPairs:
    def __init__(self):
        self.pairs = {}

    def update(self, layer, keys, values):
        new = torch.stack([keys, values])
        self.pairs[layer] = torch.cat([self.pairs[layer], new], 3) if layer in self.pairs else new
        return tuple(self.pairs[layer])

    def repeat(self, times):
        self.pairs = {layer: pair.repeat_interleave(times, 1) for layer, pair in self.pairs.items()}

    def select(self, rows):
        self.pairs = {layer: pair[:, rows] for layer, pair in self.pairs.items()}
