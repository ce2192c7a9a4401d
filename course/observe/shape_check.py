"""Checks what an exercise gives back against its declared shapes, and words a violation as a lesson would."""

from __future__ import annotations

import functools
import inspect
import types
import typing
from collections.abc import Callable
from typing import Any

import torch


def violation(function: Callable, bound: inspect.BoundArguments, result: Any) -> str | None:
    """One sentence that says how `result` differs from `function`'s declared return type, or None.

    Only jaxtyping annotations such as `Float[Tensor, "batch tokens"]` are checked, alone, in a union, or
    inside `tuple[...]`. Dimensions named by the arguments have the sizes that the arguments give them.
    """
    hints = _hints(function)
    declared = hints.get("return")
    if declared is None:
        return None
    sizes: dict[str, int] = {}
    for name, hint in hints.items():
        value = bound.arguments.get(name)
        if _is_array_type(hint) and isinstance(value, torch.Tensor):
            _match(hint.dim_str.split(), list(value.shape), sizes)
    return _check(declared, result, sizes, "the result")


def declared(function: Callable) -> bool:
    """Whether anything is said of what it returns."""
    return _hints(function).get("return") is not None


@functools.lru_cache(maxsize=1024)
def _hints(function: Callable) -> dict[str, Any]:
    try:
        return typing.get_type_hints(function)
    except Exception:  # a learner's own annotations may name anything; they are not ours to judge
        return {}


def _check(declared: Any, value: Any, sizes: dict[str, int], what: str) -> str | None:
    origin = typing.get_origin(declared)
    if origin in (typing.Union, types.UnionType):
        problems = [_check(option, value, dict(sizes), what) for option in typing.get_args(declared)]
        return None if None in problems else problems[0]
    if origin is tuple and _mentions_arrays(declared) and Ellipsis not in typing.get_args(declared):
        parts = typing.get_args(declared)
        if not isinstance(value, tuple) or len(value) != len(parts):
            return f"{what} must be a tuple of {len(parts)} things, but it is {_describe(value)}"
        problems = (_check(p, v, sizes, f"{what}[{i}]") for i, (p, v) in enumerate(zip(parts, value, strict=True)))
        return next((p for p in problems if p), None)
    if declared is type(None):
        return None if value is None else f"{what} must be None, but it is {_describe(value)}"
    if not _is_array_type(declared):
        return None
    dims = declared.dim_str.split()
    wanted = f"({', '.join(dims)})" if dims else "a single number, shape ()"
    known = ", ".join(f"{d} = {sizes[d]}" for d in dict.fromkeys(dims) if d in sizes)
    known = f" with {known}" if known else ""
    if not isinstance(value, torch.Tensor):
        return f"{what} must be a tensor of shape {wanted}{known}, but it is {_describe(value)}"
    if not _match(dims, list(value.shape), sizes):
        return f"{what} must have the shape {wanted}{known}, but its shape is {tuple(value.shape)}"
    dtype = str(value.dtype).removeprefix("torch.")
    if declared.dtypes and isinstance(declared.dtypes, (list, tuple)) and dtype not in declared.dtypes:
        return f"{what} must hold {declared.__name__.split('[')[0].lower()} numbers, but its dtype is {dtype}"
    return None


def _is_array_type(hint: Any) -> bool:
    return isinstance(hint, type) and hasattr(hint, "dim_str") and hasattr(hint, "dtypes")


def _mentions_arrays(hint: Any) -> bool:
    return _is_array_type(hint) or any(_mentions_arrays(a) for a in typing.get_args(hint))


def _match(dims: list[str], shape: list[int], sizes: dict[str, int]) -> bool:
    """Compares sizes with names, learning new names on the way. Names, numbers, `_` and `...` are known."""
    if dims and dims[0] == "...":
        dims, shape = dims[1:], shape[len(shape) - len(dims) + 1 :] if len(shape) >= len(dims) - 1 else [-1]
    if len(dims) != len(shape):
        return False
    for dim, size in zip(dims, shape, strict=True):
        expected = int(dim) if dim.isdigit() else size if dim == "_" else sizes.setdefault(dim, size)
        if "-" in dim or "+" in dim:  # such as "length-1"
            expected = _arithmetic(dim, sizes, size)
        if expected != size:
            return False
    return True


def _arithmetic(dim: str, sizes: dict[str, int], size: int) -> int:
    sign = "-" if "-" in dim else "+"
    name, _, number = dim.partition(sign)
    sizes.pop(dim, None)
    if name not in sizes or not number.isdigit():
        return size
    return sizes[name] - int(number) if sign == "-" else sizes[name] + int(number)


def _describe(value: Any) -> str:
    if isinstance(value, torch.Tensor):
        return f"a tensor of shape {tuple(value.shape)}"
    if isinstance(value, (list, tuple, dict)):
        return f"a {type(value).__name__} of length {len(value)}"
    return (
        f"{value!r}"[:60]
        if value is None or isinstance(value, (bool, int, float, str))
        else f"a {type(value).__name__}"
    )
