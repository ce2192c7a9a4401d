"""The options of a run on a model of transformers: one line of doc each, and which values and combinations make sense.
docs/TRAINING.md has its table from here: python -m lab.train.options."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from course.base.errors import UsageError
from lab import tasks
from lab.train import settings
from lab.train.settings import Settings, option


class Algorithm(Settings):
    name: Literal["grpo"] = option("grpo", "the only choice; lesson 15 has PPO")
    learning_rate: float = option(1e-6, "of the optimizer, after the warm-up", gt=0)
    batch_size: int = option(16, "problems in a rollout, over all processes", ge=1)
    mini_batch_size: int | None = option(None, "problems in one update of the optimizer; null: the whole batch", ge=1)
    epochs: int = option(1, "passes over the training problems; num_steps overrides it", ge=1)

    @model_validator(mode="after")
    def mini_batches_fill_the_batch(self) -> Algorithm:
        if self.mini_batch_size and self.batch_size % self.mini_batch_size:
            raise ValueError(
                f"algorithm.mini_batch_size ({self.mini_batch_size}) must divide batch_size ({self.batch_size}); each "
                "update takes as many problems"
            )
        return self

    @property
    def update_size(self) -> int:
        """Problems in one update."""
        return self.mini_batch_size or self.batch_size


class Grpo(Settings):
    group_size: int = option(8, "completions of each problem", ge=1)
    baseline_type: Literal["group_mean", "group_median", "exponential_moving_average"] = option(
        "group_mean", "subtracted from the rewards: group_mean, group_median or exponential_moving_average"
    )
    ema_decay: float = option(0.9, "of the moving average: the share of the old value that each step keeps", ge=0, le=1)
    temperature: float = option(1.0, "of sampling, and of the log-probabilities that are trained", gt=0)
    adaptive_group_size: bool = option(False, "the group size changes from step to step, between the next two options")
    min_group_size: int = option(4, "the smallest group", ge=1)
    max_group_size: int = option(16, "the largest group", ge=1)
    group_size_schedule: Literal["linear", "signal"] = option(
        "linear", "linear: from min to max; signal: larger while few groups have mixed rewards"
    )
    reward_normalization: bool = option(True, "advantages are divided by the standard deviation of the rewards")
    reward_scaling: float = option(1.0, "rewards are multiplied by it first", gt=0)
    reward_clipping: float | None = option(None, "then clipped to between minus this and this; null: no clipping", gt=0)
    gradient_accumulation_steps: int = option(
        1, "an update is computed in this many parts, to save memory; the result is the same", ge=1
    )
    max_grad_norm: float = option(1.0, "a gradient with a larger norm is scaled down to this norm", gt=0)
    optimizer_type: Literal["adamw", "sgd"] = option("adamw", "adamw (no weight decay) or sgd (no momentum)")
    updates_per_batch: int = option(1, "passes over each rollout; the clip acts from the second on", ge=1)
    epsilon: float = option(
        0.2, "of the clip: a token whose ratio has moved this far in the advantage's direction gets no gradient", gt=0
    )
    aggregation: Literal["token", "sequence", "constant"] = option(
        "token", "the loss is a mean over tokens, over sequences, or a sum over a constant (max_new_tokens each)"
    )
    max_new_tokens: int = option(64, "the longest completion, in tokens", ge=1)
    warmup_steps: int = option(3, "the learning rate rises linearly over this many steps", ge=0)
    final_rate: float = option(1.0, "then falls linearly to this fraction of its peak at the last step", ge=0, le=1)

    @model_validator(mode="after")
    def groups_can_be_compared(self) -> Grpo:
        adaptive = self.adaptive_group_size
        smallest, key = (self.min_group_size, "min_group_size") if adaptive else (self.group_size, "group_size")
        if smallest < 2 and self.baseline_type != "exponential_moving_average":
            raise ValueError(
                f"grpo.{key} is 1, and a completion alone has nothing to be compared with; take 2 or more, or "
                "baseline_type=exponential_moving_average"
            )
        low, high = self.min_group_size, self.max_group_size
        if adaptive and low > high:
            raise ValueError(f"grpo.min_group_size ({low}) is above max_group_size ({high}); swap them")
        if adaptive and not low <= self.group_size <= high:
            raise ValueError(
                f"grpo.group_size ({self.group_size}) must lie between min_group_size and max_group_size if "
                "adaptive_group_size is on; change it or leave it out"
            )
        if self.reward_scaling != 1 and self.reward_normalization and self.reward_clipping is None:
            raise ValueError(
                f"grpo.reward_scaling={self.reward_scaling:g} changes nothing, since reward_normalization divides it "
                "out again; set reward_normalization=false, or leave the scaling out"
            )
        return self


class Task(Settings):
    name: Literal[*tasks.NAMES, "math_reasoning", "code_generation"] = option(  # type: ignore[valid-type]
        "addition", "a file of lab/tasks; or math_reasoning or code_generation, which need data_path"
    )
    dataset: str | None = option(None, "a name for the data in data_path, such as gsm8k; nothing is downloaded")
    question_column: str = option("question", "of the file of data_path")
    answer_column: str = option("answer", "of the file of data_path; for code_generation: the tests, as Python")


class Reward(Settings):
    type: Literal["task", "random", "last_number", "math_correctness", "code_execution"] = option(
        "task", "task (the task's own), last_number, math_correctness, code_execution, or random (a control)"
    )
    partial_credit: bool = option(
        False, "up to 0.5 for the right digits of a wrong number; for code, the share of tests that pass"
    )
    timeout: float = option(10.0, "seconds that a program may run", gt=0)
    allow_execution: bool = option(False, "programs that the model writes may run without a sandbox, if there is none")

    @model_validator(mode="after")
    def nothing_is_without_effect(self) -> Reward:
        if self.partial_credit and self.type == "random":
            raise ValueError("reward.partial_credit means nothing for reward.type=random; leave it out")
        if self.allow_execution and self.type not in ("code_execution", "random"):
            raise ValueError(
                f"reward.allow_execution is for programs and their control, not for {self.type}; leave it out"
            )
        return self


class Options(Settings):
    OTHER_NAMES: ClassVar[dict[str, str]] = {  # of other libraries, and what beginners try
        "lr": "algorithm.learning_rate", "num_generations": "grpo.group_size", "model": "model_path",
        "data": "data_path", "num_train_epochs": "algorithm.epochs", "max_steps": "num_steps",
        "max_completion_length": "grpo.max_new_tokens", "scale_rewards": "grpo.reward_normalization",
        "num_iterations": "grpo.updates_per_batch", "clip_ratio": "grpo.epsilon", "dataset": "task.dataset",
        **dict.fromkeys(("beta", "kl_coef"), "there is no KL term here; lesson 16's run has one (make rlhf)"),
    }  # fmt: skip

    name: str = option("", "of the run's folder under runs/; empty: the configuration file's name")
    model_path: str = option("smollm2", "smollm2, a folder, or a model id of the Hugging Face hub")
    data_path: str | None = option(None, "a .jsonl or .parquet file with questions and answers, for math and code")
    loss: str = option("", "module:function of a lesson, such as lesson 14's ppo_clip_loss; empty: lab/rl/ppo_clip.py")
    seed: int = option(0, "of all random numbers", ge=0, le=10**9)
    num_steps: int | None = option(None, "steps of the run; null: as many as the epochs need", ge=1)
    eval_every: int = option(10, "steps between two evaluations on held-out problems", ge=1)
    eval_problems: int = option(200, "held-out problems in an evaluation, at most", ge=1)
    eval_samples: int = option(
        32, "completions of each at temperature 1, before and after training; a quarter as many in between", ge=1
    )
    checkpoint_every: int = option(20, "steps between two checkpoints", ge=1)
    samples_shown: int = option(5, "held-out problems whose completions are shown before and after", ge=0)
    dtype: Literal["auto", "float32", "bfloat16", "float64"] = option(
        "auto", "of matrix products: auto (bfloat16 if that is faster), float32, bfloat16; float64: weights too"
    )
    algorithm: Algorithm = Field(default_factory=Algorithm)
    grpo: Grpo = Field(default_factory=Grpo)
    task: Task = Field(default_factory=Task)
    reward: Reward = Field(default_factory=Reward)

    @model_validator(mode="before")
    @classmethod
    def short_forms(cls, table: Any) -> Any:
        """Groups of one word; and three keys of grpo, which may stand in algorithm, too."""
        if not isinstance(table, dict):
            return table
        table = whole_groups(table)
        if all(isinstance(table.setdefault(group, {}), dict) for group in ("algorithm", "grpo", "task", "reward")):
            for key in ("group_size", "baseline_type", "temperature"):
                if key in table["algorithm"]:
                    value = table["algorithm"].pop(key)
                    if table["grpo"].setdefault(key, value) != value:
                        both = f"{value!r} under algorithm and {table['grpo'][key]!r} under grpo"
                        raise ValueError(f"{key} is {both}; leave one out")
            if table["task"].get("name") == "code_generation":
                table["reward"].setdefault("type", "code_execution")
        return table

    @property
    def runs_programs(self) -> bool:
        """Whether programs that the model writes are run: to reward them, or to measure a control."""
        return self.task.name == "code_generation"

    @model_validator(mode="after")
    def task_and_reward_fit(self) -> Options:
        own, kind = self.task.name in tasks.NAMES, self.reward.type
        if own and self.data_path:
            raise ValueError(
                f"data_path is not read for task.name={self.task.name}, which has its own problems; leave it out, or "
                "take task.name=math_reasoning"
            )
        if own and self.task.dataset:
            raise ValueError(
                f"task.dataset is for math_reasoning and code_generation, not {self.task.name}; leave it out"
            )
        if self.task.name != "code_generation" and kind == "code_execution":
            raise ValueError(f"reward.type=code_execution needs task.name=code_generation, not {self.task.name}")
        if not own and self.data_path is None:
            raise ValueError(
                f"task.dataset={self.task.dataset or self.task.name} is not downloaded here; give it with --data_path "
                f"file.jsonl or .parquet, whose columns are {self.task.question_column!r} and "
                f"{self.task.answer_column!r} (task.question_column and task.answer_column name others)"
            )
        if self.task.name == "code_generation" and kind not in ("code_execution", "random"):
            raise ValueError(
                f"reward.type={kind} cannot judge programs; task.name=code_generation needs reward.type=code_execution"
            )
        g = self.grpo
        smallest = self.algorithm.update_size * (g.min_group_size if g.adaptive_group_size else g.group_size)
        if g.gradient_accumulation_steps > smallest:
            raise ValueError(
                f"grpo.gradient_accumulation_steps ({g.gradient_accumulation_steps}) is more than the {smallest} "
                "completions of an update; take fewer"
            )
        return self


SHORT_FORMS = {"task": "name", "reward": "type"}  # `reward: random` stands for `reward: {type: random}`


def whole_groups(table: dict[str, Any]) -> dict[str, Any]:
    """A copy with short forms written out."""
    table = {key: dict(value) if isinstance(value, dict) else value for key, value in table.items()}
    for group, key in SHORT_FORMS.items():
        if isinstance(table.get(group), str):
            table[group] = {key: table[group]}
    return table


def apply(table: dict[str, Any], override: str) -> None:
    """Puts a key=value argument into the table. `reward=random` sets reward.type and keeps the group's other keys."""
    key, _, value = override.partition("=")
    short = key in SHORT_FORMS and not value.startswith("{")
    settings.apply(table, f"{key}.{SHORT_FORMS[key]}={value}" if short else override)


def read(table: dict[str, Any], where: str, processes: int = 1) -> Options:
    """Options of a table as YAML gives it. where: the file's name, for messages. Raises UsageError."""
    options = settings.build(Options, table, where)
    options.name = options.name or Path(where).stem
    if options.algorithm.update_size % processes:
        key = "mini_batch_size" if options.algorithm.mini_batch_size else "batch_size"
        raise UsageError(
            f"algorithm.{key} is {options.algorithm.update_size}, which {processes} processes cannot share; take a "
            "multiple"
        )
    return options


def table() -> str:
    """The options in Markdown: name, default, line of doc."""
    lines = ["| option | default | |", "|---|---|---|"]
    for name, field in settings.all_keys(Options).items():
        shown = {"None": "null", "True": "true", "False": "false", "": "empty"}.get(str(field.default), field.default)
        lines.append(f"| `{name}` | {shown} | {field.description} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
