"""Rewards for programs: runs the completion and the answer's tests in a separate Python process.

That process has limits on time, processor seconds, memory and file size, an empty folder, an empty environment and no
standard input. This is no sandbox: the program can read the user's files and use the network. So nothing is run without
reward.allow_execution=true.
"""

from __future__ import annotations

import ast
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable

MEMORY = 1 << 30  # bytes
FILE = 1 << 20  # bytes that one file may have
FENCE = re.compile(r"```(?:python|py)?\s*\n(.*?)(?:```|\Z)", re.DOTALL)
LIMITS = f"""
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, ({MEMORY}, {MEMORY}))
    resource.setrlimit(resource.RLIMIT_FSIZE, ({FILE}, {FILE}))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
except ImportError:
    pass
"""


def program(completion: str) -> str:
    """The code of a completion: its last fenced block, or else all of it."""
    blocks = FENCE.findall(completion)
    return blocks[-1] if blocks else completion


def passes(code: str, timeout: float) -> bool:
    """Whether the program reaches its last line in time. That line exits with a random status, so a program that exits
    before its tests does not pass."""
    status = random.randrange(100, 250)
    whole = f"{code}\n\nimport os\nos._exit({status})\n"
    limits = LIMITS.replace("SECONDS", str(max(1, int(timeout + 1))))
    with tempfile.TemporaryDirectory() as folder:
        try:
            process = subprocess.Popen(
                [sys.executable, "-I", "-c", limits + f"exec(compile({whole!r}, 'program', 'exec'), {{}})"],
                cwd=folder, env={}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                start_new_session=True,
            )  # fmt: skip
        except (OSError, ValueError):  # too long for a command line
            return False
        try:
            return process.wait(timeout) == status
        except subprocess.TimeoutExpired:
            return False
        finally:
            _end(process)


def _end(process: subprocess.Popen) -> None:
    """Ends the program and the processes that it has started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (AttributeError, ProcessLookupError, PermissionError):  # Windows has no process groups; or all have ended
        process.kill()
    process.wait()


def split_tests(tests: str) -> list[str]:
    """The tests split into parts with one top-level `assert` each and all other lines; [tests] if there is no
    assert."""
    try:
        body = ast.parse(tests).body
    except SyntaxError:
        return [tests]
    asserts = [node for node in body if isinstance(node, ast.Assert)]
    if not asserts:
        return [tests]
    return [ast.unparse(ast.Module([n for n in body if n is a or n not in asserts], [])) for a in asserts]


def score(timeout: float, partial_credit: bool) -> Callable[[str, str], float]:
    """score(completion, tests): 1.0 if all tests pass; with partial credit the share of those that do."""

    def scored(completion: str, answer: str) -> float:
        code = program(completion)
        tests = split_tests(answer) if partial_credit else [answer]
        return sum(passes(f"{code}\n\n{test}\n", timeout) for test in tests) / len(tests)

    return scored
