"""The judge's side of the sandbox: starts the fork server behind its walls, and workers in it. selftest.py proves it.

Two tiers, named in every report:

- "bubblewrap": the fork server runs in a sandbox made by bubblewrap (read-only system files, the few files of the
  course that a worker needs, nothing of the home folder, no network), and each worker in namespaces of its own besides,
  as an unprivileged user without capabilities (see confinement.py).
- "unsafe": a process with limits and no walls. It may read your files, use the network, and do harm. Only if asked for.

Left out on purpose: control groups. Memory is bounded per process, and processes are few.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from lab.sandbox import bubblewrap, frames

BUBBLEWRAP, UNSAFE = "bubblewrap", "unsafe"
FIRST_USER, USERS = 61_000, 1000  # of the sandboxes; no such user need exist
PROCESSES = 24  # of one worker, threads included: JAX starts a dozen, and one for each processor
MEMORY = 2**30  # bytes that one worker may take, in each of its processes
START = 120.0  # seconds that a fork server may take to import everything


class WorkerFault(Exception):
    """The worker could not be started: our fault, not that of the code which it was to run."""


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
    """What a worker is made of. `files` are relative to its root; `argument` is for the server's `serve`."""

    files: dict[str, bytes]
    argument: str = ""
    seconds: int = 120  # of processor time, in all
    memory: int = MEMORY
    processes: int = PROCESSES


class Sandbox:
    """A fork server, and the one worker that it has at a time. `tree`: the folder with its modules; `server`: the one
    whose `main` calls fork_server.main."""

    def __init__(self, tier: str, tree: Path, server: str, number: int = 0):
        self.tier, self.tree, self.server, self.number = tier, tree, server, number
        self.user = 0
        self.claim: socket.socket | None = None
        self.process: subprocess.Popen | None = None
        self.control: socket.socket | None = None
        self.log: IO[bytes] | None = None

    def open(self) -> None:
        """Starts the fork server. Raises WorkerFault."""
        self.control, server_end = socket.socketpair()
        self.log = tempfile.TemporaryFile()  # noqa: SIM115
        with server_end:
            if self.tier == BUBBLEWRAP:
                self.user, self.claim = claimed_user(self.number)
                command = bubblewrap.confined_command(self.tree, self.server, server_end.fileno(), self.user)
                environment = None  # bubblewrap sets it
            else:
                command = bubblewrap.python_command(str(self.tree), self.server, server_end.fileno())
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
        if self.control is None:
            raise WorkerFault("the sandbox is closed")
        try:
            frames.send_socket(self.control, worker_end)
            if job is not None:
                frames.send(self.control, frames.to_json(job), time.monotonic() + START)
        except (OSError, frames.Closed, frames.TooLate):
            raise WorkerFault(f"the sandbox has ended: {self._last_line()}") from None
        return self._receive()

    def _receive(self) -> dict[str, Any]:
        if self.control is None:
            raise WorkerFault("the sandbox is closed")
        try:
            return frames.from_json(frames.receive(self.control, frames.REQUEST_LIMIT, time.monotonic() + START))
        except (frames.Closed, frames.TooLate, frames.TooLarge, ValueError):
            raise WorkerFault(f"the sandbox does not answer: {self._last_line()}") from None

    def _last_line(self) -> str:
        """What the fork server has printed last."""
        with contextlib.suppress(OSError, ValueError):
            if self.log is None:
                return "it printed nothing"
            self.log.seek(0)
            lines = self.log.read()[-2000:].decode("utf-8", "replace").strip().splitlines()
            return lines[-1] if lines else "it printed nothing"
        return "it printed nothing"
