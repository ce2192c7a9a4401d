"""Cases on which check_tunix compares Tunix's loss with the lessons': drawn here, for both environments. Numpy only."""

from __future__ import annotations

from typing import Any

import numpy as np

CASES, GROUPS, GROUP, PROMPT, TOKENS, VOCABULARY, PAD, EOS = 10, 4, 4, 3, 6, 11, 0, 1
KL = 0.5
LOSSES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {  # name -> how we and how Tunix call the same thing
    "token mean": ({"aggregation": "token"}, {"loss_agg_mode": "token-mean"}),
    "sequence mean": ({"aggregation": "sequence"}, {"loss_agg_mode": "sequence-mean-token-mean"}),
    "k1": ({"estimator": "k1"}, {"kl_loss_mode": "kl"}),
    "k2": ({"estimator": "k2"}, {"kl_loss_mode": "mse_kl"}),
    "k3": ({"estimator": "k3"}, {"kl_loss_mode": "low_var_kl"}),
}


def draw_case(seed: int) -> dict[str, np.ndarray]:
    """Completions of different lengths that end in EOS, with logits, rewards, noise for old and reference policy."""
    draw = np.random.default_rng(seed)
    rows = GROUPS * GROUP
    lengths = draw.integers(1, TOKENS + 1, rows)
    mask = np.arange(TOKENS) < lengths[:, None]
    ids = np.where(mask, draw.integers(2, VOCABULARY, (rows, TOKENS)), PAD)
    ids[np.arange(rows), lengths - 1] = EOS
    prompts = draw.integers(2, VOCABULARY, (rows, PROMPT))
    rewards = draw.normal(size=rows)
    rewards[:GROUP] = 0.5  # a group without signal
    return {
        "ids": np.concatenate([prompts, ids], axis=1),
        "mask": mask,
        "logits": draw.normal(0, 1.5, (rows, PROMPT + TOKENS, VOCABULARY)).astype(np.float32),
        "rewards": rewards,
        "noise": draw.normal(0, 0.3, (2, rows, TOKENS)),
    }
