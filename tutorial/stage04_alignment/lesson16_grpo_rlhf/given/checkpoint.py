"""A checkpoint per epoch: weights, tokenizer, and the settings that made them, whole or not at all."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from lab.train.run_folder import save_model, whole_folder


def save_checkpoint(folder: Path, epoch: int, model: Any, tokenizer: Any, config: Any) -> Path:
    """Writes `folder`/epoch_<epoch>/ with the model, the tokenizer and run_config.json, all fields of the dataclass
    `config`; returns its path. The folder gets its name only when everything is in it."""
    target = folder / f"epoch_{epoch}"
    with whole_folder(target) as made:
        save_model(made, model, tokenizer)
        text = json.dumps(dataclasses.asdict(config), indent=2)
        (made / "run_config.json").write_text(text + "\n", encoding="utf-8")
    return target
