"""Exercise 06.2, gradient_variance: what people get wrong, other right answers, and the shortest right one."""

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

EXACT = "return probabilities @ (gradients - mean).square().sum(1)"
SAMPLES = "return (gradients - gradients.mean(0)).square().sum() / (len(gradients) - 1)"

wrong("The samples' squared distances are divided by N. Their own mean lies too close to them: divide by N - 1.", {
    SAMPLES: "return (gradients - gradients.mean(0)).square().sum() / len(gradients)",
})  # fmt: skip

wrong("The mean over the parameters is taken; the variance of a gradient is the sum over them.", {
    EXACT: "return probabilities @ (gradients - mean).square().mean(1)",
    SAMPLES: "return (gradients - gradients.mean(0)).square().mean(1).sum() / (len(gradients) - 1)",
})  # fmt: skip

wrong("The mean is not subtracted: this is the mean squared length of the gradient, signal and noise together.", {
    EXACT: "return probabilities @ gradients.square().sum(1)",
    SAMPLES: "return gradients.square().sum() / (len(gradients) - 1)",
})  # fmt: skip

wrong("The outcomes' mean is not weighted with their probabilities.", {
    "mean = probabilities @ gradients": "mean = gradients.mean(0)",
})  # fmt: skip

wrong("The squared distances of the outcomes are not weighted with their probabilities.", {
    EXACT: "return (gradients - mean).square().sum(1).mean()",
})  # fmt: skip

wrong("This is the variance of the gradient's length. Gradients of equal length can still point anywhere.", {
    "mean = probabilities @ gradients":
        "gradients = gradients.norm(dim=1, keepdim=True)\nmean = probabilities @ gradients",
    SAMPLES: "return gradients.norm(dim=1).var()",
})  # fmt: skip

wrong("E[g^2] - E[g]^2 is the difference of two large numbers if the mean is large. Subtract the mean first.", {
    EXACT: "return probabilities @ gradients.square().sum(1) - mean.square().sum()",
    SAMPLES: "n = len(gradients)\nreturn (gradients.square().sum() - n * gradients.mean(0).square().sum()) / (n - 1)",
})  # fmt: skip

wrong("A single sample gives NaN, 0 divided by 0, which a training run would log without a warning.", {
    "len(gradients) < 2": "False",
})  # fmt: skip


@right("half the mean squared distance of two independent samples")
def gradient_variance(gradients, probabilities=None):
    n = len(gradients)
    if n < 2 and probabilities is None:
        raise ValueError("one sample")
    distances = (gradients[:, None] - gradients[None]).square().sum(-1)
    if probabilities is not None:
        return (probabilities[:, None] * probabilities * distances).sum() / 2
    return distances.sum() / (2 * n * (n - 1))


@right("each parameter's variance, then the sum; torch's var")
def gradient_variance(gradients, probabilities=None):
    if probabilities is None:
        if gradients.shape[0] == 1:
            raise ValueError("a variance needs two samples")
        return gradients.var(dim=0, correction=1).sum()
    weights = probabilities.unsqueeze(1)
    centred = gradients - (weights * gradients).sum(0, keepdim=True)
    return (weights * centred**2).sum(0).sum()


@core("two lines")
def gradient_variance(gradients, probabilities=None):
    if probabilities is None:
        return gradients.var(0).sum()
    return probabilities @ (gradients - probabilities @ gradients).square().sum(1)
