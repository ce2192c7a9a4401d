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

ROPE_TYPES = ("default", "linear", "llama3")  # whose angles depend on the position alone
Attend = Callable[[int, Tensor, Tensor, Tensor], Tensor]  # layer, q (N, H, D), k and v (N, K, D) -> (N, H * D)


class Layer(NamedTuple):
    input_norm: Tensor  # (h,)
    qkv: Tensor  # ((H + 2K) * D, h)
    out: Tensor  # (h, H * D)
    middle_norm: Tensor  # (h,)
    gate_up: Tensor  # (2 * intermediate, h)
    down: Tensor  # (h, intermediate)


class Weights(NamedTuple):
    embedding: Tensor  # (V, h)
    layers: list[Layer]
    norm: Tensor  # (h,)
    head: Tensor  # (V, h)
    eps: float  # of the norms
    heads: int  # H
    kv_heads: int  # K
    padding_id: int | None  # the token whose embedding gets no gradient (transformers' padding_idx)


def why_not(model: Any) -> str | None:
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

    dtype: cast to it, if given; the norms stay as they are. Raises ValueError for a model that `why_not` refuses.
    """
    if reason := why_not(model):
        raise ValueError(reason)

    def joined(*modules: torch.nn.Linear) -> Tensor:
        weight = modules[0].weight if len(modules) == 1 else torch.cat([m.weight for m in modules])
        return weight if dtype is None else weight.to(dtype)

    layers = []
    for block in model.model.layers:
        a, m = block.self_attn, block.mlp
        layers.append(Layer(
            block.input_layernorm.weight, joined(a.q_proj, a.k_proj, a.v_proj), joined(a.o_proj),
            block.post_attention_layernorm.weight, joined(m.gate_proj, m.up_proj), joined(m.down_proj),
        ))  # fmt: skip
    config, head = model.config, joined(model.lm_head)
    tied = model.lm_head.weight is model.model.embed_tokens.weight
    embedding = head if tied else joined(model.model.embed_tokens)
    return Weights(
        embedding, layers, model.model.norm.weight, head,
        config.rms_norm_eps, config.num_attention_heads, config.num_key_value_heads,
        model.model.embed_tokens.padding_idx,
    )  # fmt: skip


def rotary_table(model: Any, length: int, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """(cos, sin) of positions 0 ... length - 1, each (length, 1, D), by the model's own rotary embedding; the first
    half of sin has its sign turned, as `rotate` wants it."""
    positions = torch.arange(length, device=model.device)[None]
    with torch.no_grad():
        cos, sin = model.model.rotary_emb(torch.empty(0, dtype=dtype, device=model.device), positions)
    half = sin.shape[-1] // 2
    return cos[0][:, None], torch.cat([-sin[0, :, :half], sin[0, :, half:]], dim=-1)[:, None]


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotary position embedding (Su et al., arXiv 2104.09864) of x (N, heads, D): x * cos + (-x2, x1) * sin."""
    return torch.addcmul(x * cos, x.roll(x.shape[-1] // 2, dims=-1), sin)


def rms_norm(x: Tensor, weight: Tensor, eps: float) -> Tensor:
    """x / sqrt(mean(x^2) + eps) * weight (Zhang and Sennrich, arXiv 1910.07467)."""
    return F.rms_norm(x, weight.shape, weight.to(x.dtype), eps)


def run_layers(w: Weights, ids: Tensor, cos: Tensor, sin: Tensor, attend: Attend) -> Tensor:
    """The final hidden states (N, h) of N tokens. cos, sin: of each token's position, (N, 1, D)."""
    heads, kv = w.heads, w.kv_heads
    x = F.embedding(ids, w.embedding, w.padding_id)  # (N, h)
    for i, layer in enumerate(w.layers):
        qkv = F.linear(rms_norm(x, layer.input_norm, w.eps), layer.qkv).unflatten(-1, (heads + 2 * kv, -1))
        qk = rotate(qkv[:, : heads + kv], cos, sin)
        attended = attend(i, qk[:, :heads], qk[:, heads:], qkv[:, heads + kv :])  # (N, H * D)
        x = torch.addmm(x, attended, layer.out.T)
        gate, up = F.linear(rms_norm(x, layer.middle_norm, w.eps), layer.gate_up).chunk(2, dim=-1)
        x = torch.addmm(x, F.silu(gate) * up, layer.down.T)
    return rms_norm(x, w.norm, w.eps)
