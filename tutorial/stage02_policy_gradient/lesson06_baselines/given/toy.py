"""The two policies of this page: two actions with a single parameter, and lesson 01's small model with four tokens."""

from __future__ import annotations

import torch
from lesson01_language_model.given.toy import EOS, TOKENS, decode, encode
from lesson01_language_model.probability.exact import all_completions
from lesson01_language_model.probability.texts import text_log_probs
from torch import Tensor, nn

PROMPT, ANSWER = encode("12="), encode("21.")
TEXTS = all_completions(len(TOKENS), max_new_tokens=4, eos=EOS)  # all 121 completions
RIGHT = torch.tensor(
    [float(decode(ids) == "21.") for ids in TEXTS], dtype=torch.float64
)  # 1 for the answer, 0 for others


def two_actions(p: float) -> tuple[Tensor, Tensor, Tensor]:
    """Returns rewards (2,), score vectors (2, 1) and probabilities (2,) of a policy that is right with probability p.

    p is the sigmoid of its only parameter. So the score of the right action is 1 - p, that of the wrong one is -p.
    """
    rewards, scores, probabilities = [1.0, 0.0], [[1 - p], [-p]], [p, 1 - p]
    return tuple(torch.tensor(values, dtype=torch.float64) for values in (rewards, scores, probabilities))


def log_probs(model: nn.Module) -> Tensor:
    """Returns the log-probabilities of TEXTS after PROMPT."""
    return text_log_probs(model, [PROMPT] * len(TEXTS), TEXTS)


def probability_right(model: nn.Module) -> float:
    """Returns the probability of the answer, the expected reward if the answer has reward 1 and other texts 0."""
    with torch.no_grad():
        return text_log_probs(model, [PROMPT], [ANSWER]).exp().item()


def step(model: nn.Module, objective: Tensor, rate: float) -> None:
    """Moves the model's parameters by `rate` times the gradient of `objective`."""
    gradients = torch.autograd.grad(objective, list(model.parameters()))
    with torch.no_grad():
        for parameter, gradient in zip(model.parameters(), gradients, strict=True):
            parameter += rate * gradient


def raise_to(model: nn.Module, level: float) -> nn.Module:
    """Trains the model to write the answer until it does so with probability `level`: a start worth reinforcing."""
    while probability_right(model) < level:
        step(model, text_log_probs(model, [PROMPT], [ANSWER])[0], rate=0.02)
    return model
