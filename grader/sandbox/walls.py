"""The judge's side of the walls: what a worker may see, and how the sandbox is started. selftest.py proves it.

Two tiers, named in every report:

- "bubblewrap": the nursery runs in a sandbox made by bubblewrap (read-only system files, the few files of the course
  that a worker needs, nothing of the home folder, no network), and each worker in namespaces of its own besides, as an
  unprivileged user without capabilities (see confine.py).
- "unsafe": a process with limits and no walls. It may read the references, and do harm. Only where asked for.

Left out on purpose: control groups. Memory is bounded per process, and processes are few.
"""

from __future__ import annotations

import ast
import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course.base.atomic_files import write_bytes
from course.base.errors import UsageError
from course.base.manifest import Lesson
from course.base.switch import ROOT
from grader.sandbox import frames

BUBBLEWRAP, UNSAFE = "bubblewrap", "unsafe"
WARNING = (
    "graded with --unsafe. Nothing kept the submissions from reading the reference solutions, from using the "
    "network or from doing harm to this machine: these points prove nothing."
)
FIRST_USER, USERS = 61_000, 1000  # of the slots; no such user need exist
PROCESSES = 16  # of one worker, threads included
MEMORY = 2**30  # bytes that one worker may take, in each of its processes
START = 120.0  # seconds that a nursery may take to import everything
WAIT = (240.0, 1800.0)  # seconds that one lesson's calls may take together, without and with the tests that train
WORKER_FILES = (  # what a worker needs besides lab/; nothing that knows an answer
    *("course/__init__.py", "course/base/__init__.py", "course/observe/__init__.py"),
    *(f"course/observe/{name}.py" for name in ("call", "codec", "format_value", "shape_check")),
    *("grader/__init__.py", "grader/sandbox/__init__.py"),
    *(f"grader/sandbox/{name}.py" for name in ("fork_server", "confinement", "worker", "frames")),
)
SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/sbin", "/etc/ld.so.cache", "/etc/alternatives")


class WorkerFault(Exception):
    """The worker could not be started: the grader's fault, not the submission's."""


def chosen_tier(unsafe: bool) -> str:
    """Raises UsageError where it cannot be bubblewrap and --unsafe was not given."""
    if unsafe:
        return UNSAFE
    if sys.platform != "linux" or shutil.which("bwrap") is None:
        raise UsageError(
            "grading runs code that nobody has read, and bubblewrap, which confines it, is not installed here "
            "(Debian, Ubuntu: apt install bubblewrap; elsewhere: use a Linux machine). Only if you trust every "
            "submission with everything on this machine: --unsafe"
        )
    for folder in _python_folders():
        if Path(folder).is_relative_to("/tmp"):
            raise UsageError(
                f"grading cannot work from within /tmp, which is another, empty folder for each submission, and the "
                f"course's Python is in {folder}; clone the course in another place and grade there"
            )
    return BUBBLEWRAP


# --- what a worker sees --------------------------------------------------------------------------------------------


def make_tree(folder: Path, lessons: list[Lesson], extra: Sequence[Path] = (), root: Path = ROOT) -> None:
    """Writes the trusted files that every worker may read: a part of course/, and of lab/ only what the lessons and the
    instructor's own tests use."""
    for name in WORKER_FILES:
        write_bytes(folder / name, (root / name).read_bytes())
    for path in lab_files(lessons, extra, root):
        write_bytes(folder / path.relative_to(root), path.read_bytes())
    for path in (folder, *folder.rglob("*")):  # a worker is another user, whatever the umask here says
        path.chmod(0o755 if path.is_dir() else 0o644)


def lab_files(lessons: list[Lesson], extra: Sequence[Path] = (), root: Path = ROOT) -> list[Path]:
    """The modules of lab/ that a lesson's files, scenarios or tests name, those that these need, and the switch."""
    texts = [path for lesson in lessons for path in (*lesson.reference_files(), *lesson.folder.rglob("*_test.py"))]
    texts += [*(lesson.folder / "testcases" / "scenarios.py" for lesson in lessons), *extra]
    waiting = {name for path in texts for name in _lab_names(path)}
    waiting |= {"lab", "course.base.errors", "course.base.switch", "course.base.object_spec"}
    found: dict[str, Path] = {}
    while waiting:
        name = waiting.pop()
        inside = root.joinpath(*name.split("."))
        path = next((p for p in (inside.with_suffix(".py"), inside / "__init__.py") if p.exists()), None)
        if path is None or name in found or not name:
            continue  # the name of something within a module
        found[name] = path
        waiting |= _lab_names(path) | {name.rpartition(".")[0]}
    return sorted(found.values())


def _lab_names(path: Path) -> set[str]:
    """Every module of lab/ that a file may mean: by import, or by a Spec's "lab.module:name"."""
    text = path.read_text(encoding="utf-8")
    names = set(re.findall(r"[\"'](lab\.[\w.]+):", text))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {name for name in names if name.split(".")[0] == "lab" or name.startswith("course.base.")}


# --- the processes -------------------------------------------------------------------------------------------------


def command(tier: str, tree: Path, descriptor: int, user: int) -> list[str]:
    """The command line of a nursery. `descriptor` is the socket that it inherits."""
    python = [sys.executable, "-P", "-s", "-B", "-c"]
    folder = "/grading/course" if tier == BUBBLEWRAP else str(tree)
    python += [
        f"import sys; sys.path.insert(0, {folder!r}); from grader.sandbox.fork_server import main; main(sys.argv[1:])",
        str(descriptor),
    ]
    if tier == UNSAFE:
        return python
    walls = ["bwrap", "--die-with-parent", "--new-session"]
    walls += ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--clearenv"]
    for name, value in environment().items():
        walls += ["--setenv", name, value]
    if os.getuid() == 0:  # real users can be become: the limit on processes then counts each slot's own
        kept = ("SYS_ADMIN", "SETUID", "SETGID", "SETPCAP", "KILL", "DAC_OVERRIDE")
        walls += ["--cap-drop", "ALL", *(part for name in kept for part in ("--cap-add", f"CAP_{name}"))]
    else:
        walls += ["--unshare-user", "--cap-add", "ALL"]
    made: set[Path] = set()
    for place in (*SYSTEM, *_python_folders()):
        path = Path(place)
        if path.is_symlink():
            walls += ["--symlink", os.readlink(path), place]
        elif path.exists():
            for parent in reversed(path.parents[:-1]):  # bubblewrap makes them for root alone
                if parent not in made and not any(parent.is_relative_to(p) for p in SYSTEM):
                    walls += ["--perms", "0755", "--dir", str(parent)]
                    made.add(parent)
            walls += ["--ro-bind", place, place]
    walls += ["--proc", "/proc", "--dev", "/dev", "--perms", "1777", "--tmpfs", "/tmp"]
    walls += ["--perms", "0755", "--dir", "/grading", "--perms", "0755", "--dir", "/grading/work"]
    walls += ["--ro-bind", str(tree), "/grading/course", "--remount-ro", "/"]
    return [*walls, "--chdir", "/", "--", *python, "--confined", str(user)]


def _python_folders() -> list[str]:
    """Where this Python and its packages are; one inside the other is named once."""
    folders = {str(Path(p).resolve()) for p in (sys.prefix, sys.base_prefix, os.path.realpath(sys.executable) + "/..")}
    folders |= {sys.prefix, sys.base_prefix}
    return sorted(f for f in folders if not any(f != o and Path(f).is_relative_to(o) for o in (*folders, *SYSTEM[:4])))


def environment() -> dict[str, str]:
    """Everything that is set in a worker."""
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": "/tmp",
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": "1",
        "OMP_WAIT_POLICY": "passive",
        "PYTHONHASHSEED": "0",
        "TOKENIZERS_PARALLELISM": "false",
        "HF_HUB_OFFLINE": "1",
    }


def claimed_user(number: int) -> tuple[int, socket.socket]:
    """A user's number that no other slot of this machine has, and what holds it until it is closed: a socket's name
    ends with its process, however that ends. The limit on processes counts each user's, so that none may be shared,
    not even by two gradings that know nothing of each other. Raises WorkerFault."""
    for user in range(FIRST_USER + number, FIRST_USER + USERS):
        claim = socket.socket(socket.AF_UNIX)
        with contextlib.suppress(OSError):
            claim.bind(f"\0grpo-course grader user {user}")
            if not processes_of(user):
                return user, claim
        claim.close()
    raise WorkerFault(f"all of the {USERS} users of sandboxes are in use")


def processes_of(user: int) -> int:
    """How many there are, where other users can really be become."""
    count = 0
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            count += folder.stat().st_uid == user and os.getuid() == 0
    return count


@dataclass
class Job:
    """What a worker is made of. `files` are relative to its root; `solution` is the value of SOLUTION there."""

    files: dict[str, bytes]
    solution: str
    seconds: int = 120  # of processor time, in all
    memory: int = MEMORY
    processes: int = PROCESSES


class Slot:
    """A nursery, and the one worker that it has at a time."""

    def __init__(self, tier: str, tree: Path, number: int = 0):
        self.tier, self.tree, self.number = tier, tree, number
        self.user, self.claim = 0, None
        self.process: subprocess.Popen | None = None
        self.control: socket.socket | None = None
        self.log = None
        self.prefix = ""

    def open(self) -> None:
        """Starts the nursery. Raises WorkerFault."""
        self.user, self.claim = claimed_user(self.number) if self.tier == BUBBLEWRAP else (0, None)
        self.control, theirs = socket.socketpair()
        self.log = tempfile.TemporaryFile()  # noqa: SIM115
        with theirs:
            line = command(self.tier, self.tree, theirs.fileno(), self.user)
            surroundings = None if self.tier == BUBBLEWRAP else environment()
            self.process = subprocess.Popen(
                line,
                stdin=subprocess.DEVNULL,
                stdout=self.log,
                stderr=self.log,
                pass_fds=[theirs.fileno()],
                env=surroundings,
                start_new_session=True,
            )
        ready = self._hear()
        self.prefix = ready["prefix"]
        if self.prefix != sys.prefix:  # bubblewrap hid a folder, and another Python of the system's took over
            raise WorkerFault(f"the sandbox's Python lives in {self.prefix}, not in {sys.prefix}")

    def start(self, job: Job) -> socket.socket:
        """Starts a worker; whoever was there before is ended. Gives the channel to it. Raises WorkerFault."""
        ours, theirs = socket.socketpair()
        asked = {"files": job.files, "solution": job.solution, "seconds": job.seconds}
        asked |= {"memory": job.memory, "processes": job.processes}
        with theirs:
            answer = self._ask(theirs, asked)
        if answer["problem"]:
            ours.close()
            raise WorkerFault(answer["problem"])
        return ours

    def end(self) -> dict[str, Any]:
        """Ends the worker and whatever it has started: {"signal": what had ended it already, or 0, "peak": bytes}."""
        return self._ask(None, None)

    def close(self) -> None:
        if self.control is not None:
            self.control.close()
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        for held in (self.log, self.claim):
            if held is not None:
                held.close()
        self.process = self.control = self.log = self.claim = None

    def _ask(self, passenger: socket.socket | None, job: dict[str, Any] | None) -> dict[str, Any]:
        """A new worker's socket and what it is made of; without both, the end of the one there is."""
        from course.observe import codec  # imports torch, which the command that starts judges does without

        try:
            frames.beckon(self.control, passenger)
            if job is not None:
                frames.send(self.control, codec.encode(job), time.monotonic() + START)
        except (OSError, frames.Closed, frames.TooLate):
            raise WorkerFault(f"the sandbox has ended: {self._last_words()}") from None
        return self._hear()

    def _hear(self) -> dict[str, Any]:
        from course.observe import codec

        try:
            return codec.decode(frames.receive(self.control, frames.REQUEST_LIMIT, time.monotonic() + START))
        except (frames.Closed, frames.TooLate, frames.TooLarge, codec.BadBytes):
            raise WorkerFault(f"the sandbox does not answer: {self._last_words()}") from None

    def _last_words(self) -> str:
        with contextlib.suppress(OSError, AttributeError, ValueError):
            self.log.seek(0)
            lines = self.log.read()[-2000:].decode("utf-8", "replace").strip().splitlines()
            return lines[-1] if lines else "it said nothing"
        return "it said nothing"
