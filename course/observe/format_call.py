"""A call as a report shows it, with short values, and what a scenario does according to its docstring."""

from __future__ import annotations

import contextlib
import inspect
import re
from typing import Any

import torch

from course.base.object_spec import Spec
from course.observe import codec
from course.observe.call import Request
from course.observe.format_value import short, whole
from course.observe.report import CALL_LINES, WIDTH, wrap_call


def describe_call(request: Request, dtypes: bool = False) -> str:
    """`compute_grpo_loss(log_probs=[-1, -2], rewards=[1, 0], beta=0.5)`. `dtypes`: show the dtype of every array."""
    sent = codec.decode(request.arguments)
    try:
        bound = inspect.signature(request.function).bind(*sent["args"], **sent["kwargs"])
    except TypeError:  # the function takes other arguments than these: the call as it was written
        given = [*map(short, sent["args"]), *(f"{k}={short(v)}" for k, v in sent["kwargs"].items())]
        return f"{request.name}({', '.join(given)})"
    return format_call(request.name, bound.arguments, dtypes)


def describe_scenario(request: Request) -> str:
    """What a scenario does, by its docstring: the first sentence, what it returns, and what it says of the arguments
    that are given. Empty for an exercise, which the learner knows."""
    function = inspect.unwrap(request.function)
    if not function.__module__.endswith(".testcases.scenarios"):
        return ""
    sent = codec.decode(request.arguments)
    with contextlib.suppress(TypeError):
        bound = inspect.signature(function).bind(*sent["args"], **sent["kwargs"])
        given = "|".join(map(re.escape, [*bound.arguments, *bound.kwargs]))
        first, *others = re.split(r"(?<=\.)\s+(?=[A-Z`])", " ".join((function.__doc__ or "").split()))
        return " ".join([first, *(s for s in others if re.match(rf"Returns\b|`({given})`", s))])
    return ""


def format_call(name: str, arguments: dict[str, Any], dtypes: bool = False) -> str:
    """The call as text. Dtypes are shown if `dtypes` is set, or if numbers of several precisions or of half precision
    are given."""
    shown = {name: kind for name, value in arguments.items() if (kind := _precision(value))}
    if not dtypes and len(set(shown.values())) <= 1 and {"float32", "float64"}.issuperset(shown.values()):
        shown = {}
    room = max(24, (2 * WIDTH) // max(1, len(arguments)))
    for most in (3 * WIDTH, 2 * WIDTH, WIDTH, 0):  # settings are shown whole: the cause may be in them
        texts = {k: (_is_setting(v) and whole(v, most)) or short(v, room) for k, v in arguments.items()}
        inner = (f"{k}={with_dtype(text, shown[k], ' ') if k in shown else text}" for k, text in texts.items())
        text = f"{name}({', '.join(inner)})"
        if len(wrap_call(text)) <= CALL_LINES:
            break
    return text


def with_dtype(text: str, dtype: str, between: str = ", ") -> str:
    """`text`, a value, followed by its dtype, unless it ends with that already."""
    return text if text.endswith(dtype) else f"{text}{between}{dtype}"


def _is_setting(value: Any) -> bool:
    """Whether it is made of numbers and texts alone, and of no long list."""
    if isinstance(value, dict):
        return all(map(_is_setting, value.values()))
    if isinstance(value, (list, tuple)):
        return len(value) <= 8 and all(map(_is_setting, value))
    return not isinstance(value, (torch.Tensor, Spec))


def _precision(value: Any) -> str | None:
    if isinstance(value, torch.Tensor) and (value.is_floating_point() or value.is_complex()):
        return str(value.dtype).removeprefix("torch.")
    return value.dtype if isinstance(value, Spec) else None
