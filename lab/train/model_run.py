"""GRPO on a model of transformers, with the options of options.py: data, model, and what counts as right."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from course.base import switch
from course.base.errors import UsageError
from lab.engine.llama import unsupported_reason
from lab.models import smollm2
from lab.rl import program_reward, rewards
from lab.rl.rewards import Score
from lab.train import problems, scores
from lab.train.distributed import Processes
from lab.train.evaluation import Evaluation, Problem, fixed_order, uniforms
from lab.train.model_trainer import ModelTrainer
from lab.train.options import Options
from lab.train.report import Report
from lab.train.run import Prepared, lesson_of
from lab.train.run_folder import copy_weights_off_file


class ModelRun:
    """The recipe of a run on a model of transformers."""

    def __init__(self, options: Options):
        self.options, self.name = options, options.name
        self.eval_every, self.checkpoint_every = options.eval_every, options.checkpoint_every
        lesson = lesson_of(options.loss)
        self.lessons = [lesson] if switch.LESSON.fullmatch(lesson) else []

    def settings(self) -> dict[str, Any]:
        path = self.options.data_path
        if path is None:
            return self.options.model_dump()
        if not Path(path).is_file():
            raise UsageError(f"{path}: no such file; give the path of a .jsonl or .parquet file. A run is resumed with "
                             "the file that it was started with")  # fmt: skip
        content = hashlib.sha256(Path(path).read_bytes()).hexdigest()[:16]
        return {**self.options.model_dump(), "data_path's content": content}

    def prepare(self, folder: Path, checkpoint: Path | None, report: Report, processes: Processes) -> Prepared:
        options = self.options
        if options.runs_programs:
            report.warn(program_reward.sandbox().permission(options.reward.allow_execution))
        split = problems.problems(options, report.note)
        if processes.first and options.model_path == "smollm2":
            smollm2.ensure()  # once; the others wait
        processes.gather(None)
        model, tokenizer = load(str(checkpoint or options.model_path), options.dtype)
        if reason := unsupported_reason(model):
            report.note(f"{reason}; so transformers' own forward pass trains it, which is slower")
        steps = problems.steps_of(options, len(split["train"]))
        trainer = ModelTrainer(model, tokenizer, split["train"], options, steps, reward_of(options), processes)
        room = getattr(model.config, "max_position_embeddings", None)
        asked = [trainer.prompt(question) for part in split.values() for question, _ in part]
        rows = getattr(model.get_input_embeddings(), "num_embeddings", None)
        problems.check_prompts(tokenizer, asked, room, options.grpo.max_new_tokens, rows)
        if score := reward_of(options):
            scores.checked(score)("", split["train"][0][1])  # a reward of another kind shows before anything is trained
        held_out = [split["test"][i] for i in fixed_order(len(split["test"]), options.eval_problems)]
        count = sum(p.numel() for p in model.parameters())
        report.headline(f"{count:,} parameters; {len(split['train'])} problems to train on, {len(held_out)} held out")

        def complete(
            asked: Sequence[Problem], samples: int, temperature: float, seed: int
        ) -> tuple[list[str], list[int]]:
            draws = uniforms((len(asked), samples, options.grpo.max_new_tokens), 1, seed)
            found, _ = trainer.complete([question for question, _ in asked], draws, temperature)
            return trainer.texts(found), [len(ids) for ids in found]

        evaluation = Evaluation(
            held_out, complete, is_right_of(options), options.eval_samples, options.samples_shown, options.seed
        )
        return Prepared(model, tokenizer, trainer, steps, evaluation)


def reward_of(options: Options) -> Score | None:
    """The score that the options name, with partial credit if they want it; None for "random"."""
    kind = options.reward.type
    if kind == "random":
        return None
    if kind == "code_execution":
        return program_reward.score(options.reward.timeout, options.reward.partial_credit)
    own = getattr(problems.task(options), "score", rewards.math_correctness)
    score = {"task": own, "last_number": rewards.last_number, "math_correctness": rewards.math_correctness}[kind]
    return rewards.with_partial_credit(score) if options.reward.partial_credit else score


def is_right_of(options: Options) -> Score:
    """The score by which accuracy is measured, whatever the reward is: 1.0 for a completion with the right number, or
    for a program that passes its tests."""
    if options.runs_programs:
        return program_reward.score(options.reward.timeout, False)
    return rewards.math_correctness


def no_rollout_reason(model: Any) -> str:
    """Why completions cannot be drawn from a model, empty if they can. A rollout copies the prompt's key-value cache to
    each completion; models that carry a state along (Mamba, Jamba, RWKV) have none that can be copied so."""
    kind = model.config.model_type
    if getattr(model, "_is_stateful", False):
        return f"a {kind} model carries a state instead of a key-value cache, and the rollout cannot copy it"
    try:
        with torch.no_grad():
            ids = torch.zeros(1, 2, dtype=torch.long, device=model.device)
            seen, places = torch.ones_like(ids), torch.arange(2, device=model.device)[None]
            cache = model(ids, attention_mask=seen, position_ids=places, use_cache=True).past_key_values
            cache.batch_repeat_interleave(2)
            model(
                ids[:, :1].repeat(2, 1), attention_mask=torch.ones(2, 3, dtype=torch.long, device=model.device),
                position_ids=torch.full((2, 1), 2, device=model.device), past_key_values=cache, use_cache=True,
            )  # fmt: skip
    except (TypeError, AttributeError, RuntimeError, ValueError, IndexError, NotImplementedError) as error:
        return f"a rollout on a {kind} model fails ({type(error).__name__}: {' '.join(str(error).split())[:120]})"
    return ""


def load(path: str, dtype: str) -> tuple[Any, Any]:
    """(model, tokenizer) of "smollm2", a folder, or an id of the Hugging Face hub. Raises UsageError."""
    wanted = torch.float64 if dtype == "float64" else torch.float32
    place = str(smollm2.ensure()) if path == "smollm2" else path
    try:
        model, info = AutoModelForCausalLM.from_pretrained(place, dtype=wanted, output_loading_info=True)
        tokenizer: Any = AutoTokenizer.from_pretrained(place)
    except Exception as error:  # damaged files raise errors of every kind
        reason = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
        raise UsageError(f"model_path={path}: no model could be loaded ({reason}); give a folder that from_pretrained "
                         "reads, an id of the hub, or smollm2") from None  # fmt: skip
    if missing := sorted(info["missing_keys"]):  # transformers would go on with random numbers for them
        raise UsageError(f"model_path={path}: {len(missing)} weights that its config.json describes are missing, "
                         f"such as {missing[0]}; take a complete model")  # fmt: skip
    if not all(torch.isfinite(p).all() for p in model.parameters()):
        raise UsageError(f"model_path={path}: some of its weights are NaN or infinite; take another model")
    if reason := no_rollout_reason(model):
        raise UsageError(f"model_path={path}: {reason}; take a model of attention layers with a key-value cache")
    copy_weights_off_file(model)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return model.to("cuda" if torch.cuda.is_available() else "cpu"), tokenizer
