"""The judge's side of the sandbox: starts the fork server behind its walls, and workers in it. selftest.py proves it.

Two tiers, named in every report:

- "bubblewrap": the fork server runs in a sandbox made by bubblewrap (read-only system files, the few files of the
  course that a worker needs, nothing of the home folder, no network), and each worker in namespaces of its own besides,
  as an unprivileged user without capabilities (see confinement.py).
- "unsafe": a process with limits and no walls. It may read the references, and do harm. Only if asked for.

Left out on purpose: control groups. Memory is bounded per process, and processes are few.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from course.base.errors import UsageError
from grader.sandbox import bubblewrap, frames

BUBBLEWRAP, UNSAFE = "bubblewrap", "unsafe"
WARNING = (
    "graded with --unsafe. Nothing kept the submissions from reading the reference solutions, from using the "
    "network or from doing harm to this machine: these points prove nothing."
)
FIRST_USER, USERS = 61_000, 1000  # of the sandboxes; no such user need exist
PROCESSES = 16  # of one worker, threads included
MEMORY = 2**30  # bytes that one worker may take, in each of its processes
START = 120.0  # seconds that a fork server may take to import everything


class WorkerFault(Exception):
    """The worker could not be started: the grader's fault, not the submission's."""


def chosen_tier(unsafe: bool) -> str:
    """Raises UsageError if bubblewrap cannot be used and --unsafe was not given."""
    if unsafe:
        return UNSAFE
    if sys.platform != "linux" or shutil.which("bwrap") is None:
        raise UsageError(
            "grading runs code that nobody has read, and bubblewrap, which confines it, is not installed here "
            "(Debian, Ubuntu: apt install bubblewrap; elsewhere: use a Linux machine). Only if you trust every "
            "submission with everything on this machine: --unsafe"
        )
    for folder in bubblewrap.python_folders():
        if Path(folder).is_relative_to("/tmp"):
            raise UsageError(
                f"grading cannot work from within /tmp, which is another, empty folder for each submission, and the "
                f"course's Python is in {folder}; clone the course in another place and grade there"
            )
    return BUBBLEWRAP


def claimed_user(number: int) -> tuple[int, socket.socket]:
    """A user's number that no other sandbox of this machine has, and what holds it until it is closed: a socket's name
    ends with its process, however that ends. The limit on processes counts each user's, so that none may be shared,
    not even by two gradings that know nothing of each other. Raises WorkerFault."""
    for user in range(FIRST_USER + number, FIRST_USER + USERS):
        claim = socket.socket(socket.AF_UNIX)
        with contextlib.suppress(OSError):
            claim.bind(f"\0grpo-course grader user {user}")
            if not processes_of(user):
                return user, claim
        claim.close()
    raise WorkerFault(f"all of the {USERS} users of sandboxes are in use")


def processes_of(user: int) -> int:
    """How many there are, where other users can really be become."""
    count = 0
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            count += folder.stat().st_uid == user and os.getuid() == 0
    return count


@dataclass
class Job:
    """What a worker is made of. `files` are relative to its root; `solution` is the value of SOLUTION there."""

    files: dict[str, bytes]
    solution: str
    seconds: int = 120  # of processor time, in all
    memory: int = MEMORY
    processes: int = PROCESSES


class Sandbox:
    """A fork server, and the one worker that it has at a time."""

    def __init__(self, tier: str, tree: Path, number: int = 0):
        self.tier, self.tree, self.number = tier, tree, number
        self.user, self.claim = 0, None
        self.process: subprocess.Popen | None = None
        self.control: socket.socket | None = None
        self.log = None

    def open(self) -> None:
        """Starts the fork server. Raises WorkerFault."""
        self.control, server_end = socket.socketpair()
        self.log = tempfile.TemporaryFile()  # noqa: SIM115
        with server_end:
            if self.tier == BUBBLEWRAP:
                self.user, self.claim = claimed_user(self.number)
                command = bubblewrap.confined_command(self.tree, server_end.fileno(), self.user)
                environment = None  # bubblewrap sets it
            else:
                command = bubblewrap.python_command(str(self.tree), server_end.fileno())
                environment = bubblewrap.environment()
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=self.log,
                stderr=self.log,
                pass_fds=[server_end.fileno()],
                env=environment,
                start_new_session=True,
            )
        prefix = self._receive()["prefix"]
        if prefix != sys.prefix:  # bubblewrap hid a folder, and another Python of the system's took over
            raise WorkerFault(f"the sandbox's Python lives in {prefix}, not in {sys.prefix}")

    def start(self, job: Job) -> socket.socket:
        """Starts a worker in the place of the one there is. Gives the socket to it. Raises WorkerFault."""
        judge_end, worker_end = socket.socketpair()
        with worker_end:
            answer = self._ask(worker_end, asdict(job))
        if answer["problem"]:
            judge_end.close()
            raise WorkerFault(answer["problem"])
        return judge_end

    def end(self) -> dict[str, Any]:
        """Ends the worker and whatever it has started: {"signal": what had ended it before, or 0}."""
        return self._ask(None, None)

    def close(self) -> None:
        if self.control is not None:
            self.control.close()
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        for held in (self.log, self.claim):
            if held is not None:
                held.close()
        self.process = self.control = self.log = self.claim = None

    def _ask(self, worker_end: socket.socket | None, job: dict[str, Any] | None) -> dict[str, Any]:
        """A new worker: its socket and what it is made of. Without both: the end of the one there is."""
        from course.observe import codec  # imports torch, which the command that starts judges does without

        try:
            frames.send_socket(self.control, worker_end)
            if job is not None:
                frames.send(self.control, codec.encode(job), time.monotonic() + START)
        except (OSError, frames.Closed, frames.TooLate):
            raise WorkerFault(f"the sandbox has ended: {self._last_line()}") from None
        return self._receive()

    def _receive(self) -> dict[str, Any]:
        from course.observe import codec

        try:
            return codec.decode(frames.receive(self.control, frames.REQUEST_LIMIT, time.monotonic() + START))
        except (frames.Closed, frames.TooLate, frames.TooLarge, codec.BadBytes):
            raise WorkerFault(f"the sandbox does not answer: {self._last_line()}") from None

    def _last_line(self) -> str:
        """What the fork server has printed last."""
        with contextlib.suppress(OSError, AttributeError, ValueError):
            self.log.seek(0)
            lines = self.log.read()[-2000:].decode("utf-8", "replace").strip().splitlines()
            return lines[-1] if lines else "it printed nothing"
        return "it printed nothing"
