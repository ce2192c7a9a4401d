"""Exercise 09.2, exact_value: what people get wrong, other right answers, and the shortest right one."""

import re
from decimal import Decimal
from fractions import Fraction

from course.base.attempt import Attempts
from lab.rl.answer_pieces import first_piece

wrong, right, core = Attempts(), Attempts(), Attempts()

RESULT = "return sign * (whole + Fraction(top, bottom)) if bottom else None"
SIGN = "sign, size = (-1, piece[1:]) if piece.startswith('-') else (1, piece)"
PLAIN = r"'(\\d{1,3}(,\\d{3})+|\\d+)?(\\.\\d+)?(e[+-]?\\d{1,2})?'"

wrong("The value is a float: 0.1 is not exactly 1/10, and large numbers lose digits.", {
    "return sign * Fraction(size.replace(',', ''))": "return Fraction(float(size.replace(',', ''))) * sign",
})  # fmt: skip

wrong("Commas are removed wherever they stand: 1,2 becomes 12.", {PLAIN: r"'([\\d,]+)?(\\.\\d+)?(e[+-]?\\d{1,2})?'"})
wrong("The minus sign is lost.", {SIGN: "sign, size = (1, piece.lstrip('-'))"})

wrong("The minus sign of a mixed number applies to its whole part only: -2 1/2 is -5/2.", {
    RESULT: "return sign * whole + (1 if whole else sign) * Fraction(top, bottom) if bottom else None",
})  # fmt: skip

wrong("The whole part of a mixed number is dropped: 2 1/2 becomes 1/2.", {
    "(whole + Fraction(top, bottom))": "Fraction(top, bottom)",
})  # fmt: skip

wrong("A division by zero ends the run with an exception; 7/0 is no number.", {
    RESULT: "return sign * (whole + Fraction(top, bottom))",
})  # fmt: skip

wrong("If a piece is not one number, its first number is read: 8-10 becomes 8, and 5 or 6 becomes 5.", {
    SIGN: "piece = re.split(r'(?<=\\d)[-:*]| or |, ', piece)[0].strip()\n" + SIGN,
})  # fmt: skip

wrong("An exponent may be of any length: a policy that writes 1e999999999 stops the run.", {
    PLAIN: r"'(\\d{1,3}(,\\d{3})+|\\d+)?(\\.\\d+)?(e[+-]?\\d+)?'",
})  # fmt: skip


@right("with Decimal")
def exact_value_with_decimal(text):
    piece = first_piece(text)
    if not piece:
        return None
    negative, size = piece[0] == "-", piece.lstrip("-")
    if re.fullmatch(r"\d{1,3}(,\d\d\d)+(\.\d+)?", size):
        size = size.replace(",", "")
    if re.search(r"[eE][-+]?\d{3}", size):
        return None
    try:
        if "/" in size:
            *whole, fraction = size.split()
            value = Fraction(int(whole[0]) if whole else 0) + Fraction(fraction)
        else:
            value = Fraction(Decimal(size))
    except (ValueError, ArithmeticError):
        return None
    return -value if negative else value


@right("three patterns")
def exact_value_with_three_patterns(text):
    piece = first_piece(text) or ""
    if found := re.fullmatch(r"(-?)(\d+) +(\d+)/(\d+)", piece):
        sign, whole, top, bottom = found.groups()
        return Fraction(f"{sign}1") * (int(whole) + Fraction(int(top), int(bottom))) if int(bottom) else None
    if found := re.fullmatch(r"(-?\d+)/(\d+)", piece):
        return Fraction(int(found[1]), int(found[2])) if int(found[2]) else None
    if piece and re.fullmatch(r"-?(\d{1,3}(,\d{3})*|\d*)(\.\d+)?([eE][-+]?\d\d?)?", piece):
        return Fraction(piece.replace(",", ""))
    return None


@core("short")
def exact_value(text):
    piece = first_piece(text)
    if piece is None:
        return None
    sign = Fraction(-1 if piece[0] == "-" else 1)
    piece = piece.lstrip("-")
    if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", piece):
        piece = piece.replace(",", "")
    if " " in piece and not re.fullmatch(r"\d+ +\d+/\d+", piece):
        return None
    try:
        return sign * sum(Fraction(part) for part in piece.split())
    except (ValueError, ZeroDivisionError):
        return None
