"""Exercise 10.2, run: what people get wrong, other right answers, and the shortest right one."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from lesson10_programs.programs.running import LAUNCH, Outcome

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

KILL = "with contextlib.suppress(ProcessLookupError, PermissionError):\n    os.killpg(process.pid, signal.SIGKILL)"
STATUS = "status = 'ok' if process.wait(seconds) == 0 else 'error'"

wrong("Only the program is killed: the processes that it has started go on.", {KILL: "process.kill()"})

wrong("A program that ended well is not cleaned up: what it has started goes on.", {
    KILL: "if status == 'timeout':\n    os.killpg(process.pid, signal.SIGKILL)",
})  # fmt: skip

wrong("Any end in time counts as 'ok'; an exception gives an exit code other than 0.", {
    STATUS: "process.wait(seconds)\nstatus = 'ok'",
})  # fmt: skip

wrong("The program inherits your environment variables, with your tokens and passwords.", {"env={}": "env=None"})

wrong("The input is written but not rewound: the program reads from its end, and sees nothing.", {
    "given.seek(0)": "given.flush()",
})  # fmt: skip

wrong("The memory limit is not passed on: the default always holds.", {"str(memory)": "str(2**29)"})

wrong("The output limit is not passed on: the default always holds.", {"str(output)": "str(2**16)"})

wrong("A program whose output was cut off counts as an error; that status is 'output limit'.", {
    "if status != 'timeout' and len(text) >= output:\n    status = 'output limit'": "",
})  # fmt: skip

POPEN = (
    "process = subprocess.Popen([sys.executable, '-I', '-S', '-c', LAUNCH, str(memory), str(output), 'program.py'], "
    "cwd=folder, env={}, stdin=given, stdout=printed, stderr=subprocess.DEVNULL, start_new_session=True)"
)

wrong("A machine that cannot start a process looks like a wrong program: every reward is 0, and nobody knows why.", {
    POPEN: f"try:\n    {POPEN}\nexcept OSError:\n    return Outcome('error', '')",
})  # fmt: skip


@wrong("subprocess.run with a pipe waits for every process that holds the pipe, and kills only the first one.")
def run_with_a_pipe(code, stdin="", seconds=10.0, memory=2**29, output=2**16):
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        Path(folder, "program.py").write_text(code, encoding="utf-8", errors="replace")
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


@right("with communicate for the input, and limits that are also set before the interpreter starts")
def run_with_communicate(code, stdin="", seconds=10.0, memory=2**29, output=2**16):
    import resource

    folder, beside = tempfile.mkdtemp(), tempfile.mkdtemp()
    file = Path(beside, "stranger.py")
    file.write_bytes(code.encode("utf-8", "replace"))
    with open(Path(beside, "output"), "w+b") as printed:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", LAUNCH, str(memory), str(output), str(file)],
            cwd=folder, env={}, stdin=subprocess.PIPE, stdout=printed, stderr=subprocess.DEVNULL,
            preexec_fn=lambda: (os.setsid(), resource.setrlimit(resource.RLIMIT_FSIZE, (output, output))),
        )  # fmt: skip
        status = ""
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.communicate(stdin.encode("utf-8", "replace"), timeout=seconds)
            status = "error" if process.returncode else "ok"
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        printed.seek(0)
        text = printed.read()
    for place in (folder, beside):
        shutil.rmtree(place, ignore_errors=True)
    return Outcome(
        "timeout" if not status else "output limit" if len(text) >= output else status, text.decode("utf-8", "replace")
    )


@right("a process group without a session, and the size of the output from the system")
def run_in_a_group(code, stdin="", seconds=10.0, memory=2**29, output=2**16):
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
        given, printed = (stack.enter_context(tempfile.TemporaryFile()) for _ in range(2))
        Path(folder, "main.py").write_bytes(code.encode("utf-8", "replace"))
        given.write(stdin.encode("utf-8", "replace"))
        given.seek(0)
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", LAUNCH, str(memory), str(output), "main.py"],
            cwd=folder, env={}, stdin=given, stdout=printed, stderr=subprocess.DEVNULL, preexec_fn=os.setpgrp,
        )  # fmt: skip
        try:
            process.wait(seconds)
            late = False
        except subprocess.TimeoutExpired:
            late = True
        with contextlib.suppress(OSError):
            os.killpg(process.pid, 9)
        printed.seek(0)
        text = printed.read().decode("utf-8", "replace")
        full = os.fstat(printed.fileno()).st_size >= output
    ended = "output limit" if full else "error" if process.wait() else "ok"
    return Outcome("timeout" if late else ended, text)


@core("without the exotic bytes")
def run(code, stdin="", seconds=10.0, memory=2**29, output=2**16):
    with (
        tempfile.TemporaryDirectory() as folder,
        tempfile.TemporaryFile("w+") as given,
        tempfile.TemporaryFile() as out,
    ):
        Path(folder, "program.py").write_text(code)
        given.write(stdin)
        given.seek(0)
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", LAUNCH, str(memory), str(output), "program.py"],
            cwd=folder, env={}, stdin=given, stdout=out, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        try:
            status = "error" if process.wait(seconds) else "ok"
        except subprocess.TimeoutExpired:
            status = "timeout"
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        out.seek(0)
        text = out.read().decode()
    return Outcome("output limit" if len(text) >= output else status, text)
