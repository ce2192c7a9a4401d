"""Compares lesson 08's reference with the formulas of CleanRL and of TRL's PPO, on random cases in float64.

    python benchmarks/critic_agreement.py             random cases; exits 1 if a difference exceeds 1e-9
    python benchmarks/critic_agreement.py --freeze    writes small cases beside the reference

Both libraries have these formulas inside a training loop, where they cannot be called. They are written down here from:

    CleanRL  cleanrl/ppo.py, commit 020cf0e: "bootstrap value if not done", "Value loss", `explained_var`
    TRL      trl/experimental/ppo/ppo_trainer.py, commit 0062ee1: "4. compute rewards", "6. compute advantages and
             returns", `vf_loss`

The layouts differ. CleanRL's rollout is a stream of (steps, environments) with several episodes in each column; done[t]
belongs to the state at t. Here each episode becomes a row, and the last one of a column, which was cut off, gets the
value of the next state. TRL puts the score on the first place of padding, if there is one, and lets that place have a
value; its row is ours with one token more. Compared are GAE and returns, the clipped value loss, the rewards (TRL), the
explained variance (CleanRL; TRL has none), and all of these for episodes of one step. Left out: whitening, where the
libraries add 1e-8 in different places.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ["SOLUTION"] = "1"
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import torch  # noqa: E402
from torch import Tensor  # noqa: E402

import lab  # noqa: E402, F401  makes lessons importable
from course.base.errors import run_command  # noqa: E402

# isort: split
from lesson08_critic.advantages.gae import gae, place_rewards  # noqa: E402
from lesson08_critic.critic.values import value_loss  # noqa: E402
from lesson08_critic.given.ppo_parts import explained_variance  # noqa: E402

FROZEN = ROOT / "solutions/stage02_policy_gradient/lesson08_critic/audit/library_cases.json"
CASES = 500
LIMIT = 1e-9
Case = dict[str, Any]  # our arguments, and what the library's formulas give for them: "expected"


def clipped_error(new: Tensor, old: Tensor, target: Tensor, clip: float) -> Tensor:
    """Half of the larger squared error of each entry: the same in both libraries."""
    near = torch.min(torch.max(new, old - clip), old + clip)
    return torch.max((new - target) ** 2, (near - target) ** 2) / 2


def cleanrl_case(draw: torch.Generator, steps: int, environments: int, end: float) -> Case:
    """A stream in which each step ends its episode with probability `end`."""
    shape = (steps, environments)
    rewards, values, moves = (torch.randn(shape, generator=draw, dtype=torch.float64) for _ in range(3))
    next_value = torch.randn(environments, generator=draw, dtype=torch.float64)
    ends = torch.rand(shape, generator=draw) < end  # step t is the last one of its episode: done[t + 1]
    gamma, lam, clip = torch.rand(3, generator=draw, dtype=torch.float64).tolist()
    goes_on = 1.0 - ends.double()
    following = torch.cat([values[1:], next_value[None]])
    advantages, after = torch.zeros(shape, dtype=torch.float64), torch.zeros(environments, dtype=torch.float64)
    for t in range(steps - 1, -1, -1):
        delta = rewards[t] + gamma * goes_on[t] * following[t] - values[t]
        after = delta + gamma * lam * goes_on[t] * after
        advantages[t] = after
    returns, new_values = advantages + values, values + 0.3 * moves
    known = 1 - (returns - values).var(correction=0) / returns.var(correction=0)

    pieces = []  # (environment, first step, step behind the last, value behind it)
    for n in range(environments):
        start = 0
        for t in range(steps):
            if ends[t, n] or t == steps - 1:
                pieces.append((n, start, t + 1, 0.0 if ends[t, n] else next_value[n].item()))
                start = t + 1
    width = max(stop - start for _, start, stop, _ in pieces)

    def rows(stream: Tensor, padding: float) -> Tensor:
        made = torch.full((len(pieces), width), padding, dtype=torch.float64)
        for row, (n, start, stop, _) in zip(made, pieces, strict=True):
            row[: stop - start] = stream[start:stop, n]
        return made

    return {
        "rewards": rows(rewards, 3.0), "values": rows(values, 3.0), "new_values": rows(new_values, 3.0),
        "mask": rows(torch.ones(shape, dtype=torch.float64), 0.0).bool(),
        "last_values": torch.tensor([last for *_, last in pieces], dtype=torch.float64),
        "gamma": gamma, "lam": lam, "clip": clip,
        "expected": {
            "advantages": rows(advantages, 0.0), "returns": rows(returns, 0.0),
            "value_loss": clipped_error(new_values, values, returns, clip).mean(), "explained_variance": known,
        },
    }  # fmt: skip


def trl_case(draw: torch.Generator, answers: int, width: int) -> Case:
    """Answers of different lengths, padded to the same width."""
    shape = (answers, width)
    log_probs, ref_log_probs, values, moves = (
        torch.randn(shape, generator=draw, dtype=torch.float64) for _ in range(4)
    )
    scores = torch.randn(answers, generator=draw, dtype=torch.float64)
    lengths = torch.randint(1, width + 1, (answers,), generator=draw)
    gamma, lam, clip, kl_coef = torch.rand(4, generator=draw, dtype=torch.float64).tolist()
    place = torch.arange(width)
    padding = place >= lengths[:, None]
    behind = place > lengths[:, None]  # padding, without the place that follows the last token
    log_probs, ref_log_probs = log_probs.masked_fill(padding, 1.0), ref_log_probs.masked_fill(padding, 1.0)
    values = values.masked_fill(behind, 0.0)
    rewards = -kl_coef * (log_probs - ref_log_probs)
    rewards[torch.arange(answers), torch.where(lengths < width, lengths, lengths - 1)] += scores
    advantages, after = torch.zeros(shape, dtype=torch.float64), torch.zeros(answers, dtype=torch.float64)
    for t in range(width - 1, -1, -1):
        following = values[:, t + 1] if t + 1 < width else 0.0
        after = rewards[:, t] + gamma * following - values[:, t] + gamma * lam * after
        advantages[:, t] = after
    returns, new_values = advantages + values, (values + 0.3 * moves).masked_fill(behind, 0.0)
    errors = clipped_error(new_values, values, returns, clip)
    return {
        "scores": scores, "log_probs": log_probs, "ref_log_probs": ref_log_probs, "kl_coef": kl_coef,
        "values": values, "new_values": new_values, "mask": ~behind, "gamma": gamma, "lam": lam, "clip": clip,
        "expected": {
            "rewards": rewards, "advantages": advantages, "returns": returns,
            "value_loss": (errors * ~behind).sum() / (~behind).sum(),
        },
    }  # fmt: skip


def draw_cases(count: int, small: bool = False) -> Iterator[tuple[str, Case]]:
    """Cases of both libraries; every fourth has episodes of one step only."""
    draw = torch.Generator().manual_seed(0)
    for i in range(count):
        one_step = i % 4 >= 2
        rows, columns = torch.randint(2, 4 if small else 20, (2,), generator=draw).tolist()
        if i % 2:
            yield "TRL", trl_case(draw, rows, 1 if one_step else columns)
        else:
            yield "CleanRL", cleanrl_case(draw, columns, rows, 1.0 if one_step else 0.25)


def ours(case: Case) -> dict[str, Any]:
    """What the lesson's reference gives for the case."""
    mask, given = case["mask"], {}
    if "scores" in case:
        given["rewards"] = place_rewards(
            case["scores"], case["log_probs"], case["ref_log_probs"], mask, case["kl_coef"]
        )  # fmt: skip
    rewards = given.get("rewards", case.get("rewards"))
    advantages, returns = gae(rewards, case["values"], mask, case["gamma"], case["lam"], case.get("last_values"))
    loss = value_loss(case["new_values"], case["values"], returns, mask, case["clip"])
    known = torch.tensor(explained_variance(case["values"], returns, mask), dtype=torch.float64)
    return {**given, "advantages": advantages, "returns": returns, "value_loss": loss, "explained_variance": known}


def report() -> int:
    """Compares, prints the result, and returns the exit code."""
    worst: dict[tuple[str, str], float] = {}
    for library, case in draw_cases(CASES):
        got = ours(case)
        for name, wanted in case["expected"].items():
            error = (got[name] - wanted).abs().max().item()
            if name == "explained_variance":  # its divisor may be small
                error /= max(1.0, abs(wanted.item()))
            worst[library, name] = max(worst.get((library, name), 0.0), error)
    print(f"torch {torch.__version__}, {CASES} cases, half of them with episodes of one step only")
    for (library, name), error in sorted(worst.items()):
        print(f"{library:8} {name:20} largest difference {error:.1e}")
    agreed = max(worst.values()) <= LIMIT
    print(f"They agree to {LIMIT:.0e}." if agreed else "They differ.")
    return int(not agreed)


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items()}
    return value.tolist() if isinstance(value, Tensor) else value


def freeze() -> None:
    lines = [json.dumps({"library": library, **plain(case)}) for library, case in draw_cases(8, small=True)]
    made_by = "python benchmarks/critic_agreement.py --freeze"
    FROZEN.write_text(f'{{"made_by": "{made_by}", "cases": [\n' + ",\n".join(lines) + "\n]}\n", encoding="utf-8")
    print(f"Wrote {len(lines)} cases to {FROZEN.relative_to(ROOT)}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--freeze", action="store_true", help="write small cases beside the reference instead")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if arguments.freeze:
        freeze()
        return 0
    return report()


if __name__ == "__main__":
    run_command(main)
