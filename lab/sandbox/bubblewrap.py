"""Command lines of the fork server, with and without bubblewrap around it, and the environment that it gets."""

from __future__ import annotations

import os
import sys
from pathlib import Path

SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/sbin", "/etc/ld.so.cache", "/etc/alternatives")


def python_command(folder: str, descriptor: int) -> list[str]:
    """The command line of a fork server without walls. `folder` holds the course's files; `descriptor` is the socket
    that it inherits."""
    code = (
        f"import sys; sys.path.insert(0, {folder!r}); from grader.sandbox.fork_server import main; main(sys.argv[1:])"
    )
    return [sys.executable, "-P", "-s", "-B", "-c", code, str(descriptor)]


def confined_command(tree: Path, descriptor: int, user: int) -> list[str]:
    """The command line of a fork server in bubblewrap's sandbox. Its workers are the unprivileged `user`."""
    walls = ["bwrap", "--die-with-parent", "--new-session"]
    walls += ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--clearenv"]
    for name, value in environment().items():
        walls += ["--setenv", name, value]
    if os.getuid() == 0:  # real users can be become: the limit on processes then counts each sandbox's own
        kept = ("SYS_ADMIN", "SETUID", "SETGID", "SETPCAP", "KILL", "DAC_OVERRIDE")
        walls += ["--cap-drop", "ALL", *(part for name in kept for part in ("--cap-add", f"CAP_{name}"))]
    else:
        walls += ["--unshare-user", "--cap-add", "ALL"]
    made: set[Path] = set()
    for place in (*SYSTEM, *python_folders()):
        path = Path(place)
        if not path.exists():
            continue
        for parent in reversed(path.parents[:-1]):  # bubblewrap makes them for root alone
            if parent not in made and not any(parent.is_relative_to(p) for p in SYSTEM):
                walls += ["--perms", "0755", "--dir", str(parent)]
                made.add(parent)
        walls += ["--symlink", os.readlink(path), place] if path.is_symlink() else ["--ro-bind", place, place]
    walls += ["--proc", "/proc", "--dev", "/dev", "--remount-ro", "/dev", "--perms", "1777", "--tmpfs", "/tmp"]
    walls += ["--perms", "0755", "--dir", "/grading", "--perms", "0755", "--dir", "/grading/work"]
    walls += ["--ro-bind", str(tree), "/grading/course", "--remount-ro", "/"]
    return [*walls, "--chdir", "/", "--", *python_command("/grading/course", descriptor), "--confined", str(user)]


def python_folders() -> list[str]:
    """Where this Python and its packages are. Of two folders one inside the other, only the outer one."""
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
