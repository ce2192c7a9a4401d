r"""Finds pieces of text that look like numbers. Given, since it is about spelling and not about rewards.

A piece is a number with everything that is joined to it: "-5", "1,080", "2 1/2", but also "8-10", "3:30", "12 * 6" and
"5 or 6". Your code decides which pieces are one number. LaTeX and Unicode come out in one spelling: "−5" as "-5",
"\frac{7}{2}" as "7/2", "1{,}500" as "1,500", "4.5 \times 10^3" as "4.5e3". Currency and percent signs are gone.
"""

import re

PLAIN = (
    (r"([ \t\n])[ \t\n]*", r"\1"),  # first, since long blanks would make the rest slow
    (r"[\u2212\u2010-\u2014\ufe63\uff0d]", "-"),  # minus signs and dashes
    (r"[\u00b2\u00b3\u00b9\u2070-\u2079\u00b0]|\^\s*\{?\\circ\}?", ""),  # m², 45°
    (r"\\(?:left|right|displaystyle|text|textbf|mathrm|mathbf|mbox)\b", ""),
    (r"(?<=\d)\s*\\[dt]?frac\b", r" \\frac"),  # 1\frac{1}{2}
    (r"\\[dt]?frac\s*\{\s*(-?\d+)\s*\}\s*\{\s*(\d+)\s*\}", r"\1/\2"),
    (r"(?<=\d)(?:\{,\}|\\,|[\u00a0\u2009\u202f])(?=\d{3}(?!\d))", ","),  # 1{,}500, 2\,400
    (r"(?<![\d.,])(\d{1,3}) (?=\d{3}(?: \d{3})*(?![\d.,]*[\d/]))", r"\1,"),  # 1 200
    (r"(?<=,\d{3}) (?=\d{3}(?!\d))", ","),  # 1 000 000
    (r"\\sqrt\s*\{?([^{}]*)\}?", r"sqrt\1"),
    (r"\s*(?:\\times|\\cdot|\u00d7)\s*10\s*\^\s*\{?\s*(-?\d+)\}?", r"e\1"),
    (r"\\times|\\cdot|\u00d7|\u00b7", "*"),
    (r"\\div|\u00f7", "/"),
    (r"\*\*|\\?[$%\u20ac\u00a3\u00a5]|\\[()\[\],;:! ]|[\u00a0\u2009\u202f]", " "),
    (r"(?<=[A-Za-z}])\s*\^\s*\{?-?\d+\}?", ""),  # cm^2
    (r"(\A\s*|[=:(]\s*|\bis\s+)-\s+(?=[.\d])", r"\1-"),  # "= - 5"
)
# A number; what makes it none (3x, 2 million, 3\pi); what joins it to the next one; where no number begins (H2O, COVID-19)
NUMBER = r"(?:\d+(?:,\d+)*(?:\.\d+)*|\.\d+)(?:[eE][+-]?\d+)?"
TERM = r"(?:[abcknpqrtuvwxyzKMB]\b|\\pi\b|sqrt\w*|[ \t]*(?:thousand|million|billion)\b)"
ONE = rf"-?(?:\d+ +\d+/\d+|{NUMBER}{TERM}?)"
UNIT = r"[ \t]?(?:hours?|h|minutes?|min|feet|foot|ft|pounds?|weeks?|days?|years?|dollars?),?[ \t]+(?:and[ \t]+)?"
SIGN = r"[ \t]*(?:[-+*/:^\u00b1<>]|\.\.+)[ \t]*\(?"
JOINED = rf"(?:{SIGN}|[ \t]+(?:x|vs\.?)[ \t]+|[ \t{{}}]*\b(?:or|to|and)\b[ \t{{}}]*|{UNIT})"
VARIABLE = r"(?:\b[a-z]\b|\\pi)"
START = r"(?<![\w.,\\^])(?<![A-Za-z)]-)(?<![A-Za-z]\()(?<!\bnot )(?<!\bthan )(?<!\bleast )"
BEGIN = rf"{START}(?:{VARIABLE}{SIGN})?{ONE}"
PIECE = re.compile(rf"{BEGIN}(?:{JOINED}{ONE}|{SIGN}{VARIABLE})*")
LIST = re.compile(rf"{BEGIN}(?:(?:{JOINED}|[ \t]*[,;]?[ \t]+){ONE}|{SIGN}{VARIABLE})*")

NEXT_THOUGHT = re.compile(r"[.!;:]\s|\b(?:because|since|as|in|on|for|of|per|not|which|that|than|when|with|after|if)\b")


def plain(text: str) -> str:
    """Returns the text in the one spelling."""
    for pattern, new in PLAIN:
        text = re.sub(pattern, new, text)
    return text


def first_piece(text: str) -> str | None:
    """Returns the first piece of a text, or None. Two numbers without a word such as "in" or "because" between them, as in
    "3, 4" or "5 eggs (or 6)", are one piece: nobody knows which one is meant."""
    text = plain(text)
    found = LIST.search(text)
    if not found:
        return None
    between, digit, _ = re.match(r"(\D*)(\d?)(.*)", text[found.end() :], re.DOTALL).groups()  # type: ignore[union-attr]
    several = digit and not NEXT_THOUGHT.search(between)
    return text[found.start() : found.end() + len(between) + 1] if several else found[0]


def last_piece(text: str) -> str | None:
    """Returns the last piece of a text, or None."""
    found = PIECE.findall(plain(text))
    return found[-1] if found else None
