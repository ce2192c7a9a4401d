"""Exercise 10.2, run: what people get wrong, other right answers, and the shortest right one."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory, TemporaryFile

from lesson10_programs.programs.running import LAUNCH, Outcome

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

KILL = "with contextlib.suppress(ProcessLookupError, PermissionError):\n    os.killpg(process.pid, signal.SIGKILL)"
COMMAND = "[sys.executable, '-I', '-S', '-c', LAUNCH, str(memory), str(output), 'program.py']"
STATUS = "status = 'ok' if process.wait(seconds) == 0 else 'error'"

wrong("Only the program is killed: the processes that it has started go on.", {KILL: "process.kill()"})

wrong("A program that ended well is not cleaned up: what it has started goes on.", {
    KILL: "if status == 'timeout':\n    os.killpg(process.pid, signal.SIGKILL)",
})  # fmt: skip

wrong("Any end in time counts as 'ok'; an exception gives an exit code other than 0.", {
    STATUS: "process.wait(seconds)\nstatus = 'ok'",
})  # fmt: skip

wrong("Only a positive exit code counts as an error; a program that a signal has killed has a negative one.", {
    STATUS: "status = 'error' if process.wait(seconds) > 0 else 'ok'",
})  # fmt: skip

wrong("The program inherits your environment variables, with your tokens and passwords.", {"env={}": "env=None"})

wrong("The input is written but not rewound: the program reads from its end, and sees nothing.", {
    "given.seek(0)": "given.flush()",
})  # fmt: skip

wrong("It goes on after the timeout: no SIGKILL, or it comes after a wait, or there is no group (start_new_session).", {
    "signal.SIGKILL": "signal.SIGTERM",
})  # fmt: skip

wrong("A program that has met the limit has printed exactly `output` bytes; then the exit code no longer matters.", {
    "len(text) >= output": "len(text) > output",
})  # fmt: skip

wrong("The program runs in your folder: it sees your files and leaves its own there.", {
    "cwd=folder": "cwd=None", COMMAND: COMMAND.replace("'program.py'", "os.path.join(folder, 'program.py')"),
})  # fmt: skip

wrong("No program is read: LAUNCH takes memory, output, file, and looks for a file without a path in its own folder.", {
    "cwd=folder": "cwd=None",
})  # fmt: skip


@wrong("The output comes through a pipe: whoever waits for its end waits for every process that holds it.")
def run_with_a_pipe(code, stdin="", seconds=10.0, memory=2**29, output=2**16):
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        Path(folder, "program.py").write_text(code, encoding="utf-8")
        command = [sys.executable, "-I", "-S", "-c", LAUNCH, str(memory), str(output), "program.py"]
        try:
            done = subprocess.run(
                command, cwd=folder, env={}, input=stdin.encode(), capture_output=True, timeout=seconds
            )
        except subprocess.TimeoutExpired as late:
            return Outcome("timeout", (late.stdout or b"")[:output].decode("utf-8", "replace"))
    status = "ok" if done.returncode == 0 else "error"
    if len(done.stdout) >= output:
        status = "output limit"
    return Outcome(status, done.stdout[:output].decode("utf-8", "replace"))


@right("with communicate for the input, and the program beside its folder")
def run_with_communicate(code, stdin="", seconds=10.0, memory=2**29, output=2**16):
    with TemporaryDirectory() as folder, NamedTemporaryFile("w") as file, TemporaryFile() as out:
        file.write(code)
        file.flush()
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", LAUNCH, str(memory), str(output), file.name],
            cwd=folder, env={}, stdin=subprocess.PIPE, stdout=out, stderr=subprocess.DEVNULL, preexec_fn=os.setsid,
        )  # fmt: skip
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.communicate(stdin.encode(), timeout=seconds)
        status = "timeout" if process.returncode is None else "error" if process.returncode else "ok"
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        out.seek(0)
        text = out.read().decode("utf-8", "replace")
        full = status != "timeout" and out.tell() >= output
    return Outcome("output limit" if full else status, text)


def _finish(process, seconds):
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        return None
    finally:
        with contextlib.suppress(OSError):
            os.killpg(process.pid, 9)
        process.wait()


@right("a helper that waits, and the size of the output from the system")
def run_with_a_helper(code, stdin="", seconds=10.0, memory=2**29, output=2**16):
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(TemporaryDirectory(ignore_cleanup_errors=True))
        given, printed = (stack.enter_context(TemporaryFile()) for _ in range(2))
        Path(folder, "main.py").write_bytes(code.encode())
        given.write(stdin.encode())
        given.seek(0)
        argv = [sys.executable, "-I", "-S", "-c", LAUNCH, str(memory), str(output), "main.py"]
        streams = {"stdin": given, "stdout": printed, "stderr": subprocess.DEVNULL}
        ended = _finish(subprocess.Popen(argv, cwd=folder, env={}, start_new_session=True, **streams), seconds)
        size = os.fstat(printed.fileno()).st_size
        text = os.pread(printed.fileno(), size, 0).decode("utf-8", "replace")
    if ended is None:
        return Outcome("timeout", text)
    return Outcome("output limit" if size >= output else "error" if ended else "ok", text)


@core("without the exotic bytes")
def run(code, stdin="", seconds=10.0, memory=2**29, output=2**16):
    with TemporaryDirectory() as folder, TemporaryFile("w+") as given, TemporaryFile() as out:
        Path(folder, "program.py").write_text(code)
        given.write(stdin)
        given.seek(0)
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", LAUNCH, str(memory), str(output), "program.py"],
            cwd=folder, env={}, stdin=given, stdout=out, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        ended = _finish(process, seconds)
        out.seek(0)
        text = out.read().decode()
    status = "output limit" if len(text) >= output else "error" if ended else "ok"
    return Outcome("timeout" if ended is None else status, text)
