"""Makes environments under runs/ for packages that the course itself does not need, such as TRL.

Standard library only, so that any Python can run it. pip's settings apply.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from course.base.errors import UsageError

ROOT = Path(__file__).resolve().parent.parent.parent
ENVIRONMENT = ROOT / "runs" / "trl-env"
LOG = ROOT / "runs" / "trl-env-setup.log"
PACKAGES = ["torch==2.13.0", "trl==1.16.0", "transformers==5.23.0", "accelerate==1.15.0", "datasets==5.2.0"]
PACKAGES += ["jaxtyping==0.3.11", "gguf==0.19.0"]  # for the lessons; for benchmarks/vs_trl.py


class SetupError(UsageError):
    """The environment could not be made."""


def ensure_environment(
    folder: Path = ENVIRONMENT, packages: list[str] = PACKAGES, name: str = "TRL", interpreter: str = ""
) -> Path:
    """The Python of an environment in `folder` with `packages`. Makes it if it is missing, incomplete or has other
    packages. Raises SetupError."""
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = folder / "packages.txt"  # written last, after a complete set-up
    wanted = "\n".join(packages)
    if python.exists() and stamp.exists() and stamp.read_text() == wanted:
        return python
    log = folder.with_name(f"{folder.name}-setup.log")
    folder.parent.mkdir(parents=True, exist_ok=True)
    log.unlink(missing_ok=True)
    make = [interpreter or sys.executable, "-m", "venv", "--clear", str(folder)]
    logged(make, "A virtual environment could not be made", log)
    print(f"Installing {name} in {shown(folder)} (once; it takes a few minutes)", flush=True)
    install = [str(python), "-m", "pip", "install", "--disable-pip-version-check", *packages]
    logged(install, f"{name} could not be installed (is there a network?)", log)
    stamp.write_text(wanted)
    log.unlink()
    return python


def logged(command: list[str], problem: str, log: Path = LOG) -> None:
    """Runs `command` with its output in the log. Raises SetupError if it fails."""
    with open(log, "ab") as out:
        code = subprocess.call(command, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    if code:
        raise SetupError(f"{problem}; the details are in {shown(log)}.")


def shown(path: Path) -> Path:
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
