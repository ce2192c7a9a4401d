"""Which values and combinations of options make no sense. Each is refused in one sentence that names the key and says
what to do. Which type a value has, lab/train/settings.py has seen to before."""

from __future__ import annotations

import difflib
import math
from typing import Any

from course.base.errors import UsageError
from lab import tasks
from lab.train.options import Options, values

CHOICES = {
    "algorithm.name": ("grpo",),
    "grpo.baseline_type": ("group_mean", "group_median", "exponential_moving_average"),
    "grpo.group_size_schedule": ("linear", "signal"),
    "grpo.optimizer_type": ("adamw", "sgd"),
    "grpo.aggregation": ("token", "sequence", "constant"),
    "task.name": (*tasks.NAMES, "math_reasoning", "code_generation"),
    "reward.type": ("task", "random", "last_number", "math_correctness", "code_execution"),
    "dtype": ("auto", "float32", "bfloat16", "float64"),
}
AT_LEAST = {
    "algorithm.batch_size": 1, "algorithm.mini_batch_size": 1, "algorithm.epochs": 1, "grpo.group_size": 1,
    "grpo.min_group_size": 1, "grpo.max_group_size": 1, "grpo.gradient_accumulation_steps": 1,
    "grpo.updates_per_batch": 1, "grpo.max_new_tokens": 1, "grpo.warmup_steps": 0, "num_steps": 1, "eval_every": 1,
    "eval_problems": 1, "eval_samples": 1, "checkpoint_every": 1, "samples_shown": 0, "seed": 0,
}  # fmt: skip
ABOVE_ZERO = ("algorithm.learning_rate", "grpo.temperature", "grpo.reward_scaling", "grpo.reward_clipping",
              "grpo.max_grad_norm", "grpo.epsilon", "reward.timeout")  # fmt: skip
FRACTIONS = ("grpo.ema_decay", "grpo.final_rate")  # from 0 to 1


def check(o: Options, processes: int = 1) -> None:
    """Raises UsageError for the first value or combination that makes no sense."""
    for key, value in values(o):
        if isinstance(value, float) and not math.isfinite(value):
            raise UsageError(f"{key} must be a finite number, not {value}")
        if key in CHOICES and value not in CHOICES[key]:
            raise UsageError(f"{key} must be {one_of(CHOICES[key])}, not {value!r}{nearest(value, CHOICES[key])}")
        if value is not None and key in AT_LEAST and value < AT_LEAST[key]:
            raise UsageError(f"{key} must be {AT_LEAST[key]} or more, not {value}")
        if value is not None and key in ABOVE_ZERO and value <= 0:
            raise UsageError(f"{key} must be greater than 0, not {value:g}")
        if key in FRACTIONS and not 0 <= value <= 1:
            raise UsageError(f"{key} must lie between 0 and 1, not {value:g}")
    for combination in (_groups, _batches, _rewards, _tasks):
        combination(o)
    size = o.algorithm.mini_batch_size or o.algorithm.batch_size
    if size % processes:
        key = "mini_batch_size" if o.algorithm.mini_batch_size else "batch_size"
        raise UsageError(f"algorithm.{key} is {size}, which {processes} processes cannot share; take a multiple")


def _groups(o: Options) -> None:
    g = o.grpo
    compared = g.baseline_type != "exponential_moving_average"
    smallest, key = (g.min_group_size, "min_group_size") if g.adaptive_group_size else (g.group_size, "group_size")
    if compared and smallest < 2:
        raise UsageError(
            f"grpo.{key} is 1, and a completion alone has nothing to be compared with; take 2 or more, or "
            "baseline_type=exponential_moving_average"
        )
    if not g.adaptive_group_size:
        return
    if g.min_group_size > g.max_group_size:
        sizes = f"({g.min_group_size}) is above max_group_size ({g.max_group_size})"
        raise UsageError(f"grpo.min_group_size {sizes}; swap them")
    if not g.min_group_size <= g.group_size <= g.max_group_size:
        raise UsageError(
            f"grpo.group_size ({g.group_size}) must lie between min_group_size and max_group_size where "
            "adaptive_group_size is on; change it or leave it out"
        )


def _batches(o: Options) -> None:
    a, g = o.algorithm, o.grpo
    if a.mini_batch_size and a.batch_size % a.mini_batch_size:
        raise UsageError(
            f"algorithm.mini_batch_size ({a.mini_batch_size}) must divide batch_size ({a.batch_size}); each update "
            "takes as many problems"
        )
    smallest = (a.mini_batch_size or a.batch_size) * (g.min_group_size if g.adaptive_group_size else g.group_size)
    if g.gradient_accumulation_steps > smallest:
        raise UsageError(
            f"grpo.gradient_accumulation_steps ({g.gradient_accumulation_steps}) is more than the {smallest} "
            "completions of an update; take fewer"
        )


def _rewards(o: Options) -> None:
    g, r = o.grpo, o.reward
    if g.reward_scaling != 1 and g.reward_normalization and g.reward_clipping is None:
        raise UsageError(
            f"grpo.reward_scaling={g.reward_scaling:g} changes nothing, since reward_normalization divides it out "
            "again; set reward_normalization=false, or leave the scaling out"
        )
    if r.partial_credit and r.type == "random":
        raise UsageError("reward.partial_credit means nothing for reward.type=random; leave it out")
    if r.type == "code_execution" and not r.allow_execution:
        raise UsageError(
            "reward.type=code_execution runs programs that the model writes, with a time limit but no sandbox; say "
            "reward.allow_execution=true if this machine may do that"
        )
    if r.allow_execution and r.type != "code_execution":
        raise UsageError(f"reward.allow_execution is for reward.type=code_execution alone, not {r.type}; leave it out")


def _tasks(o: Options) -> None:
    own = o.task.name in tasks.NAMES
    if own and o.data_path:
        raise UsageError(
            f"data_path is not read for task.name={o.task.name}, which has its own problems; leave it out, or take "
            "task.name=math_reasoning"
        )
    if own and o.task.dataset:
        raise UsageError(f"task.dataset is for math_reasoning and code_generation, not {o.task.name}; leave it out")
    if own and o.reward.type == "code_execution":
        raise UsageError(f"reward.type=code_execution needs task.name=code_generation, not {o.task.name}")
    if not own and o.data_path is None:
        held = o.task.dataset or o.task.name
        raise UsageError(
            f"task.dataset={held} is not downloaded here; give it with --data_path file.jsonl or .parquet, whose "
            f"columns are {o.task.question_column!r} and {o.task.answer_column!r} (task.question_column and "
            "task.answer_column name others)"
        )


def one_of(choices: tuple[str, ...]) -> str:
    return choices[0] if len(choices) == 1 else f"{', '.join(choices[:-1])} or {choices[-1]}"


def nearest(value: Any, known: Any) -> str:
    """ "; did you mean ...?" where something known is written almost so."""
    near = difflib.get_close_matches(str(value).lower(), list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""
