"""The sampled gradient against the exact one, then training: python -m lab.run lesson05_reinforce.given.run

Writes error.png and learning.png to runs/lesson05.
"""

from __future__ import annotations

import argparse
import math
import statistics
from dataclasses import dataclass
from pathlib import Path

import torch
from lesson01_language_model.given.toy import decode, random_model
from lesson01_language_model.probability.texts import completion_mask, text_log_probs, token_log_probs
from lesson05_reinforce.exact.gradient import exact_policy_gradient
from lesson05_reinforce.given import figures, toy
from lesson05_reinforce.given.toy import PROMPTS, TEXTS, place_rewards
from lesson05_reinforce.loss.reinforce import reinforce_loss, reward_to_go
from lesson05_reinforce.training.step import reinforce_step
from torch import Tensor, nn

from lab.rl.over_seeds import deviation
from lab.tasks import reversal

PROMPT = PROMPTS[1]  # 12=
SIZES = (16, 64, 256, 1024)
TO_GO, WHOLE = "reward-to-go", "whole reward for every token"


def flat(gradients) -> Tensor:
    """Returns the gradients of all parameters as one vector."""
    return torch.cat([gradient.flatten() for gradient in gradients])


def sampled_gradient(model: nn.Module, completions: list[Tensor]) -> dict[str, Tensor]:
    """Returns the estimate of the policy gradient from these completions of PROMPT, with two choices of the returns."""
    ids = nn.utils.rnn.pad_sequence([torch.cat([PROMPT, y]) for y in completions], batch_first=True)
    log_probs = token_log_probs(model(ids).logits, ids)
    lengths = torch.tensor([[len(PROMPT), len(y)] for y in completions]).T
    mask = completion_mask(*lengths, ids.shape[1])
    rewards = torch.zeros_like(log_probs)
    rewards[mask] = torch.cat([place_rewards(PROMPT, y) for y in completions])
    returns = {TO_GO: reward_to_go(rewards, mask), WHOLE: rewards.sum(1, keepdim=True) * mask}
    estimates = {}
    for name, weights in returns.items():
        loss = reinforce_loss(log_probs, mask, weights)
        estimates[name] = -flat(torch.autograd.grad(loss, list(model.parameters()), retain_graph=True))
    return estimates


@dataclass
class Proof:
    """What was measured with one model, for both kinds of returns."""

    bias: dict[
        str, float
    ]  # |mean of the estimate over all texts, weighted with their probabilities, - exact| / |exact|
    errors: dict[str, list[float]]  # of each size of sample: root mean square of |estimate - exact| / |exact|


def prove(seed: int, repeats: int = 100) -> Proof:
    """Compares the sampled gradient with the exact one.

    The estimate from one completion is computed for each of the 364 texts; that from N completions is the mean of N of
    these. The texts are drawn with their exact probabilities (lesson 01 showed that a sampler does just that)."""
    model, generator = random_model(seed), torch.Generator().manual_seed(seed)
    exact = flat(exact_policy_gradient(model, PROMPT, TEXTS, toy.total_rewards(PROMPT)).values())
    single = [sampled_gradient(model, [y]) for y in TEXTS]
    with torch.no_grad():
        probabilities = text_log_probs(model, [PROMPT] * len(TEXTS), TEXTS).exp()
    proof = Proof({}, {})
    for name in (TO_GO, WHOLE):
        rows = torch.stack([estimate[name] for estimate in single])  # (364, parameters)
        proof.bias[name] = ((probabilities @ rows - exact).norm() / exact.norm()).item()
        proof.errors[name] = []
        for size in SIZES:
            drawn = probabilities.multinomial(repeats * size, replacement=True, generator=generator)
            counts = torch.stack([texts.bincount(minlength=len(TEXTS)) for texts in drawn.view(repeats, size)])
            estimates = counts.double() / size @ rows  # (repeats, parameters)
            squares = (estimates - exact).square().sum(1) / exact.square().sum()
            proof.errors[name].append(squares.mean().sqrt().item())
    return proof


def slope(errors: list[float]) -> float:
    """Returns the slope of log(error) over log(number of samples)."""
    return statistics.linear_regression([math.log(n) for n in SIZES], [math.log(e) for e in errors]).slope


def learn(seed: int, sign: float = 1.0, steps: int = 25) -> dict[str, list[float]]:
    """Trains a random model on the small task. Returns its exact expected reward before each step and at the end, and
    the loss of each step. sign: -1 turns the sign of the gradient."""
    model, generator = random_model(seed), torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    rewards, losses = [toy.exact_reward(model)], []
    for _ in range(steps):
        result = reinforce_step(
            model,
            optimizer,
            PROMPTS,
            lambda x: toy.draw(model, x, 16, generator),
            lambda x, y: sign * place_rewards(x, y),
        )
        rewards.append(toy.exact_reward(model))
        losses.append(result["loss"])
    return {"reward": rewards, "loss": losses}


def learn_decimals(seed: int, steps: int = 25) -> list[float]:
    """Trains the warm model of four decimal digits. Returns the share of right answers in each step's samples."""
    model, generator = reversal.warm_model(seed, until=0.3), torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    shares = []
    for _ in range(steps):
        prompts = [toy.decimal_prompt(text) for text in reversal.prompts(8, generator)]
        result = reinforce_step(
            model, optimizer, prompts, lambda x: toy.draw_decimal(model, x, 8, generator), toy.answer_rewards
        )
        shares.append(result["reward"])
    return shares


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("runs/lesson05"), help="folder of the pictures")
    arguments = parser.parse_args()
    torch.set_num_threads(1)  # the models are so small that a second thread would not help
    folder = arguments.out
    folder.mkdir(parents=True, exist_ok=True)
    proofs = [prove(seed) for seed in range(3)]
    print(f"The gradient at {decode(PROMPT)}, three models: sampled against exact, relative to the exact one")
    for name in (TO_GO, WHOLE):
        print(f"  {name}: mean over all {len(TEXTS)} texts is off by at most {max(p.bias[name] for p in proofs):.0e}")
        for i, size in enumerate(SIZES):
            print(f"    N = {size:5}: error {deviation([p.errors[name][i] for p in proofs])}")
        print(f"    slope {deviation([slope(p.errors[name]) for p in proofs])}")
    figures.errors(SIZES, *([p.errors[n] for p in proofs] for n in (TO_GO, WHOLE))).savefig(folder / "error.png")

    up, down = ([learn(seed, sign, steps) for seed in range(3)] for sign, steps in ((1.0, 25), (-1.0, 10)))
    print("Exact expected reward of the small task")
    print(f"  before {deviation([r['reward'][0] for r in up])}, after 25 steps {deviation([r['reward'][-1] for r in up])}, "
          f"after 10 with the sign turned {deviation([r['reward'][-1] for r in down])}")  # fmt: skip
    print(
        f"  loss of the first step {deviation([r['loss'][0] for r in up])}, of the last {deviation([r['loss'][-1] for r in up])}"
    )
    decimals = [learn_decimals(seed) for seed in range(3)]
    first, last = ([statistics.fmean(d[part]) for d in decimals] for part in (slice(5), slice(-5, None)))
    print(f"Right answers with four decimal digits: steps 1 to 5 {deviation(first)}, steps 21 to 25 {deviation(last)}")
    figures.learning(up, down, decimals).savefig(folder / "learning.png")
    print(f"Pictures: {folder}/error.png, {folder}/learning.png")


if __name__ == "__main__":
    main()
