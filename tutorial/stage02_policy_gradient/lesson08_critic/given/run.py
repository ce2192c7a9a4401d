"""PPO with GAE and GRPO side by side: reverse four digits, from a model that is right in 3 of 10 answers.

python -m lab.run lesson08_critic.given.run          three seeds; writes runs/lesson08/ppo_and_grpo.png
python -m lab.run lesson08_critic.given.run --all    also lambda 1 and 0.5, and lambda 0 with a pretrained critic
python -m lab.run lesson08_critic.given.run --seeds 1
"""

import argparse
import math
from pathlib import Path
from statistics import fmean, median

import torch
from lesson08_critic.given import figures
from lesson08_critic.given.ppo_parts import Settings
from lesson08_critic.given.train import Run, share_right, train, trained_critic

from lab.rl.over_seeds import half_range
from lab.tasks.reversal import warm_model

METHODS = {"GRPO": None, "PPO, λ = 0.95": Settings(), "PPO, λ = 0": Settings(lam=0.0)}
MORE = {"PPO, λ = 1": Settings(lam=1.0), "PPO, λ = 0.5": Settings(lam=0.5)}
TRAINED = "PPO, λ = 0, pretrained"


def known(run: Run) -> float:
    """The explained variance of the middle step; a step in which all returns are equal has none."""
    numbers = [value for value in run.explained if math.isfinite(value)]
    return median(numbers) if numbers else math.nan


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3, help="how many times everything is trained")
    parser.add_argument(
        "--all", action="store_true", help="also lambda 1 and 0.5, and lambda 0 with a pretrained critic"
    )
    parser.add_argument("--steps", type=int, default=30, help="steps of training, 64 answers each")
    parser.add_argument("--out", type=Path, default=Path("runs/lesson08"), help="folder of the picture")
    arguments = parser.parse_args()
    torch.set_num_threads(1)  # the models are so small that a second thread would not help
    methods = METHODS | MORE if arguments.all else METHODS
    runs: dict[str, list[Run]] = {name: [] for name in methods}
    before = []
    for seed in range(arguments.seeds):
        start = warm_model(seed, until=0.4)
        before.append(share_right(start))
        for name, settings in methods.items():
            runs[name].append(train(start, settings, seed, arguments.steps))
        if arguments.all:
            critic, explained = trained_critic(start, seed)
            print(f"seed {seed}: the trained critic explains, before token 1 to 5, "
                  f"{', '.join(f'{value:.2f}' for value in explained)} of the variance")  # fmt: skip
            runs.setdefault(TRAINED, []).append(train(start, Settings(lam=0.0), seed, arguments.steps, critic=critic))
    print(f"right before training: {half_range(before)}\n")
    half = arguments.steps // 2
    print(f"{'':27} right            {f'steps {half - 4} to {half}':17} seconds      explained variance   megabytes")
    for name, seeds in runs.items():
        middle = [fmean(run.rewards[half - 5 : half]) for run in seeds]
        explained = half_range([known(run) for run in seeds], 2) if seeds[0].explained else "no critic   "
        print(f"{name:27} {half_range([run.right for run in seeds])}     {half_range(middle)}     "
              f"{half_range([run.seconds for run in seeds], 1):9}    {explained:12}         "
              f"{sum(seeds[0].memory.values()) / 1e6:.2f}")  # fmt: skip
    for name in ("GRPO", "PPO, λ = 0.95"):
        parts = ", ".join(f"{part} {count / 1e6:.2f}" for part, count in runs[name][0].memory.items())
        print(f"megabytes, {name}: {parts}")
    arguments.out.mkdir(parents=True, exist_ok=True)
    picture = arguments.out / "ppo_and_grpo.png"
    figures.comparison(
        {name: [run.rewards for run in seeds] for name, seeds in runs.items()},
        {name: runs[name][0].memory for name in ("GRPO", "PPO, λ = 0.95")},
    ).savefig(picture)
    print(f"\nThe picture is {picture}")


if __name__ == "__main__":
    main()
