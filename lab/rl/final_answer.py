"""Reads the final answer of a text and compares it: where it is, which number it is, and whether that is the true one.

The functions down to `partial_credit` are lesson 09's reference, word for word (a test compares them). The lesson
explains the rules, and docs/TRAINING.md lists what is accepted. Left out on purpose: words ("seven"), algebra, powers,
square roots, several answers. `math-verify` reads more of these.
"""

import re
from fractions import Fraction

from lab.rl.answer_pieces import first_piece, last_attempt, last_piece


def final_answer(text: str) -> str | None:
    r"""The part of a text that gives its answer, or None.

    Of the last attempt behind the last "</think>" this is what the last \boxed{} encloses, else what is behind the last
    ####, else behind the last "answer is" or "answer:", else the number of the last sentence that has one.
    """
    text = text.rpartition("</think>")[2].partition("<think>")[0]
    text = last_attempt(text)
    _, found, inside = text.rpartition("\\boxed{")
    if found:
        depth = 1
        for end, character in enumerate(inside):
            depth += {"{": 1, "}": -1}.get(character, 0)
            if depth == 0:
                return inside[:end].strip() or None
        return None
    for marker in ("####", r"answer is|answer:|answer ?="):
        *parts, behind = re.split(marker, text, flags=re.IGNORECASE)
        if parts:
            return behind.strip().partition("\n")[0].strip() or None
    return last_piece(text)


def exact_value(text: str) -> Fraction | None:
    """The number that an answer is, exactly, or None if it is not one number."""
    piece = first_piece(text)
    if piece is None:
        return None
    sign, size = (-1, piece[1:]) if piece.startswith("-") else (1, piece)
    if re.fullmatch(r"(\d{1,3}(,\d{3})+|\d+)?(\.\d+)?(e[+-]?\d{1,2})?", size, re.IGNORECASE):
        return sign * Fraction(size.replace(",", ""))
    if fraction := re.fullmatch(r"(?:(\d+) +)?(\d+)/(\d+)", size):
        whole, top, bottom = (int(digits or 0) for digits in fraction.groups())
        return sign * (whole + Fraction(top, bottom)) if bottom else None
    return None


def verify(completion: str, answer: str) -> bool | None:
    """True if a completion gives the true answer, False if it gives another one, None if none can be read.

    Raises ValueError if the true answer cannot be read.
    """
    given, true = (exact_value(final_answer(text) or "") for text in (completion, answer))
    if true is None:
        raise ValueError(f"the true answer cannot be read: {answer!r}")
    return None if given is None else given == true


def partial_credit(completion: str, answer: str, readable: float = 0.0, digits: float = 0.0) -> float:
    """1.0 for a right completion, 0.0 if no answer can be read, else readable + digits * (the share of right digits).

    Raises ValueError if readable + digits is 1 or more.
    """
    if readable + digits >= 1:
        raise ValueError(f"a wrong answer may not be paid like a right one: {readable=}, {digits=}")
    verdict = verify(completion, answer)
    if verdict is None or verdict:
        return float(verdict is True)
    given, true = (exact_value(final_answer(text) or "") or 0 for text in (completion, answer))
    share = 0.0
    if given >= 0 and given.denominator == 1:
        a, b = str(given)[::-1], str(true)[::-1]
        share = sum(x == y for x, y in zip(a, b, strict=False)) / max(len(a), len(b))
    return readable + digits * share


def read(text: str) -> Fraction | None:
    """The number that a text gives as its answer, or None."""
    return exact_value(final_answer(text) or "")
