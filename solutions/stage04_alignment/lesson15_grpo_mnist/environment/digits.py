"""Digit recognition as a reinforcement learning task: see an image, say a digit, be told whether it was right.

An episode is one step long. The state is an image, the action one of ten digits, the reward 1 or 0; then it is
over. The label never leaves the environment: a policy that answers wrongly is not told what would have been right,
which is what makes this harder than supervised learning.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

ACTIONS = 10  # the digits 0 to 9


class DigitEnvironment:
    """Many one-step episodes side by side.

    Args:
        images: one row of pixels for each image.
        labels: which digit each shows, 0 to 9.

    Raises ValueError, with the word "labels", if they are not as many as the images or not all 0 to 9.
    """

    def __init__(self, images: Float[Tensor, "images pixels"], labels: Int[Tensor, "images"]):
        # > Check the arguments and keep them. No episode is open yet.
        if len(images) != len(labels):
            raise ValueError(f"as many labels as images are needed, not {len(labels)} for {len(images)}")
        if ((labels < 0) | (labels >= ACTIONS)).any():
            raise ValueError(f"labels must be 0 to {ACTIONS - 1}")
        self.images, self.labels = images, labels
        self._truth: Tensor | None = None  # the labels of the open episodes

    def __len__(self) -> int:
        """The number of images."""
        return len(self.images)

    def reset(self, indices: Int[Tensor, "batch"]) -> Float[Tensor, "batch pixels"]:
        """Opens an episode with each of these images and returns their states, in this order.

        An image may occur more than once. Episodes that were open before are forgotten.
        Raises IndexError for an index that is not 0 to len(self) - 1 (a negative one would silently count from
        the end).
        """
        # > Check the indices; remember the labels of these images; return the images.
        if ((indices < 0) | (indices >= len(self))).any():
            raise IndexError(f"indices must be 0 to {len(self) - 1}")
        self._truth = self.labels[indices]
        return self.images[indices]

    def step(self, actions: Int[Tensor, "batch group"]) -> Float[Tensor, "batch group"]:
        """Answers, and with them the end of the episodes. Returns the rewards, float32: 1 if right, 0 if wrong.

        Row b holds one or more answers to state b, each of which is rewarded for itself: G answers to the same
        image are G episodes that begin alike.

        Raises RuntimeError, with the word "reset", if no episode is open: before the first reset, and after
        a step. ValueError, with the word "actions", if actions does not have two dimensions with one row for each
        state, if they are not whole numbers (a float 3.0 is none), or not all 0 to 9; the episodes then stay open.
        """
        # > Check that there are open episodes, then the actions. Close the episodes.
        # > Compare each row with its own label.
        if self._truth is None:
            raise RuntimeError("no episode is open: an episode ends with its first action; call reset first")
        if actions.ndim != 2 or len(actions) != len(self._truth):
            raise ValueError(f"actions must be ({len(self._truth)} states, answers each), not {tuple(actions.shape)}")
        if actions.dtype == torch.bool or actions.is_floating_point() or ((actions < 0) | (actions >= ACTIONS)).any():
            raise ValueError(f"actions must be whole numbers from 0 to {ACTIONS - 1}")
        truth, self._truth = self._truth, None
        return (actions == truth[:, None]).float()  # (batch, group)
