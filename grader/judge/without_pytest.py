"""Runs a test's function alone, where pytest would add nothing but time.

A judge runs the same tests again and again, and around most of them pytest's own protocol takes longer than the test.
What is left out here makes no difference to how a test ends: one that wants more than `observe`, or ends in any way but
by passing or by an ordinary error, is run in full.
"""

from __future__ import annotations

import functools
import inspect
from typing import Any

import pytest
from hypothesis.errors import HypothesisException

from course.base import time_limit

MARKS = ("skip", "skipif", "xfail", "usefixtures")  # these steer pytest


class InFull(Exception):
    """The test has to be run by pytest itself. What it has asked so far it will ask again."""


def run(item: pytest.Item, observe: Any) -> Exception | None:
    """The error that the test ends with, None where it passes. Raises InFull."""
    if not is_bare(item):
        raise InFull
    known = {**getattr(item, "callspec", _NONE).params, "observe": observe}
    arguments = {name: known[name] for name in item._fixtureinfo.argnames}
    try:
        item.obj(**arguments)
    except (KeyboardInterrupt, InFull, time_limit.TooLate):
        raise
    except HypothesisException:  # such as that of an assumption, which is no failure
        raise InFull from None
    except Exception as error:
        return error
    except BaseException:  # pytest's own, of a test that skips itself
        raise InFull from None
    return None


class _NONE:
    params: dict[str, Any] = {}


@functools.cache
def is_bare(item: pytest.Item) -> bool:
    """Whether pytest would do nothing but call the test's function with `observe` and the parameters it states."""
    if type(item) is not pytest.Function or any(item.get_closest_marker(name) for name in MARKS):
        return False
    if inspect.iscoroutinefunction(item.obj) or inspect.isgeneratorfunction(item.obj):
        return False
    fixtures = item.session._fixturemanager
    stated = {n for n in getattr(item, "callspec", _NONE).params if not fixtures.getfixturedefs(n, item)}
    wanted = {*item.fixturenames} - {"request"}  # which `observe` asks for
    return "request" not in item._fixtureinfo.argnames and wanted <= {"observe", *stated}
