"""Exercise 15.9, DigitTrainer.update: what people get wrong, and right answers written otherwise."""

import math

import torch
from lesson15_grpo_mnist.loss.ppo import policy_loss, value_loss
from lesson15_grpo_mnist.models.actor import action_log_probs
from torch import nn

from course.base.attempt import Attempts

wrong, right = Attempts(), Attempts()

wrong("Old gradients are not cleared before the backward pass: they add up.", {"optimizer.zero_grad()": ""})

wrong("The gradients are cleared after the backward pass: nothing is left to step with.", {
    "optimizer.zero_grad()\nloss.backward()": "loss.backward()\noptimizer.zero_grad(set_to_none=False)",
})  # fmt: skip

wrong("The gradient norm is not clipped to max_grad_norm.", {
    "nn.utils.clip_grad_norm_(model.parameters(), max_norm)":
        "nn.utils.clip_grad_norm_(model.parameters(), float('inf'))",
})  # fmt: skip

wrong("The gradients are clipped one number at a time; it is their norm that is to be clipped.", {
    "    norm = nn.utils.clip_grad_norm_(model.parameters(), max_norm)\n":
        "    norm = nn.utils.clip_grad_norm_(model.parameters(), float('inf'))\n"
        "    nn.utils.clip_grad_value_(model.parameters(), max_norm)\n",
})  # fmt: skip

wrong("grad_norm is the norm after clipping: it would never show how large the gradient was.", {
    "return norm.item()": "return min(norm.item(), max_norm)",
})  # fmt: skip

wrong("epsilon of the settings never reaches the loss.", {
    "loss = policy_loss(log_probs, rollout.log_probs, advantages, self.config.epsilon)":
        "loss = policy_loss(log_probs, rollout.log_probs, advantages)",
})  # fmt: skip

wrong("The present log-probabilities stand for the old ones, too: the ratio is always 1.", {
    "policy_loss(log_probs, rollout.log_probs, advantages, self.config.epsilon)":
        "policy_loss(log_probs, log_probs.detach(), advantages, self.config.epsilon)",
})  # fmt: skip

wrong("The policy's loss is computed with the rewards instead of the advantages.", {
    "policy_loss(log_probs, rollout.log_probs, advantages, self.config.epsilon)":
        "policy_loss(log_probs, rollout.log_probs, rollout.rewards.to(advantages), self.config.epsilon)",
})  # fmt: skip

wrong("The actor computes each image once for every answer; once for all of them is enough.", {
    "action_log_probs(self.actor(rollout.states), rollout.actions)":
        "action_log_probs(\n            self.actor(rollout.states.repeat_interleave(rollout.actions.shape[1], 0)),\n"
        "            rollout.actions.reshape(-1, 1),\n        ).reshape(rollout.actions.shape)",
})  # fmt: skip

wrong("The critic is never trained.", {
    "_descend(guess_loss, self.critic, self.critic_optimizer, self.config.max_grad_norm)": "",
})  # fmt: skip

wrong("The critic learns the advantages; it is to foresee the rewards.", {
    "value_loss(self.critic(rollout.states), rollout.rewards)": "value_loss(self.critic(rollout.states), advantages)",
})  # fmt: skip

wrong("The critic's gradient is not clipped; it has a norm of its own.", {
    "_descend(guess_loss, self.critic, self.critic_optimizer, self.config.max_grad_norm)":
        "_descend(guess_loss, self.critic, self.critic_optimizer, float('inf'))",
})  # fmt: skip

wrong("grad_norm holds the critic's gradient as well; it is the actor's alone.", {
    "            _descend(guess_loss, self.critic, self.critic_optimizer, self.config.max_grad_norm)\n":
        "            extra = _descend(guess_loss, self.critic, self.critic_optimizer, self.config.max_grad_norm)\n"
        "            metrics[\"grad_norm\"] = (norm**2 + extra**2) ** 0.5\n",
})  # fmt: skip

wrong("loss holds the critic's loss as well; it is the policy's alone.", {
    'metrics["value_loss"] = guess_loss.item()':
        'metrics["value_loss"] = guess_loss.item()\nmetrics["loss"] += 0.5 * guess_loss.item()',
})  # fmt: skip

wrong("Metrics are tensors, some with their whole graph; each is to be a float.", {"loss.item": "loss.detach"})

wrong("value_loss is there without a critic, too.", {
    "if self.critic is not None:": 'if self.critic is None:\n    metrics["value_loss"] = 0.0\nelse:',
})  # fmt: skip

wrong("The clip fraction counts every ratio outside the clip's range, whatever the sign of its advantage.", {
    "clip_fraction(*flat, advantages.reshape(-1), ones, self.config.epsilon)":
        "((flat[0] - flat[1]).exp() - 1).abs().gt(self.config.epsilon).float().mean().item()",
})  # fmt: skip

wrong("value_loss is the loss after the critic's step; metrics are those from before it.", {
    'metrics["value_loss"] = guess_loss.item()':
        'metrics["value_loss"] = value_loss(self.critic(rollout.states), rollout.rewards).item()',
})  # fmt: skip

# Right answers written otherwise


@right("both losses first, one backward pass over their sum")
def update(self, rollout, advantages):
    config = self.config
    log_probs = action_log_probs(self.actor(rollout.states), rollout.actions)
    loss = policy_loss(log_probs, rollout.log_probs, advantages, config.epsilon)
    total, guess = loss, None
    self.optimizer.zero_grad()
    if self.critic is not None:
        self.critic_optimizer.zero_grad()
        guess = value_loss(self.critic(rollout.states), rollout.rewards)
        total = loss + guess  # they share no weights: the gradient of each is its own
    total.backward()
    norm = nn.utils.clip_grad_norm_(self.actor.parameters(), config.max_grad_norm)
    self.optimizer.step()
    ratio = (log_probs.detach() - rollout.log_probs).exp()
    held = torch.where(advantages > 0, ratio > 1 + config.epsilon, ratio < 1 - config.epsilon) & (advantages != 0)
    metrics = {"loss": float(loss), "grad_norm": float(norm), "clip_fraction": float(held.double().mean())}
    if guess is not None:
        nn.utils.clip_grad_norm_(self.critic.parameters(), config.max_grad_norm)
        self.critic_optimizer.step()
        metrics["value_loss"] = float(guess)
    return metrics


@right("gradients by torch.autograd.grad, clipped by hand")
def update(self, rollout, advantages):
    def descend(loss, model, optimizer):
        parameters = list(model.parameters())
        gradients = torch.autograd.grad(loss, parameters, allow_unused=True)
        norm = sum(float(g.square().sum()) for g in gradients if g is not None) ** 0.5
        for p, g in zip(parameters, gradients, strict=True):
            p.grad = None if g is None else g * min(1.0, self.config.max_grad_norm / (norm + 1e-6))
        optimizer.step()
        return norm

    metrics = {}
    if self.critic is not None:  # the critic first: it makes no difference
        guess = value_loss(self.critic(rollout.states), rollout.rewards)
        descend(guess, self.critic, self.critic_optimizer)
        metrics["value_loss"] = guess.item()
    log_probs = action_log_probs(self.actor(rollout.states), rollout.actions)
    loss = policy_loss(log_probs, rollout.log_probs, advantages, self.config.epsilon)
    metrics["grad_norm"] = descend(loss, self.actor, self.optimizer)
    metrics["loss"] = loss.item()
    held = 0
    for new, old, a in zip(log_probs.reshape(-1), rollout.log_probs.reshape(-1), advantages.reshape(-1), strict=True):
        change = math.exp(float(new) - float(old)) - 1
        held += (a > 0 and change > self.config.epsilon) or (a < 0 and change < -self.config.epsilon)
    metrics["clip_fraction"] = int(held) / advantages.numel()
    return metrics


right("each network's turn in a loop", {
    "if self.critic is not None:": "for critic in filter(None, [self.critic]):",
    "value_loss(self.critic(rollout.states), rollout.rewards)": "value_loss(critic(rollout.states), rollout.rewards)",
    "optimizer.zero_grad()\nloss.backward()": "for p in model.parameters():\n    p.grad = None\nloss.backward()",
})  # fmt: skip
