"""The demo's model, tokenizer and warm start: a small Llama that learns two-digit sums from homework.

Homework has two forms. With a working, `12,1,132` for 47+85: the sum of the ones, the carry, and the sum. Without one,
` 132` alone. In either form a digit is a random one with some probability, drawn afresh for each batch, so the model
learns to slip as often as its homework. configs/demo.yaml has workings without slips and hasty direct answers;
configs/careful.yaml has only workings, with slips. GRPO's reward looks only at the last number.

Left out: padding on the left (all prompts are equally long), evaluation, GRPO.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
from torch import Tensor
from torch.nn import functional as F
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from lab.engine import EngineConfig
from lab.engine.update import backward

PARTS = ("### Instruction:\n", "=\n\n### Response:\n")  # of the prompt template, one token each


def make_tokenizer() -> PreTrainedTokenizerFast:
    """One token per character and per fixed part of the prompt; a prompt with two-digit numbers has 7."""
    pieces = ["<pad>", "<eos>", *PARTS, *"0123456789+=, \n"]
    tokenizer = Tokenizer(models.WordLevel({piece: i for i, piece in enumerate(pieces)}, unk_token="<pad>"))
    pattern = "|".join([*(re.escape(part) for part in PARTS), r"[\s\S]"])
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(pattern), "isolated")
    tokenizer.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", eos_token="<eos>", padding_side="left"
    )


@dataclass
class ModelConfig:
    """Size of the model; the default has 264,960 parameters."""

    hidden: int = 128
    intermediate: int = 512
    layers: int = 1  # one wide layer learns this task faster than two narrow ones (benchmarks/learning_log.md)
    heads: int = 4

    def __post_init__(self):
        if min(self.hidden, self.intermediate, self.layers, self.heads) < 1:
            raise ValueError("hidden, intermediate, layers and heads must be at least 1")
        if self.hidden % (2 * self.heads):
            raise ValueError(f"hidden ({self.hidden}) must be a multiple of twice the {self.heads} heads")


def make_model(tokenizer: PreTrainedTokenizerFast, config: ModelConfig, seed: int) -> LlamaForCausalLM:
    """A Llama with random weights drawn from `seed`."""
    llama = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=config.hidden, intermediate_size=config.intermediate,
        num_hidden_layers=config.layers, num_attention_heads=config.heads, num_key_value_heads=config.heads,
        max_position_embeddings=64, tie_word_embeddings=True, initializer_range=0.05, attn_implementation="sdpa",
        pad_token_id=tokenizer.pad_token_id, eos_token_id=tokenizer.eos_token_id, bos_token_id=None,
    )  # fmt: skip
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return LlamaForCausalLM(llama)


@dataclass
class WarmStartConfig:
    """Supervised training before GRPO."""

    steps: int = 450
    batch_size: int = 128
    learning_rate: float = 4e-3  # rises over 20 steps, then falls linearly to a twentieth
    workings: float = 1.0  # share of the homework that has a working; the rest is the answer alone
    slip: float = 0.13  # probability that a digit of a working is replaced by a random one
    haste: float = 0.5  # the same for a digit of an answer without a working
    max_grad_norm: float = 1.0

    def __post_init__(self):
        if self.steps < 0 or self.batch_size < 1:
            raise ValueError("steps must be at least 0, and batch_size at least 1")
        if min(self.learning_rate, self.max_grad_norm) <= 0:
            raise ValueError("learning_rate and max_grad_norm must be above 0")
        if not all(0 <= share <= 1 for share in (self.workings, self.slip, self.haste)):
            raise ValueError("workings, slip and haste must lie between 0 and 1")


def worked_answer(prompt: str) -> str:
    """The homework with a working for a prompt that asks for a sum: ones, carry, answer."""
    a, b = map(int, re.findall(r"\d+", prompt))
    ones = a % 10 + b % 10
    return f"{ones:02d},{ones // 10},{a + b}"


def direct_answer(prompt: str) -> str:
    """The homework without a working: a space and the answer."""
    a, b = map(int, re.findall(r"\d+", prompt))
    return f" {a + b}"


def check_working(prompt: str, completion: str) -> bool | None:
    """Whether the working in a completion and the answer are right; None if there is no working."""
    return completion == worked_answer(prompt) if "," in completion else None


def homework(
    tokenizer: PreTrainedTokenizerFast, prompts: Sequence[str], form: Callable[[str], str]
) -> tuple[Tensor, int]:
    """All prompts with their homework as one tensor (rows, length) padded on the right, and the prompts' length."""
    encoded = [tokenizer.encode(p) for p in prompts]
    width = len(encoded[0])
    assert all(len(ids) == width for ids in encoded), "the prompts of this task must be equally long"
    answers = [[*tokenizer.encode(form(p)), tokenizer.eos_token_id] for p in prompts]
    rows = [torch.tensor(ids + answer) for ids, answer in zip(encoded, answers, strict=True)]
    return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=tokenizer.pad_token_id), width


def with_slips(rows: Tensor, prompt_width: int, zero_id: int, slip: Tensor, generator: torch.Generator) -> Tensor:
    """A copy in which each digit after the prompt is a random digit instead, with the row's probability in `slip`,
    (B, 1)."""
    digit = (rows >= zero_id) & (rows < zero_id + 10)
    digit[:, :prompt_width] = False
    slipped = digit & (torch.rand(rows.shape, generator=generator) < slip)
    return torch.where(slipped, zero_id + torch.randint(10, rows.shape, generator=generator), rows)


def warm_start(
    model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, prompts: Sequence[str], config: WarmStartConfig,
    seed: int, on_step=lambda step, loss: None, engine: EngineConfig | None = None,
) -> None:  # fmt: skip
    """Trains `model` in place on the homework for `prompts`, by cross-entropy on the tokens after the prompt, which the
    engine computes."""
    engine = engine or EngineConfig()
    worked, width = homework(tokenizer, prompts, worked_answer)
    direct, _ = homework(tokenizer, prompts, direct_answer)
    zero_id, pad_id = tokenizer.convert_tokens_to_ids("0"), tokenizer.pad_token_id
    direct = F.pad(direct, (0, worked.shape[1] - direct.shape[1]), value=pad_id)
    generator = torch.Generator().manual_seed(seed)
    forms = torch.Generator().manual_seed(seed)  # its own, so that the other draws do not depend on the forms
    optimizer = torch.optim.AdamW(model.parameters(), lr=config.learning_rate, weight_decay=0.0, fused=True)
    model.train()
    for step in range(config.steps):
        chosen = torch.randint(len(worked), (config.batch_size,), generator=generator)
        with_working = torch.rand(config.batch_size, 1, generator=forms) < config.workings  # (B, 1)
        slip = torch.where(with_working, config.slip, config.haste)
        batch = torch.where(with_working, worked[chosen], direct[chosen])  # (B, L)
        batch = with_slips(batch, width, zero_id, slip, generator)
        rate = config.learning_rate * min(1.0, (step + 1) / 20) * max(0.05, 1 - step / config.steps)
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.zero_grad()
        loss = cross_entropy_backward(model, batch, width, pad_id, engine)
        torch.nn.utils.clip_grad_norm_(model.parameters(), config.max_grad_norm)
        optimizer.step()
        on_step(step + 1, loss)
    model.eval()


def cross_entropy_backward(
    model: LlamaForCausalLM, batch: Tensor, width: int, pad_id: int, engine: EngineConfig
) -> float:  # fmt: skip
    """The mean cross-entropy of the tokens after the prompt, whose gradient is added to the model's parameters."""
    mask = (batch != pad_id).long()
    mask[:, :width] = 0
    count = int(mask.sum())
    loss, _ = backward(
        model, batch, mask, torch.arange(len(batch)), lambda log_probs, _: -log_probs.sum() / count,
        temperature=1.0, micro_batch_size=0, config=engine,
    )  # fmt: skip
    return loss
