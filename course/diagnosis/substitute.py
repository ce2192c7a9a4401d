"""Puts another attempt at an exercise (a known mistake, a variant, the bare stub) in the place of the code in use.

Everything else stays as it is: an attempt calls the other exercises that are in use, be they the learner's or the
reference's. Only helpers that the reference keeps to itself (names with one underscore) come with it.
"""

from __future__ import annotations

import ast
import functools
import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FunctionType, ModuleType
from typing import Any

from course.base.manifest import Exercise, Lesson
from course.base.switch import LESSON


def reference(lesson: Lesson, exercise: Exercise) -> Any:
    """The reference's own object, calling whatever else is in use."""
    text = (lesson.solution / exercise.file).read_text(encoding="utf-8")
    return from_source(text, exercise, lesson)


def from_source(source: str | ast.Module, exercise: Exercise, lesson: Lesson) -> Any:
    """The exercise's object as `source`, a version of the reference's file, defines it."""
    module = module_of(lesson, exercise)
    path = lesson.solution / exercise.file
    namespace: dict[str, Any] = {"__name__": module.__name__, "__file__": str(path)}
    exec(compile(source, f"{path} (changed)", "exec"), namespace)
    owner, _, method = exercise.object.partition(".")
    made = namespace[owner].__dict__[method] if method else namespace[owner]
    for name, value in vars(module).items():  # all else is that in use, whoever wrote it
        if name in namespace and not name.startswith("_") and (method or name != owner):
            namespace[name] = value
    return made


def module_of(lesson: Lesson, exercise: Exercise) -> ModuleType:
    """The module in use that holds the exercise."""
    dotted = exercise.file.removesuffix(".py").replace("/", ".")
    return importlib.import_module(f"{lesson.name}.{dotted}")


@contextmanager
def in_place_of(lesson: Lesson, exercise: Exercise, code: Any) -> Iterator[None]:
    """While inside, `code` stands wherever the exercise's function, method or class is used by a lesson."""
    owner, _, method = exercise.object.partition(".")
    present = getattr(module_of(lesson, exercise), owner)
    if method:
        places = [(present, method)]
        present = present.__dict__.get(method)
    else:
        places = _places(len(sys.modules), module_of(lesson, exercise), present)
        _described_like(code, present)
    defaults = _with_default(module_of(lesson, exercise), present)
    _substitutes.append((present, code))
    for owner, name in places:
        setattr(owner, name, code)
    for function, values in defaults:
        function.__defaults__ = tuple(code if value is present else value for value in values)
    try:
        yield
    finally:
        _substitutes.pop()
        for owner, name in places:
            setattr(owner, name, present)
        for function, values in defaults:
            function.__defaults__ = values


@functools.lru_cache(maxsize=64)
def _places(loaded: int, one: ModuleType, present: Any) -> list[tuple[ModuleType, str]]:
    """Where the lessons' modules hold `present`, which `one` of them defines; looked for again when the number of
    modules has changed."""
    found = [m for n, m in list(sys.modules.items()) if m is not None and LESSON.fullmatch(n.partition(".")[0])]
    return [(m, name) for m in found for name, value in list(vars(m).items()) if value is present]


def _with_default(one: ModuleType, present: Any) -> list[tuple[FunctionType, tuple]]:
    """The lessons' functions and methods that have `present`, which `one` of the modules defines, as the default of an
    argument, and all their defaults."""
    functions = _with_callable_defaults(len(sys.modules), one, tuple(code for _, code in _substitutes))
    return [(f, f.__defaults__) for f in functions if any(value is present for value in f.__defaults__ or ())]


@functools.lru_cache(maxsize=64)
def _with_callable_defaults(loaded: int, one: ModuleType, placed: tuple[Any, ...]) -> list[FunctionType]:
    """The lessons' functions and methods with an argument whose default can be called; looked for again when other
    modules are loaded or other code is `placed`."""
    modules = [m for n, m in list(sys.modules.items()) if m is not None and LESSON.fullmatch(n.partition(".")[0])]
    owners = [*modules, *(c for m in modules for c in vars(m).values() if isinstance(c, type))]
    functions = {id(f): f for owner in owners for f in list(vars(owner).values()) if isinstance(f, FunctionType)}
    return [f for f in functions.values() if any(map(callable, f.__defaults__ or ()))]


_substitutes: list[tuple[Any, Any]] = []  # (what stood there, what stands there now), the oldest first


def in_use(function: Any) -> Any:
    """What stands in the place of `function` now: tests hold on to functions that they imported earlier."""
    for present, code in _substitutes:
        if function is present:
            function = code
    return function


def _described_like(code: Any, present: Any) -> None:
    """An attempt that declares no shapes is held to those of what it replaces."""
    if not isinstance(code, type) and not getattr(code, "__annotations__", None):
        code.__annotations__ = dict(getattr(present, "__annotations__", {}))
