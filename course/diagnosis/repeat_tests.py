"""Runs the other tests of an exercise again for what they observe, without a verdict."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from course.base import time_limit
from course.observe.observer import Observation, Observer

BASIC = "basic_test.py"


def is_quick(item: pytest.Item) -> bool:
    """Whether a test neither trains nor draws its inputs."""
    slow = any(item.get_closest_marker(name) for name in ("trains", "slow"))
    return not slow and not hasattr(getattr(item, "obj", None), "hypothesis")


def same_exercise(item: pytest.Item) -> Iterator[pytest.Item]:
    """The quick tests of the exercise and lesson that `item` tests, `item` itself left out; deselected ones too."""
    marker = item.get_closest_marker("exercise")
    for other in getattr(item.session, "collected", item.session.items):
        found = other.get_closest_marker("exercise")
        same = found is not None and found.args == marker.args and other.path.parent == item.path.parent
        if same and other is not item and is_quick(other):
            yield other


def observations_of(item: pytest.Item) -> list[Observation]:
    """What a test observes until it ends or fails."""
    observer = Observer()
    known = {**getattr(getattr(item, "callspec", None), "params", {}), "observe": observer}
    with contextlib.suppress(Exception, pytest.fail.Exception, pytest.skip.Exception), time_limit.may_ring():
        item.obj(**{name: known[name] for name in item.fixturenames if name != "request"})
    return observer.log
