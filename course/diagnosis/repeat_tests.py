"""Runs tests again without a report: the other tests of an exercise for what they observe, or one for its verdict."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from course.base import time_limit
from course.observe.observer import Observation, Observer

BASIC, ADVANCED = "basic_test.py", "advanced_test.py"


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
    with contextlib.suppress(Exception, pytest.fail.Exception, pytest.skip.Exception):
        _run(item, observer)
    return observer.log


def passes(item: pytest.Item) -> bool:
    """Whether a test passes with what is in the lessons' places now."""
    try:
        _run(item, Observer(strict=item.path.name == ADVANCED))
    except (Exception, pytest.fail.Exception):
        return False
    return True


def _run(item: pytest.Item, observer: Observer) -> None:
    known = {**getattr(getattr(item, "callspec", None), "params", {}), "observe": observer}
    with time_limit.may_ring():
        item.obj(**{name: known[name] for name in item.fixturenames if name != "request"})
