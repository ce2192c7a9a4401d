"""A Llama in transformers' format as Tunix's own model, and back. Needs google-tunix 0.1.7, no torch.

Tunix's loader converts the weights. Two things are added here: the base of the rotary embedding, which Tunix keeps in
its configuration but does not use (it always computes with 1,000,000), and the way back, so that transformers loads
what was trained.
"""

from __future__ import annotations

import functools
import json
import shutil
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from safetensors.numpy import save_file
from tunix.models.llama3 import model as llama3
from tunix.models.llama3 import params

TUNIX_ROPE = llama3.apply_rope  # with base 1,000,000 unless it is told otherwise, and the model does not tell it


def make_mesh() -> jax.sharding.Mesh:
    """All devices in a row: the weights are sharded over them (fsdp), no layer is split (tp)."""
    automatic = (jax.sharding.AxisType.Auto,) * 2
    return jax.make_mesh((jax.device_count(), 1), ("fsdp", "tp"), axis_types=automatic)


def config_of(folder: Path) -> llama3.ModelConfig:
    """Tunix's configuration of the model in `folder`. Raises ValueError for what Tunix's Llama cannot be."""
    found = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    if found["model_type"] != "llama" or found.get("attention_bias") or found.get("mlp_bias"):
        raise ValueError(f"{folder} holds a {found['model_type']} model; only Llama without biases can be loaded")
    rope = found.get("rope_parameters") or {"rope_theta": found.get("rope_theta", 10000.0), "rope_type": "default"}
    if rope.get("rope_type", "default") != "default" or found.get("rope_scaling"):
        raise ValueError(f"{folder} has a scaled rotary embedding, which Tunix's Llama does not have")
    heads = found["num_attention_heads"]
    return llama3.ModelConfig(
        num_layers=found["num_hidden_layers"],
        vocab_size=found["vocab_size"],
        embed_dim=found["hidden_size"],
        hidden_dim=found["intermediate_size"],
        num_heads=heads,
        head_dim=found.get("head_dim") or found["hidden_size"] // heads,
        num_kv_heads=found["num_key_value_heads"],
        rope_theta=int(rope["rope_theta"]),
        norm_eps=found["rms_norm_eps"],
        weight_tying=found["tie_word_embeddings"],
    )


def load(folder: Path, mesh: jax.sharding.Mesh) -> llama3.Llama3:
    """The model in float32. The base of its rotary embedding is set for the whole process."""
    config = config_of(folder)
    llama3.apply_rope = functools.partial(TUNIX_ROPE, rope_theta=config.rope_theta)
    return params.create_model_from_safe_tensors(str(folder), config, mesh, dtype=jnp.float32)


def logits(model: llama3.Llama3, ids: np.ndarray) -> np.ndarray:
    """Of rows without padding: (batch, length) -> (batch, length, vocabulary)."""
    batch, length = ids.shape
    positions = jnp.broadcast_to(jnp.arange(length), (batch, length))
    mask = jnp.broadcast_to(jnp.tril(jnp.ones((length, length), bool)), (batch, length, length))
    return np.asarray(model(jnp.asarray(ids), positions, None, mask)[0])


def save(model: llama3.Llama3, start: Path, folder: Path) -> None:
    """Writes the weights in transformers' format, with configuration and tokenizer from `start`."""
    width = model.config.embed_dim
    weights: dict[str, Any] = {
        "model.embed_tokens.weight": model.embedder.input_embedding[...],
        "model.norm.weight": model.final_norm.w[...],
    }
    if not model.config.weight_tying:
        weights["lm_head.weight"] = model.lm_head.w[...].T
    for number, layer in enumerate(model.layers):
        prefix = f"model.layers.{number}."
        for name in ("q_proj", "k_proj", "v_proj"):  # (width, heads, head) there, (heads * head, width) here
            weights[f"{prefix}self_attn.{name}.weight"] = getattr(layer.attn, name).w[...].reshape(width, -1).T
        weights[f"{prefix}self_attn.o_proj.weight"] = layer.attn.o_proj.w[...].reshape(-1, width).T
        for name in ("gate_proj", "up_proj", "down_proj"):
            weights[f"{prefix}mlp.{name}.weight"] = getattr(layer.mlp, name).kernel[...].T
        weights[f"{prefix}input_layernorm.weight"] = layer.input_layernorm.w[...]
        weights[f"{prefix}post_attention_layernorm.weight"] = layer.post_attention_layernorm.w[...]
    folder.mkdir(parents=True, exist_ok=True)
    for file in start.glob("*.json"):
        if not file.name.endswith(".safetensors.index.json"):
            shutil.copy(file, folder)
    table = {name: np.ascontiguousarray(np.asarray(value)) for name, value in weights.items()}
    save_file(table, folder / "model.safetensors", metadata={"format": "pt"})
