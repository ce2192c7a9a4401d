"""Pays for what a program returned. The comparison is made here, where no program can reach it."""

import ast
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from lesson10_programs.programs.running import call, extract_code


def code_reward(answers: list[str], expected: list, mode: str = "all") -> float:
    """Returns the reward for the answers of one program: a number from 0 to 1.

    Args:
        answers: for each test a text that the program is responsible for. It may be anything.
        expected: for each test the right value, plain data.
        mode: "all" pays 1 if all tests pass and else 0; "share" pays the share of the tests that pass.

    A test passes if the text is a Python literal (`ast.literal_eval`) whose value == the expected one. "2.0" is right
    for 2, and "[1, 2]" is wrong for (1, 2). A text that is no literal is a wrong answer, never an error:
    `literal_eval` may raise ValueError, TypeError, SyntaxError, MemoryError and RecursionError.

    Raises ValueError if there are no tests: with nothing to fail, every program would be paid. Also if there are more
    or fewer answers than tests.
    """
    # Refuse an empty list of tests, and lists of two lengths.
    # Which tests pass? Read each text as a value and compare the value. Then: all of them, or their share.
    raise NotImplementedError("not written yet: exercise 10.4, programs/reward.py:code_reward")


def score_batch(
    completions: list[str],
    problems: list[dict],
    mode: str = "all",
    seconds: float = 10.0,
    workers: int = 2,
    known: dict | None = None,
) -> list[float]:
    """Returns the reward of each completion.

    Args:
        completions: what the policy has written.
        problems: the problem of each completion: {"function": its name, "inputs": [[argument, ...], ...],
            "expected": [value, ...]}. Several completions may have the same problem.
        mode, seconds: as in `code_reward` and `call`.
        workers: so many programs run at the same time. Threads are enough: they only wait for other processes.
        known: what `call` returned before; this function looks it up here, and adds what is new. Its keys are yours to
            choose.

    A policy repeats itself, more and more as it learns. Completions with the same code that are called in the same way
    (the same function, the same inputs) are run once, even if their problems expect different values: these play no
    part in the run.

    Raises what `call` raises, such as OSError: a machine that can start no process must not look like a wrong program.
    """
    # For each completion: its code, and a key of code, function and inputs (a list is no key; its repr is).
    # Run each new key once, with a ThreadPoolExecutor.
    # Reward each completion for the answers of its key, with its own problem's expected values.
    raise NotImplementedError("not written yet: exercise 10.5, programs/reward.py:score_batch")
