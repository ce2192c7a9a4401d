"""Runs tests against a program in two sandboxed workers (lab/rl/program_worker.py), and passes on what they say.

The walls are those of lab/sandbox: bubblewrap, if it is installed and the self-test finds that every wall stands. If
not, a program runs in a process with limits on time, processor seconds, memory and file size, and every report says so.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import socket
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from course.base.atomic_files import write_bytes
from course.base.errors import UsageError
from course.base.switch import ROOT
from lab.rl import program_worker
from lab.rl.program_worker import MOST, PASSED, PROGRAM, READY, REQUEST, TESTS
from lab.sandbox import bubblewrap, frames, selftest
from lab.sandbox.sandbox import BUBBLEWRAP, UNSAFE, Job, Sandbox, WorkerFault

WALLS = "the programs that the model writes run in a sandbox (bubblewrap); a self-test has just found its walls whole"
NO_SANDBOX = (
    "the programs that the model writes run on this machine as you, with limits and without a sandbox: they can read "
    "your files and use the network"
)
FILES = (
    *("lab/sandbox/__init__.py", "lab/sandbox/fork_server.py", "lab/sandbox/confinement.py", "lab/sandbox/frames.py"),
    "lab/rl/program_worker.py",
)


class Pair:
    """Two sandboxes: for programs, and for their tests."""

    def __init__(self, tier: str, number: int):
        self.program, self.tests = (Sandbox(tier, tree(), program_worker.__name__, 2 * number + i) for i in range(2))
        try:
            self.program.open()
            self.tests.open()
        except BaseException:
            self.close()
            raise

    def passes(self, code: str, tests: str, timeout: float) -> bool:
        """Whether the tests run to their end against the program, in time. Raises WorkerFault if no worker starts."""
        seconds = max(1, int(timeout + 1))
        with contextlib.ExitStack() as opened:
            program = opened.enter_context(self.program.start(Job({}, PROGRAM, seconds)))
            opened.callback(self.program.end)
            deadline = time.monotonic() + timeout
            try:
                if exchange(program, encoded(code), deadline) != READY:
                    return False
                judge = opened.enter_context(self.tests.start(Job({}, TESTS, seconds)))
                opened.callback(self.tests.end)
                said = exchange(judge, encoded(tests), deadline)
                while said[:1] == REQUEST:
                    said = exchange(judge, exchange(program, said[1:], deadline), deadline)
            except (frames.Closed, frames.TooLate, frames.TooLarge):
                return False
            return said == PASSED

    def close(self) -> None:
        self.program.close()
        self.tests.close()


def encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def exchange(channel: socket.socket, data: bytes, deadline: float) -> bytes:
    frames.send(channel, data, deadline)
    return frames.receive(channel, MOST, deadline)


def talk(channel: socket.socket, text: str, deadline: float) -> Any:
    """The answer of a worker with the self-test's probe, as a value. Closed if it is no literal. What a program answers
    is never read here: only the sandbox of its tests does that."""
    try:
        return program_worker.from_text(exchange(channel, encoded(text), deadline).decode("utf-8", "surrogatepass"))
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        raise frames.Closed from None


@functools.cache
def tree() -> Path:
    """A folder with the modules that run in a sandbox, until this process ends."""
    folder = tempfile.TemporaryDirectory(prefix="programs-")
    atexit.register(folder.cleanup)
    for name in FILES:
        write_bytes(Path(folder.name) / name, (ROOT / name).read_bytes())
    for name in ("lab", "lab/rl"):
        write_bytes(Path(folder.name) / name / "__init__.py", b"")
    for path in (Path(folder.name), *Path(folder.name).rglob("*")):  # a worker is another user
        path.chmod(0o755 if path.is_dir() else 0o644)
    return Path(folder.name)


@functools.cache
def missing_walls() -> str:
    """Why programs cannot be confined on this machine; "" if they are. Then the self-test has passed."""
    if not bubblewrap.is_installed():
        return "bubblewrap is not installed (Debian, Ubuntu: apt install bubblewrap)"
    if folder := bubblewrap.python_in_tmp():
        return f"the sandbox has its own /tmp, and this Python is in {folder}"
    try:
        with borrowed(BUBBLEWRAP) as pair:
            return selftest.prove(pair.program, functools.partial(_ask, pair.program), ("json", "lab.sandbox.frames"))
    except WorkerFault as error:
        return f"bubblewrap does not work here: {error}"


def permission(allowed: bool) -> str:
    """What a report must say about how programs run here. Raises UsageError if they cannot be confined and this is not
    allowed."""
    why = missing_walls()
    if why and not allowed:
        raise UsageError(
            f"reward.type=code_execution runs programs that the model writes, and nothing confines them here: {why}. "
            "Say reward.allow_execution=true if they may run as you, with limits and without a sandbox"
        )
    return f"{NO_SANDBOX} ({why})" if why else WALLS


def _ask(sandbox: Sandbox, function: str, *arguments: Any) -> Any:
    """What a function of the self-test's probe finds in a new worker."""
    with sandbox.start(Job({}, PROGRAM)) as channel:
        deadline = time.monotonic() + 30
        call: tuple = ("call", 0, [("value", argument) for argument in arguments], {})
        try:
            for text in (selftest.PROBE, program_worker.as_text(("name", function)), program_worker.as_text(call)):
                answer = talk(channel, text, deadline)
        except (frames.Closed, frames.TooLate, frames.TooLarge) as error:
            return type(error).__name__
        return answer[1]


_idle: list[Pair] = []  # those that nobody uses; there are as many as calls at the same time
_count = 0
# A sandbox ends with the thread that has started it (prctl, PR_SET_PDEATHSIG). This one lives as long as the process.
_starter = ThreadPoolExecutor(1, "sandboxes")


@contextlib.contextmanager
def borrowed(tier: str) -> Iterator[Pair]:
    """A pair of sandboxes that nobody else uses. Raises WorkerFault; a pair with a fault is not used again."""
    pair = _idle.pop() if _idle else _starter.submit(_new_pair, tier).result()
    try:
        yield pair
    except BaseException:
        pair.close()
        raise
    _idle.append(pair)


def _new_pair(tier: str) -> Pair:
    global _count
    _count += 1  # in one thread alone
    return Pair(tier, _count)


@atexit.register
def close() -> None:
    """Ends the sandboxes that are idle."""
    while _idle:
        _idle.pop().close()


def passes(code: str, tests: str, timeout: float) -> bool:
    """Whether the tests run to their end against the program, in time."""
    with borrowed(UNSAFE if missing_walls() else BUBBLEWRAP) as pair:
        return pair.passes(code, tests, timeout)
