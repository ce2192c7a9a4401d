"""Exercise 16.6, kl_term: what people get wrong, right answers written otherwise, and the core variant."""

from lesson16_grpo_rlhf.loss.kl import kl_estimate

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

RATIO = "(log_probs - old_log_probs.detach()).exp()"
PRODUCT = '(ratio.detach() if estimator == "k2" else ratio) * estimate'

wrong("The ratio is a constant for k1 and k3, too: the part of the gradient that it brings in is lost.", {
    PRODUCT: "ratio.detach() * estimate",
})  # fmt: skip

wrong("For k2 a gradient flows through the ratio; its own gradient was right already.", {PRODUCT: "ratio * estimate"})

wrong("The estimate is a constant in your product; its own gradient is a part of the answer.", {
    PRODUCT: "ratio * estimate.detach()",
})  # fmt: skip

wrong("correction=False is ignored: it should give the bare estimate.", {"if not correction:": "if False:"})

wrong("The switch works the wrong way round: the ratio comes in if correction is False.", {
    "if not correction:": "if correction:",
})  # fmt: skip

wrong("The ratio never comes in: without it the expected gradient is another one.", {"if not correction:": "if True:"})

wrong("The ratio is old over new; it should be new over old.", {RATIO: "(old_log_probs.detach() - log_probs).exp()"})

wrong("The ratio is that to the reference; the tokens were drawn by the old policy.", {
    RATIO: "(log_probs - ref_log_probs.detach()).exp()",
})  # fmt: skip

wrong("A gradient flows into the old log-probabilities; they are constants.", {
    RATIO: "(log_probs - old_log_probs).exp()",
})  # fmt: skip

wrong("The ratio is clipped to 0.8 ... 1.2 as in the policy's loss; that makes the KL wrong.", {
    RATIO: "(log_probs - old_log_probs.detach()).exp().clamp(0.8, 1.2)",
})  # fmt: skip

wrong("The estimate is weighted with the logarithm of the ratio; its exponential is missing.", {
    RATIO: "(log_probs - old_log_probs.detach())",
})  # fmt: skip

wrong("The ratio is that of the whole response; each token has its own.", {
    RATIO: "(log_probs - old_log_probs.detach()).sum(-1, keepdim=True).exp()",
})  # fmt: skip

wrong("The estimator is not passed on: it is always k3.", {
    "kl_estimate(log_probs, ref_log_probs, estimator)": "kl_estimate(log_probs, ref_log_probs)",
})  # fmt: skip

wrong("The estimate is that of the distance to the old policy, not to the reference.", {
    "kl_estimate(log_probs, ref_log_probs, estimator)": "kl_estimate(log_probs, old_log_probs, estimator)",
})  # fmt: skip


@right("one formula for each estimator")
def term_by_formulas(log_probs, old_log_probs, ref_log_probs, estimator="k3", correction=True):
    if not correction:
        return kl_estimate(log_probs, ref_log_probs, estimator)
    ratio = (log_probs - old_log_probs.detach()).exp()
    if estimator == "k3":  # ratio * exp(-k) is ref / old, without a gradient
        k = log_probs - ref_log_probs.detach()
        return (ref_log_probs - old_log_probs).detach().exp() - ratio + ratio * k
    return ratio * kl_estimate(log_probs, ref_log_probs, "k1") if estimator == "k1" else ratio.detach() * kl_estimate(
        log_probs, ref_log_probs, estimator
    )  # fmt: skip


@right("the ratio split into its value and a factor that is 1 with a gradient")
def term_by_split(log_probs, old_log_probs, ref_log_probs, estimator="k3", correction=True):
    estimate = kl_estimate(log_probs, ref_log_probs, estimator)
    if correction:
        value = (log_probs - old_log_probs).detach().exp()
        one = (log_probs - log_probs.detach()).exp()
        estimate = estimate * value if estimator == "k2" else estimate * value * one
    return estimate


@core("in three lines")
def in_three_lines(log_probs, old_log_probs, ref_log_probs, estimator="k3", correction=True):
    policy = log_probs.detach() if estimator == "k2" else log_probs
    ratio = (policy - old_log_probs.detach()).exp() if correction else 1.0
    return ratio * kl_estimate(log_probs, ref_log_probs, estimator)
