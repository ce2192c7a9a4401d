"""Stops code that runs past a deadline, on systems that have alarms (not Windows)."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class TooLate(BaseException):
    """Not an Exception: the code that is broken off may catch those."""


_ringing = [False]  # whether the alarm may break off what is running at this moment


@contextmanager
def until(deadline: float) -> Iterator[None]:
    """While inside, TooLate is raised soon after `deadline` (of time.monotonic), in parts under `may_ring` alone.

    An alarm that was set before goes on afterwards.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(number, frame):
        if _ringing[0] and not _imports(frame):
            raise TooLate

    started = time.monotonic()
    handler = signal.signal(signal.SIGALRM, ring)
    # Again and again: the code that is broken off may catch even this.
    rest, interval = signal.setitimer(signal.ITIMER_REAL, max(0.01, deadline - started), 0.05)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        if rest:
            signal.setitimer(signal.ITIMER_REAL, max(0.01, rest - (time.monotonic() - started)), interval)


HANGS = 20  # times the seconds that a part may compute: on the clock, so that code that waits ends too


@contextmanager
def computing(seconds: float) -> Iterator[None]:
    """While inside, TooLate is raised once this process has computed for so long, in parts under `may_ring` alone.

    Processor time, so that a busy machine changes nothing. Whatever computes nothing is broken off by the clock.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(number, frame):
        if _ringing[0] and not _imports(frame):
            raise TooLate

    handler = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, max(0.01, seconds), 0.05)
    try:
        with until(time.monotonic() + HANGS * seconds):
            yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, handler)


_quiet = [False]


@contextmanager
def quiet() -> Iterator[None]:
    """A part that `own_work` does not break off: half of a question must not be left behind."""
    before, _quiet[0] = _quiet[0], True
    try:
        yield
    finally:
        _quiet[0] = before


@contextmanager
def own_work(seconds: float) -> Iterator[None]:
    """While inside, TooLate is raised once this process itself has computed for so long; waiting does not count."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(number, frame):
        if not _quiet[0] and not _imports(frame):
            raise TooLate

    handler = signal.signal(signal.SIGVTALRM, ring)
    signal.setitimer(signal.ITIMER_VIRTUAL, max(0.01, seconds), 0.05)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, handler)


def silence() -> None:
    """The alarm that is set rings no more: somebody is looking at the code in a debugger."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, 0)


def _imports(frame: FrameType | None) -> bool:
    """A module that is imported halfway may never be imported whole again."""
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


@contextmanager
def may_ring() -> Iterator[None]:
    """The part that may be broken off: what surrounds it is to be put back in order whatever happens."""
    before, _ringing[0] = _ringing[0], True
    try:
        yield
    finally:
        _ringing[0] = before
