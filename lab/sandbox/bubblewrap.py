"""Command lines of a fork server, with and without bubblewrap around it, and the environment that it gets."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/sbin", "/etc/ld.so.cache", "/etc/alternatives")


def is_installed() -> bool:
    return sys.platform == "linux" and shutil.which("bwrap") is not None


def python_in_tmp() -> str:
    """The folder of this Python that lies below /tmp, which is empty in the sandbox; "" if there is none."""
    return next((folder for folder in python_folders() if Path(folder).is_relative_to("/tmp")), "")


def python_command(folder: str, server: str, descriptor: int) -> list[str]:
    """The command line of a fork server without walls. `folder` holds its modules; `server` is the one whose `main` is
    called; `descriptor` is the socket that it inherits."""
    code = f"import sys; sys.path.insert(0, {folder!r}); from {server} import main; main(sys.argv[1:])"
    return [sys.executable, "-P", "-s", "-B", "-c", code, str(descriptor)]


def confined_command(tree: Path, server: str, descriptor: int, user: int) -> list[str]:
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
    walls += readable([])
    walls += ["--proc", "/proc", "--dev", "/dev", "--remount-ro", "/dev", "--perms", "1777", "--tmpfs", "/tmp"]
    walls += ["--perms", "0755", "--dir", "/confined", "--perms", "0755", "--dir", "/confined/work"]
    walls += ["--ro-bind", str(tree), "/confined/course", "--remount-ro", "/", "--chdir", "/", "--"]
    return [*walls, *python_command("/confined/course", server, descriptor), "--confined", str(user)]


def around(folders: Sequence[Path], writable: Path) -> list[str]:
    """What to put before a command line, so that the program and all that it starts see nothing but system files, this
    Python and these folders, have no network, and can write to one folder only. It ends with everything that it has
    started. [] if that does not work here."""
    if not is_installed() or python_in_tmp():
        return []
    walls = ["bwrap", "--die-with-parent", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
    walls += ["--cap-drop", "ALL", *readable(folders), "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]
    walls += ["--bind", str(writable), str(writable), "--chdir", str(folders[0])]
    return walls if subprocess.run([*walls, "true"], capture_output=True).returncode == 0 else []


def readable(folders: Sequence[Path]) -> list[str]:
    """The arguments that show system files, this Python and these folders."""
    walls: list[str] = []
    made: set[Path] = set()
    for place in (*SYSTEM, *python_folders(), *map(str, folders)):
        path = Path(place)
        if not path.exists():
            continue
        for parent in reversed(path.parents[:-1]):  # bubblewrap makes them for root alone
            if parent not in made and not any(parent.is_relative_to(p) for p in SYSTEM):
                walls += ["--perms", "0755", "--dir", str(parent)]
                made.add(parent)
        walls += ["--symlink", os.readlink(path), place] if path.is_symlink() else ["--ro-bind", place, place]
    return walls


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
        "JAX_PLATFORMS": "cpu",
        "NPROC": "1",  # of JAX's threads for each purpose; it has about a dozen purposes
        "MALLOC_ARENA_MAX": "2",  # each thread would reserve an arena of its own, which counts as memory
    }
