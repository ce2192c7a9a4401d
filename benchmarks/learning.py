"""Does GRPO learn, on several seeds, and does a random reward teach nothing?

    python benchmarks/learning.py demo    configs/demo.yaml: three seeds and the control with a random reward
    python benchmarks/learning.py llm     configs/llm.yaml: the same for SmolLM2, then two-digit sums after seed 0
    python benchmarks/learning.py gsm     the same for SmolLM2 and word problems; the table is only printed
    python benchmarks/learning.py demo --seeds 1 num_steps=2 ...    fewer seeds, changed settings

Each run is `python -m lab.train` on the reference solutions, in a process of its own, below runs/learning-demo,
learning-llm or learning-gsm. A run that was stopped goes on, and a finished one is not repeated (remove the folder to
repeat it). Prints a table: what was measured before → after training. If no setting was changed, it goes to
benchmarks/results/learning.md or llm.md. Minutes are those of the steps, without evaluation. Processor minutes
add up all cores.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
# metric of an evaluation -> (column, digits)
BOTH = {  # before and after
    "accuracy_sampled": ("sampled right", 3), "accuracy_greedy": ("greedy right", 3),
    "greedy_length": ("greedy tokens", 1), "greedy_workings": ("greedy with a working", 3),
    "workings": ("sampled with a working", 3),
}  # fmt: skip
AFTER = {
    "workings_right": ("sampled workings that are right", 3),
    "workings_wrong_but_paid": ("wrong, but paid", 3),
}  # fmt: skip
GSM = ("task=gsm", "grpo.max_new_tokens=24", "eval_problems=80", "eval_samples=4", "eval_every=16")
STEPS = {"steps": ("steps", 0), "minutes": ("minutes", 1), "processor_minutes": ("processor minutes", 1)}
Row = dict[str, tuple[float, ...]]  # one or two numbers for each column


def train(folder: str, name: str, arguments: list[str]) -> Row:
    """Does a run, or what is left of it. Returns the numbers of its row."""
    path = ROOT / "runs" / folder / name
    if not (path / "model").is_dir():
        print(f"{name} ...", file=sys.stderr, flush=True)
        command = [sys.executable, "-m", "lab.train", "--config", *arguments, f"name={folder}/{name}"]
        command += ["--resume"] if (path / "config.yaml").exists() else []
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path.with_suffix(".log"), "a", encoding="utf-8") as log:
            environment = {"OMP_WAIT_POLICY": "passive", **os.environ, "SOLUTION": "1"}
            done = subprocess.run(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
        if done.returncode:
            sys.exit(f"error: {name} failed; see {path.with_suffix('.log')}")
    lines = [json.loads(line) for line in (path / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    measured, steps = [m for m in lines if "accuracy_sampled" in m], [m for m in lines if m["step"] > 0]
    before, after = measured[0], measured[-1]
    row: Row = {name: (before[name], after[name]) for name in BOTH if name in after}
    row |= {name: (after[name],) for name in AFTER if name in after}
    row |= {"steps": (len(steps),), "minutes": (sum(m["seconds"] for m in steps) / 60,)}
    return row | {"processor_minutes": (sum(m["processor_seconds"] for m in steps) / 60,)}


def median(rows: list[Row]) -> Row:
    return {name: tuple(map(statistics.median, zip(*(row[name] for row in rows), strict=True))) for name in rows[0]}


def table(rows: dict[str, Row]) -> list[str]:
    """The lines of a table in Markdown."""
    columns = {name: column for name, column in (BOTH | AFTER | STEPS).items() if any(name in r for r in rows.values())}
    lines = ["| run | " + " | ".join(label for label, _ in columns.values()) + " |", "|---" * (1 + len(columns)) + "|"]
    for label, row in rows.items():
        cells = [" → ".join(f"{x:.{digits}f}" for x in row.get(name, ())) for name, (_, digits) in columns.items()]
        lines.append(f"| {label} | " + " | ".join(cells) + " |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["demo", "llm", "gsm"])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("settings", nargs="*", metavar="key=value", help="change a setting of all runs")
    given = parser.parse_intermixed_args()
    folder, settings = f"learning-{given.what}", [*(GSM if given.what == "gsm" else ()), *given.settings]
    config = "configs/demo.yaml" if given.what == "demo" else "configs/llm.yaml"
    rows = {f"seed {s}": train(folder, f"seed{s}", [config, f"seed={s}", *settings]) for s in range(given.seeds)}
    rows["**median**"] = median([*rows.values()])
    control = train(folder, "control", [config, "seed=0", "reward=random", *settings])
    rows["control: random reward, seed 0"] = control
    if given.what == "llm":
        after = ["configs/llm2.yaml", f"model_path=runs/{folder}/seed0/model", *given.settings]
        rows["two-digit sums, after seed 0"] = train(folder, "two-digit", after)
    text = (
        "\n".join(table(rows))
        + f"""

Made by `python benchmarks/learning.py {given.what}`. Held-out problems, sampled at temperature 1.
{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}.
"""
    )
    print(text)
    if not settings:
        results, curve = {
            "demo": (RESULTS / "learning.md", ROOT / "docs" / "demo_curve.png"),
            "llm": (RESULTS / "llm.md", RESULTS / "llm_curve.png"),
        }[given.what]
        results.write_text(text, encoding="utf-8")
        shutil.copy(ROOT / "runs" / folder / "seed0" / "curve.png", curve)


if __name__ == "__main__":
    main()
