"""The policy that is trained, and the loop that trains it: GRPO in its shortest form, one update for each batch.

The prompt is "3141=", the answer 1413: four digits turned round. The policy may also write "?", which no verifier can read
as a number. It was trained by imitation of texts most of which are "?", like a model that was taught to be careful.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lab.models.char_tokenizer import CharTokenizer
from lab.models.tiny_language_models import TinyLM
from lab.rl.sampling import row_log_probs, sample_rows
from lab.tasks.reversal import DIGITS, answer, prompts

TOKENIZER = CharTokenizer("0123456789=?")
LONGEST = 6  # tokens of a completion
QUESTIONS, GROUP = 8, 8


@dataclass
class History:
    """What was measured in each step of a run, as means of a batch."""

    reward: list[float] = field(default_factory=list)
    right: list[float] = field(default_factory=list)  # share of completions
    unread: list[float] = field(default_factory=list)  # share of completions without a number
    live: list[float] = field(default_factory=list)  # share of groups with different rewards


def start(seed: int = 0, attempts: float = 0.1, until: float = 1.0) -> nn.Module:
    """Returns a policy that answers a share `attempts` of the questions and else writes "?". It was trained until the
    loss of an answer's digits fell below `until`: with 1.0 few of its answers are right, with 0.3 most are."""
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = TinyLM(TOKENIZER.vocab_size, hidden=64, layers=2, heads=4, max_positions=16)
    optimizer, loss = torch.optim.Adam(model.parameters(), lr=3e-3), torch.tensor(torch.inf)
    while loss > until:
        asked = prompts(64, generator)
        texts = [prompt + answer(prompt) for prompt in asked]
        ids = torch.tensor([[*TOKENIZER.encode(text), TOKENIZER.eos_token_id] for text in texts])
        silent = torch.tensor([[*TOKENIZER.encode(p + "?"), TOKENIZER.eos_token_id] for p in asked])
        logits, silence = model(ids).logits[:, DIGITS:-1], model(silent).logits[:, DIGITS:-1]
        loss = F.cross_entropy(logits[:, 1:].flatten(0, 1), ids[:, DIGITS + 2 :].flatten())
        first = F.cross_entropy(logits[:, 0], ids[:, DIGITS + 1])
        quiet = F.cross_entropy(silence.flatten(0, 1), silent[:, DIGITS + 1 :].flatten())
        optimizer.zero_grad()
        (loss + attempts * first + (1 - attempts) * quiet).backward()
        optimizer.step()
    return model.eval()


def write(model: nn.Module, asked: list[str], generator: torch.Generator) -> tuple[list[str], Tensor]:
    """Draws a completion of each prompt at temperature 1. Returns the texts and their token ids, one row each."""
    rows = sample_rows(
        model, encoded(asked), LONGEST, eos_token_id=TOKENIZER.eos_token_id, pad_token_id=TOKENIZER.pad_token_id,
        generator=generator,
    )  # fmt: skip
    return [TOKENIZER.decode(row, skip_special_tokens=True) for row in rows.tolist()], rows


def train(
    model: nn.Module,
    reward: Callable[[str, str], float],
    verdict: Callable[[str, str], bool | None],
    steps: int = 60,
    seed: int = 0,
    learning_rate: float = 2e-3,
) -> History:
    """Trains `model` in place on reward(completion, answer). The verdicts are only counted."""
    generator, history = torch.Generator().manual_seed(seed), History()
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate, betas=(0.9, 0.95))
    for step in range(steps):
        asked = [prompt for prompt in prompts(QUESTIONS, generator) for _ in range(GROUP)]
        texts, ids = write(model, asked, generator)
        pairs = [(text, answer(prompt)) for text, prompt in zip(texts, asked, strict=True)]
        verdicts = [verdict(*pair) for pair in pairs]
        groups = torch.tensor([reward(*pair) for pair in pairs]).view(-1, GROUP)
        history.reward.append(groups.mean().item())
        history.right.append(verdicts.count(True) / len(verdicts))
        history.unread.append(verdicts.count(None) / len(verdicts))
        history.live.append((groups.std(1) > 0).float().mean().item())
        advantages = (groups - groups.mean(1, keepdim=True)) / (groups.std(1, keepdim=True) + 1e-4)
        loss = -(row_log_probs(model, encoded(asked), ids, TOKENIZER.pad_token_id) * advantages.flatten()).mean() / 5
        for group in optimizer.param_groups:  # Adam needs a warm-up: its first steps are as long as its later ones
            group["lr"] = learning_rate * min(1, (step + 1) / 10)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    return history


def encoded(asked: list[str]) -> Tensor:
    return torch.tensor([TOKENIZER.encode(prompt) for prompt in asked])
