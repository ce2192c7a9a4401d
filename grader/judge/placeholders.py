"""Placeholders for whatever a test imports from a lesson. In the judge a test can only observe them, by asking the
worker; anything else fails at once. So no code of a submission runs here, and no reference can stand in for it.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import importlib
import importlib.abc
import importlib.machinery
import inspect
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

from course.base.switch import LESSON, finder


class NotObserved(TypeError):
    """A test used something of a lesson without `observe`."""


class Placeholder:
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
        lesson, _, module = self._path.partition(".")
        if name.isupper() and module == "testcases.scenarios" and name in (known := constants(lesson, finder.root)):
            return known[name]
        return Placeholder(f"{self._path}.{name}")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise NotObserved(
            f"{self._path} was called directly: a test may only observe it, as in observe({self.__name__}, ...)"
        )

    def __repr__(self) -> str:
        return f"<placeholder {self._path}>"

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, Placeholder) and other._path == self._path

    def __hash__(self) -> int:
        return hash(self._path)

    @property
    def __wrapped__(self) -> Callable:  # for whoever looks for a docstring
        return reference(self)

    @property
    def __signature__(self) -> inspect.Signature:
        return inspect.signature(reference(self))


def wire_name(placeholder: Placeholder) -> str:
    """ "module:name": as many parts as the reference has modules for, then the rest."""
    if placeholder._path not in _names:
        parts = placeholder._path.split(".")
        for count in range(len(parts) - 1, 0, -1):
            module = ".".join(parts[:count])
            try:
                importlib.import_module(module)
            except ModuleNotFoundError:
                continue
            _names[placeholder._path] = f"{module}:{'.'.join(parts[count:])}"
            break
    return _names[placeholder._path]


def reference(placeholder: Placeholder) -> Callable:
    """The reference's own object, or what stands in its place now (a known mistake, for the diagnosis)."""
    module, _, path = wire_name(placeholder).partition(":")
    found = importlib.import_module(module)
    for part in path.split("."):
        found = getattr(found, part)
    return found


_names: dict[str, str] = {}


class PlaceholderFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """While tests are collected, whatever they import from a lesson is made of placeholders."""

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        lesson, _, _ = fullname.partition(".")
        if not LESSON.fullmatch(lesson):
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return _PlaceholderModule(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        pass

    def install(self) -> None:
        sys.meta_path.insert(0, self)

    def remove(self) -> None:
        """From here on a lesson's name means the reference again (for the diagnosis)."""
        sys.meta_path.remove(self)
        for name in [n for n, module in sys.modules.items() if isinstance(module, _PlaceholderModule)]:
            del sys.modules[name]


class _PlaceholderModule(types.ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name == "__qualname__":
            return wire_name(self).partition(":")[2]
        if name.startswith("__"):
            raise AttributeError(name)
        return Placeholder(f"{self.__name__}.{name}")


@functools.cache
def constants(lesson: str, root: Path) -> dict[str, Any]:
    """The plain data that a lesson's scenarios.py defines, such as `SUMS`: a test may use it freely."""
    (path,) = root.glob(f"tutorial/*/{lesson}/testcases/scenarios.py")
    found = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id.isupper():
            with contextlib.suppress(ValueError):
                found[node.targets[0].id] = ast.literal_eval(node.value)
    return found
