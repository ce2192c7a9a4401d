"""Frames over a socket: eight bytes of length, then so many bytes. The length is bounded before anything is read.

What is inside a worker's frame is not parsed here. Processes that trust each other speak JSON.
"""

from __future__ import annotations

import array
import json
import select
import socket
import struct
import time
from typing import Any

NO_SIGNAL = getattr(socket, "MSG_NOSIGNAL", 0)  # macOS has none, and Python needs none
REQUEST_LIMIT = 256 * 2**20  # from the judge, who is trusted
ANSWER_LIMIT = 4 * 2**20  # from a worker, who is not; the largest honest answer takes half a MiB


class Closed(Exception):
    """The other side has gone."""


class TooLate(Exception):
    """Nothing whole came before the deadline."""


class TooLarge(Exception):
    """The other side announced more than is allowed."""


def send(channel: socket.socket, data: bytes, deadline: float | None = None) -> None:
    """Sends one frame. Raises Closed or TooLate (deadline: of time.monotonic)."""
    rest = memoryview(struct.pack(">Q", len(data)) + data)
    while rest:
        try:
            rest = rest[channel.send(rest, NO_SIGNAL | (0 if deadline is None else socket.MSG_DONTWAIT)) :]
        except BlockingIOError:
            _wait(channel, deadline, write=True)
        except OSError:
            raise Closed from None


def receive(channel: socket.socket, limit: int, deadline: float | None = None) -> bytes:
    """One frame. Raises Closed, TooLate or TooLarge."""
    if deadline is not None:
        _wait(channel, deadline)  # an answer is hardly ever there at once
    (length,) = struct.unpack(">Q", _exactly(channel, 8, deadline))
    if length > limit:
        raise TooLarge
    return _exactly(channel, length, deadline)


def _exactly(channel: socket.socket, count: int, deadline: float | None) -> bytes:
    parts, missing = [], count
    while missing:
        try:
            part = channel.recv(min(missing, 2**20), 0 if deadline is None else socket.MSG_DONTWAIT)
        except BlockingIOError:
            _wait(channel, deadline)
            continue
        except OSError:
            raise Closed from None
        if not part:
            raise Closed
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


def _wait(channel: socket.socket, deadline: float | None, write: bool = False) -> None:
    """Until there is something to read, or room to write."""
    poll = select.poll()
    poll.register(channel, select.POLLOUT if write else select.POLLIN)
    while True:
        rest = None if deadline is None else deadline - time.monotonic()
        if rest is not None and rest <= 0:
            raise TooLate
        if poll.poll(None if rest is None else rest * 1000):
            return


def send_socket(channel: socket.socket, passed: socket.socket | None) -> None:
    """Sends one byte, and an open socket with it unless that is None. Raises OSError."""
    rights = []
    if passed is not None:
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [passed.fileno()]))]
    channel.sendmsg([b"s"], rights, NO_SIGNAL)


def receive_socket(channel: socket.socket) -> socket.socket | None:
    """The counterpart of `send_socket`. Raises Closed."""
    one, descriptors, _, _ = socket.recv_fds(channel, 1, 1)
    if not one:
        raise Closed
    return socket.socket(fileno=descriptors[0]) if descriptors else None


def to_json(value: Any) -> bytes:
    """What processes that trust each other send. In it bytes are a text of the same numbers."""
    return json.dumps(value, default=lambda data: {"bytes": data.decode("latin-1")}).encode()


def from_json(data: bytes) -> Any:
    """The counterpart of `to_json`. Raises ValueError."""
    return json.loads(data, object_hook=_bytes_again)


def _bytes_again(made: dict[str, Any]) -> Any:
    return made["bytes"].encode("latin-1") if made.keys() == {"bytes"} else made


def pack(*parts: bytes) -> bytes:
    """Several parts as one."""
    return b"".join([struct.pack(f">B{len(parts)}Q", len(parts), *map(len, parts)), *parts])


def unpack(data: bytes, count: int) -> list[bytes]:
    """The parts again. Raises ValueError unless there are just `count`, and nothing else."""
    head = 1 + 8 * count
    if len(data) < head or data[0] != count:
        raise ValueError("not of the form that is known")
    sizes = struct.unpack_from(f">{count}Q", data, 1)
    if head + sum(sizes) != len(data):
        raise ValueError("cut short, or something left over")
    ends = [head + sum(sizes[: i + 1]) for i in range(count)]
    return [data[end - size : end] for end, size in zip(ends, sizes, strict=True)]
