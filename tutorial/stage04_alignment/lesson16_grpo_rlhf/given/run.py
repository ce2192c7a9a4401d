"""Lesson 16's run: python -m lab.run lesson16_grpo_rlhf.given.run [--config configs/rlhf.yaml] [--resume] [key=value ...]

A policy, a reward model that learns from preferences (or is given), GRPO with each price of the KL, checkpoints,
figures. By default everything is the toy task of toy_task.py, where the true score is known and can be watched beside
the reward model's. With `data`, `policy` and `reward_model` it is any prompts and any models that transformers reads.
"""

from __future__ import annotations

import argparse
import copy
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from lesson16_grpo_rlhf.given import engine, results
from lesson16_grpo_rlhf.given.checkpoint import save_checkpoint
from lesson16_grpo_rlhf.given.preparation import Preparation, device_named, prepare
from lesson16_grpo_rlhf.given.settings import RunSettings
from lesson16_grpo_rlhf.training.rlhf_trainer import RLHFConfig, RLHFTrainer, frozen_copy
from transformers import AutoModelForCausalLM

from course.base.atomic_files import write_text
from course.base.errors import UsageError, run_command
from course.base.switch import ROOT
from lab.engine.llama import unsupported_reason
from lab.train import settings as settings_files
from lab.train.distributed import Processes
from lab.train.lesson_run import uses_engine
from lab.train.report import Report, short_path
from lab.train.run import Prepared, run, solution_of
from lab.train.run_folder import RunFolder, check_name, copy_weights_off_file

LESSONS = ["lesson14_grpo_ppo_clip", "lesson16_grpo_rlhf"]


def rlhf_config(settings: RunSettings, seed: int, kl_coef: float) -> RLHFConfig:
    table = {"seed": seed, **settings.grpo, "kl_coef": kl_coef}
    return settings_files.build_dataclass(RLHFConfig, table, "grpo")


def make_trainer(settings: RunSettings, policy: Any, *arguments: Any) -> RLHFTrainer:
    """The lesson's trainer; on the engine if the code is the reference and the engine runs the policy."""
    reference = all(uses_engine(settings.engine, lesson) for lesson in LESSONS)
    made = engine.make_trainer if reference and not unsupported_reason(policy) else RLHFTrainer
    return made(policy, *arguments)


class WithTrueScore:
    """A trainer that reports the mean true score of each step's responses, if there is one."""

    def __init__(self, settings: RunSettings, prepared: Preparation, policy: Any, config: RLHFConfig):
        self.prepared, self.scores = prepared, list[float]()
        reference = frozen_copy(prepared.policy, device_named(settings.reference_device))
        arguments = (policy, reference, prepared.tokenizer, prepared.prompts, self.reward, config)
        self.trainer = make_trainer(settings, *arguments)
        self.state_dict, self.load_state_dict = self.trainer.state_dict, self.trainer.load_state_dict

    @property
    def step_number(self) -> int:
        return self.trainer.step_number

    def reward(self, prompts: list[str], responses: list[str]) -> list[float]:
        if self.prepared.true_score:
            self.scores += map(self.prepared.true_score, prompts, responses)
        return self.prepared.reward(prompts, responses)

    def step(self) -> dict[str, float]:
        self.scores = []
        metrics = self.trainer.step()
        return {**metrics, "true_score": statistics.fmean(self.scores)} if self.scores else metrics


class OnePrice:
    """The recipe of one run: a seed and a price of the KL. The prepared policy stays as it is."""

    lessons = LESSONS
    eval_every = 1  # nothing is evaluated

    def __init__(self, settings: RunSettings, prepared: Preparation, seed: int, kl_coef: float):
        self.name = f"{settings.name}/kl_{kl_coef:g}_seed_{seed}"
        self.all_settings, self.prepared, self.seed, self.kl_coef = settings, prepared, seed, kl_coef
        self.checkpoint_every = settings.checkpoint_every

    def settings(self) -> dict[str, Any]:
        return {**self.all_settings.model_dump(), "seed": self.seed, "kl_coef": self.kl_coef}

    def prepare(self, folder: Path, checkpoint: Path | None, report: Report, processes: Processes) -> Prepared:
        config = rlhf_config(self.all_settings, self.seed, self.kl_coef)
        policy: Any = copy.deepcopy(self.prepared.policy)
        if checkpoint:
            policy = AutoModelForCausalLM.from_pretrained(checkpoint, dtype=torch.float32).to(policy.device)
            copy_weights_off_file(policy)
        trainer = WithTrueScore(self.all_settings, self.prepared, policy, config)
        epochs = self.all_settings.epochs
        ends = [round(config.num_steps * (e + 1) / epochs) for e in range(epochs)]

        def save_epoch(step: int, metrics: dict[str, float]) -> None:
            if step in ends:
                save_checkpoint(folder, ends.index(step) + 1, policy, self.prepared.tokenizer, config)

        return Prepared(policy, self.prepared.tokenizer, trainer, config.num_steps, log=save_epoch)


def check(settings: RunSettings) -> None:
    """Raises UsageError for what can be known to be wrong before anything is trained."""
    check_name(settings.name)
    for kl_coef in settings.kl_coefs:
        steps = rlhf_config(settings, 0, kl_coef).num_steps
        if steps < settings.epochs:
            raise UsageError(f"{settings.epochs} epochs need at least as many steps, not grpo.num_steps={steps}")
    for device in (settings.policy_device, settings.reference_device, settings.reward_device):
        device_named(device)


def run_all(
    settings: RunSettings, runs: Path = ROOT / "runs", resume: bool = False, report: Report | None = None
) -> dict[str, list[results.Run]] | None:
    """All runs; writes figures, table and checkpoints under runs/NAME. Returns the metrics, {label: [per seed]}, or
    None if it was stopped."""
    check(settings)
    report, folder, clock = report or Report(), RunFolder(runs / settings.name), time.perf_counter()
    wanted = {**settings.model_dump(), "solution": solution_of(LESSONS)}
    if resume and folder.config() != wanted:
        raise UsageError(f"there is no run in {short_path(folder.path)} with these settings to resume")
    prepared = prepare(settings, 0)  # a run that is refused leaves an earlier one in its place
    aside = None if resume else folder.start(wanted)
    if aside:
        report.note(f"an earlier run of this name is now in {short_path(aside)}")
    found: dict[str, list[results.Run]] = {f"KL price {k:g}": [] for k in settings.kl_coefs}
    accuracies = []
    for seed in range(settings.seeds):
        prepared = prepare(settings, seed) if seed else prepared
        if prepared.pairs:
            accuracies.append(prepared.accuracy)
            trained = f"{prepared.pairs} pairs, right on {prepared.accuracy:.3g} of the others"
        report.note(f"seed {seed}: policy and reward model are there ({trained if prepared.pairs else 'loaded'})")
        for kl_coef, label in zip(settings.kl_coefs, found, strict=True):
            recipe = OnePrice(settings, prepared, seed, kl_coef)
            own = RunFolder(runs / recipe.name)
            if not (own.path / "model").is_dir() and run(recipe, own.config() is not None, runs, report) is None:
                return None
            history = own.metrics()
            found[label].append(history)
            report.note(f"seed {seed}, {label}: {results.summary(history)}")
    title = "GRPO against a reward model"
    results.training_metrics(found, folder.path / "training_metrics.png", title)
    if "true_score" in next(iter(found.values()))[0][0]:
        title = "The same reward, with and without a price for the KL"
        results.overoptimisation(found, folder.path / "overoptimisation.png", title)
    text = results.table(found)
    if accuracies:
        text += f"\nThe reward model orders {results.mean_and_deviation(accuracies)} of held-out pairs rightly. "
        text += f"{time.perf_counter() - clock:.0f} s in all.\n"
    write_text(folder.path / "table.md", text)
    report.note("\n" + text)
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m lab.run lesson16_grpo_rlhf.given.run",
        description="Trains a reward model on preferences, and a policy against it by GRPO.",
    )
    parser.add_argument("--config", type=Path, default=ROOT / "configs" / "rlhf.yaml", help="a YAML file of settings")
    parser.add_argument("--resume", action="store_true", help="go on where the run of this name was stopped")
    parser.add_argument("settings", nargs="*", metavar="key=value", help="change a setting, such as grpo.num_steps=20")
    given = parser.parse_intermixed_args(arguments)
    torch.set_num_threads(1)  # models this small are slower with two
    table = settings_files.read(given.config, given.settings)
    try:
        done = run_all(settings_files.build(RunSettings, table, given.config.name), resume=given.resume)
    except KeyboardInterrupt:
        done = None
    return 0 if done else 130


if __name__ == "__main__":
    run_command(main)
