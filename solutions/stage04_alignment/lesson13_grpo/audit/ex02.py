"""Exercise 13.2, compute_grpo_loss: what people get wrong, other right answers, and the shortest right one."""

import math

import torch
from torch import nn

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

wrong("Your weights are equal for all responses: the rewards never enter the softmax.", {
    "(rewards.detach() / beta).softmax(0)": "torch.full_like(log_probs, 1 / len(log_probs))",
})  # fmt: skip

wrong("The sign is lost: a step down this loss makes good responses less likely.", {
    "return -(weights * log_probs).sum()": "return (weights * log_probs).sum()",
})  # fmt: skip

wrong("The loss is a mean over the group, though the weights sum to one already.", {
    "return -(weights * log_probs).sum()": "return -(weights * log_probs).mean()",
})  # fmt: skip

wrong("You return one number per response; the loss is their sum, a single number.", {
    "return -(weights * log_probs).sum()": "return -(weights * log_probs)",
})  # fmt: skip

wrong("The loss is a Python number: no gradient can flow back through it.", {
    "return -(weights * log_probs).sum()": "return -(weights * log_probs).sum().item()",
})  # fmt: skip

wrong("The log-probabilities are detached: nothing can be learned from this loss.", {
    "return -(weights * log_probs).sum()": "return -(weights * log_probs.detach()).sum()",
})  # fmt: skip

wrong("The loss is always 0: it does not depend on the log-probabilities, so nothing can be learned from it.", {
    "return -(weights * log_probs).sum()": "return 0 * log_probs.sum()",
})  # fmt: skip

wrong("You weigh probabilities; the loss is made of log-probabilities.", {
    "return -(weights * log_probs).sum()": "return -(weights * log_probs.exp()).sum()",
})  # fmt: skip

wrong("The logarithm is taken of the weighted sum; each log-probability gets its weight by itself.", {
    "return -(weights * log_probs).sum()": "return -(weights * log_probs.exp()).sum().log()",
})  # fmt: skip

wrong("cross_entropy applies a softmax over the group to the log-probabilities.", {
    "return -(weights * log_probs).sum()": "return nn.functional.cross_entropy(log_probs, weights)",
})  # fmt: skip

wrong("This is the KL divergence: it also contains the entropy of the weights, which the loss does not.", {
    "return -(weights * log_probs).sum()": "return nn.functional.kl_div(log_probs, weights, reduction='sum')",
})  # fmt: skip

wrong("Gradient flows into the rewards: the weights must be constants.", {"rewards.detach() / beta": "rewards / beta"})

wrong("The rewards are multiplied by beta; as a temperature, beta divides them.", {
    "rewards.detach() / beta": "rewards.detach() * beta",
})  # fmt: skip

wrong("The rewards are divided by 0.1, whatever beta is.", {"rewards.detach() / beta": "rewards.detach() / 0.1"})

wrong("The softmax is taken of the bare rewards: beta has no effect.", {
    "rewards.detach() / beta": "rewards.detach().float()",
})  # fmt: skip

wrong("The rewards enter the softmax with a minus: the worst response gets the largest weight.", {
    "rewards.detach() / beta": "-rewards.detach() / beta",
})  # fmt: skip

wrong("The rewards are standardized before the softmax, so the weights no longer depend on their scale.", {
    "weights = (rewards.detach() / beta).softmax(0)": """
        rewards = rewards.detach().float()
        weights = ((rewards - rewards.mean()) / (rewards.std() + 1e-8) / beta).softmax(0)
    """,
})  # fmt: skip

wrong("Your weights are standardized rewards, as in the next lesson; here they are a softmax.", {
    "weights = (rewards.detach() / beta).softmax(0)": """
        rewards = rewards.detach().float()
        weights = (rewards - rewards.mean()) / (rewards.std() + 1e-8)
    """,
})  # fmt: skip

wrong("1/G is subtracted from the weights; here they are the plain softmax and sum to one.", {
    "weights * log_probs": "(weights - 1 / len(weights)) * log_probs",
})  # fmt: skip

wrong("The rewards are divided by their sum: this is not a softmax, and beta has no part in it.", {
    "(rewards.detach() / beta).softmax(0)": "rewards.detach() / rewards.detach().sum()",
})  # fmt: skip

wrong("Your weights are the bare rewards: they never go through a softmax.", {
    "(rewards.detach() / beta).softmax(0)": "rewards.detach()",
})  # fmt: skip

wrong("The loss is multiplied by beta; beta belongs in the weights only.", {
    "return -(weights * log_probs).sum()": "return -beta * (weights * log_probs).sum()",
})  # fmt: skip

wrong("Each weight is a sigmoid of its own reward; a softmax shares one unit among the whole group.", {
    "(rewards.detach() / beta).softmax(0)": "(rewards.detach() / beta).sigmoid()",
})  # fmt: skip

wrong("Your weights are logarithms: this is a log-softmax instead of a softmax.", {
    "(rewards.detach() / beta).softmax(0)": "(rewards.detach() / beta).log_softmax(0)",
})  # fmt: skip

wrong("One best response gets all the weight; even if rewards are equal, the others get nothing.", {
    "(rewards.detach() / beta).softmax(0)": "nn.functional.one_hot(rewards.argmax(), len(rewards))",
})  # fmt: skip

wrong("The model's own log-probabilities enter the softmax; the weights are made of the rewards only.", {
    "(rewards.detach() / beta).softmax(0)": "(rewards.detach() / beta + log_probs.detach()).softmax(0)",
})  # fmt: skip

wrong("A group of equal rewards is skipped, but it trains as well: each response has the weight 1/G.", {
    "weights = (rewards.detach() / beta).softmax(0)": """
        if len(rewards) > 1 and (rewards == rewards[0]).all():
            return 0.0 * log_probs.sum()
        weights = (rewards.detach() / beta).softmax(0)
    """,
})  # fmt: skip

wrong("The softmax is written out as exp / sum, which overflows for large rewards.", {
    "(rewards.detach() / beta).softmax(0)":
        "(rewards.detach() / beta).exp() / (rewards.detach() / beta).exp().sum()",
})  # fmt: skip

wrong("Rewards are changed in place: the caller holds the changed ones now.", {
    "weights = (rewards.detach() / beta).softmax(0)":
        "rewards -= rewards.max()\nweights = (rewards.detach() / beta).softmax(0)",
})  # fmt: skip

wrong("A group of one response is refused, but it has a loss: its weight is 1.", {
    "len(rewards) == 0": "len(rewards) < 2",
})  # fmt: skip

wrong("Nothing is checked: a column times a row, for example, broadcasts to a square of products.", {
    "log_probs.ndim != 1 or log_probs.shape != rewards.shape or len(rewards) == 0": "False",
    "beta <= 0": "False",
})  # fmt: skip

wrong("Shapes are not checked: a column times a row broadcasts to a square of products.", {
    "log_probs.ndim != 1 or log_probs.shape != rewards.shape or len(rewards) == 0": "False",
})  # fmt: skip

wrong("beta is not checked: 0 divides by zero, and a negative one turns the ranking of the rewards round.", {
    "beta <= 0": "False",
})  # fmt: skip


def check(log_probs, rewards, beta):
    if rewards.dim() != 1 or log_probs.dim() != 1 or log_probs.numel() != rewards.numel() or not log_probs.numel():
        raise ValueError("two lists of equal length are needed")
    if not beta > 0:
        raise ValueError("a temperature is positive")


@right("log-softmax and a dot product, in double precision")
def compute_grpo_loss(log_probs, rewards, beta=0.1):
    check(log_probs, rewards, beta)
    with torch.no_grad():
        w = torch.log_softmax(rewards.double() / beta, dim=0).exp()
    return -torch.dot(log_probs.double(), w)


@right("Python numbers and a loop")
def compute_grpo_loss(log_probs, rewards, beta=0.1):
    check(log_probs, rewards, beta)
    scores = [reward / beta for reward in rewards.tolist()]
    shares = [math.exp(score - max(scores)) for score in scores]
    return sum(-share / math.fsum(shares) * log_prob for share, log_prob in zip(shares, log_probs, strict=True))


@right("cross-entropy, with the normalization that it adds taken off again, in single precision")
def compute_grpo_loss(log_probs, rewards, beta=0.1):
    check(log_probs, rewards, beta)
    weights = nn.functional.softmax(rewards.detach().float() / beta, dim=-1)
    return nn.functional.cross_entropy(log_probs.float(), weights) - log_probs.float().logsumexp(0)


@core("three lines")
def compute_grpo_loss(log_probs, rewards, beta=0.1):
    return -((rewards.detach() / beta).softmax(0) * log_probs).sum()
