"""What the engine saves in `make demo`: python benchmarks/engine_demo.py (about 3 minutes on two quiet cores)

The demo as configs/demo.yaml has it, in one process: one warm start, then GRPO twice from the same weights, by the
lesson's own code (engine=plain) and by lab/engine (engine=fast), a step each in turn; then the evaluation. Each part's
seconds are added up as they occur in a run of the command, which imports and draws a curve besides. Prints a table in
Markdown and writes it to benchmarks/results/engine_demo.md.
"""

from __future__ import annotations

import argparse
import copy
import os
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
os.environ["SOLUTION"] = "1"
os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # a waiting thread uses no processor time
sys.path.insert(0, str(ROOT))

import torch  # noqa: E402

from lab.models import addition_model  # noqa: E402
from lab.train import evaluate  # noqa: E402
from lab.train import settings as config  # noqa: E402
from lab.train.lesson_run import RunConfig, grpo_config, make_trainer, named  # noqa: E402


class Seconds:
    """Of the clock and of the processor, by name."""

    def __init__(self):
        self.spent: dict[str, list[float]] = {}

    def of(self, name: str, work: Callable[[], Any]) -> Any:
        start = time.perf_counter(), time.process_time()
        result = work()
        ends = time.perf_counter(), time.process_time()
        own = self.spent.setdefault(name, [0.0, 0.0])
        for i in range(2):
            own[i] += ends[i] - start[i]
        return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--steps", type=int, help="of GRPO, instead of the demo's")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    settings, seconds = config.load(RunConfig, ROOT / "configs" / "demo.yaml", []), Seconds()
    tokenizer = addition_model.make_tokenizer()
    model = addition_model.make_model(tokenizer, settings.model, settings.seed)
    data = {s: named(settings.dataset)(tokenizer, digits=settings.digits, split=s) for s in ("train", "test")}
    prompts = [prompt for prompt, _ in data["train"].data]
    seconds.of(
        "warm start",
        lambda: addition_model.warm_start(model, tokenizer, prompts, settings.warm_start, settings.seed),
    )

    trainers, rewards = {}, {}
    for engine in ("plain", "fast"):
        settings.engine = engine
        own = copy.deepcopy(model)
        trainers[engine] = make_trainer(settings, own, tokenizer, data["train"], grpo_config(settings))
    steps = options.steps or trainers["plain"].config.num_steps
    for step in range(steps):
        for engine in ("plain", "fast") if step % 2 else ("fast", "plain"):
            rewards[engine] = seconds.of(engine, trainers[engine].step)["reward"]
        if step % 20 == 19:
            print({name: [round(x, 1) for x in spent] for name, spent in seconds.spent.items()}, flush=True)

    held_out = data["test"].data[: settings.eval_problems]
    whole, sampled = settings.eval_samples, 1
    for name, samples in (("evaluation, whole", whole), ("evaluation, between", sampled)):
        seconds.of(name, lambda samples=samples: evaluate.accuracy(
            trainers["fast"].model, tokenizer, held_out, samples=samples, max_new_tokens=10, seed=0
        ))  # fmt: skip
    between = steps // settings.eval_every - (steps % settings.eval_every == 0)
    spent = seconds.spent
    evaluations = [2 * spent["evaluation, whole"][i] + between * spent["evaluation, between"][i] for i in range(2)]

    lines = ["| | clock: plain | fast | ratio | processor: plain | fast | ratio |", "|---|---|---|---|---|---|---|"]
    common = [spent["warm start"][i] + evaluations[i] for i in range(2)]
    rows = {
        f"{steps} steps of GRPO": [(spent["plain"][i], spent["fast"][i]) for i in range(2)],
        "warm start": [(spent["warm start"][i],) * 2 for i in range(2)],
        "evaluation": [(evaluations[i],) * 2 for i in range(2)],
        "**together**": [tuple(spent[e][i] + common[i] for e in ("plain", "fast")) for i in range(2)],
    }
    for label, pairs in rows.items():
        lines.append(f"| {label} | " + " | ".join(f"{a:.1f} | {b:.1f} | {b / a:.2f}" for a, b in pairs) + " |")
    text = f"""# The demo, by the lesson's own code and by the engine

Made by `python benchmarks/engine_demo.py`. {os.cpu_count()} cores, {options.threads} threads, Python
{platform.python_version()}, torch {torch.__version__}. Seconds; the two take turns, a step each.

""" + "\n".join(lines) + "\n"  # fmt: skip
    (ROOT / "benchmarks" / "results" / "engine_demo.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
