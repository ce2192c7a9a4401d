"""The demo's model, tokenizer and warm start: a small Llama that has learned addition from homework with slips.

The homework has a short working before each answer: `12,1,132` for 47+85 is the sum of the ones, the carry, and the
sum. In the training data, each digit is replaced by a random one with a small probability. So the trained model can
add, but makes slips as often as its data: one answer in two is right. GRPO's reward looks only at the final number.

Left out: padding on the left (all prompts are equally long), evaluation, GRPO.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
from torch import Tensor
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

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
    slip: float = 0.13  # probability that a digit of the homework is replaced by a random one
    max_grad_norm: float = 1.0


def worked_answer(prompt: str) -> str:
    """The homework for a prompt that asks for a sum: ones, carry, answer."""
    a, b = map(int, re.findall(r"\d+", prompt))
    ones = a % 10 + b % 10
    return f"{ones:02d},{ones // 10},{a + b}"


def homework(tokenizer: PreTrainedTokenizerFast, prompts: Sequence[str]) -> tuple[Tensor, int]:
    """All worked answers as one tensor (rows, length) padded on the right, and the length of the prompts."""
    encoded = [tokenizer.encode(p) for p in prompts]
    width = len(encoded[0])
    assert all(len(ids) == width for ids in encoded), "the prompts of this task must be equally long"
    answers = [[*tokenizer.encode(worked_answer(p)), tokenizer.eos_token_id] for p in prompts]
    rows = [torch.tensor(ids + answer) for ids, answer in zip(encoded, answers, strict=True)]
    return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=tokenizer.pad_token_id), width


def with_slips(rows: Tensor, prompt_width: int, zero_id: int, slip: float, generator: torch.Generator) -> Tensor:
    """A copy in which each digit after the prompt is, with probability `slip`, a random digit instead."""
    digit = (rows >= zero_id) & (rows < zero_id + 10)
    digit[:, :prompt_width] = False
    slipped = digit & (torch.rand(rows.shape, generator=generator) < slip)
    return torch.where(slipped, zero_id + torch.randint(10, rows.shape, generator=generator), rows)


def warm_start(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, prompts: Sequence[str],
               config: WarmStartConfig, seed: int, on_step=lambda step, loss: None) -> None:  # fmt: skip
    """Trains `model` in place on the homework for `prompts`, by cross-entropy on the tokens after the prompt."""
    rows, width = homework(tokenizer, prompts)
    zero_id, pad_id = tokenizer.convert_tokens_to_ids("0"), tokenizer.pad_token_id
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=config.learning_rate, weight_decay=0.0)
    model.train()
    for step in range(config.steps):
        batch = rows[torch.randint(len(rows), (config.batch_size,), generator=generator)]
        batch = with_slips(batch, width, zero_id, config.slip, generator)
        logits = model(batch[:, :-1]).logits[:, width - 1 :]  # (B, T, V)
        targets = batch[:, width:].masked_fill(batch[:, width:] == pad_id, -100)
        loss = torch.nn.functional.cross_entropy(logits.transpose(1, 2), targets)
        rate = config.learning_rate * min(1.0, (step + 1) / 20) * max(0.05, 1 - step / config.steps)
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), config.max_grad_norm)
        optimizer.step()
        on_step(step + 1, loss.item())
    model.eval()
