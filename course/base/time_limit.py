"""Stops code that runs past a deadline, on systems that have alarms (not Windows)."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import FrameType


class TooLate(BaseException):
    """Not an Exception: the code that is broken off may catch those."""


HANGS = 20  # times the seconds that a part may compute: on the clock, so that code that waits ends too
_ringing = [False]  # whether the alarm may break off what is running at this moment
_quiet = [False]


@contextmanager
def until(deadline: float) -> Iterator[None]:
    """While inside, TooLate is raised soon after `deadline` (of time.monotonic), in parts under `may_ring` alone."""
    with _timer("ITIMER_REAL", "SIGALRM", deadline - time.monotonic(), lambda: _ringing[0]):
        yield


@contextmanager
def computing(seconds: float) -> Iterator[None]:
    """While inside, TooLate is raised once this process has computed for so long, in parts under `may_ring` alone.

    Processor time, so that a busy machine changes nothing. Whatever computes nothing is broken off by the clock.
    """
    end = time.monotonic() + HANGS * seconds
    with _timer("ITIMER_PROF", "SIGPROF", seconds, lambda: _ringing[0]), until(end):
        yield


@contextmanager
def own_work(seconds: float) -> Iterator[None]:
    """While inside, TooLate is raised once this process itself has computed for so long; waiting does not count."""
    with _timer("ITIMER_VIRTUAL", "SIGVTALRM", seconds, lambda: not _quiet[0]):
        yield


@contextmanager
def _timer(timer: str, alarm: str, seconds: float, may_ring: Callable[[], bool]) -> Iterator[None]:
    """One of the system's timers, by its names in `signal`. One that was set before goes on afterwards."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(number, frame):
        if may_ring() and not _imports(frame):
            raise TooLate

    which, number, started = getattr(signal, timer), getattr(signal, alarm), time.monotonic()
    handler = signal.signal(number, ring)
    # Again and again: the code that is broken off may catch even this.
    rest, interval = signal.setitimer(which, max(0.01, seconds), 0.05)
    try:
        yield
    finally:
        signal.setitimer(which, 0)
        signal.signal(number, handler)
        if rest:
            signal.setitimer(which, max(0.01, rest - (time.monotonic() - started)), interval)


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


def may_ring() -> AbstractContextManager[None]:
    """The part that may be broken off: what surrounds it is to be put back in order whatever happens."""
    return _set(_ringing)


def quiet() -> AbstractContextManager[None]:
    """A part that `own_work` does not break off: half of a question must not be left behind."""
    return _set(_quiet)


@contextmanager
def _set(flag: list[bool]) -> Iterator[None]:
    before, flag[0] = flag[0], True
    try:
        yield
    finally:
        flag[0] = before
