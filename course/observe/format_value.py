"""Values in a few characters, as a report shows them: rounded, but so that no two different numbers look the same,
unless it is only by their last digits that they differ."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import torch

from course.base.object_spec import Spec
from course.observe.codec import places

WIDTH = 96  # of a value; a report is read, not scrolled
DIGITS = 4
TOLD_APART = 12  # numbers that differ in none of so many digits differ by rounding, which would only be noise
MOST = 16  # the text that Python itself gives to a number, and to no other one

Digits = dict[float, int]  # of the numbers that take more than DIGITS


def short(value: Any, width: int = WIDTH, least: Digits | None = None) -> str:
    """A value in a few characters: tensors as rounded lists (with shape and dtype where they do not fit). Numbers that
    are not equal get as many digits as it takes to tell them apart (but not rounding), those of `least` at least so
    many."""
    return _text(value, width, _digits(value, width, least))


def whole(value: Any, width: int = WIDTH, least: Digits | None = None) -> str | None:
    """`short(value)` where it takes no more than `width` characters uncut, else None."""
    return _whole(value, width, _digits(value, width, least))


def visible(a: Any, b: Any) -> Digits:
    """The fewest digits with which the difference of two numbers looks as large as it is, to a tenth."""
    if any(isinstance(x, int) and x.bit_length() > 1000 for x in (a, b)):
        return {}
    if not all(isinstance(x, (int, float)) and math.isfinite(x) for x in (a, b)) or a == b:
        return {}
    for digits in range(DIGITS, MOST):
        if abs(float(_rounded(a, digits)) - float(_rounded(b, digits)) - (a - b)) <= abs(a - b) / 10:
            return {a: digits, b: digits}
    return {a: MOST, b: MOST}


def _text(value: Any, width: int, digits: Digits) -> str:
    if (text := _whole(value, width, digits)) is not None:
        return text
    if isinstance(value, torch.Tensor):
        first = ", ".join(_number(x, digits.get(x)) for x in value.detach().flatten()[:4].tolist())
        cut = (
            f"[{first}{', ...' if first else ''}] shape {tuple(value.shape)}, {str(value.dtype).removeprefix('torch.')}"
        )
        return _whole(value, len(cut), digits) or cut
    if isinstance(value, Spec):
        room = 2 * WIDTH - 1  # a table of 4 by 4 numbers has room
        inner = (f"{k}={_whole(v, room, digits) or _text(v, 24, digits)}" for k, v in value.kwargs.items())
        return f"{value.target.partition(':')[2]}({', '.join(inner)})"
    if isinstance(value, dict):
        text = "{" + _joined((f"{k!r}: {_text(v, width // 2, digits)}" for k, v in value.items()), width) + "}"
    elif isinstance(value, (list, tuple)):
        text = _joined((_text(v, width // 2, digits) for v in value), width)
        text = f"[{text}]" if isinstance(value, list) else f"({text})"
    else:
        text = repr(value)
    return text if len(text) <= width else f"{text[: width - 3]}..."


def _joined(texts: Iterable[str], width: int) -> str:
    """With commas; more than `width` characters have no room, and are not made."""
    parts, length = [], 0
    for text in texts:
        parts.append(text)
        length += len(text) + 2
        if length > width + 2:
            break
    return ", ".join(parts)


def _whole(value: Any, width: int, digits: Digits) -> str | None:
    parts, length = [], 0
    for part in _parts(value, width, digits):
        length += len(part)
        if length > width:  # the rest of something large is not even looked at
            return None
        parts.append(part)
    return "".join(parts)


def _parts(value: Any, width: int, digits: Digits) -> Iterator[str]:
    if isinstance(value, torch.Tensor):
        if not _may_fit(value, width):
            yield "." * (width + 1)
            return
        value = value.detach().tolist()
    if isinstance(value, Spec):
        yield f"{value.target.partition(':')[2]}("
        inner, end = ((f"{k}=", v) for k, v in value.kwargs.items()), ")"
    elif isinstance(value, dict):
        yield "{"
        inner, end = ((f"{k!r}: ", v) for k, v in value.items()), "}"
    elif isinstance(value, (list, tuple)):
        yield "[" if isinstance(value, list) else "("
        inner, end = (("", v) for v in value), "]" if isinstance(value, list) else ",)" if len(value) == 1 else ")"
    else:
        yield _number(value, digits.get(value)) if isinstance(value, float) else repr(value)
        return
    for i, (name, part) in enumerate(inner):
        yield f"{', ' if i else ''}{name}"
        yield from _parts(part, width, digits)
    yield end


def _may_fit(tensor: torch.Tensor, width: int) -> bool:
    return 3 * places(tensor.shape) <= width + 2  # "1, " is the least that a number takes


def _digits(value: Any, width: int, least: Digits | None) -> Digits:
    """How many digits each number takes that is not told from another one by DIGITS, or is not for `least`."""
    found: Digits = dict(least or {})
    numbers = {x for x in islice(_numbers(value, width), 16 * WIDTH) if x == x}  # without NaN
    for _ in range(4 * TOLD_APART):  # with more digits one may look like yet another
        alike: dict[str, list[float]] = {}
        for x in numbers:
            alike.setdefault(_number(x, found.get(x)), []).append(x)
        same = [x for group in alike.values() if len(group) > 1 for x in group if found.get(x, 0) < TOLD_APART]
        if not same:
            break
        found |= {x: found.get(x, DIGITS) + 1 for x in same}
    return found


def _numbers(value: Any, width: int) -> Iterator[float]:
    """Those that may be seen. NaN stands for everything else, so that whoever counts is not led on for ever."""
    if isinstance(value, torch.Tensor):
        if value.is_floating_point():
            flat = value.detach().flatten()
            yield from (flat if _may_fit(value, width) else flat[:4]).tolist()
        return
    yield value if isinstance(value, (int, float)) and not isinstance(value, bool) else math.nan
    inner: Iterable[Any] = ()
    if isinstance(value, Spec):
        width, inner = 2 * WIDTH, value.kwargs.values()
    elif isinstance(value, dict):
        inner = islice(value.values(), width)
    elif isinstance(value, (list, tuple)):
        inner = value[:width]
    for part in inner:
        yield from _numbers(part, width)


def _number(value: Any, digits: int | None = None) -> str:
    if not isinstance(value, float):
        return repr(value)
    text = _rounded(value, digits or DIGITS)
    if math.isfinite(value) and text == str(near := round(value)) and abs(value - near) > 1e-6 * abs(value):
        return _rounded(value, visible(value, float(near))[value])  # only a whole number is shown as one
    return text


def _rounded(value: float, digits: int) -> str:
    if digits >= MOST:
        return repr(value).removesuffix(".0")
    if not (1e-3 <= abs(value) < 1e5 or value == 0):
        return f"{value:.{digits - 1}g}"
    return f"{value:.{digits}f}".rstrip("0").rstrip(".")
