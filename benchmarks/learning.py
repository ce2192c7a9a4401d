"""Does GRPO learn, on several seeds, and does it stay ignorant when the reward knows nothing?

    python benchmarks/learning.py            three seeds and the random-reward control, one after the other
    python benchmarks/learning.py --seeds 5  more

Each run is `python -m lab.train --config configs/demo.yaml` on the reference solutions in a process of its own;
the seconds are those of the whole process, imports and warm start included. Prints a table in Markdown and
writes it to benchmarks/results/learning.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEADER = "| run | sampled before | sampled after | greedy before | greedy after | seconds |\n|---|---|---|---|---|---|"


def run(name: str, *settings: str) -> dict[str, float]:
    """One training run; its first and last accuracies, and the seconds it took."""
    command = [sys.executable, "-m", "lab.train", "--config", "configs/demo.yaml", f"name={name}", *settings]
    start = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, "SOLUTION": "1"}, capture_output=True, text=True)
    seconds = time.perf_counter() - start
    if done.returncode != 0:
        sys.exit(f"error: {name} failed:\n{done.stderr}")
    lines = (ROOT / "runs" / name / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    measured = [m for m in map(json.loads, lines) if "accuracy_sampled" in m]
    first, last = measured[0], measured[-1]
    return {
        "sampled before": first["accuracy_sampled"],
        "sampled after": last["accuracy_sampled"],
        "greedy before": first["accuracy_greedy"],
        "greedy after": last["accuracy_greedy"],
        "seconds": seconds,
    }


def row(label: str, values: dict[str, float]) -> str:
    numbers = [f"{value:.0f}" if name == "seconds" else f"{value:.3f}" for name, value in values.items()]
    return f"| {label} | {' | '.join(numbers)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    seeds = range(parser.parse_args().seeds)
    rows, runs = [HEADER], []
    print(HEADER, flush=True)

    def show(label: str, values: dict[str, float]) -> None:
        rows.append(row(label, values))
        print(rows[-1], flush=True)

    for seed in seeds:
        runs.append(run(f"learning-seed{seed}", f"seed={seed}"))
        show(f"seed {seed}", runs[-1])
    show("**median**", {name: statistics.median(r[name] for r in runs) for name in runs[0]})
    show("control: random reward, seed 0", run("learning-control", "seed=0", "reward=random"))

    import torch

    note = (
        f"500 held-out sums; sampled: 4 completions each at temperature 1. {os.cpu_count()} cores, "
        f"{torch.get_num_threads()} torch threads, Python {platform.python_version()}, torch {torch.__version__}."
    )
    print(f"\n{note}")
    results = ROOT / "benchmarks" / "results" / "learning.md"
    results.parent.mkdir(exist_ok=True)
    results.write_text("\n".join([*rows, "", note]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
