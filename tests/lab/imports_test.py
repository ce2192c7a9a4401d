"""lab/ imports no lesson: names of lessons stand in configurations, and are imported by name."""

import ast

from course.base import switch
from course.base.switch import ROOT


def test_lab_imports_no_lesson():
    for path in sorted((ROOT / "lab").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [n for n in names if switch.LESSON.fullmatch(n.partition(".")[0])], (path, node.lineno)
