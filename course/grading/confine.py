"""What a worker gives up before it looks at a submission. Linux only; runs in a fork of the nursery.

The nursery lives in bubblewrap's sandbox, with read-only files and no network, and keeps the right to make
namespaces. Each worker then gets its own: processes (it is number 1 and sees no other; when it ends, all that it
started ends), mounts (fresh, small, empty file systems in memory), network (none), IPC; an unprivileged user with no
capabilities, who can gain none; and limits. Python 3.11 has no `unshare`, so that libc is called directly.

The steps are those of user_namespaces(7), pid_namespaces(7), capabilities(7) and prctl(2).
"""

from __future__ import annotations

import ctypes
import os
import resource
from pathlib import Path

NEWNS, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET = 0x20000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
RDONLY, NOSUID, NODEV, NOEXEC, REMOUNT, REC, PRIVATE = 1, 2, 4, 8, 32, 16384, 1 << 18
SET_DUMPABLE, SET_NO_NEW_PRIVS, SET_PDEATHSIG = 4, 38, 1
CAPABILITY_VERSION_3 = 0x20080522

WORK = "/grading/work"  # where a worker's files are; nothing else on a machine is called so
TMP_SIZE = "16m"
NOBODY = 65534

_libc = ctypes.CDLL(None, use_errno=True)


def own_namespaces() -> None:
    """The next fork will be process 1 of its own. As an ordinary user, who may do so in a user namespace only, the
    count of processes begins anew there, too."""
    user, group = os.getuid(), os.getgid()
    flags = NEWNS | NEWPID | NEWIPC | NEWNET | NEWUTS
    if user == 0 and _is_root_outside():
        _call("unshare", flags)
        return
    _call("unshare", flags | NEWUSER)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{NOBODY} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{NOBODY} {group} 1")


def own_files(files: dict[str, bytes]) -> None:
    """Empty file systems over all that could be written to, and one with `files` in it, read-only."""
    _mount("none", "/", None, REC | PRIVATE)
    for place in ("/tmp", "/dev/shm"):
        if os.path.isdir(place):
            _mount("tmpfs", place, "tmpfs", NOSUID | NODEV, f"size={TMP_SIZE},mode=1777,nr_inodes=1024")
    try:
        _mount("proc", "/proc", "proc", NOSUID | NODEV | NOEXEC)
    except OSError:  # where the system forbids that, there is none; the old one would show the nursery
        _mount("tmpfs", "/proc", "tmpfs", NOSUID | NODEV | NOEXEC | RDONLY, "size=0")
    _mount("tmpfs", WORK, "tmpfs", NOSUID | NODEV, "size=64m,mode=0755")
    write_files(files, Path(WORK))
    _mount("tmpfs", WORK, "tmpfs", NOSUID | NODEV | REMOUNT | RDONLY)


def write_files(files: dict[str, bytes], folder: Path) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)


def limit(memory: int, seconds: int, processes: int | None) -> None:
    """memory: bytes that this process may take in addition; seconds: of processor time; processes: threads included."""
    limits = {
        "RLIMIT_CORE": 0,
        "RLIMIT_FSIZE": 16 * 2**20,
        "RLIMIT_NOFILE": 64,
        "RLIMIT_DATA": _data_size() + memory,
        "RLIMIT_CPU": seconds,
        "RLIMIT_NPROC": processes,
        "RLIMIT_MEMLOCK": 0,
        "RLIMIT_MSGQUEUE": 0,
    }
    for name, value in limits.items():
        number = getattr(resource, name, None)
        if value is not None and number is not None:
            hard = resource.getrlimit(number)[1]
            value = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(number, (value, value))


def own_user(user: int) -> None:
    """Becomes the unprivileged user, for good. `user` is taken where root is root outside, too."""
    Path("/proc/self/oom_score_adj").write_text("1000") if os.path.exists("/proc/self/oom_score_adj") else None
    if os.getuid() == 0:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    _call("capset", header, (ctypes.c_uint32 * 6)())
    _call("prctl", SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _call("prctl", SET_DUMPABLE, 0, 0, 0, 0)


def die_with_parent() -> None:
    _call("prctl", SET_PDEATHSIG, 9, 0, 0, 0)


def _is_root_outside() -> bool:
    """Whether this user namespace knows all users: then other users can really be become."""
    return Path("/proc/self/uid_map").read_text().split() == ["0", "0", "4294967295"]


def _data_size() -> int:
    """Bytes of private memory that this process has already."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmData:"):
            return int(line.split()[1]) * 1024
    return 0


def _mount(source: str, target: str, kind: str | None, flags: int, options: str | None = None) -> None:
    data = [text.encode() if text is not None else None for text in (source, target, kind)]
    _call("mount", *data, ctypes.c_ulong(flags), options.encode() if options else None)


def _call(name: str, *arguments) -> None:
    if getattr(_libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
