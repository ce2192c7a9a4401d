"""`make trl` and `make tunix`: a library's own trainer learns two-digit sums here, from our data and our reward.

    python -m lab.export.local_run trl [--seed 0] [--control] [key=value ...]
    python -m lab.export.local_run tunix [--seed 0] [--control] [key=value ...]

The demo's model learns from hasty homework, as in `make demo` (lab/models/demo_model.py), and is saved; the task is
exported as `python -m lab.export` does it; the library trains in its own environment (runs/trl-env or runs/tunix-env),
in a process that has only that folder; and the held-out sums are asked before and after. All of it stays in runs/trl/
or runs/tunix/ (--out: elsewhere).

--control rewards by the toss of a coin instead, from which nothing can be learned. key=value changes an option of the
library: max_steps=100 for TRL, training.max_steps=100 for Tunix.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging as transformers_logging

from course.base.atomic_files import write_text
from course.base.errors import UsageError, run_command
from course.base.switch import ROOT
from lab.export import environment, options
from lab.export.__main__ import export
from lab.export.environment import ensure_environment, shown
from lab.models import demo_model
from lab.tasks import worked_sums
from lab.train import settings
from lab.train.evaluation import Accuracy, Evaluation, Problem, by_transformers, fixed_order
from lab.train.report import Report
from lab.train.run_folder import save_model

DEMO = ROOT / "configs" / "demo.yaml"  # whose warm start this is
ASKED = 500  # held-out sums, four samples each
TOKENS = 10  # a worked answer and its end
COIN = """\
import random  # train.py seeds it


def reward(prompts, completions, **columns):
    return [float(random.random() < 0.5) for _ in completions]
"""


@dataclass(frozen=True)
class Library:
    """A library that trains on what `python -m lab.export NAME` writes."""

    name: str
    title: str
    trainer: str  # its class
    seed: str  # its option

    @property
    def config(self) -> Path:
        return ROOT / "configs" / self.name / "cpu.yaml"


LIBRARIES = {
    "trl": Library("trl", "TRL", "GRPOTrainer", "seed"),
    "tunix": Library("tunix", "Tunix", "GRPOLearner", "run.seed"),
}


def run(
    library: Library, seed: int, changes: Sequence[str], folder: Path, show: Report, python: Path, control: bool
) -> dict[str, Any]:
    """Does it all. Returns {"before": ..., "after": ..., "seconds": of the library's process}."""
    export(library.name, "worked_sums", folder / "data", library.config, [f"{library.seed}={seed}", *changes])
    if control:
        write_text(folder / "data" / "reward.py", COIN)
    problems = worked_sums.problems("test")
    asked = [(problems[i]["question"], problems[i]["answer"]) for i in fixed_order(len(problems), ASKED)]
    show.headline("Warm start: the demo's model learns from hasty homework")
    make_start(folder / "start", seed, show)
    before, answers = examine(folder / "start", asked, seed)
    show.note(f"{before.sampled:.2f} of sampled answers are right ({before.greedy:.2f} greedy)")
    paid = "the toss of a coin" if control else "our reward"
    show.headline(f"GRPO by {library.title}'s {library.trainer}, with our data and {paid}")
    clock = time.perf_counter()
    train(library, python, folder)
    seconds = time.perf_counter() - clock
    after, new_answers = examine(folder / "trained", asked, seed)
    show.samples(list(zip(asked, answers, new_answers, strict=False)), worked_sums.score)
    show.accuracies(before, after, len(asked))
    result = {
        "before": before.metrics(),
        "after": after.metrics(),
        "seconds": seconds,
        "seed": seed,
        "changed": [*changes],
        "reward": "random" if control else "task",
    }
    write_text(folder / "result.json", json.dumps(result, indent=1) + "\n")
    places = f"the model is in {shown(folder / 'trained')}, what {library.title} got in {shown(folder / 'data')}"
    show.note(f"{seconds:.0f} s by {library.title}; {places}")
    return result


def make_start(folder: Path, seed: int, show: Report) -> None:
    """The demo's warm-started model, as its run makes it from this seed, in transformers' format."""
    tokenizer = demo_model.make_tokenizer()
    model = demo_model.make_model(tokenizer, demo_model.ModelConfig(), seed)
    config = settings.build_dataclass(demo_model.WarmStartConfig, settings.read(DEMO)["warm_start"], "warm_start")
    prompts = [problem["question"] for problem in worked_sums.problems("train")]
    with show.progress("warm start", config.steps) as advance:
        demo_model.warm_start(model, tokenizer, prompts, config, seed, lambda step, loss: advance(step, {"loss": loss}))
    save_model(folder, model, tokenizer)


def examine(folder: Path, asked: Sequence[Problem], seed: int) -> tuple[Accuracy, list[str]]:
    """Accuracy of the model in `folder`, and its greedy answers to the first five."""
    tokenizer = AutoTokenizer.from_pretrained(folder, padding_side="left")
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    complete = by_transformers(model, tokenizer, TOKENS)
    evaluation = Evaluation(
        asked, complete, worked_sums.score, samples=4, shown=5, seed=seed, check_working=demo_model.check_working
    )
    return evaluation.accuracy(evaluation.samples), evaluation.completions()


def train(library: Library, python: Path, folder: Path) -> None:
    """The exported script, as somebody would start it who has the folder alone. Raises UsageError where it fails."""
    command = [str(python), "train.py", "--config", "config.yaml", "--model", str(folder.resolve() / "start")]
    command += ["--output_dir", str(folder.resolve() / "trained")]
    offline = {name: "1" for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE")}
    rest = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}  # the folder must not need this repository
    shutil.rmtree(folder / "trained", ignore_errors=True)  # an earlier run's
    log = folder / f"{library.name}.log"
    with open(log, "w", encoding="utf-8") as errors:
        code = subprocess.call(command, cwd=folder / "data", env={**rest, **offline}, stderr=errors)
    if code:
        last = (log.read_text(encoding="utf-8").strip().splitlines() or ["it printed nothing"])[-1]
        raise UsageError(f"{library.title}'s process ended with {code} ({last}); its output is in {shown(log)}")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m lab.export.local_run", description="GRPO by a library, here.")
    parser.add_argument("library", choices=list(LIBRARIES))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--control", action="store_true", help="reward by the toss of a coin")
    parser.add_argument("--out", type=Path, help="the folder of this run, instead of runs/trl or runs/tunix")
    parser.add_argument("settings", nargs="*", metavar="key=value", help="change an option of the library")
    parsed = parser.parse_intermixed_args(arguments)
    library = LIBRARIES[parsed.library]
    transformers_logging.disable_progress_bar()
    options.read(library.config, library.name, parsed.settings)  # report a mistyped option before installing anything
    python = ensure_environment(*environment.OF[library.name])
    folder = parsed.out or ROOT / "runs" / library.name
    try:
        run(library, parsed.seed, parsed.settings, folder, Report(), python, parsed.control)
    except KeyboardInterrupt:
        print("\nstopped; the same command begins anew")
        return 130
    return 0


if __name__ == "__main__":
    # In turns with the library's own lines, also if the output is piped
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    run_command(main)
