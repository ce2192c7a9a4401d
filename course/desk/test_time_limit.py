"""What a test of the learner's own code may take: after a while the line that is running is told, later it is stopped.

Nothing is stopped where the system knows no alarms (Windows); the line is told there, too.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from course.base import switch, time_limit

LIMIT = 60.0  # seconds for one test; the longest takes 5 on the reference
FIRST = 0.25  # the share of them after which the line is told


@contextmanager
def limited(seconds: float, out: int | None) -> Iterator[None]:
    """While inside: tells the line on the file descriptor `out`, and raises alarm.TooLate after `seconds`."""
    teller = threading.Timer(seconds * FIRST, tell, (threading.get_ident(), out))
    teller.daemon = True
    if out is not None:
        teller.start()
    try:
        with time_limit.until(time.monotonic() + seconds), time_limit.may_ring():
            yield
    except time_limit.TooLate as error:
        error.args = (f"no end after {seconds:g} seconds; is there a loop that never ends?",)
        raise
    finally:
        teller.cancel()


def tell(thread: int, out: int) -> None:
    if place := running(thread):
        with contextlib.suppress(OSError):
            os.write(out, f"\nstill running: {place}\n".encode())


def running(thread: int) -> str | None:
    """ "loss/grpo.py:38, in sequence_log_probs": the innermost line of a lesson's that the thread is at."""
    folders = [str(folder) for folder in switch.finder.folders("tutorial").values()]
    frame = sys._current_frames().get(thread)
    while frame is not None:
        code = frame.f_code
        folder = next((f for f in folders if code.co_filename.startswith(f + os.sep)), None)
        if folder and f"{os.sep}testcases{os.sep}" not in code.co_filename:
            name = os.path.relpath(code.co_filename, folder).replace(os.sep, "/")
            return f"{name}:{frame.f_lineno}, in {code.co_name}"
        frame = frame.f_back
    return None
