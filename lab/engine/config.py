"""The engine's settings: one for each optimization, so that each can be switched off and measured alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

SAMPLERS = ("multinomial", "gumbel", "inverse")
DTYPES = ("float32", "bfloat16", "auto")
WIDE = 256  # hidden size from which bfloat16 pays on a processor that has it; narrower, the conversions cost more


@dataclass
class EngineConfig:
    """The defaults give the numbers of the lesson's own code, up to rounding. benchmarks/engine.py ablation measures
    each."""

    # Rollout
    prompt_once: bool = True  # one pass per prompt, its cache copied to the group; False: each row reads its prompt
    static_cache: bool = True  # keys and values are written into room made before; False: the cache grows by copying
    drop_finished: bool = True  # rows that have ended leave the batch
    # "multinomial": torch's; "gumbel": the same draws in less time; "inverse": one random number a row, other draws
    sampler: str = "gumbel"
    # Training pass
    share_prompt: bool = True  # a group's prompt goes through the layers once; False: once for each of its completions
    unpad: bool = True  # no padding in the layers' matrix products (attention still sees rectangles)
    pass_tokens: int = 2048  # about so many tokens in one forward and backward, to fit the processor's cache; 0: all
    sort_by_length: bool = True  # passes hold completions of similar length
    head_chunk: int = 1 << 22  # logits in memory at once; 0: all of them, kept for the backward pass
    first_update_log_probs: bool = False  # old log-probs are the first update's own; the sampler then computes none
    skip_silent: bool = True  # completions with advantage 0 are not trained on; changes nothing without a KL term
    # Both
    # Of the matrix products. "float32": as the weights are; "bfloat16": other numbers; "auto": that where it pays
    dtype: str = "float32"
    # Optimizer
    fused_adamw: bool = True  # all of AdamW in one loop over the memory

    def __post_init__(self):
        if self.sampler not in SAMPLERS:
            raise ValueError(f"sampler must be one of {', '.join(SAMPLERS)}, not {self.sampler!r}")
        if self.dtype not in DTYPES:
            raise ValueError(f"dtype must be one of {', '.join(DTYPES)}, not {self.dtype!r}")

    def cast(self, model: Any) -> torch.dtype | None:
        """What the model's weights are cast to for matrix products; None: they stay as they are."""
        if self.dtype == "auto":
            return torch.bfloat16 if bfloat16_pays(model) else None
        return torch.bfloat16 if self.dtype == "bfloat16" else None


def bfloat16_pays(model: Any) -> bool:
    """Whether products in bfloat16 are faster: on a GPU, and on processors with AMX or AVX-512 BF16 for wide models."""
    if model.device.type != "cpu":
        return True
    has = torch.cpu.get_capabilities()
    return bool(has.get("amx_bf16") or has.get("avx512_bf16")) and model.config.hidden_size >= WIDE


NO_TRICKS = EngineConfig(
    prompt_once=False, static_cache=False, drop_finished=False, sampler="multinomial", share_prompt=False, unpad=False,
    pass_tokens=0, sort_by_length=False, head_chunk=0, skip_silent=False, fused_adamw=False,
)  # fmt: skip
ALL_TRICKS = EngineConfig(sampler="inverse", first_update_log_probs=True, dtype="auto")
