"""Metrics for TensorBoard, whose package is not among the course's own: a message says how to install it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from course.base.errors import UsageError


class TensorBoardLog:
    """Writes the numbers of each step below `folder`."""

    def __init__(self, folder: Path):
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            raise UsageError(
                "tensorboard=true needs the package tensorboard (pip install tensorboard); metrics.jsonl has the same "
                "numbers without it"
            ) from None
        self.make, self.folder = SummaryWriter, folder
        self.writer: Any = None

    def log(self, step: int, metrics: dict[str, float]) -> None:
        if self.writer is None:  # not before: an earlier run's folder is moved aside first
            self.writer = self.make(str(self.folder), purge_step=step)
        for name, value in metrics.items():
            self.writer.add_scalar(name, value, step)
        self.writer.flush()
