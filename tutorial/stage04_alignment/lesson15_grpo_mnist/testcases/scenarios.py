"""Situations that the tests of lesson 15 look at. Each returns evidence; what it should be is in the tests."""

import torch
from lesson15_grpo_mnist.environment import digits
from lesson15_grpo_mnist.models import actor as actors
from lesson15_grpo_mnist.models import critic as critics
from lesson15_grpo_mnist.rollout import groups
from lesson15_grpo_mnist.training import trainer as training
from torch import nn


def play(images, labels, *calls):
    """Makes an environment and calls it: ("reset", indices) or ("step", actions), in this order.

    Returns its length, and what the calls gave.
    """
    environment = digits.DigitEnvironment(images, labels)
    given = [getattr(environment, name)(argument) for name, argument in calls]
    return {"length": len(environment), "given": given}


def step_again_after_an_error(images, labels, indices, bad, good):
    """reset, a step with `bad` actions, whose error is caught, and one with `good`; returns the rewards of that."""
    environment = digits.DigitEnvironment(images, labels)
    environment.reset(indices)
    try:
        environment.step(bad)
    except ValueError:
        return environment.step(good)
    return "the bad actions raised no ValueError"


class Table(nn.Module):
    """A policy that can be written down: its logits are states @ table, and `forwards` lists the shapes it saw."""

    def __init__(self, table):
        super().__init__()
        self.table = nn.Parameter(torch.as_tensor(table).clone())
        self.forwards = []

    def forward(self, states):
        self.forwards.append(tuple(states.shape))
        return states.to(self.table.dtype) @ self.table


class TableCritic(Table):
    """V(s) = states @ table, with a table of one number for each pixel."""


def network(kind, states, seed=0, dtype="float64", gradients=False, **sizes):
    """Makes an Actor or a Critic; returns the shapes of its parameters, its weights in order, its output, and, if they
    are wanted, the gradients of the output's sum to the weights (empty where none arrives)."""
    torch.default_generator.manual_seed(seed)
    made = {"actor": actors.Actor, "critic": critics.Critic}[kind](**sizes).to(getattr(torch, dtype))
    weights = list(made.parameters())
    output = made(states.to(getattr(torch, dtype)))
    wanted = gradients and output.requires_grad
    arrived = torch.autograd.grad(output.sum(), weights, allow_unused=True) if wanted else ()
    return {"shapes": [tuple(w.shape) for w in weights], "weights": [w.detach().clone() for w in weights],
            "output": output, "gradients": [torch.empty(0) if g is None else g for g in arrived]}  # fmt: skip


def network_of(kind, weights, states, **sizes):
    """Makes an Actor or a Critic and gives it these weights, in order; returns its output."""
    made = {"actor": actors.Actor, "critic": critics.Critic}[kind](**sizes).double()
    with torch.no_grad():
        for parameter, weight in zip(made.parameters(), weights, strict=True):
            if parameter.shape != weight.shape:
                return f"a parameter of shape {tuple(parameter.shape)} instead of {tuple(weight.shape)}"
            parameter.copy_(weight)
    return made(states)


def two_networks(kind, **sizes):
    """Makes two networks of one kind; returns their weights in order."""
    torch.default_generator.manual_seed(0)
    made = [{"actor": actors.Actor, "critic": critics.Critic}[kind](**sizes) for _ in range(2)]
    return [[p.detach().clone() for p in network.parameters()] for network in made]


def rollout(table, labels, indices, group_size, seed=0, states=None, trap=12345):
    """A group rollout of a table policy on images that are unit vectors (or `states`). Returns its fields, the
    shapes that the policy saw, and whether anything in it has a gradient."""
    table = torch.as_tensor(table)
    images = torch.eye(len(table), dtype=table.dtype) if states is None else states
    environment = digits.DigitEnvironment(images, labels)
    policy = Table(table)
    generator = torch.Generator().manual_seed(seed)
    torch.default_generator.manual_seed(seed + trap)  # draws must come from the generator: this one is a trap
    made = groups.group_rollout(policy, environment, indices, group_size, generator)
    fields = {name: getattr(made, name) for name in ("states", "actions", "log_probs", "rewards")}
    open_gradient = [name for name, value in fields.items() if value.requires_grad]
    return {**fields, "forwards": policy.forwards, "with gradient": open_gradient}


def make_trainer(table, labels, critic=None, images=None, **settings):
    """A trainer whose policy is a table (images are unit vectors unless given), by plain gradient descent."""
    table = torch.as_tensor(table)
    images = torch.eye(len(table), dtype=table.dtype) if images is None else images
    environment = digits.DigitEnvironment(images, labels)
    defaults = {"optimizer": "sgd", "learning_rate": 0.5, "max_grad_norm": 1e6, "group_size": 4}
    config = training.DigitConfig(**{**defaults, **settings})
    value = None if critic is None else TableCritic(critic)
    return training.DigitTrainer(Table(table), environment, config, value)


def tables(trainer):
    """The weights of actor and critic."""
    found = {"actor": trainer.actor.table.detach().clone()}
    if trainer.critic is not None:
        found["critic"] = trainer.critic.table.detach().clone()
    return found


def one_update(
    table, states, actions, old_log_probs, rewards, advantages, critic=None, times=1, stale=False, **settings
):
    """One call of update (or several) on a rollout that is given. Returns the weights before and after, the
    metrics of each call, and the shapes that the networks saw."""
    labels = torch.zeros(len(torch.as_tensor(table)), dtype=torch.long)
    trainer = make_trainer(table, labels, critic, baseline="group" if critic is None else "critic", **settings)
    if stale:
        for model in (trainer.actor, trainer.critic):
            for p in model.parameters() if model is not None else ():
                p.grad = torch.ones_like(p)
    before = tables(trainer)
    given = groups.GroupRollout(states, actions, old_log_probs, rewards)
    metrics = [dict(trainer.update(given, advantages)) for _ in range(times)]
    seen = {"before": before, "after": tables(trainer), "metrics": metrics, "forwards": trainer.actor.forwards}
    return seen if critic is None else {**seen, "critic forwards": trainer.critic.forwards}


def watched_step(table, labels, indices, critic=None, steps=1, **settings):
    """Steps whose updates only write down what they were given, and move the critic's values up by one. Returns
    that, the metrics, and the number of steps done afterwards."""
    trainer = make_trainer(table, labels, critic, **settings)
    calls = []

    def update(given, advantages):
        fields = {name: getattr(given, name) for name in ("states", "actions", "log_probs", "rewards")}
        calls.append({**fields, "advantages": advantages})
        if trainer.critic is not None:
            trainer.critic.table.data += 1.0
        return {"loss": float(len(calls)), "grad_norm": 2.0 * len(calls), "clip_fraction": 0.5}

    trainer.update = update
    metrics = [dict(trainer.step(indices)) for _ in range(steps)]
    return {"calls": calls, "metrics": metrics, "step_number": trainer.step_number}


def train(table, labels, steps, critic=None, images=None, **settings):
    """Steps on all images. Returns the weights before and after, and the metrics of each step."""
    trainer = make_trainer(table, labels, critic, images, **settings)
    before = tables(trainer)
    everything = torch.arange(len(trainer.environment))
    metrics = [dict(trainer.step(everything)) for _ in range(steps)]
    return {"before": before, "after": tables(trainer), "metrics": metrics}


def learn_values(labels, steps=60, seed=0, hidden=32):
    """The real critic beside a policy that always answers 0 and cannot move: images of 16 pixels, a point for each
    label with noise around it. Returns the critic's values of the images."""
    labels = torch.as_tensor(labels)
    generator = torch.Generator().manual_seed(seed)
    images = 2 * torch.eye(10, 16)[labels] + 0.3 * torch.randn(len(labels), 16, generator=generator)
    policy = Table(torch.zeros(16, 10))
    policy.forward = lambda states: (
        torch.cat([torch.full((len(states), 1), 60.0), torch.zeros(len(states), 9)], 1) + (0 * (states @ policy.table))
    )
    torch.default_generator.manual_seed(seed)
    critic = critics.Critic(16, hidden)
    config = training.DigitConfig(baseline="critic", group_size=2, learning_rate=0.01, seed=seed)
    trainer = training.DigitTrainer(policy, digits.DigitEnvironment(images, labels), config, critic)
    for _ in range(steps):
        trainer.step(torch.arange(len(labels)))
    return critic(images).detach()


def learn_blobs(baseline, steps=40, seed=0, optimizer="adamw", **settings):
    """The real networks on made-up digits: ten points in the plane of 16 pixels, with noise around them.

    Returns how good the policy is before and after, and the critic's values of the images, where there is one.
    """
    generator = torch.Generator().manual_seed(seed)
    centres = 2 * torch.eye(10, 16)
    labels = torch.arange(10).repeat(40)
    images = centres[labels] + 0.3 * torch.randn(len(labels), 16, generator=generator)
    torch.default_generator.manual_seed(seed)
    actor = actors.Actor(16, 32)
    critic = critics.Critic(16, 32) if baseline == "critic" else None
    defaults = {"images_per_step": 40, "group_size": 16, "learning_rate": 0.01, "num_steps": steps, "seed": seed,
                "warmup_steps": 0}  # fmt: skip
    config = training.DigitConfig(baseline=baseline, optimizer=optimizer, **{**defaults, **settings})
    trainer = training.DigitTrainer(actor, digits.DigitEnvironment(images, labels), config, critic)
    before = training.evaluate(actor, images, labels)
    metrics = trainer.train(steps)
    after = training.evaluate(actor, images, labels)
    values = None if critic is None else critic(images).detach()
    return {"before": before["sampled"], "after": after["sampled"], "metrics": metrics, "values": values}
