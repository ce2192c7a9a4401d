"""Applies changes such as {"rewards / beta": "rewards * beta"} to the parsed file of an exercise.

Old and new are pieces of code: an expression, statements, keyword arguments (`dim=0`), a decorator, or the first line
of a compound statement (`if x > 0:`, `except ValueError:`), which keeps its body. Syntax is compared, not text, so
layout, quotes and comments do not matter. The old piece must occur exactly once in the exercise's function, method or
class; if it does not occur there, then once in the file (helpers). A piece of several lines may be indented as a block.
An empty new piece deletes statements, keywords or a decorator. Changes are made one after another.
"""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

BODY = "body_of_the_old_statement"
BLOCKS = ("body", "orelse", "finalbody", "handlers")


class DoesNotFit(Exception):
    """The old piece of a change does not occur, or occurs more than once; or the new one cannot stand in its place."""


@dataclass
class Place:
    """Where an old piece stands: `count` items of the list `field` of `parent`, from `index`; no index, no list."""

    parent: ast.AST
    field: str
    index: int | None
    count: int = 1

    def put(self, nodes: list[Any]) -> None:
        if self.index is None:
            (node,) = nodes
            setattr(self.parent, self.field, node)
            return
        items = getattr(self.parent, self.field)
        items[self.index : self.index + self.count] = nodes
        if not items and self.field == "body":
            items.append(ast.Pass(lineno=1, col_offset=0))  # all other nodes were parsed, and have a place

    def nodes(self) -> list[Any]:
        value = getattr(self.parent, self.field)
        return [value] if self.index is None else value[self.index : self.index + self.count]


def changed(text: str, name: str, changes: dict[str, str]) -> ast.Module:
    """The tree of `text`, the file of the exercise `name` ("function", "Class.method" or "Class"), with the changes
    made one after another. Raises DoesNotFit."""
    tree = ast.parse(text)
    for old, new in changes.items():
        apply(tree, name, old, new)
    return tree


def apply(tree: ast.Module, name: str, old: str, new: str) -> None:
    """Makes one change in the tree."""
    replacements = _readings(new) if new.strip() else {"statements": [], "keyword": [], "decorator": []}
    readings = {kind: pieces for kind, pieces in _readings(old).items() if kind in replacements}
    if not readings:
        raise DoesNotFit(f"{old!r} and {new!r} are not two pieces of code of one kind")
    for scope in (_object(tree, name), tree):
        for kind, pieces in readings.items():
            places = list(_places(scope, kind, pieces))
            if len(places) > 1:
                raise DoesNotFit(f"{old!r} occurs {len(places)} times")
            if places:
                (place,) = places
                nodes = replacements[kind]
                place.put(_with_body_of(place.nodes()[-1], nodes) if kind == "header" else nodes)
                return
    raise DoesNotFit(f"{old!r} does not occur")


def _object(tree: ast.Module, name: str) -> ast.AST:
    found: Any = tree
    for part in name.split("."):
        found = next(n for n in found.body if getattr(n, "name", None) == part)
    return found


def _readings(text: str) -> dict[str, list[Any]]:
    """What a piece of code may be: kind -> its nodes."""
    text, found = textwrap.dedent(text).strip("\n"), {}
    if text.startswith("@") and (functions := _parsed(f"{text}\ndef f(): pass")):
        found["decorator"] = functions[0].decorator_list
    if piece := _parsed(f"({text.strip()}\n)"):
        found["expression"] = [piece[0].value]
    if statements := _parsed(text.strip()):
        found["statements"] = statements
    elif text.startswith("except") and (statements := _parsed(f"try: pass\n{text} {BODY}")):
        found["header"] = statements[0].handlers
    elif text.endswith(":") and (statements := _parsed(f"{text} {BODY}")) and hasattr(statements[-1], "body"):
        found["header"] = statements
    if (call := _parsed(f"f({text.strip()}\n)")) and call[0].value.keywords and not call[0].value.args:
        found["keyword"] = call[0].value.keywords
    return found


def _parsed(text: str) -> list[Any]:
    try:
        return ast.parse(text).body
    except SyntaxError:
        return []


def _places(scope: ast.AST, kind: str, pieces: list[Any]) -> Iterator[Place]:
    for parent in ast.walk(scope):
        for field, value in ast.iter_fields(parent):
            if not isinstance(value, list):
                if kind == "expression" and same(value, pieces[0]):
                    yield Place(parent, field, None)
                continue
            if (kind == "decorator") != (field == "decorator_list"):
                continue
            for index in range(len(value) - len(pieces) + 1):
                candidates = value[index : index + len(pieces)]
                skipped = BLOCKS if kind == "header" else ()
                if all(same(a, b, skipped) for a, b in zip(candidates, pieces, strict=True)):
                    yield Place(parent, field, index, len(pieces))


def same(a: Any, b: Any, skipped: tuple[str, ...] = ()) -> bool:
    """Whether two trees are the same program; the skipped fields of the topmost node do not count."""
    if type(a) is not type(b):
        return False
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, ast.AST):
        return all(f in skipped or same(getattr(a, f, None), getattr(b, f, None)) for f in a._fields)
    return a == b


def _with_body_of(old: Any, pieces: list[Any]) -> list[Any]:
    """New statements, the last of which is only the first line of one: it takes the body, and an `else`, of the old."""
    last = pieces[-1]
    for node in ast.walk(last):
        for field in BLOCKS:
            block = getattr(node, field, None)
            if isinstance(block, list) and block and getattr(getattr(block[0], "value", None), "id", "") == BODY:
                setattr(node, field, old.body)
    for field in ("orelse", "finalbody"):
        if getattr(old, field, None) and getattr(last, field, None) == []:
            setattr(last, field, getattr(old, field))
    return pieces
