"""The gradient of each single sample, its variance, and the constant baseline with the smallest variance.

One sample's estimate of the policy gradient is (r - b) * s: its reward r, a baseline b, and its score vector s, the
gradient of log p(y | x). Everything here looks at single samples. The mean of N of them has 1/N of the variance.
"""

import torch
from jaxtyping import Float
from lesson01_language_model.probability.texts import text_log_probs
from torch import Tensor, nn


def score_vectors(
    model: nn.Module,
    prompt: Tensor,
    completions: list[Tensor],
) -> Float[Tensor, "samples parameters"]:
    """Returns the gradient of log p(completion | prompt) with respect to all parameters: one row for each completion.

    Args:
        model: as in lesson 01's `text_log_probs`, which you may use. All of its parameters take part in its output.
        prompt: a 1-D tensor of token ids.
        completions: a 1-D tensor of token ids for each sample. Their lengths differ.

    A row holds the gradients of all parameters in the order of `model.parameters()`, each flattened. The rows are
    constants (no gradient flows through them), and the `.grad` of the parameters stays as it was before the call.
    """
    # > For each completion: its log-probability, a sum over its tokens.
    # > Its gradient with respect to every parameter: torch.autograd.grad returns it and leaves .grad alone.
    # > Flatten the gradients and join them to one row.
    parameters = list(model.parameters())
    rows = []
    for completion in completions:
        log_prob = text_log_probs(model, [prompt], [completion])[0]
        gradients = torch.autograd.grad(log_prob, parameters)
        rows.append(torch.cat([gradient.flatten() for gradient in gradients]))
    return torch.stack(rows)  # (N, D)


def gradient_variance(
    gradients: Float[Tensor, "samples parameters"],
    probabilities: Float[Tensor, "samples"] | None = None,
) -> Float[Tensor, ""]:
    """Returns the variance of one sample's gradient, summed over the parameters: E[|g - E[g]|^2].

    Args:
        gradients: one row for each sample, or one for each possible outcome.
        probabilities: of the outcomes; they sum to 1. The variance is then exact. None: the rows are samples, and their
            variance is estimated: the squared distances from the mean of the samples, divided by N - 1.

    Raises ValueError for a single sample: it has no variance that could be estimated.
    Source: McCandlish et al., arXiv 1812.06162, who call it tr(Sigma).
    """
    # > The mean gradient, a row. With probabilities it is a weighted sum.
    # > The squared distance of each row from it, summed over the parameters.
    # > Their mean: weighted with the probabilities, or the sum divided by N - 1.
    if probabilities is not None:
        mean = probabilities @ gradients  # (D,)
        return probabilities @ (gradients - mean).square().sum(1)
    if len(gradients) < 2:
        raise ValueError("the variance of a single sample cannot be estimated; draw two or more")
    return (gradients - gradients.mean(0)).square().sum() / (len(gradients) - 1)


def optimal_baseline(
    rewards: Float[Tensor, "samples"],
    squared_norms: Float[Tensor, "samples"],
    probabilities: Float[Tensor, "samples"] | None = None,
) -> Float[Tensor, ""]:
    """Returns the constant b for which (r - b) * s has the smallest variance: E[r |s|^2] / E[|s|^2].

    Args:
        squared_norms: |s|^2 of each sample, the sum of the squares of its score vector. They are not all 0.
        probabilities: of the outcomes; they sum to 1. None: the rows are samples, and all count equally.

    Source: Greensmith, Bartlett and Baxter, JMLR 5 (2004): the best constant baseline.
    """
    # > An average of the rewards in which each is weighted with its squared norm (times its probability, if given).
    weights = squared_norms if probabilities is None else squared_norms * probabilities
    return (weights * rewards).sum() / weights.sum()
