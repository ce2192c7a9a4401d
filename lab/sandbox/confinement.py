"""What a worker gives up before it looks at a stranger's code. Linux only; runs in a fork of the fork server.

The fork server lives in bubblewrap's sandbox, with read-only files and no network, and keeps the right to make
namespaces. Each worker then gets its own: processes (it is number 1 and sees no other; when it ends, all that it
started ends), mounts (fresh, small, empty file systems in memory), network (none), IPC; an unprivileged user with no
capabilities, who can gain none; limits; and a filter of the system calls that lead around these. Python 3.11 has no
`unshare`, so that libc is called directly.

The steps are those of user_namespaces(7), pid_namespaces(7), capabilities(7), prctl(2) and seccomp(2).
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import platform
import re
import resource
import struct
import sys
from pathlib import Path

NEWNS, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET = 0x20000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
RDONLY, NOSUID, NODEV, NOEXEC, REMOUNT, REC, PRIVATE = 1, 2, 4, 8, 32, 16384, 1 << 18
BIND, AT_FDCWD, AT_RECURSIVE, ATTR_RDONLY, MOUNT_SETATTR = 4096, -100, 0x8000, 1, 442
# Whoever made a mount may have locked these, so that a change must repeat them.
KEPT_FLAGS = {
    "nosuid": NOSUID,
    "nodev": NODEV,
    "noexec": NOEXEC,
    "noatime": 1024,
    "nodiratime": 2048,
    "relatime": 1 << 21,
}
SET_DUMPABLE, SET_NO_NEW_PRIVS, SET_PDEATHSIG, SET_CHILD_SUBREAPER = 4, 38, 1, 36
CAPABILITY_VERSION_3 = 0x20080522
SET_SECCOMP, SECCOMP_FILTER = 22, 2

# What a worker may not ask of the kernel, by its number on x86_64 and aarch64: namespaces and mounts of its own (in
# which file systems have other bounds), keys (which outlive it), memory of no process, other processes.
REFUSED = {
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41),
    "chroot": (161, 51), "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430),
    "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442),
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219), "shmget": (29, 194), "msgget": (68, 186),
    "semget": (64, 190), "mq_open": (240, 180), "memfd_create": (319, 279), "memfd_secret": (447, 447),
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "pidfd_getfd": (438, 438),
    "kcmp": (312, 272), "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265), "personality": (135, 92),
}  # fmt: skip
CLONE, CLONE3 = (56, 220), 435  # clone tells its flags in a register, which a filter can see; clone3 does not
SOCKET, FAMILIES = (41, 198), (1, 2, 10, 16)  # unix, inet, inet6, netlink: no network namespace holds the others
MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # column of the numbers, and the name in a filter
FILTERED = platform.machine() in MACHINES

WORK = "/confined/work"  # where a worker's files are; nothing else on a machine is called so
TMP_BYTES = 16 * 2**20  # of each of the two folders that a worker may write to
NOBODY = 65534
PROCESSORS = 4

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
    """All that is there becomes read-only: what a worker could change, the next one would see. Then come empty file
    systems of its own, of bounded size, and one with `files` in it, read-only."""
    _mount("none", "/", None, REC | PRIVATE)
    all_read_only()
    for place in ("/tmp", "/dev/shm"):
        if os.path.isdir(place):
            _mount("tmpfs", place, "tmpfs", NOSUID | NODEV, f"size={TMP_BYTES},mode=1777,nr_inodes=1024")
    try:
        _mount("proc", "/proc", "proc", NOSUID | NODEV | NOEXEC)
    except OSError:  # where the system forbids that, there is none; the old one would show the fork server
        _mount("tmpfs", "/proc", "tmpfs", NOSUID | NODEV | NOEXEC | RDONLY, "size=0")
    _mount("tmpfs", WORK, "tmpfs", NOSUID | NODEV, "size=64m,mode=0755")
    write_files(files, Path(WORK))
    _mount("tmpfs", WORK, "tmpfs", NOSUID | NODEV | REMOUNT | RDONLY)


def all_read_only() -> None:
    """Every mount, whatever kind it is: as an ordinary user, bubblewrap's /dev would be the worker's own."""
    attributes = struct.pack("=4Q", ATTR_RDONLY, 0, 0, 0)
    if _libc.syscall(MOUNT_SETATTR, AT_FDCWD, b"/", AT_RECURSIVE, attributes, len(attributes)) == 0:
        return
    for line in Path("/proc/self/mountinfo").read_text().splitlines():  # Linux before 5.12
        words = line.split()
        kept = sum(flag for name, flag in KEPT_FLAGS.items() if name in words[5].split(","))
        target = re.sub(r"\\(\d{3})", lambda octal: chr(int(octal[1], 8)), words[4])
        _mount("none", target, None, REMOUNT | BIND | RDONLY | kept)


def write_files(files: dict[str, bytes], folder: Path) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)


def limit(memory: int, seconds: int, processes: int | None) -> None:
    """memory: bytes that this process may take in addition; seconds: of processor time; processes: threads included."""
    limits = {
        "RLIMIT_CORE": 0,
        "RLIMIT_AS": _size("VmSize:") + memory,  # what is shared counts here alone
        "RLIMIT_FSIZE": 16 * 2**20,
        "RLIMIT_NOFILE": 64,
        "RLIMIT_DATA": _size("VmData:") + memory,
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
            with contextlib.suppress(*() if sys.platform == "linux" else (ValueError, OSError)):  # macOS knows few
                resource.setrlimit(number, (value, value))


def few_processors(number: int) -> None:
    """This process and its threads may use a few of the processors, others than a process with another `number`: on a
    large machine JAX would start more threads than a worker may have."""
    allowed = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {allowed[(number + i) % len(allowed)] for i in range(PROCESSORS)})


def limit_own_memory(memory: int) -> None:
    """This process may take so many bytes besides those that it has; what it starts may choose another bound."""
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    resource.setrlimit(resource.RLIMIT_DATA, (_size("VmData:") + memory, hard))


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
    if FILTERED:
        refuse_calls(*MACHINES[platform.machine()])


def refuse_calls(column: int, machine: int) -> None:
    """From here on this process and all that it starts get an error for what is REFUSED, for good."""
    refuse, allow = 0x50000 | errno.EPERM, 0x7FFF0000
    new_namespaces = NEWNS | NEWUTS | NEWIPC | NEWUSER | NEWPID | NEWNET | 0x2000000
    numbers = [of_one[column] for of_one in REFUSED.values()]
    # (operation, value, steps to skip where it holds, and where not); 0x20 loads a word, 0x15 is ==, 0x35 is >=, 0x45
    # has a bit in common with, 0x06 is the end.
    program = [(0x20, 4, 0, 0), (0x15, machine, 1, 0), (0x06, refuse, 0, 0), (0x20, 0, 0, 0)]
    program += [(0x35, 0x40000000, 0, 1), (0x06, refuse, 0, 0)]  # numbers of another form (x32)
    for number in numbers:
        program += [(0x15, number, 0, 1), (0x06, refuse, 0, 0)]
    program += [(0x15, CLONE3, 0, 1), (0x06, 0x50000 | errno.ENOSYS, 0, 0)]  # libc takes clone then
    families = [(0x15, family, len(FAMILIES) - i, 0) for i, family in enumerate(FAMILIES)]
    program += [(0x15, SOCKET[column], 0, len(FAMILIES) + 3), (0x20, 16, 0, 0), *families, (0x06, refuse, 0, 0)]
    program += [(0x06, allow, 0, 0)]
    program += [(0x15, CLONE[column], 0, 3), (0x20, 16, 0, 0), (0x45, new_namespaces, 0, 1), (0x06, refuse, 0, 0)]
    program += [(0x06, allow, 0, 0)]
    code = b"".join(struct.pack("=HBBI", operation, yes, no, value) for operation, value, yes, no in program)
    kept = ctypes.create_string_buffer(code, len(code))
    described = struct.pack("@HP", len(program), ctypes.addressof(kept))
    _call("prctl", SET_SECCOMP, SECCOMP_FILTER, described, 0, 0)


def die_with_parent() -> None:
    _call("prctl", SET_PDEATHSIG, 9, 0, 0, 0)


def adopt_orphans() -> None:
    """From here on this process is the parent of every descendant whose own parent has ended."""
    _call("prctl", SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _is_root_outside() -> bool:
    """Whether this user namespace knows all users: then other users can really be become."""
    return Path("/proc/self/uid_map").read_text().split() == ["0", "0", "4294967295"]


def _size(name: str) -> int:
    """Bytes of memory that this process has already: "VmData:", the private, or "VmSize:", all addresses."""
    status = Path("/proc/self/status")
    for line in status.read_text().splitlines() if status.exists() else ():
        if line.startswith(name):
            return int(line.split()[1]) * 1024
    return 0


def _mount(source: str, target: str, kind: str | None, flags: int, options: str | None = None) -> None:
    data = [text.encode() if text is not None else None for text in (source, target, kind)]
    _call("mount", *data, ctypes.c_ulong(flags), options.encode() if options else None)


def _call(name: str, *arguments) -> None:
    if getattr(_libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
