"""Runs of lab.train in processes that share the time of importing: forked from one that has imported everything.

Left out: Windows, which has no fork (the tests that use this kill processes, which it has not either)."""

import multiprocessing
import os
import sys
from pathlib import Path

from course.base.switch import ROOT

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["lab.train", "transformers.models.llama.modeling_llama"])


class Training:
    """`python -m lab.train ARGUMENTS`, begun in the repository's root with one thread and the environment given."""

    def __init__(self, arguments: list[str], environment: dict[str, str], output: Path):
        self.output = output
        self.process = CONTEXT.Process(target=_train, args=(arguments, environment, output))
        self.process.start()

    def ended(self) -> bool:
        return not self.process.is_alive()

    def kill(self) -> None:
        self.process.kill()
        self.process.join()

    def wait(self) -> tuple[int, str]:
        """(exit status, what was printed)"""
        self.process.join(300)
        return self.process.exitcode, self.output.read_text(encoding="utf-8")


def _train(arguments: list[str], environment: dict[str, str], output: Path) -> None:
    with open(output, "w", encoding="utf-8") as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(ROOT)
    import torch

    from course.base.errors import run_command
    from lab.train.lesson_run import main

    torch.set_num_threads(1)
    sys.argv = ["lab.train", *arguments]
    run_command(lambda: main(arguments))
