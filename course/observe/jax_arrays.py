"""Functions that compute with JAX, behind the door: tensors go in as jax arrays, and jax arrays come back as tensors.

A function is JAX's if the file that defines it imports jax, so nothing here costs other lessons the import. Every data
type stays as it was: float64 goes in as float64, which JAX has only while `enable_x64` is on.
"""

from __future__ import annotations

import copy
import inspect
import os
import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import torch


def takes(function: Callable) -> bool:
    """Whether the file that defines `function` imports jax."""
    if "jax" not in sys.modules:
        return False
    values = getattr(inspect.unwrap(function), "__globals__", {}).values()
    homes = (
        value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None) for value in values
    )
    return any(isinstance(home, str) and home.partition(".")[0] == "jax" for home in homes)


def call(
    function: Callable, bound: inspect.BoundArguments, watched: Sequence[str], differentiated: Callable[[Any], Any]
) -> tuple[Any, dict[str, torch.Tensor] | None]:
    """The result, and the gradient of `differentiated(result)` (summed) to each of the arguments `watched`. The
    gradients are None if that is no array."""
    import jax

    compile_quickly(jax)
    arguments = {name: _in(value) for name, value in bound.arguments.items()}

    def run(leaves: dict[str, jax.Array]) -> tuple[Any, Any]:
        given = copy.copy(bound)
        given.arguments = arguments | leaves
        result = function(*given.args, **given.kwargs)
        scalar = differentiated(result) if leaves else None
        return (scalar.sum() if isinstance(scalar, jax.Array) else None), result

    with jax.enable_x64(True):
        if not watched:
            return _out(run({})[1]), {}
        scalar, back, result = jax.vjp(run, {name: arguments[name] for name in watched}, has_aux=True)
        gradients = None if scalar is None else _out(back(jax.numpy.ones_like(scalar))[0])
        return _out(result), gradients


def compile_quickly(jax: ModuleType) -> None:
    """Tests compile a lot and compute little: without optimizations it takes half the time."""
    jax.config.update("jax_disable_most_optimizations", True)
    flags = os.environ.get("XLA_FLAGS", "")
    if "fusion_emitters" not in flags:  # read when the first program is compiled
        os.environ["XLA_FLAGS"] = f"{flags} --xla_cpu_use_fusion_emitters=false".strip()


def _in(value: Any) -> Any:
    """`value` with a jax array for each tensor."""
    import jax

    if isinstance(value, torch.Tensor):
        with jax.enable_x64(True):
            return jax.numpy.array(jax.dlpack.from_dlpack(value.detach().contiguous()), copy=True)
    return _each(value, _in)


def _out(value: Any) -> Any:
    """`value` with a tensor for each jax array. Random keys and numbers that were never computed (tracers) stay."""
    import jax

    if isinstance(value, jax.Array):
        ready = not isinstance(value, jax.core.Tracer) and not jax.dtypes.issubdtype(value.dtype, jax.dtypes.extended)
        return torch.from_dlpack(jax.block_until_ready(value)).clone() if ready else value
    return _each(value, _out)


def _each(value: Any, change: Callable[[Any], Any]) -> Any:
    if type(value) in (list, tuple):
        return type(value)(map(change, value))
    if type(value) is dict:
        return {key: change(one) for key, one in value.items()}
    return value
