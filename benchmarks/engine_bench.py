"""What the measurements of lab/engine share: models, a trainer, processor seconds and peak memory of one step."""

from __future__ import annotations

import ctypes
import os
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
os.environ["SOLUTION"] = "1"
sys.path.insert(0, str(ROOT))

import torch  # noqa: E402
import vs_trl_worker as cases  # noqa: E402  (beside this file: the models and prompts that TRL gets, too)
from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: E402
from transformers.utils import logging as transformers_logging  # noqa: E402

torch.set_num_threads(1)
transformers_logging.set_verbosity_error()
transformers_logging.disable_progress_bar()
MACHINE = f"{os.cpu_count()} cores, one thread, Python {platform.python_version()}, torch {torch.__version__}"


def load(model: str, tokens: int, equal: bool) -> tuple[Any, Any]:
    """(model, tokenizer) of a case of vs_trl.py, "138K" or "4.2M"; made on the first call."""
    folder = ROOT / "runs" / "vs_trl" / f"{model}-{tokens}-{'equal' if equal else 'unequal'}"
    if not (folder / "model.safetensors").exists():
        cases.make({"model": model, "tokens": tokens, "equal": equal}, folder)
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32), AutoTokenizer.from_pretrained(folder)


def trainer(model: Any, tokenizer: Any, engine: Any, *, tokens: int, prompts: int = 8, group: int = 8) -> Any:
    """A trainer on the engine (None: lesson 14's own) with half of the groups without signal. The learning rate is as
    good as 0, so that trainers may share a model and every step of one number is given the same work."""
    case = {"model": "138K", "prompts": prompts, "group": group, "tokens": tokens, "rate": 0.0, "reward": "half"}
    if engine is not None:
        return cases.engine_trainer(case, model, tokenizer, engine)
    from lesson14_grpo_ppo_clip.training.grpo_trainer import GRPOConfig, GRPOTrainer
    from lesson16_grpo_rlhf.training.rlhf_trainer import PromptDataset

    config = GRPOConfig(
        prompts_per_step=prompts, group_size=group, updates_per_generation=1, max_new_tokens=tokens, learning_rate=0.0,
        warmup_steps=0, reward=lambda prompt, text: cases.reward_of(case, prompt, text),
    )  # fmt: skip
    data = PromptDataset(tokenizer, [])
    data.data = [(prompt, i) for i, prompt in enumerate(cases.prompts_of(case, tokenizer))]
    return GRPOTrainer(model, tokenizer, data, config)


def measured(step: Callable[[], Any]) -> tuple[float, float]:
    """(processor seconds, peak MB above what was resident before) of one call."""
    if sys.platform == "linux":
        ctypes.CDLL(None).malloc_trim(0)  # what earlier steps have freed goes back first
    cases.reset_peak()
    before = cases.resident("VmRSS")
    start = time.process_time()
    step()
    return time.process_time() - start, cases.resident("VmHWM") - before
