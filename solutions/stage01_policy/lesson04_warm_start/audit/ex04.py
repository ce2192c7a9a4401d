"""Exercise 04.4, sft_update: what people get wrong, other right answers, and the shortest right one."""

import torch
from lesson04_warm_start.data.examples import IGNORE
from lesson04_warm_start.loss.sft import sft_loss

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

CLEAR = "optimizer.zero_grad()"
LOSS = "loss = sft_loss(model(part_ids).logits, part_labels, count)"
STEP = "optimizer.step()"
SIZE = "size = micro_batch_size or len(ids)"
COUNT = "count = (labels != IGNORE).sum().item()"

wrong("Each part is divided by its own number of labels, so the gradients add up to several times that of the batch.", {
    LOSS: "loss = sft_loss(model(part_ids).logits, part_labels)",
})  # fmt: skip

wrong("The parts are weighed by their rows; a part with many labels must weigh more than one with few.", {
    LOSS: "loss = sft_loss(model(part_ids).logits, part_labels) * len(part_ids) / len(ids)",
})  # fmt: skip

wrong("The gradients are not cleared: those of earlier batches are in the step.", {CLEAR: ""})

wrong("The gradients are cleared before each part: only the last part is learned.", {
    CLEAR: "",
    LOSS: "optimizer.zero_grad()\n" + LOSS,
})  # fmt: skip

wrong("There is a step after each part; it should be one step for the whole batch.", {
    STEP: "",
    "total += loss.item()": "total += loss.item()\noptimizer.step()\noptimizer.zero_grad()",
})  # fmt: skip

wrong("The loss of the last part is returned, not that of the batch.", {"total += loss.item()": "total = loss.item()"})

wrong("The whole batch goes through the model at once, whatever micro_batch_size says: no memory is saved.", {
    SIZE: "size = len(ids)",
})  # fmt: skip

wrong("The model is in training mode afterwards, whatever it was before.", {COUNT: "model.train()\n" + COUNT})


@right("the mean of each part is scaled by its share of the labels")
def sft_update(model, optimizer, ids, labels, micro_batch_size=0):
    model.zero_grad()
    whole, total = (labels[:, 1:] != IGNORE).sum(), 0.0
    for start in range(0, len(ids), micro_batch_size or len(ids)):
        rows = slice(start, start + (micro_batch_size or len(ids)))
        share = (labels[rows, 1:] != IGNORE).sum() / whole.double()
        loss = sft_loss(model(ids[rows]).logits, labels[rows]) * share
        loss.backward()
        total += float(loss)
    optimizer.step()
    return total


@right("one row at a time, if parts are asked for; clears the gradients at the end as well")
def sft_update_row_by_row(model, optimizer, ids, labels, micro_batch_size=0):
    count, losses = (labels != IGNORE).sum(), []
    optimizer.zero_grad(set_to_none=True)
    for part in torch.arange(len(ids)).split(1 if micro_batch_size else len(ids)):
        losses.append(sft_loss(model(ids[part]).logits, labels[part], count))
        losses[-1].backward()
    optimizer.step()
    optimizer.zero_grad()
    return sum(losses).item()


@core("without a name for anything")
def sft_update_in_short(model, optimizer, ids, labels, micro_batch_size=0):
    optimizer.zero_grad()
    total = 0
    for i in range(0, len(ids), micro_batch_size or len(ids)):
        part = slice(i, i + (micro_batch_size or len(ids)))
        loss = sft_loss(model(ids[part]).logits, labels[part], (labels != -100).sum())
        loss.backward()
        total += loss.item()
    optimizer.step()
    return total
