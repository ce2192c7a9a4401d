"""What a submission has replaced of the course's modules and of torch: a hint for the instructor, never a proof.

Scenarios, counters and gradients run in the worker, beside the submission. Code that forges their evidence replaces
something there. The fork server notes what stands where before it forks any worker, and the worker compares when the
judge asks, after the last test. Code that hides from this comparison is not found.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator
from types import FunctionType, ModuleType
from typing import Any

import torch

OURS = ("course", "grader", "lab")
TORCH = (torch, torch.Tensor, torch.autograd, torch.nn.Module, torch.optim.Optimizer)
MOST = 20


class Attributes:
    """The functions and classes of the modules that are loaded now, and of those that a lesson's tests will load."""

    def __init__(self):
        self.before = {owner: {n: (v, code_of(v)) for n, v in vars(owner).items() if is_code(v)} for owner in owners()}

    def replaced(self) -> list[str]:
        """The names of those that are others now."""
        found = []
        for owner, before in self.before.items():
            now = vars(owner)
            for name, (value, code) in before.items():
                if not same(now.get(name), value, code):
                    found.append(f"{name_of(owner)}.{name}")
        return sorted([*found, *in_test_modules()])[:MOST]


def owners() -> Iterator[Any]:
    """The modules, their classes, and what of torch the evidence rests on."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in OURS and isinstance(module, ModuleType):
            yield module
            yield from (v for v in vars(module).values() if isinstance(v, type) and v.__module__ == name)
    yield from TORCH


def is_code(value: Any) -> bool:
    return callable(value) or isinstance(value, (staticmethod, classmethod, property))


def code_of(value: Any) -> Any:
    value = getattr(value, "fget", getattr(value, "__func__", value))
    return getattr(inspect.unwrap(value) if callable(value) else value, "__code__", None)


def same(now: Any, before: Any, code: Any) -> bool:
    if now is not before:  # torch itself wraps an optimizer's step when the first one is made
        wrapped = isinstance(now, FunctionType) and now.__code__.co_filename.startswith(torch.__path__[0])
        return wrapped and inspect.unwrap(now) is before
    return code_of(now) is code


def in_test_modules() -> Iterator[str]:
    """What a lesson's testcases/ and given/ define or import from the course by their text, and what does not come
    from there now."""
    for name, module in list(sys.modules.items()):
        parts = name.split(".")
        if not parts[0].startswith("lesson") or parts[1:2] not in (["testcases"], ["given"]) or len(parts) < 3:
            continue
        with open(module.__file__, encoding="utf-8") as file:
            body = ast.parse(file.read()).body
        for node in body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                value = getattr(module, node.name, None)
                yield from () if defined_there(value, node, module) else (f"{name}.{node.name}",)
            elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in OURS:
                there = sys.modules.get(node.module)
                for alias in node.names:
                    own = alias.asname or alias.name
                    if getattr(module, own, None) is not getattr(there, alias.name, there):
                        yield f"{name}.{own}"


def defined_there(value: Any, node: ast.stmt, module: ModuleType) -> bool:
    if isinstance(node, ast.FunctionDef):
        return getattr(code_of(value), "co_filename", None) == module.__file__
    methods = {n.name for n in node.body if isinstance(n, ast.FunctionDef)}
    codes = [code_of(vars(value)[name]) for name in methods if name in vars(value)] if isinstance(value, type) else []
    return isinstance(value, type) and all(getattr(c, "co_filename", None) == module.__file__ for c in codes)


def name_of(owner: Any) -> str:
    return owner.__name__ if isinstance(owner, ModuleType) else f"{owner.__module__}.{owner.__qualname__}"
