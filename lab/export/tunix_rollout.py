"""Tunix's sampler with three corrections, as a rollout engine of its RLCluster. Needs google-tunix 0.1.7.

end of sequence   Tunix cuts it off the completion, so the decision to stop would never be trained
random key        Tunix uses the same one in every call, so a prompt gets the same noise every time
temperature       Tunix's stored log-probabilities (num_iterations > 1) ignore it, so ratios would not start at 1
"""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import numpy as np
from flax import nnx
from tunix.rl import common
from tunix.rl.rollout import base_rollout, vanilla_rollout


class CorrectedRollout(vanilla_rollout.VanillaRollout):
    """RLCluster makes it if it is given as `rollout_engine`; RolloutConfig.seed is the number its keys come from."""

    def __init__(
        self, rollout_actor: Any, tokenizer: Any, mesh: jax.sharding.Mesh, rollout_config: base_rollout.RolloutConfig
    ):
        model = rollout_actor.config
        cache = base_rollout.CacheConfig(
            rollout_config.kv_cache_size, model.num_layers, model.num_kv_heads, model.head_dim
        )
        super().__init__(rollout_actor, tokenizer, cache)
        self.temperature = rollout_config.temperature
        self.seeds = np.random.default_rng(rollout_config.seed)

    def generate(
        self, prompts: list[str], rollout_config: base_rollout.RolloutConfig, **rest: Any
    ) -> base_rollout.RolloutOutput:
        # A number: the sampler gives away a key that is an array, and the next call would find it gone.
        once = dataclasses.replace(rollout_config, seed=int(self.seeds.integers(2**31)))
        output = super().generate(prompts, once, **rest)
        most = once.max_tokens_to_generate
        output.tokens = [ids if len(ids) == most else np.append(ids, self.eos_id()) for ids in output.tokens]
        return output

    def get_per_token_logps(self, prompt_tokens: jax.Array, completion_tokens: jax.Array) -> jax.Array:
        graph, state = nnx.split(self.model())
        return common.compute_per_token_logps(
            graph,
            state,
            prompt_tokens=prompt_tokens,
            completion_tokens=completion_tokens,
            pad_id=self.pad_id(),
            eos_id=self.eos_id(),
            temperature=self.temperature,
        )
