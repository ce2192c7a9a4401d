"""Exercise 15.3, action_log_probs: what people get wrong, and right answers written otherwise."""

import torch
from lesson15_grpo_mnist.models.actor import action_log_probs

from course.base.attempt import Attempts

wrong, right = Attempts(), Attempts()

wrong("The logarithm is taken of a softmax: it is minus infinity as soon as a probability underflows.", {
    "logits.log_softmax(-1)": "logits.softmax(-1).log()",
})  # fmt: skip

wrong("A small number is added to the probabilities before the logarithm: every value is a little wrong.", {
    "logits.log_softmax(-1)": "(logits.softmax(-1) + 1e-8).log()",
})  # fmt: skip

wrong("These are probabilities; their logarithms are asked for.", {"logits.log_softmax(-1)": "logits.softmax(-1)"})

wrong("The softmax runs over the images; it belongs to the actions of each image.", {
    "logits.log_softmax(-1)": "logits.log_softmax(0)",
})  # fmt: skip

wrong("The logits are looked up as they are: they were never normalised.", {
    "logits.log_softmax(-1).gather": "logits.gather",
})  # fmt: skip

wrong("The sign is that of a cross-entropy: log-probabilities are never positive.", {
    "logits.log_softmax(-1).gather(-1, actions)": "-logits.log_softmax(-1).gather(-1, actions)",
})  # fmt: skip

wrong("Half precision logits are normalised in half precision; at least float32 is asked for.", {
    "logits = logits.to(torch.promote_types(logits.dtype, torch.float32))": "",
})  # fmt: skip

wrong("Double precision logits are cut down to float32.", {
    "torch.promote_types(logits.dtype, torch.float32)": "torch.float32",
})  # fmt: skip

wrong("No gradient flows to the logits: there is nothing that a policy could learn from.", {
    "logits.log_softmax": "logits.detach().log_softmax",
})  # fmt: skip

wrong("The actions of the first image are looked up in every row; each row has its own.", {
    "actions": "actions[:1].expand(len(logits), -1)",
})  # fmt: skip

wrong("The look-up runs along the wrong dimension: it takes other images' rows instead of other actions.", {
    "logits.log_softmax(-1).gather(-1, actions)": "logits.log_softmax(-1).gather(0, actions)",
})  # fmt: skip

wrong("The log-probabilities of a row are added up; each answer is to have its own.", {
    "logits.log_softmax(-1).gather(-1, actions)":
        "logits.log_softmax(-1).gather(-1, actions).sum(-1, keepdim=True).expand(actions.shape)",
})  # fmt: skip

wrong("The row's largest logit is subtracted in place: the caller's logits change.", {
    "logits = logits.to(torch.promote_types(logits.dtype, torch.float32))": """
        logits.detach().sub_(logits.detach().amax(-1, keepdim=True))
        logits = logits.to(torch.promote_types(logits.dtype, torch.float32))
    """,
})  # fmt: skip

wrong("The logits are cut to a small range before they are normalised.", {
    "logits.log_softmax": "logits.clamp(-20, 20).log_softmax",
})  # fmt: skip

# Right answers written otherwise


@right("logsumexp")
def action_log_probs(logits, actions):
    if logits.dtype in (torch.float16, torch.bfloat16):
        logits = logits.float()
    return torch.gather(logits, 1, actions) - torch.logsumexp(logits, dim=1, keepdim=True)


@right("always in double precision, picked by one-hot vectors")
def action_log_probs(logits, actions):
    logs = torch.log_softmax(logits.double(), dim=1)
    picked = torch.nn.functional.one_hot(actions, logits.shape[1]).to(logs)
    return torch.einsum("bga,ba->bg", picked, logs)


@right("a categorical distribution for each column of actions")
def action_log_probs(logits, actions):
    if logits.dtype in (torch.float16, torch.bfloat16):
        logits = logits.float()
    distribution = torch.distributions.Categorical(logits=logits)
    return torch.stack([distribution.log_prob(column) for column in actions.unbind(1)], 1)
