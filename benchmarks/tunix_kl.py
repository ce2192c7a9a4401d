"""How far does each of Tunix's KL terms let the policy go from its start?

    python benchmarks/tunix_kl.py    four runs of `make tunix`, one after another; about a minute of processor time each

The demo's start with seed 0, 120 updates, grpo.beta=1 with Tunix's three kl_loss_mode, and without a KL term. `kl`, the
default, is k1 as a loss, `mse_kl` is k2, `low_var_kl` is k3. Measured after training: KL(policy || start) in nats per
token, exactly at each token of one sampled answer to each of 500 held-out sums; and the share of right answers.

A finished run is not repeated (remove its folder below runs/other-trainers). Prints the table, which
benchmarks/results/tunix_kl.md keeps.
"""

from __future__ import annotations

import sys
from pathlib import Path

import learning
import other_trainers

sys.path.insert(0, str(learning.ROOT))

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from lab.export.local_run import ASKED, TOKENS
from lab.tasks import worked_sums
from lab.train.evaluation import fixed_order

MODES = {"no KL term": None, "`kl` (the default)": "kl", "`mse_kl`": "mse_kl", "`low_var_kl`": "low_var_kl"}


@torch.no_grad()
def kl_per_token(folder: Path) -> float:
    """The mean over tokens of KL(trained || start), at prefixes that the trained policy samples."""
    tokenizer = AutoTokenizer.from_pretrained(folder / "start", padding_side="left")
    trained, start = (AutoModelForCausalLM.from_pretrained(folder / name).eval() for name in ("trained", "start"))
    problems = worked_sums.problems("test")
    prompts = [problems[i]["question"] for i in fixed_order(len(problems), ASKED)]
    inputs = tokenizer(prompts, padding=True, return_tensors="pt", return_token_type_ids=False)
    width = inputs["input_ids"].shape[1]
    torch.manual_seed(0)
    ids = trained.generate(**inputs, do_sample=True, temperature=1.0, top_k=0, top_p=1.0, max_new_tokens=TOKENS)
    seen = (ids != tokenizer.pad_token_id).long()
    log_p, log_q = (
        model(ids, attention_mask=seen).logits[:, width - 1 : -1].log_softmax(-1) for model in (trained, start)
    )
    kl = (log_p.exp() * (log_p - log_q)).sum(-1)  # (problems, tokens)
    return float(kl[seen[:, width:].bool()].mean())


def main() -> None:
    lines = ["| KL in the loss | KL from the start, nats per token | sampled right |", "|---|---|---|"]
    for label, mode in MODES.items():
        name = f"kl-{mode}" if mode else "kl-none"
        changes = ["grpo.beta=1.0", f"grpo.kl_loss_mode={mode}"] if mode else ["grpo.beta=0.0"]
        run = other_trainers.other("tunix", name, "training.max_steps=120", *changes)
        kl = kl_per_token(other_trainers.FOLDER / f"tunix-{name}")
        lines.append(f"| {label} | {kl:.3f} | {' → '.join(f'{share:.3f}' for share in run['accuracy_sampled'])} |")
    text = "\n".join(lines) + "\n\nMade by `python benchmarks/tunix_kl.py`: seed 0, 120 updates, beta 1.\n"
    print(text)
    (learning.RESULTS / "tunix_kl.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
