"""The critic: PPO learns one, GRPO does without. It predicts the expected reward V(s) from the state alone.

In an episode of one step, with rewards 1 and 0, V(s) is the probability that the policy's answer will be right. Given.
"""

from jaxtyping import Float
from torch import Tensor, nn


class Critic(nn.Module):
    """pixels -> hidden -> hidden -> 1: the actor's network with one output, and weights of its own. Given."""

    def __init__(self, pixels: int = 784, hidden: int = 128):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(pixels, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 1)
        )

    def forward(self, states: Float[Tensor, "batch pixels"]) -> Float[Tensor, "batch"]:
        """Returns V(s): one number for each state. The last layer's (batch, 1) becomes (batch,)."""
        return self.layers(states).squeeze(-1)
