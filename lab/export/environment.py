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
RUNS = ROOT / "runs"
STAMP = "packages.txt"  # written last, after a complete set-up
TRL = (
    "torch==2.13.0 trl==1.16.0 transformers==5.23.0 accelerate==1.15.0 datasets==5.2.0 "
    "jaxtyping==0.3.11 gguf==0.19.0"  # for the lessons; for benchmarks/vs_trl.py
)
TUNIX = (
    "google-tunix==0.1.7 jax==0.10.2 jaxlib==0.10.2 flax==0.12.8 optax==0.2.8 qwix==0.1.8 orbax-checkpoint==0.12.8 "
    "transformers==5.12.1 safetensors==0.7.0 numpy==2.4.6"
)
OF = {  # library -> (folder, exact pins, the library's name)
    "trl": (RUNS / "trl-env", TRL.split(), "TRL"),
    "tunix": (RUNS / "tunix-env", TUNIX.split(), "Tunix"),
}


def python_of(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def is_complete(folder: Path, packages: list[str]) -> bool:
    """Whether the environment was made, with these packages."""
    stamp = folder / STAMP
    return python_of(folder).exists() and stamp.exists() and stamp.read_text() == "\n".join(packages)


def ensure_environment(folder: Path, packages: list[str], name: str, interpreter: str = "") -> Path:
    """The Python of an environment in `folder` with `packages`. Makes it if it is missing, incomplete or has other
    packages. Raises UsageError."""
    python = python_of(folder)
    if is_complete(folder, packages):
        return python
    log = folder.with_name(f"{folder.name}-setup.log")
    folder.parent.mkdir(parents=True, exist_ok=True)
    log.unlink(missing_ok=True)
    make = [interpreter or sys.executable, "-m", "venv", "--clear", str(folder)]
    logged(make, "A virtual environment could not be made", log)
    print(f"Installing {name} in {shown(folder)} (once; it takes a few minutes)", flush=True)
    install = [str(python), "-m", "pip", "install", "--disable-pip-version-check", *packages]
    logged(install, f"{name} could not be installed (is there a network?)", log)
    (folder / STAMP).write_text("\n".join(packages))
    log.unlink()
    return python


def logged(command: list[str], problem: str, log: Path) -> None:
    """Runs `command` with its output in the log. Raises UsageError if it fails."""
    with open(log, "ab") as out:
        code = subprocess.call(command, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    if code:
        raise UsageError(f"{problem}; the details are in {shown(log)}.")


def shown(path: Path) -> Path:
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
