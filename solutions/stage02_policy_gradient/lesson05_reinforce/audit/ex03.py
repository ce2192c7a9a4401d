"""Exercise 05.3, exact_policy_gradient: what people get wrong, other right answers, and the shortest right one."""

import torch
from lesson01_language_model.probability.exact import expected_value
from lesson01_language_model.probability.texts import text_log_probs

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

VALUE = "expected_reward = expected_value(model, prompt, completions, rewards)"
LOG_PROBS = (
    "from lesson01_language_model.probability.texts import text_log_probs\n"
    "log_probs = text_log_probs(model, [prompt] * len(completions), completions)\n"
)
RESULT = "return dict(zip(names, torch.autograd.grad(expected_reward, parameters), strict=True))"

wrong("All completions count alike. Each must be weighted with its probability.", {
    VALUE: LOG_PROBS + "expected_reward = (log_probs * rewards).mean()",
})  # fmt: skip

wrong("The sign is wrong: this is the gradient of a loss, and it points downhill.", {
    RESULT: "return {n: -g for n, g in zip(names, torch.autograd.grad(expected_reward, parameters), strict=True)}",
})  # fmt: skip

wrong("J is divided by the number of completions. The probabilities are the weights of the mean already.", {
    RESULT: RESULT.replace("expected_reward,", "expected_reward / len(completions),"),
})  # fmt: skip

wrong("backward() adds to the gradients that are there already: the second call gives another result than the first.", {
    RESULT: "expected_reward.backward()\nreturn {n: p.grad.clone() for n, p in model.named_parameters()}",
})  # fmt: skip

wrong("The gradients that the parameters held before the call are thrown away.", {
    RESULT: "model.zero_grad()\nexpected_reward.backward()\n"
            "return {n: p.grad.clone() for n, p in model.named_parameters()}",
})  # fmt: skip


right("reward times the gradient of the log-probability, with the probabilities as fixed weights", {
    VALUE: LOG_PROBS + "expected_reward = (log_probs.exp().detach() * rewards * log_probs).sum()",
})  # fmt: skip


@right("one completion after the other")
def exact_policy_gradient(model, prompt, completions, rewards):
    total = {name: torch.zeros_like(p) for name, p in model.named_parameters()}
    for completion, reward in zip(completions, rewards, strict=True):
        p = text_log_probs(model, [prompt], [completion]).exp().sum()
        for name, gradient in zip(total, torch.autograd.grad(p, list(model.parameters())), strict=True):
            total[name] += reward * gradient
    return total


@core("backward() on cleared gradients, which are lost")
def exact_policy_gradient(model, prompt, completions, rewards):
    model.zero_grad()
    expected_value(model, prompt, completions, rewards).backward()
    return {name: p.grad for name, p in model.named_parameters()}
