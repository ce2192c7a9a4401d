"""The folder for Tunix, besides data and reward: settings, script, what it imports, pins, a page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from course.base.errors import UsageError
from lab.export import environment
from lab.export.options import known

SCRIPTS = {  # file in the folder -> file here
    "train.py": "tunix_train.py",
    "tunix_llama.py": "tunix_llama.py",
    "tunix_rollout.py": "tunix_rollout.py",
}


def files(task: str, settings: dict[str, Any], problems: int) -> dict[str, str]:
    """Name -> text. problems: how many there are to train on. Raises UsageError where they fill no batch."""
    options = {**known("tunix")[1], **settings}
    if options["run.prompts"] > problems:
        raise UsageError(
            f"run.prompts is {options['run.prompts']}, but task {task!r} has {problems} problems to train on; "
            f"add run.prompts={problems} or less"
        )
    room = options["rollout.max_prompt_length"] + options["rollout.max_tokens_to_generate"]
    if room > options["rollout.kv_cache_size"]:
        raise UsageError(
            f"rollout.kv_cache_size is {options['rollout.kv_cache_size']}, but a prompt and its completion take up to "
            f"{room} tokens; add rollout.kv_cache_size={room} or more"
        )
    grouped: dict[str, dict[str, Any]] = {}
    for key, value in settings.items():
        group, field = key.split(".")
        grouped.setdefault(group, {})[field] = value
    page = Path(__file__).with_name("tunix_readme.md").read_text(encoding="utf-8")
    packages = environment.OF["tunix"][1]
    jax = next(package for package in packages if package.startswith("jax=="))
    return {
        "config.yaml": yaml.safe_dump(grouped, sort_keys=False),
        "requirements.txt": "\n".join(packages) + "\n",
        "README.md": page.format(version=known("tunix")[0], task=task, jax=jax[len("jax") :]),
        **{name: Path(__file__).with_name(file).read_text(encoding="utf-8") for name, file in SCRIPTS.items()},
    }
