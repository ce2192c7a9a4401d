"""Specs: how a test asks for an object, such as a model, without holding it.

A test and the code that it looks at may live in different processes, and only plain data crosses. A spec
is plain: the place of a class or function in `lab`, its arguments, and a seed. The far side builds it.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Spec:
    """`Spec("lab.models.tiny_language_models:TinyLM", {"vocab_size": 8}, seed=3, dtype="float64")` builds that object.

    target: "module:name", a module of `lab`. kwargs: plain data. seed: torch's seed while it is built.
    dtype: where given, a module's parameters are converted to it.
    """

    target: str
    kwargs: dict[str, Any] = field(default_factory=dict)
    seed: int = 0
    dtype: str | None = None

    def build(self) -> Any:
        """Makes the object; the caller's random state is left as it was."""
        import torch

        module, _, name = self.target.partition(":")
        if module.split(".")[0] != "lab" or not name:
            raise ValueError(f"a Spec names 'lab.module:name', not {self.target!r}")
        factory = getattr(importlib.import_module(module), name)
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(self.seed)
            built = factory(**self.kwargs)
        if self.dtype is not None:
            built = built.to(getattr(torch, self.dtype))
        return built
