"""Runs an exported reward.py in a process of its own beside the original score, on sample completions.

The exported file holds copies of functions and constants. A score that depends on more (a table that is filled while
the module is loaded, a counter, `import *`) would give other rewards on the cluster, or fail there after hours.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from course.base.errors import UsageError

PROBLEMS = 40  # that are tried
RUN = (
    "import json, sys\n"
    "text, pairs = json.load(sys.stdin)\n"
    "names = {'__name__': 'reward'}\n"
    "exec(compile(text, 'reward.py', 'exec'), names)\n"
    "print(json.dumps([float(names['score'](c, a)) for c, a in pairs]))\n"
)


def samples(rows: Sequence[dict[str, Any]]) -> list[tuple[str, str]]:
    """(completion, answer) of some problems: right, nearly right, wrong and empty."""
    pairs = []
    answers = [str(row["answer"]) for row in rows[:PROBLEMS]]
    for answer, other in zip(answers, [*answers[1:], *answers[:1]], strict=True):
        for text in (
            answer,
            f" {answer}",
            f"It is {answer}.",
            f"{other}\n{answer}",
            f"{answer}0",
            other,
            "",
            "no idea",
        ):
            pairs.append((text, answer))
    return pairs


def check(text: str, task: ModuleType, where: str) -> None:
    """Raises UsageError if the file's score fails or differs from the task's, or if the task's own changes from call to
    call."""
    pairs = samples(task.problems("test"))
    here = [[float(task.score(*pair)) for pair in order] for order in (pairs, pairs[::-1])]
    if not _same(here[0], here[1][::-1]):
        raise UsageError(f"{where}: the score of a completion changes from call to call; write it without a memory")
    done = subprocess.run(
        [sys.executable, "-I", "-c", RUN], input=json.dumps([text, pairs]), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise UsageError(
            f"{where}: the exported score fails ({reason}); it may use only functions, constants and standard modules"
        )
    there = json.loads(done.stdout.splitlines()[-1])
    for pair, ours, exported in zip(pairs, here[0], there, strict=True):
        if not _same([ours], [exported]):
            raise UsageError(
                f"{where}: for the completion {pair[0]!r} the exported score gives {exported:g} and the task's own "
                f"{ours:g}; the score depends on what the module does while it is loaded, which is not exported"
            )


def _same(a: Sequence[float], b: Sequence[float]) -> bool:
    return all(x == y or (math.isnan(x) and math.isnan(y)) for x, y in zip(a, b, strict=True))
