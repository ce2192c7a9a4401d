"""The two processes in which a program is tested. Standard library only; lab/rl/program_reward.py starts them.

    program   runs the model's program, then answers requests: call this function with these values
    tests     runs the tests; the names of the program that they use stand for objects in the other process

Only plain values pass between the two, as Python literals. So the program never sees the tests or an expected value,
and comparisons are made where it cannot reach: an object equal to everything, a changed builtin or an early exit
gain nothing. This is no sandbox (see program_reward.py).
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import importlib
import itertools
import os
import struct
import subprocess
import sys
import types

MOST = 1 << 24  # bytes of a message
MOST_ITEMS = 100_000  # of an iterator


class NotPlain(Exception):
    """A value that does not pass between the processes."""


class ProgramError(Exception):
    """What the program raised; or its process is gone."""


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


def send(channel: int, text: str) -> None:
    data = text.encode("utf-8", "surrogatepass")
    data = struct.pack(">I", len(data)) + data
    while data:
        data = data[os.write(channel, data) :]


def receive(channel: int) -> str:
    size = struct.unpack(">I", _exactly(channel, 4))[0]
    if size > MOST:
        raise ProgramError("the message is too long")
    return _exactly(channel, size).decode("utf-8", "surrogatepass")


def _exactly(channel: int, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = os.read(channel, min(1 << 16, size - len(data)))
        if not part:
            raise ProgramError("the program ended")
        data += part
    return data


# --- the program's process -------------------------------------------------------------------------------------------


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


def serve(requests: int, answers: int) -> None:
    """Runs the program that arrives, then answers requests for ever."""
    try:
        program = Program(from_text(receive(requests)))
        send(answers, as_text(("ready",)))
    except BaseException as error:
        send(answers, as_text(("error", type(error).__name__, str(error)[:500])))
        return
    while True:
        request = from_text(receive(requests))
        try:
            answer = program.answer(request)
        except BaseException as error:
            answer = as_text(("error", type(error).__name__, str(error)[:500]))
        send(answers, answer)


# --- the tests' process ----------------------------------------------------------------------------------------------


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


def run_tests(tests: str, requests: int, answers: int) -> None:
    """Runs the tests; an exception is a failure. What they call and do not define is the program's."""

    def ask(*request, changed=()):
        send(requests, as_text(request))
        kind, *rest = from_text(receive(answers))
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

    first = from_text(receive(answers))
    if first[0] != "ready":
        raise ProgramError(first[2])
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


def main(memory: int, file_size: int, seconds: int) -> None:
    """Reads (program, tests) from standard input, starts the program's process and runs the tests. Exits with 0 if they
    pass. The exit status is this process's own, so the program cannot choose it."""
    with contextlib.suppress(ImportError):  # not on Windows
        import resource

        for name, value in (("AS", memory), ("FSIZE", file_size), ("CPU", seconds)):
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))
    program, tests = from_text(sys.stdin.buffer.read().decode("utf-8", "surrogatepass"))
    command = [sys.executable, "-I", os.path.abspath(__file__)]
    status = 1
    try:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert process.stdin and process.stdout
        requests, answers = process.stdin.fileno(), process.stdout.fileno()
        send(requests, as_text(program))
        run_tests(tests, requests, answers)
        status = 0
    finally:
        os._exit(status)


if __name__ == "__main__":
    if sys.argv[1:]:
        main(*map(int, sys.argv[1:]))
    else:  # what the program prints must not mix with the answers
        channel = os.dup(1)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        serve(os.dup(0), channel)
