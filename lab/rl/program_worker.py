"""What the two workers do in which a program is tested. Standard library only. lab/rl/program_sandbox.py starts them.

    program   runs the model's program, then answers requests: call this function with these values
    tests     runs the tests; the names of the program that they use stand for objects in the other worker

The two never meet: program_sandbox.py passes requests and answers on, as Python literals. So the program never sees the
tests or an expected value, and comparisons are made where it cannot reach: an object equal to everything, a changed
builtin or an early exit gain nothing.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import importlib
import itertools
import socket
import sys
import types
from pathlib import Path

from lab.sandbox import fork_server, frames

MOST = 1 << 24  # bytes of a message
PROGRAM, TESTS = "program", "tests"  # what a worker does
REQUEST, PASSED, FAILED = b"?", b"passed", b"failed"  # what a worker with tests says
READY = b"('ready',)"  # what a worker with a program says once the program has run
WARM = (  # what programs import most often; a fork has it already
    "bisect", "collections", "copy", "dataclasses", "datetime", "decimal", "fractions", "functools", "hashlib", "heapq",
    "math", "operator", "random", "re", "statistics", "string", "typing",
)  # fmt: skip
MOST_ITEMS = 100_000  # of an iterator


class NotPlain(Exception):
    """A value that does not pass between the processes."""


class ProgramError(Exception):
    """What the program raised, if it is no builtin exception."""


def as_text(value) -> str:
    """A plain value as a literal. Instances of subclasses become what they are made of."""
    if value is None or value is Ellipsis or isinstance(value, bool):
        return repr(value)
    if isinstance(value, int):
        return hex(int.__index__(value))  # decimals have a limit of 4,300 digits
    if isinstance(value, float):
        text = float.__repr__(value)
        return {"inf": "1e999", "-inf": "-1e999", "nan": "(1e999-1e999)"}.get(text, text)
    if isinstance(value, complex):
        return f"({as_text(value.real)}+1j*{as_text(value.imag)})"
    if isinstance(value, str):
        return ascii(str.__str__(value))
    if isinstance(value, bytes):
        return bytes.__repr__(value)
    for kind, start, end in ((list, "[", "]"), (tuple, "(", ")"), (set, "{", "}"), (frozenset, "{", "}")):
        if isinstance(value, kind):
            items = [as_text(item) for item in kind.__iter__(value)]  # type: ignore[arg-type]
            empty = kind in (set, frozenset) and not items
            return "{None} - {None}" if empty else start + "".join(item + "," for item in items) + end
    if isinstance(value, dict):
        return "{" + "".join(f"{as_text(k)}:{as_text(v)}," for k, v in dict.items(value)) + "}"
    raise NotPlain(f"a {type(value).__name__} is not plain data")


def from_text(text: str):
    """The value of a literal; NaN and infinities too."""
    return _value(ast.parse(text, mode="eval").body)


OPERATIONS = {ast.Add: lambda a, b: a + b, ast.Sub: lambda a, b: a - b, ast.Mult: lambda a, b: a * b}


def _value(node):
    if isinstance(node, ast.List):
        return [_value(item) for item in node.elts]
    if isinstance(node, ast.Tuple):
        return tuple(_value(item) for item in node.elts)
    if isinstance(node, ast.Set):
        return {_value(item) for item in node.elts}
    if isinstance(node, ast.Dict):
        return {_value(k): _value(v) for k, v in zip(node.keys, node.values, strict=True)}
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATIONS:  # NaN, complex numbers, the empty set
        return OPERATIONS[type(node.op)](_value(node.left), _value(node.right))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand)
    return ast.literal_eval(node)


# --- the program ------------------------------------------------------------------------------------------------------


class Program:
    """The program, and the objects of it that the tests have asked for."""

    def __init__(self, text: str):
        self.names: dict = {"__name__": "program"}
        self.objects: list = []
        exec(compile(text, "program", "exec"), self.names)

    def answer(self, request) -> str:
        """The answer to ("name", name), ("attribute", object, name), ("call", object, args, kwargs), ("list", object)
        or ("next", object)."""
        kind, *rest = request
        after = []  # arguments that the call changed in place
        if kind == "name":
            if rest[0] not in self.names:
                return as_text(("none",))
            value = self.names[rest[0]]
            if isinstance(value, types.ModuleType):
                return as_text(("module", value.__name__))
        elif kind == "attribute":
            value = getattr(self.objects[rest[0]], rest[1])
        elif kind == "call":
            args = [self.argument(a) for a in rest[1]]
            value = self.objects[rest[0]](*args, **{k: self.argument(a) for k, a in rest[2].items()})
            for number, a in enumerate(args):
                with contextlib.suppress(NotPlain):
                    after += [(number, from_text(as_text(a)))] if isinstance(a, list | dict | set) else []
        elif kind == "list":
            value = list(itertools.islice(self.objects[rest[0]], MOST_ITEMS))
        else:
            value = next(self.objects[rest[0]])
        try:
            return as_text(("value", from_text(as_text(value)), after))
        except (NotPlain, RecursionError, ValueError, SyntaxError, TypeError):
            self.objects.append(value)
            return as_text(("object", len(self.objects) - 1, after))

    def argument(self, given):
        kind, value = given
        return self.objects[value] if kind == "object" else value


def serve_program(channel: socket.socket) -> None:
    """Runs the program that arrives, then answers requests for ever."""
    program = None
    while True:
        text = receive(channel)
        try:
            if program is None:
                program, answer = Program(text), READY.decode()
            else:
                answer = program.answer(from_text(text))
        except BaseException as error:
            answer = as_text(("error", type(error).__name__, str(error)[:500]))
        send(channel, answer)


# --- the tests ------------------------------------------------------------------------------------------------------


class Remote:
    """An object of the program. Calling it, reading an attribute or going through it asks the other process."""

    def __init__(self, ask, number: int):
        self.__dict__.update(_ask=ask, _number=number)

    def __call__(self, *args, **kwargs):
        given = [_passed(a) for a in args], {k: _passed(a) for k, a in kwargs.items()}
        return self._ask("call", self._number, *given, changed=args)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self._ask("attribute", self._number, name)

    def __iter__(self):
        return iter(self._ask("list", self._number))

    def __next__(self):
        return self._ask("next", self._number)


def _passed(value):
    return ("object", value._number) if isinstance(value, Remote) else ("value", value)


def run_tests(tests: str, channel: socket.socket) -> None:
    """Runs the tests; an exception is a failure. What they call and do not define is the program's."""

    def ask(*request, changed=()):
        send(channel, as_text(request), REQUEST)
        kind, *rest = from_text(receive(channel))
        if kind == "error":  # the same error here, if it is a builtin one: tests may wait for it
            error = getattr(builtins, rest[0], None)
            known = isinstance(error, type) and issubclass(error, Exception)
            raise (error if known else ProgramError)(rest[1])
        if kind == "none":
            raise LookupError
        if kind == "module":
            return importlib.import_module(rest[0])
        for number, value in rest[1]:
            _change(changed[number], value)
        return rest[0] if kind == "value" else Remote(ask, rest[0])

    tree = ast.parse(tests)
    names: dict = {"__name__": "tests"}
    used = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    for name in sorted(used - set(dir(builtins))):  # builtins are the tests' own: the program may have changed its
        if name in sys.stdlib_module_names:
            names[name] = importlib.import_module(name)
            continue
        with contextlib.suppress(LookupError):
            names[name] = ask("name", name)
    exec(compile(tree, "tests", "exec"), names)


def _change(argument, value) -> None:
    """Gives a list, dict or set the content that the program's call left in its copy."""
    if isinstance(argument, list):
        argument[:] = value
    elif isinstance(argument, dict | set) and argument != value:
        argument.clear()
        argument.update(value)


# --- both ------------------------------------------------------------------------------------------------------------


def send(channel: socket.socket, text: str, kind: bytes = b"") -> None:
    frames.send(channel, kind + text.encode("utf-8", "surrogatepass"))


def receive(channel: socket.socket) -> str:
    return frames.receive(channel, MOST).decode("utf-8", "surrogatepass")


def serve(channel: socket.socket, root: Path, role: str) -> None:
    """What a worker does until its process is ended. `root` is of no use here."""
    if role == PROGRAM:
        serve_program(channel)
    verdict = FAILED
    try:
        run_tests(receive(channel), channel)
        verdict = PASSED
    finally:
        frames.send(channel, verdict)
        channel.recv(1)


def warm() -> None:
    for name in WARM:
        importlib.import_module(name)


def main(arguments: list[str]) -> None:
    fork_server.main(arguments, warm, serve)
