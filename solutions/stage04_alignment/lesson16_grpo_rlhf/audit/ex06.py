"""Exercise 16.6, kl_term: what people get wrong, and right answers written otherwise."""

import torch
from lesson16_grpo_rlhf.loss.kl import kl_estimate

from course.base.attempt import Attempts

wrong, right = Attempts(), Attempts()

wrong("The ratio is a constant for k1 and k3, too: the part of the gradient that it brings in is lost.", {
    'if estimator == "k2":\n        ratio = ratio.detach()': "ratio = ratio.detach()",
})  # fmt: skip

wrong("For k2 a gradient flows through the ratio; its own gradient was right already.", {
    'if estimator == "k2":\n        ratio = ratio.detach()': 'if estimator == "k2":\n        ratio = ratio * 1.0',
})  # fmt: skip

wrong("correction=False is ignored: the bare estimate is asked for then.", {"if not correction:": "if False:"})

wrong("The switch works the wrong way round: the ratio comes in where correction is False.", {
    "if not correction:": "if correction:",
})  # fmt: skip

wrong("The ratio never comes in: without it the expected gradient is another one.", {"if not correction:": "if True:"})

wrong("The ratio is old over new; it is new over old.", {
    "(log_probs - old_log_probs.detach()).clamp": "(old_log_probs.detach() - log_probs).clamp",
})  # fmt: skip

wrong("The ratio is that to the reference; the tokens were drawn by the old policy.", {
    "(log_probs - old_log_probs.detach()).clamp": "(log_probs - ref_log_probs.detach()).clamp",
})  # fmt: skip

wrong("A gradient flows into the old log-probabilities; they are constants.", {
    "(log_probs - old_log_probs.detach()).clamp": "(log_probs - old_log_probs).clamp",
})  # fmt: skip

wrong("The log-ratio is not limited: its exponential can become infinite.", {
    "(log_probs - old_log_probs.detach()).clamp(-20, 20)": "log_probs - old_log_probs.detach()",
})  # fmt: skip

wrong("The ratio is clipped to 0.8 ... 1.2 as in the policy's loss; that makes the KL wrong.", {
    "(log_probs - old_log_probs.detach()).clamp(-20, 20).exp()":
        "(log_probs - old_log_probs.detach()).clamp(-20, 20).exp().clamp(0.8, 1.2)",
})  # fmt: skip

wrong("The estimate is weighed with the logarithm of the ratio; its exponential is missing.", {
    "(log_probs - old_log_probs.detach()).clamp(-20, 20).exp()": "(log_probs - old_log_probs.detach()).clamp(-20, 20)",
})  # fmt: skip

wrong("The estimator is not passed on: it is k3 whatever was asked for.", {
    "kl_estimate(log_probs, ref_log_probs, estimator)": "kl_estimate(log_probs, ref_log_probs)",
})  # fmt: skip

wrong("Policy and reference are exchanged in the estimate.", {
    "kl_estimate(log_probs, ref_log_probs, estimator)": "kl_estimate(ref_log_probs, log_probs, estimator)",
})  # fmt: skip

wrong("The estimate is that of the distance to the old policy, not to the reference.", {
    "kl_estimate(log_probs, ref_log_probs, estimator)": "kl_estimate(log_probs, old_log_probs, estimator)",
})  # fmt: skip

wrong("The shape of old_log_probs is not checked.", {"if old_log_probs.shape != log_probs.shape:": "if False:"})

wrong("The estimate is a constant in your product; its own gradient is a part of the answer.", {
    "return ratio * estimate": "return ratio * estimate.detach()",
})  # fmt: skip

wrong("The ratio is that of the whole response; each token has its own.", {
    "(log_probs - old_log_probs.detach()).clamp": "(log_probs - old_log_probs.detach()).sum(1, keepdim=True).clamp",
})  # fmt: skip

wrong("The shape of old_log_probs is checked only where the ratio is needed.", {
    "if old_log_probs.shape != log_probs.shape:": "if correction and old_log_probs.shape != log_probs.shape:",
})  # fmt: skip

wrong("The log-ratio is limited to 10 either way; 20 is asked for.", {
    "(log_probs - old_log_probs.detach()).clamp(-20, 20)": "(log_probs - old_log_probs.detach()).clamp(-10, 10)",
})  # fmt: skip

wrong("It is the ratio that is limited to 20, not its logarithm.", {
    "(log_probs - old_log_probs.detach()).clamp(-20, 20).exp()":
        "(log_probs - old_log_probs.detach()).exp().clamp(max=20)",
})  # fmt: skip

# Right answers written otherwise


@right("one formula for each estimator")
def term_by_formulas(log_probs, old_log_probs, ref_log_probs, estimator="k3", correction=True):
    if not log_probs.shape == old_log_probs.shape == ref_log_probs.shape:
        raise ValueError("three shapes that differ")
    if estimator not in ("k1", "k2", "k3"):
        raise ValueError(f"{estimator} is no estimator")
    old, ref = old_log_probs.detach(), ref_log_probs.detach()
    k = log_probs - ref
    ratio = torch.clamp(log_probs - old, min=-20.0, max=20.0).exp() if correction else torch.ones_like(k)
    if estimator == "k1":
        return ratio * k
    if estimator == "k2":
        return ratio.detach() * k * k / 2
    return ratio * (torch.expm1(-k) + k)


@right("the ratio split into its value and a factor that is 1 with a gradient")
def term_by_split(log_probs, old_log_probs, ref_log_probs, estimator="k3", correction=True):
    if log_probs.shape != old_log_probs.shape:
        raise ValueError("old_log_probs have another shape")
    estimate = kl_estimate(log_probs, ref_log_probs, estimator)
    if correction:
        difference = (log_probs - old_log_probs.detach()).clamp(-20, 20)
        value = difference.detach().exp()
        one = (difference - difference.detach()).exp()
        estimate = estimate * value if estimator == "k2" else estimate * value * one
    return estimate


@right("constants by no_grad, the limit by minimum and maximum")
def term_by_minimum(log_probs, old_log_probs, ref_log_probs, estimator="k3", correction=True):
    if tuple(old_log_probs.shape) != tuple(log_probs.shape):
        raise ValueError("shapes")
    found = kl_estimate(log_probs, ref_log_probs, estimator)
    if correction is False:
        return found
    current = log_probs.detach() if estimator == "k2" else log_probs
    limit = torch.full_like(log_probs, 20.0)
    ratio = torch.exp(torch.maximum(torch.minimum(current - old_log_probs.detach(), limit), -limit))
    return found * ratio
