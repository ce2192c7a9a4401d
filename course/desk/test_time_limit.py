"""How long a test of the learner's own code may take: after a while the running line is shown, later it is stopped.

Nothing is stopped if the system knows no alarms (Windows); the line is shown there, too.
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
SHOWN_AFTER = 0.25  # the share of them after which the line is shown


@contextmanager
def limited(seconds: float, terminal: int | None) -> Iterator[None]:
    """While inside: shows the running line on the file descriptor `terminal`, and raises TooLate after `seconds`."""
    timer = threading.Timer(seconds * SHOWN_AFTER, show_running_line, (threading.get_ident(), terminal))
    timer.daemon = True
    if terminal is not None:
        timer.start()
    try:
        with time_limit.until(time.monotonic() + seconds), time_limit.may_ring():
            yield
    except time_limit.TooLate as error:
        error.args = (f"no end after {seconds:g} seconds; is there a loop that never ends?",)
        raise
    finally:
        timer.cancel()


def show_running_line(thread: int, terminal: int) -> None:
    if place := running_line(thread):
        with contextlib.suppress(OSError):
            os.write(terminal, f"\nstill running: {place}\n".encode())


def running_line(thread: int) -> str | None:
    """ "loss/grpo.py:38, in sequence_log_probs": the innermost line of a lesson that the thread is at."""
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
