"""The policy that is trained, and the loop that trains it: GRPO in its shortest form, one update for each batch.

The policy starts as a small transformer that is almost never right. A question is asked GROUP times in each batch, and
the advantage of a completion is its reward less the mean of its group, divided by the group's standard deviation.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from lab.rl.sampling import row_log_probs, sample_rows
from lab.tasks.reversal import TOKENIZER, answer, prompts, warm_model

LONGEST = 12  # tokens of a completion
QUESTIONS, GROUP = 16, 8


@dataclass
class Batch:
    """Completions of some prompts, one row each."""

    prompts: list[str]
    texts: list[str]
    ids: Tensor  # (rows, tokens); padding after EOS
    lengths: Tensor  # (rows,): characters


@dataclass
class History:
    """What was measured in each step of a run."""

    reward: list[float] = field(default_factory=list)
    truth: list[float] = field(default_factory=list)
    length: list[float] = field(default_factory=list)
    batches: dict[int, tuple[Tensor, Tensor, Tensor]] = field(default_factory=dict)  # step: rewards, truth, lengths


def start(seed: int = 0) -> nn.Module:
    """Returns the policy before training. It has seen the task for a dozen steps."""
    return warm_model(seed, until=1.2)


def encoded(asked: list[str]) -> Tensor:
    return torch.tensor([TOKENIZER.encode(prompt) for prompt in asked])


def write(model: nn.Module, asked: list[str], generator: torch.Generator) -> Batch:
    """Draws a completion of each prompt, at temperature 1."""
    eos, pad = TOKENIZER.eos_token_id, TOKENIZER.pad_token_id
    rows = sample_rows(model, encoded(asked), LONGEST, eos_token_id=eos, pad_token_id=pad, generator=generator,
                       until_all_end=True)  # fmt: skip
    texts = [TOKENIZER.decode(row, skip_special_tokens=True) for row in rows.tolist()]
    return Batch(asked, texts, rows, torch.tensor([float(len(text)) for text in texts], dtype=torch.float64))


def train(
    model: nn.Module,
    score: Callable[[str, str], float],
    truth: Callable[[str, str], float],
    steps: int = 60,
    seed: int = 0,
    learning_rate: float = 1e-3,
) -> History:
    """Trains `model` in place on the rewards score(completion, answer), and also records truth(completion, answer),
    which it is not trained on."""
    generator, history = torch.Generator().manual_seed(seed), History()
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate, betas=(0.9, 0.95))
    for step in range(steps):
        batch = write(model, [p for p in prompts(QUESTIONS, generator) for _ in range(GROUP)], generator)
        pairs = [(text, answer(prompt)) for text, prompt in zip(batch.texts, batch.prompts, strict=True)]
        rewards = torch.tensor([score(*pair) for pair in pairs], dtype=torch.float64)
        right = torch.tensor([truth(*pair) for pair in pairs], dtype=torch.float64)
        history.reward.append(rewards.mean().item())
        history.truth.append(right.mean().item())
        history.length.append(batch.lengths.mean().item())
        history.batches[step] = rewards, right, batch.lengths
        groups = rewards.view(-1, GROUP)
        advantages = (groups - groups.mean(1, keepdim=True)) / (groups.std(1, keepdim=True) + 1e-4)
        loss = (
            -(
                row_log_probs(model, encoded(batch.prompts), batch.ids, TOKENIZER.pad_token_id)
                * advantages.flatten().float()
            ).mean()
            / 5
        )
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for group in optimizer.param_groups:  # Adam needs a warm-up: its first steps are as long as its later ones
            group["lr"] = learning_rate * min(1, (step + 1) / 10)
        optimizer.step()
    return history


def answers(model: nn.Module, questions: int = 64, samples: int = 16, seed: int = 1000) -> Tensor:
    """Returns 1 for each right completion, else 0: (questions, samples). The same seed asks the same questions."""
    generator = torch.Generator().manual_seed(seed)
    asked = prompts(questions, generator)
    batch = write(model, [prompt for prompt in asked for _ in range(samples)], generator)
    right = [float(t == answer(p)) for t, p in zip(batch.texts, batch.prompts, strict=True)]
    return torch.tensor(right, dtype=torch.float64).view(questions, samples)
