"""How long after a save does `make watch` show an exercise's basic result, next to running the basic suite by hand?

    python benchmarks/watch_time.py [rounds]

In a copy of the course whose lesson 13 is filled in, each round saves loss/grpo.py and waits for the watcher's result
of exercise 13.2, then runs the lesson's whole basic suite. Medians, and their ratio; it should be 1.5 at most.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LESSON = Path("stage04_alignment/lesson13_grpo")
ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "SOLUTION"} | {"PYTHONUNBUFFERED": "1"}


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder).resolve()
        for name in ("course", "lab", "tutorial", "solutions"):
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "mnist"))
        for name in ("conftest.py", "pyproject.toml"):
            shutil.copy2(ROOT / name, copy / name)
        shutil.copytree(ROOT / "solutions" / LESSON, copy / "tutorial" / LESSON, dirs_exist_ok=True)
        watched, by_hand = measure(copy, rounds)
    print("| | seconds (median) |\n|---|---|")
    print(f"| save, until the watcher shows the exercise's basic result | {statistics.median(watched):.2f} |")
    print(f"| the lesson's basic suite by hand | {statistics.median(by_hand):.2f} |")
    print(f"\nratio {statistics.median(watched) / statistics.median(by_hand):.2f}, {rounds} rounds")


def measure(copy: Path, rounds: int) -> tuple[list[float], list[float]]:
    watched, by_hand = [], []
    code = "from course.base import manifest; from course.desk import watch; watch.watch(manifest.read_all())"
    watcher = subprocess.Popen([sys.executable, "-c", code], cwd=copy, env=ENVIRONMENT, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip
    try:
        until(watcher, "watching:")
        for n in range(rounds):
            path = copy / "tutorial" / LESSON / "loss" / "grpo.py"
            text = path.read_text(encoding="utf-8")
            started = time.perf_counter()
            path.write_text(marked(text, n), encoding="utf-8")
            until(watcher, " passed")
            watched.append(time.perf_counter() - started)
            until(watcher, "points")  # the table that ends the round
            until(watcher, "stuck")
            started = time.perf_counter()
            suite = str(copy / "tutorial" / LESSON / "testcases" / "basic_test.py")
            subprocess.run([sys.executable, "-m", "pytest", "-q", suite], cwd=copy, env=ENVIRONMENT,
                           check=True, stdout=subprocess.DEVNULL)  # fmt: skip
            by_hand.append(time.perf_counter() - started)
    finally:
        watcher.kill()
    return watched, by_hand


def marked(text: str, n: int) -> str:
    """The same code with another number in a check that is always true, so that the exercise counts as changed."""
    before, head, rest = text.partition("    weights = ")
    lines = [line for line in before.splitlines(keepends=True) if not line.startswith("    assert -1 < ")]
    return "".join(lines) + f"    assert -1 < {n}\n" + head + rest


def until(process: subprocess.Popen, text: str) -> None:
    for line in process.stdout:
        if text in line:
            return
    sys.exit(f"error: the watcher ended before it said {text!r}")


if __name__ == "__main__":
    main()
