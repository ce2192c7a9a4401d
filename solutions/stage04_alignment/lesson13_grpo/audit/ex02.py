"""Exercise 13.2, compute_grpo_loss: what people get wrong, and right answers written otherwise."""

import math

import torch
from lesson13_grpo.loss.grpo import compute_grpo_loss
from torch import nn

from course.base.attempt import Attempts

wrong, right = Attempts(), Attempts()

wrong("Your weights are equal for all responses: the rewards never enter the softmax.", {
    "(rewards.detach().to(precise) / beta).softmax(0)": "torch.full_like(log_probs, 1 / len(log_probs))",
})  # fmt: skip

wrong("The sign is lost: going down this loss makes good responses less likely.", {
    "return -(weights * log_probs).sum()": "return (weights * log_probs).sum()",
})  # fmt: skip

wrong("The loss is a mean over the group, though the weights sum to one already.", {
    "return -(weights * log_probs).sum()": "return -(weights * log_probs).mean()",
})  # fmt: skip

wrong("You give back one number per response; the loss is their sum, a single number.", {
    "return -(weights * log_probs).sum()": "return -(weights * log_probs)",
})  # fmt: skip

wrong("The loss is a Python number: no gradient can flow back through it.", {
    "return -(weights * log_probs).sum()": "return -(weights * log_probs).sum().item()",
})  # fmt: skip

wrong("The log-probabilities are cut off from their gradient: nothing can be learned from this loss.", {
    "return -(weights * log_probs).sum()": "return -(weights * log_probs.detach()).sum()",
})  # fmt: skip

wrong("You weigh probabilities; the loss is made of log-probabilities.", {
    "return -(weights * log_probs).sum()": "return -(weights * log_probs.exp()).sum()",
})  # fmt: skip

wrong("The logarithm is taken of the weighted sum; each log-probability gets its weight by itself.", {
    "return -(weights * log_probs).sum()": "return -(weights * log_probs.exp()).sum().log()",
})  # fmt: skip

wrong("cross_entropy sends the log-probabilities through a softmax over the group once more.", {
    "return -(weights * log_probs).sum()": "return nn.functional.cross_entropy(log_probs, weights)",
})  # fmt: skip

wrong("This is the KL divergence: it also holds the entropy of the weights, which the loss does not.", {
    "return -(weights * log_probs).sum()": "return nn.functional.kl_div(log_probs, weights, reduction='sum')",
})  # fmt: skip

wrong("Gradient flows into the rewards: the weights must be constants.", {
    "rewards.detach().to(precise) / beta": "rewards.to(precise) / beta",
})  # fmt: skip

wrong("The rewards are multiplied by beta; as a temperature it divides them.", {
    "rewards.detach().to(precise) / beta": "rewards.detach().to(precise) * beta",
})  # fmt: skip

wrong("The rewards are divided by 0.1 whatever beta is.", {
    "rewards.detach().to(precise) / beta": "rewards.detach().to(precise) / 0.1",
})  # fmt: skip

wrong("The softmax is taken of the bare rewards: beta has no effect.", {
    "rewards.detach().to(precise) / beta": "rewards.detach().to(precise)",
})  # fmt: skip

wrong("The rewards enter the softmax with a minus: the worst response gets the largest weight.", {
    "rewards.detach().to(precise) / beta": "-rewards.detach().to(precise) / beta",
})  # fmt: skip

wrong("The rewards are standardized before the softmax, so the weights no longer depend on their scale.", {
    "weights = (rewards.detach().to(precise) / beta).softmax(0).to(log_probs.dtype)": """
        rewards = rewards.detach().to(precise)
        weights = ((rewards - rewards.mean()) / (rewards.std() + 1e-8) / beta).softmax(0).to(log_probs.dtype)
    """,
})  # fmt: skip

wrong("Your weights are standardized rewards, as in the next lesson; here they are a softmax.", {
    "weights = (rewards.detach().to(precise) / beta).softmax(0).to(log_probs.dtype)": """
        rewards = rewards.detach().to(precise)
        weights = ((rewards - rewards.mean()) / (rewards.std() + 1e-8)).to(log_probs.dtype)
    """,
})  # fmt: skip

wrong("The mean weight 1/G is taken off the weights; here they are the plain softmax and sum to one.", {
    "weights * log_probs": "(weights - 1 / len(weights)) * log_probs",
})  # fmt: skip

wrong("The rewards are divided by their sum: this is not a softmax, and beta has no part in it.", {
    "weights = (rewards.detach().to(precise) / beta).softmax(0).to(log_probs.dtype)":
        "rewards = rewards.detach().to(precise)\nweights = (rewards / rewards.sum()).to(log_probs.dtype)",
})  # fmt: skip

wrong("Your weights are the bare rewards: they never go through a softmax.", {
    "(rewards.detach().to(precise) / beta).softmax(0)": "rewards.detach()",
})  # fmt: skip

wrong("Your weights are the rewards less their mean, with no softmax: bad responses are pushed down.", {
    "(rewards.detach().to(precise) / beta).softmax(0)":
        "(rewards.detach().to(precise) - rewards.detach().to(precise).mean())",
})  # fmt: skip

wrong("The loss is multiplied by beta; beta has its place in the weights alone.", {
    "return -(weights * log_probs).sum()": "return -beta * (weights * log_probs).sum()",
})  # fmt: skip

wrong("The best responses share all the weight, as if beta were almost 0; the others get a share, too.", {
    "(rewards.detach().to(precise) / beta).softmax(0)":
        "(lambda best: best / best.sum())((rewards == rewards.max()).to(precise))",
})  # fmt: skip

wrong("Each weight is a sigmoid of its own reward; a softmax shares one unit among the whole group.", {
    "(rewards.detach().to(precise) / beta).softmax(0)": "(rewards.detach().to(precise) / beta).sigmoid()",
})  # fmt: skip

wrong("Your weights are logarithms: this is a log-softmax where a softmax belongs.", {
    "(rewards.detach().to(precise) / beta).softmax": "(rewards.detach().to(precise) / beta).log_softmax",
})  # fmt: skip

wrong("All the weight goes to one best response; even where rewards are equal the others get nothing.", {
    "(rewards.detach().to(precise) / beta).softmax(0)": "nn.functional.one_hot(rewards.argmax(), len(rewards))",
})  # fmt: skip

wrong("The roles are swapped: the softmax is of the rewards, and it weighs the log-probabilities.", {
    "(rewards.detach().to(precise) / beta).softmax(0)": "(log_probs.to(precise) / beta).softmax(0)",
    "weights * log_probs": "weights * rewards.detach().to(log_probs.dtype)",
})  # fmt: skip

wrong("The model's own log-probabilities enter the softmax; the weights are made of the rewards alone.", {
    "(rewards.detach().to(precise) / beta).softmax(0)":
        "(rewards.detach().to(precise) / beta + log_probs.detach()).softmax(0)",
})  # fmt: skip

wrong("The softmax is written out as exp / sum, which overflows for large rewards.", {
    "(rewards.detach().to(precise) / beta).softmax(0)":
        "(lambda shares: shares / shares.sum())((rewards.detach().to(precise) / beta).exp())",
})  # fmt: skip

wrong("The exponents are cut at a limit against overflow, so all large rewards count alike.", {
    "(rewards.detach().to(precise) / beta).softmax(0)":
        "(rewards.detach().to(precise) / beta).clamp(-80.0, 80.0).softmax(0)",
})  # fmt: skip

wrong("The division by beta is done in half precision, where 1e4 / 0.1 is infinite.", {
    "rewards.detach().to(precise) / beta": "rewards.detach() / beta",
})  # fmt: skip

wrong("The weights keep the dtype of the rewards: half precision overflows, and the loss gets a wrong dtype.", {
    "(rewards.detach().to(precise) / beta).softmax(0).to(log_probs.dtype)": "(rewards.detach() / beta).softmax(0)",
})  # fmt: skip

wrong("The weights of half-precision log_probs stay float32, and so the loss does not have their dtype.", {
    "(rewards.detach().to(precise) / beta).softmax(0).to(log_probs.dtype)":
        "(rewards.detach().to(precise) / beta).softmax(0)",
})  # fmt: skip

wrong("Rewards in double precision are cut down to float32, where close rewards become equal.", {
    "torch.promote_types(log_probs.dtype, torch.float32)": "torch.float32",
})  # fmt: skip

wrong("Rewards are changed in place: whoever called you holds the changed ones now.", {
    "precise = torch.promote_types(log_probs.dtype, torch.float32)":
        "rewards -= rewards.max()\nprecise = torch.promote_types(log_probs.dtype, torch.float32)",
})  # fmt: skip

wrong("A group of equal rewards is skipped, but it trains as well: each response has the weight 1/G.", {
    "precise = torch.promote_types(log_probs.dtype, torch.float32)": """
        if len(rewards) > 1 and (rewards == rewards[0]).all():
            return 0.0 * log_probs.sum()
        precise = torch.promote_types(log_probs.dtype, torch.float32)
    """,
})  # fmt: skip

wrong("A group of one response is refused, but it has a loss: its weight is 1.", {
    "len(log_probs) == 0": "len(log_probs) < 2",
})  # fmt: skip

wrong("An infinite beta is refused, but it has a meaning: all responses count alike.", {
    "beta > 0": "0 < beta < float('inf')",
})  # fmt: skip

wrong("The arguments are not checked at all; wrong ones must raise a ValueError.", {
    '(("log_probs", log_probs), ("rewards", rewards))': "()",
    "len(log_probs) != len(rewards)": "False",
    "len(log_probs) == 0": "False",
    "not beta > 0": "False",
})  # fmt: skip

wrong("beta is never checked, and at 0 the rewards are divided by zero.", {"not beta > 0": "False"})

wrong("Your check of beta lets 0 pass, and the rewards are divided by zero.", {"beta > 0": "beta >= 0"})

wrong("Your check of beta lets a NaN pass: every comparison with NaN is false.", {"not beta > 0": "beta <= 0"})

wrong("Your check of beta lets negative numbers pass, which turn the ranking of the rewards round.", {
    "not beta > 0": "beta == 0 or beta != beta",
})  # fmt: skip

wrong("A beta that is not positive is quietly replaced by a small one; it must be refused.", {
    'raise ValueError(f"beta must be greater than 0, not {beta}")': "beta = 1e-8",
})  # fmt: skip

wrong("Your error about beta does not name it: its message must say beta.", {
    'f"beta must be greater than 0, not {beta}"': '"the temperature must be greater than 0"',
})  # fmt: skip

wrong("The number of dimensions is not checked: a column against a row broadcasts to a square of products.", {
    "value.ndim != 1": "value.ndim == 0",
})  # fmt: skip

wrong("The lengths are not compared: a single reward is silently spread over all responses.", {
    "len(log_probs) != len(rewards)": "False",
})  # fmt: skip

wrong("An empty group passes as a loss of 0; it must be refused.", {"len(log_probs) == 0": "False"})

wrong("Wrong arguments raise an AssertionError; the docstring asks for a ValueError.", {
    'raise ValueError(f"{name} must have one dimension, the group; its shape is {tuple(value.shape)}")':
        'raise AssertionError(f"{name} must have one dimension, the group; its shape is {tuple(value.shape)}")',
    'raise ValueError(f"rewards must be as many as log_probs, not {len(rewards)} for {len(log_probs)}")':
        'raise AssertionError(f"rewards must be as many as log_probs, not {len(rewards)} for {len(log_probs)}")',
    'raise ValueError("log_probs and rewards are empty: a group has at least one response")':
        'raise AssertionError("log_probs and rewards are empty: a group has at least one response")',
    'raise ValueError(f"beta must be greater than 0, not {beta}")':
        'raise AssertionError(f"beta must be greater than 0, not {beta}")',
})  # fmt: skip

wrong("Your error about a wrong shape does not say which argument has it.", {
    'f"{name} must have one dimension, the group; its shape is {tuple(value.shape)}"': '"one dimension expected"',
})  # fmt: skip

# Right answers written otherwise


def complain_about(log_probs, rewards, beta):
    if rewards.dim() != 1:
        raise ValueError("rewards: want shape (G,)")
    if log_probs.dim() != 1:
        raise ValueError("log_probs: want shape (G,)")
    if log_probs.numel() != rewards.numel() or not log_probs.numel():
        raise ValueError("as many rewards as responses, and at least one")
    if math.isnan(beta) or beta <= 0.0:
        raise ValueError("Beta is a temperature, and so positive")


@right("log-softmax and a dot product")
def compute_grpo_loss(log_probs, rewards, beta=0.1):
    if log_probs.dim() != 1 or rewards.dim() != 1:
        raise ValueError("log_probs and rewards must have one dimension")
    if log_probs.numel() != rewards.numel() or not log_probs.numel():
        raise ValueError("log_probs and rewards must be equally many, and not empty")
    if not beta > 0.0:
        raise ValueError("beta must be positive")
    with torch.no_grad():
        w = torch.log_softmax(rewards.double() / beta, dim=0).exp()
    return -torch.dot(log_probs.double(), w).to(log_probs.dtype)


@right("Python numbers and a loop")
def compute_grpo_loss(log_probs, rewards, beta=0.1):
    complain_about(log_probs, rewards, beta)
    scores = [reward / beta for reward in rewards.tolist()]
    shares = [math.exp(score - max(scores)) for score in scores]
    loss = torch.zeros((), dtype=torch.float64)
    for share, log_prob in zip(shares, log_probs, strict=True):
        loss = loss - share / math.fsum(shares) * log_prob.double()
    return loss.to(log_probs.dtype)


@right("pairwise: one over the sum of exp(differences)")
def compute_grpo_loss(log_probs, rewards, beta=0.1):
    complain_about(log_probs, rewards, beta)
    rewards = rewards.detach().double()
    weights = 1 / ((rewards[None, :] - rewards[:, None]) / beta).exp().sum(dim=1)
    return (torch.einsum("i,i->", weights, log_probs.double()) * -1).to(log_probs.dtype)


@right("the largest reward taken off, in place on a copy")
def compute_grpo_loss(log_probs, rewards, beta=0.1):
    complain_about(log_probs, rewards, beta)
    dtype = torch.float64 if log_probs.dtype == torch.float64 else torch.float32
    shares = rewards.detach().clone().to(dtype)
    shares -= shares.max()
    shares.div_(beta).exp_()
    return ((-log_probs).to(dtype) @ shares / shares.sum()).to(log_probs.dtype)


@right("cross-entropy, with the normalization that it adds taken off again")
def compute_grpo_loss(log_probs, rewards, beta=0.1):
    complain_about(log_probs, rewards, beta)
    exact = log_probs.double()
    weights = nn.functional.softmax(rewards.detach().double() / beta, dim=-1)
    return (nn.functional.cross_entropy(exact, weights) - exact.logsumexp(0)).to(log_probs.dtype)
