"""The walls of the real sandbox for an ordinary user: what one worker can leave for the next. Every judge that starts
proves them for whoever runs the tests."""

import sys

import pytest

from tests.grader import needs_sandbox
from tests.grader.ordinary_user import as_ordinary_user


@pytest.fixture(autouse=True)
def _sandbox():
    if why := needs_sandbox.missing():
        pytest.skip(why)


def test_the_walls_stand_for_an_ordinary_user_and_the_self_test_finds_one_that_does_not():
    """A worker of an ordinary user owns bubblewrap's /dev, unless it is made read-only."""
    done = as_ordinary_user(sys.executable, "-m", "tests.grader.sandbox.prove")
    user, says, without = done.stdout.splitlines()
    assert user != "0" and says == "stands" and "it can write to ['/dev']" in without, done.stderr
