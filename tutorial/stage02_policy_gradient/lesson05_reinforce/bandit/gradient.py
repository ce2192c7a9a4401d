"""The policy gradient of a bandit with a few arms, written by hand: exactly, and from draws. No autograd, no model.

    pi = softmax(logits)        J = sum_k pi[k] * rewards[k]

J is the expected reward. Both functions are about its gradient to the logits.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor


def exact_gradient(logits: Float[Tensor, "arms"], rewards: Float[Tensor, "arms"]) -> Float[Tensor, "arms"]:
    """Returns dJ/dlogits, the gradient of the expected reward.

    Entry k is pi[k] * (rewards[k] - J): the logit of an arm rises if the arm pays more than the policy does on average.
    Write the formula down; autograd is not needed. (Sutton and Barto, section 2.8.)

    Args:
        logits: one number for each arm; the policy is their softmax.
        rewards: what each arm pays. It is the same at every draw.
    """
    # The probability of each arm; the expected reward J.
    # Each arm's reward minus J, times its probability.
    raise NotImplementedError("not written yet: exercise 05.1, bandit/gradient.py:exact_gradient")


def sampled_gradients(
    logits: Float[Tensor, "arms"],
    actions: Int[Tensor, "draws"],
    rewards: Float[Tensor, "draws"],
) -> Float[Tensor, "draws arms"]:
    """Returns one estimate of the policy gradient for each draw. Their mean over many draws tends to `exact_gradient`.

    Row i is rewards[i] * d log pi[actions[i]] / dlogits, and that derivative is onehot(actions[i]) - pi. This is
    REINFORCE (Williams 1992) for one action. Nothing here knows what the other arms would have paid.

    Args:
        logits: one number for each arm; the policy is their softmax.
        actions: which arm was drawn from the policy, from 0 on.
        rewards: what each draw paid.
    """
    # The probability of each arm.
    # For each draw: 1 at the arm that was drawn and 0 elsewhere, minus the probabilities.
    # Multiply the row of each draw with its reward.
    raise NotImplementedError("not written yet: exercise 05.2, bandit/gradient.py:sampled_gradients")
