"""The clipped objective of PPO, token by token. Masks, averages and micro-batches are lesson 14's."""

import torch
from jaxtyping import Float
from torch import Tensor


def clipped_objective(
    ratio: Float[Tensor, "..."],
    advantages: Float[Tensor, "..."],
    low: float = 0.2,
    high: float = 0.2,
) -> Float[Tensor, "..."]:
    """Returns min(ratio * A, clip(ratio, 1 - low, 1 + high) * A) for each token. Training *raises* it.

    Args:
        ratio: new / old probability of each token; the gradient flows through it.
        advantages: A, of the same shape; negative if the answer of this token was worse than expected. Constants: no
            gradient flows to them.
        low, high: a ratio below 1 - low or above 1 + high is clipped. With low = high = math.inf nothing is.

    Source: Schulman et al., Proximal Policy Optimization Algorithms, arXiv 1707.06347, equation 7.
    """
    # > Two products: with the ratio, and with the clipped ratio. The smaller one for each token.
    advantages = advantages.detach()
    return torch.minimum(ratio * advantages, ratio.clamp(1 - low, 1 + high) * advantages)
