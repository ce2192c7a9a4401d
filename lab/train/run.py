"""The training loop of every run: folder, resume, progress, evaluation, checkpoints, report. A recipe is what to train.

    runs/NAME/config.yaml, environment.yaml   every setting; versions, and the command that does it again
    runs/NAME/metrics.jsonl, curve.png, samples.md, checkpoints/, model/

A run that was killed at any moment and continued with --resume ends with the same weights, bit for bit, as one that
never stopped: checkpoints are whole or absent, and random numbers depend only on the seed and the step. Ctrl-C finishes
the present step, saves and stops; a second Ctrl-C stops at once.
"""

from __future__ import annotations

import importlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from rich.console import Console
from transformers.utils import logging as transformers_logging

from course.base import switch
from course.base.errors import UsageError
from course.base.switch import ROOT
from lab.train import report, scores, settings
from lab.train.distributed import Processes
from lab.train.evaluation import Accuracy, Evaluation, from_metrics
from lab.train.interrupt import Stop
from lab.train.report import Report
from lab.train.run_folder import RunFolder, check_name


class Trainer(Protocol):
    """Takes the steps. `step_number` counts the finished ones. Its state does not include the weights."""

    step_number: int

    def step(self) -> dict[str, float]: ...
    def state_dict(self) -> dict[str, Any]: ...
    def load_state_dict(self, state: dict[str, Any]) -> None: ...


@dataclass
class Prepared:
    """A run that is ready to train."""

    model: Any
    tokenizer: Any
    trainer: Trainer
    steps: int  # of the whole run
    evaluation: Evaluation | None = None
    log: Callable[[int, dict[str, float]], None] | None = None  # called with each step's metrics
    warm_start: Callable[[], None] | None = None  # what a new run does first, once it has its folder


class Recipe(Protocol):
    """What to train, and how to prepare it."""

    name: str  # of the folder under runs/
    lessons: list[str]  # whose code is used
    eval_every: int
    checkpoint_every: int

    def settings(self) -> dict[str, Any]:
        """Every setting, for config.yaml. A run can be resumed only with the same settings."""

    def prepare(self, folder: Path, checkpoint: Path | None, report: Report, processes: Processes) -> Prepared:
        """Makes the model, or loads it from a checkpoint. Raises UsageError for what cannot be trained: an earlier run
        of the same name is still in its place."""


@dataclass
class Outcome:
    before: Accuracy | None
    after: Accuracy | None
    seconds: float


def run(recipe: Recipe, resume: bool = False, runs: Path = ROOT / "runs", show: Report | None = None,
        processes: Processes | None = None) -> Outcome | None:  # fmt: skip
    """Does the run. Returns None if it was stopped, and in every process except the first."""
    processes = processes or Processes()
    show = (show or Report()) if processes.first else Report(Console(quiet=True))
    clock = time.perf_counter()
    transformers_logging.disable_progress_bar()
    check_name(recipe.name)
    folder = RunFolder(runs / recipe.name)
    wanted, checkpoint, state = begin(folder, recipe, resume, show)
    made = recipe.prepare(folder.path, checkpoint, show, processes)
    processes.gather(None)  # all are ready
    if not resume and processes.first and (aside := folder.start(wanted)):
        show.note(f"an earlier run of this name is now in {report.short_path(aside)}")
    if not checkpoint and made.warm_start:
        made.warm_start()
    trainer, evaluation, steps = made.trainer, made.evaluation, made.steps

    def save() -> None:
        if processes.first:
            folder.save(trainer.step_number, made.model, made.tokenizer, {**state, "trainer": trainer.state_dict()})

    if state is None:
        state = {}
        if processes.first:
            folder.rewind(-1)
            if evaluation:
                first = evaluation.accuracy(evaluation.samples)
                state = {"before": vars(first), "completions": evaluation.completions()}
                folder.log({"step": 0, **first.metrics()})
            save()
        state = processes.gather(state)[0]  # the others wait here
    else:
        trainer.load_state_dict(state["trainer"])
        if processes.first:
            folder.rewind(trainer.step_number)
        show.note(f"continuing after step {trainer.step_number} of {steps}")

    beside_the_bar = {}
    if evaluation:
        before = Accuracy(**state["before"])
        show.headline(f"Before: {before.sampled:.2f} of sampled answers are right ({before.greedy:.2f} greedy)")
        beside_the_bar["accuracy"] = latest_accuracy(folder, before).sampled
    seen: list[dict[str, float]] = []  # what the steps of this run say about whether it learns
    with Stop(show.note) as stop, show.progress("GRPO", steps, trainer.step_number) as advance:
        while trainer.step_number < steps:
            began, worked = time.perf_counter(), time.process_time()
            metrics = trainer.step()
            step = trainer.step_number
            scores.check_finite(step, metrics)
            seen.append({k: metrics[k] for k in ("signal", "truncated") if k in metrics})
            if len(seen) == scores.FIRST_LOOK:
                for sentence in scores.advice(seen):
                    show.note(sentence)
            metrics["seconds"] = time.perf_counter() - began
            metrics["processor_seconds"] = time.process_time() - worked
            last = step == steps
            due = last or step % recipe.eval_every == 0
            if evaluation and processes.first and (due or step in evaluation.also_after):
                now = evaluation.accuracy(evaluation.samples if last else max(1, evaluation.samples // 4))
                metrics |= now.metrics()
                beside_the_bar["accuracy"] = now.sampled
            stopped = any(processes.gather(stop.wanted))
            if processes.first:
                folder.log({"step": step, **metrics})
                if made.log:
                    made.log(step, metrics)
            if last or stopped or step % recipe.checkpoint_every == 0:
                save()
            advance(step, {"reward": metrics["reward"], **beside_the_bar, "grad norm": metrics["grad_norm"]})
            if stopped and not last:
                show.note(f"stopped after step {step}, which is saved; the same command with --resume continues")
                return None
    if not processes.first:
        return None
    folder.save_final(made.model, made.tokenizer)
    for sentence in scores.advice(seen):
        show.note(sentence)
    if not evaluation:
        return Outcome(None, None, time.perf_counter() - clock)
    from lab.plots import training_curve  # here: TRL's environment (benchmarks/vs_trl.py) has no matplotlib

    after = latest_accuracy(folder, before)
    title = (
        f"{recipe.name}: held-out accuracy {before.greedy:.2f} → {after.greedy:.2f} greedy, "
        f"{before.sampled:.2f} → {after.sampled:.2f} sampled; "
        f"{before.greedy_length:.1f} → {after.greedy_length:.1f} tokens in a greedy completion"
    )
    training_curve.training_curve(folder.metrics(), folder.path / "curve.png", title)
    samples = list(zip(evaluation.problems, state["completions"], evaluation.completions(), strict=False))
    report.write_samples(folder.path / "samples.md", samples, evaluation.is_right, show.warnings)
    show.samples(samples, evaluation.is_right)
    show.accuracies(before, after, len(evaluation.problems))
    seconds = time.perf_counter() - clock
    for warning in show.warnings:
        show.note(warning)
    show.note(f"{seconds:.0f} s; {report.short_path(folder.path)}: curve.png, samples.md, metrics.jsonl, model/")
    return Outcome(before, after, seconds)


def begin(folder: RunFolder, recipe: Recipe, resume: bool, show: Report) -> tuple[dict[str, Any], Any, Any]:
    """(settings, checkpoint, state): checkpoint and state are those to resume from, None for a new run."""
    if resume:
        use_the_same_code(folder, recipe.lessons, show)
    wanted = {**recipe.settings(), "solution": solution_of(recipe.lessons)}
    if not resume:
        return wanted, None, None
    place, old = report.short_path(folder.path), folder.config()
    if old is None:
        raise UsageError(f"there is no run in {place} to resume; leave out --resume to start one")
    if changed := settings.differences(old, wanted):
        raise UsageError(
            f"the run in {place} has other settings for {', '.join(changed)}; resume it with the same settings"
        )
    return wanted, *(folder.latest() or (None, None))


def latest_accuracy(folder: RunFolder, before: Accuracy) -> Accuracy:
    return next((from_metrics(m) for m in reversed(folder.metrics()) if "accuracy_sampled" in m), before)


def solution_of(lessons: list[str]) -> str:
    """The value of SOLUTION that gives the code which these lessons have now."""
    chosen = switch.finder.from_solutions(os.environ.get("SOLUTION", ""))
    exercises = {i for i, (name, _, _) in switch.finder.exercises().items() if name in lessons and name not in chosen}
    return ",".join(sorted(chosen & {*lessons, *exercises})) or "0"


def use_the_same_code(folder: RunFolder, lessons: list[str], show: Report) -> None:
    """Selects the code (the learner's or the reference) that the run was started with."""
    wanted = (folder.config() or {}).get("solution")
    if wanted is None or wanted == solution_of(lessons):
        return
    if "SOLUTION" in os.environ:
        place = report.short_path(folder.path)
        raise UsageError(f"the run in {place} was started with SOLUTION={wanted}; resume it with that")
    show.note(f"this run was started with SOLUTION={wanted} and continues with it")
    switch.select(wanted)


def named(path: str) -> Any:
    """The object called "module:name", such as a lesson's trainer. Raises UsageError."""
    module, _, name = path.partition(":")
    try:
        found = getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as error:
        if error.name and module.startswith(error.name):
            raise UsageError(f"{path!r}: there is no module {error.name!r}") from None
        raise
    except (AttributeError, ValueError):
        raise UsageError(f"{path!r}: {module or 'it'} has no {name!r}; write module:name") from None
    except TypeError:
        if not module.startswith("."):
            raise
        raise UsageError(f"{path!r}: the module's name begins with a dot; write its full name") from None
    if not callable(found):
        raise UsageError(f"{path!r} is {type(found).__name__}, not a function or a class; name one")
    return found


def lesson_of(path: str) -> str:
    """The lesson in "lesson.module:name"."""
    return path.partition(":")[0].partition(".")[0]
