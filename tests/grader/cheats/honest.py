"""Right answers, written in ways that a careless grader rejects: each earns everything that it solves.

Each takes the reference's files and changes them: {file: function of its text}. Only the files named are handed in.
"""

import re
from collections.abc import Callable

LOSS, DATA, TRAINER = "loss/grpo.py", "data/grpo_dataset.py", "training/grpo_trainer.py"


def swap(old: str, new: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        assert text.count(old) == 1, old
        return text.replace(old, new)

    return change


def behind(code: str) -> Callable[[str], str]:
    return lambda text: f"{text}\n\n{code}\n"


def same(text: str) -> str:
    return text


def line(start: str, new: str) -> Callable[[str], str]:
    """Changes the one line that starts with `start` and goes on with code; @ in `new` is what it was."""

    def change(text: str) -> str:
        (old,) = re.findall(rf"^ +({re.escape(start)}.*)$", text, re.MULTILINE)
        return text.replace(old, new.replace("@", old))

    return change


WEIGHTS = "weights = "
RESULT = "return -(weights * log_probs).sum()"
CHOSEN = "log_probs = logits.log_softmax(-1)"

HONEST: dict[str, dict[str, Callable[[str], str]]] = {
    "as the reference has it": {LOSS: same, DATA: same, TRAINER: same},
    "prints all the time": {
        LOSS: swap(RESULT, f"print('weights', weights, flush=True)\n    {RESULT}"),
        DATA: behind("print('imported')"),
    },
    "prints to the real standard output": {
        LOSS: behind("import os, sys\nsys.stdout.write('x')\nsys.__stderr__.write('y')\nos.write(1, b'z')")
    },
    "has a __main__ block": {LOSS: behind('if __name__ == "__main__":\n    raise SystemExit("not when imported")')},
    "has Windows line ends": {
        LOSS: lambda text: text.replace("\n", "\r\n"),
        DATA: lambda text: text.replace("\n", "\r\n"),
    },
    "has a byte order mark": {LOSS: lambda text: "\ufeff" + text},
    "has tabs": {LOSS: lambda text: text.replace("    ", "\t")},
    "has names in other alphabets": {
        LOSS: swap(RESULT, "größe, Δ, 权重 = 'α', log_probs, weights\n    return -(权重 * Δ).sum()")
    },
    "computes in float64": {
        LOSS: swap(RESULT, "return (-(weights.double() * log_probs.double()).sum()).to(log_probs.dtype)")
    },
    "gives a view that is not contiguous": {
        LOSS: lambda text: re.sub(r"(return .*)\.sum\(-1\)\n", r"\1.sum(-1).repeat_interleave(2)[::2]\n", text)
    },
    "has helpers": {
        LOSS: lambda text: (
            swap(RESULT, "return _minus(_total(weights, log_probs))")(text)
            + "\n\ndef _total(a, b):\n    return (a * b).sum()\n\n\ndef _minus(x):\n    return -x\n"
        )
    },
    "imports more": {
        LOSS: lambda text: swap(
            "import torch\n",
            "import collections, dataclasses, functools, logging, math, random, time, typing\nimport numpy\n"
            "import torch\nimport torch.nn.functional as F\nfrom torch.distributions import Categorical\n",
        )(text)
    },
    "has other type hints": {
        LOSS: lambda text: text.replace(') -> Float[Tensor, ""]:', ') -> "torch.Tensor | None":').replace(
            "beta: float = 0.1", 'beta: "float" = 0.1'
        )
    },
    "has no type hints": {
        LOSS: lambda text: text.replace(') -> Float[Tensor, ""]:', "):").replace(
            'Float[Tensor, "group"] | Int[Tensor, "group"]', "object"
        )
    },
    "is slow": {LOSS: swap(RESULT, f"import time\n    time.sleep(0.02)\n    {RESULT}")},
    "is slow to import": {LOSS: behind("import time\ntime.sleep(0.5)")},
    "keeps constants and a cache": {
        LOSS: lambda text: (
            line(WEIGHTS, "weights = _weights(tuple(rewards.tolist()), beta, log_probs.dtype)")(text)
            + """

import functools
SMALLEST = 1e-30

@functools.lru_cache(maxsize=None)
def _weights(rewards, beta, dtype):
    return (torch.tensor(rewards, dtype=torch.float64) / beta).softmax(0).to(dtype)
"""
        )
    },
    "has classes as helpers": {
        LOSS: lambda text: (
            swap(RESULT, "return Loss(weights)(log_probs)")(text)
            + """

class Loss:
    def __init__(self, weights):
        self.weights = weights

    def __call__(self, log_probs):
        return -self.weights @ log_probs
"""
        )
    },
    "has dataclasses": {
        LOSS: lambda text: (
            swap(RESULT, "return Weighted(weights, log_probs).loss")(text)
            + """

import dataclasses

@dataclasses.dataclass(frozen=True)
class Weighted:
    weights: torch.Tensor
    log_probs: torch.Tensor

    @property
    def loss(self):
        return -(self.weights * self.log_probs).sum()
"""
        )
    },
    "has decorators": {
        LOSS: lambda text: text.replace("def compute_grpo_loss(", "@_named\ndef compute_grpo_loss(").replace(
            "def sequence_log_probs(",
            """import functools
def _named(function):
    @functools.wraps(function)
    def inner(*a, **k):
        return function(*a, **k)
    return inner


@_named
def sequence_log_probs(""",
        )
    },
    "turns warnings on and sets a seed": {
        LOSS: lambda text: swap(
            "import torch\n",
            "import random\nimport warnings\nimport torch\nwarnings.simplefilter('always')\ntorch.manual_seed(1)\n",
        )(text)
    },
    "asserts its arguments, too": {
        LOSS: line(
            WEIGHTS, "assert torch.is_tensor(rewards), 'no tensor'\n    @\n    assert len(weights) == len(rewards)"
        )
    },
    "takes scratch files": {
        DATA: behind("import tempfile\nwith tempfile.NamedTemporaryFile('w') as file:\n    file.write('notes')")
    },
    "uses threads": {
        LOSS: line(
            CHOSEN,
            "from concurrent.futures import ThreadPoolExecutor\n"
            "    with ThreadPoolExecutor(2) as pool:\n        list(pool.map(abs, [1, -2]))\n    @",
        )
    },
}
