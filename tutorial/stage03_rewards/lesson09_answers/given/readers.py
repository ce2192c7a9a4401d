"""Verifiers that are set beside yours: the last number of the text, and math-verify."""

import importlib.util
import logging
import re
from collections.abc import Callable

from lesson09_answers.given.labelled import Row
from lesson09_answers.scoring.answers import verify

Verifier = Callable[[str, str], bool | None]


def last_number(completion: str, answer: str) -> bool | None:
    """The simplest verifier: the last number of the completion, compared as text without commas."""
    given, true = (re.findall(r"-?\d[\d,]*(?:\.\d+)?", text) for text in (completion, answer))
    return given[-1].replace(",", "") == true[-1].replace(",", "") if given and true else None


def math_verify(completion: str, answer: str) -> bool | None:
    """Hugging Face's Math-Verify."""
    from math_verify import parse, verify  # optional: pip install "math-verify[antlr4_13_2]"

    logging.disable(logging.CRITICAL)
    given = parse(completion)
    return bool(verify(parse(answer), given)) if given else None


def verifiers() -> dict[str, Verifier]:
    """Returns all that can be run here. math-verify is among them if it is installed."""
    found: dict[str, Verifier] = {"yours": verify, "last number": last_number}
    return found | ({"math-verify": math_verify} if importlib.util.find_spec("math_verify") else {})


def verdicts(verifier: Verifier, rows: list[Row]) -> list[bool | None]:
    """Returns the verdict on each labelled completion."""
    return [verifier(completion, answer) for completion, answer, _ in rows]
