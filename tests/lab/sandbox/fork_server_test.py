"""What the fork server says of a worker that has ended."""

import os
import signal
import time

import pytest

from lab.sandbox.fork_server import ForkServer


@pytest.mark.parametrize(("ended_by", "says"), [(signal.SIGSEGV, signal.SIGSEGV), (signal.SIGKILL, 0)])
def test_a_crash_is_named_although_the_process_around_the_worker_still_runs(ended_by, says):
    """The judge asks as soon as the channel is closed, often before that process has seen the end of the worker. Then
    SIGKILL is most likely the server's own."""
    server = ForkServer(None, user=os.getuid(), serve=None)
    server.worker = 2**22 + 1  # no process has this number
    server.parent = os.fork()
    if server.parent == 0:
        time.sleep(0.2)
        os._exit(100 + ended_by)
    assert server.end() == {"signal": says}
