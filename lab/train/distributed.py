"""Several processes that train one model together. Each has a copy and does its share of every batch; gradients are
summed. `accelerate launch` and `torchrun` start them and set RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT.

Several processes sample and learn the same as one, because each random draw belongs to a place in the whole batch.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import torch
from torch import Tensor, nn

from course.base.errors import UsageError


class Processes:
    """This process's rank, and communication with the others. With one process, nothing is communicated."""

    def __init__(self, rank: int = 0, count: int = 1):
        self.rank, self.count = rank, count

    @property
    def first(self) -> bool:
        """Whether this process writes the files and shows the progress."""
        return self.rank == 0

    def share(self, count: int) -> list[int]:
        """This process's part of the numbers below `count`."""
        return list(range(self.rank, count, self.count))

    def add(self, value: float) -> float:
        """The sum over all processes."""
        return value if self.count == 1 else self.add_tensor(torch.tensor(value, dtype=torch.float64)).item()

    def add_tensor(self, x: Tensor) -> Tensor:
        """Replaces x by its sum over all processes."""
        if self.count > 1:
            torch.distributed.all_reduce(x)
        return x

    def add_gradients(self, model: nn.Module) -> None:
        for p in model.parameters():
            if p.grad is not None:
                self.add_tensor(p.grad)

    def gather(self, value: Any) -> list[Any]:
        """The values of all processes, by rank. Waits for all of them."""
        if self.count == 1:
            return [value]
        found: list[Any] = [None] * self.count
        torch.distributed.all_gather_object(found, value)
        return found


@contextmanager
def joined() -> Iterator[Processes]:
    """The processes that the launcher's environment describes. Raises UsageError if a variable is missing, or if
    another process is lost during the run."""
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        yield Processes()
        return
    missing = [name for name in ("RANK", "MASTER_ADDR", "MASTER_PORT") if name not in os.environ]
    if missing:
        raise UsageError(
            f"WORLD_SIZE is {count}, but {', '.join(missing)} is not set; start with accelerate launch or torchrun"
        )
    rank = int(os.environ["RANK"])
    backend = "gloo"
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", rank)))
        backend = "cpu:gloo,cuda:nccl"
    torch.distributed.init_process_group(backend, rank=rank, world_size=count, timeout=timedelta(minutes=30))
    try:
        yield Processes(rank, count)
    except RuntimeError as error:
        if isinstance(error, NotImplementedError) or not _is_lost(error):
            raise
        raise UsageError(
            f"process {rank} of {count} has lost another one, which was stopped or has failed (see its own message); "
            "the same command with --resume continues after the last checkpoint"
        ) from None
    finally:
        torch.distributed.destroy_process_group()


def _is_lost(error: Exception) -> bool:
    """Whether the error comes from the connection to another process."""
    text = str(error).lower()
    signs = ("gloo", "connection", "peer", "nccl", "broken pipe", "timed out", "socket", "store")
    return isinstance(error, torch.distributed.DistError) or any(sign in text for sign in signs)
