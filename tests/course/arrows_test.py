"""Imports obey the arrows: tutorial, solutions -> lab -> course.base; course -> lab; grader -> course, lab.

Nothing imports a lesson, except by a name in a configuration or a manifest; tests, given/ and benchmarks may.
"""

import ast
import re

from course.base.switch import ROOT

LESSON = re.compile(r"lesson\d\d_\w+")
MAY_IMPORT = {  # of lab, course, grader, tests and the lessons; the longest key that fits counts
    "lab": ("lab", "course.base"),
    "course": ("course", "lab"),
    "course/base": ("course.base",),
    "grader": ("grader", "course", "lab"),
}
OURS = ("lab", "course", "grader", "tests", "tutorial", "solutions", "benchmarks")
A_TEST = {("grader/judge/canary_test.py", "lesson13_grpo.loss.grpo.compute_grpo_loss")}  # it stands with the judge


def imports(path):
    """The full names that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def against(file, name):
    """Whether `file` may not import `name`."""
    room = max((r for r in MAY_IMPORT if file.startswith(f"{r}/")), key=len)
    if LESSON.match(name):
        return True
    allowed = any(f"{name}.".startswith(f"{one}.") for one in MAY_IMPORT[room])
    return name.partition(".")[0] in OURS and not allowed


def test_imports_obey_the_arrows():
    found = {
        (path.relative_to(ROOT).as_posix(), name)
        for tree in ("lab", "course", "grader")
        for path in (ROOT / tree).rglob("*.py")
        for name in imports(path)
        if against(path.relative_to(ROOT).as_posix(), name)
    }
    assert found == A_TEST


def test_no_suite_imports_another():
    """In grading, a name of a lesson is something to be observed: a helper of another suite cannot be called."""
    suites = (ROOT / "tutorial").glob("stage*/lesson*/testcases/*_test.py")
    found = {path.relative_to(ROOT) for path in suites for name in imports(path) if re.search(r"\.\w+_test\.", name)}
    assert not found
