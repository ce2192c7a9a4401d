"""Exercise 15.4, group_rollout: what people get wrong, right answers written otherwise, and the core variant."""

import torch
from lesson15_grpo_mnist.models.actor import action_log_probs
from lesson15_grpo_mnist.rollout.groups import GroupRollout, group_rollout

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

DRAW = "torch.multinomial(logits.softmax(-1), group_size, replacement=True, generator=generator)"

wrong("The answers to an image are drawn without replacement, so no answer comes up twice.", {
    "replacement=True": "replacement=False",
})  # fmt: skip

wrong("The likeliest action is taken every time. Answers must be drawn.", {
    DRAW: "logits.argmax(-1, keepdim=True).expand(-1, group_size)",
})  # fmt: skip

wrong("One answer is drawn for each image and repeated, so all answers of a group are the same.", {
    DRAW: "torch.multinomial(logits.softmax(-1), 1, generator=generator).expand(-1, group_size)",
})  # fmt: skip

wrong("Every action has the same probability: the policy has no influence on its answers.", {
    "logits.softmax(-1)": "torch.ones_like(logits)",
})  # fmt: skip

wrong("The answers are drawn at temperature 2, but the stored log-probabilities are those of temperature 1.", {
    "logits.softmax": "(logits / 2).softmax",
})  # fmt: skip

wrong("The draws come from torch's global random state, not from the generator.", {
    DRAW: "torch.multinomial(logits.softmax(-1), group_size, replacement=True)",
})  # fmt: skip

wrong("Each image goes through the policy once for every answer. Once is enough for all G answers.", {
    "logits = actor(states)": "logits = actor(states.repeat_interleave(group_size, 0))[::group_size]",
})  # fmt: skip

wrong("The states are repeated for every answer. A rollout holds each image once.", {
    "GroupRollout(states, actions, action_log_probs(logits, actions), environment.step(actions))":
        "GroupRollout(states.repeat_interleave(group_size, 0), actions, action_log_probs(logits, actions),"
        " environment.step(actions))",
})  # fmt: skip

wrong("The stored log-probabilities have a gradient. They are the old ones, and constants.", {"@torch.no_grad()": ""})

wrong("Probabilities are stored instead of log-probabilities.", {
    "action_log_probs(logits, actions)": "action_log_probs(logits, actions).exp()",
})  # fmt: skip

wrong("The log-probabilities are those of the likeliest action, not of the actions that were drawn.", {
    "action_log_probs(logits, actions)": "action_log_probs(logits, logits.argmax(-1, keepdim=True).expand_as(actions))",
})  # fmt: skip


@right("one draw after the other")
def group_rollout(actor, environment, indices, group_size, generator=None):
    with torch.no_grad():
        states = environment.reset(indices)
        logits = actor(states)
        p = logits.softmax(1)
        actions = torch.cat([torch.multinomial(p, 1, generator=generator) for _ in range(group_size)], 1)
        rewards = environment.step(actions)
        return GroupRollout(
            states=states, actions=actions, log_probs=action_log_probs(logits, actions), rewards=rewards
        )


@right("Gumbel noise: the largest sum of logit and noise is a draw")
def group_rollout(actor, environment, indices, group_size, generator=None):
    states = environment.reset(indices)
    logits = actor(states).detach()
    uniform = torch.rand(len(logits), group_size, logits.shape[1], generator=generator, dtype=torch.float64)
    noise = -(-uniform.clamp(1e-300, 1 - 1e-16).log()).log()
    actions = (logits[:, None].double() + noise).argmax(-1)
    log_probs = action_log_probs(logits, actions).detach()
    return GroupRollout(states, actions, log_probs, environment.step(actions))


@core("a categorical distribution, with the global random state")
def group_rollout(actor, environment, indices, group_size, generator=None):
    states = environment.reset(indices)
    policy = torch.distributions.Categorical(logits=actor(states).detach())
    actions = policy.sample((group_size,))  # (G, B)
    return GroupRollout(states, actions.T, policy.log_prob(actions).T, environment.step(actions.T))
