"""Reads the final answer of a text: one number, exactly, or nothing.

`read_answer` looks for the place where a text gives its answer, then reads one number there. A text that ends in a
range, a ratio, an expression or a list has no single answer, and none is guessed. docs/TRAINING.md lists what is
accepted. Left out on purpose: words ("seven"), algebra, square roots, several answers. `math-verify` reads more of
these.
"""

from __future__ import annotations

import re
from fractions import Fraction

LONGEST = 60  # characters of a number; longer ones are no answer to anything
LARGEST_EXPONENT = 300

# --- one spelling for each thing -------------------------------------------------------------------------------------

MINUS = "\u2212\u2010\u2011\u2012\u2013\u2014\ufe63\uff0d"  # minus sign, hyphens, dashes
SPACES = "\u00a0\u2009\u202f"  # no-break, thin and narrow no-break space: they may group digits
REWRITTEN = (
    (rf"[{MINUS}]", "-"),
    (r"[\u00b2\u00b3\u00b9\u2070-\u2079]", ""),  # superscripts: exponents of units
    (r"\\left|\\right|\\displaystyle|\\(?:text|mathrm|mathbf|mbox)\b", ""),
    (r"\\[dt]?frac\s*\{\s*([^{}]*?)\s*\}\s*\{\s*([^{}]*?)\s*\}", r" \1/\2"),  # \frac{7}{4}
    (r"\\[dt]?frac\s*(\d)\s*(\d)", r" \1/\2"),  # \frac74
    (r"-\s+(?=\d+/\d)", "-"),  # -\frac{7}{4}, whose slash form got a space above
    (r"(?<=\d)\{,\}(?=\d)", ","),  # 70{,}000
    (rf"(?<=\d)(?:\\[,;:! ]|[{SPACES}])(?=\d\d\d(?!\d))", ""),  # 70\,000
    (r"\s*(?:\\times|\\cdot|×|\*)\s*10\s*\^\s*\{?\s*(-?\d+)\s*\}?", r"e\1"),  # 9.99 \times 10^{23}
    (r"\^\s*\{?\s*\\circ\s*\}?|°", ""),  # degrees
    (r"([A-Za-z])\s*\^\s*\{?-?\d+\}?", r"\1"),  # cm^2
    (r"\\?[$%€£¥]", " "),
    (r"\\[()\[\],;:! ]", " "),  # \( \) \[ \] and LaTeX's spaces
    (rf"[{SPACES}]", " "),
    (r"(-)\s+(?=[.\d])(?<=\A- )", r"\1"),  # "- 5" at the very beginning
    (r"([=:(]\s*|\bis\s+)-\s+(?=[.\d])", r"\1-"),  # "x = - 5"
)


def normalized(text: str) -> str:
    """The text with one spelling for minus signs, fractions, powers of ten and grouped digits; no currency signs."""
    text = text.strip()
    for old, new in REWRITTEN:
        text = re.sub(old, new, text)
    return text


# --- numbers ---------------------------------------------------------------------------------------------------------

UNSIGNED = r"(?:\d{1,3}(?:,\d{3})+(?![\d,])|\d+)?(?:(?<![.,\d])\.\d+|(?<=\d)\.\d+|(?<=\d))(?:[eE][+-]?\d+)?"
MIXED = r"-?\d+\s+\d+/\d+"  # 1 3/4
RUN = re.compile(  # a number and whatever is glued to it by operators: 8-10, 3:4, 1,2, 2^10
    rf"(?<![\w\\])(?:{MIXED}|-?{UNSIGNED}(?:\s*[-+*/÷×:^]\s*\(?-?{UNSIGNED}|[.,]\d+)*)"
)


def value_of(run: str) -> Fraction | None:
    """The number that a run of digits and operators is, or None if it is more than one number."""
    run = run.replace(" /", "/").replace("/ ", "/")
    if len(run) > LONGEST:
        return None
    if re.fullmatch(rf"-?{UNSIGNED}", run):
        return _decimal(run)
    if found := re.fullmatch(r"(-?)(?:(\d+)\s+)?(\d+)/(\d+)", run):  # 3/4, 1 3/4
        sign, whole, top, bottom = found.groups()
        size = int(whole or 0) + Fraction(int(top), int(bottom)) if int(bottom) else None
        return size if size is None or not sign else -size
    if (found := re.fullmatch(r"(-?\d+)\^(\d+)", run)) and int(found[2]) <= LARGEST_EXPONENT:  # 2^10
        return Fraction(int(found[1]) ** int(found[2]))
    return None


def _decimal(text: str) -> Fraction | None:
    mantissa, _, exponent = text.lower().replace(",", "").partition("e")
    if abs(int(exponent or 0)) > LARGEST_EXPONENT:
        return None
    return Fraction(mantissa) * Fraction(10) ** int(exponent or 0)


def numbers(text: str) -> list[Fraction | None]:
    """All numbers of a text, in order; None for each thing that looks like a number and is not exactly one."""
    text = normalized(text)
    found = []
    for match in RUN.finditer(text):
        before = text[max(0, match.start() - 2) : match.start()]
        if re.search(r"[A-Za-z)]-?$", before):  # a hyphen, as in COVID-19 or x-5
            continue
        found.append(value_of(match[0].strip()))
    return found


# --- where the answer is ---------------------------------------------------------------------------------------------

ANSWER = re.compile(r"\banswer\b(?:\s+is\b)?\s*[:=]?", re.IGNORECASE)


def boxed(text: str) -> str | None:
    r"""What the last \boxed{...} holds, with braces in pairs; None if there is none."""
    start = max(text.rfind("\\boxed{"), text.rfind("\\fbox{"))
    if start < 0:
        return None
    depth, inside = 0, text[text.index("{", start) :]
    for end, character in enumerate(inside):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if depth == 0:
            return inside[1:end]
    return inside[1:]


def last_number(text: str) -> Fraction | None:
    """The last number of a text."""
    found = numbers(text)
    return found[-1] if found else None


def read_answer(text: str) -> Fraction | None:
    r"""The number that a text gives as its answer: in the last \boxed{}, else after the last ####, else after the last
    "answer is" or "answer:", else the last number of all."""
    if (inside := boxed(text)) is not None:
        found = numbers(inside.rpartition("=")[2])
        return found[0] if len(found) == 1 else None
    for marked in (text.rpartition("####"), _after_answer(text)):
        if marked[1]:
            line = marked[2].strip().partition("\n")[0]
            found = numbers(line.rpartition("=")[2])
            if found:
                return found[0]
    return last_number(text)


def _after_answer(text: str) -> tuple[str, str, str]:
    found = list(ANSWER.finditer(text))
    return (text, found[-1][0], text[found[-1].end() :]) if found else ("", "", text)
