"""Ctrl-C in two steps: the first asks the run to stop when it has finished what it is doing, the second stops it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any


class Stop:
    """`with Stop(say) as stop:` sets stop.wanted at the first Ctrl-C and calls say with one sentence."""

    def __init__(self, say: Callable[[str], None]):
        self.say, self.wanted = say, False
        self.before: Any = None

    def __enter__(self) -> Stop:
        if threading.current_thread() is threading.main_thread():  # signals can be handled only there
            self.before = signal.signal(signal.SIGINT, self._asked)
        return self

    def __exit__(self, *_anything: Any) -> None:
        if self.before is not None:
            signal.signal(signal.SIGINT, self.before)

    def _asked(self, _number: int, _frame: FrameType | None) -> None:
        if self.wanted:
            raise KeyboardInterrupt
        self.wanted = True
        self.say("stopping after this step; Ctrl-C again stops at once")


def end_silently() -> None:
    """For the processes of a pool: Ctrl-C ends them without a traceback. The parent reports it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
