"""The training command: python -m lab.train --config configs/demo.yaml [--resume] [key=value ...]

A configuration with `trainer` is a lesson's run: lesson_run.py. Any other is GRPO on a model of transformers, with the
options of docs/TRAINING.md: model_run.py.
"""

from __future__ import annotations

import argparse
import errno
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from course.base.errors import UsageError, run_command
from course.base.switch import ROOT
from lab.train import distributed, options, settings
from lab.train.distributed import Processes

OF_THE_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR,
               errno.EISDIR, errno.ENAMETOOLONG)  # fmt: skip


def recipe_of(table: dict[str, Any], where: str, processes: Processes) -> Any:
    """The recipe that the settings describe. Imports transformers only after checking them."""
    if "trainer" in table:
        from lab.train import lesson_run

        return lesson_run.read(table, where)
    chosen = options.read(table, where, processes.count)
    from lab.train.model_run import ModelRun

    return ModelRun(chosen)


def main(arguments: Sequence[str] | None = None, runs: Path = ROOT / "runs") -> int:
    parser = argparse.ArgumentParser(prog="python -m lab.train", description="Trains a model by GRPO.")
    parser.add_argument("--config", type=Path, required=True, help="a YAML file such as configs/demo.yaml")
    parser.add_argument("--model_path", help="smollm2, a folder, or an id of the Hugging Face hub")
    parser.add_argument("--data_path", help="a .jsonl or .parquet file of questions and answers")
    parser.add_argument("--resume", action="store_true", help="continue the run of this name that was stopped")
    parser.add_argument("settings", nargs="*", metavar="key=value", help="change a setting, such as grpo.num_steps=50")
    given = parser.parse_intermixed_args(arguments)  # settings may stand before and after options
    table = settings.read(given.config)
    of_a_lesson = "trainer" in table or any(text.startswith("trainer=") for text in given.settings)
    table = table if of_a_lesson else options.whole_groups(table)
    apply = settings.apply if of_a_lesson else options.apply
    for setting in given.settings:
        apply(table, setting)
    paths = {key: getattr(given, key) for key in ("model_path", "data_path") if getattr(given, key) is not None}
    if of_a_lesson and paths:
        raise UsageError(f"--{next(iter(paths))} is for runs without `trainer`; {given.config} trains a lesson's model")
    try:
        with distributed.joined() as processes:
            recipe = recipe_of(table | paths, given.config.name, processes)
            from lab.train.run import run

            done = run(recipe, given.resume, runs, processes=processes)
            return 0 if done or not processes.first else 130
    except OSError as error:
        if error.errno not in OF_THE_DISK:
            raise
        place = error.filename or runs
        raise UsageError(f"{place}: {error.strerror}; check the name, the permissions and the room on the disk. A run "
                         "that has a checkpoint continues with --resume") from None  # fmt: skip
    except KeyboardInterrupt:
        print("\nstopped; the same command with --resume continues after the last checkpoint")
        return 130


if __name__ == "__main__":
    run_command(main)
