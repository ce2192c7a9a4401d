"""Do the trainers of other libraries learn the demo's task as ours does, from the same start?

    python benchmarks/other_trainers.py             Tunix and ours, three seeds, and Tunix rewarded at random
    python benchmarks/other_trainers.py trl         the same for TRL
    python benchmarks/other_trainers.py --seeds 1   fewer seeds

Ours is configs/demo.yaml, as in `python benchmarks/learning.py demo`, whose runs are taken if they are there; the other
is `make tunix` or `make trl`, with configs/tunix/cpu.yaml or configs/trl/cpu.yaml. All are asked the same 500 held-out
sums before and after, in the same way: four samples of each at temperature 1, and the greedy answer.

One run after another, each in a process of its own. A finished run is not repeated (remove its folder below
runs/other-trainers to repeat it). Prints the table, which benchmarks/results/tunix.md or trl.md keeps.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys

import learning

ROOT = learning.ROOT
FOLDER = ROOT / "runs" / "other-trainers"
COLUMNS = {"accuracy_sampled": "sampled right", "accuracy_greedy": "greedy right"}
TITLES = {"trl": "TRL", "tunix": "Tunix"}
Pairs = dict[str, tuple[float, ...]]  # metric -> before and after


def other(library: str, name: str, *arguments: str) -> Pairs:
    """A run of lab.export.local_run, or what a finished one has left."""
    folder = FOLDER / f"{library}-{name}"
    if not (folder / "result.json").exists():
        print(f"{TITLES[library]}, {name} ...", file=sys.stderr, flush=True)
        folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "lab.export.local_run", library, "--out", str(folder), *arguments]
        with open(folder / "printed.log", "w", encoding="utf-8") as log:
            done = subprocess.run(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)
        if done.returncode:
            sys.exit(f"error: {name} failed; see {folder / 'printed.log'}")
    result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    return {metric: (result["before"][metric], result["after"][metric]) for metric in COLUMNS}


def row(name: str, *runs: Pairs | None) -> str:
    cells = [" → ".join(f"{value:.3f}" for value in run[metric]) if run else "" for metric in COLUMNS for run in runs]
    return f"| {name} | " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("library", nargs="?", choices=list(TITLES), default="tunix")
    parser.add_argument("--seeds", type=int, default=3)
    given = parser.parse_args()
    title = TITLES[given.library]
    head = [f"{who}: {column}" for column in COLUMNS.values() for who in ("ours", title)]
    lines = ["| run | " + " | ".join(head) + " |", "|---" * (1 + len(head)) + "|"]
    apart = []
    for seed in range(given.seeds):
        ours = learning.train("learning-demo", f"seed{seed}", ["configs/demo.yaml", f"seed={seed}"])
        theirs = other(given.library, f"seed{seed}", "--seed", str(seed))
        lines.append(row(f"seed {seed}", ours, theirs))
        apart.append(abs(ours["accuracy_sampled"][1] - theirs["accuracy_sampled"][1]))
    lines.append(row("control: random reward, seed 0", None, other(given.library, "control", "--control")))
    text = "\n".join(lines) + (
        f"\n\nBefore → after. After training, the sampled accuracies of one seed differ by {max(apart):.3f} at most.\n"
        f"Made by `python benchmarks/other_trainers.py {given.library}`: {os.cpu_count()} cores, {platform.machine()}, "
        f"Python {platform.python_version()}.\n"
    )
    print(text)
    if given.seeds == 3:
        (learning.RESULTS / f"{given.library}.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
