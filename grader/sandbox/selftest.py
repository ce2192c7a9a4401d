"""The self-test of the walls (lab/sandbox/selftest.py), with workers that hold submissions."""

from __future__ import annotations

import functools
import time
from typing import Any

from course.observe import codec
from lab.sandbox import frames, selftest
from lab.sandbox.sandbox import Job, Sandbox

PLACE = "tutorial/stage00_probe/lesson00_probe/probe.py"
MODULES = ("json", "torch", "numpy", "transformers", "course.base.object_spec", "lesson00_probe.probe")


def prove(sandbox: Sandbox) -> str:
    """Which wall does not stand, in a sentence; "" where all do. Raises WorkerFault."""
    return selftest.prove(sandbox, functools.partial(_ask, sandbox), MODULES)


def _ask(sandbox: Sandbox, function: str, *arguments: Any) -> Any:
    channel = sandbox.start(Job({PLACE: selftest.PROBE.encode()}, "0"))
    try:
        head = {"function": f"lesson00_probe.probe:{function}", "grad_of": []}
        sent = codec.encode({"args": arguments, "kwargs": {}})
        deadline = time.monotonic() + 30
        frames.send(channel, frames.pack(codec.encode(head), sent), deadline)
        told, value, _ = frames.unpack(frames.receive(channel, frames.ANSWER_LIMIT, deadline), 3)
        return codec.decode(value) if value else codec.decode(told).get("text")
    except (frames.Closed, frames.TooLate, frames.TooLarge, ValueError) as error:
        return type(error).__name__
    finally:
        channel.close()
