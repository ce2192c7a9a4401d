"""Loads a learner's file with some exercises taken from the reference (`SOLUTION=14.6`).

The two files are merged as syntax trees: the learner's file stays as it is, except that each chosen function, method or
class is the reference's. What those need of the reference's file (imports and names that start with an underscore) is
added before the first of them, unless the learner's file defines it. Tracebacks show the right file and line for both.
"""

from __future__ import annotations
import __future__

import ast
import importlib.machinery
from collections.abc import Sequence
from pathlib import Path
from types import CodeType, ModuleType

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class MixedLoader(importlib.machinery.SourceFileLoader):
    """Loads the learner's file `path`; the objects in `chosen` ("function", "Class", "Class.method") come from the file
    `reference`."""

    def __init__(self, fullname: str, path: Path, reference: Path, chosen: Sequence[str]):
        super().__init__(fullname, str(path))
        self.reference, self.chosen = reference, chosen

    def get_code(self, fullname: str) -> CodeType:  # without bytecode files: a text's code depends on SOLUTION here
        path = Path(self.path)
        learners = ast.parse(path.read_bytes(), str(path))
        reference = ast.parse(self.reference.read_bytes(), str(self.reference))
        late = __future__.annotations.compiler_flag if any(map(_is_future, reference.body)) else 0
        code = compile(merged(learners, reference, self.chosen), str(path), "exec", late, dont_inherit=True)
        return _with_filename(code, str(self.reference), self.chosen)

    def exec_module(self, module: ModuleType) -> None:
        exec(self.get_code(module.__name__), module.__dict__)


def merged(learners: ast.Module, reference: ast.Module, chosen: Sequence[str]) -> ast.Module:
    """The learner's tree with the chosen objects of the reference's. Changes and returns `learners`."""
    first = len(learners.body)
    for name in chosen:
        owner, _, method = name.partition(".")
        source, there = _definition(reference, owner), _definition(learners, owner)
        assert source is not None, f"the reference has no {owner}"
        if there is None:  # the learner deleted or renamed it
            learners.body.append(source)
        elif method and isinstance(there, ast.ClassDef):
            made, old = _definition(source, method), _definition(there, method)
            assert made is not None, f"the reference has no {name}"
            there.body = [made if node is old else node for node in there.body] + ([made] if old is None else [])
        else:
            learners.body[learners.body.index(there)] = source
        now = _definition(learners, owner)
        assert now is not None
        first = min(first, learners.body.index(now))
    known = _bound(learners)
    needed = [node for node in reference.body if not _is_future(node) and _own_names(node) - known]
    learners.body[first:first] = needed
    return learners


def _definition(tree: ast.AST, name: str) -> ast.stmt | None:
    return next((n for n in getattr(tree, "body", []) if isinstance(n, DEFINITIONS) and n.name == name), None)


def _bound(tree: ast.Module) -> set[str]:
    return {name for node in tree.body for name in _names(node)}


def _names(node: ast.stmt) -> set[str]:
    """The names that a statement of a module binds."""
    if isinstance(node, DEFINITIONS):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def _own_names(node: ast.stmt) -> set[str]:
    """Of those, what a reference keeps to itself and what it imports."""
    names = _names(node)
    return names if isinstance(node, ast.Import | ast.ImportFrom) else {n for n in names if n.startswith("_")}


def _is_future(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def _with_filename(code: CodeType, filename: str, chosen: Sequence[str]) -> CodeType:
    """`code` with `filename` in the chosen objects and all that they contain, for tracebacks."""

    def belongs(name: str) -> bool:
        return any(name == one or name.startswith(f"{one}.") for one in chosen)

    constants = tuple(_with_filename(c, filename, chosen) if isinstance(c, CodeType) else c for c in code.co_consts)
    place = filename if belongs(code.co_qualname) else code.co_filename
    return code.replace(co_consts=constants, co_filename=place)
