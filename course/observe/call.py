"""One call of the code under test, made where that code is: values, gradients, what it changed in place.

At a desk that is this process (`course.observe.observer`), in grading the worker (`grader.sandbox.worker`). Nothing
here knows what the answer should be.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from course.base.object_spec import Spec
from course.observe import codec, jax_arrays, shape_check
from course.observe.format_value import short


@dataclass
class Request:
    """One call: what is called and with what. It can be made again, of another implementation."""

    function: Callable
    arguments: bytes  # encoded {"args": tuple, "kwargs": dict}
    grad_of: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return getattr(self.function, "__qualname__", type(self.function).__name__)  # of an object that can be called


@dataclass
class Answer:
    """What came back, decoded."""

    value: Any
    grads: dict[str, Any] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)  # names of arguments that the call changed in place, "x.training"
    problem: str | None = None  # a violated shape, or something that is not plain


def perform(request: Request) -> Answer:
    """Makes the call. Exceptions of the called code pass through; torch's random state is left as it was."""
    __tracebackhide__ = True
    value, grads, answer = encoded(request)
    answer.value, answer.grads = codec.decode(value), codec.decode(grads)
    return answer


def encoded(request: Request) -> tuple[bytes, bytes, Answer]:
    """The same, with value and gradients as bytes beside an answer without them: ready to be sent."""
    __tracebackhide__ = True
    function = request.function
    sent = codec.decode(request.arguments)
    built = {id(s): s.build() for s in _specs(sent)}
    args = [built.get(id(a), a) for a in sent["args"]]
    kwargs = {k: built.get(id(a), a) for k, a in sent["kwargs"].items()}
    try:
        signature = _signature(function)
    except ValueError:  # torch.jit.script makes such a function
        raise TypeError(f"{request.name} has no signature that Python can read: make it a plain function") from None
    bound = signature.bind(*args, **kwargs)
    with torch.enable_grad():
        inputs = {name: _watch(bound, name) for name in request.grad_of}
        watched = {n: bound.arguments[n] for n in inputs if isinstance(bound.arguments[n], Tensor)}
        # A scenario may choose a model's mode.
        given = {} if ".testcases." in getattr(function, "__module__", "") else bound.arguments
        modes = {n: _modes(v) for n, v in given.items() if isinstance(v, nn.Module)}
        state = torch.default_generator.get_state()
        grads: dict[str, Any] | None = None
        try:
            torch.default_generator.manual_seed(0)  # torch.manual_seed takes milliseconds for GPUs that may come
            if jax_arrays.takes(function):
                result, grads = jax_arrays.call(function, bound, request.grad_of, _differentiated)
            else:
                result = function(*bound.args, **bound.kwargs)
        finally:
            torch.default_generator.set_state(state)
        answer = Answer(None, problem=shape_check.violation(function, bound, result))
        if answer.problem is None and grads is None:
            grads, answer.problem = _gradients(result, inputs)
    try:
        data = codec.encode(result, "the result"), codec.encode(grads) if grads else NO_GRADIENTS
    except codec.NotPlain as error:
        answer.problem = answer.problem or f"{error}; return plain data"
        data = NOTHING, NO_GRADIENTS
    untouched = all(codec.same_bytes(value, inputs[name][""]) for name, value in watched.items())
    if not untouched or (_changeable(sent) and not _same(sent, request.arguments)):
        after = signature.bind(*sent["args"], **sent["kwargs"]).arguments | watched
        original = codec.decode(request.arguments)
        before = signature.bind(*original["args"], **original["kwargs"]).arguments
        answer.changed = [n for n, v in before.items() if not _same(after[n], codec.encode(_ungraded(v)))]
    answer.changed += [f"{n}.training" for n, mode in modes.items() if _modes(bound.arguments[n]) != mode]
    return *data, answer


NOTHING, NO_GRADIENTS = codec.encode(None), codec.encode({})


_signature = functools.lru_cache(maxsize=1024)(inspect.signature)  # kept, since a test may make many calls


def _specs(sent: dict[str, Any]) -> Iterator[Spec]:
    yield from (a for a in (*sent["args"], *sent["kwargs"].values()) if isinstance(a, Spec))


def _changeable(sent: dict[str, Any]) -> bool:
    """Whether there is anything in it that a call could change in place."""
    return not _FIXED.issuperset(map(type, (*sent["args"], *sent["kwargs"].values())))


_FIXED = frozenset((str, int, float, bool, bytes, type(None), Spec))  # what a Spec builds is the call's own


def _watch(bound: inspect.BoundArguments, name: str) -> dict[str, Tensor]:
    """Makes the argument `name` something that gradients flow back to; gives the leaves, by name."""
    value = bound.arguments.get(name)
    parameters = bound.signature.parameters
    if name not in parameters and any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in parameters.values()):
        raise TypeError(f"there is no argument called {name}: keep the signature as it is in the stub")
    if isinstance(value, nn.Module):
        return dict(value.named_parameters())
    if not isinstance(value, Tensor) or not value.is_floating_point():
        raise TypeError(f"grad_of={name!r}: not an argument that is a float tensor or a model")
    leaf = value.detach().requires_grad_()
    # Not the leaf itself: code that works in place on its input should be told so by us, not by autograd.
    bound.arguments[name] = leaf.clone()
    return {"": leaf}


def _gradients(result: Any, inputs: dict[str, dict[str, Tensor]]) -> tuple[dict[str, Any], str | None]:
    """Gradients of the result (summed, where it has several numbers) to each watched input."""
    if not inputs:
        return {}, None
    scalar = _differentiated(result)
    if not isinstance(scalar, Tensor):
        return {}, f"the result must be a tensor for its gradient to be taken, but it is {short(scalar)}"
    leaves = [leaf for group in inputs.values() for leaf in group.values()]
    found: Sequence[Tensor | None] = [None] * len(leaves)
    if scalar.requires_grad:
        found = torch.autograd.grad(scalar.sum(), leaves, allow_unused=True)
    by_leaf = iter(found)
    grads = {name: {key: next(by_leaf) for key in group} for name, group in inputs.items()}
    return {name: group.get("", group) for name, group in grads.items()}, None


def _differentiated(result: Any) -> Any:
    """The part of a result whose gradient is taken: the first of a tuple, the "loss" of a dict, or all of it."""
    if isinstance(result, tuple) and result:
        return result[0]
    return result.get("loss") if isinstance(result, dict) else result


def _same(value: Any, encoded: bytes) -> bool:
    try:
        return codec.encode(_ungraded(value)) == encoded
    except codec.NotPlain:  # the call put something into an argument that was plain before
        return False


def _modes(model: nn.Module) -> list[bool]:
    """Whether it, and each part of it, is in training mode."""
    return [part.training for part in model.modules()]


def _ungraded(value: Any) -> Any:
    return value.detach() if isinstance(value, Tensor) else value
