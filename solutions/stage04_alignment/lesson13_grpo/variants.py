"""Right answers written in other ways than the reference's; see tutorial/CONTRIBUTING.md."""

import torch

from lab.attempts import Attempts

right = Attempts()


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
