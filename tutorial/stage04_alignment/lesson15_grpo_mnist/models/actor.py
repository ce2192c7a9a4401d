"""The policy: an image in, a probability for each digit out.

It is what a language model is to GRPO, without the language: one state, one "token" from a vocabulary of ten, the
end. Left out on purpose: convolutions, dropout, normalisation. They are better at digits, and teach nothing here.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn


class Actor(nn.Module):
    """pixels -> hidden -> hidden -> actions: three nn.Linear with bias, ReLU between them, none at the end.

    The layers are made (and therefore found in `parameters()`) in the order in which the data passes them, with
    PyTorch's own initial values.
    """

    def __init__(self, pixels: int = 784, hidden: int = 128, actions: int = 10):
        # Three linear layers with ReLU between them.
        raise NotImplementedError("not written yet: exercise 15.2, models/actor.py:Actor")

    def forward(self, states: Float[Tensor, "batch pixels"]) -> Float[Tensor, "batch actions"]:
        """The logits of a categorical distribution over the actions: any real numbers, not yet probabilities."""
        # Through the layers. No softmax: log-softmax comes later, once and in a numerically safe way.
        raise NotImplementedError("not written yet: exercise 15.2, models/actor.py:Actor")


def action_log_probs(
    logits: Float[Tensor, "batch actions"], actions: Int[Tensor, "batch group"]
) -> Float[Tensor, "batch group"]:
    """log pi(a | s) of several actions for each state, from one row of logits for each state.

    The logits of a state are computed once, however many actions are looked up in them. In at least float32,
    and finite for logits as large as 1e4. With gradient to the logits.
    """
    # Log-softmax over the actions, then look up each row's own actions.
    raise NotImplementedError("not written yet: exercise 15.3, models/actor.py:action_log_probs")
