"""Whether a file is Python that can be graded (UTF-8, no syntax error), and what in it grading treats in another way.

`make check` says this of a learner's own files, and the grader of what was handed in. Standard library only.

`ast.parse` is no safe thing to do to untrusted text: 256 KiB of "import a.a.a..." take it 18 GB and a minute. The
grader does it in a process with limits (grader/intake/parsing.py).
"""

from __future__ import annotations

import ast
import codecs
import re
import sys
import warnings

REMEDY = "save it as UTF-8"  # every editor can
_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_UTF8 = {"utf-8", "utf8", "utf-8-sig", "u8"}
# Lines that only newer versions of Python read: `type X = ...`, `def f[T](`, `class A[T]`, quotes within an f-string's.
_NEWER = re.compile(r"\s*(type\s+\w+.*=|(async\s+)?def\s+\w+\s*\[|class\s+\w+\s*\[)|.*\b[rR]?[fF][rR]?[\"']")
# Lines that are not Python, and what they are.
_FOREIGN = (
    (re.compile(r"\s*!|%"), "a line with ! or % in front is a command of notebooks, not Python: take it out"),
    (
        re.compile(r"(<{7}|={7}|>{7})( |$)"),
        "this is a mark of a merge conflict in git: keep one version, and take the marks out",
    ),
)
_SETTERS = ("set_default_dtype", "set_default_device", "set_default_tensor_type")


def check(data: bytes) -> tuple[bytes, str, str]:
    """The source without a byte order mark, a note on it ("" for none), and why it is not gradable ("" where it is).

    Bytes are counted from 0, lines from 1. Syntax is not looked at; see `syntax`.
    """
    note = ""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data, "", f"not UTF-8: it starts with the mark of UTF-16, at byte 0; {REMEDY}"
    if data.startswith(codecs.BOM_UTF8):
        data, note = data[3:], "starts with a byte order mark, which was taken off"
    skipped = 3 if note else 0
    if (at := data.find(b"\0")) >= 0:
        return data, note, f"not a text: there is a NUL byte at byte {at + skipped} (line {_line(data, at)}); {REMEDY}"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return data, note, f"not UTF-8 at byte {error.start + skipped} (line {_line(data, error.start)}); {REMEDY}"
    for number, line in enumerate(re.split(rb"\r\n|\r|\n", data, maxsplit=2)[:2], 1):
        if found := _COOKIE.match(line):
            name = found[1].decode("ascii", "replace").lower().replace("_", "-")
            if name not in _UTF8 and not (name in ("ascii", "us-ascii") and data.isascii()):
                at = data.index(found[0]) + found.start(1) + skipped
                why = f"not UTF-8: line {number} names the encoding {name[:30]!r}, at byte {at}"
                return data, note, f"{why}; take the name out, and {REMEDY}"
        if line.strip(b" \t\f") and not line.lstrip(b" \t\f").startswith(b"#"):
            break  # after a first line of code, Python looks no further
    return data, note, ""


def _line(data: bytes, at: int) -> int:
    return len(re.findall(rb"\r\n|\r|\n", data[:at])) + 1


def parsed(text: str, oldest: tuple[int, int] = (3, 11)) -> tuple[ast.Module | None, str]:
    """The tree, and why there is none. Syntax that is newer than the Python `oldest` is none, if it can be told."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text, feature_version=oldest), ""
    except SyntaxError as error:
        if not error.lineno:
            return None, f"syntax error: {error.msg}"
        line = "".join(text.split("\n")[error.lineno - 1 : error.lineno])
        version = ".".join(map(str, min(oldest, sys.version_info[:2])))
        newer = f"; perhaps it needs a newer Python: grading reads it with {version}" if _NEWER.match(line) else ""
        foreign = next((f"; {what}" for pattern, what in _FOREIGN if pattern.match(line)), "")
        return None, f"syntax error, line {error.lineno}: {error.msg}{foreign or newer}"
    except (RecursionError, MemoryError, ValueError):
        return None, "not parsed: it is nested too deeply, or too large"


def differs(tree: ast.Module) -> list[str]:
    """What makes a right answer fail in grading, or other answers with it, in sentences that name the line."""
    found = {}
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
        for name in names:
            first, *rest = name.split(".")
            if first in ("tutorial", "solutions"):
                lesson = ".".join(rest[1:]) or "the lesson"
                text = f"imports {name[:80]}, and grading has no {first}/: import {lesson[:80]}, as the stubs do"
                found[node.lineno, text] = None
        if isinstance(node, ast.Attribute) and node.attr == "compile" and getattr(node.value, "id", "") == "torch":
            found[node.lineno, "uses torch.compile, which takes longer than a call may: take it out"] = None
        called = node.func if isinstance(node, ast.Call) else None
        name = getattr(called, "attr", getattr(called, "id", ""))
        if name in ("breakpoint", "set_trace"):
            found[node.lineno, f"calls {name}, and grading has no debugger: take it out"] = None
        if name in _SETTERS:
            text = f"calls {name}, which changes all other exercises, too: name dtype= or device= where you need it"
            found[node.lineno, text] = None
    return [f"line {line} {text}" for line, text in sorted(found)]
