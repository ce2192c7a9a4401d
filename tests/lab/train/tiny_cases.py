"""A model small enough for tests of lab/train: 101 characters, one token each, random weights, and no chat template."""

from pathlib import Path
from typing import Any

import torch
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

LETTERS = "".join(chr(c) for c in range(32, 127)) + "\n"


def tokenizer() -> PreTrainedTokenizerFast:
    pieces = ["<pad>", "<eos>", *LETTERS]
    made = Tokenizer(models.WordLevel({piece: i for i, piece in enumerate(pieces)}, unk_token="<pad>"))
    made.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    made.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(tokenizer_object=made, pad_token="<pad>", eos_token="<eos>")


def model(dtype: torch.dtype = torch.float64, seed: int = 0) -> LlamaForCausalLM:
    """About 6,000 parameters. Digits and <eos> are likely, so that some sums are right and lengths differ."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        made = LlamaForCausalLM(LlamaConfig(
            vocab_size=2 + len(LETTERS), hidden_size=16, intermediate_size=32, num_hidden_layers=1,
            num_attention_heads=2, num_key_value_heads=1, max_position_embeddings=256, bos_token_id=None,
            tie_word_embeddings=False, pad_token_id=0, eos_token_id=1,
        ))  # fmt: skip
    with torch.no_grad():
        steady = made.model.embed_tokens.weight.new_ones(16)
        made.model.embed_tokens.weight += steady
        for token in [1, *(2 + LETTERS.index(d) for d in "0123456789")]:
            made.lm_head.weight[token] += 0.3 * steady
    return made.to(dtype).eval()


def tiny(folder: Path, dtype: torch.dtype = torch.float32, **more: Any) -> Path:
    model(dtype, **more).save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    return folder
