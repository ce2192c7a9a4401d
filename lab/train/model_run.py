"""The run of a configuration: model, GRPO, evaluation on held-out problems, files under runs/.

    runs/NAME/config.yaml, environment.yaml   every option; versions, and the command that does it again
    runs/NAME/metrics.jsonl, curve.png, samples.md, checkpoints/, model/

A run that was stopped goes on with --resume. Ctrl-C ends the present step, saves and stops; a second one stops at once.
"""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging as transformers_logging

from course.base import switch
from course.base.errors import UsageError
from course.base.switch import ROOT
from lab.engine.llama import why_not
from lab.models import smollm2
from lab.plots import training_curve
from lab.rl import named_rewards
from lab.train import problems as data
from lab.train import run_report
from lab.train.accuracy import Measured, measure, uniforms
from lab.train.console import Show
from lab.train.distributed import Processes
from lab.train.interrupt import Stop
from lab.train.model_trainer import Trainer
from lab.train.options import Options
from lab.train.run_folder import RunFolder, check_name, own_memory
from lab.train.tensorboard_log import Board

QUIET = Console(quiet=True)


def run(options: Options, resume: bool, processes: Processes | None = None, runs: Path = ROOT / "runs",
        show: Show | None = None) -> dict[str, Any] | None:  # fmt: skip
    """Does the run. Returns {"before": Measured, "after": Measured, "seconds": ...}, or None if it was stopped."""
    check_name(options.name)
    processes = processes or Processes()
    show = (show or Show(Console())) if processes.first else Show(QUIET)
    transformers_logging.disable_progress_bar()
    clock = time.perf_counter()
    folder = RunFolder(runs / options.name)
    split = data.problems(options)
    board = Board(folder.path / "tensorboard") if options.tensorboard and processes.first else None
    resolved = {**dataclasses.asdict(options), "solution": lesson_code()}
    state = _begin(folder, resolved, resume, processes, show)
    source = folder.latest()[0] if state else None
    if processes.first and options.model_path == "smollm2":
        smollm2.ensure()  # once; the others wait
    processes.everyone(None)
    model, tokenizer = load(str(source or options.model_path), options.dtype)
    if reason := why_not(model):
        show.note(f"{reason}; transformers' own forward pass does it, in more time")
    steps = data.steps_of(options, len(split["train"]))
    trainer = Trainer(model, tokenizer, split["train"], options, steps, processes)
    held_out, judge = data.spread(split["test"], options.eval_problems), named_rewards.judge(options)

    def complete(problems: Sequence[data.Problem], samples: int, temperature: float, seed: int):
        draws = uniforms((len(problems), samples, options.grpo.max_new_tokens), 1, seed)
        found, _ = trainer.complete([question for question, _ in problems], draws, temperature)
        return trainer.texts(found), [len(ids) for ids in found]

    def look(samples: int) -> Measured:
        return measure(complete, judge, held_out, samples, options.seed)

    def answers() -> list[str]:
        return complete(held_out[: options.samples_shown], 1, 1.0, options.seed + 1)[0]

    def save(step: int) -> None:
        if processes.first:
            kept = {"before": state["before"], "answers": state["answers"], "trainer": trainer.state_dict()}
            folder.save(step, model, tokenizer, kept)

    if state:
        trainer.load_state_dict(state["trainer"])
        if processes.first:
            folder.rewind(trainer.step_number)
        show.note(f"going on after step {trainer.step_number} of {steps}")
    elif processes.first:
        show.headline(f"{sum(p.numel() for p in model.parameters()):,} parameters; {len(split['train'])} problems to "
                      f"train on, {len(held_out)} held out")  # fmt: skip
        before = look(options.eval_samples)
        state = {"before": dataclasses.asdict(before), "answers": answers()}
        folder.rewind(-1)
        folder.log({"step": 0, **run_report.accuracies(before)})
        save(0)
    state = processes.everyone(state)[0]  # the others wait here for the first look
    before = Measured(**state["before"])
    show.headline(f"GRPO; before it, {before.sampled:.2f} of sampled answers are right ({before.greedy:.2f} greedy)")

    last = next((m["accuracy_sampled"] for m in reversed(folder.metrics()) if "accuracy_sampled" in m), before.sampled)
    with Stop(show.note) as stop, show.progress("GRPO", steps, trainer.step_number) as advance:
        while trainer.step_number < steps:
            began, worked = time.perf_counter(), time.process_time()
            metrics = trainer.step()
            step = trainer.step_number
            metrics["seconds"] = time.perf_counter() - began
            metrics["processor_seconds"] = time.process_time() - worked
            if processes.first and (step % options.eval_every == 0 or step == steps):
                now = look(options.eval_samples if step == steps else max(1, options.eval_samples // 4))
                metrics |= run_report.accuracies(now)
                last = now.sampled
            stopped = any(processes.everyone(stop.wanted))
            if processes.first:
                folder.log({"step": step, **metrics})
                if board:
                    board.log(step, metrics)
            if step % options.checkpoint_every == 0 or step == steps or stopped:
                save(step)
            advance(step, {"reward": metrics["reward"], "accuracy": last, "grad norm": metrics["grad_norm"]})
            if stopped and step < steps:
                show.note(f"stopped after step {step}, which is saved; the same command with --resume goes on")
                return None
    if not processes.first:
        return None
    after = run_report.measured(next(m for m in reversed(folder.metrics()) if "accuracy_sampled" in m))
    folder.save_final(model, tokenizer)
    title = f"{options.name}: {before.sampled:.2f} → {after.sampled:.2f} of sampled held-out answers are right"
    training_curve.training_curve(folder.metrics(), folder.path / "curve.png", title)
    shown = list(zip(held_out, state["answers"], answers(), strict=False))
    run_report.write(folder.path / "samples.md", shown, judge)
    run_report.show(show.console, shown, judge, before, after, len(held_out), options.eval_samples)
    seconds = time.perf_counter() - clock
    show.note(f"{seconds:.0f} s; {run_report.shown(folder.path)}: curve.png, samples.md, metrics.jsonl, model/")
    return {"before": before, "after": after, "seconds": seconds}


def load(path: str, dtype: str) -> tuple[Any, Any]:
    """(model, tokenizer) of "smollm2", a folder, or an id of the Hugging Face hub. Raises UsageError."""
    wanted = torch.float64 if dtype == "float64" else torch.float32
    place = str(smollm2.ensure()) if path == "smollm2" else path
    try:
        model = AutoModelForCausalLM.from_pretrained(place, dtype=wanted)
        tokenizer = AutoTokenizer.from_pretrained(place)
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        raise UsageError(f"model_path={path}: no model could be loaded ({reason}); give a folder that from_pretrained "
                         "reads, an id of the hub, or smollm2") from None  # fmt: skip
    own_memory(model)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return model.to("cuda" if torch.cuda.is_available() else "cpu"), tokenizer


def lesson_code() -> str:
    """Whose lesson 14 this run is made of: the value of SOLUTION that gives it."""
    lesson = "lesson14_grpo_ppo_clip"
    return lesson if switch.finder.tree_of(lesson) == "solutions" else "0"


def _begin(folder: RunFolder, resolved: dict[str, Any], resume: bool, processes: Processes, show: Show) -> Any:
    """Makes the folder, or finds the state to go on with; None where the run starts from the beginning."""
    state = None
    with contextlib.ExitStack() as stack:
        stack.callback(processes.everyone, None)  # the others look when the first has made it
        if resume:
            old = folder.config()
            if old is None:
                raise UsageError(f"there is no run in {run_report.shown(folder.path)} to resume; leave out --resume")
            changed = run_report.differences(old, resolved)
            if changed:
                raise UsageError(
                    f"the run in {run_report.shown(folder.path)} has other settings for {', '.join(changed)}; it can only "
                    "go on unchanged"
                )
            found = folder.latest()
            state = found[1] if found else None
        if processes.first and not resume:
            aside = folder.start(resolved)
            if aside:
                show.note(f"an earlier run of this name is now in {run_report.shown(aside)}")
    return state
