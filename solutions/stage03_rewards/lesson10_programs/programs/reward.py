"""Pays for what a program returned. The comparison is made here, where no program can reach it."""

import ast
from typing import Any


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
    # > Refuse an empty list of tests, and lists of two lengths.
    # > Which tests pass? Read each text as a value and compare the value. Then: all of them, or their share.
    if not expected or len(answers) != len(expected):
        raise ValueError(f"as many answers as tests are needed, and at least one: {len(answers)} and {len(expected)}")
    passed = [_same(text, value) for text, value in zip(answers, expected, strict=True)]
    share = sum(passed) / len(passed)
    return float(share == 1) if mode == "all" else share


def _same(text: str, value: Any) -> bool:
    try:
        return bool(ast.literal_eval(text) == value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
