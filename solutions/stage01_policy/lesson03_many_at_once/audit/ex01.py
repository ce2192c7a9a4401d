"""Exercise 03.1, left_pad: what people get wrong, other right answers, and the shortest right one."""

import torch
from torch import nn

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

wrong("The padding is on the right: the last column of a short prompt is padding, and no token can follow there.", {
    "ids[row, columns - len(prompt):] = prompt": "ids[row, :len(prompt)] = prompt",
    "mask[row, columns - len(prompt):] = True": "mask[row, :len(prompt)] = True",
})  # fmt: skip

wrong("Padding is found by its id. A prompt may hold the same id, such as EOS, as a token.", {
    "return ids, mask": "return ids, ids != pad_id",
})  # fmt: skip

wrong("The padding gets id 0 instead of pad_id.", {
    "ids = torch.full((len(prompts), columns), pad_id, device=prompts[0].device)":
        "ids = torch.zeros(len(prompts), columns, dtype=torch.int64)",
})  # fmt: skip


@right("torch's pad_sequence on reversed rows, turned back")
def left_pad(prompts, pad_id):
    def padded(rows, value):
        return nn.utils.rnn.pad_sequence([row.flip(0) for row in rows], batch_first=True, padding_value=value).flip(1)

    return padded(prompts, pad_id), padded([torch.ones_like(p, dtype=torch.bool) for p in prompts], False)


@right("one row after the other")
def left_pad_by_row(prompts, pad_id):
    missing = [max(map(len, prompts)) - len(prompt) for prompt in prompts]
    ids = [torch.cat([prompt.new_full((n,), pad_id), prompt]) for n, prompt in zip(missing, prompts, strict=True)]
    return torch.stack(ids), torch.arange(len(ids[0])) >= torch.tensor(missing)[:, None]


@core("with lists")
def left_pad_with_lists(prompts, pad_id):
    width = max(len(p) for p in prompts)
    ids = torch.tensor([[pad_id] * (width - len(p)) + p.tolist() for p in prompts])
    return ids, torch.tensor([[False] * (width - len(p)) + [True] * len(p) for p in prompts])
