"""The folder for MaxText, besides data and reward: the command that starts it, the processor of its data, a page.

MaxText accepts any key under `rl.`, and combinations that fail after the model is loaded, or that train something else.
`check` refuses them before anything is written.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from course.base.errors import UsageError
from lab.export.options import fitted, known

AGENTIC = [  # keys of rl. that MaxText hands to its asynchronous learner only
    "epsilon_high", "off_policy_steps", "max_concurrency", "system_prompt", "use_rollout_logps",
    "force_on_policy_ratio", "log_sampler_trainer_agreement",
]  # fmt: skip
IN_THE_FOLDER = {  # by the shell, when the command starts
    "dataset_name": "$here/data",
    "eval_dataset_name": "$here/data",
    "dataset_processor_path": "$here/process_data.py",
    "reward_functions_path": "$here/reward.py",
    "base_output_directory": "${OUTPUT:-$here/output}",
}
FIXED = {"reward_functions": "reward_of_lists", "hf_subset": "default", "train_split": "train", "eval_split": "test"}
SCRIPT = """\
#!/usr/bin/env bash
# GRPO by MaxText {version} on the task {task!r}. Made by `python -m lab.export maxtext`; README.md explains it.
#
#     OUTPUT=gs://BUCKET/runs CHECKPOINT=gs://BUCKET/llama3.1-8b/0/items bash run.sh [key=value ...]
#
# key=value changes any of the settings below. MaxText does not check the keys under rl.
set -euo pipefail
here=$(cd "$(dirname "${{BASH_SOURCE[0]}}")" && pwd)
exec "${{PYTHON:-python3}}" -m maxtext.trainers.post_train.rl.train_rl src/maxtext/configs/post_train/rl.yml \\
{lines}
    ${{CHECKPOINT:+"load_parameters_path=$CHECKPOINT"}} "$@"
"""
README = """\
# GRPO by MaxText {version} on the task {task!r}

Made by `python -m lab.export maxtext`. This folder needs nothing else. On the hosts of a TPU slice, with `maxtext`
{version} and its packages for post-training installed:

```bash
export HF_TOKEN=...                                   # the tokenizer's licence asks for it
OUTPUT=gs://BUCKET/runs CHECKPOINT=gs://BUCKET/llama3.1-8b/0/items bash run.sh
OUTPUT=gs://BUCKET/runs bash run.sh                   # no checkpoint: MaxText downloads the weights and converts them
OUTPUT=gs://BUCKET/runs bash run.sh use_pathways=false run_name=second
```

With Pathways, start the same command by `xpk workload create-pathways`, with `JAX_PLATFORMS=proxy`, from an image that
holds this folder.

| file | what it holds |
|---|---|
| `run.sh` | the command, with one setting a line |
| `data/train.jsonl`, `data/test.jsonl` | the problems |
| `process_data.py` | a problem as MaxText wants it |
| `reward.py` | the score, and the forms in which libraries call it; MaxText calls its reward_of_lists |

- {batch_size} prompts with {num_generations} completions each make a step. {num_batches} steps make an epoch, and there
  are {num_epoch} epochs.
- MaxText's log has `mean_reward`, which is our score. Its `accuracy` looks for `<answer>` tags, for which this task's
  prompts do not ask.
- The settings were checked with MaxText's own configuration. Training was not run: it needs TPUs.
"""


def files(task: str, settings: dict[str, Any], problems: int) -> dict[str, str]:
    """Name -> text. problems: how many there are to train on. Raises UsageError for settings that cannot be meant."""
    version, options = known("maxtext")
    check(settings, task, problems)
    for key in (*FIXED, *IN_THE_FOLDER):
        fitted("maxtext", key, options.get(key), "lab/export/maxtext_folder.py")
    fixed = {**FIXED, "run_name": f"grpo-{task}"}
    lines = [shlex.quote(f"{key}={spelled(value)}") for key, value in {**fixed, **settings}.items()]
    lines += [f'"{key}={value}"' for key, value in IN_THE_FOLDER.items() if key not in settings]
    used = {key.split(".")[-1]: value for key, value in {**options, **settings}.items()}
    process_data = Path(__file__).with_name("maxtext_process_data.py").read_text(encoding="utf-8")
    return {
        "run.sh": SCRIPT.format(version=version, task=task, lines="\n".join(f"    {line} \\" for line in lines)),
        "process_data.py": process_data,
        "README.md": README.format(version=version, task=task, **used),
    }


def check(settings: dict[str, Any], task: str, problems: int) -> None:
    """Raises UsageError, one sentence, for the first rule that the settings break."""
    for problem in broken_rules(settings, task, problems):
        raise UsageError(problem)


def broken_rules(given: dict[str, Any], task: str, problems: int) -> Iterator[str]:
    """A sentence for each rule that the settings break; MaxText's defaults stand for what is not given."""
    options = known("maxtext")[1]
    s = {**options, **given}
    group, epsilon, high = s["rl.num_generations"], s["rl.grpo_epsilon"], s["rl.epsilon_high"]
    prompt, row, size = s["max_prefill_predict_length"], s["max_target_length"], s["batch_size"]
    for key in ("rl.num_generations", "rl.num_iterations", "batch_size", "num_batches", "num_epoch"):
        if type(s[key]) is not int or s[key] < 1:
            yield f"{key} must be a whole number of at least 1, not {s[key]!r}"
            return
    if group < 2:
        yield f"rl.num_generations is {group}: a group of one has no other completion to compare with, so set 2 or more"
    if not 0 < epsilon < 1:
        yield f"rl.grpo_epsilon is {epsilon}, but the ratio is clipped to 1 - epsilon, which must lie between 0 and 1"
    if high is not None and not (isinstance(high, int | float) and high >= epsilon):
        yield f"rl.epsilon_high is {high!r}, below rl.grpo_epsilon ({epsilon}); raise it, or leave it out"
    if s["rl.grpo_beta"] < 0:
        yield f"rl.grpo_beta is {s['rl.grpo_beta']}: below 0 it would push away from the reference model"
    if s["rl.loss_algo"] not in ("grpo", "gspo-token"):
        yield f"rl.loss_algo is {s['rl.loss_algo']!r}, but MaxText has 'grpo' and 'gspo-token'"
    if s["rl.loss_agg_mode"] not in ("token-mean", "sequence-mean-token-mean"):
        yield (
            f"rl.loss_agg_mode is {s['rl.loss_agg_mode']!r}, but the loss has 'token-mean' and "
            "'sequence-mean-token-mean' (MaxText also accepts 'sequence-mean', which Tunix then refuses)"
        )
    for key in (f"rl.{name}" for name in AGENTIC):
        if s[key] != options[key] and not s["rl.use_agentic_rollout"]:
            yield f"{key} has no effect without rl.use_agentic_rollout=true; set that too, or leave {key} out"
    if s["rl.force_on_policy_ratio"] and s["rl.num_iterations"] > 1:
        yield "rl.force_on_policy_ratio needs rl.num_iterations=1: later updates are not on-policy"
    if not 0 < prompt < row:
        yield (
            f"max_target_length is {row} and counts the prompt too, of up to {prompt} tokens "
            "(max_prefill_predict_length), so nothing is left for the completion; raise it"
        )
    if s["decode_sampling_temperature"] <= 0:
        yield (
            f"decode_sampling_temperature is {s['decode_sampling_temperature']}: all completions of a group would be "
            "alike, so set a number above 0"
        )
    if size * s["num_batches"] > problems:
        yield (
            f"batch_size x num_batches is {size * s['num_batches']}, but task {task!r} has {problems} problems to "
            f"train on; lower one of them, and raise num_epoch to go through the problems again"
        )
    for key in ("train_micro_batch_size", "rollout_micro_batch_size"):
        if s[key] != -1 and (s[key] < 1 or size % s[key]):
            yield f"{key} is {s[key]}, which does not divide batch_size ({size})"
    trains, samples = s["trainer_devices_fraction"], s["sampler_devices_fraction"]
    if trains + samples > 1 and not trains == samples == 1:
        yield (
            f"trainer_devices_fraction and sampler_devices_fraction add up to {trains + samples:g}, so some chips "
            "would do both; make it 1 at most, or set both to 1"
        )
    if (s["num_trainer_slices"] == -1) != (s["num_samplers_slices"] == -1):
        yield "num_trainer_slices and num_samplers_slices must be both -1 or both given"
    if [s[f"rollout_{name}_parallelism"] for name in ("data", "tensor", "expert")].count(-1) > 1:
        yield "two of rollout_{data,tensor,expert}_parallelism are -1, but MaxText derives only one from the others"


def spelled(value: Any) -> str:
    """A value as MaxText's command line reads it: YAML."""
    return value if isinstance(value, str) and yaml.safe_load(value) == value else json.dumps(value)
