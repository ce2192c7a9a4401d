"""Compares the losses of lessons 14 and 16 with TRL's own, value and gradient, in float64.

    python benchmarks/trl_agreement.py             random cases; exits 1 if a difference exceeds 1e-9
    python benchmarks/trl_agreement.py --freeze    writes small cases with TRL's answers beside the lessons' references

TRL's loss is GRPOTrainer._compute_loss, called without a trainer. Our "sequence" is its loss_type "grpo", our "token"
is its "dapo". Compared are

    ppo_clip_loss   lesson 14, on drawn log-probabilities: both aggregations, masks with holes, other micro-batches
    rlhf_loss       lesson 16, on drawn log-probabilities: two clip bounds, no KL, k3, and ratio times k3
    grpo_loss       lesson 14, with a tiny model: TRL pads prompts on the left, we pad the whole row on the right

TRL has an environment of its own, runs/trl-env, made on the first run. TRL's fused LM head computes in float32. We
replace that head alone and keep TRL's layout, shift and loss. Left out: advantages (TRL computes them inline, in
float32), k1 and k2 (TRL has only k3), and TRL's other losses.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
AUDIT = {
    "ppo_clip_loss": ROOT / "solutions/stage04_alignment/lesson14_grpo_ppo_clip/audit/trl_cases.json",
    "rlhf_loss": ROOT / "solutions/stage04_alignment/lesson16_grpo_rlhf/audit/trl_cases.json",
}
CASES = 300
LIMIT = 1e-9
LOSS_TYPES = {"sequence": "grpo", "token": "dapo", "constant": "dr_grpo"}  # our aggregation -> TRL's loss_type

INSIDE = "--inside" in sys.argv  # only there are torch and TRL installed
if INSIDE:
    os.environ.update(SOLUTION="1", HF_HUB_OFFLINE="1")
sys.path.insert(0, str(ROOT))

from course.base.errors import run_command  # noqa: E402
from lab.export.environment import OF, ensure_environment  # noqa: E402

if INSIDE:
    import torch
    import trl
    from accelerate import Accelerator
    from torch import Tensor
    from torch.nn.utils.rnn import pad_sequence
    from transformers import OPTConfig, OPTForCausalLM
    from trl import GRPOTrainer
    from trl.trainer.utils import selective_log_softmax_and_entropy

    # isort: split
    from lesson14_grpo_ppo_clip.loss.ppo_clip import grpo_loss, ppo_clip_loss, token_log_probs
    from lesson16_grpo_rlhf.loss.rlhf import rlhf_loss


def trainer_stand_in(case: dict[str, Any], accumulation: int) -> SimpleNamespace:
    """What `_compute_loss` reads from its trainer. Every option of TRL that the lessons lack is off."""
    return SimpleNamespace(
        accelerator=Accelerator(cpu=True, mixed_precision="no"),
        args=SimpleNamespace(
            delta=None, steps_per_generation=accumulation, report_to=[], use_bias_correction_kl=case["correction"]
        ),
        state=SimpleNamespace(global_step=0), model=SimpleNamespace(training=True),
        loss_type=LOSS_TYPES[case["aggregation"]], max_completion_length=len(case["mask"][0]),
        epsilon_low=case["clip_low"], epsilon_high=case["clip_high"],
        beta=case["kl_coef"], importance_sampling_level="token", current_gradient_accumulation_steps=accumulation,
        top_entropy_quantile=1.0, off_policy_mask_threshold=None, use_vllm=False, aux_loss_enabled=False,
        _entropy_bonus_enabled=False, _metrics=defaultdict(partial(defaultdict, list)),
    )  # fmt: skip


# ---- Losses of drawn log-probabilities ----


def draw_cases(lesson: str, count: int, digits: int = 15) -> Iterator[dict[str, Any]]:
    """Random cases as plain data, with numbers of so many digits."""
    draw = torch.Generator().manual_seed(0)

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=draw, dtype=torch.float64)

    def pick(*options: Any) -> Any:
        return options[int(torch.randint(len(options), (), generator=draw))]

    for number in range(count):
        rows, tokens = pick(1, 2, 3, 4), pick(1, 3, 4)
        log_probs = -3 * torch.rand(rows, tokens, generator=draw, dtype=torch.float64)
        tensors = {
            "log_probs": log_probs, "old_log_probs": log_probs + pick(0.0, 0.3, 0.6) * normal(rows, tokens),
            "ref_log_probs": log_probs + pick(0.1, 0.5) * normal(rows, tokens), "advantages": normal(rows),
        }  # fmt: skip
        mask = (torch.rand(rows, tokens, generator=draw) < 0.8).long()
        mask[torch.rand(rows, generator=draw) < 0.2] = 0  # a row that is masked altogether
        mask *= number % 20 != 19  # and sometimes all rows
        case = {name: t.mul(10**digits).round().div(10**digits).tolist() for name, t in tensors.items()}
        case |= {
            "mask": mask.tolist(), "aggregation": "token",
            "clip_low": pick(0.2, 0.1), "clip_high": pick(0.28, 0.2, 0.5),
            "kl_coef": pick(0.04, 0.0, 1.0), "correction": pick(True, False),
            "other_tokens": pick(0, 5),  # counted tokens in a second micro-batch of the same step
        }  # fmt: skip
        if lesson == "ppo_clip_loss":
            epsilon, aggregation = case["clip_low"], pick("sequence", "token")
            case |= {"clip_high": epsilon, "epsilon": epsilon, "kl_coef": 0.0, "aggregation": aggregation}
            whole = 2 * rows if aggregation == "sequence" else int(mask.sum()) + case["other_tokens"]
            case["denominator"] = whole if case["other_tokens"] else None
        yield case


def as_tensors(case: dict[str, Any]) -> dict[str, Tensor]:
    names = ("log_probs", "old_log_probs", "ref_log_probs", "advantages")
    return {**{n: torch.tensor(case[n], dtype=torch.float64) for n in names}, "mask": torch.tensor(case["mask"])}


def lesson_loss(lesson: str, case: dict[str, Any]) -> tuple[Tensor, Tensor]:
    """The lesson's loss and its gradient."""
    t = as_tensors(case)
    log_probs, counted = t["log_probs"].requires_grad_(), int(t["mask"].sum())
    batch = (log_probs, t["old_log_probs"], t["advantages"], t["mask"])
    if lesson == "ppo_clip_loss":
        loss = ppo_clip_loss(*batch, case["epsilon"], case["aggregation"], case["denominator"])
    else:
        loss = rlhf_loss(*batch, case["clip_low"], case["clip_high"], case["kl_coef"], t["ref_log_probs"], "k3",
                         case["correction"])  # fmt: skip
        loss = loss * counted / max(counted + case["other_tokens"], 1)  # of two micro-batches
    return loss, torch.autograd.grad(loss, log_probs)[0]


def trl_loss(case: dict[str, Any]) -> tuple[Tensor, Tensor]:
    """TRL's loss and its gradient."""
    t = as_tensors(case)
    log_probs = t["log_probs"].requires_grad_()
    trainer = trainer_stand_in(case, accumulation=2 if case["other_tokens"] else 1)
    trainer._get_per_token_logps_and_entropies = lambda *_, **__: (log_probs, torch.zeros(log_probs.shape), None)
    inputs = {
        "prompt_ids": t["mask"][:, :0], "prompt_mask": t["mask"][:, :0], "completion_ids": t["mask"],
        "completion_mask": t["mask"], "advantages": t["advantages"],
        "num_items_in_batch": t["mask"].sum() + case["other_tokens"], "old_per_token_logps": t["old_log_probs"],
        "ref_per_token_logps": t["ref_log_probs"],
    }  # fmt: skip
    loss = GRPOTrainer._compute_loss(trainer, None, inputs)
    return loss, torch.autograd.grad(loss, log_probs)[0]


# ---- The loss of a whole model ----


def tiny_model(seed: int) -> OPTForCausalLM:
    """OPT: it stays in float64 and takes its positions from the attention mask. Llama's norms are float32."""
    torch.manual_seed(seed)
    sizes = {"hidden_size": 8, "word_embed_proj_dim": 8, "ffn_dim": 16, "num_hidden_layers": 2}
    model = OPTForCausalLM(OPTConfig(vocab_size=17, num_attention_heads=2, dropout=0.0, pad_token_id=0, **sizes))
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.4)
    return model.double().train()


def float64_head(model: OPTForCausalLM, temperature: float) -> Any:
    """Answers as the model with TRL's fused head does, in the precision of its logits."""

    def forward(input_ids: Tensor, attention_mask: Tensor, labels: Tensor, fused_lm_head: bool) -> SimpleNamespace:
        logits, labels = model(input_ids=input_ids, attention_mask=attention_mask).logits[:, :-1], labels[:, 1:]
        log_probs, entropy = selective_log_softmax_and_entropy(
            logits, labels.clamp(min=0), temperature=temperature, row_mask=labels != -100
        )
        return SimpleNamespace(log_probs=log_probs, entropy=entropy)

    return forward


def whole_losses(seed: int) -> list[tuple[Tensor, Tensor]]:
    """[ours, TRL's]: the loss of a ragged batch and its gradient to all parameters."""
    model, right = tiny_model(seed), partial(pad_sequence, batch_first=True)
    left = partial(right, padding_side="left")
    rows, temperature, epsilon = 4, (1.0, 0.7, 1.5)[seed % 3], (0.2, 0.05)[seed % 2]
    aggregation = list(LOSS_TYPES)[seed % 2]
    prompts = [torch.randint(1, 17, (int(n),)) for n in torch.randint(1, 6, (rows,))]
    completions = [torch.randint(1, 17, (int(n),)) for n in torch.randint(1, 10, (rows,))]
    advantages = torch.randn(rows, dtype=torch.float64)
    ids = right([torch.cat(pair) for pair in zip(prompts, completions, strict=True)])
    mask = right([torch.cat([p * 0, c * 0 + 1]) for p, c in zip(prompts, completions, strict=True)])
    with torch.no_grad():  # far enough from the policy for the clip to act
        old = token_log_probs(model, ids, temperature) + 0.3 * torch.randn(rows, ids.shape[1] - 1, dtype=torch.float64)
    ours = grpo_loss(model, ids, mask, advantages, old, epsilon, temperature, aggregation)[0]
    case = {"aggregation": aggregation, "clip_low": epsilon, "clip_high": epsilon, "kl_coef": 0.0, "correction": False}
    case["mask"] = mask.tolist()
    trainer = trainer_stand_in(case, accumulation=1)
    trainer._get_per_token_logps_and_entropies = partial(GRPOTrainer._get_per_token_logps_and_entropies, trainer)
    parts = zip(prompts, completions, old, strict=True)
    inputs = {
        "prompt_ids": left(prompts), "prompt_mask": left([torch.ones_like(p) for p in prompts]),
        "completion_ids": right(completions), "completion_mask": right([torch.ones_like(c) for c in completions]),
        "advantages": advantages, "num_items_in_batch": mask.sum(),
        "old_per_token_logps": right([row[len(p) - 1 :][: len(c)] for p, c, row in parts]),
    }  # fmt: skip
    theirs = GRPOTrainer._compute_loss(trainer, float64_head(model, temperature), inputs)
    parameters = list(model.parameters())
    return [(x, torch.cat([g.flatten() for g in torch.autograd.grad(x, parameters)])) for x in (ours, theirs)]


# ---- The command ----


def report() -> int:
    """Compares, prints the table, and returns the exit code."""
    print(f"TRL {trl.__version__}, torch {torch.__version__}; largest absolute difference over all cases\n")
    print("loss            cases    value  gradient   (largest gradient)")
    agree = True
    pairs = {
        name: [(lesson_loss(name, case), trl_loss(case)) for case in draw_cases(name, CASES)] for name in AUDIT
    }  # fmt: skip
    pairs["grpo_loss"] = [whole_losses(seed) for seed in range(60)]
    for name, found in pairs.items():
        value, gradient = (max(difference(a[i], b[i]) for a, b in found) for i in range(2))
        largest = max(b[1].abs().max().item() for _, b in found)
        agree &= max(value, gradient) <= LIMIT
        print(f"{name:14} {len(found):6}  {value:7.1e}   {gradient:7.1e}   ({largest:.2f})")
    print(f"\nThey agree to {LIMIT:.0e}." if agree else "\nThey differ.")
    return int(not agree)


def difference(a: Tensor, b: Tensor) -> float:
    """The largest absolute difference. NaN counts as infinite: it must not pass a comparison."""
    return (a - b).detach().abs().nan_to_num(nan=torch.inf).max().item()


def freeze() -> None:
    for name, path in AUDIT.items():
        lines = []
        for case in draw_cases(name, 20, digits=3):
            loss, gradient = trl_loss(case)
            lines.append(json.dumps({**case, "loss": loss.item(), "gradient": gradient.tolist()}))
        header = f'"trl": "{trl.__version__}", "made_by": "python benchmarks/trl_agreement.py --freeze"'
        path.write_text(f'{{{header}, "cases": [\n' + ",\n".join(lines) + "\n]}\n", encoding="utf-8")
        print(f"Wrote {len(lines)} cases to {path.relative_to(ROOT)}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--freeze", action="store_true", help="write small cases beside the references instead")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)  # this process has TRL
    arguments = parser.parse_args()
    if not INSIDE:
        return subprocess.call([str(ensure_environment(*OF["trl"])), __file__, "--inside", *sys.argv[1:]], cwd=ROOT)
    torch.set_num_threads(1)
    if arguments.freeze:
        freeze()
        return 0
    return report()


if __name__ == "__main__":
    run_command(main)
