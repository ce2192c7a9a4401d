"""The command that starts verl on exported data: `run.sh`, one override a line."""

from __future__ import annotations

import json
import shlex
from typing import Any

from course.base.errors import UsageError
from lab.export.options import fitted, known

SCRIPT = """\
#!/usr/bin/env bash
# GRPO by verl {version} on the task {task!r}. Made by `python -m lab.export verl`; this folder needs nothing else.
#
#     MODEL=Qwen/Qwen2.5-0.5B-Instruct GPUS=8 bash run.sh [key=value ...]
#
# MODEL is a Hugging Face id or a folder; key=value changes any of the settings below.
set -euo pipefail
here=$(cd "$(dirname "${{BASH_SOURCE[0]}}")" && pwd)
exec "${{PYTHON:-python3}}" -m verl.trainer.main_ppo \\
{lines}
    "$@"
"""
IN_THE_FOLDER = {  # by the shell, when the command starts
    "data.train_files": "$here/train.parquet",
    "data.val_files": "$here/test.parquet",
    "reward.custom_reward_function.path": "$here/reward.py",
    "actor_rollout_ref.model.path": "${MODEL:-HuggingFaceTB/SmolLM2-135M-Instruct}",
    "trainer.default_local_dir": "$here/checkpoints",
}
GPUS = {"trainer.n_gpus_per_node": "${GPUS:-1}"}


def script(task: str, settings: dict[str, Any], problems: int) -> str:
    """The text of run.sh. problems: how many there are to train on. Raises UsageError where they fill no batch."""
    size = settings.get("data.train_batch_size", known("verl")[1]["data.train_batch_size"])
    if size > problems:
        raise UsageError(
            f"data.train_batch_size is {size}, but task {task!r} has {problems} problems to train on, and verl leaves "
            f"out what does not fill a batch; add data.train_batch_size={problems} or less"
        )
    fixed = {"reward.custom_reward_function.name": "compute_score", "trainer.experiment_name": task}
    for key in (*fixed, *IN_THE_FOLDER, *GPUS):
        fitted("verl", key, known("verl")[1].get(key), "lab/export/verl_run.py")
    lines = [shlex.quote(f"{key}={spelled(value)}") for key, value in {**settings, **fixed}.items()]
    lines += [f"\"{key}='{value}'\"" for key, value in IN_THE_FOLDER.items() if key not in settings]
    lines += [f'"{key}={value}"' for key, value in GPUS.items() if key not in settings]
    return SCRIPT.format(version=known("verl")[0], task=task, lines="\n".join(f"    {line} \\" for line in lines))


def spelled(value: Any) -> str:
    """A value as Hydra reads it."""
    if isinstance(value, str):
        plain = value.replace("_", "").replace("-", "").replace("/", "").replace(".", "").isalnum()
        return value if plain else "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return json.dumps(value)  # null, true, 5e-06, ["console"]
