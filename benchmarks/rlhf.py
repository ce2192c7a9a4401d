"""Measures the tables of lesson 16 again: `python benchmarks/rlhf.py` (about 2.5 minutes on two quiet cores).

Writes benchmarks/results/rlhf.md: GRPO against a reward model with and without a price for the KL, and what each of
DAPO's changes does, three seeds each, on the reference solutions.
"""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
os.environ.setdefault("SOLUTION", "1")
sys.path.insert(0, str(ROOT))

import lab  # noqa: E402, F401  (makes lessons importable)

# isort: split
import torch  # noqa: E402
from lesson16_grpo_rlhf.given import dapo, run  # noqa: E402
from lesson16_grpo_rlhf.given.settings import RunSettings  # noqa: E402

from course.base.atomic_files import write_text  # noqa: E402
from lab.train import settings as settings_files  # noqa: E402


def main() -> None:
    torch.set_num_threads(1)
    table = settings_files.read(ROOT / "configs" / "rlhf.yaml", ["name=benchmark-rlhf"])
    settings = settings_files.build(RunSettings, table, "rlhf.yaml")
    run.run_all(settings)
    table = (ROOT / "runs" / settings.name / "table.md").read_text(encoding="utf-8")
    machine = f"{os.cpu_count()} cores, 1 torch thread, Python {platform.python_version()}, torch {torch.__version__}."
    text = f"# Lesson 16\n\nMade by `python benchmarks/rlhf.py`. {machine}\n"
    text += f"\n## With and without a price for the KL\n\n{table}"
    text += f"\n## DAPO's changes\n\n{dapo.table()}"
    write_text(ROOT / "benchmarks" / "results" / "rlhf.md", text)
    print(text)


if __name__ == "__main__":
    main()
