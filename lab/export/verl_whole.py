"""verl's own code on what is exported for it: the part of check_verl that needs all of verl's requirements, which only
the environment runs/verl-whole-env has. Nothing is trained."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import numpy
import torch
from omegaconf import OmegaConf
from verl import DataProto
from verl.trainer.ppo.reward import load_reward_manager
from verl.trainer.ppo.utils import need_critic, need_reference_policy
from verl.utils.config import validate_config
from verl.utils.dataset.rl_dataset import RLHFDataset

from lab.models import addition_model


def check_whole(table: dict[str, Any], folder: Path) -> list[str]:
    """What is wrong with the exported folder and verl's configuration for it, as sentences. Raises where verl does."""
    config = OmegaConf.create(table)
    OmegaConf.resolve(config)
    problems = [] if not need_critic(config) else ["verl would train a critic"]
    validate_config(config, need_reference_policy(config), need_critic(config))
    tokenizer = addition_model.make_tokenizer()  # any will do
    tokenizer.chat_template = "{% for message in messages %}{{ message['content'] }}{% endfor %}"
    rows = RLHFDataset(data_files=str(folder / "train.parquet"), tokenizer=tokenizer, config=config.data)
    row = rows[0]

    async def rewarded(text: str) -> float:
        manager = load_reward_manager(config, tokenizer)
        ids = tokenizer(text, return_tensors="pt").input_ids  # (1, T)
        columns = {
            name: numpy.array([row[name]], dtype=object) for name in ("data_source", "reward_model", "extra_info")
        }
        tensors = {"prompts": ids[:, :1], "responses": ids, "attention_mask": torch.ones(1, 1 + ids.shape[1])}
        given = DataProto.from_dict({k: v.long() for k, v in tensors.items()}, columns)
        return (await manager.run_single(given))["reward_score"]

    scores = [asyncio.run(rewarded(text)) for text in (row["reward_model"]["ground_truth"], "+")]
    if scores != [1.0, 0.0]:
        problems.append(f"verl's reward manager gives {scores} for a right and a wrong answer")
    print(f"whole: verl's checks of the configuration pass; its data set has {len(rows)} rows; it rewards {scores}")
    return problems
