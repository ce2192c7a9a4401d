"""Situations that the tests of lesson 10 look at. Each returns evidence; what it should be is in the tests.

No verdict depends on how fast the machine is. A program that must end has time enough. One that must be stopped hangs
until a file `go` appears, a second after it should have been stopped: so a run that does not stop it ends, too.
"""

import contextlib
import os
import select
import sys
import tempfile
import threading

from lesson10_programs.programs import running

SECRET = "GRPO_COURSE_SECRET"
LOOKS_AROUND = f"""
import os
files = [name for name in os.listdir() if not name.endswith(".py")]
open("left.txt", "w").close()
print(os.environ.get({SECRET!r}, ""), files, os.getcwd(), sep="|")
"""
HANGS = """
import os, signal, time
for number in (2, 14, 15):
    with __import__("contextlib").suppress(ValueError):
        signal.signal(number, signal.SIG_IGN)
open(FOLDER + "/begun", "w").close()
while not os.path.exists(FOLDER + "/go"):
    time.sleep(0.01)
"""
CHILD = """
import os, sys, time
folder, pipe = sys.argv[1], int(sys.argv[2])
while not os.path.exists(folder + "/go"):
    time.sleep(0.01)
os.write(pipe, sys.argv[3].encode())
"""
LEAVES_A_CHILD = f"""
import subprocess, sys
pipe = open(FOLDER + "/pipe", "w")
command = [sys.executable, "-I", "-S", "-c", {CHILD!r}, FOLDER, str(pipe.fileno()), str(NUMBER)]
subprocess.Popen(command, pass_fds=[pipe.fileno()])
"""
ENDS = "open(FOLDER + '/begun', 'w').close()"


def extract_code(completion):
    """Calls `extract_code` and returns the program without the spaces and empty lines at its end, which do not matter."""
    program = running.extract_code(completion)
    return program.rstrip() if isinstance(program, str) else program


def run(code, stdin="", **limits):
    """Calls `run` and returns its outcome."""
    outcome = running.run(code, stdin, **{"seconds": 60.0, **limits})
    return {"status": outcome.status, "stdout": outcome.stdout}


def look_around(secret):
    """Runs a program that prints the variable of our environment that holds the `secret` and the other files of its
    folder, and leaves a file there."""
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


@contextlib.contextmanager
def hanging(wait=1.0):
    """A folder in which `go` appears `wait` seconds after `begun`, or when we leave, whichever is first."""
    left = threading.Event()
    with tempfile.TemporaryDirectory() as folder:

        def release():
            while not left.wait(0.01) and not os.path.exists(f"{folder}/begun"):
                pass
            left.wait(wait)
            open(f"{folder}/go", "w").close()

        thread = threading.Thread(target=release)
        thread.start()
        try:
            yield folder
        finally:
            left.set()
            thread.join()


def stopped(attempt):
    """attempt(folder, seconds) with a program that hangs. On a slow machine it may be stopped before it hangs; then it
    gets more time."""
    for seconds in (0.15, 1.0, 5.0, 50.0):
        with hanging(seconds + 1.0) as folder:
            result = attempt(folder, seconds)
            if os.path.exists(f"{folder}/begun"):
                break
    return result


def in_folder(code, folder):
    return f"FOLDER = {folder!r}\n{code}"


def never_ends(then="", **limits):
    """Runs a program that prints 1 and hangs, whatever signal it gets, and then does `then`."""
    code = f"print(1, flush=True)\n{HANGS}\n{then}"
    return stopped(lambda folder, seconds: run(in_folder(code, folder), seconds=seconds, **limits))


def leave_a_child(number, hangs=False):
    """Runs a program that starts another process and ends, or hangs. The other process says `number` if it is alive when
    `run` returns, or if `run` waits for it."""

    def attempt(folder, seconds):
        os.mkfifo(f"{folder}/pipe")
        pipe = os.open(f"{folder}/pipe", os.O_RDONLY | os.O_NONBLOCK)
        code = f"NUMBER = {number}\n{LEAVES_A_CHILD}{HANGS if hangs else ENDS}"
        outcome = running.run(in_folder(f"{code}\nprint(NUMBER)", folder), seconds=seconds)
        waited = os.path.exists(f"{folder}/go")
        open(f"{folder}/go", "w").close()
        said = ""
        if os.path.exists(f"{folder}/begun"):  # else there may be no child, and `stopped` tries again
            select.select([pipe], [], [])  # until the child has written, or has ended
            said = os.read(pipe, 10).decode()
        os.close(pipe)
        return {"status": outcome.status, "stdout": outcome.stdout, "the child says": said, "waited for it": waited}

    if hangs:
        return stopped(attempt)
    with hanging() as folder:
        return attempt(folder, 60.0)


def files_left(hangs=False):
    """Runs a program that makes files and hangs, or fails. Returns how many temporary files are left."""
    code = "import os\nopen('a.txt', 'w').write('x')\nos.mkdir('a')\nos.chmod('a', 0)\n" + (HANGS if hangs else "1 / 0")

    def attempt(folder, seconds):
        place = tempfile.mkdtemp(dir=folder)
        before, tempfile.tempdir = tempfile.tempdir, place
        try:
            running.run(in_folder(code, folder), seconds=seconds)
        finally:
            tempfile.tempdir = before
        return len(os.listdir(place))

    if hangs:
        return stopped(attempt)
    with hanging() as folder:
        return attempt(folder, 60.0)


def without_an_interpreter(calls=False):
    """`run`s a program, or `calls` its function, on a machine whose interpreter is missing."""
    before, sys.executable = sys.executable, "/no/such/interpreter"
    try:
        return running.call("f = abs", "f", [[1]]) if calls else running.run("").status
    finally:
        sys.executable = before


def call_that_hangs(answer):
    """Calls a function with 0, 1 and 0. It returns the answer to 0, and hangs for 1."""
    code = f"def f(x):\n    if x:\n        exec(HANGS, globals())\n    return {answer}\nHANGS = {HANGS!r}"
    return stopped(lambda folder, s: running.call(in_folder(code, folder), "f", [[0], [1], [0]], seconds=s))
