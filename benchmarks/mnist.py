"""Every figure of lesson 15's page: GRPO on MNIST, its rivals, group sizes, the standard deviation, bytes.

    python benchmarks/mnist.py             3 seeds, 6 for the standard deviation; plots under runs/mnist-benchmark
    python benchmarks/mnist.py --seeds 1   quicker, and no ±

Each experiment is `python -m lab.run lesson15_grpo_mnist.given.experiments EXPERIMENT` on the reference solutions, in a
process of its own. The seconds of one run alone are those of a whole process, imports and reading the images included.
Prints tables in Markdown and writes them to benchmarks/results/mnist.md.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUT = Path("runs") / "mnist-benchmark"
EXPERIMENTS = ("main", "baselines", "groups", "std", "memory")


def run(experiment: str, seeds: int, out: Path) -> tuple[str, float, float]:
    """The tables of an experiment, and the seconds that its process took: by the clock, and of the processor."""
    command = [
        sys.executable,
        "-m",
        "lab.run",
        "lesson15_grpo_mnist.given.experiments",
        experiment,
        "--seeds",
        str(seeds),
        "--out",
        str(out),
    ]
    start, before = time.perf_counter(), os.times()
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, "SOLUTION": "1"}, capture_output=True, text=True)
    seconds, after = time.perf_counter() - start, os.times()
    if done.returncode != 0:
        sys.exit(f"error: {experiment} failed:\n{done.stderr}")
    worked = after.children_user + after.children_system - before.children_user - before.children_system
    return (ROOT / out / experiment / "table.md").read_text(encoding="utf-8"), seconds, worked


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    seeds = parser.parse_args().seeds
    text = ""

    def show(part: str) -> None:
        nonlocal text
        text += part + "\n"
        print(part, flush=True)

    _, seconds, worked = run("main", 1, OUT / "alone")
    show(f"One run alone, the whole process: {seconds:.0f} s by the clock, {worked:.0f} s of one core's time.\n")
    for experiment in EXPERIMENTS:
        show(f"## {experiment}\n\n{run(experiment, 2 * seeds if experiment == 'std' else seeds, OUT)[0]}")

    import torch

    show(f"{os.cpu_count()} cores, one thread a run, Python {platform.python_version()}, torch {torch.__version__}.")
    results = ROOT / "benchmarks" / "results" / "mnist.md"
    results.parent.mkdir(exist_ok=True)
    results.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
