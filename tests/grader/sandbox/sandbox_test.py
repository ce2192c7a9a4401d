"""The walls of the real sandbox for an ordinary user: what one worker can leave for the next."""

import sys

import pytest

from tests.grader import needs_sandbox
from tests.grader.ordinary_user import as_ordinary_user


@pytest.fixture(autouse=True)
def _sandbox():
    if why := needs_sandbox.missing():
        pytest.skip(why)


def test_the_self_test_finds_a_wall_that_does_not_stand_for_an_ordinary_user():
    """A worker of an ordinary user owns bubblewrap's /dev, unless it is made read-only. class_test proves that all
    walls stand: no judge starts otherwise."""
    done = as_ordinary_user(sys.executable, "-m", "tests.grader.sandbox.prove")
    user, says = done.stdout.splitlines()
    assert user != "0" and "it can write to ['/dev']" in says, done.stderr
