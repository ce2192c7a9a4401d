"""Measures every figure of lesson 15's page: GRPO on MNIST, other methods, group sizes, the standard deviation, memory.

    python benchmarks/mnist.py             3 seeds, 10 for the baselines, 6 for the standard deviation
    python benchmarks/mnist.py --seeds 1   1 seed for all: quicker, without ±
    python benchmarks/mnist.py --seeds 1 --only memory    one experiment, which writes no file

Each experiment is `python -m lab.run lesson15_grpo_mnist.given.experiments EXPERIMENT` on the reference solutions, in a
process of its own. The seconds of one run alone are those of the whole process, imports and reading the images
included. Prints tables in Markdown and writes them to benchmarks/results/mnist.md; plots go to runs/mnist-benchmark.
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
SEEDS = {"main": 3, "baselines": 10, "one_answer": 3, "groups": 3, "std": 6, "memory": 1}


def run(experiment: str, seeds: int, out: Path) -> tuple[str, float, float]:
    """The tables of an experiment, and the seconds that its process took: by the clock, and of the processor."""
    command = [sys.executable, "-m", "lab.run", "lesson15_grpo_mnist.given.experiments", experiment]
    command += ["--seeds", str(seeds), "--out", str(out)]
    start, before = time.perf_counter(), os.times()
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, "SOLUTION": "1"}, capture_output=True, text=True)
    seconds, after = time.perf_counter() - start, os.times()
    if done.returncode != 0:
        sys.exit(f"error: {experiment} failed:\n{done.stderr}")
    worked = after.children_user + after.children_system - before.children_user - before.children_system
    return (ROOT / out / experiment / "table.md").read_text(encoding="utf-8"), seconds, worked


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, help="for every experiment")
    parser.add_argument("--only", choices=SEEDS)
    given = parser.parse_args()
    parts = []
    if not given.only:
        _, seconds, worked = run("main", 1, OUT / "alone")
        parts.append(
            f"One run alone, the whole process: {seconds:.0f} s by the clock, {worked:.0f} s of one core's time.\n"
        )
    for experiment in [given.only] if given.only else SEEDS:
        table, _, _ = run(experiment, given.seeds or SEEDS[experiment], OUT)
        parts.append(f"## {experiment}\n\n{table}")
        print(parts[-1], flush=True)
    parts.append(f"{os.cpu_count()} cores, one thread a run, Python {platform.python_version()}.")
    if not given.only:
        (ROOT / "benchmarks" / "results" / "mnist.md").write_text("\n".join(parts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
