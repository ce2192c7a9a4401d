"""Exercise 15.10, DigitTrainer.step: what people get wrong, right answers written otherwise, and the core variant."""

import math

import torch
from lesson15_grpo_mnist.loss.advantages import compute_advantages, share_without_signal
from lesson15_grpo_mnist.rollout.groups import group_rollout

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

ADVANTAGES = "advantages = compute_advantages(rollout.rewards, config.baseline, config.divide_by_std, values)"
UPDATES = "updates = [self.update(rollout, advantages) for _ in range(config.updates_per_rollout)]"
ROLLOUT = "group_rollout(self.actor, self.environment, indices, config.group_size, self.generator)"
MEANS = "{name: sum(u[name] for u in updates) / len(updates) for name in updates[0]}"

wrong("The advantages are computed again before each update, from values that the last update has changed.", {
    "updates = [self.update(rollout, advantages) for _ in range(config.updates_per_rollout)]": """
        updates = []
        for _ in range(config.updates_per_rollout):
            if self.critic is not None:
                values = self.critic(rollout.states).detach()
            advantages = compute_advantages(rollout.rewards, config.baseline, config.divide_by_std, values)
            updates.append(self.update(rollout, advantages))
    """,
})  # fmt: skip

wrong("Every update draws new answers. All updates of a step use one rollout.", {
    "updates = [self.update(rollout, advantages) for _ in range(config.updates_per_rollout)]": """
        updates = []
        for _ in range(config.updates_per_rollout):
            updates.append(self.update(rollout, advantages))
            rollout = group_rollout(self.actor, self.environment, indices, config.group_size, self.generator)
    """,
})  # fmt: skip

wrong(
    "There is one update, whatever updates_per_rollout says.", {UPDATES: "updates = [self.update(rollout, advantages)]"}
)

wrong("The advantage is always that of the group, whatever baseline is configured.", {
    ADVANTAGES: ADVANTAGES.replace("config.baseline", '"critic" if self.critic is not None else "group"'),
})  # fmt: skip

wrong("divide_by_std of the settings does not reach the advantages.", {
    ADVANTAGES: ADVANTAGES.replace("config.divide_by_std, values", "values=values"),
})  # fmt: skip

wrong("The number of answers is not config.group_size.", {"config.group_size": "4"})

wrong("The draws do not come from self.generator.", {ROLLOUT: ROLLOUT.replace(", self.generator", "")})

wrong("The generator is made again in every step, so each step draws the same answers.", {
    "self.generator": "torch.Generator().manual_seed(config.seed)",
})  # fmt: skip

wrong("The step is not counted.", {"self.step_number += 1": ""})

wrong("Updates are counted instead of steps.", {"self.step_number += 1": "self.step_number += len(updates)"})

wrong("The metrics are those of the last update alone.", {MEANS: "updates[-1]"})

wrong("The metrics of the updates are added up. Their mean is wanted.", {
    "sum(u[name] for u in updates) / len(updates)": "sum(u[name] for u in updates)",
})  # fmt: skip

wrong("no_signal is the share of groups that have a signal.", {
    "share_without_signal(rollout.rewards)": "1 - share_without_signal(rollout.rewards)",
})  # fmt: skip

wrong("The entropy has the wrong sign.", {"-rollout.log_probs.mean().item()": "rollout.log_probs.mean().item()"})

wrong("reward is the mean of the advantages, which hardly ever differs from 0.", {
    "rollout.rewards.mean().item()": "advantages.mean().item()",
})  # fmt: skip

wrong("The critic is trained but not used: zeros stand for its values.", {
    "self.critic(rollout.states).detach()": "torch.zeros(len(rollout.states))",
})  # fmt: skip

wrong("The error of an update is swallowed: the step counts, and nothing was learned.", {
    UPDATES: "updates = []\nfor _ in range(config.updates_per_rollout):\n"
             "    try:\n        updates.append(self.update(rollout, advantages))\n"
             "    except Exception:\n        updates.append({'loss': 0.0})",
})  # fmt: skip


@right("metrics collected in lists")
def step(self, indices):
    settings = self.config
    rollout = group_rollout(self.actor, self.environment, indices, settings.group_size, generator=self.generator)
    values = self.critic(rollout.states).detach() if self.critic is not None else None
    advantages = compute_advantages(rollout.rewards, settings.baseline, settings.divide_by_std, values=values)
    collected = {}
    for _ in range(settings.updates_per_rollout):
        for name, value in self.update(rollout, advantages).items():
            collected.setdefault(name, []).append(value)
    self.step_number = self.step_number + 1
    means = {name: math.fsum(found) / len(found) for name, found in collected.items()}
    alike = [len(set(row)) == 1 for row in rollout.rewards.tolist()]
    return means | {
        "reward": float(rollout.rewards.mean()),
        "no_signal": sum(alike) / len(alike),
        "entropy": float(rollout.log_probs.mean().neg()),
    }


@right("running sums, counted first, values without a graph")
def step(self, indices):
    self.step_number += 1
    count = self.config.updates_per_rollout
    rollout = group_rollout(self.actor, self.environment, indices, self.config.group_size, self.generator)
    values = None
    if self.critic is not None:
        with torch.no_grad():
            values = self.critic(rollout.states)
    advantages = compute_advantages(rollout.rewards, self.config.baseline, self.config.divide_by_std, values)
    metrics = {"reward": rollout.rewards.mean().item(), "entropy": -float(rollout.log_probs.double().mean())}
    metrics["no_signal"] = float(share_without_signal(rollout.rewards))
    for _ in range(count):
        for name, value in self.update(rollout, advantages).items():
            metrics[name] = metrics.get(name, 0.0) + value / count
    return metrics


@core("rollout, advantages, updates")
def step(self, indices):
    config = self.config
    rollout = group_rollout(self.actor, self.environment, indices, config.group_size, self.generator)
    values = None if self.critic is None else self.critic(rollout.states)
    advantages = compute_advantages(rollout.rewards, config.baseline, config.divide_by_std, values)
    updates = [self.update(rollout, advantages) for _ in range(config.updates_per_rollout)]
    self.step_number += 1
    metrics = {name: sum(u[name] for u in updates) / len(updates) for name in updates[0]}
    metrics["reward"] = rollout.rewards.mean().item()
    metrics["no_signal"] = share_without_signal(rollout.rewards)
    metrics["entropy"] = -rollout.log_probs.mean().item()
    return metrics
