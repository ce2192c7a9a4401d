"""The RLHF run: a policy, a reward model that learns from preferences (or is given), GRPO, checkpoints, figures.

By default everything is the toy task of tutorial/stage04_alignment/lesson16_grpo_rlhf/given/toy_task.py, where the true score is known and can be watched beside the
reward model's. With `data`, `policy` and `reward_model` it is any prompts and any models that transformers reads.
"""

from __future__ import annotations

import copy
import dataclasses
import json
import math
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from lesson14_grpo_ppo_clip.rollout.generate import generate
from lesson16_grpo_rlhf.given import run_plots, toy_task
from lesson16_grpo_rlhf.rewards.reward_model import Pair, RewardModelConfig, fit_reward_model
from lesson16_grpo_rlhf.training.checkpoint import save_checkpoint
from lesson16_grpo_rlhf.training.rlhf_trainer import GRPOConfig, RLHFTrainer, frozen_copy
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer
from transformers.utils import logging as transformers_logging

from course.base import switch
from course.base.atomic_files import write_text
from course.base.errors import UsageError
from lab.engine.llama import why_not
from lab.rl.rewards import ModelReward
from lab.train import settings as config
from lab.train import table_files
from lab.train.run_folder import RunFolder, check_name


@dataclasses.dataclass
class RunSettings:
    """What a configuration file holds; configs/rlhf.yaml is the run of lesson 16."""

    name: str = "rlhf"  # of the folder under runs/
    seeds: int = 3  # runs with seeds 0, 1, ...
    kl_coefs: list = dataclasses.field(default_factory=lambda: [0.0, 0.1])  # one run for each, of each seed
    epochs: int = 2  # a checkpoint after each; they share the steps evenly
    engine: str = "fast"  # "fast": the reference's rollouts and updates by lab/engine; "plain": by the lesson's code
    grpo: dict[str, Any] = dataclasses.field(default_factory=dict)  # settings of the lesson's GRPOConfig
    # The policy
    policy: str = ""  # a model id or path for transformers; empty: a small Llama, warm-started on `data`
    data: str = ""  # .jsonl or .parquet; empty: the toy task's own demonstrations
    input: str = "question"  # the column that holds the prompts
    output: str = "reply"  # the column that holds answers; only a warm start needs it
    prompts: int = 512  # at most so many different prompts
    demonstrations: int = 2000  # rows of the toy task
    warm_start_steps: int = 300
    join: str = " "  # between prompt and response, when the reward model reads them
    # The reward model
    reward_model: str = ""  # a model id or path for transformers; empty: a small one, trained on preferences
    preferences: str = ""  # .jsonl or .parquet with the columns prompt, chosen, rejected; empty: by the hidden rule
    samples: int = 1024  # replies of the policy to each prompt, from which the hidden rule makes preferences
    reward_training: dict[str, Any] = dataclasses.field(default_factory=dict)  # of RewardModelConfig
    # Where
    policy_device: str = "cpu"
    reference_device: str = "cpu"
    reward_device: str = "cpu"


@dataclasses.dataclass
class World:
    """What GRPO is given, the same for every price of the KL."""

    policy: Any
    tokenizer: Any
    prompts: list[str]
    reward: Callable[[list[str], list[str]], list[float]]
    true_score: Callable[[str, str], float] | None  # only the toy task has one
    told: dict[str, float]  # what there is to tell about the preparations


def pretrained(kind: Any, name: str, device: str, **options: Any) -> Any:
    """A model or tokenizer by id or path. Raises UsageError where there is none."""
    try:
        loaded = kind.from_pretrained(name, **options)
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise UsageError(f"{name!r} cannot be loaded ({reason}); give a model id or a folder with a model") from None
    return loaded.to(on(device)) if device else loaded


def on(name: str) -> torch.device:
    """The device of that name. Raises UsageError where this machine has none."""
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
        return device
    except (RuntimeError, AssertionError):
        raise UsageError(f"there is no device {name!r} on this machine; 'cpu' always is") from None


def prepare(settings: RunSettings, seed: int) -> World:
    """Policy, prompts and reward model for one seed."""
    toy = not (settings.policy or settings.data)
    columns = [settings.input] if settings.policy else [settings.input, settings.output]
    if toy:
        rows = [tuple(row.values()) for row in toy_task.demonstrations(settings.demonstrations, seed)]
    else:
        rows = table_files.read_columns(settings.data, columns)
    prompts = list(dict.fromkeys(row[0] for row in rows))[: settings.prompts]

    if settings.policy:
        policy = pretrained(AutoModelForCausalLM, settings.policy, settings.policy_device, dtype=torch.float32)
        tokenizer = pretrained(AutoTokenizer, settings.policy, "")
        if tokenizer.pad_token_id is None:
            tokenizer.pad_token = tokenizer.eos_token
    else:
        tokenizer = toy_task.make_tokenizer()
        policy = toy_task.make_policy(tokenizer, seed).to(on(settings.policy_device))
        toy_task.warm_start(policy, tokenizer, rows, settings.warm_start_steps, seed)
    told: dict[str, float] = {}
    if settings.reward_model:
        judge = pretrained(
            AutoModelForSequenceClassification, settings.reward_model, settings.reward_device, dtype=torch.float32
        )
        reader = pretrained(AutoTokenizer, settings.reward_model, "")
    else:
        pairs = preferences(settings, policy, tokenizer, prompts, seed)
        judge, reader = toy_task.make_reward_model(tokenizer, seed, policy.config.hidden_size), tokenizer
        if judge.config.vocab_size != policy.config.vocab_size:
            raise UsageError("a reward model can be trained here only for the built-in policy; give reward_model")
        judge.model.load_state_dict(policy.model.state_dict())  # as is usual, it begins as the policy that it judges
        judge.to(on(settings.reward_device))
        held_out = len(pairs) // 10
        options = config.build(RewardModelConfig, {"seed": seed, **settings.reward_training}, "reward_training")
        fit_reward_model(judge, reader, pairs[held_out:], options)
        score = ModelReward(judge, reader)
        prompts_of, chosen, rejected = (list(column) for column in zip(*pairs[:held_out], strict=True))
        right = [c > r for c, r in zip(score(prompts_of, chosen), score(prompts_of, rejected), strict=True)]
        told = {"pairs": len(pairs) - held_out, "accuracy on held-out pairs": sum(right) / len(right)}
    model_reward = ModelReward(judge, reader)
    return World(
        policy, tokenizer, prompts, lambda p, r: model_reward(p, [settings.join + text for text in r]),
        toy_task.true_score if toy else None, told,
    )  # fmt: skip


def preferences(settings: RunSettings, policy: Any, tokenizer: Any, prompts: list[str], seed: int) -> list[Pair]:
    """Pairs from the file, or of the policy's own replies, the better one by the hidden rule first."""
    if settings.preferences:
        pairs = table_files.read_columns(settings.preferences, ["prompt", "chosen", "rejected"])
        if len(pairs) < 10:
            raise UsageError(f"{settings.preferences} holds {len(pairs)} pairs; at least 10 are needed, one to test")
        return [(p, settings.join + chosen, settings.join + rejected) for p, chosen, rejected in pairs]
    device = next(policy.parameters()).device
    generator = torch.Generator(device).manual_seed(seed)
    ids, _ = generate(policy, tokenizer, prompts, settings.samples, toy_task.LONGEST + 2, generator=generator)
    texts = [tokenizer.decode(row.tolist(), skip_special_tokens=True) for row in ids]
    asked = [prompt for prompt in prompts for _ in range(settings.samples)]
    pairs = []
    for i in range(0, len(texts) - 1, 2):
        a, b = toy_task.true_score(asked[i], texts[i]), toy_task.true_score(asked[i], texts[i + 1])
        if a != b:  # of two equally good replies neither is preferred
            better, worse = (i, i + 1) if a > b else (i + 1, i)
            pairs.append((asked[i], settings.join + texts[better], settings.join + texts[worse]))
    order = torch.randperm(len(pairs), generator=torch.Generator().manual_seed(seed)).tolist()
    return [pairs[i] for i in order]


def grpo_settings(settings: RunSettings, seed: int, kl_coef: float) -> GRPOConfig:
    return config.build(GRPOConfig, {"seed": seed, **settings.grpo, "kl_coef": float(kl_coef)}, "grpo")


def trainer_of(settings: RunSettings, policy: Any) -> type[RLHFTrainer]:
    """The lesson's trainer; or its twin on the engine, for the reference and a policy that the engine knows."""
    ours = any(switch.finder.tree_of(c.__module__.partition(".")[0]) != "solutions" for c in RLHFTrainer.__mro__[:2])
    if settings.engine == "plain" or ours or why_not(policy):
        return RLHFTrainer
    from lesson16_grpo_rlhf.given.engine_trainer import FastRLHFTrainer

    return FastRLHFTrainer


def grpo(settings: RunSettings, world: World, seed: int, kl_coef: float, folder: Path,
         on_step: Callable[[int, dict], None] = lambda step, metrics: None) -> list[dict[str, float]]:  # fmt: skip
    """One GRPO run from the world's policy (which stays as it is); returns the metrics of each step."""
    chosen = grpo_settings(settings, seed, kl_coef)
    policy = copy.deepcopy(world.policy)
    reference = frozen_copy(policy, on(settings.reference_device))
    true: list[float] = []

    def reward(prompts: list[str], responses: list[str]) -> list[float]:
        if world.true_score:
            true.extend(map(world.true_score, prompts, responses))
        return world.reward(prompts, responses)

    trainer = trainer_of(settings, policy)(policy, reference, world.tokenizer, world.prompts, reward, chosen)
    history = []
    ends = [round(chosen.num_steps * (e + 1) / settings.epochs) for e in range(settings.epochs)]
    for step in range(1, chosen.num_steps + 1):
        true.clear()
        metrics = {"step": step, **trainer.step()}
        if true:
            metrics["true_score"] = statistics.fmean(true)
        history.append(metrics)
        on_step(step, metrics)
        if step in ends:
            save_checkpoint(folder, ends.index(step) + 1, policy, world.tokenizer, chosen)
    write_text(folder / "metrics.jsonl", "".join(json.dumps(m) + "\n" for m in history))
    return history


def check(settings: RunSettings) -> None:
    """Raises UsageError for whatever can be known to be wrong before anything is trained."""
    check_name(settings.name)
    if not settings.kl_coefs or not all(isinstance(k, int | float) and k >= 0 for k in settings.kl_coefs):
        raise UsageError(f"kl_coefs must be numbers of at least 0, such as [0.0, 0.1], not {settings.kl_coefs!r}")
    if settings.engine not in ("fast", "plain"):
        raise UsageError(f"engine must be 'fast' or 'plain', not {settings.engine!r}")
    if settings.seeds < 1 or settings.epochs < 1:
        raise UsageError("seeds and epochs must be at least 1")
    for key, instead in (("kl_coef", "kl_coefs=[...]"), ("seed", "seeds=...")):
        if key in settings.grpo:
            raise UsageError(f"grpo.{key} is set by the run; write {instead} instead")
    for kl_coef in settings.kl_coefs:
        steps = grpo_settings(settings, 0, kl_coef).num_steps
        if steps < settings.epochs:
            raise UsageError(f"{settings.epochs} epochs need at least as many steps, not grpo.num_steps={steps}")
    if settings.policy and not settings.data:
        raise UsageError(f"the policy {settings.policy!r} needs data: a .jsonl or .parquet file with prompts")
    if settings.data and not (settings.reward_model or settings.preferences):
        raise UsageError("own data need a reward_model, or preferences to train one on")
    for device in (settings.policy_device, settings.reference_device, settings.reward_device):
        on(device)


def run(settings: RunSettings, runs: Path, say: Callable[[str], None] = print) -> dict[str, list[list[dict]]]:
    """All runs; writes figures, table and checkpoints under runs/<name>. Returns the metrics: {label: [per seed]}."""
    check(settings)
    transformers_logging.disable_progress_bar()
    folder, clock = runs / settings.name, time.perf_counter()
    aside = RunFolder(folder).start(dataclasses.asdict(settings))
    (folder / "checkpoints").rmdir()  # here every run has its own
    if aside:
        say(f"an earlier run of this name is now in {aside}")
    found: dict[str, list[list[dict]]] = {f"KL price {k:g}": [] for k in settings.kl_coefs}
    accuracies = []
    for seed in range(settings.seeds):
        world = prepare(settings, seed)
        told = "; ".join(f"{name} {value:.3g}" for name, value in world.told.items())
        say(f"seed {seed}: policy and reward model are there ({told or 'loaded'})")
        accuracies += [v for n, v in world.told.items() if n.startswith("accuracy")]
        for kl_coef, label in zip(settings.kl_coefs, found, strict=True):
            history = grpo(settings, world, seed, kl_coef, folder / f"kl_{kl_coef:g}_seed_{seed}")
            found[label].append(history)
            say(f"seed {seed}, {label}: {_summary(history)}")
    seconds = time.perf_counter() - clock
    run_plots.training_metrics(found, folder / "training_metrics.png", "GRPO against a reward model")
    if "true_score" in next(iter(found.values()))[0][0]:
        run_plots.overoptimisation(
            found, folder / "overoptimisation.png", "The same reward, with and without a price for the KL"
        )
    text = table(found)
    if accuracies:
        text += f"\nThe reward model orders {spread(accuracies)} of held-out pairs rightly. {seconds:.0f} s in all.\n"
    write_text(folder / "table.md", text)
    say("\n" + text)
    return found


WINDOW = 10  # steps


def table(found: dict[str, list[list[dict]]]) -> str:
    """Means of the first step, the best and the last WINDOW steps, as a table in Markdown."""
    lines = [
        "| run | reward before | after | true score before | best | after | KL after | entropy after |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for label, seeds in found.items():
        cells = [
            spread([s[0]["reward"] for s in seeds]),
            spread([_last(s, "reward") for s in seeds]),
            spread([s[0].get("true_score", math.nan) for s in seeds]),
            spread([_best(s, "true_score") for s in seeds]),
            spread([_last(s, "true_score") for s in seeds]),
            spread([_last(s, "kl") for s in seeds]),
            spread([_last(s, "entropy") for s in seeds]),
        ]
        lines.append(f"| {label} | {' | '.join(cells)} |")
    steps = len(next(iter(found.values()))[0])
    seeds = len(next(iter(found.values())))
    lines.append(f"\nMeans of {WINDOW} steps of {steps}, ± the standard deviation over {seeds} seeds.")
    return "\n".join(lines) + "\n"


def spread(values: list[float]) -> str:
    """Mean ± standard deviation."""
    if any(math.isnan(v) for v in values):
        return "–"
    deviation = f" ± {statistics.stdev(values):.2f}" if len(values) > 1 else ""
    return f"{statistics.fmean(values):.2f}{deviation}"


def _last(history: list[dict], name: str) -> float:
    return statistics.fmean(m.get(name, math.nan) for m in history[-WINDOW:])


def _best(history: list[dict], name: str) -> float:
    values = [m.get(name, math.nan) for m in history]
    return max(statistics.fmean(values[i : i + WINDOW]) for i in range(max(1, len(values) - WINDOW + 1)))


def _summary(history: list[dict]) -> str:
    names = [n for n in ("reward", "true_score", "kl") if n in history[0]]
    return ", ".join(f"{n.replace('_', ' ')} {history[0][n]:.2f} → {_last(history, n):.2f}" for n in names)
