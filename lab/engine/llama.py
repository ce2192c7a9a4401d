"""The Llama architecture in few operations, on the weights of a transformers model.

transformers' own forward does about 40 operations a layer; a small model spends its time on starting them. Here query,
key and value come from one matrix product, gate and up from another, and residuals are added by the product itself.
What attends to what is left to the caller (`attend`): the rollout brings a cache, the training pass its layout. Tokens
are therefore flat: N of them, whatever rows they belong to.

Left out on purpose: biases, dropout, rotary angles that change with the length, other architectures.

Shapes: N tokens, h hidden, H query heads, K key-value heads, D width of a head, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from lab.engine.ops import rms_norm, swiglu

ROPE_TYPES = ("default", "linear", "llama3")  # whose angles depend on the position alone
Attend = Callable[[int, Tensor], Tensor]  # layer, queries, keys and values (N, (H + 2K) * D) -> (N, H * D)


class Layer(NamedTuple):
    input_norm: Tensor  # (h,)
    qkv: Tensor  # ((H + 2K) * D, h); in each head of q and k, the two halves of the rows are interleaved
    out: Tensor  # (H * D, h)
    middle_norm: Tensor  # (h,)
    gate_up: Tensor  # (2 * intermediate, h)
    down: Tensor  # (intermediate, h)


class Weights(NamedTuple):
    embedding: Tensor  # (V, h)
    layers: list[Layer]
    norm: Tensor  # (h,)
    head: Tensor  # (V, h)
    eps: float  # of the norms
    head_width: int  # D
    heads: int  # H
    kv_heads: int  # K
    padding_id: int | None  # the token whose embedding gets no gradient (transformers' padding_idx)


def unsupported_reason(model: Any) -> str | None:
    """Why the engine cannot run this model; None if it can."""
    config = getattr(model, "config", None)
    if type(model).__name__ != "LlamaForCausalLM" or config is None:
        return f"the engine runs transformers' LlamaForCausalLM, not {type(model).__name__}"
    if config.hidden_act != "silu" or config.attention_bias or config.mlp_bias:
        return "the engine knows neither biases nor other activations than silu"
    if config.rope_parameters.get("rope_type", "default") not in ROPE_TYPES:
        return f"the engine knows the rotary types {', '.join(ROPE_TYPES)} only"
    if model.training and config.attention_dropout:
        return "the engine has no dropout; call model.eval()"
    return None


def read_weights(model: Any, dtype: torch.dtype | None = None) -> Weights:
    """The model's weights, those that are used together joined. Gradient flows back to the model's parameters.

    transformers rotates entry j of a head together with entry j + D / 2. Here they stand beside each other, so that the
    pair is a complex number; queries and keys are reordered alike, and their products stay the same.

    dtype: cast to it, if given; the norms stay as they are. Raises ValueError for a model that `unsupported_reason`
    refuses.
    """
    if reason := unsupported_reason(model):
        raise ValueError(reason)

    def cast(weight: Tensor) -> Tensor:
        return weight if dtype is None else weight.to(dtype)

    def paired(weight: Tensor) -> Tensor:  # (heads * D, h)
        return weight.unflatten(0, (-1, 2, head_width // 2)).transpose(1, 2).flatten(0, 2)

    layers, head_width = [], model.model.layers[0].self_attn.head_dim
    for block in model.model.layers:
        a, m = block.self_attn, block.mlp
        layers.append(Layer(
            block.input_layernorm.weight,
            cast(torch.cat([paired(a.q_proj.weight), paired(a.k_proj.weight), a.v_proj.weight])),
            cast(a.o_proj.weight).T,
            block.post_attention_layernorm.weight,
            cast(torch.cat([m.gate_proj.weight, m.up_proj.weight])),
            cast(m.down_proj.weight).T,
        ))  # fmt: skip
    config, head = model.config, cast(model.lm_head.weight)
    tied = model.lm_head.weight is model.model.embed_tokens.weight
    embedding = head if tied else cast(model.model.embed_tokens.weight)
    return Weights(
        embedding, layers, model.model.norm.weight, head,
        config.rms_norm_eps, head_width, config.num_attention_heads, config.num_key_value_heads,
        model.model.embed_tokens.padding_idx,
    )  # fmt: skip


def rotary_turns(model: Any, length: int) -> Tensor:
    """cos + i sin of the rotary angles at positions 0 ... length - 1, complex (length, 1, D / 2), by the model's own
    rotary embedding."""
    positions = torch.arange(length, device=model.device)[None]
    dtype = torch.promote_types(model.dtype, torch.float32)
    with torch.no_grad():
        cos, sin = model.model.rotary_emb(torch.empty(0, dtype=dtype, device=model.device), positions)
    half = cos.shape[-1] // 2
    return torch.complex(cos[0, :, None, :half], sin[0, :, None, :half])


def run_layers(w: Weights, ids: Tensor, attend: Attend, wanted: Tensor | None = None) -> Tensor:
    """The final hidden states (N, h) of N tokens, or only those of the `wanted` ones, (n, h). The last layer then
    computes just keys and values for the others."""
    x = F.embedding(ids, w.embedding, w.padding_id)  # (N, h)
    for i, layer in enumerate(w.layers):
        qkv = F.linear(rms_norm(x, layer.input_norm, w.eps), layer.qkv)  # (N, (H + 2K) * D)
        attended = attend(i, qkv)
        if wanted is not None and i == len(w.layers) - 1:
            x, attended = F.embedding(wanted, x), F.embedding(wanted, attended)
        x = torch.addmm(x, attended, layer.out)
        gate_up = F.linear(rms_norm(x, layer.middle_norm, w.eps), layer.gate_up)
        x = torch.addmm(x, swiglu(gate_up), layer.down)
    return rms_norm(x, w.norm, w.eps)
