"""Whether bytes that were handed in are Python that can be graded: UTF-8, and no syntax error.

`ast.parse` is no safe thing to do to untrusted text: 256 KiB of "import a.a.a..." take it 18 GB and a minute. So files
are parsed by another process first, which has limits on memory and time; what passed there is safe to parse here.
That process runs this file, alone: standard library only, and little of that, since there is one for each submission.
"""

from __future__ import annotations

import codecs
import json
import re
import sys
import warnings

SECONDS = 20  # of CPU, for one file; the longest honest one takes a fiftieth of one
MEMORY = 2**30  # bytes of address space
ONLY_PARSE = 0x400  # ast.PyCF_ONLY_AST: what ast.parse does; the module takes longer to import than all files to parse
REMEDY = "save it as UTF-8"  # every editor can
_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_UTF8 = {"utf-8", "utf8", "utf-8-sig", "u8"}


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


def syntax(files: dict[str, bytes]) -> dict[str, str]:
    """Why a file does not parse, for those that do not. All are UTF-8, as `check` found."""
    if not files:
        return {}
    found = _ask(files)
    if found is None and len(files) > 1:  # one of them made it end: which one?
        found = {name: problem for name, data in files.items() for problem in syntax({name: data}).values()}
    elif found is None:
        found = dict.fromkeys(files, f"not parsed: that takes more than {SECONDS} s or {MEMORY // 2**20} MiB")
    return found


def _ask(files: dict[str, bytes]) -> dict[str, str] | None:
    """What the other process says; None where it came to no end of its own."""
    import subprocess  # not in that process

    # Surely ASCII: what is in the files never meets the encoding of the pipes.
    question = json.dumps({name: data.decode("utf-8") for name, data in files.items()}).encode("ascii")
    command = [sys.executable, "-I", "-S", "-X", "utf8", __file__]
    try:
        done = subprocess.run(
            command, input=question, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=3 * SECONDS
        )
        return json.loads(done.stdout) if done.returncode == 0 else None
    except subprocess.TimeoutExpired:
        return None


def _problem(text: str) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, "<file>", "exec", ONLY_PARSE, dont_inherit=True)
    except SyntaxError as error:
        return f"syntax error, line {error.lineno}: {error.msg}" if error.lineno else f"syntax error: {error.msg}"
    except (RecursionError, MemoryError, ValueError):
        return "not parsed: it is nested too deeply, or too large"
    return ""


def _main() -> None:
    files = json.loads(sys.stdin.buffer.read())
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, OSError, ValueError):
        pass  # Windows has none, macOS not all of them; the time limit from outside remains
    found = {name: problem for name, text in files.items() if (problem := _problem(text))}
    sys.stdout.buffer.write(json.dumps(found).encode("ascii"))


if __name__ == "__main__":
    _main()
