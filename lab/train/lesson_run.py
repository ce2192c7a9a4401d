"""A lesson's run, such as configs/demo.yaml: the demo's small model, a warm start, GRPO by the lesson's trainer.

SOLUTION chooses whose code trains. If it is the reference, lab/engine computes its rollouts and updates, with equal
results; engine=plain uses the reference's own functions. A learner's code always runs without the engine.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import inspect
from pathlib import Path
from typing import Annotated, Any, Literal

import torch
from pydantic import Field, NonNegativeInt, PositiveInt
from transformers import AutoModelForCausalLM, AutoTokenizer

from course.base import switch
from course.base.errors import UsageError
from lab.engine import EngineConfig
from lab.models import demo_model
from lab.rl.rewards import CoinToss
from lab.tasks import worked_sums
from lab.train import settings
from lab.train.distributed import Processes
from lab.train.evaluation import Evaluation, by_transformers, fixed_order
from lab.train.problems import check_prompts
from lab.train.report import Report
from lab.train.run import Prepared, lesson_of, named
from lab.train.run_folder import copy_weights_off_file
from lab.train.settings import Settings, option


class LessonSettings(Settings):
    """What a configuration file with `trainer` holds."""

    name: str = option(..., "of the folder under runs/")
    trainer: str = option(..., "lesson.module:Class, called with (model, tokenizer, dataset, the lesson's GRPOConfig)")
    dataset: str = option(..., "lesson.module:Class, called with (tokenizer, digits=..., split=...)")
    digits: int = option(2, "of each number in a sum")
    seed: int = option(0, "of all random numbers", ge=0, le=10**9)
    model: dict[str, Any] = option({}, "settings of demo_model.ModelConfig")
    warm_start: dict[str, Any] = option({}, "settings of demo_model.WarmStartConfig")
    grpo: dict[str, Any] = option({}, "settings of the lesson's GRPOConfig")
    engine: Literal["fast", "plain"] = option("fast", "fast: the reference runs on lab/engine; plain: on its own code")
    engine_settings: dict[str, Any] = option({}, "of lab.engine.EngineConfig")
    reward: Literal["task", "random"] = option("task", "the lesson's, or a coin toss as a control")
    eval_every: int = option(25, "steps", ge=1)
    eval_also: list[PositiveInt] = option([], "further steps after which to evaluate")
    eval_problems: int = option(500, "held-out problems", ge=1)
    eval_samples: int = option(4, "completions of each, before and after training; a quarter as many in between", ge=1)
    checkpoint_every: int = option(25, "steps", ge=1)
    samples_shown: int = option(5, "problems whose completions are shown", ge=0)


# Of the lesson's GRPOConfig.
POSITIVE: Any = Annotated[float, Field(gt=0)]
TYPES = {
    "seed": Annotated[int, Field(ge=0, le=10**9)], "group_size": Annotated[int, Field(ge=2)],
    **dict.fromkeys(("prompts_per_step", "updates_per_generation", "max_new_tokens", "num_steps"), PositiveInt),
    **dict.fromkeys(("micro_batch_size", "warmup_steps"), NonNegativeInt),
    **dict.fromkeys(("temperature", "epsilon", "learning_rate", "max_grad_norm"), POSITIVE),
    "final_rate": Annotated[float, Field(ge=0, le=1)], "optimizer": Literal["adamw", "sgd"],
    "aggregation": Literal["token", "sequence", "constant"],
}  # fmt: skip


def uses_engine(chosen: str, lesson: str) -> bool:
    """Whether a trainer runs on the engine: engine=fast, the code is the reference, and the lesson has a module
    given/engine.py, which passes the engine to its trainer."""
    if chosen == "plain" or not switch.LESSON.fullmatch(lesson) or switch.finder.tree_of(lesson) != "solutions":
        return False
    return importlib.util.find_spec(f"{lesson}.given.engine") is not None


class LessonRun:
    """The recipe of a lesson's run."""

    def __init__(self, chosen: LessonSettings):
        self.chosen, self.name = chosen, chosen.name
        self.eval_every, self.checkpoint_every = chosen.eval_every, chosen.checkpoint_every
        self.lesson = lesson_of(chosen.trainer)
        self.lessons = [name for name in {self.lesson, lesson_of(chosen.dataset)} if switch.LESSON.fullmatch(name)]
        self.model = settings.build_dataclass(demo_model.ModelConfig, chosen.model, "model")
        self.warm_start = settings.build_dataclass(demo_model.WarmStartConfig, chosen.warm_start, "warm_start")
        self.engine = settings.build_dataclass(EngineConfig, chosen.engine_settings, "engine_settings")

    def grpo(self) -> Any:
        """The lesson's GRPOConfig, from the module of its trainer."""
        cls = named(self.chosen.trainer.partition(":")[0] + ":GRPOConfig")
        made = settings.build_dataclass(cls, {"seed": self.chosen.seed, **self.chosen.grpo}, "grpo", TYPES)
        if self.chosen.reward == "random":
            made.reward = CoinToss(self.chosen.seed)
        return made

    def dataset(self, tokenizer: Any, split: str) -> Any:
        """Raises UsageError if it is no data set, or none of these digits."""
        make, arguments = named(self.chosen.dataset), {"digits": self.chosen.digits, "split": split}
        try:
            inspect.signature(make).bind(tokenizer, **arguments)
        except TypeError as error:
            raise UsageError(f"dataset: {self.chosen.dataset} takes no (tokenizer, digits, split): {error}") from None
        try:
            return make(tokenizer, **arguments)
        except ValueError as error:
            raise UsageError(f"dataset: {error}") from None

    def settings(self) -> dict[str, Any]:
        grpo = dataclasses.asdict(self.grpo())
        self.dataset(demo_model.make_tokenizer(), "test")
        fast = uses_engine(self.chosen.engine, self.lesson)
        return {
            **self.chosen.model_dump(),
            "model": dataclasses.asdict(self.model),
            "warm_start": dataclasses.asdict(self.warm_start),
            "grpo": {k: getattr(v, "__name__", type(v).__name__) if callable(v) else v for k, v in grpo.items()},
            "engine": "fast" if fast else "plain",
            "engine_settings": dataclasses.asdict(self.engine) if fast else {},
        }

    def make_trainer(self, model: Any, tokenizer: Any, dataset: Any, grpo: Any) -> Any:
        if uses_engine(self.chosen.engine, self.lesson):
            make = named(f"{self.lesson}.given.engine:make_trainer")
            return make(model, tokenizer, dataset, grpo, engine=self.engine)
        return named(self.chosen.trainer)(model, tokenizer, dataset, grpo)

    def prepare(self, folder: Path, checkpoint: Path | None, report: Report, processes: Processes) -> Prepared:
        chosen, grpo = self.chosen, self.grpo()
        if checkpoint:
            model: Any = AutoModelForCausalLM.from_pretrained(checkpoint, dtype=torch.float32)
            copy_weights_off_file(model)
            tokenizer = AutoTokenizer.from_pretrained(checkpoint)
        else:
            tokenizer = demo_model.make_tokenizer()
            model = demo_model.make_model(tokenizer, self.model, chosen.seed)
        split = {s: self.dataset(tokenizer, s) for s in ("train", "test")}
        if getattr(grpo, "prompts_per_step", 0) > len(split["train"]):
            raise UsageError(f"grpo: prompts_per_step is {grpo.prompts_per_step}, and the data set has only "
                             f"{len(split['train'])} prompts; take fewer")  # fmt: skip
        room = model.config.max_position_embeddings  # all prompts are equally long
        check_prompts(tokenizer, [split["train"][0][0]], room, grpo.max_new_tokens)
        trainer = self.make_trainer(model, tokenizer, split["train"], grpo)

        def warm_start() -> None:
            count = sum(p.numel() for p in model.parameters())
            report.headline(f"{count:,} parameters; warm start on homework")
            prompts = [prompt for prompt, _ in split["train"].data]
            with report.progress("warm start", self.warm_start.steps) as advance:
                demo_model.warm_start(
                    model, tokenizer, prompts, self.warm_start, chosen.seed,
                    lambda step, loss: advance(step, {"loss": loss}), self.engine,
                )  # fmt: skip

        if chosen.engine == "fast" and not uses_engine(chosen.engine, self.lesson):
            report.note("your own code runs as it is, without the engine")
        held_out = [split["test"][i] for i in fixed_order(len(split["test"]), chosen.eval_problems)]
        evaluation = Evaluation(
            [(prompt, str(answer)) for prompt, answer in held_out],
            by_transformers(model, tokenizer, grpo.max_new_tokens), worked_sums.score, chosen.eval_samples,
            chosen.samples_shown, chosen.seed, demo_model.check_working, chosen.eval_also,
        )  # fmt: skip
        if chosen.reward == "random":
            trainer = WithCoinToss(trainer, grpo.reward)
        return Prepared(model, tokenizer, trainer, grpo.num_steps, evaluation, warm_start=warm_start)


class WithCoinToss:
    """A trainer whose state includes how often the coin was tossed."""

    def __init__(self, trainer: Any, coin: CoinToss):
        self.trainer, self.coin, self.step = trainer, coin, trainer.step

    @property
    def step_number(self) -> int:
        return self.trainer.step_number

    def state_dict(self) -> dict[str, Any]:
        return {**self.trainer.state_dict(), "tosses": self.coin.tosses}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.coin.tosses = state["tosses"]
        self.trainer.load_state_dict({key: value for key, value in state.items() if key != "tosses"})


def read(table: dict[str, Any], where: str) -> LessonRun:
    """The run of a table as YAML gives it. Raises UsageError."""
    made = LessonRun(settings.build(LessonSettings, table, where))
    if made.engine.first_update_log_probs:
        raise UsageError("engine_settings.first_update_log_probs is not for a lesson's run: its metrics need the "
                         "sampler's log-probabilities")  # fmt: skip
    return made
