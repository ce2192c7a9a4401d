"""Wrong answers made by machine: every small change of an exercise's reference, one at a time (mutation testing:
DeMillo, Lipton and Sayward 1978). `python -m course audit --mutants` runs an exercise's tests against each. One that
they all accept is a hole in the tests, or another right answer; those of the second kind are listed, with the reason,
in harmless.toml beside the reference.

Left out on purpose: what the stub gives (signature, decorators), the texts of errors, and changes that no test on a
processor can see or that can make no difference: devices, zip's `strict`, the order of max's arguments.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from course.authoring import stubs
from course.base.manifest import Exercise, Lesson

COMPARED = {
    ast.Lt: (ast.LtE, ast.Gt), ast.LtE: (ast.Lt, ast.GtE), ast.Gt: (ast.GtE, ast.Lt), ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,), ast.NotIn: (ast.In,),
}  # fmt: skip
COMPUTED = {
    ast.Add: (ast.Sub,), ast.Sub: (ast.Add,), ast.Mult: (ast.Div, ast.Add), ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Div, ast.Mult), ast.Mod: (ast.FloorDiv,), ast.Pow: (ast.Mult,),
    ast.BitAnd: (ast.BitOr,), ast.BitOr: (ast.BitAnd,), ast.MatMult: (ast.Mult,),
}  # fmt: skip
NAMES = {  # a method or function, and those that it is taken for
    "sum": ("mean",), "mean": ("sum",), "min": ("max",), "max": ("min",), "amax": ("amin",), "amin": ("amax",),
    "minimum": ("maximum",), "maximum": ("minimum",), "argmax": ("argmin",), "argmin": ("argmax",), "std": ("var",),
    "softmax": ("log_softmax",), "log_softmax": ("softmax",), "exp": ("log",), "log": ("exp",), "floor": ("ceil",),
    "any": ("all",), "all": ("any",), "zeros_like": ("ones_like",), "ones_like": ("zeros_like",), "ceil": ("floor",),
    "append": ("extend",), "train": ("eval",), "eval": ("train",), "repeat_interleave": ("repeat",),
    "zeros": ("ones",), "ones": ("zeros",),
}  # fmt: skip


HARMLESS = "harmless.toml"
ANY_ORDER = ("max", "min", "maximum", "minimum", "promote_types")
UNSEEN = ("device", "strict")  # keywords
MOVES = ("to", "cpu")  # methods that may do no more than move a tensor


@dataclass(frozen=True)
class Mutant:
    """One change of an exercise's file. `old` and `new` are the lines in which the two differ, as `ast.unparse` writes
    them, in one."""

    exercise: str
    old: str
    new: str
    text: str  # the whole file

    def __str__(self) -> str:
        return f"{self.old}  ->  {self.new or '(nothing)'}"


def of(text: str, exercise: Exercise) -> Iterator[Mutant]:
    """All mutants of an exercise in `text`, its file. Two that come to the same program are one."""
    tree = ast.parse(text)
    imported = {alias.asname or alias.name for n in tree.body if isinstance(n, ast.Import) for alias in n.names}
    original = ast.unparse(tree)
    seen, told = {original}, Counter()
    for function in bodies(tree, exercise.object):
        for change in changes(function):
            if getattr(change[-1], "id", None) in imported:
                continue  # a module in the place of a value
            with changed(*change):
                made = ast.unparse(tree)
            if made in seen:
                continue
            seen.add(made)
            old, new = difference(original, made)
            told[old, new] += 1
            again = f"  # {told[old, new]}" if told[old, new] > 1 else ""  # the same line stands there twice
            yield Mutant(exercise.id, old, new + again, made)


def difference(one: str, other: str) -> tuple[str, str]:
    """The lines in which two texts differ, each text's joined to one."""
    a, b = one.splitlines(), other.splitlines()
    while a and b and a[0] == b[0]:
        del a[0], b[0]
    while a and b and a[-1] == b[-1]:
        del a[-1], b[-1]
    return tuple(" ".join(" ".join(lines).split()) for lines in (a, b))


def bodies(tree: ast.Module, name: str) -> Iterator[ast.AST]:
    """The exercise's functions, and the reference's own helpers that they call."""
    owner = name.partition(".")[0]
    waiting = list(stubs.functions(tree, name))
    klass = next((n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == owner), None)
    places = [*tree.body, *(klass.body if klass else [])]
    helpers = {n.name: n for n in places if isinstance(n, stubs.Function) and stubs.defines_private(n)}
    met = set()
    while waiting:
        function = waiting.pop(0)
        yield function
        for node in ast.walk(function):
            called = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
            if called in helpers and called not in met:
                met.add(called)
                waiting.append(helpers[called])


Change = tuple[ast.AST, str, int | None, Any]  # node, its field, the place in it where it is a list, what is put there


def changes(function: ast.AST) -> Iterator[Change]:
    """All that may be changed in a function's body."""
    documented = ast.get_docstring(function) is not None
    yield from _statements(function, "body", int(documented))


def _statements(node: ast.AST, field: str, first: int = 0) -> Iterator[Change]:
    for index, statement in enumerate(getattr(node, field)[first:], first):
        for new in _other_statements(statement):
            yield node, field, index, new
        if isinstance(statement, ast.Raise):
            continue  # what it says is free
        for name, value in ast.iter_fields(statement):
            if name in ("body", "orelse", "finalbody") and isinstance(value, list):
                yield from _statements(statement, name)
            elif name == "handlers":
                for handler in value:
                    yield from _statements(handler, "body")
            elif name == "items":
                for item in value:
                    yield from _expressions(item, "context_expr")
            elif name not in ("annotation", "returns"):
                yield from _expressions(statement, name)


def _other_statements(statement: ast.stmt) -> Iterator[ast.stmt]:
    if isinstance(statement, (ast.Expr, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Raise)):
        yield ast.Pass()
    if isinstance(statement, ast.Raise) and isinstance(statement.exc, ast.Call):
        yield _with(statement, "exc", _with(statement.exc, "func", ast.Name("Exception", ast.Load())))
    if isinstance(statement, ast.AugAssign):
        yield ast.Assign([statement.target], statement.value, lineno=statement.lineno)
    if isinstance(statement, ast.Return) and statement.value is not None:
        yield ast.Return(None)
    if isinstance(statement, ast.Continue):
        yield ast.Break()
    if isinstance(statement, ast.Break):
        yield ast.Continue()
    if isinstance(statement, ast.With):
        yield ast.If(ast.Constant(True), statement.body, [])
    if isinstance(statement, (ast.If, ast.While)):
        yield _with(statement, "test", ast.Constant(False))
    if isinstance(statement, ast.If):
        yield _with(statement, "test", ast.Constant(True))
    if isinstance(statement, ast.For):
        yield _with(statement, "body", [*statement.body, ast.Break()])


def _expressions(node: ast.AST, field: str) -> Iterator[Change]:
    value = getattr(node, field, None)
    places = enumerate(value) if isinstance(value, list) else [(None, value)]
    for index, part in places:
        if isinstance(part, ast.expr):
            for new in _instead(part):
                yield node, field, index, new
            yield from _within(part)
        elif isinstance(part, (ast.keyword, ast.comprehension, ast.arguments)):
            yield from _within(part)


def _within(node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.keyword) and node.arg in UNSEEN):
        return
    for name, _ in ast.iter_fields(node):
        if name not in ("ctx", "annotation"):
            yield from _expressions(node, name)


def _instead(value: ast.expr) -> Iterator[ast.expr]:
    """Other expressions that a person might have written in its place."""
    kind = type(value)
    if kind is ast.Compare:
        for index, operator in enumerate(value.ops):
            for other in COMPARED.get(type(operator), ()):
                yield _with(value, "ops", [other() if i == index else o for i, o in enumerate(value.ops)])
    elif kind is ast.BoolOp:
        yield _with(value, "op", ast.Or() if isinstance(value.op, ast.And) else ast.And())
        for index in range(len(value.values)):
            rest = [v for i, v in enumerate(value.values) if i != index]
            yield rest[0] if len(rest) == 1 else _with(value, "values", rest)
    elif kind is ast.BinOp:
        for other in COMPUTED.get(type(value.op), ()):
            yield _with(value, "op", other())
        yield value.left
        yield value.right
        if isinstance(value.op, (ast.Sub, ast.Div)):
            yield ast.BinOp(value.right, value.op, value.left)
    elif kind is ast.UnaryOp:
        yield value.operand
    elif kind is ast.IfExp:
        yield value.body
        yield value.orelse
    elif kind is ast.Constant:
        yield from map(ast.Constant, _other_constants(value.value))
    elif kind is ast.Call:
        yield from _other_calls(value)
    elif kind is ast.Slice:
        for bound in ("lower", "upper", "step"):
            if getattr(value, bound) is not None:
                yield _with(value, bound, None)
    elif kind in (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp):
        for index, part in enumerate(value.generators):
            for number in range(len(part.ifs)):
                fewer = _with(part, "ifs", [x for i, x in enumerate(part.ifs) if i != number])
                yield _with(value, "generators", [fewer if i == index else g for i, g in enumerate(value.generators)])
    elif kind in (ast.Tuple, ast.List) and isinstance(value.ctx, ast.Load) and len(value.elts) == 2:
        yield _with(value, "elts", value.elts[::-1])


def _other_constants(value: Any) -> Iterator[Any]:
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from (value + 1, value - 1)
    elif isinstance(value, float):
        yield from (value * 2, value / 2) if value else (1.0,)
    elif isinstance(value, str):
        yield "other" if value != "other" else ""


def _other_calls(call: ast.Call) -> Iterator[ast.expr]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name in MOVES and all(_is_device(a) for a in call.args):
        return
    if isinstance(call.func, ast.Attribute):
        yield call.func.value  # x.detach() -> x
        for other in NAMES.get(name, ()):
            yield _with(call, "func", _with(call.func, "attr", other))
    elif isinstance(call.func, ast.Name):
        for other in NAMES.get(name, ()):
            yield _with(call, "func", ast.Name(other, ast.Load()))
    for argument in call.args if len(call.args) <= 2 else ():
        if not isinstance(argument, (ast.Starred, ast.Constant)):
            yield argument  # f(x) -> x
    for index, keyword in enumerate(call.keywords):
        if keyword.arg not in UNSEEN:
            yield _with(call, "keywords", [k for i, k in enumerate(call.keywords) if i != index])
    if len(call.args) > 1:
        yield _with(call, "args", call.args[:-1])
    elif call.args and isinstance(call.func, ast.Attribute):
        yield _with(call, "args", [])
    for index in range(len(call.args) - 1) if name not in ANY_ORDER else ():
        swapped = list(call.args)
        swapped[index : index + 2] = swapped[index : index + 2][::-1]
        yield _with(call, "args", swapped)


def _is_device(value: ast.expr) -> bool:
    return getattr(value, "id", getattr(value, "attr", "")) == "device"


def _with(node: ast.AST, field: str, value: Any) -> ast.AST:
    made = copy.copy(node)
    setattr(made, field, value)
    return made


@contextlib.contextmanager
def changed(node: ast.AST, field: str, index: int | None, new: Any) -> Iterator[None]:
    """The tree with a change in it, while inside."""
    old = getattr(node, field)
    setattr(node, field, new if index is None else [*old[:index], new, *old[index + 1 :]])
    try:
        yield
    finally:
        setattr(node, field, old)


def harmless(lesson: Lesson) -> dict[tuple[str, str, str], str]:
    """Those that are right answers: (exercise, old, new) -> why, as the lesson's harmless.toml lists them."""
    path = lesson.solution / "audit" / HARMLESS
    listed = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return {(number, old, new): why for number, of_one in listed.items() for old, new, why in of_one}
