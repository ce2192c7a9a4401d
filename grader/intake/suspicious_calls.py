"""Calls and imports in a submission that are worth a look by a person: a list, never a punishment, and no boundary.

The files are only read; nothing is imported or run. Code that hides what it does is not found here (the sandbox stops
it all the same); a trick that is copied from somewhere is. Standard library only.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

MOST_IN_FILE, MOST = 15, 60


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


MODULES = {  # that no exercise needs, and what they are for
    "other answers, or the grader": "solutions testcases course grader tests conftest pytest _pytest "
    "trl verl openrlhf tunix",
    "other code": "inspect gc importlib pkgutil runpy builtins site linecache traceback dis marshal code codeop",
    "other processes": "subprocess multiprocessing threading _thread concurrent asyncio signal atexit pty resource",
    "the network": "socket ssl http urllib requests httpx ftplib socketserver",
    "memory": "ctypes cffi mmap pickle _pickle dill cloudpickle shelve",
}
REASON = {module: reason for reason, modules in MODULES.items() for module in modules.split()}
LESSON = re.compile(r"lesson\d+_\w+")  # one that the lesson's own reference does not import from
ANSWERS_IN_LAB = "lab.rl.final_answer"  # the same code as lesson 09's reference
INSIDE_TORCH = ("torch.overrides", "torch.testing", "torch.utils.cpp_extension")
NAMES = words("eval exec compile __import__ globals vars breakpoint __builtins__ __loader__ __spec__")
# Attributes that lead from an object to frames, code or the process; also as the text of a getattr.
ATTRIBUTES = words(
    "_getframe _current_frames f_back f_locals f_globals f_builtins f_code tb_frame tb_next gi_frame __globals__ "
    "__dict__ __builtins__ __code__ __closure__ __subclasses__ __traceback__ __loader__ __spec__ meta_path"
)
OF_MODULES = {
    "os": words("_exit abort environ getenv system popen fork kill listdir scandir walk open getcwd"),
    "sys": words("modules exit argv path settrace setprofile exc_info"),
    "torch": words("set_default_dtype set_default_device use_deterministic_algorithms set_num_threads"),
}
METHODS = words("__torch_function__ __torch_dispatch__ __eq__ __bool__ __float__ __array__ __reduce__ __del__")
READS = words("open read_text read_bytes write_text write_bytes")
TEXTS = ("solutions/", "/proc/", "/dev/shm", "testcases", "PYTEST_", "site-packages")


def look_at(tree: ast.Module, needs: Iterable[str] = ()) -> list[str]:
    """`["12: imports subprocess (other processes)", ...]`, by line.

    needs: modules ("subprocess", lessons) and names ("eval") that the lesson's exercises need: they are left out.
    """
    visitor = _Visitor(frozenset(needs))
    try:
        visitor.visit(tree)
    except RecursionError:
        visitor.found.add((1, "is nested too deeply to look at"))
    rows = sorted(visitor.found)
    found = [f"{line}: {what}" for line, what in rows[:MOST_IN_FILE]]
    return found if len(rows) <= MOST_IN_FILE else [*found, f" {len(rows) - MOST_IN_FILE} more of this kind"]


def bounded(lines: list[str]) -> list[str]:
    """Those of all files of a submission."""
    return lines if len(lines) <= MOST else [*lines[: MOST - 1], f"{len(lines) - MOST + 1} more lines like these"]


class _Visitor(ast.NodeVisitor):
    def __init__(self, needs: frozenset[str]) -> None:
        self.needs = needs
        self.found: set[tuple[int, str]] = set()  # line, what
        self.modules: dict[str, str] = {}  # what names stand for: {"F": "torch.nn.functional"}

    def imported(self, node: ast.AST, name: str, as_name: str) -> None:
        self.modules[as_name] = name
        parts = name.split(".", 20)
        known = parts[0] if parts[0] in REASON else next((p for p in ("solutions", "testcases") if p in parts), "")
        if name.startswith(ANSWERS_IN_LAB):
            known = "solutions"
        if LESSON.fullmatch(parts[0]) and parts[0] not in self.needs:
            self.found.add((node.lineno, f"imports {name[:80]} (the reference of another lesson)"))
        if (known and known not in self.needs) or name.startswith(INSIDE_TORCH):
            self.found.add((node.lineno, f"imports {name[:80]} ({REASON.get(known, 'what torch does inside')})"))

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self.imported(node, alias.name, alias.asname or alias.name.partition(".")[0])

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            self.imported(node, f"{node.module or ''}.{alias.name}".lstrip("."), alias.asname or alias.name)
            if alias.name in OF_MODULES.get(node.module or "", ()):
                self.found.add((node.lineno, f"imports {alias.name} from {node.module}"))

    def visit_Name(self, node: ast.Name) -> None:
        if node.id in NAMES - self.needs and isinstance(node.ctx, ast.Load):
            self.found.add((node.lineno, f"uses {node.id}"))

    def visit_Attribute(self, node: ast.Attribute) -> None:
        module = self.module_of(node.value)
        if node.attr in ATTRIBUTES or (isinstance(node.value, ast.Name) and node.attr in OF_MODULES.get(module, ())):
            self.found.add((node.lineno, f"uses {module}.{node.attr}"))
        if not isinstance(node.ctx, ast.Load) and (module or node.attr in METHODS | {"__class__"}):
            self.found.add((node.lineno, f"changes {module or 'a class'}: sets {node.attr}"))
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        of = node if name == "open" else getattr(node.func, "value", None)  # open("a"), Path("a").read_text()
        first = next(iter(getattr(of, "args", [])), None)
        if name in READS and isinstance(first, ast.Constant):
            self.found.add((node.lineno, f"reads or writes a file of its own choice: {name}"))
        if name in ("setattr", "delattr") and node.args and (module := self.module_of(node.args[0])):
            self.found.add((node.lineno, f"changes {module} by {name}"))
        self.generic_visit(node)

    def module_of(self, node: ast.expr) -> str:
        """The module that a chain of names begins with: "torch" of torch.nn.functional."""
        for _ in range(10):
            node = node.value if isinstance(node, ast.Attribute) else node
        return self.modules.get(node.id, "") if isinstance(node, ast.Name) else ""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        if node.name in METHODS:
            self.found.add((node.lineno, f"defines {node.name}"))
        self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):  # else a docstring
            self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str) and (node.value in ATTRIBUTES or any(text in node.value for text in TEXTS)):
            self.found.add((node.lineno, f"has the text {node.value[:60]!r}"))
