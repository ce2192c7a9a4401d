"""The experiments of lesson 15, each with a table and plots. They run on your code (SOLUTION=1: the reference).

    python -m lab.run lesson15_grpo_mnist.given.experiments              the same as main
    python -m lab.run lesson15_grpo_mnist.given.experiments main         GRPO, 10 times through the training images
    python -m lab.run lesson15_grpo_mnist.given.experiments baselines    group mean, batch mean, none, critic: equal samples
    python -m lab.run lesson15_grpo_mnist.given.experiments groups       G = 2 ... 128: equal samples; and the share of groups without signal
    python -m lab.run lesson15_grpo_mnist.given.experiments std          with and without dividing by the standard deviation, digit by digit
    python -m lab.run lesson15_grpo_mnist.given.experiments memory       bytes of actor and critic, measured; and the arithmetic for 8 billion
    python -m lab.run lesson15_grpo_mnist.given.experiments all          all of them

    --seeds 3   --out runs/mnist   --data FOLDER (of IDX files; by default those that the course brings)

Every run is one thread of its own; as many run at a time as there are cores. A run's seconds are those of the
processor, reading the data included. Left out on purpose: checkpoints (a run takes seconds).
"""

from __future__ import annotations

import argparse
import functools
import json
import math
import multiprocessing
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from lesson15_grpo_mnist.given import mnist

from course.base.atomic_files import write_text
from course.base.errors import UsageError, run_command
from lab.train.interrupt import end_silently

IMAGES = 60_000
SAMPLES_PER_STEP = 2048  # answers; of every experiment, so that a step means the same everywhere


@dataclass
class Run:
    """What one run is asked to do."""

    label: str
    passes: float = 10.0  # how often 60,000 images of 16 answers each: 1 means 960,000 answers, whatever the group
    settings: dict[str, Any] = field(default_factory=dict)  # of DigitConfig
    evaluations: int = 10  # on the test images, evenly spaced
    seed: int = 0
    data: Path = mnist.EMBEDDED


@dataclass
class Outcome:
    """What came of it. The lists have one entry for each evaluation."""

    run: Run
    samples: list[int]  # answers so far
    greedy: list[float]  # accuracy of the likeliest digit, 0 to 1
    sampled: list[float]  # mean probability of the right digit, 0 to 1
    by_digit: list[list[float]]  # greedy accuracy for each digit 0 to 9
    right_by_digit: list[list[float]]  # mean probability of the right digit, for each digit
    no_signal: list[float]  # share of groups without signal, mean since the last evaluation
    expected_no_signal: list[float]  # the same, from the probabilities of the right digit on the test images
    reward: list[float]
    seconds: float  # of the processor


@functools.lru_cache(maxsize=1)
def _data(folder: Path) -> mnist.Digits:
    return mnist.standardised(mnist.load(folder))


def perform(run: Run) -> Outcome:
    """Trains one policy, in this process and in one thread."""
    started = time.process_time()
    import torch
    from lesson15_grpo_mnist.environment.digits import DigitEnvironment
    from lesson15_grpo_mnist.memory.accounting import expected_share_without_signal
    from lesson15_grpo_mnist.models.actor import Actor, action_log_probs
    from lesson15_grpo_mnist.models.critic import Critic
    from lesson15_grpo_mnist.training.trainer import DigitConfig, DigitTrainer, evaluate

    torch.set_num_threads(1)
    data = _data(run.data)
    group = run.settings.get("group_size", 16)
    steps = round(run.passes * IMAGES * 16 / SAMPLES_PER_STEP)
    config = DigitConfig(**{
        "images_per_step": SAMPLES_PER_STEP // group, "num_steps": steps, "seed": run.seed, **run.settings
    })  # fmt: skip
    torch.manual_seed(run.seed)
    actor = Actor()
    critic = Critic() if config.baseline == "critic" else None
    trainer = DigitTrainer(actor, DigitEnvironment(data.train_images, data.train_labels), config, critic)
    outcome = Outcome(run, [], [], [], [], [], [], [], [], 0.0)
    labels = data.test_labels
    for part in range(1, run.evaluations + 1):
        metrics = trainer.train(round(steps * part / run.evaluations) - trainer.step_number)
        seen = evaluate(actor, data.test_images, labels)
        with torch.no_grad():
            right = action_log_probs(actor(data.test_images), labels[:, None]).exp()[:, 0]
        outcome.samples.append(trainer.step_number * SAMPLES_PER_STEP)
        outcome.greedy.append(seen["greedy"])
        outcome.sampled.append(seen["sampled"])
        outcome.by_digit.append(seen["by_digit"])
        outcome.right_by_digit.append([right[labels == d].mean().item() for d in range(mnist.DIGITS)])
        outcome.no_signal.append(statistics.fmean(m["no_signal"] for m in metrics))
        outcome.expected_no_signal.append(expected_share_without_signal(right.clamp(0, 1), group).item())
        outcome.reward.append(statistics.fmean(m["reward"] for m in metrics))
    outcome.seconds = time.process_time() - started
    return outcome


def perform_all(runs: Sequence[Run], seeds: int, show: Callable[[str], None] = print) -> dict[str, list[Outcome]]:
    """Every run with every seed, as many at a time as there are cores. Label -> outcomes, seed by seed."""
    wanted = [Run(**{**vars(run), "seed": seed}) for run in runs for seed in range(seeds)]
    found: dict[str, list[Outcome]] = {}
    workers = max(1, min(len(wanted), os.cpu_count() or 1))
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, spawn, initializer=end_silently) as pool:
        try:
            for outcome in pool.map(perform, wanted):
                found.setdefault(outcome.run.label, []).append(outcome)
                show(
                    f"{outcome.run.label}, seed {outcome.run.seed}: {outcome.greedy[-1]:.2%} in {outcome.seconds:.0f} s"
                )
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return found


def spread(values: Sequence[float], form: str = "{:.2%}") -> str:
    """ "97.31 % ± 0.08": mean and unbiased standard deviation over seeds."""
    mean, deviation = statistics.fmean(values), statistics.stdev(values) if len(values) > 1 else math.nan
    return f"{form.format(mean)} ± {form.format(deviation).rstrip('%')}".replace("%", " %")


def percent(share: float) -> str:
    """ "97.31 %"."""
    return f"{share:.2%}".replace("%", " %")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """As Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def main_run(seeds: int, out: Path, data: Path) -> str:
    found = perform_all([Run("GRPO, G = 16", 10, data=data)], seeds)
    outcomes = next(iter(found.values()))
    rows = [[f"seed {o.run.seed}", percent(o.greedy[-1]), percent(o.sampled[-1]), f"{o.seconds:.0f}"] for o in outcomes]
    median = [
        statistics.median(v) for v in zip(*((o.greedy[-1], o.sampled[-1], o.seconds) for o in outcomes), strict=True)
    ]
    rows.append(["**median**", f"**{percent(median[0])}**", percent(median[1]), f"{median[2]:.0f}"])
    _curves(found, "greedy", out / "accuracy.png", "GRPO on MNIST", "share of test images right, greedy", (0.9, 1))
    _save(out, found)
    head = ["run", "test accuracy, greedy", "sampled", "processor seconds"]
    return table(head, rows)


def baselines(seeds: int, out: Path, data: Path) -> str:
    runs = [
        Run("group mean (GRPO)", 2, {"baseline": "group"}, data=data),
        Run("batch mean", 2, {"baseline": "batch"}, data=data),
        Run("no baseline (REINFORCE)", 2, {"baseline": "none"}, data=data),
        Run("critic (PPO)", 2, {"baseline": "critic"}, data=data),
        Run("batch mean, one answer to each image", 2, {"baseline": "batch", "group_size": 1}, data=data),
        Run("critic, one answer to each image", 2, {"baseline": "critic", "group_size": 1}, data=data),
    ]
    found = perform_all(runs, seeds)
    _curves(
        found, "greedy", out / "accuracy.png", "Four baselines, equal samples", "share of test images right", (0.5, 1)
    )
    _save(out, found)
    return _table_of(found, "baseline")


def groups(seeds: int, out: Path, data: Path) -> str:
    sizes = [2, 4, 8, 16, 32, 64, 128]
    found = perform_all([Run(f"G = {g}", 2, {"group_size": g}, data=data) for g in sizes], seeds)
    from lab.plots import training_curve

    last = [[found[f"G = {g}"][s].greedy[-1] for g in sizes] for s in range(seeds)]
    training_curve.with_spread({"after 1,920,000 answers": (sizes, last)}, out / "accuracy.png", "Group size at equal samples",
                      "answers to each image, G", "share of test images right, greedy", log_x=True)  # fmt: skip
    shown = {label: found[label] for label in ("G = 2", "G = 8", "G = 32", "G = 128")}
    _curves(shown, "no_signal", out / "no_signal.png", "Groups without signal", "share of groups", (0, 1))
    _save(out, found)
    head = ["G", "images a step", "times through the images", "test accuracy, greedy", "digits not found",
            "no signal: first tenth", "last tenth", "expected from p at the end", "processor seconds"]  # fmt: skip
    rows = [
        [str(g), str(SAMPLES_PER_STEP // g), f"{2 * 16 / g:g}", spread([o.greedy[-1] for o in of]), never_found(of),
         *(f"{statistics.fmean(v):.0%}" for v in ([o.no_signal[0] for o in of], [o.no_signal[-1] for o in of],
                                                  [o.expected_no_signal[-1] for o in of])),
         f"{statistics.fmean(o.seconds for o in of):.0f}"]
        for g in sizes for of in [found[f"G = {g}"]]
    ]  # fmt: skip
    return table(head, rows)


def std(seeds: int, out: Path, data: Path) -> str:
    runs = [
        Run(f"{label}{how}", 2, {"group_size": 8, "divide_by_std": divide, **settings}, evaluations=40, data=data)
        for how, settings in (("", {}), (", no warm-up", {"warmup_steps": 0}))
        for label, divide in (("divided by std", True), ("not divided", False))
    ]
    found = perform_all(runs, seeds)
    title = "Dividing by the group's standard deviation"
    _curves(found, "greedy", out / "accuracy.png", title, "share of test images right", (0.5, 1))
    from lab.plots import training_curve

    lost, worst = min(((o, d) for o in found["not divided"] for d in range(mnist.DIGITS)),
                      key=lambda pair: pair[0].right_by_digit[-1][pair[1]])  # fmt: skip
    others = [d for d in range(mnist.DIGITS) if d != worst]
    shown = {"the nine others": others, f"digit {worst}": [worst]}
    training_curve.with_spread(
        {label: (_millions(lost), [[statistics.fmean(row[d] for d in which) for row in lost.right_by_digit]])
         for label, which in shown.items()},
        out / "digits.png", f"Not divided, seed {lost.run.seed}: the digit that did worst", "answers so far (millions)",
        "mean probability of the right digit", log_y=True,
    )  # fmt: skip
    _save(out, found)
    rows = [
        [label, str(o.run.seed), *(f"{a:.0%}" for a in o.by_digit[-1]), percent(o.greedy[-1])]
        for label, of in found.items() for o in of
    ]  # fmt: skip
    return _table_of(found, "G = 8") + "\n" + table(["", "seed", *map(str, range(mnist.DIGITS)), "all"], rows)


def memory(seeds: int, out: Path, data: Path) -> str:
    """No training: one update of each network, and what is allocated afterwards. `seeds` and `data` do not matter."""
    from lesson15_grpo_mnist.memory.accounting import training_bytes
    from lesson15_grpo_mnist.models.actor import Actor
    from lesson15_grpo_mnist.models.critic import Critic

    from lab.plots import training_curve

    rows, kilo = [], {}
    for label, networks in (("actor alone (GRPO)", [Actor()]), ("actor and critic (PPO)", [Actor(), Critic()])):
        measured, count = measured_bytes(networks), sum(p.numel() for n in networks for p in n.parameters())
        computed = training_bytes(count)
        rows.append([label, f"{count:,}", *(f"{measured[k]:,}" for k in ("weights", "gradients", "adam", "total")),
                     f"{computed['total']:,}"])  # fmt: skip
        kilo[label.replace(" (", "\n(")] = {
            part: measured[k] / 1e3
            for part, k in (("weights", "weights"), ("gradients", "gradients"), ("Adam's state", "adam"))
        }
    training_curve.stacked_bars(kilo, out / "bytes.png", "What training holds in memory", "kilobytes (1,000 bytes)")
    text = table(["measured", "parameters", "weights", "gradients", "Adam's state", "total bytes", "computed"], rows)
    half = ("bfloat16",) * 3
    cases = [
        ("all in bfloat16, Adam's moments too", half, None),
        ("mixed precision: float32 moments and master weights", ("bfloat16", "bfloat16", "float32"), "float32"),
        ("all in float32", ("float32",) * 3, None),
    ]
    rows = []
    for label, dtypes, master in cases:
        b = training_bytes(8_000_000_000, *dtypes, master)
        parts = (b["weights"], b["gradients"], b["adam"], b["master_weights"], b["total"], 2 * b["total"])
        rows.append([label, *(f"{part / 1e9:.0f} GB" for part in parts)])
    head = ["8 billion parameters", "weights", "gradients", "Adam", "master weights", "actor", "actor and critic"]
    return text + "\n" + table(head, rows)


def measured_bytes(networks: Sequence[Any]) -> dict[str, int]:
    """The bytes of the tensors that are there after one update by Adam: weights, gradients, Adam's state."""
    import torch

    from lab.rl.optimizers import make_optimizer

    def size(tensors):
        return sum(t.numel() * t.element_size() for t in tensors)

    found = {"weights": 0, "gradients": 0, "adam": 0}
    for network in networks:
        optimizer = make_optimizer("adamw", network.parameters(), 1e-3)
        network(torch.zeros(2, 784)).square().sum().backward()
        optimizer.step()
        found["weights"] += size(network.parameters())
        found["gradients"] += size(p.grad for p in network.parameters())
        found["adam"] += size(t for state in optimizer.state.values() for t in state.values())
    return {**found, "total": sum(found.values())}


def _curves(
    found: dict[str, list[Outcome]], name: str, path: Path, title: str, y: str, limits: tuple[float, float]
) -> None:
    from lab.plots import training_curve

    curves = {label: (_millions(of[0]), [getattr(o, name) for o in of]) for label, of in found.items()}
    training_curve.with_spread(curves, path, title, "answers so far (millions)", y, limits=limits)


def _millions(outcome: Outcome) -> list[float]:
    return [count / 1e6 for count in outcome.samples]


def _table_of(found: dict[str, list[Outcome]], first: str) -> str:
    third = round(0.3 * next(iter(found.values()))[0].run.evaluations) - 1
    rows = [
        [label, spread([o.greedy[third] for o in of]), spread([o.greedy[-1] for o in of]),
         percent(statistics.median(o.greedy[-1] for o in of)), never_found(of),
         f"{statistics.fmean(o.seconds for o in of):.0f}"]
        for label, of in found.items()
    ]  # fmt: skip
    head = ["greedy after 3 tenths", "greedy at the end", "median", "digits not found", "processor seconds"]
    return table([first, *head], rows)


def never_found(outcomes: Sequence[Outcome]) -> str:
    """ "2 of 30": digits of which fewer than half of the test images are answered rightly at the end."""
    shares = [share for o in outcomes for share in o.by_digit[-1]]
    return f"{sum(share < 0.5 for share in shares)} of {len(shares)}"


def _save(out: Path, found: dict[str, list[Outcome]]) -> None:
    plain = {label: [asdict(o) for o in of] for label, of in found.items()}
    write_text(out / "outcomes.json", json.dumps(plain, default=str, indent=1) + "\n")


EXPERIMENTS = {"main": main_run, "baselines": baselines, "groups": groups, "std": std, "memory": memory}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("experiment", nargs="?", default="main", help=f"{', '.join(EXPERIMENTS)} or all")
    parser.add_argument("--seeds", type=int, default=3, help="runs of each kind, with seeds 0, 1, ...")
    parser.add_argument(
        "--out", type=Path, default=Path("runs/mnist"), help="a folder; each experiment has its own in it"
    )
    parser.add_argument("--data", type=Path, default=mnist.EMBEDDED, help="a folder of MNIST's four IDX files")
    given = parser.parse_args(arguments)
    if given.experiment not in (*EXPERIMENTS, "all"):
        raise UsageError(f"there is no experiment {given.experiment!r}; use one of {', '.join(EXPERIMENTS)} or all")
    if given.seeds < 1:
        raise UsageError(f"--seeds {given.seeds}: at least one run is needed")
    mnist.load(given.data)  # what is wrong with the data is told before any run begins
    for name in EXPERIMENTS if given.experiment == "all" else [given.experiment]:
        out = given.out / name
        try:
            text = EXPERIMENTS[name](given.seeds, out, given.data)
        except KeyboardInterrupt:
            print(f"\nstopped; nothing of the experiment {name} is written", file=sys.stderr)
            return 130
        write_text(out / "table.md", text)
        print(f"\n{name}\n\n{text}\nwritten to {out}", flush=True)
    return 0


if __name__ == "__main__":
    run_command(main)
