"""Measures the variance of several baselines on a small language model, exactly, and trains with them.

    python -m lab.run lesson06_baselines.given.run            three models; writes variance.png and learning.png

The model continues `12=`, and `21` with EOS is right. It can write 121 texts, so a variance is a sum over all of them.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

import torch
from lesson01_language_model.given.toy import random_model
from lesson06_baselines.baselines.advantages import leave_one_out
from lesson06_baselines.given import figures
from lesson06_baselines.given.toy import PROMPT, RIGHT, TEXTS, log_probs, probability_right, raise_to, step
from lesson06_baselines.variance.gradients import gradient_variance, optimal_baseline, score_vectors
from torch import Tensor, nn

from lab.rl.over_seeds import deviation

LEVELS = [0.03, 0.1, 0.2, 0.35, 0.5, 0.7, 0.8, 0.9]  # probabilities of the right text
SAMPLES = 8  # of one step of training
REWARDS = {"none": RIGHT, "none, rewards + 3": RIGHT + 3, "leave one out": RIGHT + 3}


@dataclass
class Reading:
    """What is measured with one model."""

    right: float  # probability of the right text
    best: float  # the constant baseline with the smallest variance
    norms: float  # mean |s|^2 of right texts, divided by that of all texts
    total: dict[str, float]  # for each baseline the variance of one sample's gradient, over all parameters
    along: dict[str, float]  # the same, along the direction of the true gradient only
    wrong_way: dict[str, float]  # share of the steps that lower the probability of the right text, to first order


def advantages(name: str, rewards: Tensor) -> Tensor:
    """rewards: (groups, samples), as REWARDS gives them."""
    return leave_one_out(rewards) if name == "leave one out" else rewards


def measure(model: nn.Module, groups: int = 5000) -> Reading:
    scores = score_vectors(model, PROMPT, TEXTS)  # (121, D)
    probabilities = log_probs(model).exp().detach()
    norms = scores.square().sum(1)
    right, best = (probabilities @ RIGHT).item(), optimal_baseline(RIGHT, norms, probabilities).item()
    gradient = probabilities @ (RIGHT[:, None] * scores)  # the true one
    on_it = scores @ gradient / gradient.norm()  # each score vector's part along the true gradient
    total, along = {}, {}
    for name, weights in (
        ("none", RIGHT), ("mean", RIGHT - right), ("best", RIGHT - best), ("none, rewards + 3", RIGHT + 3),
    ):  # fmt: skip
        total[name] = gradient_variance(weights[:, None] * scores, probabilities).item()
        along[name] = gradient_variance((weights * on_it)[:, None], probabilities).item()
    generator = torch.Generator().manual_seed(0)
    drawn = torch.multinomial(probabilities, groups * SAMPLES, replacement=True, generator=generator).view(-1, SAMPLES)
    wrong_way = {}
    for name, rewards in REWARDS.items():
        change = (advantages(name, rewards[drawn]) * on_it[drawn]).mean(1)
        wrong_way[name] = (change < -1e-12).double().mean().item()
    return Reading(right, best, (norms @ RIGHT / (probabilities @ norms)).item(), total, along, wrong_way)


def train(seed: int, name: str, draws: int = 0, start: float = 0.03, steps: int = 40, rate: float = 0.1) -> list[float]:
    """Trains by REINFORCE. Returns the exact probability of the right text before each step and at the end."""
    model, generator = raise_to(random_model(seed), start), torch.Generator().manual_seed(draws)
    history = []
    for _ in range(steps):
        log_p = log_probs(model)
        history.append((log_p.detach().exp() @ RIGHT).item())
        drawn = torch.multinomial(log_p.detach().exp(), SAMPLES, replacement=True, generator=generator)
        step(model, (advantages(name, REWARDS[name][drawn][None])[0] * log_p[drawn]).mean(), rate)
    return [*history, probability_right(model)]


def table(title: str, readings: list[list[Reading]], columns: dict[str, Callable[[Reading], float]]) -> None:
    """readings: for each level of p those of all models."""
    print(f"\n{title}\np      " + "".join(f"{name:>18}" for name in columns))
    for models in readings:
        cells = [deviation([value(r) for r in models]) for value in columns.values()]
        print(f"{mean(r.right for r in models):.2f}   " + "".join(f"{cell:>18}" for cell in cells))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3, help="how many models")
    parser.add_argument("--out", type=Path, default=Path("runs/lesson06"), help="folder of the pictures")
    arguments = parser.parse_args()
    torch.set_num_threads(1)  # the model is so small that a second thread would not help
    seeds = range(arguments.seeds)
    models = [random_model(seed) for seed in seeds]
    readings = [[measure(raise_to(model, level)) for model in models] for level in LEVELS]
    names = list(readings[0][0].total)
    table("Variance of one sample's gradient", readings, {n: lambda r, n=n: r.total[n] for n in names})
    table("Along the true gradient only", readings, {n: lambda r, n=n: r.along[n] for n in names})
    table("Steps of 8 samples that go the wrong way", readings, {n: lambda r, n=n: r.wrong_way[n] for n in REWARDS})
    table("", readings, {"best constant": lambda r: r.best, "|s|^2: right / all": lambda r: r.norms})

    print("\nProbability of the right text after 40 steps, from a start of 0.03, two runs of each model")
    histories = {name: [train(seed, name, draws) for seed in seeds for draws in (0, 1)] for name in REWARDS}
    for name, runs in histories.items():
        print(f"{name:18}", *(f"{run[-1]:.2f}" for run in runs))
    arguments.out.mkdir(parents=True, exist_ok=True)
    figures.variances(readings).savefig(arguments.out / "variance.png")
    figures.learning(readings, histories).savefig(arguments.out / "learning.png")
    print(f"\nThe pictures are in {arguments.out}")


if __name__ == "__main__":
    main()
