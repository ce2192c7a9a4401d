"""The engine: what lessons 14 and 16 do, with equal results, in less time and memory.

    config.py     one setting per trick
    llama.py      the model's forward pass in few operations
    generate.py   rollouts; sampling.py: drawing tokens
    packing.py    which tokens of a batch go through the layers, and who attends to whom
    head.py       log-probabilities and loss without a table of logits
    update.py     the gradient of a batch, and scoring
    lesson14.py, lesson16.py   the lessons' trainers with those parts exchanged

docs/ENGINE.md, in the repository, says what each trick does and is worth. The lessons are where to learn from; nothing
here is needed to understand them.
"""

from lab.engine.config import ALL_TRICKS, PLAIN, EngineConfig
from lab.engine.generate import generate

__all__ = ["ALL_TRICKS", "PLAIN", "EngineConfig", "generate"]
