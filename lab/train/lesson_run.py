"""The training command: python -m lab.train --config configs/demo.yaml [--resume] [key=value ...]

A configuration with `trainer` is a lesson's run, which is here. Any other is GRPO on a model of transformers, with the
options of docs/TRAINING.md: lab/train.

Warm start, GRPO by the lessons' own code (SOLUTION chooses whose), evaluation on held-out problems, files. Where that
code is the reference, rollouts and updates are lab/engine's, which gives equal results; engine=plain leaves them to the
lesson, to be stepped through. A learner's own code always runs as it is.

A run that was killed at any moment goes on with --resume and ends with the same weights, bit for bit, as one that
never stopped: checkpoints are whole or absent, and all randomness depends on the seed and the step alone.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging as transformers_logging

from course.base import switch
from course.base.errors import UsageError, run_command
from course.base.switch import ROOT
from lab.engine import EngineConfig
from lab.models import addition_model
from lab.plots import training_curve
from lab.rl import rewards
from lab.train import config_file, evaluate
from lab.train import settings as config
from lab.train.console import Show
from lab.train.interrupt import Stop
from lab.train.run_folder import RunFolder, check_name, own_memory


@dataclasses.dataclass
class RunConfig:
    """What a configuration file holds."""

    name: str  # of the folder under runs/
    trainer: str  # "lesson.module:Class": made with (model, tokenizer, dataset, its module's GRPOConfig)
    dataset: str  # "lesson.module:Class": made with (tokenizer, digits=..., split=...)
    digits: int = 2  # of the numbers to add
    seed: int = 0  # of everything
    model: addition_model.ModelConfig = dataclasses.field(default_factory=addition_model.ModelConfig)
    warm_start: addition_model.WarmStartConfig = dataclasses.field(default_factory=addition_model.WarmStartConfig)
    grpo: dict[str, Any] = dataclasses.field(default_factory=dict)  # settings of the trainer's GRPOConfig
    engine: str = "fast"  # "fast": the reference's rollouts and updates by lab/engine; "plain": by the lesson's code
    engine_settings: dict[str, Any] = dataclasses.field(default_factory=dict)  # of EngineConfig
    reward: str = "task"  # "task": the lesson's; "random": a coin toss, the control that must not learn
    eval_every: int = 25  # steps
    eval_problems: int = 500  # held-out problems
    eval_samples: int = 4  # completions of each at temperature 1, before and after; one in between
    checkpoint_every: int = 25  # steps
    samples_shown: int = 5


def named(path: str) -> Any:
    """The object called "module:name", such as a lesson's trainer."""
    module, _, name = path.partition(":")
    try:
        return getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as error:
        if error.name and module.startswith(error.name):
            raise UsageError(f"{path!r}: there is no module {error.name!r}") from None
        raise
    except AttributeError:
        raise UsageError(f"{path!r}: {module} has no {name!r}") from None


# Trainers that the engine has a twin of
FAST = {
    "lesson14_grpo_ppo_clip.training.grpo_trainer:GRPOTrainer": "lesson14_grpo_ppo_clip.given.engine_trainer:FastTrainer"
}


def engine_of(settings: RunConfig) -> str:
    """What the run is computed by, "fast" or "plain": a learner's own code, and a trainer without a twin, are plain."""
    if settings.engine not in ("fast", "plain"):
        raise UsageError(f"engine must be 'fast' or 'plain', not {settings.engine!r}")
    lesson = settings.trainer.partition(".")[0]
    known = settings.trainer in FAST and switch.finder.tree_of(lesson) == "solutions"
    return settings.engine if known else "plain"


def make_trainer(settings: RunConfig, *arguments: Any) -> Any:
    """The trainer, or its twin on the engine."""
    if engine_of(settings) == "plain":
        return named(settings.trainer)(*arguments)
    return named(FAST[settings.trainer])(*arguments, engine=engine_config(settings))


def engine_config(settings: RunConfig) -> EngineConfig:
    try:
        return config.build(EngineConfig, settings.engine_settings, "engine_settings")
    except ValueError as error:
        raise UsageError(f"engine_settings: {error}") from None


def grpo_config(settings: RunConfig) -> Any:
    """The lesson's own GRPOConfig, checked like the rest."""
    cls = named(settings.trainer.partition(":")[0] + ":GRPOConfig")
    made = config.build(cls, {"seed": settings.seed, **settings.grpo}, "grpo")
    if settings.reward == "random":
        made.reward = rewards.CoinToss(settings.seed)
    elif settings.reward != "task":
        raise UsageError(f"reward must be 'task' or 'random', not {settings.reward!r}")
    return made


def train(
    settings: RunConfig, resume: bool, runs: Path = ROOT / "runs", show: Show | None = None
) -> dict[str, Any] | None:
    """Does the run. Returns {"before": Accuracy, "after": Accuracy, "seconds": ...}, or None if it was stopped."""
    show = show or Show(Console())
    check_name(settings.name)
    transformers_logging.disable_progress_bar()  # saving a small model needs none
    clock = time.perf_counter()
    folder = RunFolder(runs / settings.name)
    if resume:
        _use_the_same_code(folder, settings, show)
    grpo = grpo_config(settings)
    resolved = {
        **dataclasses.asdict(settings),
        "grpo": _plain(dataclasses.asdict(grpo)),
        "engine": engine_of(settings),
        "engine_settings": dataclasses.asdict(engine_config(settings)) if engine_of(settings) == "fast" else {},
        "solution": _solution(settings),
    }
    found = _resumable(folder, resolved) if resume else None
    if found is None and not (resume and folder.config() == resolved):
        aside = folder.start(resolved)
        if aside:
            show.note(f"an earlier run of this name is now in {_shown(aside)}")

    if found:
        checkpoint, state = found
        model = AutoModelForCausalLM.from_pretrained(checkpoint, dtype=torch.float32)
        own_memory(model)
        tokenizer = AutoTokenizer.from_pretrained(checkpoint)
        folder.rewind(state["trainer"]["step_number"])
        show.note(f"going on after step {state['trainer']['step_number']} of {grpo.num_steps}")
    else:
        tokenizer = addition_model.make_tokenizer()
        model = addition_model.make_model(tokenizer, settings.model, settings.seed)
        state = None
    data = {
        split: named(settings.dataset)(tokenizer, digits=settings.digits, split=split) for split in ("train", "test")
    }
    trainer = make_trainer(settings, model, tokenizer, data["train"], grpo)
    held_out = _spread(data["test"], settings.eval_problems)

    def accuracy(samples: int) -> evaluate.Accuracy:
        return evaluate.accuracy(model, tokenizer, held_out, samples=samples,
                                 max_new_tokens=grpo.max_new_tokens, seed=settings.seed)  # fmt: skip

    def sample_answers() -> list[str]:
        prompts = [prompt for prompt, _ in held_out[: settings.samples_shown]]
        return evaluate.complete(model, tokenizer, prompts, max_new_tokens=grpo.max_new_tokens, seed=settings.seed)

    def save(step: int) -> None:
        kept = {"before": state["before"], "answers": state["answers"], "tosses": getattr(grpo.reward, "tosses", 0)}
        folder.save(step, model, tokenizer, {**kept, "trainer": trainer.state_dict()})

    if state is None:
        folder.rewind(-1)
        show.headline(f"{sum(p.numel() for p in model.parameters()):,} parameters; warm start on sloppy homework")
        prompts = [prompt for prompt, _ in data["train"].data]
        with show.progress("warm start", settings.warm_start.steps) as advance:
            addition_model.warm_start(model, tokenizer, prompts, settings.warm_start, settings.seed,
                                   lambda step, loss: advance(step, {"loss": loss}))  # fmt: skip
        before, answers = accuracy(settings.eval_samples), sample_answers()
        folder.log({"step": 0, "accuracy_sampled": before.sampled, "accuracy_greedy": before.greedy})
        state = {"before": dataclasses.asdict(before), "answers": answers}
        save(0)
    else:
        trainer.load_state_dict(state["trainer"])
        if settings.reward == "random":
            grpo.reward.tosses = state["tosses"]
    before = evaluate.Accuracy(**state["before"])

    if engine_of(settings) != settings.engine:
        show.note("your own code runs as it is, without the engine")
    show.headline(f"GRPO; before it, {before.sampled:.2f} of sampled answers are right ({before.greedy:.2f} greedy)")
    seen = {"accuracy": next((m["accuracy_sampled"] for m in reversed(folder.metrics()) if "accuracy_sampled" in m), 0)}
    with Stop(show.note) as stop, show.progress("GRPO", grpo.num_steps, trainer.step_number) as advance:
        while trainer.step_number < grpo.num_steps:
            metrics = trainer.step()
            step = trainer.step_number
            if step % settings.eval_every == 0 or step == grpo.num_steps:
                now = accuracy(settings.eval_samples if step == grpo.num_steps else 1)
                metrics |= {"accuracy_sampled": now.sampled, "accuracy_greedy": now.greedy}
                seen["accuracy"] = now.sampled
            folder.log({"step": step, **metrics})
            if step % settings.checkpoint_every == 0 or step == grpo.num_steps or stop.wanted:
                save(step)
            advance(step, {"reward": metrics["reward"], **seen, "grad norm": metrics["grad_norm"]})
            if stop.wanted and step < grpo.num_steps:
                show.note(f"stopped after step {step}, which is saved; the same command with --resume goes on")
                return None

    last = next(m for m in reversed(folder.metrics()) if "accuracy_sampled" in m)
    after = evaluate.Accuracy(last["accuracy_sampled"], last["accuracy_greedy"])
    place = folder.save_final(model, tokenizer)
    title = f"{settings.name}: {before.sampled:.2f} → {after.sampled:.2f} of sampled held-out answers are right"
    training_curve.training_curve(folder.metrics(), folder.path / "curve.png", title)
    show.samples(held_out[: settings.samples_shown], state["answers"], sample_answers())
    show.result(before, after, len(held_out))
    seconds = time.perf_counter() - clock
    show.note(f"{seconds:.0f} s; curve: {_shown(folder.path / 'curve.png')}, model: {_shown(place)}")
    return {"before": before, "after": after, "seconds": seconds}


def _solution(settings: RunConfig) -> str:
    """The value of SOLUTION that gives the code which this run is made of, for its own lessons."""
    lessons = {path.partition(".")[0] for path in (settings.trainer, settings.dataset)}
    return ",".join(sorted(n for n in lessons if switch.finder.tree_of(n) == "solutions")) or "0"


def _use_the_same_code(folder: RunFolder, settings: RunConfig, show: Show) -> None:
    """A resumed run goes on with the code (the learner's or the reference) that it was started with."""
    wanted = (folder.config() or {}).get("solution")
    if wanted is None or wanted == _solution(settings):
        return
    if "SOLUTION" in os.environ:
        raise UsageError(f"the run in {_shown(folder.path)} was started with SOLUTION={wanted}, and can only go on so")
    show.note(f"this run was started with SOLUTION={wanted}, and goes on so")
    switch.select(wanted)


def _resumable(folder: RunFolder, resolved: dict[str, Any]) -> tuple[Path, dict[str, Any]] | None:
    old = folder.config()
    if old is None:
        raise UsageError(f"there is no run in {_shown(folder.path)} to resume; leave out --resume to start one")
    if old != resolved:
        changed = sorted(k for k in {*old, *resolved} if old.get(k) != resolved.get(k))
        raise UsageError(
            f"the run in {_shown(folder.path)} has other settings for {', '.join(changed)}; it can only go on unchanged"
        )
    return folder.latest()


def _spread(dataset: Any, count: int) -> list[evaluate.Problem]:
    """`count` problems in an order that does not depend on the run's seed: all runs meet the same ones."""
    order = torch.randperm(len(dataset), generator=torch.Generator().manual_seed(1)).tolist()
    return [dataset[i] for i in order[:count]]


def _plain(table: dict[str, Any]) -> dict[str, Any]:
    """A configuration as it is written to a file: a function by its name."""
    return {k: getattr(v, "__name__", type(v).__name__) if callable(v) else v for k, v in table.items()}


def _shown(path: Path) -> Path:
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m lab.train", description="Trains a model by GRPO.")
    parser.add_argument("--config", type=Path, required=True, help="a YAML file such as configs/demo.yaml")
    parser.add_argument("--model_path", help="smollm2, a folder, or an id of the Hugging Face hub")
    parser.add_argument("--data_path", help="a .jsonl or .parquet file of questions and answers")
    parser.add_argument("--resume", action="store_true", help="go on where the run of this name was stopped")
    parser.add_argument("settings", nargs="*", metavar="key=value", help="change a setting, such as grpo.num_steps=50")
    parsed = parser.parse_intermixed_args(arguments)  # settings may stand before and after options
    table = config_file.whole_groups(config.read(parsed.config, []))
    for setting in parsed.settings:
        config.apply(table, setting)
    paths = {key: getattr(parsed, key) for key in ("model_path", "data_path") if getattr(parsed, key) is not None}
    try:
        if "trainer" not in table:
            return train_model({**table, **paths}, parsed)
        if paths:
            raise UsageError(
                f"--{next(iter(paths))} is for runs without `trainer`; {parsed.config} trains a lesson's model"
            )
        done = train(config.build(RunConfig, table, parsed.config.name), parsed.resume)
        return 0 if done else 130
    except KeyboardInterrupt:
        print("\nstopped; the same command with --resume goes on after the last checkpoint")
        return 130


def train_model(table: dict[str, Any], parsed: argparse.Namespace) -> int:
    """A run of lab/train, by this process alone or together with others."""
    from lab.train import distributed

    with distributed.joined() as group:
        options = config_file.read(table, parsed.config.name, group.count)
        from lab.train.model_run import run  # loads lesson 14, which is not needed to refuse a configuration

        return 0 if run(options, parsed.resume, group) or not group.first else 130


if __name__ == "__main__":
    run_command(main)
