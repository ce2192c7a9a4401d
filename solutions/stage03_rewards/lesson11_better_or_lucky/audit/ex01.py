"""Exercise 11.1, pass_at_k: what people get wrong, other right answers, and the shortest right one."""

import math

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

RESULT = "return 1 - math.comb(samples - right, k) / math.comb(samples, k)"

wrong("This is 1 - (1 - c/n)^k, as if completions were put back into the urn: its mean is below the true pass@k.", {
    RESULT: "return 1 - (1 - right / samples) ** k",
})  # fmt: skip

wrong("This is the probability that no completion is right; subtract it from 1.", {
    RESULT: "return math.comb(samples - right, k) / math.comb(samples, k)",
})  # fmt: skip

wrong("This is the probability that all k completions are right; one is enough.", {
    RESULT: "return math.comb(right, k) / math.comb(samples, k)",
})  # fmt: skip

wrong("This is the probability that exactly one of k completions is right; at least one is asked for.", {
    RESULT: "return right * math.comb(samples - right, k - 1) / math.comb(samples, k)",
})  # fmt: skip

wrong("The choices of k right completions are subtracted: count those that hold wrong ones only.", {
    "math.comb(samples - right, k)": "math.comb(right, k)",
})  # fmt: skip

wrong("k times the accuracy is too large: it counts a choice with two right completions twice.", {
    RESULT: "return min(1.0, k * right / samples)",
})  # fmt: skip

wrong("Whether any of the n completions is right depends on n, not on k.", {RESULT: "return float(right > 0)"})

wrong("If there are fewer than k wrong completions, every choice holds a right one: the result is 1.", {
    RESULT: "if samples - right < k:\n    return 0.0\nreturn 1 - math.comb(samples - right, k) / math.comb(samples, k)",
})  # fmt: skip

wrong("Factorials as floats overflow: above n = 170 there is no result.", {
    RESULT: "def choices(n, k):\n"
            "    return math.gamma(n + 1) / math.gamma(k + 1) / math.gamma(n - k + 1) if n >= k else 0\n"
            "return 1 - choices(samples - right, k) / choices(samples, k)",
})  # fmt: skip

wrong("The numbers are not checked: k above n, or k = 0, gives a number that means nothing.", {
    "if not (1 <= k <= samples and 0 <= right <= samples):\n"
    "    raise ValueError(f'k and right must fit the samples: {samples=}, {right=}, {k=}')": "",
})  # fmt: skip


@right("one completion after the other: the product of the shares of wrong ones")
def pass_at_k_as_a_product(samples, right, k):
    if k < 1 or k > samples or right < 0 or right > samples:
        raise ValueError("k must be between 1 and the number of samples")
    wrong_only = 1.0
    for taken in range(k):
        wrong_only *= max(samples - right - taken, 0) / (samples - taken)
    return 1.0 - wrong_only


@right("Chen et al.'s own form")
def pass_at_k_of_the_paper(samples, right, k):
    if not 0 <= right <= samples or not 0 < k <= samples:
        raise ValueError("impossible")
    if samples - right < k:
        return 1.0
    result = 1.0
    for i in range(samples - right + 1, samples + 1):
        result *= 1 - k / i
    return 1 - result


@core("one line")
def pass_at_k(samples, right, k):
    return 1 - math.comb(samples - right, k) / math.comb(samples, k)
