"""Samples from a small model with several settings and reads the ratio at step 0 with three kinds of log-probs.

    python -m lab.run lesson02_sampling.given.run            three seeds; writes runs/lesson02/ratios.png
    python -m lab.run lesson02_sampling.given.run --seeds 1

The model has learned to reverse four digits, not perfectly. No step is taken between sampling and scoring, so a right
trainer reads the ratio 1 for every token.
"""

import argparse
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean

import torch
from lesson02_sampling.given import figures
from lesson02_sampling.rollout.sample import completion_log_probs, sample

from lab.rl.over_seeds import half_range
from lab.tasks.reversal import TOKENIZER, answer, prompts, warm_model

SETTINGS = {
    "everything": {},
    "top-p 0.95": {"top_p": 0.95},
    "top-p 0.8": {"top_p": 0.8},
    "top-k 3": {"top_k": 3},
    "min-p 0.2": {"min_p": 0.2},
    "temperature 0.6": {"temperature": 0.6},
}
PROMPTS, SAMPLES = 32, 8


@dataclass
class Reading:
    """What is measured with one model and one of the settings."""

    right: float  # share of the answers
    tokens: list[float] = field(default_factory=list)  # the ratio of each token, by the log-probs of the plain softmax
    answers: list[float] = field(default_factory=list)  # the product of these over each answer
    error: float = 0.0  # the largest difference from 1 of a ratio with the sampler's temperature and tokens


@torch.no_grad()
def measure(model: torch.nn.Module, settings: dict[str, float], seed: int = 0, count: int = PROMPTS) -> Reading:
    """Draws SAMPLES answers to each of `count` prompts and compares two ways to score them with the log-probs of the
    draw."""
    generator, right, reading = torch.Generator().manual_seed(seed), [], Reading(0.0)
    for prompt in prompts(count, generator):
        ids = torch.tensor(TOKENIZER.encode(prompt))
        for c in sample(model, ids, SAMPLES, TOKENIZER.eos_token_id, 8, generator, **settings):
            plain = (completion_log_probs(model, ids, c.token_ids) - c.log_probs).exp()
            same = completion_log_probs(model, ids, c.token_ids, c.kept, settings.get("temperature", 1.0))
            reading.tokens += plain.tolist()
            reading.answers.append(plain.prod().item())
            reading.error = max(reading.error, ((same - c.log_probs).exp() - 1).abs().max().item())
            right.append(c.finished and TOKENIZER.decode(c.token_ids, skip_special_tokens=True) == answer(prompt))
    reading.right = mean(right)
    return reading


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3, help="how many models are trained and sampled from")
    parser.add_argument("--out", type=Path, default=Path("runs/lesson02"), help="folder of the picture")
    arguments = parser.parse_args()
    torch.set_num_threads(1)  # the model is so small that a second thread would not help
    models = [warm_model(seed) for seed in range(arguments.seeds)]
    readings = {name: [measure(m, s, i) for i, m in enumerate(models)] for name, s in SETTINGS.items()}

    print("                            the ratio at step 0, read with the plain softmax           with the")
    print("sampled with     right        per token      per answer     largest of an answer   sampler's own")
    for name, seeds in readings.items():
        columns = [
            half_range([r.right for r in seeds]), half_range([mean(r.tokens) for r in seeds]),
            half_range([mean(r.answers) for r in seeds]), f"{max(max(r.answers) for r in seeds):12.2f}",
            f"         1 ±{max(r.error for r in seeds):.0e}",
        ]  # fmt: skip
        print(f"{name:15}  {'   '.join(columns)}")
    arguments.out.mkdir(parents=True, exist_ok=True)
    tokens = [ratio for r in readings["top-p 0.8"] for ratio in r.tokens]
    picture = arguments.out / "ratios.png"
    figures.ratios(tokens, {n: [mean(r.answers) for r in seeds] for n, seeds in readings.items()}).savefig(picture)
    print(f"\nThe picture is {picture}")


if __name__ == "__main__":
    main()
