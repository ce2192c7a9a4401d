"""Imported once by the process from which the tests' runs are forked."""

import importlib
import os

os.environ["SOLUTION"] = "1"
for name in (
    "lab", "transformers.models.llama.modeling_llama", "transformers.generation.utils", "torch.optim.adamw",
    "lesson14_grpo_ppo_clip.given.engine", "lab.train.__main__", "lab.train.lesson_run", "lab.train.model_run",
    "matplotlib.backends.backend_agg",
):  # fmt: skip
    importlib.import_module(name)
