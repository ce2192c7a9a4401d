"""Measures your verifier beside others, then trains a policy with each of four rewards that your verifier is part of.

python -m lab.run lesson09_answers.given.run            one seed; writes runs/lesson09/credit.png
python -m lab.run lesson09_answers.given.run --seeds 3
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from statistics import mean

import torch
from lesson09_answers.given import figures
from lesson09_answers.given.labelled import KEPT_ASIDE, PRACTICE, Row
from lesson09_answers.given.policy import start, train
from lesson09_answers.given.readers import verdicts, verifiers
from lesson09_answers.scoring.answers import verify
from lesson09_answers.scoring.error_rates import error_rates
from lesson09_answers.scoring.partial_credit import partial_credit

# What a wrong answer is paid
CREDIT: dict[str, dict[str, float]] = {
    "right answers only": {},
    "right digits": {"digits": 0.5},
    "any number": {"readable": 0.1},
    "a penalty": {"readable": -0.5},
}


def reward(credit: dict[str, float]) -> Callable[[str, str], float]:
    """Returns a reward function of a completion and the true answer."""
    return lambda completion, answer: partial_credit(completion, answer, **credit)


def table(rows: list[Row]) -> None:
    """Prints the error rates of all verifiers, in per cent with the interval."""
    print(f"{'':19}{'false positives':22}{'false negatives':22}not read")
    for name, verifier in verifiers().items():
        rates = error_rates(verdicts(verifier, rows), [label for *_, label in rows])
        cells = [
            f"{100 * rate:.1f} ({max(0, 100 * low):.1f} to {100 * high:.1f})" for rate, low, high in rates.values()
        ]
        print(f"  {name:17}" + "".join(f"{cell:22}" for cell in cells))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=1, help="how many policies are trained with each reward")
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--out", type=Path, default=Path("runs/lesson09"), help="folder of the picture")
    arguments = parser.parse_args()
    torch.set_num_threads(1)  # the model is so small that a second thread would not help
    for name, rows in {"practice": PRACTICE, **KEPT_ASIDE}.items():
        wrong = sum(not label for *_, label in rows)
        print(f"{name}: {wrong} wrong and {len(rows) - wrong} right completions; errors in %, with 95 % intervals")
        table(rows)
    histories: dict[str, list] = {}
    print("\nmeans of the first batch and of the last ten")
    print(f"{'a wrong answer is paid for':28}{'paid':16}{'right':16}{'no answer read':16}groups with a signal")
    for seed in range(arguments.seeds):
        for name, credit in CREDIT.items():
            history = train(start(seed), reward(credit), verify, arguments.steps, seed)
            histories.setdefault(name, []).append(history)
            curves = (history.reward, history.right, history.unread, history.live)
            cells = [f"{curve[0]:5.2f} → {mean(curve[-10:]):5.2f}" for curve in curves]
            print(f"  {name:26}" + "".join(f"{cell:16}" for cell in cells) + f"  (seed {seed})")
    arguments.out.mkdir(parents=True, exist_ok=True)
    picture = arguments.out / "credit.png"
    figures.runs(histories).savefig(picture)
    print(f"\nThe picture is {picture}")


if __name__ == "__main__":
    main()
