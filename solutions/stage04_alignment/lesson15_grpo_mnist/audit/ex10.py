"""Exercise 15.10, DigitTrainer.step: what people get wrong, and right answers written otherwise."""

import math

import torch
from lesson15_grpo_mnist.loss.advantages import compute_advantages, share_without_signal
from lesson15_grpo_mnist.rollout.groups import group_rollout

from course.base.attempt import Attempts

wrong, right = Attempts(), Attempts()

ADVANTAGES = "advantages = compute_advantages(rollout.rewards, config.baseline, config.divide_by_std, values)"
UPDATES = "updates = [self.update(rollout, advantages) for _ in range(config.updates_per_rollout)]"
MEAN = "**{name: sum(u[name] for u in updates) / len(updates) for name in updates[0]},"

wrong("The advantages are computed anew before each update, from values that the update before has changed.", {
    "updates = [self.update(rollout, advantages) for _ in range(config.updates_per_rollout)]": """
        updates = []
        for _ in range(config.updates_per_rollout):
            if self.critic is not None:
                values = self.critic(rollout.states).detach()
            advantages = compute_advantages(rollout.rewards, config.baseline, config.divide_by_std, values)
            updates.append(self.update(rollout, advantages))
    """,
})  # fmt: skip

wrong("Every update draws answers of its own; all updates of a step work on one rollout.", {
    "updates = [self.update(rollout, advantages) for _ in range(config.updates_per_rollout)]": """
        updates = []
        for _ in range(config.updates_per_rollout):
            updates.append(self.update(rollout, advantages))
            rollout = group_rollout(self.actor, self.environment, indices, config.group_size, self.generator)
    """,
})  # fmt: skip

wrong("There is one update, whatever updates_per_rollout says.", {
    UPDATES: "updates = [self.update(rollout, advantages)]",
})  # fmt: skip

wrong("The advantage is always that of the group, whatever baseline is configured.", {
    ADVANTAGES: ADVANTAGES.replace("config.baseline", '"critic" if self.critic is not None else "group"'),
})  # fmt: skip

wrong("divide_by_std of the settings never reaches the advantages.", {
    ADVANTAGES: ADVANTAGES.replace("config.divide_by_std, values", "values=values"),
})  # fmt: skip

wrong("The number of answers is not config.group_size.", {"config.group_size": "4"})

wrong("The draws do not come from self.generator.", {
    "group_rollout(self.actor, self.environment, indices, config.group_size, self.generator)":
        "group_rollout(self.actor, self.environment, indices, config.group_size)",
})  # fmt: skip

wrong("The generator is made anew in every step: each draws the same answers as the one before.", {
    "self.generator": "torch.Generator().manual_seed(config.seed)",
})  # fmt: skip

wrong("The first images are taken, whichever are asked for.", {"indices": "torch.arange(len(indices))"})

wrong("The step is not counted.", {"self.step_number += 1": ""})

wrong("Updates are counted where steps should be.", {"self.step_number += 1": "self.step_number += len(updates)"})

wrong("The metrics are those of the last update alone.", {
    "{name: sum(u[name] for u in updates) / len(updates) for name in updates[0]}": "updates[-1]",
})  # fmt: skip

wrong("The metrics are those of the first update alone.", {
    "{name: sum(u[name] for u in updates) / len(updates) for name in updates[0]}": "updates[0]",
})  # fmt: skip

wrong("The metrics of the updates are added up; their mean is asked for.", {
    "sum(u[name] for u in updates) / len(updates)": "sum(u[name] for u in updates)",
})  # fmt: skip

wrong("no_signal is the share of groups that have a signal.", {
    "share_without_signal(rollout.rewards)": "1 - share_without_signal(rollout.rewards)",
})  # fmt: skip

wrong("The entropy has the wrong sign.", {"-rollout.log_probs.mean().item()": "rollout.log_probs.mean().item()"})

wrong("reward is the sum of all rewards; their mean is asked for.", {
    "rollout.rewards.mean().item()": "rollout.rewards.sum().item()",
})  # fmt: skip

wrong("Metrics are tensors; each is to be a float.", {"rollout.rewards.mean().item()": "rollout.rewards.mean()"})

wrong("reward is the mean of the advantages, which hardly ever differs from 0.", {
    "rollout.rewards.mean().item()": "advantages.mean().item()",
})  # fmt: skip

wrong("The critic is trained and never asked: zeros stand for its values.", {
    "values = self.critic(rollout.states)": "values = torch.zeros(len(rollout.states))",
})  # fmt: skip

# Right answers written otherwise


@right("metrics gathered in lists")
def step(self, indices):
    settings = self.config
    rollout = group_rollout(self.actor, self.environment, indices, settings.group_size, generator=self.generator)
    values = self.critic(rollout.states).detach() if self.critic is not None else None
    advantages = compute_advantages(rollout.rewards, settings.baseline, settings.divide_by_std, values=values)
    gathered = {}
    for _ in range(settings.updates_per_rollout):
        for name, value in self.update(rollout, advantages).items():
            gathered.setdefault(name, []).append(value)
    self.step_number = self.step_number + 1
    means = {name: math.fsum(found) / len(found) for name, found in gathered.items()}
    alike = [len(set(row)) == 1 for row in rollout.rewards.tolist()]
    return means | {
        "reward": float(rollout.rewards.mean()),
        "no_signal": sum(alike) / len(alike),
        "entropy": float(rollout.log_probs.mean().neg()),
    }


@right("running sums, counted first")
def step(self, indices):
    self.step_number += 1
    count = self.config.updates_per_rollout
    rollout = group_rollout(self.actor, self.environment, indices, self.config.group_size, self.generator)
    if self.critic is None:
        values = None
    else:
        with torch.inference_mode():
            values = self.critic(rollout.states).clone()
        values = torch.tensor(values.tolist(), dtype=values.dtype)
    advantages = compute_advantages(rollout.rewards, self.config.baseline, self.config.divide_by_std, values)
    metrics = {"reward": rollout.rewards.mean().item(), "entropy": -float(rollout.log_probs.double().mean())}
    metrics["no_signal"] = float(share_without_signal(rollout.rewards))
    for _ in range(count):
        for name, value in self.update(rollout, advantages).items():
            metrics[name] = metrics.get(name, 0.0) + value / count
    return metrics


right("values without no_grad: the advantages are constants all the same", {
    "with torch.no_grad():\n    values = self.critic(rollout.states)": "values = self.critic(rollout.states)",
    "updates = [self.update(rollout, advantages) for _ in range(config.updates_per_rollout)]": """
        updates = []
        while len(updates) < config.updates_per_rollout:
            updates.append(self.update(rollout, advantages))
    """,
})  # fmt: skip
