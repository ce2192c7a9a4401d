"""Exercise 16.5, kl_estimate: what people get wrong, and right answers written otherwise."""

import torch

from course.base.attempt import Attempts

wrong, right = Attempts(), Attempts()

wrong("The difference is the wrong way round: k is log pi minus log ref.", {
    "k = log_probs - ref_log_probs.detach()": "k = ref_log_probs.detach() - log_probs",
})  # fmt: skip

wrong("k2 is half of the square.", {"k.square() / 2": "k.square()"})

wrong("k3 is turned round: its exponential is that of ref minus pi, so of -k.", {
    "torch.expm1(-k) + k": "torch.expm1(k) - k",
})  # fmt: skip

wrong("k is subtracted in k3, where it is added: your estimate can be negative.", {
    "torch.expm1(-k) + k": "torch.expm1(-k) - k",
})  # fmt: skip

wrong("The 1 is not taken away in k3: where nothing has changed it must be 0.", {
    "torch.expm1(-k) + k": "torch.exp(-k) + k",
})  # fmt: skip

wrong("exp(-k) - 1 loses its digits in float32 where k is small.", {"torch.expm1(-k) + k": "torch.exp(-k) - 1 + k"})

wrong("A gradient flows into the reference's log-probabilities; they are constants.", {
    "ref_log_probs.detach()": "ref_log_probs",
})  # fmt: skip

wrong("No gradient flows at all: the whole difference is detached.", {
    "k = log_probs - ref_log_probs.detach()": "k = (log_probs - ref_log_probs).detach()",
})  # fmt: skip

wrong("An unknown estimator is quietly taken for k3.", {"if estimator not in ESTIMATORS:": "if False:"})

wrong("Shapes that differ are not refused: they broadcast.", {
    "if log_probs.shape != ref_log_probs.shape:": "if False:",
})  # fmt: skip

wrong("k1 is made positive; its negative values are what makes it right on average.", {"return k": "return k.abs()"})

wrong("Negative values of k1 are cut off: the mean of what is left is too large.", {
    "return k": "return k.clamp(min=0)",
})  # fmt: skip

wrong("The difference is limited; nothing is limited here.", {
    "k = log_probs - ref_log_probs.detach()": "k = (log_probs - ref_log_probs.detach()).clamp(-10, 10)",
})  # fmt: skip

wrong("The default estimator is k1; it is k3.", {
    'def kl_estimate(log_probs: Float[Tensor, "batch tokens"], ref_log_probs: Float[Tensor, "batch'
    ' tokens"], estimator: str = "k3") -> Float[Tensor, "batch tokens"]:':
    'def kl_estimate(log_probs: Float[Tensor, "batch tokens"], ref_log_probs: Float[Tensor, "batch'
    ' tokens"], estimator: str = "k1") -> Float[Tensor, "batch tokens"]:',
})  # fmt: skip

wrong("k is a difference of probabilities; it is one of log-probabilities.", {
    "k = log_probs - ref_log_probs.detach()": "k = log_probs.exp() - ref_log_probs.detach().exp()",
})  # fmt: skip

wrong("k3 is one number per row; an estimate per token is asked for.", {
    "return torch.expm1(-k) + k": "return (torch.expm1(-k) + k).mean(1)",
})  # fmt: skip

wrong("Bad arguments end in an AssertionError; a ValueError is asked for.", {
    "ValueError(f\"estimator must be 'k1', 'k2' or 'k3', not {estimator!r}\")":
        "AssertionError(f\"estimator must be 'k1', 'k2' or 'k3', not {estimator!r}\")",
    'ValueError(f"shapes do not fit: {tuple(log_probs.shape)} and {tuple(ref_log_probs.shape)}")':
        'AssertionError(f"shapes do not fit: {tuple(log_probs.shape)} and {tuple(ref_log_probs.shape)}")',
})  # fmt: skip

wrong("log_probs are changed in place.", {
    "k = log_probs - ref_log_probs.detach()": "k = log_probs.sub_(ref_log_probs.detach())",
})  # fmt: skip

wrong("The value of k3 has the gradient of k2; the plain estimate has its own.", {
    "return torch.expm1(-k) + k": "return k.square() / 2 - (k.square() / 2).detach() + (torch.expm1(-k) + k).detach()",
})  # fmt: skip

# Right answers written otherwise


@right("a table of functions")
def estimate_by_table(log_probs, ref_log_probs, estimator="k3"):
    functions = {"k1": lambda k: 1 * k, "k2": lambda k: k**2 / 2, "k3": lambda k: k + (-k).expm1()}
    if estimator not in functions:
        raise ValueError(f"there is no estimator {estimator}")
    if ref_log_probs.size() != log_probs.size():
        raise ValueError("two shapes")
    return functions[estimator](log_probs - ref_log_probs.detach())


@right("in terms of d = log ref - log pi, without gradient for the reference by no_grad")
def estimate_by_d(log_probs, ref_log_probs, estimator="k3"):
    if log_probs.shape != ref_log_probs.shape:
        raise ValueError("log_probs and ref_log_probs must have one shape")
    with torch.no_grad():
        constant = ref_log_probs.clone()
    d = constant - log_probs
    match estimator:
        case "k1":
            return -d
        case "k2":
            return 0.5 * d * d
        case "k3":
            return d.expm1() - d
    raise ValueError(f"estimator {estimator!r} is not one of k1, k2, k3")


@right("k3 in double precision instead of expm1")
def estimate_in_double(log_probs, ref_log_probs, estimator="k3"):
    if estimator not in ("k1", "k2", "k3"):
        raise ValueError(f"unknown: {estimator}")
    if log_probs.shape != ref_log_probs.shape:
        raise ValueError("shapes")
    k = log_probs.double() - ref_log_probs.detach().double()
    found = {"k1": k, "k2": k * k / 2}.get(estimator)
    found = torch.expm1(-k) + k if found is None else found
    return found.to(log_probs.dtype)
