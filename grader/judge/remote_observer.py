"""The judge's `observe`. In the judge, what a test imports from a lesson is a handle: it can be observed, by asking the
worker, and nothing else can be done with it. A test that goes past the door fails at once.

What comes back is a claim by code that nobody trusts. It is rebuilt from bounded bytes as plain data, its shapes are
checked here, against the reference's declaration, and an error is rebuilt as an error of Python's own.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import functools
import importlib.abc
import importlib.machinery
import inspect
import re
import sys
import types
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from course.base.switch import LESSON, finder
from course.observe import codec, shape_check
from course.observe.call import Answer, Request
from course.observe.observer import Observer
from grader.sandbox import frames

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
TEXT, PLACE, NAMES = 2000, 200, 64
DIGITS = 1000  # of a whole number


class PastTheDoor(TypeError):
    """A test used a lesson's object without `observe`."""


class Unanswered(Exception):
    """The worker gave no usable answer. `status` is that of the exercise: "timeout" or "died"."""

    def __init__(self, status: str, text: str):
        super().__init__(text)
        self.status = status


# --- handles -------------------------------------------------------------------------------------------------------


class Handle:
    """Stands for `lesson13_grpo.loss.grpo.compute_grpo_loss` in a test."""

    def __init__(self, path: str):
        self._path = path
        self.__name__ = path.rpartition(".")[2]
        self.__module__ = path.rpartition(".")[0]

    def __getattr__(self, name: str) -> Any:
        if name == "__qualname__":
            return wire_name(self).partition(":")[2]
        if name.startswith("__"):
            raise AttributeError(name)
        if name.isupper() and self._path.endswith(".testcases.scenarios"):
            module, folder = self._path.split(".")[0], finder.folders("tutorial")
            if name in (known := constants(folder[module] / "testcases" / "scenarios.py")):
                return known[name]
        return Handle(f"{self._path}.{name}")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise PastTheDoor(
            f"{self._path} was called past the door: a test may only observe it, as in observe({self.__name__}, ...)"
        )

    def __repr__(self) -> str:
        return f"<handle {self._path}>"

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, Handle) and other._path == self._path

    def __hash__(self) -> int:
        return hash(self._path)

    @property
    def __wrapped__(self) -> Callable:  # for whoever looks for a docstring
        return reference(self)

    @property
    def __signature__(self) -> inspect.Signature:
        return inspect.signature(reference(self))


def wire_name(handle: Handle) -> str:
    """ "module:name": as many parts as the reference has modules for, then the rest."""
    if handle._path not in _names:
        parts = handle._path.split(".")
        for count in range(len(parts) - 1, 0, -1):
            module = ".".join(parts[:count])
            try:
                importlib.import_module(module)
            except ModuleNotFoundError:
                continue
            _names[handle._path] = f"{module}:{'.'.join(parts[count:])}"
            break
    return _names[handle._path]


def reference(handle: Handle) -> Callable:
    """The reference's own object, or what stands in its place now (a known mistake, for the diagnosis)."""
    module, _, path = wire_name(handle).partition(":")
    found = importlib.import_module(module)
    for part in path.split("."):
        found = getattr(found, part)
    return found


_names: dict[str, str] = {}


class HandleFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """While tests are collected, whatever they import from a lesson is made of handles."""

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        lesson, _, _ = fullname.partition(".")
        if not LESSON.fullmatch(lesson):
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return _HandleModule(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        pass

    def install(self) -> None:
        sys.meta_path.insert(0, self)

    def remove(self) -> None:
        """From here on a lesson's name means the reference again (for the diagnosis)."""
        sys.meta_path.remove(self)
        for name in [n for n, module in sys.modules.items() if isinstance(module, _HandleModule)]:
            del sys.modules[name]


class _HandleModule(types.ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name == "__qualname__":
            return wire_name(self).partition(":")[2]
        if name.startswith("__"):
            raise AttributeError(name)
        return Handle(f"{self.__name__}.{name}")


# --- observing -----------------------------------------------------------------------------------------------------

Ask = Callable[[bytes], bytes]


class RemoteObserver(Observer):
    """`ask` sends a request's bytes to the worker and gives its answer's; it may raise Unanswered."""

    def __init__(self, ask: Ask):
        super().__init__()
        self.ask = ask
        self.examples = 0  # observations made before the running example of a property

    def __repr__(self) -> str:
        return "observe"  # where hypothesis shows it in a report, an address would differ from run to run

    def start(self) -> None:
        self.examples += len(self.log)
        super().start()

    def __call__(self, function: Any, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        if not isinstance(function, Handle):
            raise PastTheDoor(f"{function!r} is not a lesson's: nothing else can be observed when grading")
        return super().__call__(function, *args, **kwargs)

    def perform(self, request: Request) -> Answer:
        __tracebackhide__ = True
        return outcome(request, self.ask(request_bytes(request)))


def request_bytes(request: Request) -> bytes:
    head = {"function": wire_name(request.function), "grad_of": list(request.grad_of)}
    return frames.pack(codec.encode(head), request.arguments)


def request_in(data: bytes) -> Request:
    """The counterpart, of a handle."""
    head, arguments = frames.unpack(data, 2)
    asked = codec.decode(head)
    return Request(Handle(asked["function"].replace(":", ".")), arguments, tuple(asked["grad_of"]))


def outcome(request: Request, data: bytes) -> Answer:
    """The answer in `data`; raises the error that it tells of, or Unanswered where it is of no known form."""
    try:
        head, value, grads = frames.unpack(data, 3)
        told = codec.decode(head)
        error = rebuilt_error(told)
        answer = error or Answer(codec.decode(value), codec.decode(grads), told["changed"], told["problem"])
    except (ValueError, TypeError, KeyError, MemoryError) as problem:
        raise Unanswered("died", f"the answer cannot be read: {clean(str(problem), PLACE)}") from None
    if error is not None:
        raise error
    for part in (answer.value, answer.grads):
        if _too_long(part):
            raise Unanswered("died", f"the answer holds a number of more than {DIGITS} digits")
    if isinstance(answer.grads, dict) and not answer.grads.keys() <= {*request.grad_of}:
        raise Unanswered("died", "the answer holds gradients that nobody asked for")
    named = isinstance(answer.changed, list) and all(isinstance(n, str) for n in answer.changed)
    if not named or not isinstance(answer.grads, dict) or not isinstance(answer.problem, (str, type(None))):
        raise Unanswered("died", "the answer is of no known form")
    answer.changed = [clean(n, PLACE) for n in answer.changed[:NAMES]]
    if answer.problem is not None:
        answer.problem = clean(answer.problem, TEXT)
    else:
        answer.problem = _violation(request, answer.value)
    return answer


def _violation(request: Request, value: Any) -> str | None:
    """The declared shapes, checked on this side: the worker's own check proves nothing."""
    function = reference(request.function)
    if not shape_check.declared(function):
        return None
    sent = codec.decode(request.arguments)
    try:
        bound = _signature(function).bind(*sent["args"], **sent["kwargs"])
    except TypeError:
        return None
    return shape_check.violation(function, bound, value)


_signature = functools.lru_cache(maxsize=256)(inspect.signature)


def _too_long(value: Any) -> bool:
    """Whether a whole number in it is one that Python refuses to write: no report could show it."""
    if isinstance(value, dict):
        return any(map(_too_long, value.keys())) or any(map(_too_long, value.values()))
    if isinstance(value, (list, tuple)):
        return any(map(_too_long, value))
    return type(value) is int and value.bit_length() > 3 * DIGITS


NOT_TOLD = (StopIteration, StopAsyncIteration, BaseExceptionGroup)  # they steer loops, or cannot be made of a text


def rebuilt_error(told: Any) -> Exception | None:
    """An exception of the nearest class of Python's own, with the name, the text and the places that were told; None
    where no error was told."""
    if not isinstance(told, dict) or told.keys() != {"raised", "text", "places"}:
        return None
    names = told["raised"] if isinstance(told["raised"], list) else []
    names = [name for name in names[:NAMES] if isinstance(name, str)]
    kinds = [
        kind for n in names if isinstance(kind := getattr(builtins, n, None), type) and issubclass(kind, Exception)
    ]
    kinds = [kind for kind in kinds if not issubclass(kind, NOT_TOLD)]
    base = kinds[0] if kinds else RuntimeError  # SystemExit and its like are no answers either
    name = (clean(names[0], PLACE) if names else "") or "Error"
    kind = _error_class(name, base)
    error = kind.__new__(kind)
    error.args = (clean(told["text"], TEXT) if isinstance(told["text"], str) else "",)
    places = told["places"] if isinstance(told["places"], list) else []
    error.places = [clean(place, PLACE) for place in places[:6] if isinstance(place, str)]
    return error


@functools.lru_cache(maxsize=256)
def _error_class(name: str, base: type[Exception]) -> type[Exception]:
    """The same class for the same error: hypothesis takes another one for another error."""
    return type(name, (_Told, base), {})


class _Told:
    """Errors whose own `__str__` may want more than a text (OSError, KeyError) show the text alone."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


def clean(text: str, width: int) -> str:
    """Without what a terminal or a page could take for a command."""
    return CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)[:width]


def local(request: Request) -> Request:
    """The same request of the reference, or of what stands in its place."""
    return replace(request, function=reference(request.function))


@functools.cache
def constants(path: Path) -> dict[str, Any]:
    """The plain data that a scenarios.py of the course's own defines, such as `SUMS`: a test may use it freely."""
    found = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id.isupper():
            with contextlib.suppress(ValueError):
                found[node.targets[0].id] = ast.literal_eval(node.value)
    return found
