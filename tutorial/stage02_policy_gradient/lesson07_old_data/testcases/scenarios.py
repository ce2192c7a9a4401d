"""Situations that the tests of lesson 07 look at. Each returns evidence; what it should be is in the tests."""

import copy

import torch
from lesson07_old_data.given.rollout import Rollout
from lesson07_old_data.loss import clip
from lesson07_old_data.training import reuse

from lab.rl.optimizers import make_optimizer


def updates(model, rollout, epochs, minibatch_size, seed=0, lr=0.5, train=False, **bounds):
    """Calls `update_on_rollout` with SGD and a generator of that seed. rollout: its four tensors, by name.

    Returns the drifts, the parameters after the last update, the rows that each forward pass read, whether the model is
    in training mode at the end, and whether the rollout stayed as it was.
    """
    passes, data = [], Rollout(**rollout)
    before = copy.deepcopy(rollout)
    model.train(train)
    model.register_forward_pre_hook(lambda _, arguments: passes.append(arguments[0].tolist()))
    optimizer = make_optimizer("sgd", model.parameters(), lr=lr)
    for p in model.parameters():  # left over from another loss
        p.grad = torch.ones_like(p)
    generator = torch.Generator().manual_seed(seed)
    drifts = reuse.update_on_rollout(model, optimizer, data, epochs, minibatch_size, generator=generator, **bounds)
    return {
        "drifts": drifts,
        "parameters": {name: p.detach() for name, p in model.named_parameters()},
        "passes": passes,
        "training": model.training,
        "same rollout": all(torch.equal(getattr(data, name), before[name]) for name in before),
    }


def climb_one_token(advantage, steps, low=0.2, high=0.2):
    """A token's log-probability starts at the old one and follows the gradient of `clipped_objective`, 0.05 at a time.
    Returns its ratio after each step. A second token with the same weight is not clipped: it has its own objective, the
    plain ratio * 0.2 * A."""
    weight, ratios = torch.zeros((), dtype=torch.float64, requires_grad=True), []
    a = torch.tensor(advantage, dtype=torch.float64)
    for _ in range(steps):
        objective = clip.clipped_objective(weight.exp(), a, low, high) + 0.2 * a * weight.exp()
        (gradient,) = torch.autograd.grad(objective, weight)
        with torch.no_grad():
            weight += 0.05 * gradient
        ratios.append(weight.detach().exp())
    return torch.stack(ratios)
