"""Runs the canaries (canary_test.py) before anything is graded: tests of which all but one must fail."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
import torch

from course.observe import codec
from grader.judge.test_run import TestRunner
from lab.sandbox import frames

ANSWER = [{"changed": [], "problem": None}, torch.tensor(1.0), {}]


class AlwaysOne:
    """In the place of a worker: answers each question with the number 1."""

    def ask(self, request: bytes, seconds: float) -> bytes:
        return frames.pack(*map(codec.encode, ANSWER))

    def stop(self) -> None:
        pass


def broken(runner_for: Callable[[AlwaysOne], TestRunner], items: Sequence[pytest.Item]) -> str:
    """Which canary did not do what it must; "" if all did."""
    runner = runner_for(AlwaysOne())
    for item in items:
        run = runner.run(item)
        if run.verdict is None or run.passed != ("passes" in item.name):
            print(run.verdict or run.trouble)
            return f"the canary {item.name} did not do what it must: the judge itself is broken"
    return "" if items else "the canaries are missing"
