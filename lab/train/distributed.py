"""Several processes that train one model together: each has a copy of it, does its share of every batch, and the
gradients are added up. torch.distributed alone; whoever sets RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT, as
`accelerate launch` and `torchrun` do, has started them.

What one process would sample and learn, several do: each random draw belongs to a place in the whole batch.
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
    """This process among its fellows. A single one does nothing and needs nothing."""

    def __init__(self, rank: int = 0, count: int = 1):
        self.rank, self.count = rank, count

    @property
    def first(self) -> bool:
        """Whether this one writes the files and shows the progress."""
        return self.rank == 0

    def mine(self, count: int) -> list[int]:
        """The numbers below `count` that fall to this process."""
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

    def everyone(self, value: Any) -> list[Any]:
        """What each process has given, in their order."""
        if self.count == 1:
            return [value]
        found: list[Any] = [None] * self.count
        torch.distributed.all_gather_object(found, value)
        return found


@contextmanager
def joined() -> Iterator[Processes]:
    """The processes that the launcher's environment tells of. Raises UsageError where that is incomplete, or where a
    fellow is lost on the way."""
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
            f"process {rank} of {count} has lost another one, which was stopped or has failed (its own message says "
            "why); the same command with --resume goes on after the last checkpoint"
        ) from None
    finally:
        torch.distributed.destroy_process_group()


def _is_lost(error: Exception) -> bool:
    """Whether the error comes from the connection."""
    text = str(error).lower()
    signs = ("gloo", "connection", "peer", "nccl", "broken pipe", "timed out", "socket", "store")
    return isinstance(error, torch.distributed.DistError) or any(sign in text for sign in signs)
