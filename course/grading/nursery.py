"""Runs inside the sandbox: imports what takes long once, then forks a worker for each submission and lesson.

    python -m course.grading.nursery FD [--confined USER]

FD is the judge's end of a socket. Commands come as frames of plain data, and none of a submission's code ever runs in
this process: it runs in the forks, which cannot reach it. Without --confined (only after `--unsafe`) a fork has limits
but no walls.
"""

from __future__ import annotations

import contextlib
import gc
import os
import resource
import shutil
import signal
import socket
import sys
import tempfile
from pathlib import Path
from typing import Any

import torch

from course import plain
from course.grading import confine, wire, worker


class Nursery:
    """One slot: at most one worker at a time."""

    def __init__(self, control: socket.socket, user: int | None):
        self.control, self.user = control, user
        self.keeper = self.worker = 0
        self.folder: str | None = None

    def run(self) -> None:
        while True:
            try:
                data, passenger = self.next_command()
            except wire.Closed:
                self.end()
                return
            command = plain.decode(data)
            if command["do"] == "start":
                self.end()
                reply = self.start(command, passenger)
            else:
                reply = self.end()
            if passenger is not None:
                passenger.close()
            wire.send(self.control, plain.encode(reply))

    def next_command(self) -> tuple[bytes, socket.socket]:
        return wire.receive_with_socket(self.control, wire.REQUEST_LIMIT)

    def start(self, command: dict[str, Any], channel: socket.socket) -> dict[str, Any]:
        """Forks a worker with the command's files and limits. It answers on `channel`."""
        reading, writing = os.pipe()
        if self.user is None:
            self.folder = tempfile.mkdtemp(prefix="grade-")
        self.keeper = os.fork()
        if self.keeper == 0:
            try:
                os.close(reading)
                self.control.close()
                self.keep(command, channel, writing)
            finally:
                os._exit(70)
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            said = pipe.read()
        number, _, problem = said.decode().partition(" ")
        if not number.isdecimal():
            self.end()
            return {"problem": problem or "the worker did not start"}
        self.worker = int(number)
        return {"problem": ""}

    def keep(self, command: dict[str, Any], channel: socket.socket, pipe: int) -> None:
        """In the fork: makes the walls, forks again (the worker is process 1 inside them), and waits for its end."""
        try:
            if sys.platform == "linux":
                confine.die_with_parent()
            if self.user is None:
                os.setsid()
            else:
                confine.own_namespaces()
            child = os.fork()
        except OSError as error:
            os.write(pipe, f"- {error}".encode())
            os._exit(70)
        if child == 0:
            self.become_worker(command, channel, pipe)
        # The worker writes to the pipe when its walls stand; only this process knows its number outside of them.
        os.write(pipe, f"{child}".encode())
        os.close(pipe)
        channel.close()
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            os._exit(100 + os.WTERMSIG(status))
        os._exit(os.WEXITSTATUS(status) % 100)

    def become_worker(self, command: dict[str, Any], channel: socket.socket, pipe: int) -> None:
        try:
            os.close(pipe)
            if self.user is None and sys.platform == "linux":
                confine.die_with_parent()
            number = channel.fileno()
            if number != 3:
                os.dup2(number, 3)
                channel.detach()
            os.closerange(4, 4096)
            channel = socket.socket(fileno=3)
            root = Path(confine.WORK)
            if self.user is None:
                root = Path(self.folder)
                confine.write_files(command["files"], root)
            else:
                confine.own_files(command["files"])
            worker.quiet()
            confine.limit(
                command["memory"], command["seconds"], command["processes"] if self.user is not None else None
            )
            if self.user is not None:
                confine.own_user(self.user)
            os.environ.update({"HOME": "/tmp", "TMPDIR": "/tmp"})
            os.chdir("/tmp")
            worker.serve(channel, root, command["solution"])
            os._exit(0)
        except BaseException as error:
            try:
                wire.send(channel, plain.encode({"broken": f"{type(error).__name__}: {error}"}))
            finally:
                os._exit(71)

    def end(self) -> dict[str, Any]:
        """Ends the worker and all that it has started. Says how it ended, if it had already: a signal's number."""
        if not self.keeper:
            return {"signal": 0, "peak": 0, "seconds": 0.0}
        done, status = os.waitpid(self.keeper, os.WNOHANG)
        if not done:
            if self.worker:
                _kill(self.worker)
            if self.user is None:
                _kill(-self.keeper)
            if not self.worker:
                _kill(self.keeper)
            os.waitpid(self.keeper, 0)
        elif self.user is None:
            _kill(-self.keeper)
        self.keeper = self.worker = 0
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder = None
        code = os.WEXITSTATUS(status) if done and os.WIFEXITED(status) else 0
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = used.ru_utime + used.ru_stime
        ended = {"signal": code - 100 if code > 100 else 0, "peak": used.ru_maxrss * 1024, "seconds": spent}
        return ended


def _kill(number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(number, signal.SIGKILL)


def warm() -> None:
    """Imports what lessons need and what takes long. Nothing here starts a thread: a fork would lose it."""
    torch.set_num_threads(1)
    import jaxtyping  # noqa: F401
    import transformers
    from transformers import LlamaConfig, LlamaForCausalLM  # noqa: F401

    transformers.logging.set_verbosity_error()
    torch.optim.AdamW(  # the first optimizer imports torch's compiler
        [torch.nn.Parameter(torch.zeros(1))]
    )
    gc.collect()
    gc.freeze()  # what is shared with the forks is not touched by their collectors


def main(arguments: list[str]) -> None:
    control = socket.socket(fileno=int(arguments[0]))
    user = int(arguments[2]) if arguments[1:2] == ["--confined"] else None
    warm()
    wire.send(control, plain.encode({"ready": True, "prefix": sys.prefix}))
    Nursery(control, user).run()


if __name__ == "__main__":
    main(sys.argv[1:])
