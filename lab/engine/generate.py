"""The rollout: lesson 14's `generate`, with the same arguments and results, in less time.

    prompts -> one pass each -> cache copied to the group -> loop: draw, write, drop who has ended, one pass of width 1

Left out on purpose, as there: top-k, top-p, beams.

Shapes: P prompts, W the longest, G completions each, B = P * G rows, n live rows, T new tokens, V vocabulary,
H query heads, K key-value heads, D width of a head.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from lab.engine.config import EngineConfig
from lab.engine.llama import Weights, read_weights, rotary_turns, run_layers
from lab.engine.ops import pairs
from lab.engine.sampling import draw

FEWEST = 26  # columns of a static cache that attention looks at: narrower products are slow (16 wide: a third as fast)


class Cache:
    """Keys and values of all layers. Columns 0 ... W - 1 are the prompts', padded on the right; then come new tokens.

    Keys are stored with the columns last, (n, K, D, columns), and values as (n, K, columns, D): so both of a decoding
    step's products run along the memory. static: room for all columns from the start. Otherwise every new column copies
    what is there.
    """

    def __init__(self, layers: int, rows: int, room: int, static: bool):
        self.layers, self.rows, self.room, self.static = layers, rows, max(room, FEWEST), static
        self.keys: Any = []  # static: (layers, B, K, D, room); else a list of (n, K, D, columns)
        self.values: Any = []  # static: (layers, B, K, room, D); else a list of (n, K, columns, D)

    def fill(self, layer: int, keys: Tensor, values: Tensor) -> None:
        """The prompts' keys and values, both (P, K, W, D); every prompt's go to all rows of its group."""
        P, K, W, D = keys.shape
        if not self.static:
            self.keys.append(keys.transpose(2, 3).repeat_interleave(self.rows // P, dim=0))
            self.values.append(values.repeat_interleave(self.rows // P, dim=0))
            return
        if layer == 0:
            self.keys = keys.new_zeros(self.layers, self.rows, K, D, self.room)
            self.values = keys.new_zeros(self.layers, self.rows, K, self.room, D)
        self.keys[layer].unflatten(0, (P, -1))[..., :W] = keys.transpose(2, 3)[:, None]
        self.values[layer].unflatten(0, (P, -1))[:, :, :, :W] = values[:, None]

    def append(self, layer: int, column: int, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """Adds the live rows' newest, both (n, K, D); returns all keys (n * K, D, c) and all values (n * K, c, D), with
        c = column + 1, but at least FEWEST of a static cache, whose further columns are 0."""
        if self.static:
            keys, values = self.keys[layer, : len(key)], self.values[layer, : len(key)]
            keys[..., column] = key
            values[:, :, column] = value
            c = max(column + 1, FEWEST)
            return keys.flatten(0, 1)[:, :, :c], values.flatten(0, 1)[:, :c]
        keys = self.keys[layer] = torch.cat([self.keys[layer], key[..., None]], dim=3)
        values = self.values[layer] = torch.cat([self.values[layer], value[:, :, None]], dim=2)
        return keys.flatten(0, 1), values.flatten(0, 1)

    def drop(self, holes: Tensor, movers: Tensor, live: int, columns: int) -> None:
        """`live` rows stay: rows `movers` (the last ones) move to the places `holes` of rows that have ended."""
        for keys, values in zip(self.keys, self.values, strict=True):
            keys[holes, ..., :columns] = keys[movers, ..., :columns]
            values[holes, :, :columns] = values[movers, :, :columns]
        if not self.static:
            self.keys = [keys[:live] for keys in self.keys]
            self.values = [values[:live] for values in self.values]


@torch.no_grad()
def generate(
    model: Any,
    tokenizer: Any,
    prompts: Sequence[str],
    group_size: int,
    max_new_tokens: int = 32,
    temperature: float = 1.0,
    eos_token_id: int | Sequence[int] | None = None,
    generator: torch.Generator | None = None,
    config: EngineConfig | None = None,
    uniforms: Tensor | None = None,
) -> tuple[list[Tensor], list[Tensor]]:
    """Samples `group_size` completions of each prompt; arguments and result are those of lesson 14's `generate`.

    With the samplers "multinomial" and "gumbel" the tokens are the lesson's, for the same generator, up to ties that
    rounding decides. With config.first_update_log_probs the log-probabilities are NaN: the update fills them in.

    uniforms: random numbers (P * G, max_new_tokens) from which the sampler "inverse" draws instead of `generator`: each
    completion then depends on its own row of them alone, whoever is sampled beside it.

    Cost, with T_i the lengths of the completions: one pass over the prompts' tokens, then as many passes of width 1 as
    the longest completion has tokens (less one), over sum(T_i - 1) tokens in all.
    """
    config = config or EngineConfig()
    if uniforms is not None:
        if config.sampler != "inverse":
            raise ValueError(f"uniforms are for the sampler 'inverse', not {config.sampler!r}")
        uniforms = uniforms.to(model.device)
    encoded = [tokenizer.encode(prompt) for prompt in prompts]
    if not config.prompt_once:
        encoded = [ids for ids in encoded for _ in range(group_size)]
    device, B = model.device, len(prompts) * group_size
    if generator is not None and generator.device.type != device.type:  # one of the processor seeds one of the device
        seed = int(torch.randint(2**62, (), generator=generator))
        generator = torch.Generator(device).manual_seed(seed)
    ends = tokenizer.eos_token_id if eos_token_id is None else eos_token_id
    ends = torch.tensor([ends] if isinstance(ends, int) else list(ends), device=device)

    w = read_weights(model, config.cast(model))
    lengths = torch.tensor([len(ids) for ids in encoded], device=device)  # (P,)
    W = int(lengths.max())
    turns = rotary_turns(model, W + max_new_tokens)
    cache = Cache(len(w.layers), B, W + max_new_tokens, config.static_cache)
    logits = read_prompts(w, encoded, lengths, turns, cache).repeat_interleave(B // len(encoded), dim=0)  # (B, V)
    lengths = lengths.repeat_interleave(B // len(encoded))  # (B,)
    padding = torch.arange(W + max_new_tokens, device=device).expand(B, -1)
    padding = (padding >= lengths[:, None]) & (padding < W)  # (B, columns) behind the shorter prompts
    hidden_columns = torch.zeros(padding.shape, dtype=turns.real.dtype, device=device).masked_fill_(padding, -torch.inf)
    bias = hidden_columns[:, None, None] if bool(padding.any()) else None  # (B, 1, 1, columns)

    ids = torch.zeros(B, max_new_tokens, dtype=torch.long, device=device)
    log_probs = torch.full((B, max_new_tokens), torch.nan, device=device)
    order = torch.arange(B, device=device)  # the live rows' places in ids, (n,)
    ended = torch.zeros(B, dtype=torch.bool, device=device)  # (n,)
    for t in range(max_new_tokens):
        scores = logits.float() / (temperature or 1.0)  # (n, V)
        if not config.first_update_log_probs:
            scores = scores.log_softmax(-1)
        drawn = None if uniforms is None else uniforms[order, t]
        rows = order if len(order) < B else None
        token = (
            scores.argmax(-1) if temperature == 0 else draw(scores, config.sampler, generator, B, rows, drawn)
        )  # (n,)
        ids[order, t] = token
        if not config.first_update_log_probs:
            log_probs[order, t] = scores.gather(-1, token[:, None]).squeeze(-1)
        ended = ended | (token == ends if len(ends) == 1 else torch.isin(token, ends))
        live = int((~ended).sum())
        if live == 0:
            break
        if config.drop_finished and live < len(order):
            holes, movers = ended[:live].nonzero()[:, 0], live + (~ended[live:]).nonzero()[:, 0]
            cache.drop(holes, movers, live, W + t)
            for table in (order, token):
                table[holes] = table[movers]
            order, token, ended = order[:live], token[:live], ended.new_zeros(live)
        if t + 1 < max_new_tokens:
            visible = None if bias is None else bias[order, :, :, : W + t + 1]
            logits = read_tokens(w, token, turns[lengths[order] + t], cache, W + t, visible)

    ids, log_probs = ids[:, : t + 1], log_probs[:, : t + 1]
    is_end = torch.isin(ids, ends)
    counts = torch.where(is_end.any(1), is_end.int().argmax(1) + 1, t + 1).tolist()
    return (
        [row[:n] for row, n in zip(ids, counts, strict=True)],
        [row[:n] for row, n in zip(log_probs, counts, strict=True)],
    )


def read_prompts(w: Weights, encoded: Sequence[list[int]], lengths: Tensor, turns: Tensor, cache: Cache) -> Tensor:
    """Fills the cache; returns the logits behind each prompt (P, V). Prompts are padded on the right, where a causal
    model does not look; what the cache then holds in those columns is hidden later."""
    P, W, H, kv = len(encoded), int(lengths.max()), w.heads, w.kv_heads
    ids = torch.tensor([row + [0] * (W - len(row)) for row in encoded], device=lengths.device)

    def attend(layer: int, qkv: Tensor) -> Tensor:
        rows = qkv.view(P, W, H + 2 * kv, w.head_width).to(turns.real.dtype)
        pairs(rows[:, :, : H + kv]).mul_(turns[:W])  # rotated in place
        rows = rows.transpose(1, 2)  # (P, H + 2K, W, D)
        q, k, v = rows.split((H, kv, kv), dim=1)
        cache.fill(layer, k, v)
        out = F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=kv != H)
        return out.transpose(1, 2).flatten(2).flatten(0, 1).to(qkv.dtype)

    hidden = run_layers(w, ids.flatten(), attend)
    return hidden.unflatten(0, (P, W))[torch.arange(P, device=ids.device), lengths - 1] @ w.head.T


def read_tokens(w: Weights, token: Tensor, turns: Tensor, cache: Cache, column: int, bias: Tensor | None) -> Tensor:
    """One pass of width 1: the logits behind each live row's newest token (n, V). The cache grows by a column."""

    H, kv = w.heads, w.kv_heads

    def attend(layer: int, qkv: Tensor) -> Tensor:
        rows = qkv.view(len(qkv), H + 2 * kv, w.head_width).to(turns.real.dtype)
        pairs(rows[:, : H + kv]).mul_(turns)  # rotated in place
        keys, values = cache.append(layer, column, rows[:, H : H + kv], rows[:, H + kv :])
        q = rows[:, :H].reshape(len(keys), H // kv, -1)  # query heads that share a key head are its several queries
        scores = torch.bmm(q, keys).mul_(w.head_width**-0.5)  # (n * K, H / K, c)
        if bias is not None:
            scores[..., : column + 1].unflatten(0, (-1, kv)).add_(bias)
        if scores.shape[-1] > column + 1:
            scores[..., column + 1 :] = -torch.inf
        return torch.bmm(scores.softmax(-1), values).view(len(qkv), -1).to(qkv.dtype)  # (n, H * D)

    return run_layers(w, token, attend) @ w.head.T
