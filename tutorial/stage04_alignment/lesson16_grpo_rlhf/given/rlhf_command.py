"""The command: python -m lab.run lesson16_grpo_rlhf.given.rlhf_command [--config configs/rlhf.yaml] [key=value ...]"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch

from course.base.errors import run_command
from course.base.switch import ROOT
from lab.train import settings


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m lab.run lesson16_grpo_rlhf.given.rlhf_command",
        description="Trains a reward model on preferences, and a policy against it by GRPO.",
    )
    parser.add_argument("--config", type=Path, default=ROOT / "configs" / "rlhf.yaml", help="a YAML file of settings")
    parser.add_argument("settings", nargs="*", metavar="key=value", help="change a setting, such as grpo.num_steps=20")
    parsed = parser.parse_intermixed_args(arguments)
    from lesson16_grpo_rlhf.given.run import RunSettings, run

    torch.set_num_threads(1)  # models this small are slower with two
    run(settings.load(RunSettings, parsed.config, parsed.settings), ROOT / "runs")
    return 0


if __name__ == "__main__":
    run_command(main)
