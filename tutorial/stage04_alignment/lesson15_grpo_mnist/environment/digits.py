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
        # Check the arguments and keep them. No episode is open yet.
        raise NotImplementedError("not written yet: exercise 15.1, environment/digits.py:DigitEnvironment")

    def __len__(self) -> int:
        """The number of images."""
        raise NotImplementedError("not written yet: exercise 15.1, environment/digits.py:DigitEnvironment")

    def reset(self, indices: Int[Tensor, "batch"]) -> Float[Tensor, "batch pixels"]:
        """Opens an episode with each of these images and returns their states, in this order.

        An image may occur more than once. Episodes that were open before are forgotten.
        Raises IndexError for an index that is not 0 to len(self) - 1 (a negative one would silently count from
        the end).
        """
        # Check the indices; remember the labels of these images; return the images.
        raise NotImplementedError("not written yet: exercise 15.1, environment/digits.py:DigitEnvironment")

    def step(self, actions: Int[Tensor, "batch group"]) -> Float[Tensor, "batch group"]:
        """Answers, and with them the end of the episodes. Returns the rewards, float32: 1 if right, 0 if wrong.

        Row b holds one or more answers to state b, each of which is rewarded for itself: G answers to the same
        image are G episodes that begin alike.

        Raises RuntimeError, with the word "reset", if no episode is open: before the first reset, and after
        a step. ValueError, with the word "actions", if actions does not have two dimensions with one row for each
        state, if they are not whole numbers (a float 3.0 is none), or not all 0 to 9; the episodes then stay open.
        """
        # Check that there are open episodes, then the actions. Close the episodes.
        # Compare each row with its own label.
        raise NotImplementedError("not written yet: exercise 15.1, environment/digits.py:DigitEnvironment")
