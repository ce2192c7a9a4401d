"""The experiments of lesson 15, each with a table and plots. They run on your code (SOLUTION=1: the reference).

    python -m lab.run lesson15_grpo_mnist.given.experiments              the same as main
    python -m lab.run lesson15_grpo_mnist.given.experiments main         GRPO, 10 passes over the training images
    python -m lab.run lesson15_grpo_mnist.given.experiments baselines    group, batch, critic, none: undivided with undivided, divided with divided
    python -m lab.run lesson15_grpo_mnist.given.experiments one_answer   batch and critic with one answer to each image
    python -m lab.run lesson15_grpo_mnist.given.experiments groups       G = 2 ... 128 at equal samples, and the groups without signal
    python -m lab.run lesson15_grpo_mnist.given.experiments std          with and without dividing by the standard deviation, digit by digit
    python -m lab.run lesson15_grpo_mnist.given.experiments memory       bytes of actor and critic: measured, and computed for 8 billion
    python -m lab.run lesson15_grpo_mnist.given.experiments all          all of them

    --seeds 3   --processes 2 (default: one for each core)   --out runs/mnist   --data FOLDER (of IDX files)

Every run uses one thread of one process. A run's seconds are processor seconds and include reading the data. Left out on
purpose: checkpoints (a run takes seconds).
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
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from lesson15_grpo_mnist.given import mnist

from course.base.atomic_files import write_text
from course.base.errors import UsageError, run_command
from lab.train.interrupt import end_silently

IMAGES = 60_000
SAMPLES_PER_STEP = 2048  # answers, in every experiment


@dataclass
class Run:
    """The settings of one run."""

    label: str
    passes: float = 10.0  # 1 means 60,000 images with 16 answers each, or as many answers in groups of another size
    settings: dict[str, Any] = field(default_factory=dict)  # of DigitConfig
    evaluations: int = 10  # on the test images, evenly spaced
    seed: int = 0
    data: Path = mnist.EMBEDDED


@dataclass
class Outcome:
    """The results of one run. The lists have one entry for each evaluation."""

    run: Run
    samples: list[int]  # answers so far
    greedy: list[float]  # accuracy of the likeliest digit, 0 to 1
    sampled: list[float]  # mean probability of the right digit, 0 to 1
    by_digit: list[list[float]]  # greedy accuracy for each digit 0 to 9
    right_by_digit: list[list[float]]  # mean probability of the right digit, for each digit
    no_signal: list[float]  # share of groups without signal, mean since the last evaluation
    expected_no_signal: list[float]  # the same, from the probabilities of the right digit on the test images
    reward: list[float]
    seconds: float  # processor seconds


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


PerformAll = Callable[[Sequence[Run]], dict[str, list[Outcome]]]


def perform_all(runs: Sequence[Run], seeds: int = 3, processes: int = 1, data: Path = mnist.EMBEDDED,
                show: Callable[[str], None] = print) -> dict[str, list[Outcome]]:  # fmt: skip
    """Performs every run with every seed and returns label -> outcomes, seed by seed."""
    wanted = [replace(run, seed=seed, data=data) for run in runs for seed in range(seeds)]
    found: dict[str, list[Outcome]] = {}
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(processes, len(wanted)), spawn, initializer=end_silently) as pool:
        try:
            for o in pool.map(perform, wanted):
                found.setdefault(o.run.label, []).append(o)
                show(f"{o.run.label}, seed {o.run.seed}: {o.greedy[-1]:.2%} in {o.seconds:.0f} s")
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


def main_run(perform_all: PerformAll, out: Path) -> str:
    found = perform_all([Run("GRPO, G = 16", 10)])
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


def baselines(perform_all: PerformAll, out: Path) -> str:
    """Undivided with undivided, divided with divided: the division by the group's own standard deviation is a second
    change beside the baseline, and it is compared in a line of its own."""
    kinds = {"group mean (GRPO)": "group", "batch mean": "batch", "critic (PPO)": "critic", "no baseline": "none"}
    runs = [
        Run(f"{label}, {how}", 2, {"baseline": baseline, "divide_by_std": divide})
        for how, divide in (("not divided", False), ("divided", True))
        for label, baseline in kinds.items()
        if not (divide and baseline == "none")  # the same as not divided
    ]
    found = perform_all(runs)
    for how in ("not divided", "divided"):
        shown = {label: of for label, of in found.items() if label.endswith(f", {how}")}
        path = out / f"{how.replace(' ', '_')}.png"
        _curves(shown, "greedy", path, f"Baselines, {how}", "share of test images right", (0.5, 1))
    _save(out, found)
    return _table_of(found, "baseline")


def one_answer(perform_all: PerformAll, out: Path) -> str:
    """2,048 different images with one answer each, instead of 128 images with 16 answers each (`baselines`)."""
    found = perform_all([
        Run("batch mean, divided", 2, {"baseline": "batch", "group_size": 1}),
        Run("critic (PPO), divided", 2, {"baseline": "critic", "group_size": 1}),
    ])  # fmt: skip
    _curves(found, "greedy", out / "accuracy.png", "One answer to each image", "share of test images right", (0.5, 1))
    _save(out, found)
    return _table_of(found, "one answer to each image")


def groups(perform_all: PerformAll, out: Path) -> str:
    sizes = [2, 4, 8, 16, 32, 64, 128]
    found = perform_all([Run(f"G = {g}", 2, {"group_size": g}) for g in sizes])
    from lab.plots import training_curve

    last = [list(row) for row in zip(*([o.greedy[-1] for o in found[f"G = {g}"]] for g in sizes), strict=True)]
    training_curve.with_spread({"after 1,920,000 answers": (sizes, last)}, out / "accuracy.png", "Group size at equal samples",
                      "answers to each image, G", "share of test images right, greedy", log_x=True)  # fmt: skip
    shown = {label: found[label] for label in ("G = 2", "G = 8", "G = 32", "G = 128")}
    _curves(shown, "no_signal", out / "no_signal.png", "Groups without signal", "share of groups", (0, 1))
    _save(out, found)
    head = ["G", "images a step", "times through the images", "test accuracy, greedy", "digits missing at the end",
            "no signal: first tenth", "last tenth", "expected from p at the end", "processor seconds"]  # fmt: skip
    rows = [
        [str(g), str(SAMPLES_PER_STEP // g), f"{2 * 16 / g:g}", spread([o.greedy[-1] for o in of]), missing(of),
         *(f"{statistics.fmean(v):.0%}" for v in ([o.no_signal[0] for o in of], [o.no_signal[-1] for o in of],
                                                  [o.expected_no_signal[-1] for o in of])),
         f"{statistics.fmean(o.seconds for o in of):.0f}"]
        for g in sizes for of in [found[f"G = {g}"]]
    ]  # fmt: skip
    return table(head, rows)


def std(perform_all: PerformAll, out: Path) -> str:
    runs = [
        Run(f"{label}{how}", 2, {"group_size": 8, "divide_by_std": divide, **settings}, evaluations=40)
        for how, settings in (("", {}), (", no warm-up", {"warmup_steps": 0}))
        for label, divide in (("divided by std", True), ("not divided", False))
    ]
    found = perform_all(runs)
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


def memory(perform_all: PerformAll, out: Path) -> str:
    """Trains nothing: one update of each network, and the bytes that are allocated afterwards."""
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
    evaluations = next(iter(found.values()))[0].run.evaluations
    tenth, three = round(0.1 * evaluations) - 1, round(0.3 * evaluations) - 1
    rows = [
        [label, missing(of, tenth), spread([o.greedy[three] for o in of]), spread([o.greedy[-1] for o in of]),
         percent(statistics.median(o.greedy[-1] for o in of)), missing(of),
         f"{statistics.fmean(o.seconds for o in of):.0f}"]
        for label, of in found.items()
    ]  # fmt: skip
    head = ["digits missing after 1 tenth", "greedy after 3 tenths", "greedy at the end", "median",
            "digits missing at the end", "processor seconds"]  # fmt: skip
    return table([first, *head], rows)


def missing(outcomes: Sequence[Outcome], at: int = -1) -> str:
    """ "2 of 30": digits of which fewer than half of the test images are answered rightly at this evaluation."""
    shares = [share for o in outcomes for share in o.by_digit[at]]
    return f"{sum(share < 0.5 for share in shares)} of {len(shares)}"


def _save(out: Path, found: dict[str, list[Outcome]]) -> None:
    plain = {label: [asdict(o) for o in of] for label, of in found.items()}
    write_text(out / "outcomes.json", json.dumps(plain, default=str, indent=1) + "\n")


EXPERIMENTS = {"main": main_run, "baselines": baselines, "one_answer": one_answer, "groups": groups, "std": std,
               "memory": memory}  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("experiment", nargs="?", default="main", help=f"{', '.join(EXPERIMENTS)} or all")
    parser.add_argument("--seeds", type=int, default=3, help="runs of each kind, with the seeds 0, 1, ...")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="how many runs at a time")
    parser.add_argument(
        "--out", type=Path, default=Path("runs/mnist"), help="a folder; each experiment has its own in it"
    )
    parser.add_argument("--data", type=Path, default=mnist.EMBEDDED, help="a folder of MNIST's four IDX files")
    given = parser.parse_args(arguments)
    if given.experiment not in (*EXPERIMENTS, "all"):
        raise UsageError(f"there is no experiment {given.experiment!r}; use one of {', '.join(EXPERIMENTS)} or all")
    if given.seeds < 1 or given.processes < 1:
        raise UsageError("--seeds and --processes must be at least 1")
    mnist.load(given.data)  # reports bad data before any run begins
    perform_these = functools.partial(perform_all, seeds=given.seeds, processes=given.processes, data=given.data)
    for name in EXPERIMENTS if given.experiment == "all" else [given.experiment]:
        out = given.out / name
        try:
            text = EXPERIMENTS[name](perform_these, out)
        except KeyboardInterrupt:
            print(f"\nstopped; nothing of the experiment {name} is written", file=sys.stderr)
            return 130
        write_text(out / "table.md", text)
        print(f"\n{name}\n\n{text}\nwritten to {out}", flush=True)
    return 0


if __name__ == "__main__":
    run_command(main)
