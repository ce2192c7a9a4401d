"""Exercise 03.3, visible_columns: what people get wrong, other right answers, and the shortest right one."""

import torch

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

RESULT = "mask[:, None, :] & (column <= query)"
QUERY = "column[mask.shape[1] - new:, None]"

wrong("Padding is visible: only the future is hidden.", {RESULT: "(column <= query).expand(len(mask), -1, -1)"})

wrong("The future is visible: a token may look at those that come after it.", {
    RESULT: "mask[:, None, :].expand(-1, new, -1)",
})  # fmt: skip

wrong("The future is hidden only without a cache. New columns behind a cache must not see their future either.", {
    RESULT: "mask[:, None, :] & ((column <= query) | (new < mask.shape[1]))",
})  # fmt: skip

wrong("The new columns are numbered from 0, as if there were no cache in front of them.", {QUERY: "column[:new, None]"})

wrong("A column does not see itself: the newest token is not part of its own context.", {
    "column <= query": "column < query",
})  # fmt: skip

wrong("The comparison is turned around: each column sees the future and not the past.", {
    "column <= query": "column >= query",
})  # fmt: skip

wrong("The padding of the query is looked at, not that of the column: tokens see padding, and padding sees nothing.", {
    RESULT: "mask[:, mask.shape[1] - new:, None] & (column <= query)",
})  # fmt: skip

wrong("Only the new columns' own mask is used; those in the cache are hidden.", {
    RESULT: "mask[:, None, :] & (column <= query) & (column >= mask.shape[1] - new)",
})  # fmt: skip


@right("torch's lower triangle")
def visible_columns(mask, new):
    columns = mask.shape[1]
    return torch.ones(new, columns, dtype=torch.bool, device=mask.device).tril(columns - new) & mask[:, None]


@right("a loop over the new columns")
def visible_columns_by_loop(mask, new):
    visible = mask[:, None, :].repeat(1, new, 1)
    for t in range(new):
        visible[:, t, mask.shape[1] - new + t + 1 :] = False
    return visible


@core("all columns, then the last")
def visible_columns_of_all(mask, new):
    t = torch.arange(mask.shape[1])
    return (mask[:, None, :] & (t[None, :] <= t[:, None]))[:, -new:]
