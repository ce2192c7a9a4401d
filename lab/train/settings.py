"""Settings from YAML and the command line into dataclasses; whatever does not fit is told in one sentence."""

from __future__ import annotations

import dataclasses
import difflib
import types
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import yaml

from course.base.errors import UsageError

T = TypeVar("T")


def load(cls: type[T], path: Path, overrides: list[str]) -> T:
    """Reads `path`, applies overrides such as "grpo.seed=3", and makes a `cls`. Raises UsageError."""
    return build(cls, read(path, overrides), path.name)


def read(path: Path, overrides: list[str]) -> dict[str, Any]:
    """The table of `path` with the overrides applied. Raises UsageError."""
    try:
        table = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, IsADirectoryError):
        raise UsageError(f"{path}: no such file; a run needs a configuration such as configs/demo.yaml") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(table, dict):
        raise UsageError(f"{path}: expected settings as `key: value` lines")
    for override in overrides:
        apply(table, override)
    return table


def build(cls: type[T], table: dict[str, Any], where: str) -> T:
    """Makes the dataclass `cls` from a table, nested dataclasses from nested tables. Raises UsageError."""
    hints = typing.get_type_hints(cls)
    known = {f.name: f for f in dataclasses.fields(cls)}
    values = {}
    for key, value in table.items():
        if key not in known:
            near = difflib.get_close_matches(str(key), known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"the keys are {', '.join(known)}"
            raise UsageError(f"{where}: unknown key {key!r}; {hint}")
        values[key] = _fitted(hints[key], value, f"{where}: key {key!r}")
    for name, f in known.items():
        if name not in values and f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING:
            raise UsageError(f"{where}: key {name!r} is missing")
    return cls(**values)


def _fitted(hint: Any, value: Any, where: str) -> Any:
    if dataclasses.is_dataclass(hint):
        if not isinstance(value, dict):
            raise UsageError(f"{where} must be a group of settings, not {value!r}")
        return build(hint, value, where)
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        if value is None and type(None) in typing.get_args(hint):
            return None
        return _fitted(next(h for h in typing.get_args(hint) if h is not type(None)), value, where)
    if typing.get_origin(hint) is Callable or getattr(hint, "_is_protocol", False):
        raise UsageError(f"{where} is a function, which cannot be set here")
    if typing.get_origin(hint) is dict:
        hint = dict
    if hint is float and isinstance(value, str):  # YAML reads 1e-3 as text: it wants 1.0e-3
        try:
            return float(value)
        except ValueError:
            pass
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(hint, type) and (not isinstance(value, hint) or (isinstance(value, bool) and hint is not bool)):
        raise UsageError(f"{where} must be {hint.__name__}, not {value!r}")
    return value


def apply(table: dict[str, Any], override: str) -> None:
    """Puts an override such as "grpo.seed=3" into the table. Raises UsageError."""
    name, equals, text = override.partition("=")
    if not equals:
        raise UsageError(f"{override!r} is not a setting; write key=value, such as grpo.num_steps=50")
    *groups, key = name.split(".")
    for group in groups:
        inner = table.setdefault(group, {})
        if not isinstance(inner, dict):
            raise UsageError(f"{override!r}: {group!r} is not a group of settings")
        table = inner
    try:
        table[key] = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UsageError(f"{override!r} is not valid YAML: {' '.join(str(error).split())}") from None
