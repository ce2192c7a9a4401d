"""A task's reward as one file: the score, what it is made of, and the adapters, copied together.

A cluster's workers import a reward by the path of its file, where this repository may not be. So of the task's module
only `score` goes along, with the functions, constants and imports of that module that it refers to, and theirs; also
where they stand in another task's file or in lab/rl, as the reader of answers does.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import sys
from types import ModuleType

from course.base.errors import UsageError
from lab.export import rewards

REWARD = '''\
"""The reward of the task {name!r}: `reward` for TRL, `compute_score` for verl, `reward_of_lists` for MaxText. It
needs no other file.

Made by `python -m lab.export`; `score` is what counts, the rest gives it the forms that the libraries ask for.
"""

from __future__ import annotations

{imports}


{task}


{adapters}


reward = trl_reward(score)
reward_of_lists = maxtext_reward(score)
compute_score = verl_reward(score, {source!r})
'''


def source_name(task: str) -> str:
    """What verl's rows of a task call their source."""
    return f"grpo-course/{task}"


def reward_file(name: str, task: ModuleType) -> str:
    """The text of the file. Raises UsageError if the task's score needs more than the standard library."""
    task_imports, task_code = parts_of(task, ["score"])
    imports, adapters = parts_of(rewards, ["text_of", "trl_reward", "maxtext_reward", "verl_reward"])
    return REWARD.format(
        name=name, imports="\n".join(sorted({*task_imports, *imports})), task="\n\n\n".join(task_code),
        adapters="\n\n\n".join(adapters), source=source_name(name),
    )  # fmt: skip


def parts_of(module: ModuleType, names: list[str]) -> tuple[list[str], list[str]]:
    """(imports, code) of `module` that its objects `names` need, themselves included, as they stand in its file."""
    source = inspect.getsource(module)
    nodes = [node for node in ast.parse(source).body if not _is_future(node)]
    makes = {name: node for node in nodes for name in _names_made(node)}
    if missing := [name for name in names if name not in makes]:
        raise UsageError(f"{module.__name__} has no {missing[0]!r} of its own, so it cannot be exported")
    needed, asked, queue = set(), set(), list(names)
    while queue:
        asked.add(name := queue.pop())
        node = makes.get(name)
        if node is not None and node not in needed:
            needed.add(node)
            queue += [inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)]
    lines = source.splitlines()
    imports: list[str] = []
    code: list[str] = []
    for node in (n for n in nodes if n in needed):
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
        text = "\n".join(lines[first - 1 : node.end_lineno])
        if isinstance(node, ast.ImportFrom) and _is_copied(node):
            wanted = [alias.name for alias in node.names if alias.name in asked]
            more = parts_of(importlib.import_module(node.module or ""), wanted)
            imports, code = imports + more[0], code + more[1]
        elif isinstance(node, ast.Import | ast.ImportFrom):
            _check_import(node, module.__name__)
            imports.append(text)
        else:
            code.append(text)
    return imports, code


def _names_made(node: ast.stmt) -> list[str]:
    """What a statement at the top of a file gives a name to."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [(alias.asname or alias.name).split(".")[0] for alias in node.names]
    return [n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]


def _is_copied(node: ast.ImportFrom) -> bool:
    """Whether it imports from another task or from a rule of lab/rl, under the names that things have there."""
    return (node.module or "").startswith(("lab.tasks.", "lab.rl.")) and not any(alias.asname for alias in node.names)


def _is_future(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def _check_import(node: ast.Import | ast.ImportFrom, where: str) -> None:
    modules = [node.module or "."] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
    for module in modules:
        if module.split(".")[0] not in sys.stdlib_module_names or (isinstance(node, ast.ImportFrom) and node.level):
            raise UsageError(
                f"the score of {where} needs {module!r}, which is not in the standard library; "
                "write it without, so that the exported reward needs no other file"
            )
