"""What a person should look at in a submission's files: a list, never a punishment, and no boundary of any kind.

By reading alone: nothing is imported or run. Whoever hides what they do is not found here (the sandbox and the two
processes stop them all the same); who copies a trick from somewhere is. What the lessons need is no flag: reading the
file that was asked for, writing a checkpoint, `os.replace`, `math`, `numpy`. Standard library only.
"""

from __future__ import annotations

import ast
import re
import threading
import warnings
from collections.abc import Iterator

from grader.intake.archives import TURNING

MOST_IN_FILE, MOST = 15, 60
LONG_TABLE, LONG_TEXT = 64, 2_000  # constants in one literal; characters of one

# Modules that no exercise needs: to reach into the tests, around Python's rules, out of the process, to other answers.
MODULES = {
    "solutions", "course", "grader", "tests", "conftest", "pytest", "_pytest", "unittest", "hypothesis", "trl", "verl",
    "openrlhf", "inspect", "gc", "ctypes", "cffi", "importlib", "imp", "pkgutil", "runpy", "builtins", "site",
    "linecache", "traceback", "dis", "opcode", "marshal", "pickle", "_pickle", "dill", "cloudpickle", "shelve",
    "code", "codeop", "subprocess", "multiprocessing", "threading", "_thread", "concurrent", "asyncio",
    "signal", "atexit", "faulthandler", "socket", "ssl", "http", "urllib", "requests", "httpx", "ftplib",
    "select", "selectors", "socketserver", "mmap", "fcntl", "pty", "resource", "posix", "nt", "platform",
    "getpass", "pwd",
}  # fmt: skip
SUBMODULES = {
    "course.base.switch", "course.base.property_tests", "course.base.object_spec", "torch.overrides", "torch.utils._python_dispatch", "torch.hub",
    "torch.utils.cpp_extension", "torch.testing", "torch.multiprocessing", "torch.distributed", "numpy.testing",
}  # fmt: skip
# Of these modules only what is listed is plain.
PLAIN = {
    "os": {
        "path", "replace", "rename", "renames", "makedirs", "mkdir", "rmdir", "remove", "unlink", "fsync", "fspath",
        "PathLike", "sep", "linesep", "stat", "cpu_count", "fsencode", "fsdecode",
    },
    "sys": {
        "version_info", "version", "maxsize", "float_info", "byteorder", "platform", "getsizeof", "stderr", "stdout",
        "maxunicode", "intern",
    },
}  # fmt: skip
CALLS = {"eval", "exec", "compile", "__import__", "globals", "input", "breakpoint", "exit", "quit"}
# Attributes by which one gets from an object to frames, code, or everything else.
ATTRIBUTES = {
    "_getframe", "_current_frames", "f_back", "f_locals", "f_globals", "f_builtins", "f_code", "tb_frame", "tb_next",
    "gi_frame", "cr_frame", "__globals__", "__builtins__", "__code__", "__closure__", "__subclasses__", "__traceback__",
    "__loader__", "__spec__", "_exit", "meta_path",
}  # fmt: skip
NAMES = {"__builtins__", "__loader__", "__spec__", "__file__"}
METHODS = {
    "__torch_function__", "__torch_dispatch__", "__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__bool__",
    "__float__", "__int__", "__index__", "__array__", "__array_ufunc__", "__array_function__", "__instancecheck__",
    "__subclasscheck__", "__getattribute__", "__reduce__", "__reduce_ex__", "__getstate__", "__del__",
}  # fmt: skip
NAMED = ATTRIBUTES | METHODS | {"__class__", "__dict__"}
BASES = {"Tensor", "Parameter", "str", "int", "float", "bool", "type"}
GLOBAL_STATE = {
    "set_default_dtype", "set_default_device", "set_default_tensor_type", "use_deterministic_algorithms",
    "set_num_threads", "set_flush_denormal",
}  # fmt: skip
READS = {
    "open",
    "read_text",
    "read_bytes",
    "write_text",
    "write_bytes",
    "glob",
    "rglob",
    "iterdir",
    "listdir",
    "scandir",
}
LOOKED_AT = {  # by _node
    ast.Import, ast.ImportFrom, ast.Name, ast.Attribute, ast.Call, ast.ClassDef, ast.Constant, ast.ExceptHandler,
    ast.Raise,
}  # fmt: skip
TEXTS = re.compile(
    r"(^|/)solutions(/|\.|$)|/proc/|/dev/shm|testcases|(basic|advanced)_test|scenarios\.py|\bPYTEST_|^SOLUTION$|"
    r"site-packages|sitecustomize"
)

STEPS = 1_000_000  # of looking at one file; the longest honest one takes a hundredth
_left = threading.local()

_PARSING = threading.Lock()  # of two at a time, Python 3.11's ast.parse may end either with a SystemError


def look(files: dict[str, bytes]) -> list[str]:
    """`["lesson13_grpo/loss/grpo.py:12: imports subprocess", ...]`, by file and line, `MOST` at most.

    `files` are Python in UTF-8 that parses (intake.py sees to that); what does not is passed over.
    """
    found = []
    for file, data in sorted(files.items()):
        _left.steps = STEPS
        try:
            rows = sorted(set(_file(data)))
        except _TooMuch:
            found.append(f"{file}: so intricate that no program can look at it; look at it yourself")
            continue
        found += [f"{file}:{line}: {what}" for line, what in rows[:MOST_IN_FILE]]
        if len(rows) > MOST_IN_FILE:
            found.append(f"{file}: {len(rows) - MOST_IN_FILE} more things of this kind")
    return found if len(found) <= MOST else [*found[: MOST - 1], f"{len(found) - MOST + 1} more lines like these"]


class _TooMuch(Exception):
    """A file is made so that it takes minutes to look at."""


def _step(count: int = 1) -> None:
    _left.steps = getattr(_left, "steps", STEPS) - count
    if _left.steps < 0:
        raise _TooMuch


def imports(data: bytes) -> set[tuple[str, ...]]:
    """What such a file imports, by the parts of a path: {("helpers",), ("helpers", "mean")} where it says
    `from .helpers import mean`, since the last one may be a module, too."""
    found, _left.steps = set(), STEPS
    try:
        nodes = _walk(_parsed(data)[1])
    except _TooMuch:
        return set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {tuple(alias.name.split(".")) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = tuple(node.module.split(".")) if node.module else ()
            found |= {module, *((*module, alias.name) for alias in node.names)}
    return found - {()}


def _parsed(data: bytes) -> tuple[str, ast.Module]:
    """The text and its tree; an empty one of what does not parse."""
    try:
        text = data.decode("utf-8")
        with _PARSING, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return text, ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "", ast.Module([], [])


def _file(data: bytes) -> Iterator[tuple[int, str]]:
    text, tree = _parsed(data)
    if TURNING & set(text):
        for number, line in enumerate(text.split("\n"), 1):
            if TURNING & set(line):
                yield number, "has characters that turn the direction of text: it is not what it looks like"
    nodes = _walk(tree)
    variables = _variables(nodes)
    modules = _imported(nodes, variables)
    docstrings = _docstrings(nodes)
    yield from _at_import(tree.body, modules)
    for node in nodes:
        if type(node) in LOOKED_AT and id(node) not in docstrings:
            for what in _node(node, modules, variables):
                yield node.lineno, what
    yield from _tables(nodes, docstrings)


def _walk(node: ast.AST) -> list[ast.AST]:
    """As ast.walk, but without what every node has one of, such as ast.Load; three times as fast."""
    found = [node]
    for node in found:  # which grows
        _step()
        if isinstance(node, (ast.Import, ast.ImportFrom)):  # each name is put together with the module's, part by part
            deep = max(name.count(".") for name in (getattr(node, "module", None) or "", *(a.name for a in node.names)))
            _step((deep + 1) ** 2 * len(node.names))
        for name in node._fields:
            value = getattr(node, name, None)
            if type(value) is list:
                found += [one for one in value if isinstance(one, ast.AST)]
            elif isinstance(value, ast.AST) and value._fields:
                found.append(value)
    return found


def _imported(nodes: list[ast.AST], variables: set[str]) -> dict[str, str]:
    """What names stand for modules, or for something of one: {"F": "torch.nn.functional", "nn": "torch.nn"}. Names
    that are a variable somewhere, too, are left out."""
    names = {}
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                names[alias.asname or alias.name.split(".")[0]] = (
                    alias.name if alias.asname else alias.name.split(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return {name: module for name, module in names.items() if name not in variables}


def _variables(nodes: list[ast.AST]) -> set[str]:
    """All names that the file gives to anything by itself, in whatever scope."""
    found = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    found |= {n.arg for n in nodes if isinstance(n, ast.arg)}
    return found | {n.name for n in nodes if isinstance(n, (ast.FunctionDef, ast.ClassDef))}


def _docstrings(nodes: list[ast.AST]) -> set[int]:
    """Identities of the strings that stand alone as statements: what is said about code, not code."""
    alone = (n.value for n in nodes if isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant))
    return {id(value) for value in alone if isinstance(value.value, str)}


def _node(node: ast.AST, modules: dict[str, str], variables: set[str]) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (f"imports {alias.name}" for alias in node.names if _is_odd(alias.name))
    elif isinstance(node, ast.ImportFrom):
        yield from _import_from(node)
    elif isinstance(node, ast.Name):
        if node.id in NAMES:
            yield f"uses {node.id}"
        elif node.id in CALLS and node.id not in variables:
            yield f"uses {node.id}()"
    elif isinstance(node, ast.Attribute):
        yield from _attribute(node, modules)
    elif isinstance(node, ast.Call):
        yield from _call(node, modules)
    elif isinstance(node, ast.ClassDef):
        yield from _class(node)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        if TEXTS.search(node.value):
            yield f"has the text {node.value[:60]!r}"
        elif node.value in NAMED:
            yield f"has the name {node.value} as a text"
    elif isinstance(node, ast.ExceptHandler):
        caught = _dotted(node.type) if node.type else "BaseException"
        if caught == "BaseException" and not any(isinstance(n, ast.Raise) for n in _walk(node)):
            yield "catches every exception, and what is meant to end the process"
    elif isinstance(node, ast.Raise) and node.exc is not None:
        raised = _dotted(node.exc.func if isinstance(node.exc, ast.Call) else node.exc)
        if raised in ("SystemExit", "KeyboardInterrupt", "GeneratorExit"):
            yield f"raises {raised}"


def _is_odd(module: str) -> bool:
    parts = module.split(".")
    _step(len(parts) ** 2)
    begins = {".".join(parts[: i + 1]) for i in range(len(parts))}
    return bool(begins & (MODULES | SUBMODULES)) or "testcases" in parts or "solutions" in parts


def _import_from(node: ast.ImportFrom) -> Iterator[str]:
    module = "." * node.level + (node.module or "")
    names = [alias.name for alias in node.names]
    if _is_odd(module.lstrip(".")):
        yield f"imports from {module}"
    elif module in PLAIN:
        yield from (f"imports {name} from {module}" for name in names if name not in PLAIN[module])
    else:
        inner = [f"{module.strip('.')}.{name}".strip(".") for name in names]
        yield from (f"imports {name}" for name in inner if _is_odd(name))


def _attribute(node: ast.Attribute, modules: dict[str, str]) -> Iterator[str]:
    root, _, rest = _dotted(node).partition(".")
    module = modules.get(root, "")
    whole = f"{module}.{rest}"
    not_plain = module in PLAIN and "." not in rest and rest not in PLAIN[module]
    if not_plain or (module and _is_odd(whole) and not _is_odd(whole.rpartition(".")[0])):
        yield f"uses {whole}"
    elif node.attr in ATTRIBUTES:
        yield f"uses .{node.attr}"
    if not isinstance(node.ctx, ast.Load):
        if module:
            yield f"changes {whole}"
        elif node.attr in METHODS or node.attr == "__class__":
            yield f"sets {node.attr}"


def _call(node: ast.Call, modules: dict[str, str]) -> Iterator[str]:
    called = _dotted(node.func)
    last = called.rpartition(".")[2] or (node.func.attr if isinstance(node.func, ast.Attribute) else "")
    if called == "type" and len(node.args) == 3:
        yield "makes a class by type()"
    elif called == "vars" and (not node.args or _dotted(node.args[0]) in modules):
        yield "uses vars() on a module"
    elif called in ("setattr", "delattr") and node.args and _dotted(node.args[0]).split(".")[0] in modules:
        yield f"changes {_dotted(node.args[0])} by {called}"
    elif last in GLOBAL_STATE and modules.get(called.split(".")[0], "").startswith("torch"):
        yield f"changes the state of all of torch: {called}"
    elif last in READS:
        names = {n.id for part in (node.func, *node.args) for n in _walk(part) if isinstance(n, ast.Name)}
        if names <= {"open", "str", *modules}:  # a path that nobody gave
            yield f"reads or writes a file of its own choice: {last}"


def _class(node: ast.ClassDef) -> Iterator[str]:
    for base in node.bases:
        if _dotted(base).rpartition(".")[2] in BASES:
            yield f"class {node.name} is a kind of {_dotted(base)}"
    for inner in _walk(node):
        if isinstance(inner, ast.FunctionDef) and inner.name in METHODS:
            yield f"class {node.name} defines {inner.name}"
        elif isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store) and inner.id in METHODS | {"__class__"}:
            yield f"class {node.name} defines {inner.id}"


def _at_import(body: list[ast.stmt], modules: dict[str, str]) -> Iterator[tuple[int, str]]:
    """Work that is done as soon as the file is imported."""
    for node in body:
        if isinstance(node, (ast.For, ast.While, ast.With, ast.AsyncFor, ast.AsyncWith)):
            yield node.lineno, "works when it is imported: a loop or a with statement outside of functions"
        elif isinstance(node, (ast.Assert, ast.Raise, ast.Delete)):
            yield node.lineno, f"works when it is imported: {type(node).__name__.lower()}"
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            calls = [n for n in _walk(node.value) if isinstance(n, ast.Call)]
            called = next((name for n in calls if (name := _dotted(n.func)).split(".")[0] in modules), "")
            if called:
                yield node.lineno, f"works when it is imported: {called}()"
        elif isinstance(node, (ast.If, ast.Try)):
            main = isinstance(node, ast.If) and any(
                isinstance(n, ast.Name) and n.id == "__name__" for n in _walk(node.test)
            )
            handlers = [inner for h in getattr(node, "handlers", []) for inner in h.body]
            rest = [*handlers, *node.orelse, *getattr(node, "finalbody", [])]
            yield from _at_import([*([] if main else node.body), *rest], modules)


def _tables(nodes: list[ast.AST], docstrings: set[int]) -> Iterator[tuple[int, str]]:
    """Literals so long that they may be answers. `nodes`: what is inside of another comes after it."""
    told: set[int] = set()  # what stands in a table that was told of
    for node in nodes:
        if id(node) in told:
            continue
        if isinstance(node, (ast.List, ast.Tuple, ast.Set, ast.Dict)):
            inside = _walk(node)
            count = sum(isinstance(n, ast.Constant) for n in inside)
            if count > LONG_TABLE:
                yield node.lineno, f"has a table of {count} constants"
                told.update(map(id, inside))
        elif isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)) and id(node) not in docstrings:
            if len(node.value) > LONG_TEXT:
                yield node.lineno, f"has a text of {len(node.value)} characters"
        elif isinstance(node, ast.Constant) and isinstance(node.value, int) and node.value.bit_length() > 256:
            yield node.lineno, f"has a number of {node.value.bit_length()} bits"


def _dotted(node: ast.AST) -> str:
    """ "os.path.join"; "" for what is no chain of names."""
    parts = []
    while isinstance(node, ast.Attribute):
        _step()
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""
