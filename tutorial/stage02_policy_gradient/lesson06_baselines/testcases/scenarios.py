"""Situations that the tests of lesson 06 look at. Each returns evidence; what it should be is in the tests."""

from lesson06_baselines.baselines import advantages
from lesson06_baselines.baselines.advantages import RunningMean
from lesson06_baselines.variance import gradients


def rows_and_grad(model, prompt, completions):
    """Calls `score_vectors` when each parameter already has a .grad of ones. Returns the rows, whether a gradient could
    flow through them, and the .grad of each parameter afterwards."""
    for parameter in model.parameters():
        parameter.grad = parameter.detach().clone().fill_(1.0)
    rows = gradients.score_vectors(model, prompt, completions)
    return {
        "rows": rows.detach(),
        "requires_grad": rows.requires_grad,
        "grad": [None if p.grad is None else p.grad.clone() for p in model.parameters()],
        "trainable": all(p.requires_grad for p in model.parameters()),
    }


def running_mean(batches, decay):
    """Feeds the batches of rewards to one RunningMean, in order. Returns the advantages of each."""
    baseline = RunningMean(decay)
    return [baseline.advantages(rewards) for rewards in batches]


def two_running_means(first, second, decay):
    """Feeds two RunningMeans in turns: a batch of `first` to one, a batch of `second` to the other. Returns the
    advantages of each."""
    one, other = RunningMean(decay), RunningMean(decay)
    seen = [(one.advantages(a), other.advantages(b)) for a, b in zip(first, second, strict=True)]
    return {"first": [a for a, _ in seen], "second": [b for _, b in seen]}


def carries_gradient(function, rewards, *arguments):
    """Calls `leave_one_out` or `whiten`, or two batches of `RunningMean`, with rewards that require a gradient. Returns
    whether a gradient could flow through the result."""
    rewards = rewards.clone().requires_grad_()
    if function == "RunningMean":
        baseline = RunningMean()
        return [baseline.advantages(rewards).requires_grad for _ in range(2)]
    return [getattr(advantages, function)(rewards, *arguments).requires_grad]
