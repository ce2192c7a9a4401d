"""From random weights by imitation to expert iteration, beside GRPO with as many samples.

    python -m lab.run lesson04_warm_start.given.run            three seeds; writes runs/lesson04/warm_start.png
    python -m lab.run lesson04_warm_start.given.run --seeds 1
    python -m lab.run lesson04_warm_start.given.run --controls  two more methods: SFT alone, and "each right answer once"

Two starts: 16 demonstrations, after which the model is often right, and 10, after which it is rarely right.
"""

import argparse
import copy
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

import torch
from lesson04_warm_start.data.examples import Pair, encode_pair
from lesson04_warm_start.given import figures, grpo
from lesson04_warm_start.given.fit import fit
from lesson04_warm_start.given.reversal import TOKENIZER, prompts, random_model, reward, sample, success, texts
from lesson04_warm_start.training.expert_iteration import expert_iteration
from torch import nn

from lab.rl.over_seeds import half_range

ROUNDS = {16: 3, 10: 4}  # demonstrations: rounds
PROMPTS, GROUP, STEPS = 128, 8, 24  # of each round: prompts, completions of each, updates
GRPO_STEPS = PROMPTS // 8  # of 8 prompts with 8 completions each: as many samples as a round has
SFT_STEPS = 60


def warm_start(seed: int, demonstrations: int, steps: int = SFT_STEPS) -> tuple[nn.Module, list[Pair]]:
    """Returns a random model after SFT on that many demonstrations, and the demonstrations."""
    model, generator = random_model(seed), torch.Generator().manual_seed(seed)
    pairs = [encode_pair(TOKENIZER, *text) for text in texts(demonstrations, generator)]
    fit(model, pairs, steps, generator)
    return model, pairs


def improve(model: nn.Module, pairs: list[Pair], rounds: int, seed: int) -> tuple[list[float], list[dict[str, float]]]:
    """Expert iteration on `model`, in place. Returns the success after each round, and the rounds' notes."""
    generator, measured = torch.Generator().manual_seed(50 + seed), []

    def learn(model: nn.Module, pool: list[Pair]) -> None:
        fit(model, pool, STEPS, generator)
        measured.append(success(model))

    history = expert_iteration(
        model,
        rounds=(prompts(PROMPTS, generator) for _ in range(rounds)),
        sample=lambda model, asked: sample(model, asked, GROUP, generator),
        reward=reward,
        fit=learn,
        demonstrations=pairs,
    )
    return measured, history


def practised(model: nn.Module, pairs: list[Pair], seed: int) -> float:
    """Fits the model to the demonstrations for as many updates as a round has, and returns the success."""
    fit(model, pairs, STEPS, torch.Generator().manual_seed(seed))
    return success(model)


@dataclass
class Curve:
    """Of one method, from one start: for each seed the success at the start and after each round."""

    success: list[list[float]]
    seconds: list[float]  # of the processor


def compare(demonstrations: int, seeds: int, methods: list[str]) -> dict[str, Curve]:
    """Trains copies of the same warm models with each method, and prints a line for each."""
    rounds, curves = ROUNDS[demonstrations], {name: Curve([], []) for name in methods}
    for seed in range(seeds):
        warm, pairs = warm_start(seed, demonstrations)
        before = success(warm)
        for name, curve in curves.items():
            model, started = copy.deepcopy(warm), time.process_time()
            if name == "expert iteration":
                after = improve(model, pairs, rounds, seed)[0]
            elif name == "SFT alone":
                after = [practised(model, pairs, seed + i) for i in range(rounds)]
            else:
                after = grpo.train(model, rounds * GRPO_STEPS, torch.Generator().manual_seed(50 + seed), name)
            curve.seconds.append(time.process_time() - started)
            curve.success.append([before, *after])
    for name, curve in curves.items():
        numbers = "   ".join(half_range(list(values)) for values in zip(*curve.success, strict=True))
        print(f"{demonstrations:4}  {name:22} {numbers}   {mean(curve.seconds):.1f} s")
    return curves


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3, help="how many models are trained")
    parser.add_argument("--controls", action="store_true", help="also: SFT alone, and each right answer once")
    parser.add_argument("--out", type=Path, default=Path("runs/lesson04"), help="folder of the picture")
    arguments = parser.parse_args()
    torch.set_num_threads(1)  # the model is so small that a second thread would not help
    methods = ["expert iteration", "GRPO", *(["each right answer once", "SFT alone"] if arguments.controls else [])]

    print(f"random weights: {success(random_model(0), 256, 8):.4f} of 2048 answers are right")
    print(f"demonstrations, method, success at the start and after each {PROMPTS * GROUP} samples")
    curves = {n: compare(n, arguments.seeds, methods) for n in ROUNDS}
    arguments.out.mkdir(parents=True, exist_ok=True)
    picture = arguments.out / "warm_start.png"
    figures.starts({n: {k: c.success for k, c in by_name.items()} for n, by_name in curves.items()}).savefig(picture)
    print(f"The picture is {picture}")


if __name__ == "__main__":
    main()
