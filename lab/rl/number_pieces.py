r"""Finds pieces of text that look like numbers: the spelling that lesson 09 and the reader of answers rest on.

A piece is a number with everything that is joined to it: "-5", "1,080", "2 1/2", but also "8-10", "3:30", "12 * 6" and
"5 or 6". lab/rl/answer_pieces.py finds the one that is meant, lab/rl/final_answer.py decides whether it is one number.
LaTeX and Unicode come out in one spelling: "−5" as "-5", "\frac{7}{2}" and "7 / 2" as "7/2", "1{,}500" as "1,500",
"4.5 \times 10^3" as "4.5e3". Currency and percent signs are gone.
"""

import re

MEASURE = (
    r"seconds?|minutes?|hours?|days?|weeks?|months?|years?|inches|feet|yards?|miles?|[ck]?m|meters?|k?g|grams?|"
    r"kilograms?"
)
PLAIN = (
    (r"([ \t\n])[ \t\n]*", r"\1"),  # first, since long blanks would make the rest slow
    (r"<<[^<>\n]*>>|</?[|\w]+>|(?<![-=])[-=]{1,3}>|\u2192", " "),  # gsm8k's calculator, tags, quotations, arrows
    (r"~~[^~\n]*~~|\n-{3,}(?=\n)|(?<!\w)_+(?=-?\d)|(?<=\d)_+(?!\w)", " "),  # ~~4~~, a line, _5_
    (r"[\u2212\u2010-\u2014\ufe63\uff0d]", "-"),  # minus signs and dashes
    (r"[\u00b2\u00b3\u00b9\u2070-\u2079\u00b0]|\^\s*\{?\\circ\}?", ""),  # m², 45°
    (r"\\(?:left|right|displaystyle|text|textbf|mathrm|mathbf|mbox)\b", ""),
    (r"(?<=\d)\s*\\[dt]?frac\b", r" \\frac"),  # 1\frac{1}{2}
    (r"\\[dt]?frac\s*\{\s*([^{}]*?)\s*\}\s*\{\s*([^{}]*?)\s*\}", r"\1/\2"),
    (r"\\[dt]?frac\s*(\d)\s*(\d)", r"\1/\2"),  # \frac74
    (r"(?<=\d)(?:\{,\}|\\,|[\u00a0\u2009\u202f])(?=\d{3}(?!\d))", ","),  # 1{,}500, 2\,400
    (r"(?<![\d.,])(\d{1,3}) (?=\d{3}(?: \d{3})*(?![\d.,]*[\d/]))", r"\1,"),  # 1 200
    (r"(?<=,\d{3}) (?=\d{3}(?!\d))", ","),  # 1 000 000
    (r"(?:\\sqrt|\u221a)\s*\{?([^{}\s]*)\}?", r"sqrt\1"),
    (r"(?<=\d) ?(?=[\u00bc-\u00be])", " "),  # the one character for 1/2, 1/4 or 3/4
    (r"\u00bc", "1/4"),
    (r"\u00bd", "1/2"),
    (r"\u00be", "3/4"),
    (r"\u03c0", r"\\pi"),
    (r"\\(?:geq?|leq?|neq?|gt|lt)\b|[<>!]=|[\u2260\u2264\u2265]", ">"),  # not told apart: none is an answer
    (r"\\pm\b", "\u00b1"),
    (r"\s*(?:\\times|\\cdot|\u00d7)\s*10\s*\^\s*\{?\s*(-?\d+)\}?", r"e\1"),
    (r"(?<=\d) ?thousand\b", "e3"),
    (r"(?<=\d) ?million\b", "e6"),
    (r"(?<=\d) ?billion\b", "e9"),
    (rf"(?<=\d)( ?)({MEASURE}),? or [\d.,]+ (?!\2)(?:{MEASURE})\b", r"\1\2"),  # 90 minutes, or 1.5 hours
    (r"\\times|\\cdot|\u00d7|\u00b7", "*"),
    (r"\\div|\u00f7", "/"),
    (r"-\\?[$\u20ac\u00a3\u00a5](?=[.\d])", "-"),  # -$5
    (r"\*\*|\\?[$%\u20ac\u00a3\u00a5]|\\[()\[\],;:! ]|[\u00a0\u2009\u202f]", " "),
    (r"(?<=[A-Za-z}])\s*\^\s*\{?-?\d+\}?", ""),  # cm^2
    (r"(?<!\S)\d+\)(?=\s+[A-Z])", ""),  # 1) First ...
    (r"  +", " "),
    (r"(?<=\d) ?/ ?(?=\d)", "/"),  # 1 / 3
    (r"\bnegative (?=[.\d])|(?:(?<=\bis )|\A)minus (?=[.\d])", "-"),  # "is minus 5"
    (r"(\A\s*|[=:(]\s*|\bis\s+)-\s+(?=[.\d])", r"\1-"),  # "= - 5"
    (r"(\b[A-Za-z]\w*(?: ?[=:]| is) -?[.\d]+)(?:,|;|,? (?:and|or)) [A-Za-z]\w*(?: ?[=:]| is) (?=-?[.\d])", r"\1 or "),
    (r"(?<![\w.])e(?=[-+]\d)", "e "),  # e - 9, Euler's number: no power of ten
)
# A number; what makes it none before it (sqrt2, > 5, half of 5) or after it (3x, 3\pi, "5?"); what joins it to the next
# one; where no number begins (H2O, COVID-19, (2 + 4) / 3, "page 5", "not 5").
NUMBER = r"(?:\d+(?:,\d+)*(?:\.\d+)*|\.\d+)(?:[eE][+-]?\d+)?"
BEFORE = (
    r"(?:(?:(?:root|half|third|quarter) of|[Tt]wice|[Dd]ouble|almost|nearly|over|under|up to|close to)[ \t]|"
    r"sqrt|\\?(?:log|ln|sin|cos|tan|exp)\b|[a-z]_|[<>\u00b1])[ \t]*[{(]?"
)
AFTER = (
    r"(?:[abcknpqrtuvwxyzKMB]\b|\\pi\b|sqrt\w*|-?ish\b|"
    r"[ \t]*(?:\?|\+(?![ \t]*[\w.])|and a (?:half|third|quarter)\b|something\b))"
)
ONE = rf"-?(?:\d+ +\d+/\d+|(?:{BEFORE})?{NUMBER}{AFTER}?)"
UNIT = (
    r"[ \t]?(?:hours?|minutes?|min|feet|foot|ft|pounds?|weeks?|days?|years?|dollars?),?[ \t]+(?:and[ \t]+)?|"
    r"[ \t]?h[ \t]?"
)
SIGN = r"[ \t]*(?:[-+*/:^\u00b1<>]|\.\.+)[ \t]*\(?"
RESULT = r"so|makes?|gives?|equals?|then|total|altogether|together"
NOUNS = rf"(?:[ \t]+(?!(?:{RESULT}|is|are|plus|left)\b)[a-z]+){{0,3}}"  # " red pens"
NAME = rf"(?:[ \t]+(?!(?:{RESULT}|that|all)\b)[A-Za-z]+){{0,3}}"  # " the boys are"
JOINED = (
    rf"(?:{SIGN}|{NOUNS}[ \t]*(?:[+*/&]|\b(?:vs\.?|versus|plus|minus|times|divided by|by|out of|x)\b)[ \t]*\(?|"
    rf"{NOUNS}[ \t{{}}]*,?[ \t{{}}]*\b(?:to|(?:or|and|maybe|perhaps|while){NAME})\b[ \t{{}}]*|{UNIT})"
)
VARIABLE = r"(?:\b[a-z]\b|\\pi)"
START = (
    r"(?<![\w.,\\^])(?<![A-Za-z)]-)(?<![A-Za-z]\()(?<!_\{)(?<!\bnot )(?<!\bnot be )(?<!n't be )"
    r"(?<!\bthan )(?<!\bleast )(?<!\b[Pp]age )(?<!\b[Ss]tep )(?<!\b[Qq]uestion )"
    r"(?<![\w)][*/^])(?<![\w)][*/^] )(?<![\w)] [*/^] )(?<!\)[-+])(?<!\)[-+] )(?<!\) [-+] )"
)
BEGIN = rf"{START}(?:{VARIABLE}{SIGN})?{ONE}"
PIECE = re.compile(rf"{BEGIN}(?:{JOINED}{ONE}|{SIGN}{VARIABLE})*")
LIST = re.compile(rf"{BEGIN}(?:(?:{JOINED}|[ \t]*[,;]?[ \t]+){ONE}|{SIGN}{VARIABLE})*")
LONGEST = 60  # characters of a piece that is a number


def plain(text: str) -> str:
    """Returns the text in the one spelling."""
    for pattern, new in PLAIN:
        text = re.sub(pattern, new, text)
    return text
