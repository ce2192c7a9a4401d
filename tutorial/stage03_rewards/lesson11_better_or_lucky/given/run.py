"""Trains one policy with a reward that can be hacked, with your robust score, and with the toss of a coin.

    python -m lab.run lesson11_better_or_lucky.given.run            one seed; writes runs/lesson11/hack.png
    python -m lab.run lesson11_better_or_lucky.given.run --seeds 3

What each run was paid is set beside what it was worth: the share of right answers, on which none of them is trained.
Afterwards all are asked the same 64 questions, 16 times each.
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from statistics import mean

import torch
from lesson11_better_or_lucky.evaluation.accuracy import accuracy, paired_difference, pass_at_k
from lesson11_better_or_lucky.given import figures
from lesson11_better_or_lucky.given.policy import answers, start, train
from lesson11_better_or_lucky.given.scores import digits_found, exact
from lesson11_better_or_lucky.rewards.hacking import monitors, robust_score


def coin(seed: int) -> Callable[[str, str], float]:
    """Returns a reward that does not look at the completion: the control."""
    generator = torch.Generator().manual_seed(seed)
    return lambda completion, answer: float(torch.rand((), generator=generator) < 0.5)


def rewards(seed: int) -> dict[str, Callable[[str, str], float]]:
    """The rewards that are compared."""
    return {"digits found": digits_found, "robust score": robust_score, "a coin": coin(seed)}


def pass_rate(right: torch.Tensor, k: int) -> float:
    """The mean of pass@k over the questions."""
    return mean(pass_at_k(right.shape[1], int(row.sum()), k) for row in right)


def spread(estimate: tuple[float, float], sign: str = "") -> str:
    """A mean and its standard error."""
    return f"{estimate[0]:{sign}.3f} ± {estimate[1]:.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=1, help="how many policies are trained with each reward")
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--out", type=Path, default=Path("runs/lesson11"), help="folder of the picture")
    arguments = parser.parse_args()
    torch.set_num_threads(1)  # the model is so small that a second thread would not help
    histories: dict[str, list] = {}
    print("                     paid           right       characters  correlation    right of the same 64    change")
    print("                                                            of reward      questions")
    print("reward          first   last   first   last   first   last  and length     accuracy        pass@8")
    for seed in range(arguments.seeds):
        before = answers(start(seed))
        print(f"seed {seed}, before training {'':51} {spread(accuracy(before))}   {pass_rate(before, 8):.3f}")
        for name, score in rewards(seed).items():
            model = start(seed)
            history = train(model, score, exact, arguments.steps, seed)
            histories.setdefault(name, []).append(history)
            after = answers(model)
            curves = (history.reward, history.truth, history.length)
            measured = "   ".join(f"{curve[0]:5.2f}  {curve[-1]:5.2f}" for curve in curves)
            early = [monitors(*history.batches[step])["length_correlation"] for step in range(min(20, arguments.steps))]
            print(
                f"  {name:12}  {measured}    {mean(early):+.2f}          {spread(accuracy(after))}   "
                f"{pass_rate(after, 8):.3f}   {spread(paired_difference(before, after), '+')}"
            )
    arguments.out.mkdir(parents=True, exist_ok=True)
    picture = arguments.out / "hack.png"
    figures.runs(histories).savefig(picture)
    print(f"\nThe picture is {picture}")


if __name__ == "__main__":
    main()
