"""GRPO by Tunix 0.1.7 on the data and with the reward that lie beside this file.

    python train.py --config config.yaml --model FOLDER [--output_dir trained] [key=value ...]

FOLDER holds a Llama in transformers' format: config.json, model.safetensors, tokenizer. The trained model is saved in
the same format. key=value changes a setting of config.yaml: training.max_steps=100, grpo.beta=0.04.
"""

from __future__ import annotations

import argparse
import dataclasses
import difflib
import json
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import optax
import tunix_llama
import yaml
from reward import reward
from transformers import AutoTokenizer
from tunix.rl import rl_cluster
from tunix.rl.grpo.grpo_learner import GRPOConfig, GRPOLearner
from tunix.rl.rollout.base_rollout import RolloutConfig
from tunix_rollout import CorrectedRollout

HERE = Path(__file__).resolve().parent


@dataclasses.dataclass
class RunConfig:
    """What Tunix's own configurations leave open."""

    prompts: int = 8  # in a batch
    learning_rate: float = 1e-6
    warmup_steps: int = 0  # updates in which the learning rate rises linearly
    final_rate: float = 1.0  # and the share of it to which it falls linearly by the last update
    max_grad_norm: float = 1.0
    weight_decay: float = 0.0
    pad_token: str | None = None  # instead of the tokenizer's own
    seed: int = 0
    log_every: int = 10  # batches


# group of config.yaml -> what is made of it, and its fields that are settings here
GROUPS: dict[str, tuple[type, set[str]]] = {
    "grpo": (GRPOConfig, {field.name for field in dataclasses.fields(GRPOConfig)}),
    "rollout": (
        RolloutConfig,
        {"max_tokens_to_generate", "max_prompt_length", "kv_cache_size", "temperature", "top_p", "top_k"},
    ),
    "training": (
        rl_cluster.RLTrainingConfig,
        {"max_steps", "mini_batch_size", "train_micro_batch_size", "rollout_micro_batch_size"}
        | {"compute_logps_micro_batch_size"},
    ),
    "run": (RunConfig, {field.name for field in dataclasses.fields(RunConfig)}),
}


def read_settings(path: Path, changes: list[str]) -> dict[str, dict[str, Any]]:
    """{group: {field: value}}. Raises ValueError for a setting that there is not."""
    table = yaml.safe_load(path.read_text(encoding="utf-8"))
    settings = {f"{group}.{field}": value for group, fields in table.items() for field, value in fields.items()}
    for change in changes:
        key, equals, text = change.partition("=")
        if not equals:
            raise ValueError(f"{change!r} is not a setting; write key=value, such as training.max_steps=100")
        settings[key] = yaml.safe_load(text)
    known = [f"{group}.{field}" for group, (_, fields) in GROUPS.items() for field in sorted(fields)]
    grouped: dict[str, dict[str, Any]] = {group: {} for group in GROUPS}
    for key, value in settings.items():
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            raise ValueError(f"there is no setting {key!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
        group, field = key.split(".")
        grouped[group][field] = value
    return grouped


def batches(rows: list[dict[str, Any]], prompts: int, tokenizer: Any, seed: int) -> Iterator[dict[str, np.ndarray]]:
    """`prompts` different problems at a time, without end: Tunix stops by its own count of updates."""
    draw = random.Random(seed)
    texts = [as_text(row["prompt"], tokenizer) for row in rows]
    while True:
        chosen = draw.sample(range(len(rows)), prompts)
        yield {
            "prompts": np.array([texts[i] for i in chosen]),
            "answer": np.array([rows[i]["answer"] for i in chosen]),
        }


def as_text(prompt: str | list[dict[str, str]], tokenizer: Any) -> str:
    """A chat by the tokenizer's template, a text as it is."""
    if isinstance(prompt, str):
        return prompt
    return tokenizer.apply_chat_template(prompt, add_generation_prompt=True, tokenize=False)


def schedule_of(run: RunConfig, updates: int) -> optax.Schedule:
    """A learning rate that rises linearly over warmup_steps, times one that falls linearly to final_rate of itself."""
    rise = optax.linear_schedule(1 / max(1, run.warmup_steps), 1.0, run.warmup_steps - 1)
    fall = optax.linear_schedule(1.0, run.final_rate, updates)
    return lambda update: run.learning_rate * rise(update) * fall(update)


def optimizer_of(run: RunConfig, updates: int) -> optax.GradientTransformation:
    """AdamW, after the norm of the gradient is clipped."""
    adamw = optax.adamw(schedule_of(run, updates), weight_decay=run.weight_decay)
    return optax.chain(optax.clip_by_global_norm(run.max_grad_norm), adamw)


class Progress:
    """The reward, with one line every few batches."""

    def __init__(self, batches: int, every: int):
        self.batches, self.every = batches, every
        self.rewards: list[float] = []
        self.start = time.perf_counter()

    def reward(self, prompts: list[str], completions: list[str], **columns: Any) -> list[float]:
        """Tunix calls it by name, with the columns of the data."""
        scores = reward(prompts=prompts, completions=completions, **columns)
        self.rewards.append(float(np.mean(scores)))
        if len(self.rewards) % self.every == 0:
            seconds = time.perf_counter() - self.start
            recent = np.mean(self.rewards[-self.every :])
            print(f"batch {len(self.rewards)} of {self.batches}: reward {recent:.3f}; {seconds:.0f} s", flush=True)
        return scores


def prepare(model: Path, settings: dict[str, dict[str, Any]]) -> tuple[GRPOLearner, Iterator[dict[str, np.ndarray]]]:
    """Tunix's learner and its data. Raises ValueError for settings or a model that Tunix does not take."""
    run, algorithm = RunConfig(**settings["run"]), GRPOConfig(**settings["grpo"])
    training = rl_cluster.RLTrainingConfig(
        **settings["training"],
        actor_optimizer=optimizer_of(run, settings["training"]["max_steps"]),
        eval_every_n_steps=settings["training"]["max_steps"] + 1,  # train.py does not evaluate
    )
    tokenizer = AutoTokenizer.from_pretrained(model, padding_side="left")
    tokenizer.pad_token = run.pad_token or tokenizer.pad_token
    if tokenizer.pad_token_id in (None, tokenizer.eos_token_id):  # Tunix masks by the pad token, so the EOS as well
        raise ValueError("the tokenizer pads with its EOS, which would not be trained; name another as run.pad_token")
    rows = [json.loads(line) for line in (HERE / "train.jsonl").read_text(encoding="utf-8").splitlines()]
    if run.prompts > len(rows):
        raise ValueError(f"run.prompts is {run.prompts}, but train.jsonl has {len(rows)} problems")
    random.seed(run.seed)
    mesh = tunix_llama.make_mesh()
    roles = (rl_cluster.Role.ACTOR, rl_cluster.Role.ROLLOUT, rl_cluster.Role.REFERENCE)
    cluster = rl_cluster.RLCluster(
        actor=tunix_llama.load(model, mesh),
        reference=tunix_llama.load(model, mesh) if algorithm.beta else None,
        tokenizer=tokenizer,
        cluster_config=rl_cluster.ClusterConfig(
            role_to_mesh={role: mesh for role in roles},
            rollout_engine=CorrectedRollout,
            training_config=training,
            rollout_config=RolloutConfig(**settings["rollout"], seed=run.seed),
        ),
    )
    progress = Progress(settings["training"]["max_steps"] // algorithm.num_iterations, run.log_every)
    learner = GRPOLearner(cluster, algorithm, reward_fns=progress.reward)
    return learner, batches(rows, run.prompts, tokenizer, run.seed)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True, help="a folder with a Llama in transformers' format")
    parser.add_argument("--output_dir", type=Path, default=HERE / "trained")
    parser.add_argument("settings", nargs="*", metavar="key=value")
    given = parser.parse_intermixed_args()
    try:
        learner, problems = prepare(given.model, read_settings(given.config, given.settings))
    except (ValueError, TypeError, OSError, yaml.YAMLError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    with learner.rl_cluster.r2m[rl_cluster.Role.ACTOR]:
        learner.train(problems)
    tunix_llama.save(learner.rl_cluster.actor_trainer.model, given.model, given.output_dir)
    return 0


if __name__ == "__main__":
    sys.exit(main())
