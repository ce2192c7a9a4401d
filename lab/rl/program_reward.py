"""Rewards for programs: runs the tests against a completion's code, in two processes (lab/rl/program_worker.py).

The processes have limits on time, processor seconds, memory and file size, an empty folder, an empty environment and no
standard input. This is no sandbox: the program can read the user's files and use the network. So nothing is run without
reward.allow_execution=true.
"""

from __future__ import annotations

import ast
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable
from pathlib import Path

from lab.rl import program_worker

NO_SANDBOX = (
    "the programs that the model writes run on this machine as you, with limits and without a sandbox: they can read "
    "your files and use the network"
)
MEMORY = 1 << 30  # bytes
FILE = 1 << 20  # bytes that one file may have
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


def passes(code: str, tests: str, timeout: float) -> bool:
    """Whether the tests run to their end against the program, in time."""
    limits = [str(n) for n in (MEMORY, FILE, max(1, int(timeout + 1)))]
    command = [sys.executable, "-I", str(Path(program_worker.__file__)), *limits]
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            command, cwd=folder, env={}, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        try:
            process.communicate(program_worker.as_text((code, tests)).encode(), timeout)
            return process.returncode == 0
        except subprocess.TimeoutExpired:
            return False
        finally:
            _end(process)


def _end(process: subprocess.Popen) -> None:
    """Ends both processes and those that the program has started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (AttributeError, ProcessLookupError, PermissionError):  # Windows has no process groups; or all have ended
        process.kill()
    process.wait()


def split_tests(tests: str) -> list[str]:
    """The tests split into parts with one top-level `assert` each and all other lines; [tests] if there is no
    assert."""
    body = ast.parse(tests).body
    asserts = [node for node in body if isinstance(node, ast.Assert)]
    if not asserts:
        return [tests]
    return [ast.unparse(ast.Module([n for n in body if n is a or n not in asserts], [])) for a in asserts]


def score(timeout: float, partial_credit: bool) -> Callable[[str, str], float]:
    """score(completion, tests): 1.0 if all tests pass; with partial credit the share of those that do. Raises
    ValueError if the tests check nothing."""

    def scored(completion: str, answer: str) -> float:
        code, tests = program(completion), tests_of(answer)
        parts = split_tests(tests) if partial_credit else [tests]
        return sum(passes(code, part, timeout) for part in parts) / len(parts)

    return scored
