"""`observe`, the one door through which tests reach the code under test. Only plain data passes it.

    seen = observe(ppo_clip_loss, log_probs, old_log_probs, advantages, mask, grad_of="log_probs")
    seen.close(0.0)                       # the value
    seen.grad("log_probs").close(zeros)   # its gradient
    with observe.raises(ValueError, match="beta"):
        observe(compute_grpo_loss, log_probs, rewards, beta=0)

Here it is a direct call in this process, so breakpoints and tracebacks work; arguments and results are
nevertheless encoded and decoded (`course.observe.codec`), so that a type behaves as it would across processes.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from course.base import not_written
from course.base.switch import LESSON
from course.diagnosis import substitute
from course.observe import call, codec
from course.observe.call import Answer, Request
from course.observe.difference import first_difference
from course.observe.format_call import describe_call, describe_scenario, with_dtype
from course.observe.format_value import short
from course.observe.report import ObservationFailed, Report


def perform(request: Request) -> Answer:
    """Makes the call in this process, of whatever is in the function's place now (`course.diagnosis.substitute`)."""
    __tracebackhide__ = True
    return call.perform(replace(request, function=substitute.in_use(request.function)))


@dataclass
class Observation:
    """A call and what came of it, as the report needs it."""

    request: Request
    outcome: Answer | Exception
    match: str | None = None  # the message that a test awaited of an exception
    seconds: float = 0.0  # that this process computed for it


class Seen:
    """One observation, or a part of one: `seen[0]`, `seen["loss"]`, `seen.grad("log_probs")`."""

    def __init__(self, answer: Answer, value: Any, request: Request, part: str = ""):
        self._answer, self.value, self._request, self._part = answer, value, request, part

    def __getitem__(self, key: Any) -> Seen:
        __tracebackhide__ = True
        try:
            return Seen(self._answer, self.value[key], self._request, f"{self._part}[{key!r}]")
        except (KeyError, IndexError, TypeError):
            whose = f"{self._part} of the result" if self._part else "the result"
            others = f", only {', '.join(map(repr, self.value))}" if isinstance(self.value, dict) and self.value else ""
            self._fail(message=f"{whose} has no {key!r}{others}")

    def grad(self, name: str) -> Seen:
        """The gradient to the argument `name`; its value is None where the result does not depend on it."""
        return Seen(self._answer, self._answer.grads[name], self._request, f"gradient to {name}")

    def close(self, expected: Any, rtol: float = 1e-6, atol: float = 1e-9, says: str = "") -> None:
        """Fails, saying `says`, unless the value equals `expected`: structure and shapes exactly, numbers within
        atol + rtol * |expected|. A NaN equals nothing. Where a gradient is expected to be all zeros, none at
        all (no path) is as good."""
        __tracebackhide__ = True
        value = self.value
        if value is None and self._part.startswith("gradient") and isinstance(expected, Tensor):
            value = torch.zeros_like(expected)
        difference = first_difference(value, expected, rtol, atol)
        if difference is not None:
            place, got, wanted = ("", short(None), short(expected)) if self.value is None else difference.pair()
            self._fail(got=got, place=place, expected=wanted, difference=difference.text, message=says)

    def has_dtype(self, expected: torch.dtype, says: str) -> None:
        """Fails, saying `says`, unless the value is a tensor of this dtype."""
        __tracebackhide__ = True
        found = getattr(self.value, "dtype", type(self.value).__name__)
        if found != expected:
            name, wanted = (str(kind).removeprefix("torch.") for kind in (found, expected))
            self._fail(dtypes=True, got=with_dtype(short(self.value), name), expected=wanted, message=says)

    def no_gradient(self, why: str) -> None:
        """Fails, saying `why`, if any gradient arrived here."""
        __tracebackhide__ = True
        leaves = self.value.values() if isinstance(self.value, dict) else [self.value]
        if any(g is not None and bool((g != 0).any() | g.isnan().any()) for g in leaves):
            self._fail(message=why)

    def inputs_unchanged(self) -> None:
        """Fails if the call changed one of its arguments in place, or left a model in another mode."""
        __tracebackhide__ = True
        if self._answer.changed:
            name, _, mode = self._answer.changed[0].partition(".")
            what = f"changed its argument {name!r} in place; work on a copy"
            if mode:
                what = f"left {name!r} in another mode (train or eval) than it found it in"
            self._fail(message=f"the call {what}")

    def check(self, condition: bool, says: str) -> None:
        """Fails, saying `says`, unless `condition` holds: for properties of what was observed."""
        __tracebackhide__ = True
        if not condition:
            self._fail(message=says)

    def _fail(self, dtypes: bool = False, got: str = "", place: str = "", **parts: str) -> None:
        """Raises the report. dtypes: show those of the arguments. place: which part of the value `got` is."""
        __tracebackhide__ = True
        where = f"{self._part}{place}"
        got = got or short(self.value)
        raise failed(self._request, dtypes, got=f"{where}: {got}" if where else got, **parts)


def failed(request: Request, dtypes: bool = False, **parts: str) -> ObservationFailed:
    """The error to raise for this call. parts: of the report."""
    return ObservationFailed(Report(call=describe_call(request, dtypes), scenario=describe_scenario(request), **parts))


class Observer:
    """The `observe` fixture. `log` holds the observations of the running test, for the report. `strict`, in advanced
    tests: no call may change its arguments."""

    def __init__(self, strict: bool = False):
        self.log: list[Observation] = []
        self.strict = strict

    def perform(self, request: Request) -> Answer:
        """Makes the call. Grading makes it elsewhere."""
        __tracebackhide__ = True
        return perform(request)

    def start(self) -> None:
        """A test begins, or the next example of a property."""
        self.log.clear()

    def __call__(self, function: Callable, *args: Any, grad_of: str | Sequence[str] = (), **kwargs: Any) -> Seen:
        __tracebackhide__ = True
        lesson = (getattr(function, "__module__", "") or "").partition(".")[0]
        if not LESSON.fullmatch(lesson) or isinstance(function, type):
            raise TypeError(f"observe takes a function of a lesson or a scenario, not {function!r}: define it with def")
        grad_of = (grad_of,) if isinstance(grad_of, str) else tuple(grad_of)
        arguments = codec.encode({"args": args, "kwargs": kwargs}, "arguments")
        request = Request(function, arguments, grad_of)
        started = time.process_time()
        try:
            answer = self.perform(request)
        except Exception as error:
            self.log.append(Observation(request, error, seconds=time.process_time() - started))
            error.came_through_observe = True
            raise
        self.log.append(Observation(request, answer, seconds=time.process_time() - started))
        seen = Seen(answer, answer.value, request)
        if answer.problem is not None:
            seen._fail(message=answer.problem)
        if self.strict:
            seen.inputs_unchanged()
        return seen

    @contextmanager
    def raises(self, *kinds: type[Exception], match: str = "", says: str = "") -> Iterator[None]:
        """The observed call inside must raise one of `kinds` with a message in which `match` is found
        (a regular expression, upper and lower case alike). `says` puts a `match` that is more than words into words,
        such as "names the line, 3". A stub's NotImplementedError passes through: the exercise is not written yet."""
        __tracebackhide__ = True
        wanted = f"a {' or '.join(k.__name__ for k in kinds)}{_message(match, says)}"
        before = len(self.log)
        try:
            yield
        except Exception as error:
            is_stub = isinstance(error, NotImplementedError) and not_written.exercise_in(str(error))
            if is_stub or not getattr(error, "came_through_observe", False):
                raise
            if isinstance(error, kinds):
                self.log[-1].match = match
            if not isinstance(error, kinds) or not re.search(match, str(error), re.IGNORECASE):
                self._fail_raise(wanted, f"{type(error).__name__}: {error}")
        else:
            if len(self.log) == before:
                raise TypeError("nothing was observed inside observe.raises")
            answer = self.log[-1].outcome
            self._fail_raise(wanted, f"no error, but {short(answer.value)}")

    def _fail_raise(self, expected: str, got: str) -> None:
        __tracebackhide__ = True
        raise failed(self.log[-1].request, got=got, expected=expected) from None


def _message(match: str, says: str) -> str:
    """What is asked of an error's message, for the report."""
    if not match:
        return ""
    if not says and re.fullmatch(r"(\w|[- |]|\\\.)+", match):
        says = f"contains {' or '.join(repr(word.replace(chr(92), '')) for word in match.split('|'))}"
    return f" whose message {says or f'matches {match!r}'}"
