"""The two tasks of this lesson, both "write the digits in reverse", and how completions are drawn and rewarded.

The small one has four tokens and 364 completions, so the expected reward and its gradient are exact. The large one is
the task of lessons 02 to 08, four decimal digits, with a model that was trained a little by imitation.
"""

from __future__ import annotations

from functools import cache

import torch
from lesson01_language_model.given.toy import EOS, MAX_NEW_TOKENS, TOKENS, decode, encode
from lesson01_language_model.probability.exact import all_completions, expected_value
from torch import Tensor, nn

from lab.rl.sampling import sample
from lab.tasks.reversal import DIGITS, TOKENIZER

PROMPTS = [encode(text) for text in ("11=", "12=", "21=", "22=")]
TEXTS = all_completions(len(TOKENS), MAX_NEW_TOKENS, EOS)


def draw(model: nn.Module, prompt: Tensor, count: int, generator: torch.Generator) -> list[Tensor]:
    """Returns completions of a prompt of the small task, drawn from the model."""
    return sample(model, prompt, count, eos_token_id=EOS, max_new_tokens=MAX_NEW_TOKENS, generator=generator)


def place_rewards(prompt: Tensor, completion: Tensor) -> Tensor:
    """Returns 1/3 for each token that is right at its place, 0 for the others: `21.` after `12=` is paid 1 in all."""
    return _place_rewards(tuple(prompt.tolist()), tuple(completion.tolist()))


@cache  # training asks for the same few texts again and again
def _place_rewards(prompt: tuple[int, ...], completion: tuple[int, ...]) -> Tensor:
    right = (*reversed(prompt[:-1]), EOS)
    paid = [float(right[t : t + 1] == (token,)) / 3 for t, token in enumerate(completion)]
    return torch.tensor(paid, dtype=torch.float64)


def total_rewards(prompt: Tensor) -> Tensor:
    """Returns the reward of each of the 364 completions TEXTS."""
    return torch.stack([place_rewards(prompt, completion).sum() for completion in TEXTS])


TOTAL_REWARDS = [total_rewards(prompt) for prompt in PROMPTS]


@torch.no_grad()
def exact_reward(model: nn.Module) -> float:
    """Returns the expected reward, the mean over the four prompts."""
    values = [expected_value(model, x, TEXTS, rewards) for x, rewards in zip(PROMPTS, TOTAL_REWARDS, strict=True)]
    return torch.stack(values).mean().item()


def decimal_prompt(text: str) -> Tensor:
    """Returns the ids of a prompt of the large task, such as "3141="."""
    return torch.tensor(TOKENIZER.encode(text))


def draw_decimal(model: nn.Module, prompt: Tensor, count: int, generator: torch.Generator) -> list[Tensor]:
    """Returns completions of a prompt of the large task, drawn from the model."""
    eos = TOKENIZER.eos_token_id
    return sample(model, prompt, count, eos_token_id=eos, max_new_tokens=DIGITS + 2, generator=generator)


def answer_rewards(prompt: Tensor, completion: Tensor) -> Tensor:
    """Returns 0 for each token, and 1 for the last one if the whole answer is right and ended with EOS."""
    rewards = torch.zeros(len(completion))
    rewards[-1] = float(completion.tolist() == [*prompt[:-1].flip(0).tolist(), TOKENIZER.eos_token_id])
    return rewards
