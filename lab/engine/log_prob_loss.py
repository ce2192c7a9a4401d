"""Log-probabilities and their loss without the (tokens, vocabulary) table of logits.

A vocabulary of 50,000 makes that table the largest thing in training: 4,096 tokens of it are 800 MB in float32, and a
plain backward pass keeps two. Here the head works on a few rows at a time. The loss of a token depends on its own
log-probability alone, so its gradient is known as soon as that is: each chunk's logits serve value and gradient and
are gone (the idea of Liger's fused losses, arXiv 2410.10989).

Shapes: N tokens, h hidden, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

# log-probs of some tokens and their numbers, both (n,) -> their part of the loss
LossOf = Callable[[Tensor, Tensor], Tensor]


def chunk_log_probs(hidden: Tensor, head: Tensor, targets: Tensor, temperature: float) -> tuple[Tensor, Tensor, Tensor]:
    """(log_probs, logits, logsumexp) of one chunk: logit of the target minus logsumexp, in float32 at least."""
    logits = hidden @ head.T  # (n, V)
    logits = logits.to(torch.promote_types(logits.dtype, torch.float32))
    if temperature != 1.0:
        logits = logits / temperature
    total = logits.logsumexp(-1)
    return logits.gather(-1, targets[:, None]).squeeze(-1) - total, logits, total


def chunks(count: int, vocabulary: int, size: int, device: torch.device) -> tuple[Tensor, ...]:
    """The numbers 0 ... count - 1, as many at once as have `size` logits (0: all)."""
    return torch.arange(count, device=device).split(max(1, size // vocabulary) if size else max(1, count))


def chunked_loss(
    hidden: Tensor, head: Tensor, targets: Tensor, temperature: float, loss_of: LossOf, size: int
) -> tuple[Tensor, Tensor]:
    """(loss, log_probs) of N tokens; the gradient of the loss flows to hidden (N, h) and head (V, h).

    loss_of is called chunk by chunk, and its parts are added up. log_probs (N,) are without gradient.
    """
    if size:
        return _ChunkedLoss.apply(hidden, head, targets, temperature, loss_of, size)
    log_probs, _, _ = chunk_log_probs(hidden, head, targets, temperature)
    return loss_of(log_probs, torch.arange(len(targets), device=targets.device)), log_probs.detach()


def chunked_log_probs(hidden: Tensor, head: Tensor, targets: Tensor, temperature: float, size: int) -> Tensor:
    """log_probs (N,), with gradient where one is wanted; without, no more than `size` logits are in memory at once."""
    parts = chunks(len(targets), len(head), size, targets.device)
    return torch.cat([chunk_log_probs(hidden[part], head, targets[part], temperature)[0] for part in parts])


class _ChunkedLoss(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, hidden, head, targets, temperature, loss_of, size):
        grad_hidden, grad_head = torch.empty_like(hidden), torch.zeros_like(head)
        losses, log_probs = [], []
        for part in chunks(len(targets), len(head), size, targets.device):
            rows = slice(int(part[0]), int(part[-1]) + 1)
            chosen, logits, total = chunk_log_probs(hidden[rows], head, targets[rows], temperature)
            with torch.enable_grad():
                chosen.requires_grad_()
                loss = loss_of(chosen, part)
            (gradient,) = torch.autograd.grad(loss, chosen)
            # d log p(target) / d logits = onehot(target) - softmax
            weights = (logits - total[:, None]).exp_().mul_(-gradient[:, None])  # (n, V)
            weights.scatter_add_(1, targets[rows, None], gradient[:, None])
            weights = (weights / temperature if temperature != 1.0 else weights).to(hidden.dtype)
            torch.mm(weights, head, out=grad_hidden[rows])
            grad_head.addmm_(weights.T, hidden[rows])
            losses.append(loss.detach())
            log_probs.append(chosen.detach())
        ctx.save_for_backward(grad_hidden, grad_head)
        together = torch.cat(log_probs)
        ctx.mark_non_differentiable(together)
        return torch.stack(losses).sum(), together

    @staticmethod
    def backward(ctx: Any, grad_loss, _):
        grad_hidden, grad_head = ctx.saved_tensors
        return grad_hidden.mul_(grad_loss), grad_head.mul_(grad_loss), None, None, None, None  # backward runs once
