"""What is exported for Tunix, against Tunix itself: python -m lab.export.check_tunix [--freeze]

In Tunix's environment (runs/tunix-env, made on the first run):

    options       known/tunix.json against the fields of Tunix's configurations
    names         known/tunix_names.json against the parameters of every function and class of Tunix that we use
    logits        the demo's model in Tunix against transformers, to 1e-4
    losses        Tunix's advantages and loss, value and gradient, against lessons 14 and 16, to 1e-6
    learning rate that of the settings, update by update
    saved         a model that Tunix has loaded and we have saved is the same model
    rope_theta, end of sequence, random key, temperature
                  that Tunix still has the defect, and that our correction works

--freeze writes both lists anew. Exits 1 if something is wrong, 2 if Tunix cannot be had.
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
import yaml
from safetensors.numpy import load_file

from course.base import switch
from course.base.atomic_files import write_text
from course.base.errors import UsageError, run_command
from course.base.switch import ROOT
from lab.export.environment import OF, ensure_environment
from lab.export.standalone import reward_file
from lab.export.tunix_cases import CASES, GROUP, KL, LOSSES, PROMPT, draw_case
from lab.models import demo_model
from lab.tasks import worked_sums
from lab.train.run import named
from lab.train.run_folder import save_model

CHECKS = (
    "options",
    "names",
    "logits",
    "losses",
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
    parser.add_argument("--freeze", action="store_true", help="write the lists of Tunix's options and names anew")
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
        write_losses(folder)
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


def write_losses(folder: Path) -> None:
    """Advantages, losses and gradients of the reference in float64."""
    switch.select("1")
    lessons = yaml.safe_load((ROOT / "configs" / "tunix" / "lessons.yaml").read_text(encoding="utf-8"))
    ours = {name: named(where) for name, where in lessons.items()}
    table: dict[str, np.ndarray] = {}
    for seed in range(CASES):
        case = draw_case(seed)
        ids, mask = torch.tensor(case["ids"]), torch.tensor(case["mask"])
        logits = torch.tensor(case["logits"], dtype=torch.float64, requires_grad=True)
        log_probs = logits.log_softmax(-1)[:, :-1].gather(2, ids[:, 1:, None])[..., 0][:, PROMPT - 1 :]
        old, ref = (log_probs.detach() + torch.tensor(noise) for noise in case["noise"])
        advantages = ours["advantages"](torch.tensor(case["rewards"]), GROUP, eps=1e-6)
        case |= {"old": old.numpy(), "ref": ref.numpy(), "advantages": advantages.numpy()}
        kl = {"kl_coef": KL, "ref_log_probs": ref, "correction": False}
        for name, (options, _) in LOSSES.items():
            more = options if "aggregation" in options else {**kl, **options}
            which = "clipped_loss" if "aggregation" in options else "loss_with_kl"
            loss = ours[which](log_probs, old, advantages, mask.long(), **more)
            (gradient,) = torch.autograd.grad(loss, logits, retain_graph=True)
            case |= {f"{name}, value": loss.detach().numpy(), f"{name}, gradient": gradient.numpy()}
        table |= {f"{seed}/{name}": value for name, value in case.items()}
    np.savez(folder / "losses.npz", allow_pickle=False, **table)


if __name__ == "__main__":
    run_command(main)
