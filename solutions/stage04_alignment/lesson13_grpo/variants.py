"""Right answers written in other ways than the reference's; see tutorial/CONTRIBUTING.md."""

import math

import torch
from torch import nn

from lab.attempts import Attempts

right = Attempts()


def complain_about(log_probs, rewards, beta):
    if rewards.dim() != 1:
        raise ValueError("rewards: want shape (G,)")
    if log_probs.dim() != 1:
        raise ValueError("log_probs: want shape (G,)")
    if log_probs.numel() != rewards.numel() or not log_probs.numel():
        raise ValueError("as many rewards as responses, and at least one")
    if math.isnan(beta) or beta <= 0.0:
        raise ValueError("Beta is a temperature, and so positive")


# 13.2 compute_grpo_loss


@right("13.2", "log-softmax and a dot product")
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


@right("13.2", "Python numbers and a loop")
def compute_grpo_loss(log_probs, rewards, beta=0.1):  # noqa: F811
    complain_about(log_probs, rewards, beta)
    scores = [reward / beta for reward in rewards.tolist()]
    shares = [math.exp(score - max(scores)) for score in scores]
    loss = torch.zeros((), dtype=torch.float64)
    for share, log_prob in zip(shares, log_probs, strict=True):
        loss = loss - share / math.fsum(shares) * log_prob.double()
    return loss.to(log_probs.dtype)


@right("13.2", "pairwise: one over the sum of exp(differences)")
def compute_grpo_loss(log_probs, rewards, beta=0.1):  # noqa: F811
    complain_about(log_probs, rewards, beta)
    rewards = rewards.detach().double()
    weights = 1 / ((rewards[None, :] - rewards[:, None]) / beta).exp().sum(dim=1)
    return (torch.einsum("i,i->", weights, log_probs.double()) * -1).to(log_probs.dtype)


@right("13.2", "the largest reward taken off, in place on a copy")
def compute_grpo_loss(log_probs, rewards, beta=0.1):  # noqa: F811
    complain_about(log_probs, rewards, beta)
    dtype = torch.float64 if log_probs.dtype == torch.float64 else torch.float32
    shares = rewards.detach().clone().to(dtype)
    shares -= shares.max()
    shares.div_(beta).exp_()
    return ((-log_probs).to(dtype) @ shares / shares.sum()).to(log_probs.dtype)


@right("13.2", "cross-entropy, with the normalization that it adds taken off again")
def compute_grpo_loss(log_probs, rewards, beta=0.1):  # noqa: F811
    complain_about(log_probs, rewards, beta)
    exact = log_probs.double()
    weights = nn.functional.softmax(rewards.detach().double() / beta, dim=-1)
    return (nn.functional.cross_entropy(exact, weights) - exact.logsumexp(0)).to(log_probs.dtype)


# 13.4 sequence_log_probs


@right("13.4", "each response by itself, without padding")
def sequence_log_probs(model, prompt_ids, response_ids, temperature=1.0):
    sums = []
    for response in response_ids:
        logits = model(torch.cat([prompt_ids, response])[None]).logits[0, len(prompt_ids) - 1 : -1]
        if logits.dtype in (torch.float16, torch.bfloat16):
            logits = logits.float()
        log_probs = torch.log_softmax(logits / temperature, dim=-1)
        sums.append(log_probs[torch.arange(len(response)), response].sum())
    return torch.stack(sums)


@right("13.4", "cross-entropy, which ignores labels of -100, in double precision")
def sequence_log_probs(model, prompt_ids, response_ids, temperature=1.0):  # noqa: F811
    longest = max(len(response) for response in response_ids)
    ids = torch.ones(len(response_ids), len(prompt_ids) + longest, dtype=torch.long)  # padded with token 1
    labels = torch.full_like(ids, -100)
    for row, response in enumerate(response_ids):
        end = len(prompt_ids) + len(response)
        ids[row, :end] = torch.cat([prompt_ids, response])
        labels[row, len(prompt_ids) : end] = response
    logits = model(ids).logits[:, :-1].double() / temperature
    return -nn.functional.cross_entropy(logits.transpose(1, 2), labels[:, 1:], reduction="none").sum(1)


@right("13.4", "token by token, as it is sampled")
def sequence_log_probs(model, prompt_ids, response_ids, temperature=1.0):  # noqa: F811
    result = []
    for response in response_ids:
        total, so_far = 0.0, prompt_ids.tolist()
        for token in response.tolist():
            logits = model(torch.tensor([so_far])).logits[0, -1]
            logits = logits.to(torch.promote_types(logits.dtype, torch.float32)) / temperature
            total = total + logits[token] - logits.logsumexp(0)
            so_far.append(token)
        result.append(total)
    return torch.stack(result)


@right("13.4", "logits less their logsumexp, picked with one-hot vectors, the mask as a factor")
def sequence_log_probs(model, prompt_ids, response_ids, temperature=1.0):  # noqa: F811
    lengths = torch.tensor([r.shape[0] for r in response_ids])
    responses = torch.stack([nn.functional.pad(r, (0, int(lengths.max()) - r.shape[0])) for r in response_ids])
    ids = torch.cat([prompt_ids.expand(len(response_ids), -1), responses], dim=1)
    logits = model(ids).logits[:, prompt_ids.shape[0] - 1 : -1]
    logits = logits * 1.0 if logits.dtype == torch.float64 else logits.to(torch.float32)
    logits = logits / temperature
    log_probs = logits - logits.logsumexp(dim=-1, keepdim=True)
    chosen = torch.einsum("gtv,gtv->gt", log_probs, nn.functional.one_hot(responses, logits.shape[-1]).to(logits.dtype))
    return (chosen * (torch.arange(responses.shape[1]) < lengths[:, None])).sum(dim=1)


@right("13.4", "all responses flattened to one list of tokens, summed back by index_add")
def sequence_log_probs(model, prompt_ids, response_ids, temperature=1.0):  # noqa: F811
    rows = nn.utils.rnn.pad_sequence([torch.cat([prompt_ids, r]) for r in response_ids], batch_first=True)
    owner = torch.cat([torch.full((len(r),), i) for i, r in enumerate(response_ids)])
    place = torch.cat([torch.arange(len(r)) for r in response_ids]) + len(prompt_ids) - 1
    logits = model(rows).logits[owner, place]
    logits = logits.to(torch.promote_types(logits.dtype, torch.float32)) / temperature
    token_log_probs = logits.log_softmax(-1).gather(1, torch.cat(response_ids)[:, None])[:, 0]
    return token_log_probs.new_zeros(len(response_ids)).index_add(0, owner, token_log_probs)
