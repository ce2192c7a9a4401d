"""The options of a run: one line of doc each, from which docs/TRAINING.md has its table (`python -m lab.train.options`).

Which values make sense, checks.py says; keys that do not exist and other spellings are the affair of forms.py.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Iterator
from typing import Any


@dataclasses.dataclass
class Algorithm:
    name: str = "grpo"  # the only one; for PPO see lesson 15
    learning_rate: float = 1e-6  # of the optimizer, after the warm-up
    batch_size: int = 16  # problems in a rollout, of all processes together
    mini_batch_size: int | None = None  # problems in one update of the optimizer; null: the whole batch
    epochs: int = 1  # passes over the training problems; num_steps goes before it


@dataclasses.dataclass
class Grpo:
    group_size: int = 8  # completions of each problem
    baseline_type: str = "group_mean"  # rewards less group_mean, group_median or exponential_moving_average
    ema_decay: float = 0.9  # of the moving average: the share of the old value that a step keeps
    temperature: float = 1.0  # of sampling, and of the log-probabilities that are trained
    adaptive_group_size: bool = False  # the group size changes from step to step, between the next two
    min_group_size: int = 4  # the smallest
    max_group_size: int = 16  # the largest
    group_size_schedule: str = "linear"  # linear: from min to max; signal: more where few groups have mixed rewards
    reward_normalization: bool = True  # advantages are divided by the standard deviation of the rewards
    reward_scaling: float = 1.0  # rewards are multiplied by it first
    reward_clipping: float | None = None  # and then kept between minus this and this; null: not
    gradient_accumulation_steps: int = 1  # parts of an update's completions; the update stays the same
    max_grad_norm: float = 1.0  # longer gradients are shortened to it
    optimizer_type: str = "adamw"  # adamw (without weight decay) or sgd (without momentum)
    updates_per_batch: int = 1  # passes over a rollout; from the second on, the clip holds back
    epsilon: float = 0.2  # of the clip: probabilities may change by this share in one rollout
    aggregation: str = "token"  # the loss is a mean over token, sequence, or over a constant (max_new_tokens each)
    max_new_tokens: int = 64  # the longest completion
    warmup_steps: int = 3  # the learning rate rises linearly over so many steps
    final_rate: float = 1.0  # and falls linearly to this fraction of itself by the last one; 1: no decay


@dataclasses.dataclass
class Task:
    name: str = "addition"  # a file of lab/tasks; or math_reasoning, code_generation: with data_path
    dataset: str | None = None  # what the file of data_path holds, such as gsm8k; only a name
    question_column: str = "question"  # of the file of data_path
    answer_column: str = "answer"  # of the file of data_path; for code_generation: the tests, as Python


@dataclasses.dataclass
class Reward:
    type: str = "task"  # task (its own), last_number, math_correctness, code_execution; random: must not learn
    partial_credit: bool = False  # a tenth for a wrong number; for code, the share of tests that pass
    timeout: float = 10.0  # seconds that a program of the model may run
    allow_execution: bool = False  # programs that the model writes may be run on this machine


@dataclasses.dataclass
class Options:
    name: str = ""  # of the folder under runs/; empty: the configuration file's name
    model_path: str = "smollm2"  # smollm2, a folder, or a model id of the Hugging Face hub
    data_path: str | None = None  # a .jsonl or .parquet file with questions and answers, for math and code
    seed: int = 0  # of everything
    num_steps: int | None = None  # of the run; null: as many as the epochs need
    eval_every: int = 10  # steps between two looks at the held-out problems
    eval_problems: int = 200  # held-out problems that are looked at, at most
    eval_samples: int = 32  # completions of each at temperature 1, before and after; a quarter of them in between
    checkpoint_every: int = 20  # steps
    samples_shown: int = 5  # held-out problems whose completions are shown before and after
    tensorboard: bool = False  # metrics also for TensorBoard, in the run's folder
    dtype: str = "auto"  # of matrix products: auto (bfloat16 where it pays), float32, bfloat16; float64: weights too
    algorithm: Algorithm = dataclasses.field(default_factory=Algorithm)
    grpo: Grpo = dataclasses.field(default_factory=Grpo)
    task: Task = dataclasses.field(default_factory=Task)
    reward: Reward = dataclasses.field(default_factory=Reward)


GROUPS = {"algorithm": Algorithm, "grpo": Grpo, "task": Task, "reward": Reward}


def values(options: Options) -> Iterator[tuple[str, Any]]:
    """Every option's full name and value."""
    for field in dataclasses.fields(options):
        value = getattr(options, field.name)
        if field.name in GROUPS:
            inner = dataclasses.asdict(value)
            yield from ((f"{field.name}.{key}", inner[key]) for key in inner)
        else:
            yield field.name, value


def table() -> str:
    """The options in Markdown: name, default, line of doc."""
    lines = ["| option | default | |", "|---|---|---|"]
    for prefix, cls in (("", Options), *((f"{name}.", cls) for name, cls in GROUPS.items())):
        docs = dict(re.findall(r"^    (\w+): [^#\n]*# (.*)$", inspect.getsource(cls), flags=re.MULTILINE))
        for field in dataclasses.fields(cls):
            if field.name not in GROUPS:
                default = {"None": "null", "True": "true", "False": "false", "": "empty"}.get(str(field.default))
                default = default or field.default
                lines.append(f"| `{prefix}{field.name}` | {default} | {docs[field.name]} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
