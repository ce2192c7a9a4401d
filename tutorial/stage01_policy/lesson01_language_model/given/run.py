"""Your probabilities against 20,000 samples, and one text made likely: python -m lab.run lesson01_language_model.given.run

Writes samples.png and raised.png to runs/lesson01.
"""

from __future__ import annotations

import argparse
import copy
import math
import statistics
from collections import Counter
from pathlib import Path

import torch
from lesson01_language_model.given import figures
from lesson01_language_model.given.toy import EOS, MAX_NEW_TOKENS, TOKENS, decode, encode, random_model
from lesson01_language_model.probability.exact import all_completions, expected_value
from lesson01_language_model.probability.texts import text_log_probs
from torch import Tensor, nn

from lab.rl.sampling import cut_after_eos, sample_rows

PROMPT, ANSWER, SAMPLES = "12=", "21.", 20_000


@torch.no_grad()
def exact_distribution(model: nn.Module, prompt: Tensor) -> dict[str, float]:
    """Returns the probability of every text, by your functions."""
    completions = all_completions(len(TOKENS), MAX_NEW_TOKENS, EOS)
    log_probs = text_log_probs(model, [prompt] * len(completions), completions)
    return {decode(ids): p for ids, p in zip(completions, log_probs.exp().tolist(), strict=True)}


def count_samples(model: nn.Module, prompt: Tensor, seed: int, samples: int = SAMPLES) -> Counter[str]:
    """Returns how often each text was drawn, by a sampler that knows nothing of your functions. It draws in float32."""
    rows = sample_rows(copy.deepcopy(model).float(), prompt.repeat(samples, 1), MAX_NEW_TOKENS, eos_token_id=EOS,
                       pad_token_id=EOS, generator=torch.Generator().manual_seed(seed))  # fmt: skip
    drawn, counts = rows.unique(dim=0, return_counts=True)
    return Counter({decode(cut_after_eos(ids, EOS)): n for ids, n in zip(drawn, counts.tolist(), strict=True)})


def deviations(exact: dict[str, float], counts: Counter[str], samples: int = SAMPLES) -> list[float]:
    """Returns (count - expected) / standard error for each text that is expected at least five times."""
    expected = {text: samples * p for text, p in exact.items() if samples * p >= 5}
    return [(counts[text] - n) / math.sqrt(n * (1 - n / samples)) for text, n in expected.items()]


def raise_text(model: nn.Module, prompt: Tensor, answer: Tensor, steps: int = 40, rate: float = 0.03) -> list[dict]:
    """Follows the gradient of log p(answer | prompt). Returns the exact distribution before each step and at the end."""
    history = [exact_distribution(model, prompt)]
    for _ in range(steps):
        log_prob = text_log_probs(model, [prompt], [answer])[0]
        gradients = torch.autograd.grad(log_prob, list(model.parameters()))
        with torch.no_grad():
            for parameter, gradient in zip(model.parameters(), gradients, strict=True):
                parameter += rate * gradient
        history.append(exact_distribution(model, prompt))
    return history


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("runs/lesson01"), help="folder of the pictures")
    arguments = parser.parse_args()
    torch.set_num_threads(1)  # the model is so small that a second thread would not help
    folder = arguments.out
    folder.mkdir(parents=True, exist_ok=True)
    prompt, answer = encode(PROMPT), encode(ANSWER)
    completions = all_completions(len(TOKENS), MAX_NEW_TOKENS, EOS)
    lengths = torch.tensor([float(len(ids)) for ids in completions], dtype=torch.float64)
    before, after = [], []
    for seed in range(3):
        model = random_model(seed)
        exact, counts = exact_distribution(model, prompt), count_samples(model, prompt, seed)
        z = deviations(exact, counts)
        mean = statistics.fmean(len(text) for text in counts.elements())
        print(f"seed {seed}: {len(exact)} texts, sum of probabilities 1 {sum(exact.values()) - 1:+.0e}")
        print(f"  {len(z)} texts with 5 or more expected: root mean square {math.hypot(*z) / len(z) ** 0.5:.2f} "
              f"standard errors, largest {max(map(abs, z)):.1f}")  # fmt: skip
        print(f"  mean number of tokens: exact {expected_value(model, prompt, completions, lengths):.4f}, "
              f"of the samples {mean:.4f}")  # fmt: skip
        history = raise_text(model, prompt, answer)
        before.append(history[0][ANSWER])
        after.append(history[-1][ANSWER])
        if seed == 0:
            figures.samples(exact, counts).savefig(folder / "samples.png")
            figures.raised(history, ANSWER).savefig(folder / "raised.png")
    for name, values in ("before", before), ("after 40 steps", after):
        mean, deviation = statistics.fmean(values), statistics.stdev(values)
        print(f"p({ANSWER} | {PROMPT}) {name}: {mean:.4f} ± {deviation:.4f} over three seeds")
    print(f"Pictures: {folder}/samples.png, {folder}/raised.png")
