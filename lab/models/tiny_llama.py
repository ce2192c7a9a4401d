"""A random Llama of transformers', small enough for a test. Importing transformers takes seconds: only here."""

from __future__ import annotations

from typing import Any


def small_llama(vocab_size: int) -> Any:
    """A LlamaForCausalLM of two layers in evaluation mode; its weights are drawn from torch's global state."""
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=vocab_size,
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=64,
    )
    return LlamaForCausalLM(config).eval()
