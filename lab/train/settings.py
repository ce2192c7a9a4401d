"""Settings from YAML and the command line into pydantic models and dataclasses.

An error is one sentence that names the key and what to do.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
import typing
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from course.base.errors import UsageError


class Settings(BaseModel):
    """A group of settings. Unknown keys are errors, and text is not converted to numbers."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


def option(default: Any, doc: str, **limits: Any) -> Any:
    """A field with its line of documentation, and limits such as gt=0."""
    return Field(default, description=doc, **limits)


SomeSettings = TypeVar("SomeSettings", bound=Settings)
T = TypeVar("T")


class _Loader(yaml.SafeLoader):
    """YAML 1.1 reads 1e-3 as text; here it is a number."""


def _mapping(loader: _Loader, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
    """A table in which no key stands twice."""
    keys = [loader.construct_object(key, deep=True) for key, _ in node.value]  # type: ignore[no-untyped-call]
    for place, key in enumerate(keys):
        if key in keys[:place]:
            raise yaml.MarkedYAMLError(problem=f"the key {key!r} stands there twice", problem_mark=node.start_mark)
    return yaml.SafeLoader.construct_mapping(loader, node, deep)


_Loader.add_constructor("tag:yaml.org,2002:map", lambda loader, node: _mapping(loader, node, deep=True))
# In YAML 1.1 010 is 8 and 1:30 is 90; here they are text, which no setting of numbers accepts. A date is text, too: it
# can be a run's name.
_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag not in ("tag:yaml.org,2002:int", "tag:yaml.org,2002:timestamp")
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"[-+]?(0|[1-9][0-9_]*)$"), "-+0123456789")
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$"), "-+.0123456789"
)


def parse(text: str) -> Any:
    """The value that the YAML text gives. Raises yaml.YAMLError."""
    try:
        return yaml.load(text, _Loader)  # a SafeLoader
    except (
        ValueError,
        AttributeError,
        LookupError,
        RecursionError,
    ) as error:  # PyYAML lets them through, such as for !!int abc
        raise yaml.YAMLError(str(error)) from None


def read(path: Path, overrides: Iterable[str] = ()) -> dict[str, Any]:
    """The table of a YAML file with overrides such as "grpo.seed=3" applied. Raises UsageError."""
    try:
        table = parse(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, IsADirectoryError):
        raise UsageError(f"{path}: no such file; a run needs a configuration such as configs/demo.yaml") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}); check its name and its permissions") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(table, dict):
        raise UsageError(f"{path}: expected settings as `key: value` lines")
    for override in overrides:
        apply(table, override)
    return table


def apply(table: dict[str, Any], override: str) -> None:
    """Puts an override such as "grpo.seed=3" into the table. Raises UsageError."""
    name, equals, text = override.partition("=")
    if not equals:
        raise UsageError(f"{override!r} is not a setting; write key=value, such as grpo.num_steps=50")
    *groups, key = name.split(".")
    for group in groups:
        table = table.setdefault(group, {})
        if not isinstance(table, dict):
            raise UsageError(f"{override!r}: {group!r} is not a group of settings")
    try:
        table[key] = parse(text)
    except yaml.YAMLError as error:
        raise UsageError(f"{override!r} is not valid YAML: {' '.join(str(error).split())}") from None


def build(cls: type[SomeSettings], table: dict[str, Any], where: str) -> SomeSettings:
    """A `cls` made from a table. `where` names the table in messages. Raises UsageError."""
    try:
        return cls.model_validate(table)
    except ValidationError as error:
        first = min(
            error.errors(), key=lambda e: e["type"] != "extra_forbidden"
        )  # a mistyped key explains the other errors
        raise UsageError(f"{where}: {_sentence(cls, first)}") from None


def build_dataclass(cls: type[T], table: dict[str, Any], where: str, types: dict[str, Any] | None = None) -> T:
    """An object of a plain dataclass, such as a lesson's GRPOConfig, checked alike. Raises UsageError. types: narrower
    ones than those of its fields, for the fields that it has."""
    hints, fields = typing.get_type_hints(cls) | (types or {}), {}
    for f in dataclasses.fields(cls):  # type: ignore[arg-type]
        default = {"default_factory": f.default_factory} if callable(f.default_factory) else {"default": f.default}
        required = f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
        fields[f.name] = (hints[f.name], ... if required else Field(**default))
    made = build(create_model(cls.__name__, __base__=Settings, **fields), table, where)  # type: ignore[call-overload]
    try:
        return cls(**{name: getattr(made, name) for name in fields})
    except ValueError as error:
        raise UsageError(f"{where}: {error}") from None


def _sentence(cls: type[Settings], error: Any) -> str:
    """One of pydantic's errors as a sentence, with the full name of the key and the nearest valid name."""
    key, value = ".".join(map(str, error["loc"])), error["input"]
    if error["type"] == "extra_forbidden":
        return f"unknown key {key!r}; {nearest_key(cls, key)}"
    if error["type"] == "missing":
        return f"key {key!r} is missing"
    if error["type"] == "value_error":  # raised by our own validators: already a sentence
        return str(error["ctx"]["error"])
    if error["type"] in ("model_type", "dict_type"):
        return f"key {key!r} must be a group of settings, not {value!r}"
    if error["type"] == "callable_type":
        return f"key {key!r} is a function, which cannot be set here"
    if error["type"] == "string_type":
        return f'key {key!r} must be text, not {value!r}; in quotes it is: \'"..."\' in a shell, "..." in a file'
    meant = difflib.get_close_matches(str(value).lower(), re.findall(r"'(\w+)'", error["msg"]), n=1)
    hint = f"; did you mean {meant[0]!r}?" if meant and meant[0] != value else ""
    return f"key {key!r} {error['msg'].replace('Input should', 'must')}, not {value!r}{hint}"


def all_keys(cls: type[Settings], prefix: str = "") -> dict[str, Any]:
    """The full name of every setting, those of groups with a dot, and its field."""
    found: dict[str, Any] = {}
    for name, field in cls.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Settings):
            found |= all_keys(field.annotation, f"{prefix}{name}.")
        else:
            found[prefix + name] = field
    return found


def nearest_key(cls: type[Settings], key: str) -> str:
    """A hint for a key that does not exist. A model's OTHER_NAMES maps names that people try to ours."""
    names, last = list(all_keys(cls)), key.rpartition(".")[2]
    other = getattr(cls, "OTHER_NAMES", {})
    if last in other:
        return other[last] if " " in other[last] else f"it is {other[last]!r} here"
    by_last = {name.rpartition(".")[2]: name for name in names}
    near = difflib.get_close_matches(last, by_last, n=1, cutoff=0.7)
    if near:
        return f"did you mean {by_last[near[0]]!r}?"
    group = key.rpartition(".")[0]
    inside = [name for name in names if name.startswith(group + ".")] if group else []
    return f"the keys are {', '.join(inside or cls.model_fields)}"


def differences(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """The full names of settings that differ."""
    found = []
    for key in sorted({*old, *new}):
        a, b = old.get(key), new.get(key)
        if isinstance(a, dict) and isinstance(b, dict):
            found += [f"{key}.{name}" for name in differences(a, b)]
        elif a != b:
            found.append(key)
    return found
