"""Situations that the tests of lesson 15 look at. Each returns evidence; the tests say what it should be."""

import torch
from lesson15_grpo_mnist.environment import digits
from lesson15_grpo_mnist.models import actor as actors
from lesson15_grpo_mnist.models import critic as critics
from lesson15_grpo_mnist.rollout import groups
from lesson15_grpo_mnist.training import trainer as training
from torch import nn

from lab.models.drawn_logits import with_added


class Table(nn.Module):
    """A policy that can be written down: its logits are states @ table. `forwards` lists the shapes of its inputs.
    With a table of one number per pixel it is a critic."""

    def __init__(self, table):
        super().__init__()
        self.table = nn.Parameter(torch.as_tensor(table).clone())
        self.forwards = []

    def forward(self, states):
        self.forwards.append(tuple(states.shape))
        return states.to(self.table.dtype) @ self.table


def rollout(table, labels, indices, group_size, seed=0, other_seed=12345, by_call=None):
    """A group rollout of a table policy on images that are unit vectors. `by_call`: a seed; the policy's logits are
    others at each call and in each row (`lab.models.drawn_logits`).

    Returns the fields of the rollout, the logits that the policy then gives for an image of zeros, and the names of the
    fields with gradient.
    """
    table = torch.as_tensor(table)
    environment = digits.DigitEnvironment(torch.eye(len(table), dtype=table.dtype), labels)
    policy = Table(table)
    if by_call is not None:
        policy.forward = with_added(policy.forward, by_call)
    torch.default_generator.manual_seed(other_seed)  # all draws should come from the generator, not from here
    made = groups.group_rollout(policy, environment, indices, group_size, torch.Generator().manual_seed(seed))
    fields = {name: getattr(made, name) for name in ("states", "actions", "log_probs", "rewards")}
    with_gradient = [name for name, value in fields.items() if value.requires_grad]
    return {**fields, "next logits": policy(torch.zeros(1, len(table))).detach(), "with gradient": with_gradient}


def make_trainer(table, labels, critic=None, images=None, **settings):
    """A trainer whose policy is a table, by plain gradient descent. The images are unit vectors by default."""
    table = torch.as_tensor(table)
    images = torch.eye(len(table), dtype=table.dtype) if images is None else images
    environment = digits.DigitEnvironment(images, labels)
    defaults = {"optimizer": "sgd", "learning_rate": 0.5, "max_grad_norm": 1e6, "group_size": 4}
    config = training.DigitConfig(**{**defaults, **settings})
    return training.DigitTrainer(Table(table), environment, config, None if critic is None else Table(critic))


def tables(trainer):
    """The weights of actor and critic."""
    found = {"actor": trainer.actor.table.detach().clone()}
    if trainer.critic is not None:
        found["critic"] = trainer.critic.table.detach().clone()
    return found


def one_update(table, states, actions, old_log_probs, rewards, advantages, critic=None, stale=False, **settings):
    """One call of `update` on this rollout. `stale`: the parameters start with a gradient of ones.

    Returns the weights before and after, the metrics, and the shapes of the networks' inputs.
    """
    labels = torch.zeros(len(torch.as_tensor(table)), dtype=torch.long)
    trainer = make_trainer(table, labels, critic, baseline="group" if critic is None else "critic", **settings)
    for model in (trainer.actor, trainer.critic) if stale else ():
        for parameter in model.parameters() if model is not None else ():
            parameter.grad = torch.ones_like(parameter)
    before = tables(trainer)
    metrics = dict(trainer.update(groups.GroupRollout(states, actions, old_log_probs, rewards), advantages))
    seen = {"before": before, "after": tables(trainer), "metrics": metrics, "forwards": trainer.actor.forwards}
    return seen if critic is None else {**seen, "critic forwards": trainer.critic.forwards}


def watched_step(table, labels, indices, critic=None, steps=1, **settings):
    """Steps whose `update` only notes its arguments and raises the critic's values by 1.

    Returns those arguments, the metrics of each step, and the number of finished steps.
    """
    trainer = make_trainer(table, labels, critic, **settings)
    calls = []

    def update(rollout, advantages):
        fields = {name: getattr(rollout, name) for name in ("states", "actions", "log_probs", "rewards")}
        calls.append({**fields, "advantages": advantages})
        if trainer.critic is not None:
            trainer.critic.table.data += 1.0
        return {"loss": float(len(calls)), "grad_norm": 2.0 * len(calls)}

    trainer.update = update
    metrics = [dict(trainer.step(indices)) for _ in range(steps)]
    return {"calls": calls, "metrics": metrics, "step_number": trainer.step_number}


def step_with_a_broken_update(table, labels, indices):
    """One step of a trainer whose update divides by zero."""
    trainer = make_trainer(table, labels)
    trainer.update = lambda rollout, advantages: 1 / 0
    return trainer.step(indices)


def train(table, labels, steps, critic=None, images=None, **settings):
    """Steps on all images. Returns the weights before and after, and the metrics of each step."""
    trainer = make_trainer(table, labels, critic, images, **settings)
    before = tables(trainer)
    everything = torch.arange(len(trainer.environment))
    metrics = [dict(trainer.step(everything)) for _ in range(steps)]
    return {"before": before, "after": tables(trainer), "metrics": metrics}


def learn_blobs(baseline, steps=40, seed=0):
    """The real networks on made-up digits: ten points in a space of 16 pixels, with noise around them.

    Returns how good the policy is before and after.
    """
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(10).repeat(40)
    images = 2 * torch.eye(10, 16)[labels] + 0.3 * torch.randn(len(labels), 16, generator=generator)
    torch.default_generator.manual_seed(seed)
    actor = actors.Actor(16, 32)
    critic = critics.Critic(16, 32) if baseline == "critic" else None
    config = training.DigitConfig(
        baseline=baseline, images_per_step=40, learning_rate=0.01, num_steps=steps, seed=seed, warmup_steps=0
    )
    trainer = training.DigitTrainer(actor, digits.DigitEnvironment(images, labels), config, critic)
    before = training.evaluate(actor, images, labels)
    trainer.train(steps)
    after = training.evaluate(actor, images, labels)
    return {"before": before["sampled"], "after": after["sampled"]}
