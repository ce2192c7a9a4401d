"""Optimizers by name, and the learning rate of each step.

`sgd` is written out: the update can be checked by hand, and nothing is imported for it
(torch's own optimizers pull in its compiler, a second of start-up that a quick test does not need)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn


class PlainSGD:
    """parameter <- parameter - lr * gradient. No momentum, no state."""

    def __init__(self, parameters: Iterable[nn.Parameter], lr: float):
        self.param_groups: list[dict[str, Any]] = [{"params": list(parameters), "lr": lr}]

    @torch.no_grad()
    def step(self) -> None:
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    p -= group["lr"] * p.grad

    def zero_grad(self, set_to_none: bool = True) -> None:
        for group in self.param_groups:
            for p in group["params"]:
                p.grad = None

    def state_dict(self) -> dict[str, Any]:
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        pass


def make_optimizer(name: str, parameters: Iterable[nn.Parameter], lr: float) -> Any:
    """ "adamw" (torch's, betas 0.9 and 0.999, no weight decay) or "sgd" (PlainSGD). ValueError otherwise."""
    if name == "adamw":
        return torch.optim.AdamW(parameters, lr=lr, weight_decay=0.0)
    if name == "sgd":
        return PlainSGD(parameters, lr)
    raise ValueError(f"optimizer must be 'adamw' or 'sgd', not {name!r}")


def fused(optimizer: Any) -> Any:
    """The same AdamW, computed in one loop over each parameter's memory; another optimizer as it is."""
    if not isinstance(optimizer, torch.optim.AdamW):
        return optimizer
    (group,) = optimizer.param_groups
    options = {name: group[name] for name in ("lr", "betas", "eps", "weight_decay")}
    return torch.optim.AdamW(group["params"], **options, fused=True)


def scheduled_rate(peak: float, step: int, steps: int, warmup_steps: int, final_rate: float) -> float:
    """The learning rate of step number `step` (the first is 0) of `steps`: it rises linearly to `peak` over
    warmup_steps and falls linearly to final_rate * peak."""
    rise = min(1.0, (step + 1) / max(1, warmup_steps))
    return peak * rise * (1 - (1 - final_rate) * min(1.0, step / max(1, steps)))
