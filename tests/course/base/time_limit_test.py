"""What runs too long is broken off, where that leaves everything in order."""

import contextlib
import signal
import time

import pytest

from course.base import time_limit

pytestmark = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system knows no alarms")


def soon():
    return time.monotonic() + 0.05


def spin(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


def test_breaks_off_an_endless_loop():
    with pytest.raises(time_limit.TooLate), time_limit.until(soon()), time_limit.may_ring():
        spin(30)


def test_code_that_catches_everything_is_broken_off_in_the_end():
    with pytest.raises(time_limit.TooLate), time_limit.until(soon()), time_limit.may_ring():
        with contextlib.suppress(BaseException):
            spin(30)
        spin(30)


def test_nothing_is_broken_off_outside_the_part_that_may_be():
    ended = False
    with pytest.raises(time_limit.TooLate), time_limit.until(soon()):
        spin(0.2)
        ended = True
        with time_limit.may_ring():
            spin(30)
    assert ended


def test_an_import_ends(tmp_path, monkeypatch):
    (tmp_path / "takes_long_to_import.py").write_text("import time\ntime.sleep(0.3)\nwhole = True\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(time_limit.TooLate), time_limit.until(soon()), time_limit.may_ring():
        import takes_long_to_import

        spin(30)
    assert takes_long_to_import.whole


def test_nothing_rings_afterwards_and_an_earlier_alarm_goes_on():
    rang = []
    before = signal.signal(signal.SIGALRM, lambda number, frame: rang.append(number))
    signal.setitimer(signal.ITIMER_REAL, 60)  # far enough for a machine that stalls
    try:
        with time_limit.until(soon()):
            pass
        assert 0 < signal.getitimer(signal.ITIMER_REAL)[0] <= 60
        signal.setitimer(signal.ITIMER_REAL, 0.01)
        spin(0.5)
        assert rang
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
