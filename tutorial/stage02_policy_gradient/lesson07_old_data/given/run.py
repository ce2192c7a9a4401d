"""What old data are worth, and what the clip is for: python -m lab.run lesson07_old_data.given.run

1. The exact value of a policy from another's samples: all 364 texts of lesson 01's toy are enumerated.
2. A small transformer reverses four digits. It learns in 12 updates from each rollout, in three ways.
Writes value.png and updates.png to runs/lesson07. Three seeds, 20 processor seconds.
"""

from __future__ import annotations

import argparse
import copy
import math
from dataclasses import replace
from pathlib import Path
from statistics import fmean

import torch
from lesson01_language_model.given.toy import EOS, MAX_NEW_TOKENS, TOKENS, decode, encode, random_model
from lesson01_language_model.probability.exact import all_completions, expected_value
from lesson01_language_model.probability.texts import text_log_probs, token_log_probs
from lesson07_old_data.given import figures
from lesson07_old_data.given.rollout import Rollout
from lesson07_old_data.training.reuse import update_on_rollout
from lesson07_old_data.weights.importance import effective_sample_size, off_policy_value
from torch import Tensor, nn

from lab.rl.over_seeds import deviation
from lab.tasks.reversal import TOKENIZER, answer, prompts, warm_model

# ---- 1: the value of a policy from another's samples

PROMPT, ANSWER = encode("12="), "21."
SAMPLES, REPEATS = 64, 150
STEPS = (0, 2, 4, 8, 16, 32)  # of training between the policy that sampled and the one whose value is asked for


def places_right(text: str) -> float:
    """Returns the reward: the share of the three tokens of the right answer that stand in their place."""
    return sum(a == b for a, b in zip(text, ANSWER, strict=False)) / len(ANSWER)


def policies(seed: int, rate: float = 0.05) -> list[Tensor]:
    """Returns the log-probabilities of all texts after each number of STEPS along the gradient of the exact value."""
    model, texts = random_model(seed), all_completions(len(TOKENS), MAX_NEW_TOKENS, EOS)
    rewards = torch.tensor([places_right(decode(text)) for text in texts], dtype=torch.float64)
    found = []
    for step in range(max(STEPS) + 1):
        if step in STEPS:
            found.append(text_log_probs(model, [PROMPT] * len(texts), texts).detach())
        gradients = torch.autograd.grad(expected_value(model, PROMPT, texts, rewards), list(model.parameters()))
        with torch.no_grad():
            for parameter, gradient in zip(model.parameters(), gradients, strict=True):
                parameter += rate * gradient
    return found


def value_from_old_samples(seed: int) -> list[dict[str, float]]:
    """Returns, for each number of STEPS: the exact value, the exact worth of the old samples, and the root mean square
    error of four estimates from SAMPLES answers: with fresh samples of the new policy, and three with old ones."""
    texts = all_completions(len(TOKENS), MAX_NEW_TOKENS, EOS)
    rewards = torch.tensor([places_right(decode(text)) for text in texts], dtype=torch.float64)
    generator, rows = torch.Generator().manual_seed(seed), []
    old, *_ = log_probs = policies(seed)
    for new in log_probs:
        exact = float(new.exp() @ rewards)
        drawn, fresh = (
            torch.multinomial(p.exp(), SAMPLES * REPEATS, replacement=True, generator=generator).view(REPEATS, SAMPLES)
            for p in (old, new)
        )
        errors: dict[str, list[float]] = {"fresh": [], "unweighted": [], "weighted": [], "self-normalized": []}
        sizes = []
        for i, other in zip(drawn, fresh, strict=True):
            weights = (new[i] - old[i]).exp()
            sizes.append(float(effective_sample_size(weights)))
            errors["fresh"].append(float(rewards[other].mean()) - exact)
            errors["unweighted"].append(float(rewards[i].mean()) - exact)
            errors["weighted"].append(float(off_policy_value(rewards[i], weights)) - exact)
            errors["self-normalized"].append(float(off_policy_value(rewards[i], weights, self_normalized=True)) - exact)
        rms = {name: math.hypot(*found) / REPEATS**0.5 for name, found in errors.items()}
        worth = float(1 / (2 * new - old).exp().sum())  # 1 / the mean of the squared weight
        rows.append({"exact": exact, "worth": worth, "ess": fmean(sizes) / SAMPLES, **rms})
    return rows


# ---- 2: several updates from one rollout

QUESTIONS, GROUP, ROLLOUTS, EPOCHS, MINIBATCH, RATE = 8, 8, 4, 6, 32, 3e-3
WAYS = ("clipped", "ratio without clip", "old log-probs computed anew")


@torch.no_grad()
def draw_answers(model: nn.Module, questions: list[str], generator: torch.Generator, most: int = 8) -> tuple:
    """Returns ids, mask, log-probs and rewards of one answer to each question. All questions have the same length."""
    ids = torch.tensor([TOKENIZER.encode(question) for question in questions])
    start, ended, parts = ids.shape[1], torch.zeros(len(ids), 1, dtype=torch.bool), []
    for _ in range(most):
        token = torch.multinomial(model(ids).logits[:, -1].softmax(-1), 1, generator=generator)
        ids = torch.cat([ids, token.masked_fill(ended, TOKENIZER.pad_token_id)], 1)
        parts.append(~ended)
        ended = ended | (token == TOKENIZER.eos_token_id)
        if ended.all():
            break
    mask = torch.cat([torch.zeros(len(ids), start - 1, dtype=torch.bool), *parts], 1)
    right = [
        TOKENIZER.decode(row[start:].tolist()).replace("<pad>", "") == answer(question) + "<eos>"
        for row, question in zip(ids, questions, strict=True)
    ]
    return ids, mask, token_log_probs(model(ids).logits, ids), torch.tensor(right).float()


def draw_rollout(model: nn.Module, generator: torch.Generator) -> Rollout:
    """Returns GROUP answers to each of QUESTIONS prompts. Advantage: the reward minus the mean of the same prompt."""
    questions = [prompt for prompt in prompts(QUESTIONS, generator) for _ in range(GROUP)]
    ids, mask, log_probs, rewards = draw_answers(model, questions, generator)
    groups = rewards.view(QUESTIONS, GROUP)
    return Rollout(ids, mask, log_probs, (groups - groups.mean(1, keepdim=True)).flatten())


def learn(
    way: str, warm: nn.Module, seed: int, rollouts: int = ROLLOUTS
) -> tuple[list[float], list[list[dict[str, float]]]]:
    """Returns the share of right answers before the first and after each rollout, and the drifts of each rollout."""
    model, generator = copy.deepcopy(warm), torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    questions = prompts(96, torch.Generator().manual_seed(1000))

    def share_right() -> float:
        return draw_answers(model, questions, torch.Generator().manual_seed(1))[3].mean().item()

    right, drifts = [share_right()], []
    for _ in range(rollouts):
        rollout = draw_rollout(model, generator)
        if way == "old log-probs computed anew":  # the mistake: every ratio is 1, as if the data were fresh
            for _ in range(EPOCHS):
                for rows in torch.randperm(len(rollout.ids), generator=generator).split(MINIBATCH):
                    part = Rollout(
                        *(getattr(rollout, name)[rows] for name in ("ids", "mask", "old_log_probs", "advantages"))
                    )
                    with torch.no_grad():
                        anew = token_log_probs(model(part.ids).logits, part.ids)
                    update_on_rollout(model, optimizer, replace(part, old_log_probs=anew), 1, MINIBATCH)
        else:
            bound = 0.2 if way == "clipped" else math.inf
            drifts.append(update_on_rollout(model, optimizer, rollout, EPOCHS, MINIBATCH, bound, bound, generator))
        right.append(share_right())
    return right, drifts


def print_table(first: str, rows: dict[object, list[dict[str, float]]], digits: int = 2) -> None:
    """rows: for each first column the numbers by name, for each seed."""
    names = next(iter(rows.values()))[0]
    print(f"{first:28}" + "".join(f"{name:17}" for name in names))
    for name, seeds in rows.items():
        print(f"{name!s:28}" + "".join(f"{deviation([row[column] for row in seeds], digits):17}" for column in names))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3, help="how many models")
    parser.add_argument("--out", type=Path, default=Path("runs/lesson07"), help="folder of the pictures")
    arguments = parser.parse_args()
    torch.set_num_threads(1)  # the models are so small that a second thread would not help
    arguments.out.mkdir(parents=True, exist_ok=True)
    seeds = range(arguments.seeds)

    values = [value_from_old_samples(seed) for seed in seeds]
    print(f"The value of a policy from {SAMPLES} answers of another one. Root mean square errors of four estimates:")
    print_table("steps between the two", dict(zip(STEPS, zip(*values, strict=True), strict=True)), 3)
    figures.value(STEPS, values).savefig(arguments.out / "value.png")

    warm = [warm_model(seed, until=0.3) for seed in seeds]
    runs = {way: [learn(way, warm[seed], seed) for seed in seeds] for way in WAYS}
    for way in WAYS[:2]:
        first = zip(*(drifts[0] for _, drifts in runs[way]), strict=True)
        print(f"\nThe first rollout, {way}")
        print_table("before update", {update + 1: found for update, found in enumerate(first)})
    print("\nShare of right answers")
    names = ["before", *(f"rollout {i + 1}" for i in range(ROLLOUTS))]
    print_table("", {w: [dict(zip(names, right, strict=True)) for right, _ in found] for w, found in runs.items()})
    figures.updates(runs).savefig(arguments.out / "updates.png")
    print(f"\nPictures: {arguments.out}/value.png, {arguments.out}/updates.png")


if __name__ == "__main__":
    main()
