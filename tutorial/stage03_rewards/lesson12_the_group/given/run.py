"""Trains one policy with equal groups, adaptive sizes, a curriculum and a moving average as baseline.

    python -m lab.run lesson12_the_group.given.run            one seed; writes runs/lesson12/ways.png
    python -m lab.run lesson12_the_group.given.run --seeds 3

All of them draw the same number of completions. Afterwards they answer new questions of one to six digits.
"""

import argparse
from pathlib import Path
from statistics import mean

import torch
from lesson12_the_group.given import figures
from lesson12_the_group.given.policy import WAYS, accuracy, start, train

from lab.rl.over_seeds import half_range


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=1, help="how many policies are trained in each way")
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--out", type=Path, default=Path("runs/lesson12"), help="folder of the picture")
    arguments = parser.parse_args()
    torch.set_num_threads(1)  # the model is so small that a second thread would not help
    histories, shares = {}, {"before training": [accuracy(start(seed)) for seed in range(arguments.seeds)]}
    for way in WAYS:
        models = [start(seed) for seed in range(arguments.seeds)]
        histories[way] = [train(model, way, arguments.steps, seed) for seed, model in enumerate(models)]
        shares[way] = [accuracy(model) for model in models]
    print("                   live groups        right (mean)      right, by number of digits")
    for way, seeds in shares.items():
        live = half_range([mean(history.live) for history in histories[way]]) if way in histories else ""
        by_digits = "  ".join(f"{mean(column):.2f}" for column in zip(*seeds, strict=True))
        print(f"{way:16}   {live:15}    {half_range([mean(one) for one in seeds])}     {by_digits}")
    arguments.out.mkdir(parents=True, exist_ok=True)
    picture = arguments.out / "ways.png"
    figures.ways(histories, shares).savefig(picture)
    print(f"\nThe picture is {picture}")


if __name__ == "__main__":
    main()
