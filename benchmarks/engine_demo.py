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
from lab.tasks import worked_sums  # noqa: E402
from lab.train import lesson_run, settings  # noqa: E402
from lab.train.evaluation import Evaluation, by_transformers  # noqa: E402
from lab.train.run import named  # noqa: E402


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
    run, seconds = lesson_run.read(settings.read(ROOT / "configs" / "demo.yaml"), "demo.yaml"), Seconds()
    chosen = run.chosen
    tokenizer = addition_model.make_tokenizer()
    model = addition_model.make_model(tokenizer, run.model, chosen.seed)
    data = {s: named(chosen.dataset)(tokenizer, digits=chosen.digits, split=s) for s in ("train", "test")}
    prompts = [prompt for prompt, _ in data["train"].data]
    seconds.of(
        "warm start",
        lambda: addition_model.warm_start(model, tokenizer, prompts, run.warm_start, chosen.seed),
    )

    trainers, rewards = {}, {}
    for engine in ("plain", "fast"):
        chosen.engine = engine
        own = copy.deepcopy(model)
        trainers[engine] = run.make_trainer(own, tokenizer, data["train"], run.grpo())
    steps = options.steps or trainers["plain"].config.num_steps
    for step in range(steps):
        for engine in ("plain", "fast") if step % 2 else ("fast", "plain"):
            rewards[engine] = seconds.of(engine, trainers[engine].step)["reward"]
        if step % 20 == 19:
            print({name: [round(x, 1) for x in spent] for name, spent in seconds.spent.items()}, flush=True)

    held_out = [(prompt, str(answer)) for prompt, answer in data["test"].data[: chosen.eval_problems]]
    complete = by_transformers(trainers["fast"].model, tokenizer, 10)
    evaluation = Evaluation(held_out, complete, worked_sums.score, chosen.eval_samples, 0, 0)
    seconds.of("evaluation, whole", lambda: evaluation.accuracy(chosen.eval_samples))
    seconds.of("evaluation, between", lambda: evaluation.accuracy(1))
    between = steps // chosen.eval_every - (steps % chosen.eval_every == 0)
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
