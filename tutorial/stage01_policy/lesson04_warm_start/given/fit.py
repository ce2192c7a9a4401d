"""Training by imitation: many updates on small batches of the pairs, with a learning rate that rises at first."""

import torch
from lesson04_warm_start.data.examples import Pair, make_batch
from lesson04_warm_start.training.sft import sft_update
from torch import nn

from lab.rl.optimizers import fused, make_optimizer, scheduled_rate


def fit(
    model: nn.Module,
    pairs: list[Pair],
    steps: int,
    generator: torch.Generator,
    batch_size: int = 32,
    learning_rate: float = 3e-3,
    warmup_steps: int = 5,
) -> list[float]:
    """Trains `model` in place on random batches of the pairs; returns the loss of each step.

    Adam's first updates move every weight by the full learning rate, however small its gradient is. The warm-up keeps
    them from destroying what the model knows.
    """
    optimizer = fused(make_optimizer("adamw", model.parameters(), learning_rate))
    losses = []
    for step in range(steps):
        chosen = torch.randperm(len(pairs), generator=generator)[:batch_size].tolist()
        ids, labels = make_batch([pairs[i] for i in chosen], pad_id=0, max_length=16)
        optimizer.param_groups[0]["lr"] = scheduled_rate(learning_rate, step, steps, warmup_steps, final_rate=1.0)
        losses.append(sft_update(model, optimizer, ids, labels))
    return losses
