"""Burdening: answers that make the judge work, which no wall around the worker keeps away."""

from tests.grader.cheats import Cheat, gives

LOSS = ("loss/grpo.py",)
TRAINER = "training/grpo_trainer.py"


def answers(expression: str) -> str:
    """The worker sends these bytes in the place of every answer."""
    return gives(
        "log_probs.sum()",
        f"""
import struct
from course.observe import codec as plain
from grader.sandbox import worker
from lab.sandbox import frames as wire

def packed(tree):
    return struct.pack("<Q", len(tree.encode())) + tree.encode()

sent = {expression}
real = worker.answer
def answer(request, root):
    head = plain.encode(dict(changed=[], problem=None))
    return real(request, root) if b'"import"' in request[:60] else wire.pack(head, *sent)
worker.answer = answer
""",
    )


def generates(responses: str, log_probs: str = "torch.zeros(num_samples)") -> str:
    return f"""
def generate(self, prompts, num_samples=4):
    return [{responses} for _ in prompts], [{log_probs} for _ in prompts]
GRPOTrainer.generate_responses = generate
"""


NOTHING = "plain.encode({})"
RUNS = {
    "many rows of nothing": "return torch.empty(20_000_000, 0)",
}
WHOLE = {
    "a dict whose keys all fall into one place": answers(
        "packed('{\"d\":[' + ','.join(f'{n * (2**61 - 1)},0' for n in range(150_000)) + ']}'), " + NOTHING
    ),
    "more rows of nothing than there is memory": answers(
        'packed(\'{"T":["float32",[1099511627776,0],false]}\'), ' + NOTHING
    ),
    "lists of nothing": answers("packed('{\"l\":[' + ','.join(['{\"l\":[]}'] * 400_000) + ']}'), " + NOTHING),
    "gradients that nobody asked for": answers(
        "plain.encode(torch.tensor(1.0)), plain.encode({'log_probs': torch.zeros(2), 'junk': bytes(3 * 2**20)})"
    ),
}
CHEATS = [
    Cheat(
        "a token for which a table of all tokens has no room",
        generates("[Response('', torch.tensor([400_000_000_000]))] * num_samples"),
        file=TRAINER,
        honest=LOSS,
    ),
    Cheat(
        "a token for which a table of all tokens is large",
        generates("[Response('', torch.tensor([200_000_000]))] * num_samples"),
        file=TRAINER,
        honest=LOSS,
    ),
    Cheat(
        "more responses than anybody can look at",
        generates("[Response('', torch.full((55,), 3, dtype=torch.int8))] * 80_000", "torch.zeros(80_000)"),
        file=TRAINER,
        honest=LOSS,
    ),
]
