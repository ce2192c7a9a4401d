"""Compares lesson 02's reference with transformers' own logits processors, on random cases in float64.

    python benchmarks/sampling_agreement.py             random cases; exits 1 if a difference exceeds 1e-6
    python benchmarks/sampling_agreement.py --freeze    writes small cases beside the reference

transformers' processors are called in the order of `generate`: temperature, top-k, top-p, min-p. Each case draws logits
and a value for each setting, or leaves the setting out. The log-probs of all tokens are compared. If only one of them
keeps a token, the difference is infinite. Left out: equal logits at the border of what is kept, where sorting decides.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.update(SOLUTION="1", HF_HUB_OFFLINE="1")
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import torch  # noqa: E402
import transformers  # noqa: E402
from torch import Tensor  # noqa: E402
from transformers import (  # noqa: E402
    LogitsProcessorList,
    MinPLogitsWarper,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

import lab  # noqa: E402, F401  makes lessons importable
from course.base.errors import run_command  # noqa: E402

# isort: split
from lesson02_sampling.policy.distribution import sampling_log_probs  # noqa: E402

FROZEN = ROOT / "solutions/stage01_policy/lesson02_sampling/audit/transformers_cases.json"
CASES = 2000
LIMIT = 1e-6


def draw_cases(count: int, vocabulary: tuple[int, ...], digits: int = 15) -> Iterator[dict[str, Any]]:
    """Random cases as plain data: two rows of logits with so many digits, and the settings."""
    draw = torch.Generator().manual_seed(0)

    def uniform(low: float, high: float) -> float:
        return round(low + (high - low) * torch.rand((), generator=draw).item(), 3)

    def pick(*options: Any) -> Any:
        return options[int(torch.randint(len(options), (), generator=draw))]

    for _ in range(count):
        size = pick(*vocabulary)
        logits = pick(0.5, 2.0, 8.0) * torch.randn(2, size, generator=draw, dtype=torch.float64)
        yield {
            "logits": logits.mul(10**digits).round().div(10**digits).tolist(),
            "temperature": pick(1.0, uniform(0.2, 2.0)),
            "top_k": pick(0, 1, 1 + int(uniform(0, size)), 2 * size),
            "top_p": pick(1.0, uniform(0.01, 0.999)),
            "min_p": pick(0.0, uniform(0.001, 0.5), 1.0),
        }


def ours(case: dict[str, Any]) -> Tensor:
    settings = {name: value for name, value in case.items() if name != "logits"}
    return sampling_log_probs(torch.tensor(case["logits"], dtype=torch.float64), **settings)


def theirs(case: dict[str, Any]) -> Tensor:
    processors = LogitsProcessorList()
    if case["temperature"] != 1.0:
        processors.append(TemperatureLogitsWarper(case["temperature"]))
    if case["top_k"]:
        processors.append(TopKLogitsWarper(case["top_k"]))
    if case["top_p"] < 1.0:
        processors.append(TopPLogitsWarper(case["top_p"]))
    if case["min_p"] > 0.0:
        processors.append(MinPLogitsWarper(case["min_p"]))
    logits = torch.tensor(case["logits"], dtype=torch.float64)
    no_text = torch.zeros(len(logits), 1, dtype=torch.long)
    return processors(no_text, logits).log_softmax(-1)


def difference(a: Tensor, b: Tensor) -> float:
    """The largest absolute difference; infinite if one of them keeps a token that the other does not."""
    return torch.where(a == b, 0.0, (a - b).abs()).nan_to_num(nan=torch.inf).max().item()


def report() -> int:
    """Compares, prints the result, and returns the exit code."""
    cases = list(draw_cases(CASES, (3, 10, 100, 1000)))
    worst = max(difference(ours(case), theirs(case)) for case in cases)
    truncated = sum(bool(ours(case).isinf().any()) for case in cases)
    print(f"transformers {transformers.__version__}, torch {torch.__version__}")
    print(f"{len(cases)} cases, {truncated} of them with tokens that cannot be drawn: largest difference {worst:.1e}")
    print(f"They agree to {LIMIT:.0e}." if worst <= LIMIT else "They differ.")
    return int(worst > LIMIT)


def freeze() -> None:
    lines = []
    for case in draw_cases(12, (5,), digits=4):
        kept = [[None if x == -torch.inf else x for x in row] for row in theirs(case).tolist()]
        lines.append(json.dumps({**case, "log_probs": kept}))
    made_by = "python benchmarks/sampling_agreement.py --freeze"
    header = f'"transformers": "{transformers.__version__}", "made_by": "{made_by}"'
    FROZEN.write_text(f'{{{header}, "cases": [\n' + ",\n".join(lines) + "\n]}\n", encoding="utf-8")
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
