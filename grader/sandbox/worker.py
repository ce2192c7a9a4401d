"""The side that the submission is on: answers the judge's `observe` calls, one after the other.

It is trusted no more than the code that it runs: whatever it says is looked at again by the judge. What it holds:
the submission's files, the lesson's given files and scenarios, `lab`, and the references of earlier lessons.
"""

from __future__ import annotations

import importlib
import linecache
import os
import socket
import sys
import traceback
from pathlib import Path
from typing import Any

from course.base import switch
from course.observe import call, codec
from course.observe.call import Request
from grader.sandbox.replaced import Attributes
from lab.sandbox import frames

TEXT = 2000  # characters of an error's text that are passed on
PLACES = 6


def serve(channel: socket.socket, root: Path, solution: str, attributes: Attributes) -> None:
    """Answers until the judge closes the channel. `root` holds tutorial/ and solutions/; `attributes` were noted before
    any of the submission's code ran."""
    os.environ["SOLUTION"] = solution
    switch.finder.root = root
    switch.install()
    receive, send = frames.receive, frames.send
    while True:
        try:
            request = receive(channel, frames.REQUEST_LIMIT)
        except frames.Closed:
            return
        if request == WHAT_IS_REPLACED:
            send(channel, "\n".join(attributes.replaced()).encode())
        else:
            send(channel, answer(request, root))


WHAT_IS_REPLACED = b"what is replaced?"


def answer(request: bytes, root: Path) -> bytes:
    """Three parts (how it went, value, gradients) in answer to two ({"function": "module:name", "grad_of"} or
    {"import": "module"}, and the encoded arguments)."""
    try:
        head, arguments = frames.unpack(request, 2)
        asked = codec.decode(head)
        if "import" in asked:
            importlib.import_module(asked["import"])
            return frames.pack(codec.encode({}), b"", b"")
        function = resolve(asked["function"])
        value, grads, made = call.encoded(Request(function, arguments, tuple(asked["grad_of"])))
        return frames.pack(codec.encode({"changed": made.changed, "problem": made.problem}), value, grads)
    except BaseException as error:
        return frames.pack(codec.encode(error_data(error, root)), b"", b"")


def error_data(error: BaseException, root: Path) -> dict[str, Any]:
    """An error as plain data: the names of its classes, its text, and where in the lesson it passed."""
    places = []
    for frame, number in traceback.walk_tb(error.__traceback__):
        name = frame.f_code.co_filename
        if name.startswith(f"{root}{os.sep}") and "testcases" not in Path(name).parts:
            inside = Path(name).relative_to(root).parts[3:]
            places.append(f"{'/'.join(inside)}:{number}  {linecache.getline(name, number).strip()}")
    # No cycles may keep a frame's tensors alive.
    error.__traceback__ = None
    try:
        text = str(error)[:TEXT]
    except BaseException:  # an error class of the submission's own
        text = "(its text cannot be shown)"
    return {
        "raised": [kind.__name__ for kind in type(error).__mro__],
        "text": text,
        "places": [place[:TEXT] for place in places[-PLACES:]],
    }


def resolve(name: str) -> Any:
    """The function called "lesson13_grpo.loss.grpo:compute_grpo_loss"."""
    module, _, path = name.partition(":")
    found = sys.modules.get(module) or importlib.import_module(module)
    for part in path.split("."):
        found = getattr(found, part)
    return found
