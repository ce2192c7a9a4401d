"""REINFORCE as a loss: the return of each token, and the number whose gradient is minus the policy gradient.

B completions, T columns. Column t of a row is one token. The mask is 1 for the tokens of the completion and 0 for those
of the prompt and for padding; the tokens of a completion stand side by side.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor


def reward_to_go(
    rewards: Float[Tensor, "batch tokens"],
    mask: Bool[Tensor, "batch tokens"],
    gamma: float = 1.0,
) -> Float[Tensor, "batch tokens"]:
    """Returns the return of each token: its own reward and all later ones of the same completion.

        G[t] = rewards[t] + gamma * rewards[t + 1] + gamma**2 * rewards[t + 2] + ...

    A token cannot change the rewards before it, so they are left out. Columns outside the mask get 0, and
    their rewards are ignored. (Spinning Up, part 3: "Don't let the past distract you".)

    Args:
        rewards: of each token. Often all are 0 except for the last token of each completion.
        mask: which columns are tokens of the completion.
        gamma: the discount, from 0 to 1. At 1 later rewards count in full.
    """
    # > Go from the last column to the first and carry the return along:
    # > it becomes the column's reward (0 outside the mask) plus gamma times the return of the next column.
    # > Outside the mask the result is 0.
    paid = rewards.where(mask, 0.0)
    returns = torch.zeros_like(paid)
    later = torch.zeros_like(paid[:, 0])  # (B,)
    for t in reversed(range(paid.shape[1])):
        later = paid[:, t] + gamma * later
        returns[:, t] = later
    return returns.where(mask, 0.0)


def reinforce_loss(
    log_probs: Float[Tensor, "batch tokens"],
    mask: Bool[Tensor, "batch tokens"],
    returns: Float[Tensor, "batch tokens"],
) -> Float[Tensor, ""]:
    """Returns the loss whose gradient is minus the sampled policy gradient (Williams 1992).

        loss = -(1 / B) * sum over completions i and their tokens t of returns[i, t] * log_probs[i, t]

    The sum over the tokens of a completion is the logarithm of the completion's probability; it is not divided by the
    number of tokens. The value of the loss says nothing about how good the policy is: only its gradient has a meaning.

    Args:
        log_probs: of the sampled tokens, with gradient to the policy.
        mask: which columns are tokens of the completion. The others do not count, whatever is in `log_probs` there.
        returns: of each token. They are weights: no gradient flows into them.
    """
    # > Each log-probability (0 outside the mask) times its return, without gradient to the return.
    # > Sum over the tokens, mean over the completions, minus sign: an optimizer goes downhill.
    weighted = returns.detach() * log_probs.where(mask, 0.0)  # (B, T)
    return -weighted.sum(1).mean()
