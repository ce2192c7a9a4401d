"""One optimizer update by imitation. The loop around it, with its learning rate, is in given/fit.py."""

from typing import Any

from lesson04_warm_start.data.examples import IGNORE, Rows
from lesson04_warm_start.loss.sft import sft_loss
from torch import nn


def sft_update(model: nn.Module, optimizer: Any, ids: Rows, labels: Rows, micro_batch_size: int = 0) -> float:
    """Makes one optimizer step on `sft_loss` of the whole batch, and returns that loss, as it was before the step.

    The batch goes through the model in parts of `micro_batch_size` rows (0: all rows at once; the last part may be
    smaller). That saves memory and changes nothing else: gradient and loss are those of the whole batch, even if the
    parts have different numbers of labels. No part is larger than asked for.

    Args:
        model: called as `model(ids)`, returns `.logits` of shape (batch, tokens, vocab). Its mode, train or eval, is
            the caller's business and stays as it is.
        optimizer: has `zero_grad()` and `step()`. Gradients that are left from before must not count.
        ids, labels: of `make_batch`.
    """
    # > How many labels does the whole batch have?
    # > Clear the gradients once. For each part: its sft_loss with that number as denominator, backward.
    # > One step. The losses of the parts add up to that of the batch.
    count = (labels != IGNORE).sum().item()
    size = micro_batch_size or len(ids)
    total = 0.0
    optimizer.zero_grad()
    for part_ids, part_labels in zip(ids.split(size), labels.split(size), strict=True):
        loss = sft_loss(model(part_ids).logits, part_labels, count)
        loss.backward()
        total += loss.item()
    optimizer.step()
    return total
