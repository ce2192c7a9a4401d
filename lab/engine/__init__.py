"""The engine: what lessons 14 and 16 do, with equal results, in less time and memory.

    config.py     one setting per trick
    llama.py      the model's forward pass in few operations
    generate.py   rollouts; sampling.py: drawing tokens
    packing.py    which tokens of a batch go through the layers, and who attends to whom
    log_prob_loss.py   log-probabilities and loss without a table of logits
    update.py     the gradient of a batch, and the log-probabilities of its tokens
    any_model.py  rollout and gradient for models that are no Llamas

docs/ENGINE.md explains what each trick does and how much it saves. A lesson's given/engine.py passes these
functions to its trainer. The lessons are where to learn from; nothing here is needed to understand them.
"""

from lab.engine.config import ALL_TRICKS, NO_TRICKS, EngineConfig
from lab.engine.generate import generate

__all__ = ["ALL_TRICKS", "NO_TRICKS", "EngineConfig", "generate"]
