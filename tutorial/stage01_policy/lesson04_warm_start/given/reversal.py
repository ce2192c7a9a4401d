"""The lesson's task on token ids: reverse four digits. Prompts, demonstrations, the reward, and a sampler.

All prompts have the same length, so that many of them go through the model as one rectangle without padding.
"""

from collections.abc import Iterable
from functools import cache

import torch
from torch import Tensor, nn

from lab.models.tiny_language_models import TinyLM
from lab.rl.sampling import cut_after_eos, sample_rows
from lab.tasks import reversal

TOKENIZER = reversal.TOKENIZER
EOS = TOKENIZER.eos_token_id
MAX_NEW_TOKENS = 6


def random_model(seed: int) -> TinyLM:
    """Returns the transformer of lessons 02 to 08 with random weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return TinyLM(TOKENIZER.vocab_size, hidden=64, layers=2, heads=4, max_positions=16).eval()


def texts(count: int, generator: torch.Generator, held_out: bool = False) -> list[tuple[str, str]]:
    """Returns prompts with their answers, such as ("3141=", "1413"). A fifth of all prompts is held out: those whose sum
    of digits can be divided by 5. Training never sees them."""
    found = []
    while len(found) < count:
        (prompt,) = reversal.prompts(1, generator)
        if (sum(map(int, prompt[:-1])) % 5 == 0) == held_out:
            found.append((prompt, reversal.answer(prompt)))
    return found


def prompts(count: int, generator: torch.Generator, held_out: bool = False) -> list[Tensor]:
    """Returns the token ids of prompts, without answers."""
    return [torch.tensor(TOKENIZER.encode(prompt)) for prompt, _ in texts(count, generator, held_out)]


def reward(prompt: Tensor, completion: Tensor) -> float:
    """Returns 1 for the digits in reverse order and then EOS, 0 for anything else."""
    return float(completion.tolist() == [*prompt.tolist()[-2::-1], EOS])


def sample(
    model: nn.Module, prompts: Iterable[Tensor], group_size: int, generator: torch.Generator
) -> list[list[Tensor]]:
    """Returns `group_size` completions of each prompt, drawn at temperature 1. Each ends with its EOS, or was cut off
    after MAX_NEW_TOKENS tokens."""
    ids = torch.stack(list(prompts)).repeat_interleave(group_size, 0)  # (prompts * group_size, 5)
    tokens = sample_rows(model, ids, MAX_NEW_TOKENS, eos_token_id=EOS, pad_token_id=TOKENIZER.pad_token_id,
                         generator=generator, until_all_end=True)  # fmt: skip
    rows = [cut_after_eos(row, EOS) for row in tokens]
    return [rows[i : i + group_size] for i in range(0, len(rows), group_size)]


def share_right(model: nn.Module, prompts: list[Tensor], group_size: int, generator: torch.Generator) -> float:
    """Returns the share of right answers among `group_size` samples for each of the prompts."""
    answers = sample(model, prompts, group_size, generator)
    rewards = [reward(p, c) for p, group in zip(prompts, answers, strict=True) for c in group]
    return sum(rewards) / len(rewards)


def success(model: nn.Module, count: int = 256, group_size: int = 2) -> float:
    """Returns the share of right answers to prompts that are held out, the same ones at every call."""
    asked, state = held_out_prompts(count)
    generator = torch.Generator()
    generator.set_state(state)
    return share_right(model, asked, group_size, generator)


@cache
def held_out_prompts(count: int) -> tuple[list[Tensor], Tensor]:
    """Returns prompts that are held out, and the state of the random generator behind them."""
    generator = torch.Generator().manual_seed(999)
    return prompts(count, generator, held_out=True), generator.get_state()
