"""Situations that the tests of lesson 08 look at. Each returns evidence; what it should be is in the tests."""

import copy
from itertools import chain

import torch
from lesson08_critic.advantages import gae
from lesson08_critic.critic import values
from lesson08_critic.given.ppo_parts import Rollout, Settings
from lesson08_critic.training import ppo
from torch import nn

from lab.rl.optimizers import PlainSGD


def transformer_values(model, ids, prompt_length):
    """`token_values` of a TinyLM whose head was cut down to its first row: one number at each position."""
    model.head = nn.Parameter(model.head[:1].detach())
    return values.token_values(model, ids, prompt_length)


def take_step(policy, critic, rollout, settings, lr, seed=0):
    """One `ppo_step` with plain SGD. `rollout` and `settings` are the fields of `Rollout` and `Settings`.

    Returns the policy's and the critic's table before and after, the explained variance, the rows that the policy read
    in each forward pass ("rows"; a row is known by its first id), the number of updates, and whether the rollout changed.
    """
    rows, updates = [], []
    policy.register_forward_pre_hook(lambda _, arguments: rows.append(arguments[0][:, 0].clone()))
    optimizer = PlainSGD(chain(policy.parameters(), critic.parameters()), lr)
    plain_step = optimizer.step
    optimizer.step = lambda: (updates.append(None), plain_step())
    before = [policy.logits.detach().clone(), critic.logits.detach().clone()]
    batch = Rollout(**{name: v.clone() if isinstance(v, torch.Tensor) else v for name, v in rollout.items()})
    generator = torch.Generator().manual_seed(seed)
    explained = ppo.ppo_step(policy, critic, optimizer, batch, Settings(**settings), generator)
    same = all(
        torch.equal(getattr(batch, name), v) if isinstance(v, torch.Tensor) else getattr(batch, name) == v
        for name, v in rollout.items()
    )
    return {
        "before": before,
        "policy": policy.logits.detach(),
        "critic": critic.logits.detach(),
        "explained variance": explained,
        "rows": rows,
        "updates": len(updates),
        "rollout unchanged": same,
    }


def two_orders(policy, critic, rollout, settings, lr):
    """The rows of the last 18 forward passes of two steps, with generators of the same seed, while torch's global random
    state differs."""
    first = take_step(copy.deepcopy(policy), copy.deepcopy(critic), rollout, settings, lr)["rows"][-18:]
    torch.rand(3)
    return [first, take_step(policy, critic, rollout, settings, lr)["rows"][-18:]]


def train_critic(critic, rollout, settings, lr, steps):
    """Many steps of `ppo_step` on the same answers with a policy that stays as it is. Returns the critic's table and the
    explained variance before each step."""
    policy = nn.Module()
    table = nn.Parameter(torch.zeros(len(critic.logits), len(critic.logits), dtype=torch.float64))
    policy.forward = lambda ids: type("Output", (), {"logits": table[ids]})
    optimizer, batch = PlainSGD(critic.parameters(), lr), Rollout(**rollout)
    generator, explained = torch.Generator().manual_seed(0), []
    for _ in range(steps):
        explained.append(ppo.ppo_step(policy, critic, optimizer, batch, Settings(**settings), generator))
    return {"critic": critic.logits.detach(), "explained": explained}


def gae_part(rewards, values, mask, part):
    """The advantages (part 0) or the returns (part 1) of `gae`."""
    return gae.gae(rewards, values, mask)[part]


def single_precision_values(critic, ids, prompt_length):
    """`token_values` of a critic in float32."""
    return values.token_values(critic.float(), ids, prompt_length).detach()
