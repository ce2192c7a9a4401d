"""Rewards for programs: finds the program in a completion and runs the tests against it (lab/rl/program_sandbox.py)."""

from __future__ import annotations

import ast
import json
import re
import sys
import textwrap
from collections.abc import Callable
from typing import Any

from course.base.errors import UsageError

FENCE = re.compile(r"[ \t]*(```+|~~~+)[ \t]*([^`\n]*)")
LANGUAGES = re.compile(r"(?:(?:python|py)3?\b.*)?", re.IGNORECASE)  # what may stand behind an opening fence
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign, ast.Import, ast.ImportFrom)


def program(completion: str) -> str:
    """The code of a completion: its fenced Python blocks that define something, one after the other; else the last
    fenced block, or else all of it. A fence that closes and was never opened ends the code too."""
    blocks, outside = _blocks(completion)
    if not blocks:
        return outside
    defining = [block for block in blocks if _defines(block)]
    return "\n\n".join(defining) if defining else blocks[-1]


def _blocks(completion: str) -> tuple[list[str], str]:
    """The fenced Python blocks, and the text itself."""
    blocks: list[str] = []
    before: list[str] = []  # outside of fences, so far
    inside: list[str] | None = None
    is_python = False
    for line in completion.splitlines():
        fence = FENCE.fullmatch(line)
        if inside is not None and fence and not fence[2].strip():
            if is_python:
                blocks.append(textwrap.dedent("\n".join(inside)))
            inside = None
        elif inside is not None:
            inside.append(line)
        elif fence and not fence[2].strip() and not blocks and _defines("\n".join(before)):
            return [textwrap.dedent("\n".join(before))], completion  # the opening fence was in the prompt
        elif fence:
            inside, is_python = [], LANGUAGES.fullmatch(fence[2].strip()) is not None
        else:
            before.append(line)
    if inside is not None and is_python:  # cut off before the closing fence
        blocks.append(textwrap.dedent("\n".join(inside)))
    return blocks, completion


def _defines(code: str) -> bool:
    try:
        return any(isinstance(node, DEFINITIONS) for node in ast.parse(textwrap.dedent(code)).body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False


def tests_of(answer: str) -> str:
    """The tests in an answer column: Python text, or a JSON list of such texts. Raises ValueError if nothing in them
    can fail: no text, no assert, or functions that nobody calls."""
    text = answer
    if answer.lstrip().startswith("["):
        try:
            found = json.loads(answer)
        except ValueError:
            found = None
        if isinstance(found, list) and found and all(isinstance(one, str) for one in found):
            text = "\n".join(found)
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ValueError(f"the tests are not Python: {error}") from None
    checks = any(isinstance(n, ast.Assert | ast.Raise) for top in body for n in ast.walk(top))
    runs = any(not isinstance(top, ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom) for top in body)
    if not checks or not runs:
        raise ValueError("the tests check nothing: they need an assert, and a call if it stands in a function")
    return text


def split_tests(tests: str) -> list[str]:
    """The tests split into parts with one top-level `assert` each and all other lines; [tests] if there is no
    assert."""
    body = ast.parse(tests).body
    asserts = [node for node in body if isinstance(node, ast.Assert)]
    if not asserts:
        return [tests]
    return [ast.unparse(ast.Module([n for n in body if n is a or n not in asserts], [])) for a in asserts]


def sandbox() -> Any:
    """The module that runs programs. Raises UsageError on Windows, which has nothing of what it needs."""
    if sys.platform == "win32":
        raise UsageError("reward.type=code_execution needs Linux or macOS; on Windows, use WSL")
    from lab.rl import program_sandbox

    return program_sandbox


def score(timeout: float, partial_credit: bool) -> Callable[[str, str], float]:
    """score(completion, tests): 1.0 if all tests pass; with partial credit the share of those that do. Raises
    ValueError if the tests check nothing."""
    passes = sandbox().passes

    def scored(completion: str, answer: str) -> float:
        code, tests = program(completion), tests_of(answer)
        parts = split_tests(tests) if partial_credit else [tests]
        return sum(passes(code, part, timeout) for part in parts) / len(parts)

    return scored
