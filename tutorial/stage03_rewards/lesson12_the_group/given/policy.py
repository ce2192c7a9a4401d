"""The policy, its task and its training loop: reverse one to six digits, "31=" -> "13".

The longer the number, the harder the question. The policy has seen the task for twenty steps: it is right for most numbers
of one digit, for some of two and three, and almost never for longer ones. GRPO in its shortest form then trains it on a
fixed set of questions, with one update for each batch and 128 completions in each.
"""

from dataclasses import dataclass, field

import torch
from lesson12_the_group.group.advantages import MovingBaseline, advantages
from lesson12_the_group.group.budget import allocate, question_weights
from torch import Tensor, nn
from torch.nn import functional as F

from lab.models.tiny_language_models import TinyLM
from lab.rl.sampling import sample_rows
from lab.tasks.reversal import TOKENIZER

LONGEST = 6  # digits
QUESTIONS, GROUP = 16, 8  # of a batch
WAYS = ("equal groups", "adaptive sizes", "curriculum", "moving average")


@dataclass
class History:
    """What was measured in a run."""

    right: list[float] = field(default_factory=list)  # share of each batch
    live: list[float] = field(default_factory=list)  # share of its groups with right and wrong completions
    sizes: list[list[int]] = field(default_factory=list)
    digits: list[list[int]] = field(default_factory=list)  # how long the questions of each batch were


def question(digits: int, generator: torch.Generator) -> str:
    """Returns a prompt such as "314="."""
    return "".join(map(str, torch.randint(10, (digits,), generator=generator).tolist())) + "="


def padded(rows: list[list[int]], width: int, left: bool) -> Tensor:
    """Returns rows of ids as a rectangle, padded on one side."""
    pads = [[TOKENIZER.pad_token_id] * (width - len(row)) for row in rows]
    return torch.tensor([pad + row if left else row + pad for row, pad in zip(rows, pads, strict=True)])


def encoded(prompts: list[str]) -> Tensor:
    return padded([TOKENIZER.encode(prompt) for prompt in prompts], LONGEST + 1, left=True)


def targets(prompts: list[str]) -> Tensor:
    """Returns the ids of the right completions, with EOS."""
    ids = [[*TOKENIZER.encode(prompt[-2::-1]), TOKENIZER.eos_token_id] for prompt in prompts]
    return padded(ids, LONGEST + 1, left=False)


def logits_of(model: nn.Module, prompts: Tensor, completions: Tensor) -> Tensor:
    """Returns the logits that predict each token of the completions."""
    ids = torch.cat([prompts, completions[:, :-1]], dim=1)
    return model(ids, attention_mask=(ids != TOKENIZER.pad_token_id).long()).logits[:, LONGEST:]


def start(seed: int = 0, steps: int = 20) -> nn.Module:
    """Returns the policy before training: it has imitated right answers for a few steps."""
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = TinyLM(TOKENIZER.vocab_size, hidden=64, layers=2, heads=4, max_positions=16)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(steps):
        lengths = torch.randint(1, LONGEST + 1, (64,), generator=generator).tolist()
        prompts = [question(length, generator) for length in lengths]
        ids = targets(prompts)
        loss = F.cross_entropy(
            logits_of(model, encoded(prompts), ids).flatten(0, 1), ids.flatten(), ignore_index=TOKENIZER.pad_token_id
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model.eval()


def write(model: nn.Module, prompts: list[str], generator: torch.Generator) -> Tensor:
    """Draws a completion of each prompt: ids, padded after EOS."""
    ids = encoded(prompts)
    eos, pad = TOKENIZER.eos_token_id, TOKENIZER.pad_token_id
    return sample_rows(model, ids, LONGEST + 1, eos_token_id=eos, pad_token_id=pad, generator=generator,
                       attention_mask=(ids != pad).long())  # fmt: skip


def train(model: nn.Module, way: str, steps: int = 40, seed: int = 0, learning_rate: float = 1e-3) -> History:
    """Trains `model` in place with one of the WAYS: 16 questions and 128 completions in each step.

    equal groups: questions at random, 8 completions of each. adaptive sizes: 2 to 24 completions, by `allocate`.
    curriculum: 8 of each, the questions by `question_weights`. moving average: as equal groups, but one MovingBaseline.
    """
    generator, history = torch.Generator().manual_seed(seed), History()
    asked = [question(1 + i % LONGEST, generator) for i in range(96)]
    right, tries = torch.zeros(len(asked)), torch.zeros(len(asked))  # older counts fade: the policy changes
    moving = MovingBaseline(0.9)
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate, betas=(0.9, 0.95))
    for step in range(steps):
        weights = question_weights(right, tries) if way == "curriculum" else torch.ones(len(asked))
        chosen = torch.multinomial(weights, QUESTIONS, generator=generator)
        sizes = [GROUP] * QUESTIONS
        if way == "adaptive sizes":
            sizes = allocate(((right + 1) / (tries + 2))[chosen].tolist(), QUESTIONS * GROUP, 2, 24)
        prompts = [asked[i] for i, size in zip(chosen.tolist(), sizes, strict=True) for _ in range(size)]
        completions = write(model, prompts, generator)
        rewards = (completions == targets(prompts)).all(1).float()
        groups = rewards.split(sizes)
        if way == "moving average":
            parts = [rewards - moving(rewards[None])]
        else:
            parts = [advantages(group[None])[0] for group in groups]
        for i, group in zip(chosen.tolist(), groups, strict=True):
            right[i], tries[i] = right[i] / 2 + group.sum(), tries[i] / 2 + len(group)
        history.right.append(rewards.mean().item())
        history.live.append(sum(bool(0 < group.mean() < 1) for group in groups) / len(groups))
        history.sizes.append(sizes)
        history.digits.append([len(asked[i]) - 1 for i in chosen.tolist()])

        logits = logits_of(model, encoded(prompts), completions)
        each = logits.log_softmax(-1).gather(-1, completions[..., None]).squeeze(-1)
        log_probs = each.where(completions != TOKENIZER.pad_token_id, 0.0).sum(1)
        loss = -(log_probs * torch.cat(parts)).mean() / 4
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for settings in optimizer.param_groups:  # Adam needs a warm-up: its first steps are as long as its later ones
            settings["lr"] = learning_rate * min(1, (step + 1) / 10)
        optimizer.step()
    return history


def accuracy(model: nn.Module, questions: int = 128, seed: int = 1000) -> list[float]:
    """Returns the share of right completions for new numbers of 1, 2, ..., 6 digits."""
    generator, shares = torch.Generator().manual_seed(seed), []
    for digits in range(1, LONGEST + 1):
        prompts = [question(digits, generator) for _ in range(questions)]
        shares.append((write(model, prompts, generator) == targets(prompts)).all(1).float().mean().item())
    return shares
