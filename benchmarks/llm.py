"""Does GRPO improve SmolLM2-135M-Instruct at sums, on several seeds, and does it not where the reward knows nothing?

    python benchmarks/llm.py            three seeds, the random-reward control, and two-digit sums after seed 0
    python benchmarks/llm.py --table    only the tables, of the runs that are there

Each run is `python -m lab.train --config configs/llm.yaml` on the reference solutions, in a process of its own. What
was stopped goes on, what is finished is not done again (remove runs/llm-bench for that). Its output is kept as
runs/llm-bench/NAME.log; tables and samples go to benchmarks/results/llm.md. Seconds are those of a run's steps, without
evaluation; processor seconds, both cores together, tell what that would be where nothing else runs.
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
RUNS = ROOT / "runs" / "llm-bench"
RESULT = ROOT / "benchmarks" / "results" / "llm.md"
HEADER = (
    "| run | sampled before | sampled after | greedy before | greedy after | steps | minutes | processor minutes |\n"
    "|---|---|---|---|---|---|---|---|"
)


def cases(seeds: int) -> list[tuple[str, str, list[str]]]:
    """(label, name, arguments) of each run, in the order in which they are done."""
    found = [(f"seed {s}", f"seed{s}", ["configs/llm.yaml", f"seed={s}"]) for s in range(seeds)]
    found.append(("control: random reward, seed 0", "control", ["configs/llm.yaml", "seed=0", "reward=random"]))
    after = ["configs/llm2.yaml", "model_path=runs/llm-bench/seed0/model"]
    return [*found, ("two-digit sums, after seed 0", "two-digit", after)]


def metrics(name: str) -> list[dict]:
    path = RUNS / name / "metrics.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def finished(name: str) -> bool:
    return (RUNS / name / "model").is_dir()


def run(name: str, arguments: list[str]) -> None:
    """Does the run, or what is left of it."""
    begun = (RUNS / name / "config.yaml").exists()
    command = [sys.executable, "-m", "lab.train", "--config", *arguments, f"name=llm-bench/{name}"]
    RUNS.mkdir(parents=True, exist_ok=True)
    environment = {"OMP_WAIT_POLICY": "passive", **os.environ, "SOLUTION": "1", "PYTHONUNBUFFERED": "1"}
    with open(RUNS / f"{name}.log", "a", encoding="utf-8") as log:
        done = subprocess.run([*command, *(["--resume"] if begun else [])], cwd=ROOT, env=environment, stdout=log,
                              stderr=subprocess.STDOUT)  # fmt: skip
    if done.returncode:
        sys.exit(f"error: {name} failed; see {(RUNS / name).relative_to(ROOT)}.log")


def numbers(name: str) -> dict[str, float]:
    lines = metrics(name)
    looks = [m for m in lines if "accuracy_sampled" in m]
    first, last = looks[0], looks[-1]
    found = {}
    for when, m in (("before", first), ("after", last)):
        found |= {f"{key} {when}": m[f"accuracy_{key}"] for key in ("sampled", "low", "high", "greedy")}
    steps = [m for m in lines if m["step"] > 0]
    found |= {"steps": len(steps), "minutes": sum(m["seconds"] for m in steps) / 60}
    return found | {"processor": sum(m.get("processor_seconds", 0.0) for m in steps) / 60}


def row(label: str, n: dict[str, float], interval: bool = True) -> str:
    def sampled(when: str) -> str:
        return f"{n[f'sampled {when}']:.3f}" + (
            f" ({n[f'low {when}']:.3f}–{n[f'high {when}']:.3f})" if interval else ""
        )

    return (
        f"| {label} | {sampled('before')} | {sampled('after')} | {n['greedy before']:.3f} | {n['greedy after']:.3f} "
        f"| {n['steps']:.0f} | {n['minutes']:.1f} | {n['processor']:.1f} |"
    )


def tables(seeds: int) -> str:
    """The text of the result file, of the runs that are finished."""
    rows = [HEADER]
    done = [(label, name) for label, name, _ in cases(seeds) if finished(name)]
    of_seeds = [(label, name) for label, name in done if name.startswith("seed")]
    rows += [row(label, numbers(name)) for label, name in of_seeds]
    if of_seeds:
        found = [numbers(name) for _, name in of_seeds]
        rows.append(row("**median**", {k: statistics.median(n[k] for n in found) for k in found[0]}, interval=False))
    rows += [row(label, numbers(name)) for label, name in done if not name.startswith("seed")]
    logs = []
    for label, name in done:
        curve = ", ".join(f"{m['step']}: {m['accuracy_sampled']:.3f}" for m in metrics(name) if "accuracy_sampled" in m)
        rewards = " ".join(f"{m['reward']:.2f}" for m in metrics(name) if m["step"] > 0)
        logs.append(f"**{label}.** Sampled accuracy after step {curve}. Reward of each step: {rewards}")
    samples, curve = RUNS / "seed0" / "samples.md", RUNS / "seed0" / "curve.png"
    if curve.exists():
        shutil.copy(curve, RESULT.with_name("llm_curve.png"))
    return "\n".join([
        "# SmolLM2-135M-Instruct learns sums by GRPO", "",
        "Made by `python benchmarks/llm.py` (configs/llm.yaml, configs/llm2.yaml). Held-out problems; sampled: at",
        "temperature 1, with the 95 % interval (Wilson) of the drawing. A completion is right if its last number is.",
        f"Minutes are of the run's steps, on {os.cpu_count()} cores of {platform.machine()} which other work shared;",
        "processor minutes are of both cores together.", "",
        *rows, "", "![Learning curve of seed 0](llm_curve.png)", "",
        "## Completions of seed 0", "", samples.read_text(encoding="utf-8") if samples.exists() else "",
        "## How the runs went", "", "\n\n".join(logs), "",
    ])  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--table", action="store_true", help="only write the tables again")
    options = parser.parse_args()
    for label, name, arguments in cases(options.seeds):
        if not options.table and not finished(name):
            print(f"{label} ...", flush=True)
            run(name, arguments)
        RESULT.write_text(tables(options.seeds), encoding="utf-8")
    print(RESULT.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
