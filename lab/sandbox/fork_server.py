"""Runs inside the sandbox: imports what takes long once, then forks a worker for each piece of strange code.

A module whose `main(arguments)` calls the one below, with its own `warm` and `serve`, is a server. Its arguments are
FD [--confined USER]. FD is our end of a socket. A byte on it means a new worker, if a socket comes with it, and the end
of the one there is. Strange code never runs in this process, and its files are never read here: a fork's memory is a
copy of this one's, and the next worker is a fork, too. Without --confined a fork has limits but no walls.
"""

from __future__ import annotations

import contextlib
import gc
import os
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lab.sandbox import confinement, frames

Serve = Callable[[socket.socket, Path, str], None]  # (our socket, the worker's files, the job's argument)


class ForkServer:
    """Has at most one worker at a time."""

    def __init__(self, control: socket.socket, user: int | None, serve: Serve):
        self.control, self.user, self.serve = control, user, serve
        self.parent = self.worker = 0
        self.folder: str | None = None

    def run(self) -> None:
        while True:
            try:
                worker_socket = frames.receive_socket(self.control)
            except (frames.Closed, OSError):
                self.end()
                return
            reply = self.end()
            if worker_socket is not None:
                with worker_socket:
                    reply = self.start(worker_socket)
            frames.send(self.control, frames.to_json(reply))

    def start(self, channel: socket.socket) -> dict[str, Any]:
        """Forks a worker, which answers on `channel`. The fork itself reads what it is to be made of."""
        reading, writing = os.pipe()
        if self.user is None:
            self.folder = tempfile.mkdtemp(prefix="worker-")
        self.parent = os.fork()
        if self.parent == 0:
            try:
                os.close(reading)
                self.fork_worker(channel, writing)
            finally:
                os._exit(70)
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            lines = dict(line.partition(" ")[::2] for line in pipe.read().decode(errors="replace").splitlines())
        self.worker = int(lines.get("number", 0))
        if "ready" not in lines:
            self.end()
            return {"problem": lines.get("problem") or "the worker did not start"}
        return {"problem": ""}

    def fork_worker(self, channel: socket.socket, pipe: int) -> None:
        """In the fork: makes the walls, forks again (the worker is process 1 inside them), and waits for its end."""
        try:
            if sys.platform == "linux":
                confinement.die_with_parent()
            command = frames.from_json(frames.receive(self.control, frames.REQUEST_LIMIT))
            self.control.close()
            if self.user is None:
                os.setsid()
            else:
                confinement.own_namespaces()
            child = os.fork()
        except (OSError, frames.Closed, frames.TooLarge, ValueError) as error:
            write_line(pipe, f"problem {type(error).__name__}: {error}")
            os._exit(70)
        if child == 0:
            self.become_worker(command, channel, pipe)
        # The worker writes to the pipe when its walls stand; only this process knows its number outside of them.
        write_line(pipe, f"number {child}")
        os.close(pipe)
        channel.close()
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            os._exit(100 + os.WTERMSIG(status))
        os._exit(os.WEXITSTATUS(status) % 100)

    def become_worker(self, command: dict[str, Any], channel: socket.socket, pipe: int) -> None:
        try:
            pipe, number = os.dup2(pipe, 101), os.dup2(channel.detach(), 100)  # out of the way of 3 and 4
            pipe, number = (os.dup2(one, place, inheritable=False) for one, place in ((pipe, 4), (number, 3)))
            os.closerange(5, 4096)
            channel = socket.socket(fileno=number)
            os.umask(0o022)  # the files are made by root, and read by somebody else
            if self.user is None and sys.platform == "linux":
                confinement.die_with_parent()
            root = Path(self.folder or confinement.WORK)
            if self.user is None:
                confinement.write_files(command["files"], root)
            else:
                confinement.own_files(command["files"])
            quiet()
            if sys.platform == "linux":
                confinement.few_processors(self.user or os.getpid())
            confinement.limit(
                command["memory"], command["seconds"], command["processes"] if self.user is not None else None
            )
            if self.user is not None:
                confinement.own_user(self.user)
            home = self.folder or "/tmp"
            os.environ.update({"HOME": home, "TMPDIR": home})
            os.chdir(home)
        except BaseException as error:
            write_line(pipe, f"problem {type(error).__name__}: {error}")
            os._exit(71)
        write_line(pipe, "ready")  # from here on nothing that it says is believed without proof
        os.close(pipe)
        try:
            self.serve(channel, root, command["argument"])
        finally:
            os._exit(0)

    def end(self) -> dict[str, Any]:
        """Ends the worker and all that it has started. Says how it ended, if it had already: a signal's number."""
        if not self.parent:
            return {"signal": 0}
        done, status = os.waitpid(self.parent, os.WNOHANG)
        if not done:
            if self.worker:
                _kill(self.worker)
            if self.user is None:
                _kill(-self.parent)
            if not self.worker:
                _kill(self.parent)
            _, status = os.waitpid(self.parent, 0)  # of one that had just crashed, the crash: a kill changes nothing
        elif self.user is None:
            _kill(-self.parent)
        self.parent = self.worker = 0
        if self.user is None:
            end_orphans()
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder = None
        number = os.WEXITSTATUS(status) - 100 if os.WIFEXITED(status) else 0
        killed_here = not done and number == signal.SIGKILL
        return {"signal": number if number > 0 and not killed_here else 0}


def write_line(pipe: int, text: str) -> None:
    """One line, whole: others may write to the same pipe."""
    os.write(pipe, f"{text[:400].splitlines()[0]}\n".encode())


def _kill(number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(number, signal.SIGKILL)


def end_orphans() -> None:
    """Ends what a worker without walls has left, in whatever session: on Linux this process has adopted it."""
    own = Path(f"/proc/self/task/{os.getpid()}/children")
    while own.exists() and (numbers := own.read_text().split()):
        for number in numbers:
            _kill(int(number))
            os.waitpid(int(number), 0)


def quiet() -> None:
    """Nothing is read from a terminal, and what is printed goes nowhere."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    os.close(nothing)


def main(arguments: list[str], warm: Callable[[], None], serve: Serve) -> None:
    """`warm` imports what takes long and starts no thread: a fork would lose it. `serve` is called in each worker."""
    control = socket.socket(fileno=int(arguments[0]))
    user = int(arguments[2]) if arguments[1:2] == ["--confined"] else None
    if user is None and sys.platform == "linux":
        confinement.adopt_orphans()
    warm()
    gc.collect()
    gc.freeze()  # what is shared with the forks is not touched by their collectors
    frames.send(control, frames.to_json({"ready": True, "prefix": sys.prefix}))
    ForkServer(control, user, serve).run()
