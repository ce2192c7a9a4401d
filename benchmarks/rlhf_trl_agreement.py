"""Lesson 16's loss next to TRL's, with KL and two clip bounds: `python benchmarks/rlhf_trl_agreement.py`.

Random log-probabilities, advantages and masks go through the reference `rlhf_loss` and through TRL's own
`GRPOTrainer._compute_loss` (loss_type "dapo", epsilon and epsilon_high, beta, use_bias_correction_kl), called without a
trainer; value and gradient are compared in float64. Exits 1 where they differ by more than 1e-9, 2 where TRL cannot be
had. TRL lives in the environment that benchmarks/trl_agreement.py makes. `--freeze` writes small cases with TRL's
answers to audit/trl_cases.json of lesson 16's reference, for the test beside it.

Left out: k1 and k2, which TRL does not have; the model's forward pass (trl_agreement.py compares that).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator

import trl_agreement  # beside this file

FROZEN = trl_agreement.ROOT / "tests" / "data" / "rlhf_trl_cases.json"
LIMIT = 1e-9
CASES = 300

if trl_agreement.INSIDE:
    import torch
    import trl
    from torch import Tensor
    from trl import GRPOTrainer

    # isort: split
    from lesson16_grpo_rlhf.loss.rlhf import rlhf_loss


def cases(count: int, digits: int | None = None) -> Iterator[dict]:
    """Random cases as plain data; `digits` rounds the numbers, so that they are short in a file."""
    draw = torch.Generator().manual_seed(0)

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=draw, dtype=torch.float64)

    def pick(*options):
        return options[int(torch.randint(len(options), (), generator=draw))]

    for number in range(count):
        rows, tokens = pick(1, 2, 3, 4), pick(1, 3, 4)
        log_probs = -3 * torch.rand(rows, tokens, generator=draw, dtype=torch.float64)
        old = log_probs + pick(0.0, 0.3, 0.6) * normal(rows, tokens)
        ref = log_probs + pick(0.1, 0.5) * normal(rows, tokens)
        mask = (torch.rand(rows, tokens, generator=draw) < 0.8).long()
        mask[torch.rand(rows, generator=draw) < 0.2] = 0  # a row that is masked altogether
        mask = mask * (number % 20 != 19)  # and now and then all of them
        tensors = {"log_probs": log_probs, "old_log_probs": old, "ref_log_probs": ref, "advantages": normal(rows)}
        if digits is not None:
            tensors = {name: (t * 10**digits).round() / 10**digits for name, t in tensors.items()}
        yield {
            **{name: t.tolist() for name, t in tensors.items()},
            "mask": mask.tolist(),
            "clip_low": pick(0.2, 0.1),
            "clip_high": pick(0.28, 0.2, 0.5),
            "kl_coef": pick(0.04, 0.0, 1.0),
            "correction": pick(True, False),
            "other_tokens": pick(0, 5),  # counted tokens in other micro-batches of the same step
        }


def tensors_of(case: dict) -> dict[str, Tensor]:
    names = ("log_probs", "old_log_probs", "ref_log_probs", "advantages")
    return {**{n: torch.tensor(case[n], dtype=torch.float64) for n in names}, "mask": torch.tensor(case["mask"])}


def ours(case: dict) -> tuple[Tensor, Tensor]:
    """Our loss and its gradient."""
    t = tensors_of(case)
    log_probs, counted = t["log_probs"].requires_grad_(), int(t["mask"].sum())
    loss = rlhf_loss(
        log_probs, t["old_log_probs"], t["advantages"], t["mask"], case["clip_low"], case["clip_high"],
        case["kl_coef"], t["ref_log_probs"], "k3", case["correction"],
        counted + case["other_tokens"] if case["other_tokens"] else None,
    )  # fmt: skip
    return loss, torch.autograd.grad(loss, log_probs)[0]


def theirs(case: dict) -> tuple[Tensor, Tensor]:
    """TRL's loss and its gradient."""
    t = tensors_of(case)
    log_probs = t["log_probs"].requires_grad_()
    trainer = trl_agreement.stand_in("token", case["clip_low"])
    trainer.epsilon_high, trainer.beta = case["clip_high"], case["kl_coef"]
    trainer.args.use_bias_correction_kl = case["correction"]
    shape = log_probs.shape
    trainer._get_per_token_logps_and_entropies = lambda *_, **__: (log_probs, torch.zeros(shape), None)
    inputs = {
        "prompt_ids": t["mask"][:, :0],
        "prompt_mask": t["mask"][:, :0],
        "completion_ids": t["mask"],
        "completion_mask": t["mask"],
        "advantages": t["advantages"],
        "num_items_in_batch": t["mask"].sum() + case["other_tokens"],
        "old_per_token_logps": t["old_log_probs"],
        "ref_per_token_logps": t["ref_log_probs"],
    }
    loss = GRPOTrainer._compute_loss(trainer, None, inputs)
    return loss, torch.autograd.grad(loss, log_probs)[0]


def report() -> int:
    print(f"TRL {trl.__version__}, torch {torch.__version__}; largest absolute difference over {CASES} cases\n")
    print("KL             cases    value  gradient   (largest gradient)")
    failed = False
    for name, chosen in (
        ("none", lambda c: c["kl_coef"] == 0), ("ratio times k3", lambda c: c["kl_coef"] and c["correction"]),
        ("bare k3", lambda c: c["kl_coef"] and not c["correction"]),
    ):  # fmt: skip
        found = [(ours(case), theirs(case)) for case in cases(CASES) if chosen(case)]
        value = max(trl_agreement.largest(0.0, a[0] - b[0]) for a, b in found)
        gradient = max(trl_agreement.largest(0.0, a[1] - b[1]) for a, b in found)
        scale = max(trl_agreement.largest(0.0, b[1]) for _, b in found)
        failed |= not max(value, gradient) <= LIMIT
        print(f"{name:14} {len(found):5}  {value:7.1e}   {gradient:7.1e}   ({scale:.2f})")
    print("\nThey differ." if failed else f"\nThey agree to {LIMIT:.0e}.")
    return int(failed)


def freeze() -> None:
    lines = []
    for case in cases(20, digits=3):
        loss, gradient = theirs(case)
        lines.append(json.dumps({**case, "loss": loss.item(), "gradient": gradient.tolist()}))
    header = f'"trl": "{trl.__version__}", "made_by": "python benchmarks/rlhf_trl_agreement.py --freeze"'
    FROZEN.write_text(f'{{{header}, "cases": [\n' + ",\n".join(lines) + "\n]}\n", encoding="utf-8")
    print(f"Wrote {len(lines)} cases to {FROZEN.relative_to(trl_agreement.ROOT)}")


def main() -> int:
    parser = argparse.ArgumentParser(description="Compares lesson 16's loss with TRL's (see the top of the file).")
    parser.add_argument(
        "--freeze",
        action="store_true",
        help="write solutions/stage04_alignment/lesson16_grpo_rlhf/audit/trl_cases.json instead",
    )
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)  # this process has TRL
    arguments = parser.parse_args()
    if not trl_agreement.INSIDE:
        try:
            python = trl_agreement.ensure_environment()
        except trl_agreement.SetupError as error:
            print(f"error: {error}", file=sys.stderr)
            return 2
        command = [str(python), __file__, "--inside", *sys.argv[1:]]
        return subprocess.call(command, cwd=trl_agreement.ROOT)
    torch.set_num_threads(1)
    if arguments.freeze:
        freeze()
        return 0
    return report()


if __name__ == "__main__":
    sys.exit(main())
