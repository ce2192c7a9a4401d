"""The training command in processes that are forked from the tests' own: what is imported here is there already."""

import json
import multiprocessing
import os
import signal
import socket
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file

from course.base import switch
from course.base.switch import ROOT

# A process that has used a GPU cannot be forked.
CONTEXT = multiprocessing.get_context("forkserver" if torch.cuda.is_available() else "fork")


class Child:
    """`python -m lab.train ARGUMENTS` with its runs below `runs`. killed_at: where it kills itself, see below."""

    def __init__(self, arguments: list[str], runs: Path, killed_at: str = "", **environment: str):
        self.output = runs / f"output{environment.get('RANK', '')}.txt"
        runs.mkdir(parents=True, exist_ok=True)
        self.process = CONTEXT.Process(target=_train, args=(arguments, runs, killed_at, environment, self.output))
        self.process.start()

    def wait(self) -> tuple[int, str]:
        """(exit status, what was printed)"""
        self.process.join(120)
        if self.process.is_alive():
            self.process.kill()
        return self.process.exitcode, self.output.read_text(encoding="utf-8")


def together(count: int, arguments: list[str], runs: Path, **killed: str) -> list[tuple[int, str]]:
    """Several processes that train one model, as a launcher starts them. killed: {"rank1": "step 3"}."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    group = {"WORLD_SIZE": str(count), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    children = [
        Child(arguments, runs, killed.get(f"rank{rank}", ""), **group, RANK=str(rank), LOCAL_RANK=str(rank))
        for rank in range(count)
    ]
    return [child.wait() for child in children]


def metrics(folder: Path, *without: str) -> list[dict]:
    """The lines of a run's metrics, without times and what is named."""
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [{k: v for k, v in m.items() if not k.endswith("seconds") and k not in without} for m in lines]


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "model" / "model.safetensors")


def same_weights(a: Path, b: Path) -> bool:
    one, other = weights(a), weights(b)
    return one.keys() == other.keys() and all(torch.equal(w, other[name]) for name, w in one.items())


def _train(arguments: list[str], runs: Path, killed_at: str, environment: dict[str, str], output: Path) -> None:
    with open(output, "w", encoding="utf-8") as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)
    sys.stdout, sys.stderr = (open(n, "w", encoding="utf-8", closefd=False) for n in (1, 2))  # noqa: SIM115
    os.environ |= {"SOLUTION": "1", **environment}
    os.chdir(ROOT)
    switch.forget()
    from course.base.errors import run_command
    from lab.train.__main__ import main

    torch.set_num_threads(1)
    if killed_at:
        _kill(*killed_at.split())
    sys.argv = ["lab.train", *arguments]
    run_command(lambda: main(arguments, runs))


def _kill(place: str, number: str) -> None:
    """ "warm 5": in step 5 of the warm start; "line 3": when the line of step 3 is written; "checkpoint 4": when the
    model of that checkpoint is written and the trainer's state is not; "step 3": in step 3 of a model's run."""
    from lab.models import demo_model
    from lab.train import model_trainer, run_folder

    def dies(function, when):
        def run(*arguments, **named):
            if when(*arguments):
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*arguments, **named)

        return run

    n, count = int(number), iter(range(1, 10_000))
    if place == "warm":
        demo_model.with_slips = dies(demo_model.with_slips, lambda *_: next(count) == n)
    elif place == "line":
        own = run_folder.RunFolder.log
        run_folder.RunFolder.log = lambda folder, m: (own(folder, m), dies(lambda: None, lambda: m["step"] == n)())
    elif place == "checkpoint":
        torch.save = dies(torch.save, lambda state, path: f"step_{n:06d}" in str(path))
    elif place == "step":
        step = model_trainer.ModelTrainer.step
        model_trainer.ModelTrainer.step = dies(step, lambda trainer: trainer.step_number + 1 == n)
