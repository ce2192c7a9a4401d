"""What each of DAPO's changes does, on a task that was made for it: python -m lab.run lesson16_grpo_rlhf.given.dapo

The policies are tables (BigramLM: the probability of a character depends on the one before it alone), so what is right
can be read off, a run takes a second, and the outcome is computed exactly instead of sampled.
"""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Callable
from pathlib import Path

import torch
from lesson16_grpo_rlhf.training.rlhf_trainer import RLHFConfig, RLHFTrainer, frozen_copy

from course.base.atomic_files import write_text
from course.base.errors import run_command
from course.base.switch import ROOT
from lab.models.char_tokenizer import CharTokenizer
from lab.models.tiny_language_models import BigramLM

END = "."  # stands for EOS in the tables below
Table = dict[str, dict[str, float]]
Reward = Callable[[str, str], float]


def make(alphabet: str, table: Table) -> tuple[BigramLM, CharTokenizer]:
    """A policy with these probabilities of the next character; a character without a row ends the reply."""
    tokenizer = CharTokenizer(alphabet)
    logits = torch.full((len(tokenizer), len(tokenizer)), -20.0, dtype=torch.float64)
    for i, piece in enumerate(tokenizer.pieces):
        for following, p in table.get(piece, {END: 1.0}).items():
            logits[i, tokenizer.eos_token_id if following == END else tokenizer.ids[following]] = torch.tensor(p).log()
    return BigramLM(logits), tokenizer


def probability(model: BigramLM, tokenizer: CharTokenizer, before: str, after: str) -> float:
    row = model.logits.detach()[tokenizer.ids[before]].softmax(-1)
    return float(row[tokenizer.eos_token_id if after == END else tokenizer.ids[after]])


def train(
    alphabet: str, table: Table, prompts: list[str], reward: Reward, watched: tuple[str, str] = ("", ""), **settings
):
    """Trains that policy; returns it, its tokenizer, and the metrics of each step: with `watched`, also the probability
    of the second of two characters after the first, as it is after the step."""
    model, tokenizer = make(alphabet, table)
    defaults = {"warmup_steps": 0, "max_grad_norm": 10.0, "kl_coef": 0.0}
    config = RLHFConfig(**{**defaults, **settings})

    def rewards(asked: list[str], replies: list[str]) -> list[float]:
        return [reward(p, r) for p, r in zip(asked, replies, strict=True)]

    trainer, history = RLHFTrainer(model, frozen_copy(model), tokenizer, prompts, rewards, config), []
    for _ in range(config.num_steps):
        metrics = trainer.step()
        history.append(metrics | {"probability": probability(model, tokenizer, *watched)} if all(watched) else metrics)
    return model, tokenizer, history


def clip_higher(seed: int, **change) -> dict[str, float]:
    """One right answer of eleven, and it is rare: 2 %. Many updates on each rollout, so the clip matters. Plain gradient
    descent: Adam would make up for a gradient that is cut off."""
    history = _rare_answer(seed, 20, **change)
    probabilities = [0.02, *(m["probability"] for m in history)]
    reached = next((i for i, m in enumerate(history) if m["reward"] >= 0.5), len(history))
    return {
        "share of right answers in step 10": history[9]["reward"],
        "steps until half": reached,
        "largest factor in one step": max(b / a for a, b in itertools.pairwise(probabilities)),
    }


def clip_higher_step_by_step(steps: int = 14, **change) -> list[float]:
    """The right answer's probability before the first step and after each."""
    return [0.02, *(m["probability"] for m in _rare_answer(0, steps, **change))]


def _rare_answer(seed: int, steps: int, **change) -> list[dict[str, float]]:
    digits = "0123456789"
    table = {"a": {"x": 0.02, **{d: 0.098 for d in digits}}}
    settings = {"num_steps": steps, "batch_size": 1, "group_size": 256, "grpo_epochs": 40, "learning_rate": 0.15,
                "max_new_tokens": 2, "optimizer": "sgd", "seed": seed, **change}  # fmt: skip
    return train("ax" + digits, table, ["a"], lambda p, r: float(r == "x"), ("a", "x"), **settings)[2]


def no_kl(seed: int, **change) -> dict[str, float]:
    """A reward that means what it says: the share of x in a reply of 8 characters. The reference writes 5 % of them,
    and the price of the KL, which every token pays, keeps the policy near it."""
    row = {"x": 0.05, "y": 0.95}
    settings = {"num_steps": 60, "batch_size": 1, "group_size": 64, "grpo_epochs": 2, "learning_rate": 0.1,
                "max_new_tokens": 8, "seed": seed, **change}  # fmt: skip
    _, _, history = train("axy", {"a": row, "x": row, "y": row}, ["a"], lambda p, r: r.count("x") / 8, **settings)
    return {"reward at the end": statistics.fmean(m["reward"] for m in history[-5:])}


def dynamic_sampling(seed: int, **change) -> dict[str, float]:
    """Ten prompts: seven solved already, one hopeless, two that can be learned. Two groups in a step."""
    solved, hopeless, learnable = "abcdefg", "h", "ij"
    right = {**dict.fromkeys(solved, 0.9999), **dict.fromkeys(hopeless, 1e-5), **dict.fromkeys(learnable, 0.3)}
    table = {p: {"x": q, "y": 1 - q} for p, q in right.items()}
    settings = {"num_steps": 40, "batch_size": 2, "group_size": 8, "grpo_epochs": 2, "learning_rate": 0.05,
                "max_new_tokens": 2, "max_rounds": 10, "seed": seed, **change}  # fmt: skip
    prompts = list(solved + hopeless + learnable)
    model, tokenizer, history = train("abcdefghijxy", table, prompts, lambda p, r: float(r == "x"), **settings)
    return {
        "right on what can be learned": statistics.fmean(probability(model, tokenizer, p, "x") for p in learnable),
        "steps with a gradient": sum(m["grad_norm"] > 1e-6 for m in history) / len(history),
        "completions sampled": sum(m["completions"] for m in history),
    }


def overlong(seed: int, **change) -> dict[str, float]:
    """A reply works (w, w, ... then the answer, right in 95 of 100 cases) or guesses (right in 50). At most 8
    tokens are allowed; more than half of the working replies run out of them: reward 0, though nothing was wrong."""
    table = {
        "q": {"w": 0.5, "g": 0.5}, "w": {"w": 0.9, "s": 0.1}, "s": {"x": 0.95, "y": 0.05}, "g": {"x": 0.5, "y": 0.5},
    }  # fmt: skip
    settings = {"num_steps": 15, "batch_size": 1, "group_size": 128, "grpo_epochs": 2, "learning_rate": 0.02,
                "max_new_tokens": 8, "seed": seed, **change}  # fmt: skip
    model, tokenizer, history = train("qwsgxy", table, ["q"], lambda p, r: float(r[-1:] == "x"), **settings)
    works = probability(model, tokenizer, "q", "w")
    right = works * probability(model, tokenizer, "s", "x") + (1 - works) * probability(model, tokenizer, "g", "x")
    last = history[-5:]
    return {
        "replies that work": works,
        "right, were there room": right,
        "truncated": statistics.fmean(m["truncated"] for m in last),
        "tokens": statistics.fmean(m["completion_length"] for m in last),
    }


def rambling(seed: int, **change) -> dict[str, float]:
    """The answer comes first and is right in 60 of 100 cases; then the reply rambles on, often past the 16 tokens
    that are allowed. The reward does not mind (it reads the answer)."""
    table = {"q": {"x": 0.6, "y": 0.4}, "x": {"w": 1.0}, "y": {"w": 1.0}, "w": {"w": 0.93, END: 0.07}}
    settings = {"num_steps": 40, "batch_size": 1, "group_size": 64, "grpo_epochs": 2, "learning_rate": 0.05,
                "max_new_tokens": 16, "seed": seed, **change}  # fmt: skip
    model, tokenizer, history = train("qwxy", table, ["q"], lambda p, r: float(r[:1] == "x"), **settings)
    last = history[-5:]
    return {
        "right": probability(model, tokenizer, "q", "x"),
        "truncated": statistics.fmean(m["truncated"] for m in last),
        "tokens": statistics.fmean(m["completion_length"] for m in last),
    }


# change, experiment, settings without it, settings with it
EXPERIMENTS = (
    ("clip-higher: 0.28 instead of 0.2", clip_higher, {"clip_range_high": 0.2}, {"clip_range_high": 0.28}),
    ("separately: no KL instead of a price of 0.3", no_kl, {"kl_coef": 0.3}, {"kl_coef": 0.0}),
    ("dynamic sampling", dynamic_sampling, {}, {"dynamic_sampling": True}),
    ("overlong filter", overlong, {}, {"overlong_filter": True}),
    ("soft length penalty over 8 tokens", rambling, {}, {"length_cache": 8}),
)


def table(seeds: int = 3) -> str:
    """Every change without and with it, as a table in Markdown: means ± standard deviation over the seeds."""
    lines = ["| change | what is measured | without | with |", "|---|---|---|---|"]
    for name, experiment, without, with_it in EXPERIMENTS:
        columns = [[experiment(seed, **change) for seed in range(seeds)] for change in (without, with_it)]
        for measure in columns[0][0]:
            cells = [_spread([result[measure] for result in column]) for column in columns]
            lines.append(f"| {name} | {measure} | {cells[0]} | {cells[1]} |")
    return "\n".join(lines) + f"\n\nMean ± standard deviation over {seeds} seeds.\n"


def _spread(values: list[float]) -> str:
    digits = 0 if max(values) >= 100 else 1 if max(values) > 1.5 else 3
    deviation = f" ± {statistics.stdev(values):.{digits}f}" if len(values) > 1 else ""
    return f"{statistics.fmean(values):,.{digits}f}{deviation}"


def main() -> int:
    torch.set_num_threads(1)
    text = table()
    path: Path = ROOT / "runs" / "rlhf-dapo" / "table.md"
    write_text(path, text)
    print(text)
    return 0


if __name__ == "__main__":
    run_command(main)
