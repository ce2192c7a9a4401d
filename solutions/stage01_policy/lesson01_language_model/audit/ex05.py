"""Exercise 01.5, expected_value: what people get wrong, other right answers, and the shortest right one."""

import torch
from lesson01_language_model.probability.texts import text_log_probs

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

SUM = "(log_probs.exp() * values).sum()"

wrong("The values are weighted with log-probabilities; take exp first.", {SUM: "(log_probs * values).sum()"})

wrong("This is a mean over the texts. The probabilities are the weights already, so sum.", {
    SUM: "(log_probs.exp() * values).mean()",
})  # fmt: skip

wrong(
    "All texts count alike: the probabilities have no part in this mean.", {SUM: "values.mean() + 0 * log_probs.sum()"}
)

wrong("The sum is divided by the probability of the given texts. If these are not all texts, that is another number.", {
    SUM: "(log_probs.exp() * values).sum() / log_probs.exp().sum()",
})  # fmt: skip

wrong("The result is a Python number: no gradient can flow back to the model.", {
    SUM: "(log_probs.exp() * values).sum().item()",
})  # fmt: skip

wrong("The probabilities are detached: no gradient flows back to the model.", {
    SUM: "(log_probs.detach().exp() * values).sum()",
})  # fmt: skip

wrong("One number for each text is returned; the expected value is their sum.", {SUM: "log_probs.exp() * values"})


@right("a dot product")
def expected_value(model, prompt, completions, values):
    return torch.exp(text_log_probs(model, [prompt for _ in completions], completions)) @ values


@right("a loop, one text at a time")
def expected_value(model, prompt, completions, values):
    total = torch.zeros((), dtype=values.dtype)
    for completion, value in zip(completions, values, strict=True):
        total = total + text_log_probs(model, [prompt], [completion])[0].exp() * value
    return total


@core("two lines")
def expected_value(model, prompt, completions, values):
    probabilities = text_log_probs(model, [prompt] * len(completions), completions).exp()
    return torch.dot(probabilities, values)
