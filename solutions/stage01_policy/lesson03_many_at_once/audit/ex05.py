"""Exercise 03.5, attend: what people get wrong, other right answers, and the shortest right one."""

from torch.nn import functional as F

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

MASKED = "scores.masked_fill(~visible[:, None], torch.finfo(scores.dtype).min)"
UPDATE = "keys, values = cache.update(layer, keys, values)"

wrong("The scores are not divided by the root of the width.", {
    "queries @ keys.transpose(-1, -2) / queries.shape[-1] ** 0.5": "queries @ keys.transpose(-1, -2)",
})  # fmt: skip

wrong("Masked scores are -inf. A query that sees nothing becomes NaN, and the next layer spreads it: 0 * NaN is NaN.", {
    MASKED: "scores.masked_fill(~visible[:, None], -torch.inf)",
})  # fmt: skip

wrong("Masked scores are 0. That is a score like any other; its weight is exp(0).", {
    MASKED: "scores.masked_fill(~visible[:, None], 0.0)",
})  # fmt: skip

wrong("The number for what is hidden is fixed; float16 has none below -65504. torch.finfo(dtype).min always fits.", {
    "torch.finfo(scores.dtype).min": "-1e9",
})  # fmt: skip

wrong("The mask is put on the weights after the softmax: what is left does not sum to 1.", {
    MASKED: "scores",
    "scores.softmax(-1) @ values": "scores.softmax(-1).masked_fill(~visible[:, None], 0.0) @ values",
})  # fmt: skip

wrong("The softmax runs over the queries; it must run over the columns.", {"scores.softmax(-1)": "scores.softmax(-2)"})

wrong("The mask is not used if there is a cache: parts of several columns see their own future, and padding.", {
    MASKED: "scores.masked_fill(~visible[:, None] & (cache is None), torch.finfo(scores.dtype).min)",
})  # fmt: skip

wrong("visible has no dimension for the heads: without one, the rows of the mask meet the heads.", {
    "~visible[:, None]": "~visible if len(visible) in (1, scores.shape[1]) else ~visible[:, None]",
})  # fmt: skip

wrong("The layer is not passed on to the cache: all layers share layer 0.", {
    "cache.update(layer, keys, values)": "cache.update(0, keys, values)",
})  # fmt: skip

right("-inf, and weights of 0 for a query that sees nothing", {
    MASKED: "scores.where(visible.unsqueeze(1), -torch.inf)",
    "scores.softmax(-1)": "scores.softmax(-1).nan_to_num(0.0)",
})  # fmt: skip

core("a large number for what is hidden, which half precision does not have", {
    "torch.finfo(scores.dtype).min": "-1e9",
})  # fmt: skip


@right("torch's own attention")
def attend_with_torch(queries, keys, values, visible, cache=None, layer=0):
    if cache is not None:
        keys, values = cache.update(layer, keys, values)
    nothing = ~visible.any(-1, keepdim=True)
    return F.scaled_dot_product_attention(queries, keys, values, attn_mask=(visible | nothing)[:, None])
