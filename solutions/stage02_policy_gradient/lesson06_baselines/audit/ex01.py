"""Exercise 06.1, score_vectors: what people get wrong, other right answers, and the shortest right one."""

import copy

import torch
from lesson01_language_model.probability.texts import text_log_probs

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

LOG_PROB = "log_prob = text_log_probs(model, [prompt], [completion])[0]"
GRAD = "gradients = torch.autograd.grad(log_prob, parameters)"

wrong("The rows add up: .grad still holds the gradients of the completions before. Each row is one gradient.", {
    GRAD: "log_prob.backward()\ngradients = [p.grad for p in parameters]",
    "rows = []": "model.zero_grad()\nrows = []",
})  # fmt: skip

wrong("The .grad of the parameters is deleted or changed. A training that accumulates gradients would lose them.", {
    GRAD: "model.zero_grad()\nlog_prob.backward()\ngradients = [p.grad for p in parameters]",
})  # fmt: skip

wrong("This is the gradient of the loss, the negative log-probability: the sign is wrong.", {
    LOG_PROB: "log_prob = -text_log_probs(model, [prompt], [completion])[0]",
})  # fmt: skip

wrong("The log-probability is divided by the number of tokens. The score vector is the gradient of the sum.", {
    LOG_PROB: "log_prob = text_log_probs(model, [prompt], [completion])[0] / len(completion)",
})  # fmt: skip

wrong("This is the gradient of the probability. The score is the gradient of its logarithm.", {
    LOG_PROB: "log_prob = text_log_probs(model, [prompt], [completion])[0].exp()",
})  # fmt: skip

wrong("All rows are equal: the gradient of the sum over all completions. One gradient for each completion is needed.", {
    LOG_PROB: "log_prob = text_log_probs(model, [prompt] * len(completions), completions).sum()",
})  # fmt: skip

wrong("The prompt is scored, too: this is the gradient of log p(prompt and completion).", {
    LOG_PROB: "log_prob = text_log_probs(model, [prompt[:1]], [torch.cat([prompt[1:], completion])])[0]",
})  # fmt: skip

wrong("The rows still carry a graph: a gradient could flow through them, and every forward pass stays in memory.", {
    GRAD: "gradients = torch.autograd.grad(log_prob, parameters, create_graph=True)",
})  # fmt: skip


@right("one forward pass for all completions, one backward pass for each")
def score_vectors(model, prompt, completions):
    parameters = list(model.parameters())
    log_probs = text_log_probs(model, [prompt] * len(completions), completions)
    rows = [torch.autograd.grad(x, parameters, retain_graph=True) for x in log_probs]
    return torch.stack([torch.nn.utils.parameters_to_vector(row) for row in rows])


@right("backward on a copy of the model")
def score_vectors(model, prompt, completions):
    rows = []
    for completion in completions:
        twin = copy.deepcopy(model)
        twin.zero_grad()
        text_log_probs(twin, [prompt], [completion])[0].backward()
        rows.append(torch.cat([p.grad.reshape(-1) for p in twin.parameters()]))
    return torch.stack(rows)


@core("a comprehension")
def score_vectors(model, prompt, completions):
    def gradient(y):
        return torch.autograd.grad(text_log_probs(model, [prompt], [y])[0], list(model.parameters()))

    return torch.stack([torch.cat([g.flatten() for g in gradient(y)]) for y in completions])
