"""The command: python -m lab.export LIBRARY --task addition --out folder [--config file] [key=value ...]

Writes a folder that needs nothing of this repository: take it to where the GPUs or TPUs are.

    trl      train.jsonl, test.jsonl, reward.py, config.yaml, train.py
    verl     train.parquet, test.parquet, reward.py, run.sh
    tunix    train.jsonl, test.jsonl, reward.py, config.yaml, train.py, what it imports, requirements.txt, README.md
    maxtext  data/train.jsonl, data/test.jsonl, reward.py, process_data.py, run.sh, README.md

The settings are those of a file in configs/ (CONFIGS below), or of --config, changed by key=value in the library's own
names.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import yaml

from course.base.atomic_files import write_text
from course.base.errors import UsageError, run_command
from course.base.switch import ROOT
from lab.export import check_reward, data, maxtext_folder, options, standalone, tunix_folder, verl_run

CONFIGS = {
    "trl": ROOT / "configs" / "trl" / "gpu.yaml",
    "verl": ROOT / "configs" / "verl" / "grpo.yaml",
    "maxtext": ROOT / "configs" / "maxtext" / "llama3_1_8b.yaml",
    "tunix": ROOT / "configs" / "tunix" / "chat.yaml",
}
NEXT = {
    "trl": "python train.py --config config.yaml --model NAME   (with trl=={version}; accelerate launch for many GPUs)",
    "verl": "MODEL=NAME GPUS=1 bash run.sh   (with verl=={version} and vLLM)",
    "maxtext": "OUTPUT=gs://BUCKET/runs bash run.sh   (with maxtext=={version} for post-training; see README.md)",
    "tunix": "python train.py --config config.yaml --model FOLDER   (with google-tunix=={version}; see README.md)",
}
DATA = {  # files of the problems; MaxText reads a folder that holds nothing else
    "trl": "{}.jsonl",
    "verl": "{}.parquet",
    "tunix": "{}.jsonl",
    "maxtext": "data/{}.jsonl",
}


def export(library: str, name: str, out: Path, config: Path | None = None, changes: Sequence[str] = ()) -> None:
    """Writes the folder. Raises UsageError."""
    task = data.load_task(name)
    settings = options.read(config or CONFIGS[library], library, list(changes))
    if library == "verl":
        rows = {split: data.verl_rows(name, task, split) for split in data.SPLITS}
        files = {"run.sh": verl_run.script(name, settings, len(rows["train"]))}
    elif library == "maxtext":
        rows = {split: data.maxtext_rows(name, task, split) for split in data.SPLITS}
        files = maxtext_folder.files(name, settings, len(rows["train"]))
    else:
        rows = {split: data.trl_rows(task, split) for split in data.SPLITS}
        if library == "tunix":
            files = tunix_folder.files(name, settings, len(rows["train"]))
        else:
            script = Path(__file__).with_name("trl_train.py").read_text(encoding="utf-8")
            files = {"config.yaml": yaml.safe_dump(settings, sort_keys=False), "train.py": script}
    files["reward.py"] = standalone.reward_file(name, task)
    check_reward.check(files["reward.py"], task, f"lab/tasks/{name}.py")
    try:
        for split in data.SPLITS:
            write = data.write_parquet if library == "verl" else data.write_jsonl
            write(out / DATA[library].format(split), rows[split])
        for file, text in files.items():
            write_text(out / file, text)
    except OSError as error:
        raise UsageError(f"{out} cannot be written to: {error.strerror}; name another folder with --out") from None


def main(arguments: Sequence[str] | None = None) -> int:
    description = "Takes a task to TRL, verl, Tunix or MaxText."
    parser = argparse.ArgumentParser(prog="python -m lab.export", description=description)
    parser.add_argument("library", choices=list(CONFIGS))
    parser.add_argument("--task", required=True, help="a file of lab/tasks, such as addition")
    parser.add_argument("--out", type=Path, required=True, help="the folder to write")
    parser.add_argument("--config", type=Path, help="other settings than those of configs/")
    parser.add_argument("settings", nargs="*", metavar="key=value", help="change a setting, in the library's own names")
    parsed = parser.parse_intermixed_args(arguments)
    export(parsed.library, parsed.task, parsed.out, parsed.config, parsed.settings)
    there = NEXT[parsed.library].format(version=options.known(parsed.library)[0])
    print(f"{parsed.out} is ready. There: {there}")
    return 0


if __name__ == "__main__":
    run_command(main)
