"""The scorer that many people write first: program and tests in one file, and exit code 0 pays."""

import subprocess
import sys
import tempfile


def naive_reward(code: str, tests: str, seconds: float = 5.0) -> float:
    """Returns 1.0 if the program with the tests behind it ends with exit code 0, else 0.0."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-I", "-S", "-c", f"{code}\n\n{tests}"]
        try:
            done = subprocess.run(
                command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds, check=False
            )
        except (subprocess.TimeoutExpired, ValueError):
            return 0.0
    return float(done.returncode == 0)
