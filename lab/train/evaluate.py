"""Accuracy on problems never trained on, measured by transformers' own `generate` and a check of our own: a
learner's rollout or reward that is wrong cannot flatter itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

Problem = tuple[str, int]  # prompt, true answer


@dataclass
class Accuracy:
    sampled: float  # share of right answers at temperature 1
    greedy: float


def is_right(answer: int, text: str) -> bool:
    """Whether the last integer of `text` is `answer`."""
    found = re.findall(r"-?[0-9]+", text)
    return bool(found) and found[-1].lstrip("0").rjust(1, "0") == str(answer)


@torch.no_grad()
def complete(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, prompts: Sequence[str], *,
             samples: int = 1, greedy: bool = False, max_new_tokens: int, seed: int = 0) -> list[str]:  # fmt: skip
    """`samples` completions of each prompt as texts, prompt by prompt, from the model's full distribution."""
    inputs = tokenizer(list(prompts), padding=True, return_tensors="pt", return_token_type_ids=False).to(model.device)
    drawing = {"do_sample": False} if greedy else {"do_sample": True, "temperature": 1.0, "top_k": 0, "top_p": 1.0}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        ids = model.generate(**inputs, **drawing, max_new_tokens=max_new_tokens, num_return_sequences=samples)
    return tokenizer.batch_decode(ids[:, inputs["input_ids"].shape[1] :], skip_special_tokens=True)


def accuracy(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, problems: Sequence[Problem], *,
             samples: int, max_new_tokens: int, seed: int = 0) -> Accuracy:  # fmt: skip
    """Sampled accuracy over `samples` completions of each problem, and greedy accuracy."""
    prompts = [prompt for prompt, _ in problems]

    def share_right(texts: list[str], each: int) -> float:
        answers = [answer for _, answer in problems for _ in range(each)]
        return sum(map(is_right, answers, texts)) / len(answers)

    drawn = complete(model, tokenizer, prompts, samples=samples, max_new_tokens=max_new_tokens, seed=seed)
    best = complete(model, tokenizer, prompts, greedy=True, max_new_tokens=max_new_tokens)
    return Accuracy(share_right(drawn, samples), share_right(best, 1))
