"""Exercise 15.3, action_log_probs: what people get wrong, right answers written otherwise, and the core variant."""

import torch
from lesson15_grpo_mnist.models.actor import action_log_probs

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

wrong("log(softmax) is minus infinity when a probability underflows to 0. log_softmax is not.", {
    "logits.log_softmax(-1)": "logits.softmax(-1).log()",
})  # fmt: skip

wrong("The result holds probabilities, not their logarithms.", {"logits.log_softmax(-1)": "logits.softmax(-1)"})

wrong("The softmax runs over the images. It must run over the actions of each image.", {
    "logits.log_softmax(-1)": "logits.log_softmax(0)",
})  # fmt: skip

wrong("The logits are looked up without normalising them.", {"logits.log_softmax(-1).gather": "logits.gather"})

wrong("The sign is that of a cross-entropy. Log-probabilities are never positive.", {
    "logits.log_softmax(-1).gather(-1, actions)": "-logits.log_softmax(-1).gather(-1, actions)",
})  # fmt: skip

wrong(
    "No gradient flows to the logits, so the policy cannot learn.",
    {"logits.log_softmax": "logits.detach().log_softmax"},
)

wrong("Every row looks up the actions of the first image. Each row has its own actions.", {
    "actions": "actions[:1].expand(len(logits), -1)",
})  # fmt: skip

wrong("The log-probabilities of a row are added up. Each answer has its own.", {
    "logits.log_softmax(-1).gather(-1, actions)":
        "logits.log_softmax(-1).gather(-1, actions).sum(-1, keepdim=True).expand(actions.shape)",
})  # fmt: skip


@right("logsumexp")
def action_log_probs(logits, actions):
    return torch.gather(logits, 1, actions) - torch.logsumexp(logits, dim=1, keepdim=True)


@right("a categorical distribution for each column of actions")
def action_log_probs(logits, actions):
    distribution = torch.distributions.Categorical(logits=logits)
    return torch.stack([distribution.log_prob(column) for column in actions.unbind(1)], 1)


@core("softmax first")
def action_log_probs(logits, actions):
    return logits.softmax(-1).gather(-1, actions).log()
