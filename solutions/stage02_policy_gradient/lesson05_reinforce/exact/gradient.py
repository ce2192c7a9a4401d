"""The exact policy gradient of a language model that is small enough for all of its completions to be listed.

    J = sum_y p(y | x) R(y)

x is the prompt, y runs over all completions, R(y) is the reward of a completion. Nothing is sampled.
"""

import torch
from jaxtyping import Float
from lesson01_language_model.probability.exact import expected_value
from torch import Tensor, nn


def exact_policy_gradient(
    model: nn.Module,
    prompt: Tensor,
    completions: list[Tensor],
    rewards: Float[Tensor, "texts"],
) -> dict[str, Tensor]:
    """Returns the gradient of the expected reward J for each parameter of the model, by the parameter's name.

    The names are those of `model.named_parameters()`. The gradient points uphill: a small step along it raises J.

    Args:
        model: called as `model(ids)`; returns `.logits`. Its parameters keep the `.grad` that they have.
        prompt: token ids, 1-D.
        completions: all completions of the prompt, each a 1-D tensor of token ids.
        rewards: of each completion.
    """
    # > The expected reward, with gradient to the model: expected_value of lesson 01.
    # > torch.autograd.grad returns gradients and leaves .grad alone; backward() would add to it.
    expected_reward = expected_value(model, prompt, completions, rewards)
    names, parameters = zip(*model.named_parameters(), strict=True)
    return dict(zip(names, torch.autograd.grad(expected_reward, parameters), strict=True))
