"""The command: python -m lab.rlhf [--config configs/rlhf.yaml] [key=value ...]"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch

from lab import config
from lab.errors import run_command
from lab.switch import ROOT


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m lab.rlhf", description="Trains a reward model on preferences, and a policy against it by GRPO."
    )
    parser.add_argument("--config", type=Path, default=ROOT / "configs" / "rlhf.yaml", help="a YAML file of settings")
    parser.add_argument("settings", nargs="*", metavar="key=value", help="change a setting, such as grpo.num_steps=20")
    parsed = parser.parse_intermixed_args(arguments)
    from lab.rlhf.run import RunSettings, run

    torch.set_num_threads(1)  # models this small are slower with two
    run(config.load(RunSettings, parsed.config, parsed.settings), ROOT / "runs")
    return 0


if __name__ == "__main__":
    run_command(main)
