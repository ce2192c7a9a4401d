"""What is exported for Tunix, against Tunix itself: python -m lab.export.check_tunix [--freeze]

In Tunix's environment (runs/tunix-env, made on the first run):

    options       known/tunix.json against the fields of Tunix's configurations
    logits        the demo's model in Tunix against transformers, to 1e-4
    learning rate that of the settings, update by update
    saved         a model that Tunix has loaded and we have saved is the same model
    rope_theta, end of sequence, random key, temperature
                  that Tunix still has the defect, and that our correction works

--freeze writes the list anew. Exits 1 if something is wrong, 2 if Tunix cannot be had. Tunix's losses are compared with
the lessons' by benchmarks/loss_conventions.py.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load_file

from course.base.atomic_files import write_text
from course.base.errors import UsageError, run_command
from course.base.switch import ROOT
from lab.export.environment import OF, ensure_environment
from lab.export.standalone import reward_file
from lab.models import demo_model
from lab.tasks import worked_sums
from lab.train.run_folder import save_model

CHECKS = (
    "options",
    "logits",
    "saved",
    "learning rate",
    "rope_theta",
    "end of sequence",
    "random key",
    "temperature",
)
Findings = dict[str, list[str]]  # check -> what is wrong


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m lab.export.check_tunix", description=__doc__.splitlines()[0])
    parser.add_argument("--freeze", action="store_true", help="write the list of Tunix's options anew")
    parsed = parser.parse_args()
    found = findings(ensure_environment(*OF["tunix"]), parsed.freeze)
    for check in CHECKS:
        print(f"{check}: {'; '.join(found[check]) or 'as it should be'}")
    return int(any(found.values()))


def findings(python: Path, freeze: bool = False) -> Findings:
    """All checks. python: Tunix's."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_text(folder / "reward.py", reward_file("worked_sums", worked_sums))  # train.py imports it
        write_model(folder)
        script = str(Path(__file__).with_name("check_tunix_inside.py"))
        command = [str(python), script, str(folder), *(["--freeze"] if freeze else [])]
        done = subprocess.run(
            command, cwd=ROOT, env={**os.environ, "HF_HUB_OFFLINE": "1"}, stderr=subprocess.PIPE, text=True
        )
        if not (folder / "findings.json").exists():
            print(done.stderr, file=sys.stderr)
            raise UsageError(f"Tunix's process ended with {done.returncode}")
        found: Findings = json.loads((folder / "findings.json").read_text(encoding="utf-8"))
        found["saved"] = compare_saved(folder)
    return found


def write_model(folder: Path) -> None:
    """The demo's model before its warm start, and transformers' logits."""
    tokenizer = demo_model.make_tokenizer()
    model = demo_model.make_model(tokenizer, demo_model.ModelConfig(layers=2), 0).eval()
    with torch.no_grad():
        for weight in model.parameters():  # far from uniform, so that a wrong rotation shows
            weight.mul_(4 if weight.dim() == 2 else 1)
    save_model(folder / "model", model, tokenizer)
    ids = torch.randint(2, len(tokenizer), (32, 17), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        np.savez(folder / "logits.npz", ids=ids.numpy(), logits=model(ids).logits.numpy())


def compare_saved(folder: Path) -> list[str]:
    before, after = (load_file(folder / name / "model.safetensors") for name in ("model", "saved"))
    same = before.keys() == after.keys() and all(np.array_equal(before[name], after[name]) for name in before)
    return [] if same else ["a model is not the same after it was loaded and saved"]


if __name__ == "__main__":
    run_command(main)
