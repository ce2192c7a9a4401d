"""Exercise 04.2, make_batch: what people get wrong, other right answers, and the shortest right one."""

import torch
from lesson04_warm_start.data.examples import IGNORE

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

ROW = "torch.cat([prompt, completion])[:max_length]"
LABEL = "torch.cat([torch.full_like(prompt, IGNORE), completion])[:max_length]"
RETURN = "return pad(rows, batch_first=True, padding_value=pad_id), pad(labels, batch_first=True, padding_value=IGNORE)"
PADDED = "ids = pad(rows, batch_first=True, padding_value=pad_id)\n"

wrong("The prompt's tokens have labels: the model learns to write prompts.", {LABEL: ROW})

wrong("Every label that equals pad_id is removed. If padding has the id of EOS, the model never learns to stop.", {
    RETURN: PADDED + "labels = pad(labels, batch_first=True, padding_value=IGNORE)\n"
            "return ids, labels.masked_fill(ids == pad_id, IGNORE)",
})  # fmt: skip

wrong("The padding has labels: the model learns to write padding.", {
    "pad(labels, batch_first=True, padding_value=IGNORE)": "pad(labels, batch_first=True, padding_value=pad_id)",
})  # fmt: skip

wrong("The labels are shifted already; the loss shifts them a second time.", {
    LABEL: "torch.cat([torch.full_like(prompt, IGNORE), completion, torch.tensor([IGNORE])])[1 : max_length + 1]",
})  # fmt: skip

wrong("A row that is too long loses its beginning, the prompt, and not its end.", {
    ROW: "torch.cat([prompt, completion])[-max_length:]",
    LABEL: "torch.cat([torch.full_like(prompt, IGNORE), completion])[-max_length:]",
})  # fmt: skip

wrong("The label of a completion's first token is missing; the last position of the prompt predicts it.", {
    LABEL: "torch.cat([torch.full_like(prompt, IGNORE), torch.tensor([IGNORE]), completion[1:]])[:max_length]",
})  # fmt: skip

wrong("The padding is on the left; the positions of the text then change with the length of its neighbours.", {
    RETURN: "left = lambda part, value: pad([x.flip(0) for x in part], batch_first=True, padding_value=value).flip(1)\n"
            "return left(rows, pad_id), left(labels, IGNORE)",
})  # fmt: skip

wrong("A row that was cut to max_length ends with EOS: the model learns to stop in the middle.", {
    ROW: "torch.cat([torch.cat([prompt, completion])[: max_length - 1], completion[-1:]])",
    LABEL: "torch.cat([torch.cat([torch.full_like(prompt, IGNORE), completion])[: max_length - 1], completion[-1:]])",
})  # fmt: skip


@right("full tensors, filled row by row")
def make_batch(pairs, pad_id, max_length):
    width = min(max_length, max(len(p) + len(c) for p, c in pairs))
    ids, labels = torch.full((len(pairs), width), pad_id), torch.full((len(pairs), width), IGNORE)
    for i, (prompt, completion) in enumerate(pairs):
        row = torch.cat([prompt, completion])[:width]
        ids[i, : len(row)] = row
        labels[i, len(prompt) : len(row)] = row[len(prompt) :]
    return ids, labels


@right("lists of numbers, labels from the lengths")
def make_batch_from_lists(pairs, pad_id, max_length):
    rows = [(p.tolist() + c.tolist())[:max_length] for p, c in pairs]
    width = max(len(row) for row in rows)
    ids = torch.tensor([row + [pad_id] * (width - len(row)) for row in rows])
    place = torch.arange(width)
    start = torch.tensor([len(p) for p, _ in pairs])[:, None]
    end = torch.tensor([len(row) for row in rows])[:, None]
    return ids, torch.where((place >= start) & (place < end), ids, IGNORE)


@core("two calls of pad_sequence")
def make_batch_in_short(pairs, pad_id, max_length):
    pad = torch.nn.utils.rnn.pad_sequence
    ids = pad([torch.cat(pair) for pair in pairs], True, pad_id)
    labels = pad([torch.cat([p * 0 - 100, c]) for p, c in pairs], True, -100)
    return ids[:, :max_length], labels[:, :max_length]
