"""Proves, before strange code runs, that the sandbox confines as it claims: a probe of our own tries to get out.

What the probe may find is decided here, on our side.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from typing import Any

from course.base.switch import ROOT
from lab.sandbox import confinement
from lab.sandbox.sandbox import FIRST_USER, MEMORY, PROCESSES, USERS, Sandbox, WorkerFault, processes_of

PROBE = '''\
import ctypes, importlib.util, mmap, os, socket, sys, time


def look(private, processes, mark, modules):
    """What this process is and sees."""
    lines = open("/proc/self/status").readlines() if os.path.exists("/proc/self/status") else []
    status = dict(line.split(":", 1) for line in lines)
    return {
        "user": os.getuid(),
        "capabilities": [status.get(n, "?").strip() for n in ("CapInh", "CapPrm", "CapEff", "CapAmb")],
        "no new privileges": status.get("NoNewPrivs", "?").strip(),
        "processes": sorted(name for name in os.listdir("/proc") if name.isdigit()),
        "readable": [path for path in private if os.path.exists(path)],
        "written": [path for path in mounts() if path not in SCRATCH and writes(path, f"{mark}-own")],
        "scratch": {path: room(path) for path in SCRATCH if os.path.isdir(path)},
        "marks": [path for path in mounts() if os.path.lexists(os.path.join(path, mark))],
        "connected": [name for name, address in ADDRESSES.items() if connects(address)],
        "families": [family for family in range(1, 46) if opens(family)],
        "interfaces": [name for _, name in socket.if_nameindex()],
        "descriptors": descriptors(),
        "environment": sorted(os.environ),
        "solutions": any("solutions" in os.listdir(p) for p in sys.path if os.path.isdir(p)),
        "unreadable": [name for name in modules if not os.access(importlib.util.find_spec(name).origin, os.R_OK)],
        "namespaces": unshares(),
        "forked": forks(processes),
    }


ADDRESSES = {"this machine": ("127.0.0.1", 22), "another": ("192.0.2.1", 80)}


SCRATCH = ("/tmp", "/dev/shm")  # a worker's own


def mounts():
    """Every folder on which something is mounted, and those that a sandbox should have anyway."""
    found = {"/", "/usr", "/etc", "/dev", "/confined", "/confined/work", "/confined/course", *SCRATCH}
    if os.path.exists("/proc/self/mountinfo"):
        found |= {line.split()[4] for line in open("/proc/self/mountinfo")}
    return sorted(path for path in found if os.path.isdir(path))


def writes(folder, mark):
    """Whether it can change anything there: make a file or a folder, or set the folder's time or rights. It undoes what
    it did: if no wall stands, these are the folders of the real machine."""
    place, now = os.path.join(folder, mark), os.stat(folder)
    done = 0
    for change, undo in (
        (lambda: open(place, "x").close(), lambda: os.unlink(place)),
        (lambda: os.mkdir(place), lambda: os.rmdir(place)),
        (lambda: os.utime(folder, ns=(now.st_atime_ns, now.st_mtime_ns)), lambda: None),
        (lambda: os.chmod(folder, now.st_mode & 0o7777), lambda: None),
    ):
        try:
            change()
            done += 1
            undo()
        except OSError:
            pass
    return done > 0


def room(folder):
    """Bytes that may be written there, in all."""
    found = os.statvfs(folder)
    return found.f_blocks * found.f_frsize


def leave_marks(mark):
    """Leaves a file wherever one can be left."""
    for path in mounts():
        try:
            open(os.path.join(path, mark), "x").close()
        except OSError:
            pass


def remove_marks(mark):
    """Removes those that can be seen: none, unless a wall is missing."""
    for path in mounts():
        try:
            os.unlink(os.path.join(path, mark))
        except OSError:
            pass


def connects(address):
    with socket.socket() as one:
        one.settimeout(0.5)
        try:
            one.connect(address)
            return True
        except OSError:
            return False


def opens(family):
    """Whether a socket of that family can be made; some of them lead past every namespace."""
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW):
        try:
            socket.socket(family, kind).close()
            return True
        except OSError:
            pass
    return False


def descriptors():
    """Those that lead anywhere but to nothing."""
    found = []
    for number in range(64):
        try:
            where = os.readlink(f"/proc/self/fd/{number}")
        except OSError:
            continue
        if where != "/dev/null" and not where.startswith("/proc/"):
            found.append(where.split(":")[0])
    return found


def unshares():
    """Whether a user namespace can be made: within it, mounts without bounds."""
    child = os.fork()
    if child == 0:
        os._exit(ctypes.CDLL(None).unshare(0x10000000) == 0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1


def forks(most):
    """How many processes could be started beside this one; they are left running."""
    count = 0
    try:
        while count <= most:
            if os.fork() == 0:
                time.sleep(600)
                os._exit(0)
            count += 1
    except OSError:
        pass
    return count


def swallow(size):
    """Takes so much memory, if it can: a part of it private, a part shared with processes that it might start."""
    took, blocks = 0, []
    part = size // 16
    for make in (bytearray, lambda size: mmap.mmap(-1, size)):
        try:
            while took < size:
                blocks.append(make(part))
                took += part
                for at in range(0, part, 4096):
                    blocks[-1][at] = 1
        except (MemoryError, OSError, ValueError):
            pass
    return took
'''
Ask = Callable[..., Any]  # ask(function, *arguments): what a new worker with the probe in it gives, or an error's name


def prove(sandbox: Sandbox, ask: Ask, modules: Sequence[str]) -> str:
    """Which wall of an open sandbox does not stand, in a sentence; "" where all do. `modules`: what a worker must be
    able to import. Raises WorkerFault if the probe came to no end: that proves nothing about the walls."""
    broken = _broken(sandbox, ask, modules)
    return f"the sandbox does not confine on this machine: {broken}" if broken else ""


def _broken(sandbox: Sandbox, ask: Ask, modules: Sequence[str]) -> str:
    """The first wall that does not stand; "" where all do."""
    mark = f"mark-of-a-worker-{secrets.token_hex(8)}"
    ask("leave_marks", mark)  # the next worker looks for them
    try:
        seen = ask("look", list(_private()), PROCESSES, mark, list(modules))
    finally:
        ask("remove_marks", mark)
    if not isinstance(seen, dict):
        raise WorkerFault(f"the self-test could not look around: {seen}")
    nothing = "0" * 16
    expected = (
        (seen["user"] in (confinement.NOBODY, *range(FIRST_USER, FIRST_USER + USERS)), "it runs as a user with rights"),
        (set(seen["capabilities"]) <= {nothing, "?"}, "it has capabilities"),
        (seen["no new privileges"] in ("1", "?"), "it may gain privileges"),
        (seen["processes"] in (["1"], []), "it sees other processes"),
        (not seen["readable"], f"it can read {seen['readable'][:1]}"),
        (not seen["written"], f"it can write to {seen['written'][:1]}"),
        (not seen["marks"], f"it sees in {seen['marks'][:1]} what an earlier worker has left"),
        (
            all(0 < size <= confinement.TMP_BYTES for size in seen["scratch"].values()),
            f"it may fill the memory of this machine: {seen['scratch']}",
        ),
        (not seen["connected"], f"it reached {seen['connected'][:1]} over the network"),
        (
            not confinement.FILTERED or set(seen["families"]) <= {*confinement.FAMILIES},
            f"it can make sockets of the families {seen['families']}",
        ),
        (set(seen["interfaces"]) <= {"lo"}, f"it has the network interfaces {seen['interfaces']}"),
        (seen["descriptors"] == ["socket"], f"it holds open {seen['descriptors']}"),
        (not seen["solutions"], "it sees the references"),
        (not seen["unreadable"], f"its user may not read the modules {seen['unreadable']}: who may, of this Python?"),
        (not (confinement.FILTERED and seen["namespaces"]), "it can make namespaces of its own"),
        (seen["forked"] < PROCESSES, f"it started {seen['forked']} processes, more than {PROCESSES}"),
    )
    for stands, otherwise in expected:
        if not stands:
            return otherwise
    taken = ask("swallow", 2 * MEMORY)
    if isinstance(taken, int) and taken > MEMORY:  # otherwise it was killed
        return f"it took {taken} bytes of memory, more than {MEMORY}"
    sandbox.end()
    if left := processes_of(sandbox.user):
        return f"{left} processes outlived it"
    return ""


def _private() -> list[str]:
    """Places that a worker must not even see."""
    return [
        str(ROOT / "solutions"),
        str(ROOT / "tutorial"),
        str(ROOT / "course"),
        "/etc/shadow",
        "/etc/passwd",
        "/home",
    ]
