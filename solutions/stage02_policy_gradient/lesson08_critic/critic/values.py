"""The critic: a second model that predicts, before each token, the reward that the answer will still earn.

Its values and its loss. Left out: a critic that shares layers with the policy.
"""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn


def token_values(
    critic: nn.Module, ids: Int[Tensor, "batch prompt+tokens"], prompt_length: int
) -> Float[Tensor, "batch tokens"]:
    """Returns V of each state: what the critic predicts *before* each token of the completion, with gradient to it.

    Args:
        critic: called as `critic(ids)`; returns `.logits` of shape (batch, prompt + tokens, 1). The number at position
            t is predicted from the tokens up to and including t.
        ids: each row is a prompt, then a completion, then padding on the right.
        prompt_length: how many ids each prompt has, at least one.

    Column t is for the completion's token t. The state before it consists of the prompt and the tokens 0 to t - 1.
    Columns of padding hold numbers that mean nothing.
    """
    # > One forward pass. The last dimension has size 1: drop it.
    # > The state before the first token of the completion ends with the last token of the prompt.
    # > No state before a token ends with the last column.
    return critic(ids).logits.squeeze(-1)[:, prompt_length - 1 : -1]


def value_loss(
    values: Float[Tensor, "batch tokens"],
    old_values: Float[Tensor, "batch tokens"],
    returns: Float[Tensor, "batch tokens"],
    mask: Bool[Tensor, "batch tokens"],
    clip: float = 0.2,
) -> Float[Tensor, ""]:
    """Returns PPO's clipped value loss, the mean over the tokens of the mask of

        1/2 max((V - R)^2, (V_clipped - R)^2),   V_clipped = V_old + clamp(V - V_old, -clip, clip).

    Args:
        values: V, of the critic as it is now.
        old_values: V_old, of the critic before the update. No gradient flows to them.
        returns: R, from `gae`. No gradient flows to them.
        mask: true on the tokens of the completions. Padding may hold any number, also NaN.
        clip: how far V may move from V_old before the gradient stops; math.inf switches it off.

    Source: Huang et al., "The 37 Implementation Details of PPO", detail 9.
    """
    # > The two squared errors; the larger one of each token; half of it.
    # > The mean over the tokens of the mask, all rows together.
    old_values, returns = old_values.detach()[mask], returns.detach()[mask]
    values = values[mask]
    clipped = old_values + (values - old_values).clamp(-clip, clip)
    worse = torch.maximum((values - returns).square(), (clipped - returns).square())
    return 0.5 * worse.mean()
