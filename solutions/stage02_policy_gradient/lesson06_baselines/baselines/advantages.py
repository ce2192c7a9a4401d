"""From rewards to advantages: three ways that need no gradient and cost almost nothing.

An advantage is what multiplies the score vector of a sample. All three are constants: no gradient flows through them.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor


def leave_one_out(rewards: Float[Tensor, "prompts samples"]) -> Float[Tensor, "prompts samples"]:
    """Returns each reward minus the mean of the *other* rewards in its row, as a constant.

    Args:
        rewards: row i holds the rewards of the samples for prompt i.

    Raises ValueError if there is one sample for each prompt: it has no others.
    Source: Kool et al., *Buy 4 REINFORCE samples, get a baseline for free!*; Ahmadian et al., arXiv 2402.14740 (RLOO).
    """
    # > The sum of the others is the row's sum minus the sample's own reward. How many others are there?
    samples = rewards.shape[1]
    if samples < 2:
        raise ValueError("leave-one-out needs two or more samples for each prompt")
    rewards = rewards.detach()
    others = (rewards.sum(1, keepdim=True) - rewards) / (samples - 1)
    return rewards - others


class RunningMean:
    """The mean reward of past batches is the baseline of the next one. One object serves a whole training."""

    def __init__(self, decay: float = 0.9):
        self.decay = decay  # how much of the old average remains after a new batch
        self.average = 0.0  # of the batches so far; starts at 0, so it is too small at first
        self.batches = 0  # how many there were

    def advantages(self, rewards: Float[Tensor, "samples"]) -> Float[Tensor, "samples"]:
        """Returns the rewards minus the running mean of the batches *before* this one. Then this batch enters the mean.

        After t batches with mean rewards m_1, ..., m_t, in which a batch counts `decay` times as much as the next one,

            average = decay * average + (1 - decay) * m_t         starting from 0
            running mean = average / (1 - decay^t)                the correction of Adam

        so that after one batch the running mean is m_1. Before the first batch there is no past: the baseline is 0.
        The advantages are constants, and so is the average.
        Sources: the idea, Williams (1992), reinforcement comparison; the correction, Kingma and Ba, arXiv 1412.6980.
        """
        # > The baseline from the state as it is: average / (1 - decay^batches), or 0 before the first batch.
        # > Then update the average and the number of batches.
        rewards = rewards.detach()
        baseline = self.average / (1 - self.decay**self.batches) if self.batches else 0.0
        self.average = self.decay * self.average + (1 - self.decay) * rewards.mean().item()
        self.batches += 1
        return rewards - baseline


def whiten(
    advantages: Float[Tensor, "batch tokens"],
    mask: Bool[Tensor, "batch tokens"],
    eps: float = 1e-4,
) -> Float[Tensor, "batch tokens"]:
    """Returns (advantages - mean) / (std + eps), a constant; mean and std are over all tokens of the batch that count.

    Args:
        advantages: one number for each token. Padding may hold anything.
        mask: which tokens count, at least one. The others get 0.

    std is the square root of the sum of the squared distances from the mean, divided by n - 1, for n tokens that count.
    A single token gets 0. If all advantages are equal, they get 0, up to rounding.
    Source: `masked_whiten` in TRL's PPO trainer (which adds its eps to the variance).
    """
    # > Take the numbers that count out of the rectangle. One number alone: there is no std.
    # > Their mean and std; write the result back to their places.
    counted = advantages.detach()[mask]  # (n,)
    std = counted.std() if len(counted) > 1 else 0.0
    result = torch.zeros_like(advantages)
    result[mask] = (counted - counted.mean()) / (std + eps)
    return result
