"""The task, the policy that writes programs, and the loop that trains it: GRPO in its shortest form.

A prompt names a function of x by a letter and a digit: "a3=" add 3, "s3=" subtract 3, "r3=" subtract from 3, "t3=" times 3.
The policy writes what the function returns, such as "x+3". At first it knows what a program looks like, and nothing
about what the letters mean. No text is right or wrong: "3+x" is as good as "x+3", and "x--3" works, too.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lab.models.char_tokenizer import CharTokenizer
from lab.models.tiny_language_models import TinyLM
from lab.rl.sampling import row_log_probs, sample_rows

DIGITS = "234567"
TOKENIZER = CharTokenizer(f"x{DIGITS}+-*astr=")
MEANING = {"a": lambda x, d: x + d, "s": lambda x, d: x - d, "r": lambda x, d: d - x, "t": lambda x, d: x * d}
PROMPTS = [f"{letter}{digit}=" for letter in MEANING for digit in DIGITS]
HELD_OUT = ["a5=", "s7=", "r3=", "t6="]  # never trained on
TRAINED = [prompt for prompt in PROMPTS if prompt not in HELD_OUT]
INPUTS = [[2], [7], [-5]]
LONGEST = 6  # tokens of a completion
GROUP = 16


def problem(prompt: str) -> dict:
    """Returns the problem of "a3=": the inputs are the same for all prompts, the expected values are not."""
    f, digit = MEANING[prompt[0]], int(prompt[1])
    return {"function": "f", "inputs": INPUTS, "expected": [f(x, digit) for (x,) in INPUTS]}


def program(completion: str) -> str:
    """Returns the whole program, as a model would write it."""
    return f"```python\ndef f(x):\n    return {completion}\n```"


def start(seed: int = 0, steps: int = 100) -> nn.Module:
    """Returns the policy before training: trained on prompts with random programs, which say nothing about them."""
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = TinyLM(TOKENIZER.vocab_size, hidden=64, layers=2, heads=4, max_positions=16)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    programs = [a + o + b for o in "+-*" for d in DIGITS for a, b in (("x", d), (d, "x"))]
    asked = torch.tensor([TOKENIZER.encode(prompt) for prompt in PROMPTS])
    written = torch.tensor([[*TOKENIZER.encode(program), TOKENIZER.eos_token_id] for program in programs])
    for _ in range(steps):
        rows = [torch.randint(len(ids), (64,), generator=generator) for ids in (asked, written)]
        ids = torch.cat([asked[rows[0]], written[rows[1]]], dim=1)
        loss = F.cross_entropy(model(ids).logits[:, 2:-1].flatten(0, 1), ids[:, 3:].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model.eval()


def write(model: nn.Module, asked: list[str], generator: torch.Generator) -> tuple[list[str], Tensor]:
    """Draws a completion of each prompt, at temperature 1: the texts, and their tokens (rows, tokens) with padding."""
    rows = sample_rows(
        model, encoded(asked), LONGEST, eos_token_id=TOKENIZER.eos_token_id, pad_token_id=TOKENIZER.pad_token_id,
        generator=generator,
    )  # fmt: skip
    return [TOKENIZER.decode(row, skip_special_tokens=True) for row in rows.tolist()], rows


def encoded(asked: list[str]) -> Tensor:
    return torch.tensor([TOKENIZER.encode(prompt) for prompt in asked])


@dataclass
class History:
    """What was measured in each step of a run."""

    reward: list[float] = field(default_factory=list)
    right: list[float] = field(default_factory=list)  # share of completions that pass all tests
    distinct: list[int] = field(default_factory=list)  # different completions


def train(
    model: nn.Module,
    score: Callable[[list[str], list[dict]], list[float]],
    steps: int = 80,
    seed: int = 0,
    learning_rate: float = 3e-3,
) -> History:
    """Trains `model` in place on score(completions, problems): each step asks every trained prompt GROUP times."""
    generator, history = torch.Generator().manual_seed(seed), History()
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate, betas=(0.9, 0.95))
    asked = [prompt for prompt in TRAINED for _ in range(GROUP)]
    for step in range(steps):
        texts, rows = write(model, asked, generator)
        rewards = torch.tensor(score([program(t) for t in texts], [problem(p) for p in asked]))
        history.reward.append(rewards.mean().item())
        history.right.append((rewards == 1).double().mean().item())
        history.distinct.append(len(set(texts)))
        groups = rewards.view(-1, GROUP)
        advantages = (groups - groups.mean(1, keepdim=True)) / (groups.std(1, keepdim=True) + 1e-4)
        loss = -(row_log_probs(model, encoded(asked), rows, TOKENIZER.pad_token_id) * advantages.flatten()).mean() / 4
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for group in optimizer.param_groups:  # Adam needs a warm-up: its first steps are as long as its later ones
            group["lr"] = learning_rate * min(1, (step + 1) / 10)
        optimizer.step()
    return history


def answers(model: nn.Module, asked: list[str], score: Callable, samples: int = 16) -> tuple[float, list[str]]:
    """Returns the share of right programs among some for each prompt, and all that were written."""
    prompts = [prompt for prompt in asked for _ in range(samples)]
    texts, _ = write(model, prompts, torch.Generator().manual_seed(1000))
    rewards = score([program(t) for t in texts], [problem(p) for p in prompts])
    return sum(reward == 1 for reward in rewards) / len(rewards), texts
