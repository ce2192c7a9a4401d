"""Compares the lessons' losses with those of TRL, Tunix and plain JAX: value and gradient, on random cases.

    python benchmarks/loss_conventions.py       prints the tables of docs/JAX.md; exits 1 if a difference is new

No environment holds all of them. So one process, in TRL's environment, computes the lessons' and TRL's in float64 and
writes them with the cases to runs/loss_conventions.npz; another, in Tunix's, adds Tunix's (float32 inside) and plain
JAX's (float64). The cases are those of trl_agreement.py: masks with holes, rows and batches without a counted token.
Left out: verl and MaxText's experimental trainer, whose formulas docs/JAX.md gives as they are written.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
os.environ.update(SOLUTION="1", HF_HUB_OFFLINE="1", JAX_PLATFORMS="cpu")
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402

from course.base.errors import run_command  # noqa: E402
from lab.export.environment import OF, ensure_environment  # noqa: E402

FILE = ROOT / "runs" / "loss_conventions.npz"
CASES, GROUP = 240, 4
EXACT, SINGLE = 1e-12, 1e-5  # what float64 and float32 may differ by
KL = 0.5
CLIP: dict[str, Any] = {"clip_low": 0.2, "clip_high": 0.2, "kl_coef": 0.0, "correction": False, "aggregation": "token"}
LOSSES: dict[str, dict[str, Any]] = {
    "clip, mean over tokens": CLIP,
    "clip, mean over rows": CLIP | {"aggregation": "sequence"},
    "clip, constant divisor": CLIP | {"aggregation": "constant"},
    "clip at 0.8 and 1.28": CLIP | {"clip_high": 0.28},
    "clip + k1": CLIP | {"kl_coef": KL, "estimator": "k1"},
    "clip + k2": CLIP | {"kl_coef": KL, "estimator": "k2"},
    "clip + k3": CLIP | {"kl_coef": KL, "estimator": "k3"},
    "clip + ratio x k3": CLIP | {"kl_coef": KL, "estimator": "k3", "correction": True},
}
HAS = {  # library -> what it has
    "TRL": [name for name in LOSSES if name not in ("clip + k1", "clip + k2")],
    "Tunix": [name for name in LOSSES if "x k3" not in name],
    "plain JAX": list(LOSSES),
}
Case = dict[str, Any]
Answer = tuple[Any, Any]  # value, gradient to the log-probabilities


def special_cases() -> dict[str, tuple[str, Case]]:
    """What is asked -> (loss, case): cases in which the definitions differ."""
    ones = np.ones((2, 2))
    half = {"log_probs": -ones, "old_log_probs": -ones, "ref_log_probs": -ones, "advantages": np.ones(2)}
    half["mask"] = np.array([[1, 1], [0, 0]])
    nan = half | {"log_probs": np.array([[-1.0, -1.0], [np.nan, np.nan]])}
    far = half | {"old_log_probs": -26 * ones, "advantages": -np.ones(2)}
    return {
        "mean over rows, one of two rows without a counted token": ("clip, mean over rows", half),
        "constant divisor, the same rows": ("clip, constant divisor", half),
        "mean over tokens, NaN where the mask is 0": ("clip, mean over tokens", nan),
        "A = -1, log-ratio 25": ("clip, mean over tokens", far),
    }


# ---- In TRL's environment ----


def write() -> None:
    import torch
    from trl_agreement import draw_cases, trl_loss

    from lab.rl.advantages import EPS

    # isort: split
    from lesson14_grpo_ppo_clip.loss.advantages import group_advantages
    from lesson14_grpo_ppo_clip.loss.ppo_clip import ppo_clip_loss
    from lesson16_grpo_rlhf.loss.rlhf import rlhf_loss

    def lesson_loss(case: Case, loss: dict[str, Any]) -> Answer:
        t = {name: torch.tensor(case[name]) for name in TENSORS}
        log_probs = t["log_probs"].requires_grad_()
        batch = (log_probs, t["old_log_probs"], t["advantages"], t["mask"])
        if loss["kl_coef"] or loss["clip_low"] != loss["clip_high"]:
            bounds = (loss["clip_low"], loss["clip_high"])
            kl = (loss["kl_coef"], t["ref_log_probs"], loss.get("estimator", "k3"), loss["correction"])
            value = rlhf_loss(*batch, *bounds, *kl)
        else:
            divisor = float(t["mask"].numel()) if loss["aggregation"] == "constant" else None
            value = ppo_clip_loss(*batch, loss["clip_low"], loss["aggregation"], divisor)
        return value, torch.autograd.grad(value, log_probs)[0]

    torch.set_num_threads(1)
    out = {}
    drawn = [{name: np.array(case[name]) for name in TENSORS} for case in draw_cases("rlhf_loss", CASES)]
    asked = [(str(i), name, case) for i, case in enumerate(drawn) for name in LOSSES]
    for where, name, case in [*asked, *((where, *rest) for where, rest in special_cases().items())]:
        out |= {f"{where}/{part}": case[part] for part in TENSORS}
        answers = {"lessons": lesson_loss(case, LOSSES[name])}
        if name in HAS["TRL"]:
            answers["TRL"] = trl_loss({k: v.tolist() for k, v in case.items()} | LOSSES[name] | {"other_tokens": 0})
        for who, (value, gradient) in answers.items():
            out[f"{where}/{name}/{who}/value"] = value.detach().numpy()
            out[f"{where}/{name}/{who}/gradient"] = gradient.numpy()
    draw = torch.Generator().manual_seed(0)
    for i in range(CASES):
        rewards = torch.randn(3 * GROUP, generator=draw, dtype=torch.float64)
        rewards = (rewards > 0).double() if i % 2 else rewards
        if not ((rewards.view(-1, GROUP).std(1) > 0).all()):
            rewards[::GROUP] += 1  # equal rewards are asked about below
        out[f"rewards/{i}"] = rewards.numpy()
        for kind, arguments in ADVANTAGES.items():
            out[f"rewards/{i}/{kind}"] = group_advantages(rewards, GROUP, *arguments).numpy()
    for name, given in REWARDS.items():
        out[f"rewards/{name}"] = group_advantages(torch.tensor(given), len(given), EPS).numpy()
    np.savez(FILE, **out)


TENSORS = ("log_probs", "old_log_probs", "ref_log_probs", "advantages", "mask")
ADVANTAGES = {"(r - mean) / (std + 1e-6)": (1e-6,), "(r - mean) / (std + 1e-4)": (1e-4,), "r - mean": (1e-4, False)}
REWARDS = {
    "A of rewards 1 and 0": [1.0, 0.0],
    "A of seven rewards of 0.7": [0.7] * 7,
    "A of rewards 1, 0, NaN, 0": [1.0, 0.0, float("nan"), 0.0],
}


# ---- In Tunix's environment ----


def compare() -> int:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    from flax import nnx
    from tunix.rl import algo_core
    from tunix.rl.grpo.grpo_learner import GRPOConfig, TrainExample

    class Table(nnx.Module):
        """A model that gives these logits whatever it reads."""

        def __init__(self, logits: jax.Array):
            self.logits = nnx.Param(logits)

        def __call__(self, tokens: Any, positions: Any, cache: Any, attention_mask: Any) -> tuple[jax.Array, None]:
            return self.logits[...], None

    modes = {"token": "token-mean", "sequence": "sequence-mean-token-mean", "constant": "sequence-mean-token-scale"}
    estimators = {"k1": "kl", "k2": "mse_kl", "k3": "low_var_kl"}

    def tunix_loss(loss: dict[str, Any]) -> Any:
        """Tunix wants a model: token 2 is what was drawn, and token 3 has the rest of the probability."""
        config = GRPOConfig(
            num_generations=2, loss_agg_mode=modes[loss["aggregation"]], beta=loss["kl_coef"],
            epsilon=loss["clip_low"], kl_loss_mode=estimators[loss.get("estimator", "k3")],
        )  # fmt: skip
        config.epsilon_high, config.temperature = loss["clip_high"], 1.0

        def value(log_probs: jax.Array, a: dict[str, jax.Array]) -> jax.Array:
            rest = jnp.log1p(-jnp.exp(log_probs))
            logits = jnp.stack([jnp.full_like(rest, -60.0)] * 2 + [log_probs, rest], -1)
            logits = jnp.pad(logits, ((0, 0), (0, 1), (0, 0)))  # after the last token
            rows, tokens = log_probs.shape
            example = TrainExample(
                prompt_ids=jnp.full((rows, 1), 2), prompt_mask=jnp.ones((rows, 1), bool),
                completion_ids=jnp.full((rows, tokens), 2), completion_mask=a["mask"], advantages=a["advantages"],
                ref_per_token_logps=a["ref_log_probs"] if loss["kl_coef"] else None,
                old_per_token_logps=a["old_log_probs"],
            )  # fmt: skip
            return algo_core.grpo_loss_fn(Table(logits), example, config, pad_id=0, eos_id=1)[0]

        return jax.jit(jax.value_and_grad(value))

    def jax_loss(loss: dict[str, Any]) -> Any:
        def value(log_probs: jax.Array, a: dict[str, jax.Array]) -> jax.Array:
            mask, advantages = a["mask"] == 1, a["advantages"][:, None]
            ratio = jnp.exp(jnp.where(mask, log_probs - a["old_log_probs"], 0.0))
            clipped = jnp.clip(ratio, 1 - loss["clip_low"], 1 + loss["clip_high"])
            per_token = -jnp.minimum(ratio * advantages, clipped * advantages)
            if loss["kl_coef"]:
                k = jnp.where(mask, log_probs - a["ref_log_probs"], 0.0)
                estimate = {"k1": k, "k2": k**2 / 2, "k3": jnp.expm1(-k) + k}[loss["estimator"]]
                per_token += loss["kl_coef"] * estimate * (ratio if loss["correction"] else 1.0)
            per_token = jnp.where(mask, per_token, 0.0)
            if loss["aggregation"] == "sequence":
                return (per_token.sum(1) / jnp.maximum(mask.sum(1), 1)).mean()
            return per_token.sum() / (mask.size if loss["aggregation"] == "constant" else jnp.maximum(mask.sum(), 1))

        return jax.jit(jax.value_and_grad(value))

    made = {"Tunix": {name: tunix_loss(LOSSES[name]) for name in HAS["Tunix"]}}
    made["plain JAX"] = {name: jax_loss(LOSSES[name]) for name in LOSSES}
    table = np.load(FILE)

    def answers(where: str, name: str) -> Iterator[tuple[str, Answer]]:
        """Who -> answer, of all that have this loss."""
        for who in ("lessons", "TRL"):
            if f"{where}/{name}/{who}/value" in table:
                yield who, (table[f"{where}/{name}/{who}/value"], table[f"{where}/{name}/{who}/gradient"])
        case = {tensor: jnp.asarray(table[f"{where}/{tensor}"]) for tensor in TENSORS}
        for who, functions in made.items():
            if name in functions:
                yield who, functions[name](case["log_probs"], case)

    worst: dict[tuple[str, str], list[float]] = {}
    full = [str(i) for i in range(CASES) if table[f"{i}/mask"].any(1).all()]
    for where in map(str, range(CASES)):
        for name in LOSSES:
            found = dict(answers(where, name))
            ours = found.pop("lessons")
            for who, answer in found.items():
                column = f"{who}, rows with tokens" if who == "Tunix" and where in full else who
                pair = [float(np.abs(np.asarray(x) - y).max()) for x, y in zip(answer, ours, strict=True)]
                for key in {(name, who), (name, column)}:
                    worst[key] = [max(x) for x in zip(worst.get(key, (0.0, 0.0)), pair, strict=True)]
    for i in range(CASES):
        rewards = table[f"rewards/{i}"]
        for kind, (_, *undivided) in ADVANTAGES.items():
            mine = algo_core.compute_drgrpo_advantages if undivided else algo_core.compute_advantages
            difference = float(np.abs(np.asarray(mine(rewards, GROUP)) - table[f"rewards/{i}/{kind}"]).max())
            worst[kind, "Tunix"] = [max(difference, worst.get((kind, "Tunix"), [0.0])[0])]
    columns = ["TRL", "plain JAX", "Tunix, rows with tokens", "Tunix"]
    print(f"| {CASES} cases | TRL | plain JAX | Tunix, {len(full)} cases whose rows all have tokens | Tunix, all |")
    print("|---|---|---|---|---|")
    for name in [*LOSSES, *ADVANTAGES]:
        cells = [" / ".join(f"{x:.0e}" for x in worst[name, c]) if (name, c) in worst else "" for c in columns]
        print(f"| {name} | {' | '.join(cells)} |")
    print("\n| | lessons | TRL | Tunix | plain JAX |\n|---|---|---|---|---|")
    for where, (name, _) in special_cases().items():
        found = {who: f"{float(answer[0]):.4g}" for who, answer in answers(where, name)}
        print(f"| {where} | {' | '.join(found.get(who, '') for who in ('lessons', 'TRL', 'Tunix', 'plain JAX'))} |")
    for name, given in REWARDS.items():
        shown = [
            ", ".join(f"{x:.5g}" for x in dict.fromkeys(np.asarray(found).tolist()))
            for found in (table[f"rewards/{name}"], algo_core.compute_advantages(np.array(given), len(given)))
        ]
        print(f"| {name} | {shown[0]} | | {shown[1]} | |")
    agreed = all(
        max(values) <= (SINGLE if "rows with tokens" in column else EXACT)
        for (name, column), values in worst.items()
        if column != "Tunix"
    )
    print("\nThey agree." if agreed else "\nThey differ.")
    return int(not agreed)


def main() -> int:
    if "--write" in sys.argv:
        write()
        return 0
    if "--compare" in sys.argv:
        return compare()
    FILE.parent.mkdir(exist_ok=True)
    subprocess.run([str(ensure_environment(*OF["trl"])), __file__, "--write", "--inside"], check=True, cwd=ROOT)
    return subprocess.call([str(ensure_environment(*OF["tunix"])), __file__, "--compare"], cwd=ROOT)


if __name__ == "__main__":
    run_command(main)
