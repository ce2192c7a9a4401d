"""Parses what was handed in, once, in a process with limits: syntax, and everything that is read from the trees.

The process is this module. It parses one file after the other, each with a timer that ends it, and says what it found
in each. If it ends early, the file at hand is refused, and another process goes on with the rest, as long as the time
of the submission lasts.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

from course.base import python_source
from grader.intake import suspicious_calls

SECONDS = 2.0  # of processor time for all files of a submission; a hundred honest ones take a third of one
OF_FILE = 0.7  # of it, for one file; the longest honest one takes a hundredth of one
MEMORY = 2**30  # bytes of address space
START = "import sys; sys.path.insert(0, sys.argv[1]); from grader.intake.parsing import main; main()"


@dataclass
class Parsed:
    """What is found in one file."""

    problem: str = ""  # why it cannot be graded
    flags: list[str] = field(default_factory=list)  # for the instructor: "12: imports subprocess (other processes)"
    notes: list[str] = field(default_factory=list)  # for the student: "line 3 imports tutorial..."


def parse(files: dict[str, bytes], needs: dict[str, list[str]] | None = None) -> dict[str, Parsed]:
    """By name. All files are UTF-8, as `python_source.check` found.

    needs: by lesson (the first folder of a file's name), what its exercises need and is therefore not flagged.
    """
    found: dict[str, Parsed] = {}
    left, waiting = SECONDS, sorted(files, key=lambda name: len(files[name]))
    while waiting and left > 0:
        rows, used = _ask({name: files[name] for name in waiting}, left, needs or {})
        found |= rows
        waiting = [name for name in waiting if name not in rows]
        if waiting and used is not None:
            found[waiting.pop(0)] = Parsed(f"not parsed: that takes more than {OF_FILE} s or {MEMORY // 2**20} MiB")
            left -= used
    why = f"not parsed: the files of this submission take more than {SECONDS:.0f} s together"
    return found | {name: Parsed(why) for name in waiting}


def _ask(
    files: dict[str, bytes], seconds: float, needs: dict[str, list[str]]
) -> tuple[dict[str, Parsed], float | None]:
    """What the process finds before it ends, and its processor time; None if it was not needed to the end."""
    import subprocess  # not in that process

    # Surely ASCII: what is in the files never meets the encoding of the pipes.
    texts = [[name, data.decode("utf-8"), needs.get(name.split("/")[0], [])] for name, data in files.items()]
    question = json.dumps([seconds, texts]).encode("ascii")
    command = [sys.executable, "-I", "-S", "-X", "utf8", "-c", START, str(Path(__file__).resolve().parents[2])]
    try:
        done = subprocess.run(
            command, input=question, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60 * SECONDS
        )
        output = done.stdout
    except subprocess.TimeoutExpired as error:
        output = error.stdout or b""
    lines = output.splitlines()
    if lines[:1] != [b"{}"]:
        raise RuntimeError("the process that parses files did not start")
    found, used = {}, OF_FILE
    for line in lines[1:]:
        try:
            name, row, used = json.loads(line)
            found[name] = Parsed(**row)
        except ValueError:  # cut short
            break
    return found, None if len(found) == len(files) else used + OF_FILE


def main() -> None:
    """What the process does."""
    import signal
    import time

    seconds, texts = json.loads(sys.stdin.buffer.read())
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, OSError, ValueError):
        pass  # Windows has none, macOS not all of them; the time limit from outside remains
    sys.stdout.buffer.write(b"{}\n")  # it has started: what goes wrong from here on is the fault of a file
    sys.stdout.buffer.flush()
    for name, text, lesson_needs in texts:
        left = seconds - time.process_time()
        if left <= 0:
            return
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_PROF, min(OF_FILE, left))  # nobody handles its signal, so that ends this
        row = found_in(text, lesson_needs)
        line = json.dumps([name, vars(row), time.process_time()])
        sys.stdout.buffer.write(line.encode("ascii") + b"\n")
        sys.stdout.buffer.flush()


def found_in(text: str, needs: list[str]) -> Parsed:
    tree, problem = python_source.parsed(text)
    if tree is None:
        return Parsed(problem)
    return Parsed("", suspicious_calls.look_at(tree, needs), python_source.differs(tree))
