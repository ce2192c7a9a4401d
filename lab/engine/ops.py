"""Three pieces of a Llama layer with backward passes of their own: fewer operations, and fewer tables kept for them."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F


def pairs(x: Tensor) -> Tensor:
    """Each pair of neighbours in the last dimension as a complex number: (..., D) -> (..., D / 2), the same memory."""
    return torch.view_as_complex(x.view(*x.shape[:-1], -1, 2))


def rotate(x: Tensor, turns: Tensor) -> Tensor:
    """Rotary position embedding (Su et al., arXiv 2104.09864): each pair, a complex number, times a number of absolute
    value 1 that depends on its position. turns: complex, broadcast against pairs(x)."""
    return torch.view_as_real(pairs(x) * turns).flatten(-2)


def rms_norm(x: Tensor, weight: Tensor, eps: float) -> Tensor:
    """RMSNorm of x (N, h); torch's own where no gradient is wanted."""
    if torch.is_grad_enabled():
        return RMSNorm.apply(x, weight, eps)
    return F.rms_norm(x, weight.shape, weight.to(x.dtype), eps)


def swiglu(gate_up: Tensor) -> Tensor:
    """silu(gate) * up of both beside each other (N, 2 * width)."""
    if torch.is_grad_enabled():
        return SwiGLU.apply(gate_up)
    gate, up = gate_up.chunk(2, dim=-1)
    return F.silu(gate).mul_(up)


class RMSNorm(torch.autograd.Function):
    """y = x * r * weight with r = 1 / sqrt(mean(x^2) + eps) (Zhang and Sennrich, arXiv 1910.07467); x (N, h).

    With z = x * r:  d weight = sum over rows of g * z;  d x = r * (g * weight - z * mean(g * weight * z)).
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, eps: float) -> Tensor:
        wide = x.to(torch.promote_types(x.dtype, torch.float32))
        r = torch.linalg.vector_norm(wide, dim=-1, keepdim=True).square_().div_(x.shape[-1]).add_(eps).rsqrt_()
        ctx.save_for_backward(x, weight, r)
        return (wide * r).mul_(weight).to(x.dtype)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor, Tensor, None]:
        x, weight, r = ctx.saved_tensors
        g, z, wide = g.to(r.dtype), x * r, weight.to(r.dtype)
        products = g * z
        mean = (products @ wide).div_(len(weight))[:, None]
        return (g * wide).sub_(z.mul_(mean)).mul_(r).to(x.dtype), products.sum(0).to(weight.dtype), None


class SwiGLU(torch.autograd.Function):
    """silu(gate) * up (Shazeer, arXiv 2002.05202), of both beside each other (N, 2 * width). silu(gate) is not kept."""

    @staticmethod
    def forward(ctx: Any, gate_up: Tensor) -> Tensor:
        ctx.save_for_backward(gate_up)
        gate, up = gate_up.chunk(2, dim=-1)
        return F.silu(gate).mul_(up)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (gate_up,) = ctx.saved_tensors
        gate, up = gate_up.chunk(2, dim=-1)
        result = torch.empty_like(gate_up)
        of_gate, of_up = result.chunk(2, dim=-1)
        torch.mul(F.silu(gate), g, out=of_up)
        torch.ops.aten.silu_backward.grad_input(g * up, gate, grad_input=of_gate)
        return result
