"""What a KL estimate in the loss restrains: 120 updates of a small policy with each one, and the mean gradient of each.

    python benchmarks/kl_in_loss.py        prints the tables of docs/JAX.md; about 10 processor seconds

The policy is a table: 16 prompts, 10 answers each, one of them right. All figures are exact sums over the answers; only
the training samples. The loss is lesson 16's without the ratio (`correction=False`), as Tunix and MaxText compute it;
"ratio x k3" is lesson 16's default.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ["SOLUTION"] = "1"
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import torch  # noqa: E402
from torch import Tensor  # noqa: E402

import lab  # noqa: E402, F401  makes lessons importable

# isort: split
from lesson14_grpo_ppo_clip.loss.advantages import group_advantages  # noqa: E402
from lesson16_grpo_rlhf.loss.kl import kl_term  # noqa: E402
from lesson16_grpo_rlhf.loss.rlhf import rlhf_loss  # noqa: E402

PROMPTS, ANSWERS, GROUP, UPDATES, RATE, BETA, SEEDS = 16, 10, 8, 120, 0.05, 1.0, range(3)
TERMS = {"none": None, "k1": ("k1", False), "k2": ("k2", False), "k3": ("k3", False), "ratio x k3": ("k3", True)}


def mean_kl(logits: Tensor, start: Tensor) -> Tensor:
    """KL(policy || start) in nats, averaged over the prompts."""
    p, q = logits.log_softmax(-1), start.log_softmax(-1)
    return (p.exp() * (p - q)).sum(-1).mean()


def trained(term: tuple[str, bool] | None, seed: int) -> tuple[Tensor, Tensor]:
    """(start, logits after the updates). Answer 0 is the right one."""
    draw = torch.Generator().manual_seed(seed)
    start = torch.randn(PROMPTS, ANSWERS, generator=draw, dtype=torch.float64)
    logits = start.clone().requires_grad_()
    optimizer = torch.optim.Adam([logits], lr=RATE)
    for _ in range(UPDATES):
        answers = torch.multinomial(logits.detach().softmax(-1), GROUP, replacement=True, generator=draw)  # (P, G)
        log_probs = logits.log_softmax(-1).gather(1, answers).reshape(-1, 1)  # (P * G, 1): answers of one token
        ref = start.log_softmax(-1).gather(1, answers).reshape(-1, 1)
        a = group_advantages((answers == 0).double().reshape(-1), GROUP)
        kl = {} if term is None else {"kl_coef": BETA, "estimator": term[0], "correction": term[1]}
        loss = rlhf_loss(
            log_probs, log_probs.detach(), a, torch.ones_like(answers).reshape(-1, 1), ref_log_probs=ref, **kl
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return start, logits.detach()


def mean_gradient(term: tuple[str, bool], logits: Tensor, start: Tensor) -> Tensor:
    """The gradient of the term to the logits, averaged over all answers with the policy's own probabilities."""
    logits = logits.clone().requires_grad_()
    log_probs = logits.log_softmax(-1)
    per_answer = kl_term(log_probs, log_probs.detach(), start.log_softmax(-1), *term)
    return torch.autograd.grad((log_probs.detach().exp() * per_answer).sum(-1).mean(), logits)[0]


def main() -> None:
    torch.set_num_threads(1)
    start, far = trained(None, 0)
    far.requires_grad_()
    true = torch.autograd.grad(mean_kl(far, start), far)[0]
    print(
        f"Learning rate {RATE}, groups of {GROUP}, {UPDATES} updates on fresh samples, beta {BETA:g}, "
        f"{len(SEEDS)} seeds\n"
    )
    print("| in the loss | KL from the start, nats | right answers | mean gradient, divided by that of the KL |")
    print("|---|---|---|---|")
    for name, term in TERMS.items():
        runs = [trained(term, seed) for seed in SEEDS]
        kl = ", ".join(f"{mean_kl(logits, start):.2f}" for start, logits in runs)
        right = ", ".join(f"{logits.softmax(-1)[:, 0].mean():.2f}" for _, logits in runs)
        error = "" if term is None else explain(mean_gradient(term, far.detach(), start), true)
        print(f"| {name} | {kl} | {right} | {error} |")


def explain(gradient: Tensor, true: Tensor) -> str:
    if torch.allclose(gradient, true, rtol=1e-9, atol=1e-12):
        return "1: it is the gradient of the KL"
    length = (gradient.norm() / true.norm()).item()
    cosine = torch.cosine_similarity(gradient.flatten(), true.flatten(), dim=0)
    return f"{length:.0e}: zero" if length < 1e-9 else f"{length:.1f}, cosine {cosine:.2f}"


if __name__ == "__main__":
    main()
