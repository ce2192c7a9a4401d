"""The judge's `observe`: it asks the worker, and believes nothing that comes back.

The answer is a claim by code that nobody trusts. It is rebuilt from bounded bytes as plain data, its shapes are checked
here, against the reference's declaration, and an error is rebuilt as an error of Python's own.
"""

from __future__ import annotations

import builtins
import functools
import inspect
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from course.observe import codec, shape_check
from course.observe.call import Answer, Request
from course.observe.observer import Observer
from grader.judge.placeholders import NotObserved, Placeholder, reference, wire_name
from lab.sandbox import frames

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
TEXT, PLACE, NAMES = 2000, 200, 64  # characters of a text and of a place; number of names
DIGITS = 1000  # of a whole number


class Unanswered(Exception):
    """The worker gave no usable answer. `status` is that of the exercise: "timeout", "died" or "not gradable"."""

    def __init__(self, status: str, text: str, places: list[str] | None = None):
        super().__init__(text)
        self.status, self.places = status, places or []


Ask = Callable[[bytes], bytes]


class RemoteObserver(Observer):
    """`ask` sends a request's bytes to the worker and gives its answer's; it may raise Unanswered."""

    def __init__(self, ask: Ask, strict: bool = False):
        super().__init__(strict)
        self.ask = ask
        self.examples = 0  # observations made before the running example of a property

    def __repr__(self) -> str:
        return "observe"  # where hypothesis shows it in a report, an address would differ from run to run

    def start(self) -> None:
        self.examples += len(self.log)
        super().start()

    def __call__(self, function: Any, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        if not isinstance(function, Placeholder):
            raise NotObserved(f"{function!r} is not a lesson's: nothing else can be observed when grading")
        return super().__call__(function, *args, **kwargs)

    def perform(self, request: Request) -> Answer:
        __tracebackhide__ = True
        return outcome(request, self.ask(request_bytes(request)))


def request_bytes(request: Request) -> bytes:
    head = {"function": wire_name(request.function), "grad_of": list(request.grad_of)}
    return frames.pack(codec.encode(head), request.arguments)


def request_in(data: bytes) -> Request:
    """The counterpart: the request, of a placeholder."""
    head, arguments = frames.unpack(data, 2)
    asked = codec.decode(head)
    return Request(Placeholder(asked["function"].replace(":", ".")), arguments, tuple(asked["grad_of"]))


def outcome(request: Request, data: bytes) -> Answer:
    """The answer in `data`; raises the error that it reports, or Unanswered if it is of no known form."""
    try:
        head, value, grads = frames.unpack(data, 3)
        reported = codec.decode(head)
        error = rebuilt_error(reported)
        answer = error or Answer(codec.decode(value), codec.decode(grads), reported["changed"], reported["problem"])
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
        bound = inspect.signature(function).bind(*sent["args"], **sent["kwargs"])
    except TypeError:
        return None
    return shape_check.violation(function, bound, value)


def _too_long(value: Any) -> bool:
    """Whether a whole number in it is one that Python refuses to write: no report could show it."""
    if isinstance(value, dict):
        return any(map(_too_long, value.keys())) or any(map(_too_long, value.values()))
    if isinstance(value, (list, tuple)):
        return any(map(_too_long, value))
    return type(value) is int and value.bit_length() > 3 * DIGITS


NEVER_REBUILT = (StopIteration, StopAsyncIteration, BaseExceptionGroup)  # they steer loops, or cannot be made of a text


def rebuilt_error(reported: Any) -> Exception | None:
    """An exception of the nearest class of Python's own, with the name, the text and the places that were reported;
    None if no error was."""
    if not isinstance(reported, dict) or reported.keys() != {"raised", "text", "places"}:
        return None
    names = reported["raised"] if isinstance(reported["raised"], list) else []
    names = [name for name in names[:NAMES] if isinstance(name, str)]
    kinds = [
        kind for n in names if isinstance(kind := getattr(builtins, n, None), type) and issubclass(kind, Exception)
    ]
    kinds = [kind for kind in kinds if not issubclass(kind, NEVER_REBUILT)]
    base = kinds[0] if kinds else RuntimeError  # SystemExit and its like are no answers either
    name = (clean(names[0], PLACE) if names else "") or "Error"
    kind = _error_class(name, base)
    error = kind.__new__(kind)
    error.args = (clean(reported["text"], TEXT) if isinstance(reported["text"], str) else "",)
    places = reported["places"] if isinstance(reported["places"], list) else []
    error.places = [clean(place, PLACE) for place in places[:6] if isinstance(place, str)]
    return error


@functools.lru_cache(maxsize=256)
def _error_class(name: str, base: type[Exception]) -> type[Exception]:
    """The same class for the same error: hypothesis takes another one for another error."""
    return type(name, (_RebuiltError, base), {})


class _RebuiltError:
    """Errors whose own `__str__` may want more than a text (OSError, KeyError) show the text alone."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


def clean(text: str, width: int) -> str:
    """Without what a terminal or a page could take for a command."""
    return CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)[:width]


def local(request: Request) -> Request:
    """The same request of the reference, or of what stands in its place."""
    return replace(request, function=reference(request.function))
