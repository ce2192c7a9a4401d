"""Which exercises a notebook's cell uses, read from its text: where to look when the cell fails.

Of a function that is written its code counts, of a stub its steps, which name what it is to call. Followed are the
functions of the notebook and of the lessons; a method counts where its name does.
"""

from __future__ import annotations

import ast
import contextlib
import inspect
import re
import sys
import textwrap
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course.base.switch import LESSON, finder


@dataclass(frozen=True)
class Used:
    """An exercise that a cell uses."""

    id: str
    object: str
    written: bool


def exercises_used(source: str, names: dict[str, Any]) -> list[Used]:
    """The exercises that the cell `source` uses, directly or through others. `names` are the notebook's."""
    found: dict[str, Used] = {}
    done: set[Any] = set()
    classes: list[type] = []
    attributes = {"__init__"}
    waiting: list[tuple[str, dict[str, Any]]] = [(source, names)]
    while waiting:
        text, around = waiting.pop()
        called, asked = _words(text)
        attributes |= asked
        reached = [around[name] for name in sorted(called) if name in around]
        reached += [vars(one)[name] for one in classes for name in sorted(attributes) if name in vars(one)]
        for value in reached:
            value = value if inspect.isfunction(value) or inspect.isclass(value) else type(value)
            module = getattr(value, "__module__", None) or ""
            if value in done or not (module == "__main__" or LESSON.fullmatch(module.partition(".")[0])):
                continue
            done.add(value)
            exercise, text = _exercise(value), _text(value)
            if exercise:
                found[exercise] = Used(
                    exercise, value.__qualname__, f"not written yet: exercise {exercise}," not in text
                )
            if inspect.isclass(value):
                classes.append(value)
                waiting.append(("", {}))  # its methods have a turn
            if exercise or not inspect.isclass(value):
                waiting.append((text, vars(sys.modules[module])))
    return sorted(found.values(), key=lambda used: [int(part) for part in used.id.split(".")])


def _words(text: str) -> tuple[set[str], set[str]]:
    """The names and the attributes in a piece of code; of a stub, those in its steps."""
    if "not written yet: exercise " in text:
        words = {word for line in re.findall(r"# (.*)", text) for word in re.findall(r"\w+", line)}
        return words, {word for word in words if "_" in word}
    with contextlib.suppress(SyntaxError):  # a cell with magics
        nodes = list(ast.walk(ast.parse(textwrap.dedent(text))))
        attributes = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
        return {node.id for node in nodes if isinstance(node, ast.Name)}, attributes
    return set(), set()


def _text(value: Any) -> str:
    with contextlib.suppress(OSError, TypeError, SyntaxError):
        return inspect.getsource(value)
    return ""


def _exercise(value: Any) -> str | None:
    """The id of the exercise that a function or class is; None where it is none."""
    lesson, _, module = value.__module__.partition(".")
    with contextlib.suppress(OSError, KeyError, ValueError):
        table = tomllib.loads((Path(finder.folders("tutorial")[lesson]) / "lesson.toml").read_text(encoding="utf-8"))
        place = (module.replace(".", "/") + ".py", value.__qualname__)
        return next((e["id"] for e in table["exercise"] if (e["file"], e["object"]) == place), None)
    return None
