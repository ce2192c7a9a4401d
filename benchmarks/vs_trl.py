"""Compares one GRPO step by TRL and by lab/engine: seconds by part, tokens per second, peak memory.

    python benchmarks/vs_trl.py                        everything: about 40 minutes on two quiet cores
    python benchmarks/vs_trl.py --models 138K --tokens 16 --lengths equal --rounds 1    the smallest setting
    python benchmarks/vs_trl.py --device cuda --models 0.5B --lengths equal             on a GPU, in bfloat16

TRL 1.16.0 and our engine get the same model, prompts, group size, number of tokens, optimizer, loss and reward. They
run in the same environment (runs/trl-env, made on the first run), each in a process of its own with one thread unless
--threads says otherwise. The processes take turns, a step each. The table has medians over the turns; ratios are taken
within a turn. The engine has two rows:

    same work    float32, every completion trained on: it saves only repetition and padding
    all tricks   also: groups without signal are not trained on, and bfloat16 if it pays

Models: random Llamas of 138K and 4.2M parameters (8 prompts x 8 completions), and SmolLM2-135M-Instruct (2 x 4). 0.5B
has the shapes of a Qwen2.5 of that size, random weights, and bfloat16 products on both sides. With "equal" lengths all
completions run to the limit; with "unequal" ones they end by themselves. The reward is 0 or 1, and half of the prompts
are never solved, so half of the groups have no signal. A run with all usual cases writes benchmarks/results/vs_trl.md.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from course.base.errors import run_command  # noqa: E402
from lab.export.environment import OF, ensure_environment  # noqa: E402
from lab.models import smollm2  # noqa: E402

WORKER = Path(__file__).with_name("vs_trl_worker.py")
RESULT = ROOT / "benchmarks" / "results" / "vs_trl.md"
SIDES = ("trl", "same", "all")
ROUNDS = {  # model -> limit of tokens -> turns
    "138K": {16: 21, 64: 13, 256: 5}, "4.2M": {16: 9, 64: 5, 256: 2}, "135M": {16: 3, 64: 2, 256: 1},
    "0.5B": {16: 9, 64: 9, 256: 5},
}  # fmt: skip
USUAL = ("138K", "4.2M", "135M")
PROMPTS, GROUP = {"135M": 2}, {"135M": 4}  # else 8


class Worker:
    """A process that does one step at a time."""

    def __init__(self, python: Path, side: str, case: dict[str, Any]):
        self.log = open(ROOT / "runs" / "vs_trl" / f"{side}.log", "w")  # noqa: SIM115
        environment = {**os.environ, "OMP_NUM_THREADS": str(case["threads"]), "OMP_WAIT_POLICY": "passive"}
        self.process = subprocess.Popen(
            [str(python), str(WORKER), side, json.dumps(case)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=self.log, text=True, env=environment,
        )  # fmt: skip

    def step(self) -> dict[str, Any]:
        self.process.stdin.write("step\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"error: a process ended; see {self.log.name}")
        return json.loads(line)

    def stop(self) -> None:
        self.process.stdin.close()
        self.process.wait()
        self.log.close()


def measure(python: Path, case: dict[str, Any], rounds: int) -> dict[str, list[dict[str, Any]]]:
    """{side: what each of its steps took}, after two steps that are not counted (of SmolLM2, one)."""
    folder = ROOT / "runs" / "vs_trl" / case["name"]
    if not (folder / "model.safetensors").exists():
        folder.mkdir(parents=True, exist_ok=True)
        if case["model"] == "135M":
            smollm2.ensure()
        done = subprocess.run([str(python), str(WORKER), "make", json.dumps(case)], capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"error: the model of {case['name']} could not be made:\n{done.stderr}")
    workers = {side: Worker(python, side, case) for side in SIDES}
    found: dict[str, list[dict[str, Any]]] = {side: [] for side in SIDES}
    try:
        for turn in range(-1 if case["model"] == "135M" else -2, rounds):
            for side in SIDES[turn % 3 :] + SIDES[: turn % 3]:  # no side is always the first
                step = workers[side].step()
                if turn >= 0:
                    found[side].append(step)
    finally:
        for worker in workers.values():
            worker.stop()
    return found


def rows_of(case: dict[str, Any], found: dict[str, list[dict[str, Any]]]) -> tuple[str, str]:
    """A row of the table of seconds, and one of the table of tokens and memory."""
    by_clock = case["threads"] > 1 or case["device"] != "cpu"
    key, place = ("seconds", 0) if by_clock else ("processor", 1)

    def median(side: str, of: Any) -> float:
        return statistics.median(of(step) for step in found[side])

    def cell(side: str) -> str:
        parts = [median(side, lambda s, n=name: s["parts"][n][place]) for name in ("generate", "score", "train")]
        return f"{shown(median(side, lambda s: s[key]))} ({' + '.join(map(shown, parts))})"

    ratios = [statistics.median(a[key] / b[key] for a, b in zip(found[side], found["trl"], strict=True))
              for side in ("same", "all")]  # fmt: skip
    length = {side: statistics.fmean(s["length"] for s in steps) for side, steps in found.items()}
    start = f"| {case['model']} | {case['tokens']} | {'equal' if case['equal'] else 'unequal'} |"
    seconds = f"{start} {cell('trl')} | {cell('same')} | **{ratios[0]:.2f}** | {cell('all')} | **{ratios[1]:.2f}** |"
    speed = [case["prompts"] * case["group"] * length[side] / median(side, lambda s: s[key]) for side in SIDES]
    peak = [median(side, lambda s: s["peak"]) for side in SIDES]
    return seconds, f"{start} " + " | ".join(f"{x:,.0f}" for x in (*speed, *peak)) + " |"


def shown(seconds: float) -> str:
    return f"{seconds:.3f}" if seconds < 0.1 else f"{seconds:.2f}" if seconds < 10 else f"{seconds:.1f}"


def report(rows: list[tuple[str, str]], given: argparse.Namespace) -> str:
    by_clock = given.threads > 1 or given.device != "cpu"
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, torch 2.13.0"
    return f"""# lab/engine and TRL

Made by `python benchmarks/vs_trl.py`: TRL 1.16.0 and lab/engine take turns, a step each. {machine}; {given.threads}
thread for each; {given.device}.

## Seconds per step

In brackets: generate + score + train. The seconds are the {"clock's" if by_clock else "processor's"}.

| model | limit | lengths | TRL | same work | ratio | all tricks | ratio |
|---|---|---|---|---|---|---|---|
""" + "\n".join(seconds for seconds, _ in rows) + """

## Tokens per second, and peak memory

Tokens are those of the completions. Memory: the largest during a step (median of the steps), minus what the process
held after the imports.

| model | limit | lengths | tokens per second: TRL | same work | all tricks | MB: TRL | same | all |
|---|---|---|---|---|---|---|---|---|
""" + "\n".join(memory for _, memory in rows) + "\n"  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", nargs="+", choices=list(ROUNDS), default=USUAL)
    parser.add_argument("--tokens", nargs="+", type=int, choices=[16, 64, 256])
    parser.add_argument("--lengths", nargs="+", choices=["equal", "unequal"], default=["equal", "unequal"])
    parser.add_argument("--rounds", type=int, help="turns of each case, instead of its own number")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    given = parser.parse_args()
    if "0.5B" in given.models and "unequal" in given.lengths:
        sys.exit("error: random weights write no end, so model 0.5B has --lengths equal only")
    python = ensure_environment(*OF["trl"])
    (ROOT / "runs" / "vs_trl").mkdir(parents=True, exist_ok=True)
    rows = []
    for model, tokens, lengths in itertools.product(given.models, given.tokens or (16, 64, 256), given.lengths):
        if not given.tokens and (model, tokens) == ("135M", 256):
            continue  # minutes a step
        case = {
            "model": model, "tokens": tokens, "equal": lengths == "equal", "name": f"{model}-{tokens}-{lengths}",
            "prompts": PROMPTS.get(model, 8), "group": GROUP.get(model, 8), "threads": given.threads,
            "device": given.device, "half": model == "0.5B",
        }  # fmt: skip
        rows.append(rows_of(case, measure(python, case, given.rounds or ROUNDS[model][tokens])))
        print(rows[-1][0], flush=True)
    text = report(rows, given)
    print(text)
    if given.models == USUAL and not (given.tokens or given.rounds) and (given.threads, given.device) == (1, "cpu"):
        RESULT.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    run_command(main)
