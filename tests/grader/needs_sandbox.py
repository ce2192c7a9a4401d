"""Whether submissions can be confined here; tests that grade are skipped where not."""

import functools
import subprocess

from course.base.errors import UsageError
from grader.sandbox import tier


@functools.cache
def missing() -> str:
    """Why not; "" where they can."""
    try:
        tier.chosen(unsafe=False)
    except UsageError:
        return "bubblewrap is not installed (apt install bubblewrap)"
    command = ["bwrap", "--ro-bind", "/", "/", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--", "true"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace")
    return f"bubblewrap can confine nothing here: {done.stderr.strip()[-200:]}" if done.returncode else ""
