"""Situations that the tests of lesson 10 look at. Each returns evidence; what it should be is in the tests."""

import contextlib
import os
import select
import signal
import subprocess
import sys
import tempfile

from lesson10_programs.programs import reward, running

SECRET = "GRPO_COURSE_SECRET"
LOOKS_AROUND = f"""
import os
files = [name for name in os.listdir() if not name.endswith(".py")]
open("left.txt", "w").close()
print(os.environ.get({SECRET!r}, ""), files, os.getcwd(), sep="|")
"""
LEAVES_A_CHILD = """
import subprocess, sys
pipe = open(input(), "w")
child = subprocess.Popen([sys.executable, "-I", "-S", "-c", "import time; time.sleep(SECONDS)"], pass_fds=[pipe.fileno()])
print(child.pid, flush=True)
"""
MEETS = """
def f(mine, other, number):
    import os, time
    open(mine, "w").close()
    while not os.path.exists(other):
        time.sleep(0.01)
    return number
"""


def run(code, stdin="", **limits):
    """Calls `run` and returns its outcome."""
    outcome = running.run(code, stdin, **limits)
    return {"status": outcome.status, "stdout": outcome.stdout}


def look_around(secret):
    """Runs a program that prints the variable of our environment that holds the `secret` and the other files of its folder, and leaves a file
    there."""
    os.environ[SECRET] = secret
    try:
        parts = running.run(LOOKS_AROUND, "").stdout.strip().split("|")
    finally:
        del os.environ[SECRET]
    here = len(parts) == 3 and os.path.realpath(parts[2]) == os.path.realpath(os.getcwd())
    kept = len(parts) == 3 and os.path.exists(parts[2])
    if here and os.path.exists("left.txt"):
        os.remove("left.txt")
    return {"secret": parts[0], "files": parts[1:2], "ran in our folder": here, "folder kept": kept}


def leave_a_child(sleeps, then="", seconds=3.0):
    """Runs a program that starts another process, which `sleeps` so many seconds, and then does `then`. Afterwards:
    is that process alive? It holds a pipe, which breaks when it ends."""
    with tempfile.TemporaryDirectory() as folder:
        place = os.path.join(folder, "pipe")
        os.mkfifo(place)
        pipe = os.open(place, os.O_RDONLY | os.O_NONBLOCK)
        outcome = running.run(LEAVES_A_CHILD.replace("SECONDS", str(sleeps)) + then, place + "\n", seconds=seconds)
        poll = select.poll()
        poll.register(pipe, select.POLLHUP)
        alive = bool(outcome.stdout) and not poll.poll(500)
        os.close(pipe)
        if alive:
            with contextlib.suppress(ValueError, OSError):
                os.kill(int(outcome.stdout), signal.SIGKILL)
    return {"status": outcome.status, "child alive": alive}


def files_left(code):
    """Runs a program and returns how many temporary files are left."""
    with tempfile.TemporaryDirectory() as folder:
        before, tempfile.tempdir = tempfile.tempdir, folder
        try:
            status = running.run(code, "", seconds=3.0).status
        finally:
            tempfile.tempdir = before
        return {"status": status, "left": len(os.listdir(folder))}


def without_an_interpreter():
    """Calls `run` on a machine whose interpreter is missing."""
    before, sys.executable = sys.executable, "/no/such/interpreter"
    try:
        return {"status": running.run("print(1)").status}
    finally:
        sys.executable = before


def score(batches, **options):
    """Scores several batches of (completion, problem) with one memory of what is known. For each batch: its rewards, how many
    processes it has started, and how much is known after it."""
    seen, started = [], []

    class Counted(subprocess.Popen):
        def __init__(self, *args, **kwargs):
            started.append(1)
            super().__init__(*args, **kwargs)

    original, subprocess.Popen = subprocess.Popen, Counted
    known = {}
    try:
        for batch in batches:
            started.clear()
            rewards = reward.score_batch([c for c, _ in batch], [p for _, p in batch], known=known, **options)
            seen.append({"rewards": rewards, "processes": len(started), "known": len(known)})
    finally:
        subprocess.Popen = original
    return seen


def meet(workers, number):
    """Scores two programs, each of which waits until the other one runs, too, and returns the number."""
    with tempfile.TemporaryDirectory() as folder:
        a, b = (os.path.join(folder, name) for name in "ab")
        problems = [{"function": "f", "inputs": [[*pair, number]], "expected": [number]} for pair in ((a, b), (b, a))]
        return reward.score_batch([MEETS, MEETS], problems, seconds=3.0, workers=workers)
