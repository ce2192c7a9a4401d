"""Exercise 16.5, kl_estimate: what people get wrong, right answers written otherwise, and the core variant."""

import torch

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

DIFFERENCE = "k = log_probs - ref_log_probs.detach()"

wrong("The difference is the wrong way round: k is log pi minus log ref.", {
    DIFFERENCE: "k = ref_log_probs.detach() - log_probs",
})  # fmt: skip

wrong("k is a difference of probabilities; it is one of log-probabilities.", {
    DIFFERENCE: "k = log_probs.exp() - ref_log_probs.detach().exp()",
})  # fmt: skip

wrong("k2 is half of the square.", {"k.square() / 2": "k.square()"})

wrong("k3 is turned round: its exponential is that of ref minus pi, so of -k.", {
    "torch.expm1(-k) + k": "torch.expm1(k) - k",
})  # fmt: skip

wrong("k is subtracted in k3; add it: your estimate can be negative.", {"torch.expm1(-k) + k": "torch.expm1(-k) - k"})

wrong("The 1 is not subtracted in k3: it must be 0 if nothing has changed.", {
    "torch.expm1(-k) + k": "torch.exp(-k) + k",
})  # fmt: skip

wrong("k3 is limited to 10; nothing is limited here.", {
    "torch.expm1(-k) + k": "(torch.expm1(-k) + k).clamp(-10, 10)",
})  # fmt: skip

wrong("A gradient flows into the reference's log-probabilities; they are constants.", {
    "ref_log_probs.detach()": "ref_log_probs",
})  # fmt: skip

wrong("No gradient flows at all: the whole difference is detached.", {
    DIFFERENCE: "k = (log_probs - ref_log_probs).detach()",
})  # fmt: skip

wrong("k1 is made positive; its negative values are what makes it right on average.", {"return k": "return k.abs()"})

wrong("k3 is the value, but its gradient is that of k2 (a trick of some libraries); here it has its own.", {
    "torch.expm1(-k) + k": "k.square() / 2 - (k.square() / 2).detach() + (torch.expm1(-k) + k).detach()",
})  # fmt: skip

wrong("The default is k1; it should be k3.", {
    'def kl_estimate(log_probs: Float[Tensor, "..."], ref_log_probs: Float[Tensor, "..."], estimator: str = "k3") ->'
    ' Float[Tensor, "..."]:':
    'def kl_estimate(log_probs: Float[Tensor, "..."], ref_log_probs: Float[Tensor, "..."], estimator: str = "k1") ->'
    ' Float[Tensor, "..."]:',
})  # fmt: skip

wrong("An unknown estimator silently gives None; raise ValueError.", {
    "raise ValueError(f\"estimator must be 'k1', 'k2' or 'k3', not {estimator!r}\")": "return None",
})  # fmt: skip


@right("a table of functions")
def estimate_by_table(log_probs, ref_log_probs, estimator="k3"):
    functions = {"k1": lambda k: 1 * k, "k2": lambda k: k**2 / 2, "k3": lambda k: k + (-k).expm1()}
    if estimator not in functions:
        raise ValueError(f"there is no estimator {estimator}")
    return functions[estimator](log_probs - ref_log_probs.detach())


@right("in terms of d = log ref - log pi, with exp instead of expm1")
def estimate_by_d(log_probs, ref_log_probs, estimator="k3"):
    with torch.no_grad():
        constant = ref_log_probs.clone()
    d = constant - log_probs
    match estimator:
        case "k1":
            return -d
        case "k2":
            return 0.5 * d * d
        case "k3":
            return d.exp() - 1 - d
    raise ValueError(f"estimator {estimator!r} is not one of k1, k2, k3")


@core("no check of the name")
def without_checks(log_probs, ref_log_probs, estimator="k3"):
    k = log_probs - ref_log_probs.detach()
    return k if estimator == "k1" else k**2 / 2 if estimator == "k2" else torch.exp(-k) - 1 + k
