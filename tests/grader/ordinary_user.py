"""Runs a command as a user without rights, also if these tests run as root."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
USER = 61_999
# The real command, without the virtual environment that it makes for itself: the tests' own Python has all that is
# needed.
START = """
from course import __main__
from course.base import environment
environment.ensure = lambda *a: None
__main__.run()
"""
COMMAND = [sys.executable, "-c", START, "--inside", "grade"]
# Root's home is closed to others, and this Python may lie in it. In a namespace of its own, an open folder takes the
# place of each folder at the top of the machine that holds something needed here; nothing else on the machine changes.
AS_USER = """
set -e
kept=/mnt
mount -t tmpfs none "$kept"
for place in $PLACES; do mkdir -p "$kept$place"; mount --bind "$place" "$kept$place"; done
for top in $TOPS; do mount -t tmpfs -o mode=755 none "$top"; done
for place in $PLACES; do mkdir -p "$place"; mount --bind "$kept$place" "$place"; done
cd "$ROOT"
exec setpriv --reuid=$USER --regid=$USER --clear-groups "$@"
"""


def as_ordinary_user(*command: str) -> subprocess.CompletedProcess:
    """Runs it as a user without rights; skips the test if that is not possible here."""
    environment = {**os.environ, "SOLUTION": "1", "PYTHONDONTWRITEBYTECODE": "1", "HOME": "/tmp"}
    if os.getuid() == 0:
        if not shutil.which("unshare") or not shutil.which("setpriv"):
            pytest.skip("unshare and setpriv are not installed (apt install util-linux)")
        places = [ROOT, *(Path(p).resolve() for p in (sys.prefix, sys.base_prefix))]
        places = {p for p in places if not any(p.is_relative_to(o) and p != o for o in places)}
        places = {p for p in places if p.parts[1] not in ("usr", "bin", "lib", "lib64")}
        tops = {f"/{place.parts[1]}" for place in places}
        environment |= {"PLACES": " ".join(map(str, sorted(places))), "TOPS": " ".join(tops), "ROOT": str(ROOT)}
        command = ("unshare", "--mount", "bash", "-c", AS_USER.replace("$USER", str(USER)), "bash", *command)
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", errors="replace")
    if "No permissions to create new namespace" in done.stderr + done.stdout:
        pytest.skip("ordinary users may make no namespaces here")
    return done
