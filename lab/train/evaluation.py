"""Accuracy on held-out problems, with its 95 % confidence interval, and the completions that a run shows."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from lab.rl.rewards import Score

GREEDY = 0.0  # the temperature at which the likeliest token is taken
Problem = tuple[str, str]  # question, answer
# (question, completion) -> whether its working is right; None if it has no working
CheckWorking = Callable[[str, str], bool | None]
# (problems, samples of each, temperature, seed) -> the completions' texts and their lengths in tokens
Complete = Callable[[Sequence[Problem], int, float, int], tuple[list[str], list[int]]]


WORKINGS = {
    "workings": "with a working, sampled",
    "greedy_workings": "with a working, greedy",
    "workings_right": "right workings, sampled",
    "workings_wrong_but_paid": "wrong but paid, sampled",
}


@dataclass
class Accuracy:
    """Right completions of held-out problems. A completion is right if its score is 1."""

    right: int  # of the sampled ones
    drawn: int
    greedy: float  # share of problems whose likeliest completion is right
    length: float  # mean of the sampled ones, in tokens
    greedy_length: float
    workings: dict[str, float]  # see Evaluation.shares_of_workings; empty for tasks without a check

    @property
    def sampled(self) -> float:
        return self.right / self.drawn

    def interval(self) -> tuple[float, float]:
        return wilson(self.right, self.drawn)

    def metrics(self) -> dict[str, float]:
        """As metrics.jsonl has them."""
        low, high = self.interval()
        return {
            "accuracy_sampled": self.sampled, "accuracy_low": low, "accuracy_high": high,
            "accuracy_greedy": self.greedy, "right": self.right, "drawn": self.drawn, "length": self.length,
            "greedy_length": self.greedy_length, **self.workings,
        }  # fmt: skip


def from_metrics(line: dict[str, Any]) -> Accuracy:
    """The reverse of Accuracy.metrics."""
    workings = {name: line[name] for name in WORKINGS if name in line}
    return Accuracy(
        line["right"], line["drawn"], line["accuracy_greedy"], line["length"], line["greedy_length"], workings
    )


def wilson(right: int, drawn: int, z: float = 1.959964) -> tuple[float, float]:
    """The score interval of a share (Wilson 1927), by default at 95 %. It covers the sampling, not the choice of
    problems."""
    p, n = right / drawn, drawn
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


@dataclass
class Evaluation:
    """How a run is measured. The same problems and random numbers at every step."""

    problems: Sequence[Problem]  # held out
    complete: Complete
    is_right: Score  # 1.0 for a right completion
    samples: int  # of each problem before and after training; a quarter of them in between
    shown: int  # problems whose completions are shown
    seed: int
    check_working: CheckWorking | None = None
    also_after: Sequence[int] = ()  # steps with an evaluation beside every eval_every-th

    def accuracy(self, samples: int) -> Accuracy:
        texts, lengths = self.complete(self.problems, samples, 1.0, self.seed)
        best, best_lengths = self.complete(self.problems, 1, GREEDY, self.seed)
        right = [self.is_right(text, self.problems[i // samples][1]) == 1.0 for i, text in enumerate(texts)]
        greedy = sum(self.is_right(text, answer) == 1.0 for text, (_, answer) in zip(best, self.problems, strict=True))
        return Accuracy(
            sum(right), len(texts), greedy / len(self.problems), sum(lengths) / len(lengths),
            sum(best_lengths) / len(best), self.shares_of_workings(texts, right, best),
        )  # fmt: skip

    def shares_of_workings(
        self, sampled: Sequence[str], right: Sequence[bool], best: Sequence[str]
    ) -> dict[str, float]:
        """Shares of the completions with a working: of the sampled ones, and of the greedy ones. Of the sampled
        workings: the share that is right, and the share that is wrong although the answer, and so the reward, is
        right."""
        if self.check_working is None:
            return {}
        questions = [question for question, _ in self.problems]
        samples = len(sampled) // len(questions)
        checked = [self.check_working(questions[i // samples], text) for i, text in enumerate(sampled)]
        greedy = [self.check_working(question, text) for question, text in zip(questions, best, strict=True)]
        count = sum(c is not None for c in checked)
        paid = sum(c is False and paid for c, paid in zip(checked, right, strict=True))
        shares = (
            count / len(checked), sum(c is not None for c in greedy) / len(greedy),
            checked.count(True) / max(1, count), paid / max(1, count),
        )  # fmt: skip
        return dict(zip(WORKINGS, shares, strict=True))

    def completions(self) -> list[str]:
        """The greedy completion of each problem that is shown."""
        return self.complete(self.problems[: self.shown], 1, GREEDY, self.seed)[0] if self.shown else []


def fixed_order(count: int, limit: int) -> list[int]:
    """`limit` of the numbers below `count` in an order that is the same for all runs, whatever their seed."""
    return torch.randperm(count, generator=torch.Generator().manual_seed(1)).tolist()[:limit]


def uniforms(shape: Sequence[int], *numbers: int) -> torch.Tensor:
    """Uniform random numbers that depend only on `numbers`, such as a seed and a step."""
    seed = 0
    for number in numbers:
        seed = (seed * 1_000_003 + number + 1) % (1 << 62)
    return torch.rand(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def by_transformers(model: Any, tokenizer: Any, max_new_tokens: int) -> Complete:
    """Completions by transformers' own `generate`, so that a wrong rollout of a learner does not affect the
    measurement."""

    @torch.no_grad()
    def complete(
        problems: Sequence[Problem], samples: int, temperature: float, seed: int
    ) -> tuple[list[str], list[int]]:
        prompts = [question for question, _ in problems]
        inputs = tokenizer(prompts, padding=True, return_tensors="pt", return_token_type_ids=False).to(model.device)
        sampling: dict[str, Any] = {"do_sample": True, "temperature": temperature, "top_k": 0, "top_p": 1.0}
        drawing = {"do_sample": False} if temperature == GREEDY else sampling
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            ids = model.generate(**inputs, **drawing, max_new_tokens=max_new_tokens, num_return_sequences=samples)
        new = ids[:, inputs["input_ids"].shape[1] :]
        lengths = (new != tokenizer.pad_token_id).sum(1).tolist()
        return tokenizer.batch_decode(new, skip_special_tokens=True), lengths

    return complete
