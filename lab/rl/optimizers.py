"""Optimizers by name. `sgd` is written out: the update can be checked by hand, and nothing is imported for it
(torch's own optimizers pull in its compiler, a second of start-up that a quick test does not need)."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn


class PlainSGD:
    """parameter <- parameter - lr * gradient. No momentum, no state."""

    def __init__(self, parameters: Iterable[nn.Parameter], lr: float):
        self.param_groups = [{"params": list(parameters), "lr": lr}]

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

    def state_dict(self) -> dict:
        return {}

    def load_state_dict(self, state: dict) -> None:
        pass


def make_optimizer(name: str, parameters: Iterable[nn.Parameter], lr: float):
    """ "adamw" (torch's, betas 0.9 and 0.999, no weight decay) or "sgd" (PlainSGD). ValueError otherwise."""
    if name == "adamw":
        return torch.optim.AdamW(parameters, lr=lr, weight_decay=0.0)
    if name == "sgd":
        return PlainSGD(parameters, lr)
    raise ValueError(f"optimizer must be 'adamw' or 'sgd', not {name!r}")
