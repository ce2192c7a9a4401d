"""Runs a stranger's program: finds it in a completion, starts it in a process of its own, and ends it in time.

This is no sandbox: the program can read your files and use the network, as you can. Walls need the system (bubblewrap).
"""

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from lesson10_programs.given.launch import CALLS, LAUNCH


@dataclass
class Outcome:
    """How a program ended, and what it printed."""

    status: str  # "ok", "error", "timeout" or "output limit"
    stdout: str


def extract_code(completion: str) -> str:
    """Returns the program in a completion.

    1. What stands before the last `</think>` is dropped: a model may draft there what it then rejects.
    2. A block begins with a line of three backquotes and a language, such as ```` ```python ```` or ```` ```c++ ````,
       and ends before the next line that is ```` ``` ````. If the completion was cut off first, it ends with the
       completion. It is a program if its language is `python`, `py` or nothing (upper case, too, and spaces around it).
       The last such block is returned.
    3. If there is none, the program is all of the text.

    Returns the block's lines as they are, without the fences; spaces and empty lines at the end do not matter.
    """
    # > Drop the thinking.
    # > Go through the lines: a fence opens a block, and the next one closes it.
    # > The last block that is Python; or everything, if there was none.
    text = completion.rpartition("</think>")[2]
    blocks = re.findall(r"^```([^`\n]*)$\n?(.*?)(?:^```[ \t]*$|\Z)", text, re.MULTILINE | re.DOTALL)
    programs = [code for language, code in blocks if language.strip().lower() in ("python", "py", "")]
    return programs[-1] if programs else text


def run(code: str, stdin: str = "", seconds: float = 10.0, memory: int = 2**29, output: int = 2**16) -> Outcome:
    """Runs a program in a process of its own and returns how it ended. Nothing of it is left afterwards.

    Args:
        code: a Python program. It may do anything.
        stdin: what it can read from standard input.
        seconds: after this time it is killed, together with every process that it has started.
        memory: bytes that it may use (RLIMIT_AS).
        output: bytes that it may print, or write to any one file (RLIMIT_FSIZE).

    The status is "timeout" if it had to be killed; else "output limit" if it printed `output` bytes or more (it could
    not print more); else "error" if its exit code is not 0, as after an exception; else "ok". `stdout` is what it had
    printed by then, as UTF-8 with replacements for what is not.

    - It runs in a new folder, empty except for the program's file, which is deleted afterwards with all it contains.
    - It has no environment variables: yours may hold tokens and passwords.
    - It runs in a session of its own (`start_new_session=True`), so that it and its children are one group. The group
      is killed even if the program ended well: it may have left a child behind.
    - The interpreter is `sys.executable` with `-I -S` (no modules from the folder, none installed by you), and its code
      is LAUNCH (given/launch.py), with three arguments: memory, output and the program's file.
    - Whoever waits for the end of a pipe waits for every child that holds it. Print to a file instead, outside of the
      folder: `tempfile.TemporaryFile()`.

    Raises OSError if no process can be started. That says nothing about the program, so it must not look like a status.
    """
    # > Make the folder and write the program to a file in it; make a temporary file for input and one for output.
    # > Start the interpreter with LAUNCH in a session of its own; errors go to subprocess.DEVNULL.
    # > Wait for at most `seconds`.
    # > In any case kill the group (os.killpg, signal.SIGKILL) and wait for the process. A group that is gone already
    # > raises ProcessLookupError, or PermissionError on macOS.
    # > Read the output; decide on the status.
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        tempfile.TemporaryFile() as given,
        tempfile.TemporaryFile() as printed,
    ):
        Path(folder, "program.py").write_text(code, encoding="utf-8")
        given.write(stdin.encode())
        given.seek(0)
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", LAUNCH, str(memory), str(output), "program.py"],
            cwd=folder, env={}, stdin=given, stdout=printed, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        try:
            status = "ok" if process.wait(seconds) == 0 else "error"
        except subprocess.TimeoutExpired:
            status = "timeout"
        finally:
            with contextlib.suppress(ProcessLookupError, PermissionError):  # the group has ended already
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        printed.seek(0)
        text = printed.read()
    if status != "timeout" and len(text) >= output:
        status = "output limit"
    return Outcome(status, text.decode("utf-8", "replace"))


def call(code: str, function: str, inputs: list, seconds: float = 10.0) -> list[str]:
    """Calls a function of a program with each of the inputs. Returns the answers as texts.

    Args:
        code: a program that defines the function.
        function: the function's name.
        inputs: for each call the list of its arguments, plain values such as [[2, 3], ["word", True]].
        seconds: for all calls together.

    The program CALLS (given/launch.py) reads `repr((code, function, inputs))` from standard input and prints an answer
    on each line, in the order of the inputs: 5 as "5", "word" as "'word'", and nothing after an exception.

    The result has one text for each input. If the process ended early (an error, a timeout, too much output), the
    answers that were printed until then count, and the others are "". A line without its line break was cut off, and is
    no answer. Lines beyond the last input are dropped. The expected values are not passed in: what the program cannot
    see, it cannot return.
    """
    # > Run CALLS, and split what it printed into lines; drop the text behind the last line break.
    # > Exactly one text for each input.
    outcome = run(CALLS, repr((code, function, inputs)), seconds)
    lines = outcome.stdout.split("\n")[:-1]
    return [lines[i] if i < len(lines) else "" for i in range(len(inputs))]
