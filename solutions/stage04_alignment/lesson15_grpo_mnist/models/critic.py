"""The critic: what PPO learns and GRPO does without. It guesses the reward to come, V(s), from the state alone.

In an episode of one step that is the probability that the policy's answer will be right.
"""

from jaxtyping import Float
from torch import Tensor, nn


class Critic(nn.Module):
    """pixels -> hidden -> hidden -> 1: three nn.Linear with bias, ReLU between them, none at the end.

    The layers are made (and therefore found in `parameters()`) in the order in which the data passes them, with
    PyTorch's own initial values. They are the critic's own: no weight is shared with the actor.
    """

    def __init__(self, pixels: int = 784, hidden: int = 128):
        # > As the actor's, with a single output.
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(pixels, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 1)
        )

    def forward(self, states: Float[Tensor, "batch pixels"]) -> Float[Tensor, "batch"]:
        """V(s): one number for each state, any real number."""
        # > Through the layers, and drop the last dimension (and no other: a batch may have a single state).
        return self.layers(states).squeeze(-1)
