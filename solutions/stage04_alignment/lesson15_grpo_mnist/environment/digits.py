"""Digit recognition as a reinforcement learning task: see an image, name a digit, learn only whether that was right.

An episode has one step. The state is an image, the action is one of ten digits, the reward is 1 or 0. The label never
leaves the environment: after a wrong answer the policy does not learn which digit would have been right. That is what
makes this harder than supervised learning. Given.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor


class DigitEnvironment:
    """Many one-step episodes side by side. Given.

    Args:
        images: one row of pixels for each image.
        labels: the digit in each image, 0 to 9.
    """

    def __init__(self, images: Float[Tensor, "images pixels"], labels: Int[Tensor, "images"]):
        self.images, self.labels = images, labels
        self.open_labels = torch.empty(0, dtype=torch.long)  # of the episodes that wait for an answer

    def __len__(self) -> int:
        """Returns the number of images."""
        return len(self.images)

    def reset(self, indices: Int[Tensor, "batch"]) -> Float[Tensor, "batch pixels"]:
        """Opens an episode with each of these images and returns their states, in this order."""
        self.open_labels = self.labels[indices]
        return self.images[indices]

    def step(self, actions: Int[Tensor, "batch group"]) -> Float[Tensor, "batch group"]:
        """Returns the rewards, float32: 1 for a right answer, 0 for a wrong one.

        Row b holds G answers to state b. Each is rewarded on its own: G answers to one image are G episodes that
        start in the same state. Raises ValueError if there is not one row of actions for each open episode.
        """
        if actions.ndim != 2 or len(actions) != len(self.open_labels):
            raise ValueError(f"actions must be ({len(self.open_labels)} states, G), not {tuple(actions.shape)}")
        return (actions == self.open_labels[:, None]).float()  # (batch, group)
