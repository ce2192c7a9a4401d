"""A task's problems as rows that TRL and verl read, and files of them.

TRL: a JSON line for each, {"prompt": ..., "answer": ...}; the prompt is a chat, or a text to be continued. Columns
besides the prompt reach the reward by name. verl: Parquet with a chat as prompt; its reward gets the ground truth.
"""

from __future__ import annotations

import importlib
import io
import json
from pathlib import Path
from types import ModuleType
from typing import Any

from course.base.atomic_files import write_bytes, write_text
from course.base.errors import UsageError
from lab import tasks
from lab.export.standalone import source_name

SPLITS = ("train", "test")


def load_task(name: str) -> ModuleType:
    """The module lab/tasks/NAME.py. Raises UsageError where there is none."""
    if name not in tasks.NAMES:
        raise UsageError(f"there is no task {name!r}; there are: {', '.join(tasks.NAMES)} (lab/tasks/)")
    module = importlib.import_module(f"lab.tasks.{name}")
    if missing := [part for part in ("problems", "score") if not hasattr(module, part)]:
        raise UsageError(f"lab/tasks/{name}.py has no {missing[0]!r}, so it is no task; see lab/tasks/__init__.py")
    return module


def is_chat(task: ModuleType) -> bool:
    return getattr(task, "CHAT", True)


def chat(question: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": question}]


def trl_rows(task: ModuleType, split: str) -> list[dict[str, Any]]:
    """{"prompt": a chat or a text, "answer": text}."""
    ask = chat if is_chat(task) else str
    return [{"prompt": ask(p["question"]), "answer": str(p["answer"])} for p in task.problems(split)]


def verl_rows(name: str, task: ModuleType, split: str) -> list[dict[str, Any]]:
    """verl's columns. Raises UsageError for a task without chat: verl puts each prompt in a chat template."""
    if not is_chat(task):
        raise UsageError(f"task {name!r} continues plain text, and verl's prompts are chats; export it for trl")
    return [
        {
            "data_source": source_name(name),
            "prompt": chat(p["question"]),
            "ability": "math",
            "reward_model": {"style": "rule", "ground_truth": str(p["answer"])},
            "extra_info": {"split": split, "index": index},
        }
        for index, p in enumerate(task.problems(split))
    ]


def maxtext_rows(name: str, task: ModuleType, split: str) -> list[dict[str, str]]:
    """{"question": ..., "answer": ...}. Raises UsageError for a task without chat: Llama's prompts are chats."""
    if not is_chat(task):
        raise UsageError(f"task {name!r} continues plain text, and MaxText's prompts are chats; export it for trl")
    return [{"question": p["question"], "answer": str(p["answer"])} for p in task.problems(split)]


def write_jsonl(path: Path, rows: list[dict[str, Any]]) -> None:
    write_text(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def write_parquet(path: Path, rows: list[dict[str, Any]]) -> None:
    """Rows in verl's form. Raises UsageError where pyarrow is not installed: the course needs it for nothing else."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise UsageError("verl reads Parquet, which pyarrow writes; install it first: pip install pyarrow") from None
    text = pyarrow.string()
    schema = pyarrow.schema({
        "data_source": text,
        "prompt": pyarrow.list_(pyarrow.struct({"role": text, "content": text})),
        "ability": text,
        "reward_model": pyarrow.struct({"style": text, "ground_truth": text}),
        "extra_info": pyarrow.struct({"split": text, "index": pyarrow.int64()}),
    })  # fmt: skip
    buffer = io.BytesIO()
    parquet.write_table(pyarrow.Table.from_pylist(rows, schema=schema), buffer)
    write_bytes(path, buffer.getvalue())
