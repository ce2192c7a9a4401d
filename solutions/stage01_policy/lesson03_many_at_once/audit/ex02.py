"""Exercise 03.2, token_positions: what people get wrong, other right answers, and the shortest right one."""

import torch

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

POSITIONS = "(mask.cumsum(-1) - 1).clamp(min=0)"

wrong("The columns are counted, padding included: a padded prompt gets other positions than it has alone.", {
    POSITIONS: "torch.arange(mask.shape[1]).expand(mask.shape[0], -1)",
})  # fmt: skip

wrong("All rows get the positions of the first row. Each row has its own padding.", {
    POSITIONS: "(mask.cumsum(-1) - 1).clamp(min=0)[:1].expand(mask.shape[0], -1)",
})  # fmt: skip

wrong("Positions begin with 1: cumsum counts the token itself too.", {
    POSITIONS: "mask.cumsum(-1).clamp(max=mask.shape[1] - 1)",
})  # fmt: skip

wrong("The padding has position -1, and the model's table has no such row.", {POSITIONS: "mask.cumsum(-1) - 1"})

wrong("The padding is counted, not the tokens.", {"mask.cumsum(-1)": "(~mask).cumsum(-1)"})

wrong("The count runs down the rows; it must run along the columns.", {"mask.cumsum(-1)": "mask.cumsum(0)"})

wrong("Positions are counted from the right end: the newest token would have position 0, and each step moves all.", {
    POSITIONS: "(mask.flip(-1).cumsum(-1).flip(-1) - 1).clamp(min=0)",
})  # fmt: skip

wrong("All padding of the row is subtracted. Only the padding in front of a token moves it, not that on the right.", {
    POSITIONS: "(torch.arange(mask.shape[1]) - (~mask).sum(-1, keepdim=True)).clamp(min=0)",
})  # fmt: skip


@right("the column, less the padding before it; padding has position 1, as in transformers")
def token_positions(mask):
    columns = torch.arange(mask.shape[1], device=mask.device)
    positions = columns - (~mask).cumsum(-1)
    return positions.masked_fill(~mask, min(1, mask.shape[1] - 1))


@right("a loop")
def token_positions_by_loop(mask):
    positions = torch.zeros(mask.shape, dtype=torch.int64)
    for t in range(1, mask.shape[1]):
        positions[:, t] = mask[:, :t].sum(1).clamp(max=mask.shape[1] - 1)
    return positions


@core("what stands before")
def token_positions_before(mask):
    return mask.long().cumsum(1) - mask.long() if mask.all() else (mask.long().cumsum(1) - 1) * mask
