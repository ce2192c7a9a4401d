"""Exercise 15.4, group_rollout: what people get wrong, and right answers written otherwise."""

import torch
from lesson15_grpo_mnist.models.actor import action_log_probs
from lesson15_grpo_mnist.rollout.groups import GroupRollout, group_rollout

from course.base.attempt import Attempts

wrong, right = Attempts(), Attempts()

wrong("The answers to an image are drawn without putting back: none comes up twice.", {
    "replacement=True": "replacement=False",
})  # fmt: skip

wrong("The likeliest action is taken each time; answers are to be drawn.", {
    "torch.multinomial(logits.softmax(-1), group_size, replacement=True, generator=generator)":
        "logits.argmax(-1, keepdim=True).expand(-1, group_size)",
})  # fmt: skip

wrong("One answer is drawn for each image and repeated: the answers of a group are all alike.", {
    "torch.multinomial(logits.softmax(-1), group_size, replacement=True, generator=generator)":
        "torch.multinomial(logits.softmax(-1), 1, generator=generator).expand(-1, group_size)",
})  # fmt: skip

wrong("The draws do not come from the generator, but from torch's global random state.", {
    "torch.multinomial(logits.softmax(-1), group_size, replacement=True, generator=generator)":
        "torch.multinomial(logits.softmax(-1), group_size, replacement=True)",
})  # fmt: skip

wrong("The generator is seeded anew: every rollout draws the same answers.", {
    "states = environment.reset(indices)":
        "if generator is not None:\n    generator.manual_seed(0)\nstates = environment.reset(indices)",
})  # fmt: skip

wrong("Every action is drawn with the same probability: the policy has no part in its answers.", {
    "logits.softmax(-1)": "torch.ones_like(logits)",
})  # fmt: skip

wrong("It is drawn from exp(logits), which overflows for large logits; a softmax never does.", {
    "logits.softmax(-1)": "logits.exp()",
})  # fmt: skip

wrong("It is drawn at another temperature than 1, while the log-probabilities are those of temperature 1.", {
    "logits.softmax": "(logits / 2).softmax",
})  # fmt: skip

wrong("Each image goes through the policy once for every answer; once is enough for all G.", {
    "logits = actor(states)": "logits = actor(states.repeat_interleave(group_size, 0))[::group_size]",
})  # fmt: skip

wrong("The policy is called twice, for the draw and again for the log-probabilities.", {
    "action_log_probs(logits, actions)": "action_log_probs(actor(states), actions)",
})  # fmt: skip

wrong("The states are repeated for every answer; a rollout holds each image once.", {
    "GroupRollout(states, actions, action_log_probs(logits, actions), environment.step(actions))":
        "GroupRollout(states.repeat_interleave(group_size, 0), actions, action_log_probs(logits, actions),"
        " environment.step(actions))",
})  # fmt: skip

wrong("The stored log-probabilities still have a gradient: as old ones they are constants.", {"@torch.no_grad()": ""})

wrong("Probabilities are stored where log-probabilities are asked for.", {
    "action_log_probs(logits, actions)": "action_log_probs(logits, actions).exp()",
})  # fmt: skip

wrong("The log-probabilities are those of the likeliest action, not of the actions that were drawn.", {
    "action_log_probs(logits, actions)": "action_log_probs(logits, logits.argmax(-1, keepdim=True).expand_as(actions))",
})  # fmt: skip

wrong("Images that are asked for twice are put together: each index is an episode of its own.", {
    "environment.reset(indices)": "environment.reset(indices.unique())",
})  # fmt: skip

wrong("The rewards come back with their mean subtracted; the advantages are another function's work.", {
    "    return GroupRollout(states, actions, action_log_probs(logits, actions), environment.step(actions))":
        "    rewards = environment.step(actions)\n    rewards = rewards - rewards.mean(1, keepdim=True)\n"
        "    return GroupRollout(states, actions, action_log_probs(logits, actions), rewards)",
})  # fmt: skip

# Right answers written otherwise


@right("a draw for each answer, one after the other")
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


@right("Gumbel noise: the largest of logits and noise is a draw")
def group_rollout(actor, environment, indices, group_size, generator=None):
    states = environment.reset(indices)
    logits = actor(states).detach()
    uniform = torch.rand(len(logits), group_size, logits.shape[1], generator=generator, dtype=torch.float64)
    noise = -(-uniform.clamp(1e-300, 1 - 1e-16).log()).log()
    actions = (logits[:, None].double() + noise).argmax(-1)
    log_probs = action_log_probs(logits, actions).detach()
    return GroupRollout(states, actions, log_probs, environment.step(actions))


@right("the inverse of the cumulated probabilities, image by image")
@torch.no_grad()
def group_rollout(actor, environment, indices, group_size, generator=None):
    states = environment.reset(indices)
    logits = actor(states)
    rows = []
    for p in logits.double().softmax(1):
        uniform = torch.rand(group_size, generator=generator, dtype=torch.float64)
        rows.append(torch.searchsorted(p.cumsum(0), uniform, right=True).clamp(max=len(p) - 1))
    actions = torch.stack(rows)
    logs = torch.log_softmax(logits, 1)
    return GroupRollout(states, actions, torch.take_along_dim(logs, actions, 1), environment.step(actions))
