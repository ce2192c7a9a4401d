"""Exercise 15.9, DigitTrainer.update: what people get wrong, right answers written otherwise, and the core variant."""

import torch
from lesson15_grpo_mnist.loss.ppo import policy_loss, value_loss
from lesson15_grpo_mnist.models.actor import action_log_probs
from torch import nn

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

LOSS = "policy_loss(log_probs, rollout.log_probs, advantages, self.config.epsilon)"
CRITIC = "_descend(error, self.critic, self.critic_optimizer, self.config.max_grad_norm)"

wrong("Old gradients are not cleared before the backward pass, so they add up.", {"optimizer.zero_grad()": ""})

wrong("The gradients are cleared after the backward pass, so no gradient is left for the step.", {
    "optimizer.zero_grad()\nloss.backward()": "loss.backward()\noptimizer.zero_grad(set_to_none=False)",
})  # fmt: skip

wrong("The gradient norm is not clipped to max_grad_norm.", {
    "nn.utils.clip_grad_norm_(model.parameters(), max_norm)":
        "nn.utils.clip_grad_norm_(model.parameters(), float('inf'))",
})  # fmt: skip

wrong("Each entry of the gradient is clipped. The norm of the gradient must be clipped.", {
    "norm = nn.utils.clip_grad_norm_(model.parameters(), max_norm)":
        "norm = nn.utils.clip_grad_norm_(model.parameters(), float('inf'))\n"
        "nn.utils.clip_grad_value_(model.parameters(), max_norm)",
})  # fmt: skip

wrong("grad_norm is the norm after clipping, so it never shows how large the gradient was.", {
    "return norm.item()": "return min(norm.item(), max_norm)",
})  # fmt: skip

wrong("epsilon of the settings does not reach the loss.", {LOSS: LOSS.replace(", self.config.epsilon", "")})

wrong("The present log-probabilities stand for the old ones, so the ratio is always 1.", {
    LOSS: LOSS.replace("rollout.log_probs", "log_probs.detach()"),
})  # fmt: skip

wrong("The policy's loss uses the rewards instead of the advantages.", {
    LOSS: LOSS.replace("advantages", "rollout.rewards.to(advantages)"),
})  # fmt: skip

wrong("The actor computes each image once for every answer. Once is enough for all answers.", {
    "action_log_probs(self.actor(rollout.states), rollout.actions)":
        "action_log_probs(self.actor(rollout.states.repeat_interleave(rollout.actions.shape[1], 0)),"
        " rollout.actions.reshape(-1, 1)).reshape(rollout.actions.shape)",
})  # fmt: skip

wrong("The critic is never trained.", {CRITIC: ""})

wrong("The critic learns the advantages. It must predict the rewards.", {
    "value_loss(self.critic(rollout.states), rollout.rewards)": "value_loss(self.critic(rollout.states), advantages)",
})  # fmt: skip

wrong(
    "The critic's gradient norm is not clipped.", {CRITIC: CRITIC.replace("self.config.max_grad_norm", "float('inf')")}
)

wrong("Actor and critic are clipped by one norm of all their gradients; each network has its own.", {
    "norm = _descend(loss, self.actor, self.optimizer, self.config.max_grad_norm)": """
        self.optimizer.zero_grad()
        loss.backward()
        parameters = list(self.actor.parameters())
        if self.critic is not None:
            self.critic_optimizer.zero_grad()
            value_loss(self.critic(rollout.states), rollout.rewards).backward()
            parameters += self.critic.parameters()
        norm = nn.utils.clip_grad_norm_(parameters, self.config.max_grad_norm).item()
        self.optimizer.step()
    """,
    CRITIC: "self.critic_optimizer.step()",
})  # fmt: skip

wrong("grad_norm includes the critic's gradient. It is the norm of the actor's alone.", {
    CRITIC: f"metrics['grad_norm'] = (norm**2 + {CRITIC} ** 2) ** 0.5",
})  # fmt: skip

wrong("loss includes the critic's loss. It is the policy's alone.", {
    'metrics["value_loss"] = error.item()':
        'metrics["value_loss"] = error.item()\nmetrics["loss"] += 0.5 * error.item()',
})  # fmt: skip


@right("both losses first, one backward pass over their sum")
def update(self, rollout, advantages):
    config = self.config
    log_probs = action_log_probs(self.actor(rollout.states), rollout.actions)
    loss = policy_loss(log_probs, rollout.log_probs, advantages, config.epsilon)
    total, error = loss, None
    self.optimizer.zero_grad()
    if self.critic is not None:
        self.critic_optimizer.zero_grad()
        error = value_loss(self.critic(rollout.states), rollout.rewards)
        total = loss + error  # they share no weights: the gradient of each is its own
    total.backward()
    norm = nn.utils.clip_grad_norm_(self.actor.parameters(), config.max_grad_norm)
    self.optimizer.step()
    metrics = {"loss": float(loss), "grad_norm": float(norm)}
    if error is not None:
        nn.utils.clip_grad_norm_(self.critic.parameters(), config.max_grad_norm)
        self.critic_optimizer.step()
        metrics["value_loss"] = float(error)
    return metrics


@right("gradients by torch.autograd.grad, clipped by hand")
def update(self, rollout, advantages):
    def descend(loss, model, optimizer):
        parameters = list(model.parameters())
        gradients = torch.autograd.grad(loss, parameters)
        norm = sum(float(g.square().sum()) for g in gradients) ** 0.5
        for p, g in zip(parameters, gradients, strict=True):
            p.grad = g * min(1.0, self.config.max_grad_norm / (norm + 1e-6))
        optimizer.step()
        return norm

    metrics = {}
    if self.critic is not None:  # the critic first: it makes no difference
        error = value_loss(self.critic(rollout.states), rollout.rewards)
        descend(error, self.critic, self.critic_optimizer)
        metrics["value_loss"] = error.item()
    log_probs = action_log_probs(self.actor(rollout.states), rollout.actions)
    loss = policy_loss(log_probs, rollout.log_probs, advantages, self.config.epsilon)
    return {**metrics, "grad_norm": descend(loss, self.actor, self.optimizer), "loss": loss.item()}


@core("actor, then critic")
def update(self, rollout, advantages):
    log_probs = action_log_probs(self.actor(rollout.states), rollout.actions)
    loss = policy_loss(log_probs, rollout.log_probs, advantages, self.config.epsilon)
    self.optimizer.zero_grad()
    loss.backward()
    norm = nn.utils.clip_grad_norm_(self.actor.parameters(), self.config.max_grad_norm)
    self.optimizer.step()
    metrics = {"loss": loss.item(), "grad_norm": norm.item()}
    if self.critic is not None:
        error = value_loss(self.critic(rollout.states), rollout.rewards)
        self.critic_optimizer.zero_grad()
        error.backward()
        nn.utils.clip_grad_norm_(self.critic.parameters(), self.config.max_grad_norm)
        self.critic_optimizer.step()
        metrics["value_loss"] = error.item()
    return metrics
