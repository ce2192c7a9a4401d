"""Configuration files -> Options: other spellings are put where they belong, and a key that does not exist is told with
the nearest one that does.

    algorithm: {group_size: 8}      as grpo: {group_size: 8}; likewise baseline_type, temperature, max_grad_norm, ...
    reward: random                  as reward: {type: random}; likewise task: addition
    task: {name: math_reasoning}    given with a reward or without
"""

from __future__ import annotations

import dataclasses
import difflib
from pathlib import Path
from typing import Any

from course.base.errors import UsageError
from lab.rl import named_rewards
from lab.train import option_checks, settings
from lab.train.options import GROUPS, Options

MOVED = {"group_size", "baseline_type", "temperature"}  # stand in `algorithm`, too
SHORT = {"task": "name", "reward": "type"}  # a group that may be one word
NAMES = [
    *(f.name for f in dataclasses.fields(Options) if f.name not in GROUPS),
    *(f"{group}.{f.name}" for group, cls in GROUPS.items() for f in dataclasses.fields(cls)),
]
OTHER_NAMES = {  # of other libraries, and what beginners try
    "lr": "algorithm.learning_rate", "num_generations": "grpo.group_size", "model": "model_path", "data": "data_path",
    "num_train_epochs": "algorithm.epochs", "max_steps": "num_steps", "beta": None, "kl_coef": None,
    "max_completion_length": "grpo.max_new_tokens", "scale_rewards": "grpo.reward_normalization",
    "num_iterations": "grpo.updates_per_batch", "clip_ratio": "grpo.epsilon", "dataset": "task.dataset",
}  # fmt: skip


def read(table: dict[str, Any], where: str, processes: int = 1) -> Options:
    """Options of a table as YAML gives it. where: the file's name, for messages. Raises UsageError."""
    options = settings.build(Options, expanded(table, where), where)
    options.name = options.name or Path(where).stem
    option_checks.check(options, processes)
    named_rewards.check(options)
    return options


def whole_groups(table: dict[str, Any]) -> dict[str, Any]:
    """A copy in which a task or reward of one word is a group of settings; a lesson's run (`trainer`) as it is."""
    table = {key: dict(value) if isinstance(value, dict) else value for key, value in table.items()}
    for group, key in SHORT.items():
        if isinstance(table.get(group), str) and "trainer" not in table:
            table[group] = {key: table[group]}
    return table


def expanded(table: dict[str, Any], where: str) -> dict[str, Any]:
    """The table with every key in its own place. Raises UsageError for keys that no place has."""
    table = whole_groups(table)
    for group in GROUPS:
        if group in table and not isinstance(table[group], dict):
            raise UsageError(f"{where}: key {group!r} must be a group of settings, not {table[group]!r}")
    for key in [k for k in table.get("algorithm", {}) if k in MOVED]:
        value, grpo = table["algorithm"].pop(key), table.setdefault("grpo", {})
        if grpo.setdefault(key, value) != value:
            raise UsageError(f"{where}: {key} is {value!r} under algorithm and {grpo[key]!r} under grpo; leave one out")
    if "type" not in table.get("reward", {}) and table.get("task", {}).get("name") == "code_generation":
        table.setdefault("reward", {})["type"] = "code_execution"
    for key, value in table.items():
        for name in [f"{key}.{inner}" for inner in value] if key in GROUPS else [str(key)]:
            if name not in NAMES:
                raise UsageError(f"{where}: unknown key {name!r}; {instead(name)}")
    return table


def instead(name: str) -> str:
    """What to write instead of a key that does not exist."""
    last = name.rpartition(".")[2]
    if last in OTHER_NAMES:
        right = OTHER_NAMES[last]
        return (
            f"it is {right!r} here"
            if right
            else "there is no KL term here; `python -m lab.run lesson16_grpo_rlhf.given.rlhf_command` has one"
        )
    by_last = {known.rpartition(".")[2]: known for known in NAMES}
    near = difflib.get_close_matches(last, by_last, n=1, cutoff=0.7)  # in whichever group
    if near:
        return f"did you mean {by_last[near[0]]!r}?"
    group = name.partition(".")[0]
    known = [n for n in NAMES if n.startswith(group + ".")] or [*(n for n in NAMES if "." not in n), *GROUPS]
    return f"the keys are {', '.join(known)}"
