"""The policy: an image in, a probability for each digit out.

It does what a language model does in lesson 14, with one state, one "token" from a vocabulary of ten, and then the end.
Left out on purpose: convolutions, dropout, normalisation. They read digits better and teach nothing about GRPO.
"""

from jaxtyping import Float, Int
from torch import Tensor, nn


class Actor(nn.Module):
    """pixels -> hidden -> hidden -> actions: three linear layers with ReLU between them. Given."""

    def __init__(self, pixels: int = 784, hidden: int = 128, actions: int = 10):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(pixels, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, actions)
        )

    def forward(self, states: Float[Tensor, "batch pixels"]) -> Float[Tensor, "batch actions"]:
        """Returns the logits of a categorical distribution over the actions: any real numbers, not probabilities."""
        return self.layers(states)


def action_log_probs(
    logits: Float[Tensor, "batch actions"], actions: Int[Tensor, "batch group"]
) -> Float[Tensor, "batch group"]:
    """Returns log pi(a | s) of several actions for each state, from one row of logits for each state.

    With gradient to the logits. Finite for logits as large as 1e4.
    """
    # > Log-softmax over the actions, then look up each row's own actions.
    return logits.log_softmax(-1).gather(-1, actions)
