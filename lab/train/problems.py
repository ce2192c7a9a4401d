"""Problems: of a task or from a file, divided into training and held-out ones, and put as the model expects."""

from __future__ import annotations

import collections
import importlib
import zlib
from collections.abc import Callable, Sequence
from typing import Any

import jinja2
import torch
from torch import Tensor

from course.base.errors import UsageError
from lab import tasks
from lab.rl import program_reward, rewards
from lab.train.evaluation import Problem
from lab.train.options import Options
from lab.train.table_files import read_columns


def task(options: Options) -> Any:
    """The module of lab/tasks that the options name; None for problems from a file."""
    return importlib.import_module(f"lab.tasks.{options.task.name}") if options.task.name in tasks.NAMES else None


def problems(options: Options, note: Callable[[str], None] = print) -> dict[str, list[Problem]]:
    """{"train": ..., "test": ...}. Of a file, the tenth with the smallest checksums of the question is held out.

    Rows of a file that no completion can be judged by are left out, and `note` reports how many. Raises UsageError if
    these are most of them.
    """
    own = task(options)
    if own is not None:
        return {s: [(row["question"], row["answer"]) for row in own.problems(s)] for s in ("train", "test")}
    columns = (options.task.question_column, options.task.answer_column)
    found = [(question, answer) for question, answer in read_columns(str(options.data_path), columns)]
    rows = sorted(useful(list(dict.fromkeys(found)), options, note), key=lambda row: zlib.crc32(row[0].encode()))
    if len(rows) < 2:
        raise UsageError(
            f"{options.data_path}: data_path needs two different rows at least, one of them to be held out"
        )
    held_out = max(1, len(rows) // 10)
    return {"train": rows[held_out:], "test": rows[:held_out]}


def useful(rows: list[Problem], options: Options, note: Callable[[str], None]) -> list[Problem]:
    """The rows by which a completion can be judged: the reward reads their answer, and no other row has the same
    question with another one."""
    answers = collections.Counter(question for question, _ in rows)
    kept, wrong = [], []
    for question, answer in rows:
        reason = "its question has several answers" if answers[question] > 1 else ""
        reason = reason or ("its question is empty" if not question.strip() else "")
        reason = reason or unreadable(answer, "code_execution" if options.runs_programs else options.reward.type)
        kept += [] if reason else [(question, answer)]
        wrong += [f"{answer[:80]!r}: {reason}"] if reason else []
    if wrong:
        counts = f"{options.data_path}: {len(wrong)} of {len(rows)} rows cannot be used (the first is {wrong[0]})"
        if len(wrong) > len(rows) / 2:
            raise UsageError(f"{counts}; correct the answers, or choose a reward that reads them")
        note(f"{counts}; they are left out")
    return kept


def unreadable(answer: str, reward: str) -> str:
    """Why this kind of reward cannot judge by the answer; empty if it can."""
    if reward == "code_execution":
        try:
            program_reward.tests_of(answer)
        except ValueError as error:
            return str(error)
        return ""
    if reward == "random":
        return ""
    readable = rewards.math_correctness(answer, answer) and (
        reward != "last_number" or rewards.last_number(answer, answer)
    )
    return "" if readable else "there is no single number in it"


def check_prompts(tokenizer: Any, prompts: Sequence[str], room: int | None, max_new_tokens: int,
                  embeddings: int | None = None) -> None:  # fmt: skip
    """Raises UsageError for prompts that a model cannot continue. room: tokens that fit into the model's context.
    embeddings: tokens that the model knows."""
    if len(prompts) > 1 and len(set(prompts)) == 1:
        raise UsageError(
            f"all problems have the same prompt, {prompts[0][:80]!r}; check the data and the tokenizer's chat template"
        )
    for prompt in prompts:
        ids = tokenizer.encode(prompt)
        if not ids:
            raise UsageError(
                f"the prompt {prompt[:80]!r} has no tokens; check the data and the tokenizer's chat template"
            )
        if ids[-1] == tokenizer.eos_token_id and not prompt.endswith(tokenizer.eos_token or "\0"):
            raise UsageError(
                "the tokenizer puts an end-of-sequence token behind each prompt, so there is nothing to continue; take "
                "a tokenizer that does not (add_eos_token=False, or no post-processor)"
            )
        if embeddings and max(ids) >= embeddings:
            raise UsageError(
                f"the tokenizer gives token {max(ids)}, and the model has only {embeddings}, for {prompt[:80]!r}; take "
                "the model's own tokenizer"
            )
        if room and len(ids) + max_new_tokens > room:
            raise UsageError(
                f"a prompt of {len(ids)} tokens and {max_new_tokens} new ones do not fit into the model's {room}: "
                f"{prompt[:80]!r}; leave such rows out, or lower grpo.max_new_tokens"
            )


def as_prompt(tokenizer: Any, question: str, chat: bool = True) -> str:
    """The question in the chat template; without a template, with a line feed behind it. chat=False: as it is."""
    if not chat:
        return question
    if getattr(tokenizer, "chat_template", None) is None:
        return question + "\n"
    asked = [{"role": "user", "content": question}]
    try:
        text = tokenizer.apply_chat_template(asked, tokenize=False, add_generation_prompt=True)
    except (jinja2.TemplateError, TypeError, ValueError, LookupError, AttributeError) as error:
        raise UsageError(
            f"the tokenizer's chat template refuses a single question ({error}); change the template"
        ) from None
    first = tokenizer.bos_token  # `encode` adds it once more
    return text[len(first) :] if first and text.startswith(first) and tokenizer.encode("")[:1] else text


class Stream:
    """The training problems as an endless stream: pass after pass, each shuffled anew. Batch k is the same for all who
    ask, whenever they ask; it may begin in one pass and end in the next."""

    def __init__(self, rows: Sequence[Problem], seed: int):
        self.rows, self.seed = list(rows), seed

    def batch(self, number: int, size: int) -> list[Problem]:
        places = range(number * size, (number + 1) * size)
        passes = {place // len(self.rows) for place in places}
        orders = {p: self._order(p) for p in passes}
        return [self.rows[orders[place // len(self.rows)][place % len(self.rows)]] for place in places]

    def _order(self, number: int) -> list[int]:
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + number)
        return torch.randperm(len(self.rows), generator=generator).tolist()


def steps_of(options: Options, problems: int) -> int:
    """The steps of a run: num_steps, or as many as the epochs need."""
    return options.num_steps or -(-options.algorithm.epochs * problems // options.algorithm.batch_size)


def rectangle(tokenizer: Any, prompts: Sequence[str], completions: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """(ids, mask), (B, L): each row a prompt, its completion and padding; the mask is 1 on the completion."""
    encoded = {prompt: torch.tensor(tokenizer.encode(prompt)) for prompt in dict.fromkeys(prompts)}
    rows = [torch.cat([encoded[p], c.cpu()]) for p, c in zip(prompts, completions, strict=True)]
    masks = [torch.arange(len(row)) >= len(encoded[p]) for p, row in zip(prompts, rows, strict=True)]
    pad = torch.nn.utils.rnn.pad_sequence
    ids, mask = pad(rows, batch_first=True), pad([m.long() for m in masks], batch_first=True)
    return ids.to(completions[0].device), mask.to(completions[0].device)
